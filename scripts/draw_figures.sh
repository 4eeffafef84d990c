#!/usr/bin/env bash
# Draws docs/figure-maps.png, docs/figure-classes.png and docs/figure-patches.png, as docs/figures.md shows them, from pictures that
# golfball/ and parachute/ draw into DIR, a temporary directory unless given.
#
# usage: scripts/draw_figures.sh [DIR]
set -euo pipefail
cd "$(dirname "$0")/.."

docs=$PWD/docs dir=${1:-$(mktemp -d)}
mkdir -p "$dir/golf ball" "$dir/parachute"
for i in 0 1 2 3 4; do
    go run ./scripts/golfball -view "$i" -o "$dir/golf ball/ball-$i.png"
    go run ./scripts/parachute -seed "$i" -o "$dir/parachute/parachute-$i.png"
done
go build -o "$dir/bagnet" ./cmd/bagnet
cd "$dir" # the figures say which pictures they show, and that should not depend on where these are
four=("golf ball/ball-0.png" "golf ball/ball-2.png" parachute/parachute-1.png parachute/parachute-2.png)
./bagnet heatmap --figure "$docs/figure-maps.png" --width 170 --dpi 200 "${four[@]}"
./bagnet heatmap --figure "$docs/figure-classes.png" --width 170 --dpi 200 --titles letters --class 'golf ball' --class parachute --class church "${four[@]}"
./bagnet top-patches --figure "$docs/figure-patches.png" --class 'golf ball' --class parachute -n 5 'golf ball' parachute
[ $# -gt 0 ] || rm -r "$dir"
