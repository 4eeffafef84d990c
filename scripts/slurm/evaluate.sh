#!/usr/bin/env bash
# bagnet evaluate as a Slurm job array: a task for each part of the images, and a job behind them that merges the parts.
# Copy this file, edit the settings below and run it where sbatch is:
#
#   bash evaluate.sh     submits the tasks whose parts are missing (at first, all) and the merge; run it again when
#                        a task has failed: what is there stays, and a task goes on where it was killed
#
# What comes of it is in $directory: report.json, predictions.ndjson, confusion.csv, and the tasks' output in logs/.
set -euo pipefail

# ---- Settings. Paths are absolute, and the same on all nodes. ----
bagnet=/shared/bin/bagnet                         # the program
model=/shared/models/bagnet33.safetensors         # a checkpoint, or a name ("bagnet models pull NAME" once, if homes are shared)
images=(/shared/ILSVRC2012/val)                   # what evaluate takes: directories, tars, lists
options=()                                        # more flags of evaluate, such as --labels FILE
shards=16                                         # parts, at most MaxArraySize of "scontrol show config" (usually 1001)
directory=/shared/runs/val-bagnet33               # where everything goes
task=(--cpus-per-task=1 --mem=1G --time=4:00:00)  # what a task needs; --partition=NAME if there is no default
# ---- End of the settings. ----

part() { printf '%s/parts/%05d-of-%05d.ndjson' "$directory" "$1" "$shards"; } # as --part DIR/ calls the part of a shard

submit() {
    local i missing=() name="bagnet $directory" job after=()
    mkdir -p "$directory/parts" "$directory/logs"
    if [ -n "$(squeue --noheader --user="$(id -un)" --name="$name")" ]; then
        echo "jobs of $directory are under way: squeue --name='$name'" >&2
        exit 1
    fi
    for ((i = 0; i < shards; i++)); do
        [ -e "$(part "$i")" ] || missing+=("$i")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        job=$(sbatch --parsable --job-name="$name" --array="$(IFS=, && echo "${missing[*]}")" --requeue --open-mode=append \
            --output="$directory/logs/%a.log" "${task[@]}" "$0" work)
        job=${job%%;*} # of JOB;CLUSTER
        # Where a task fails the merge is given up; the next "bash evaluate.sh" submits it anew.
        after=(--dependency="afterok:$job" --kill-on-invalid-dep=yes)
        echo "job $job: ${#missing[@]} of $shards tasks"
    fi
    job=$(sbatch --parsable --job-name="$name" --output="$directory/logs/merge.log" --mem=1G ${after[@]+"${after[@]}"} "$0" merge)
    echo "job ${job%%;*}: the merge"
}

work() { # one task: one part
    local status=0
    "$bagnet" evaluate --model "$model" ${options[@]+"${options[@]}"} --threads "${SLURM_CPUS_PER_TASK:-1}" \
        --shard "auto/$shards" --part "$directory/parts/" "${images[@]}" || status=$?
    # Status 1 with the part in its place: some image could not be read, which the report will say and no retry changes.
    if [ $status = 1 ] && [ -e "$(part "$SLURM_ARRAY_TASK_ID")" ]; then
        status=0
    fi
    exit $status
}

merge() { # status 1 with a report: some images could not be read; merge.log says which
    local status=0
    cd "$directory"
    "$bagnet" merge evaluate --format json --predictions predictions.ndjson --confusion confusion.csv --force parts/ \
        >report.json.tmp || status=$?
    [ ! -s report.json.tmp ] || mv report.json.tmp report.json
    exit $status
}

"${1:-submit}"
