#!/usr/bin/env bash
# Puts the deliberate mistakes of scripts/mutants.txt into copies of the tree, one at a time, runs the tests on each,
# and prints those that no test notices; exits with 1 if there are any but those that change nothing. Not part of CI:
# all of it takes an hour or two. What came out is kept in mutants.results, and an interrupted run goes on from there.
#
# usage: scripts/mutants.sh [-check] [-j N] [-timeout D] [-results FILE] [-run REGEXP] [-package REGEXP]
set -euo pipefail
cd "$(dirname "$0")/.."
exec go run ./scripts/mutants "$@"
