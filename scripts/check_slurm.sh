#!/usr/bin/env bash
# Runs scripts/slurm/evaluate.sh in a Slurm of this machine alone, with tasks that are killed, requeued and cancelled on
# the way, and GNU parallel as docs/scale.md has it. What is merged has to be what one undisturbed run makes, byte for
# byte but for its speed. Takes one to two minutes on two idle cores; nothing stays, and a Slurm that is here already is left alone.
#
# usage: scripts/check_slurm.sh
#
# Needs slurm-wlm, munge and parallel, Debian's of which are installed if this runs as root, and Go.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
command -v slurmctld >/dev/null && command -v slurmd >/dev/null || packages+=(slurm-wlm)
command -v munged >/dev/null || packages+=(munge)
parallel --version 2>/dev/null | grep -q '^GNU parallel' || packages+=(parallel)
if [ ${#packages[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "not installed: ${packages[*]}" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
PATH=$PATH:/usr/sbin

dir=$(mktemp -d)
export SLURM_CONF=$dir/slurm.conf
daemons=()

ours() { # ours [VARIABLE=VALUE]: the processes of this check's bagnet, with that in their environment
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe")" = "$dir/bagnet" ] && { [ $# = 0 ] || tr '\0' '\n' <"$process/environ" | grep -qxF "$1"; }; then
            echo "${process#/proc/}"
        fi
    done 2>/dev/null || true
}

cleanup() {
    local status=$? process
    trap - EXIT
    if [ $status != 0 ]; then
        tail -n 20 "$dir"/*.log "$dir"/run/logs/*.log 2>/dev/null || true
    fi
    if [ ${#daemons[@]} -gt 0 ]; then
        scancel --user="$(id -un)" 2>/dev/null || true
        for process in $(ours); do
            kill -9 "$process" 2>/dev/null || true
        done
        sleep 1 # for the daemon of each task, which ends with it
        kill "${daemons[@]}" 2>/dev/null || true
        wait "${daemons[@]}" 2>/dev/null || true
    fi
    rm -rf "$dir"
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() { echo "check_slurm.sh: $*" >&2; exit 1; }

within() { # within SECONDS COMMAND...: waits until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "not within its time: $*"
        sleep 0.05
    done
}

same() { # same DIR: what was merged there is what one run made
    local file
    for file in "$dir/one" "$1"; do
        sed -E 's/"images_per_second":[^,]*,"seconds":[^,]*,//' "$file/report.json" >"$file/report"
    done
    for file in report predictions.ndjson confusion.csv; do
        cmp "$dir/one/$file" "$1/$file" || fail "$file differs"
        printf 'equal to that of one run: %-20s %7d bytes, sha256 %.16s\n' "$file" "$(wc -c <"$1/$file")" "$(sha256sum <"$1/$file")"
    done
}

# The pictures: crops of the project's own, 24 for each of 4 tasks, and one that is broken.
echo "== pictures, and one run over all of them"
CGO_ENABLED=0 go build -trimpath -o "$dir/bagnet" ./cmd/bagnet
go run ./scripts/crops -n 96 "$dir/val" n01440764 n03000684 n03445777 n03888257
head -c 5000 "$dir/val/n03445777/7.png" >"$dir/cut" && mv "$dir/cut" "$dir/val/n03445777/7.png"
options=(--resize 448 --crop 448) # so that a task takes some seconds
mkdir "$dir/one" "$dir/run"
status=0
"$dir/bagnet" evaluate --quiet "${options[@]}" --format json --predictions "$dir/one/predictions.ndjson" \
    --confusion "$dir/one/confusion.csv" "$dir/val" >"$dir/one/report.json" 2>"$dir/one.log" || status=$?
[ $status = 1 ] || fail "one run: exit status $status, not 1 for the broken picture"

echo "== a Slurm"
port=$((20000 + $$ % 10000))
cat >"$SLURM_CONF" <<END
ClusterName=one
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=5
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
JobRequeue=1
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/jobs
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
END
mkdir "$dir/munge" "$dir/state" "$dir/spool"
chmod 755 "$dir" "$dir/munge"
head -c 1024 /dev/urandom >"$dir/munge.key"
chmod 600 "$dir/munge.key"
munged --foreground --key-file="$dir/munge.key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --seed-file="$dir/munge.seed" --log-file="$dir/munged.log" 2>"$dir/munged.err.log" &
daemons+=($!)
within 10 test -S "$dir/munge/socket"
slurmctld -D 2>"$dir/slurmctld.err.log" &
daemons+=($!)
slurmd -D -N localhost 2>"$dir/slurmd.err.log" &
daemons+=($!)
idle() { [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ]; }
within 30 idle
sinfo

echo "== an array of 4: task 0 requeued, task 1 killed, task 2 cancelled"
sed -e "s|^bagnet=.*|bagnet=$dir/bagnet|" -e "s|^model=.*|model=bagnet33-imagenette|" -e "s|^images=.*|images=($dir/val)|" \
    -e "s|^options=.*|options=(${options[*]})|" -e 's|^shards=.*|shards=4|' -e "s|^directory=.*|directory=$dir/run|" \
    -e 's|^task=.*|task=(--cpus-per-task=1 --mem=500M --time=5)|' scripts/slurm/evaluate.sh >"$dir/evaluate.sh"
part=$dir/run/parts/0000%d-of-00004.ndjson
begun() { # begun SHARD RECORDS: its part has so many
    local file
    # shellcheck disable=SC2059
    file=$(printf "$part" "$1").part
    [ "$(wc -l 2>/dev/null <"$file" || echo 0)" -gt "$2" ]
}
bash "$dir/evaluate.sh" | tee "$dir/submitted"
job=$(sed -n 's/^job \([0-9]*\): 4 of 4 tasks$/\1/p' "$dir/submitted")
within 60 begun 1 1
killed=$(ours SLURM_ARRAY_TASK_ID=1)
within 60 begun 1 4
kill -9 "$killed"
within 60 begun 0 4
scontrol requeue "${job}_0"
squeue --array --format='%8i %10T %20r'
if bash "$dir/evaluate.sh" 2>"$dir/twice"; then
    fail "it was submitted twice"
fi
cat "$dir/twice"
within 60 begun 2 4
scancel "${job}_2"
done_all() { [ -z "$(squeue --noheader)" ]; }
within 180 done_all
for shard in 1 2; do
    # shellcheck disable=SC2059
    file=$(printf "$part" $shard)
    [ ! -e "$file" ] || fail "shard $shard was finished"
    echo "left of shard $shard: $(wc -l <"$file.part") lines"
done
ls "$dir/run/parts"

echo "== the same command again: what is missing, and the merge"
bash "$dir/evaluate.sh"
within 180 done_all
tail -n +1 "$dir"/run/logs/*.log | sed "s|$dir/||"
echo "== what Slurm says of the jobs"
# Each line is a job at an end: a requeued one has two, and the first merge, of an array that failed, is cancelled.
sed -E 's/^JobId=([0-9]+) .* JobState=([A-Z]+) .* StartTime=[^T]*T([^ ]*) EndTime=[^T]*T([^ ]*) (.*)$/\1 \2 \3 \4 \5/; s/ [^ ]*=[^ ]* / & /g' "$dir/jobs" |
    awk 'BEGIN { print "job    task  state      start     end       exit" } {
        task = "merge"; exitcode = ""
        for (i = 5; i <= NF; i++) { if (sub(/^ArrayTaskId=/, "", $i)) task = $i; if (sub(/^ExitCode=/, "", $i)) exitcode = $i }
        printf "%-6s %-5s %-10s %s  %s  %s\n", $1, task, $2, $3, $4, exitcode }'
same "$dir/run"

echo "== GNU parallel, as docs/scale.md has it: job 2 killed, then the same command again"
in_parallel() { # in_parallel BEGINNING DIR: runs the line that begins so, of 4 jobs over the pictures here, 2 at a time
    local line
    line=$(grep -F -m 1 "    $1" docs/scale.md) || fail "docs/scale.md has no line: $1"
    line=$(sed -e "s|bagnet evaluate|$dir/bagnet evaluate ${options[*]}|" -e 's|16|4|g' -e "s|--part parts/ val|--part $2/parts/ $dir/val|" \
        -e "s|jobs.log|$2/jobs|" -e 's|parallel |&--jobs 2 |' <<<"$line")
    bash -c "$line"
}
both=('parallel -N0' 'parallel --joblog')
for i in 0 1; do
    run=$dir/parallel$i
    mkdir "$run"
    part=$run/parts/0000%d-of-00004.ndjson
    in_parallel "${both[i]}" "$run" 2>"$run.log" &
    first=$!
    within 60 begun 1 1
    killed=$(ours PARALLEL_SEQ=2)
    within 60 begun 1 4
    kill -9 "$killed"
    status=0
    wait $first || status=$?
    echo "${both[i]}: exit status $status; then the same again, twice"
    for _ in 1 2; do
        status=0
        in_parallel "${both[i]}" "$run" 2>>"$run.log" || status=$?
    done
    [ $status = 0 ] || fail "exit status $status"
    cut -f 1,4,7,8 "$run/jobs"
    "$dir/bagnet" merge evaluate --quiet --format json --predictions "$run/predictions.ndjson" --confusion "$run/confusion.csv" \
        "$run/parts" >"$run/report.json" 2>>"$run.log" || true
    same "$run"
done
