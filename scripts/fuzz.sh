#!/usr/bin/env bash
# Runs every fuzz target for some minutes, one after the other, and prints how many inputs each was given.
#
# usage: scripts/fuzz.sh MINUTES [TARGET...]
#
# MINUTES may be a fraction (0.1). An input that breaks something is kept in the package's testdata/fuzz, where
# `go test` runs it from then on, and ends the script with status 1 when all targets have run.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,8s/^# \?//p' "$0" >&2; exit 2; }
minutes=$1
shift
seconds=$(awk "BEGIN { print int($minutes * 60 + 0.5) }")

status=0
printf '%-18s %-16s %12s %10s  %s\n' target package inputs seconds result
while IFS=: read -r file _ line; do
    target=$(sed -E 's/func (Fuzz[A-Za-z0-9]*).*/\1/' <<<"$line")
    [ $# -eq 0 ] || [[ " $* " == *" $target "* ]] || continue
    package=$(dirname "$file")
    begin=$SECONDS result=passed
    log=$(go test "./$package" -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" 2>&1) || { result=FAILED status=1; }
    inputs=$(grep -oE 'execs: [0-9]+' <<<"$log" | tail -1 | grep -oE '[0-9]+' || echo 0)
    printf '%-18s %-16s %12s %10s  %s\n' "$target" "${package#internal/}" "$inputs" $((SECONDS - begin)) "$result"
    [ $result = passed ] || printf '%s\n' "$log" | tail -40
done < <(grep -nE '^func Fuzz' -r internal --include='*_test.go' | sort)
exit $status
