#!/usr/bin/env bash
# Feeds the program what breaks programs, at length, and prints the figures of docs/security.md: peaks of memory of what
# it refuses, moments at which it was killed, files compared, images of long runs. Linux only; as root it also fills a
# file system of its own. Takes about 8 minutes on two cores.
#
# usage: scripts/faults.sh [TEST...]     such as Limits, Killed, FullDisk, Long
set -euo pipefail
cd "$(dirname "$0")/.."
pattern=$(IFS='|'; echo "$*")
status=0
log=$(mktemp)
BAGNET_FAULTS=long go test ./internal/cli -count 1 -timeout 2h -v -run "^TestFaults(${pattern:-.*})\$" >"$log" 2>&1 || status=$?
awk '
    /^=== RUN/ { test = $3; sub(/^TestFaults/, "", test) }
    / (figures:|peak) / { sub(/^ *[a-z_]*\.go:[0-9]+: (figures: )?/, ""); printf "%-72s %s\n", test, $0 }
' "$log"
grep -E '^ *--- (FAIL|SKIP)' "$log" || true
[ $status = 0 ] || { grep -vE '^(=== |  *--- PASS)' "$log" | tail -60; }
rm "$log"
exit $status
