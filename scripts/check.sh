#!/usr/bin/env bash
# What CI runs, in order; the first failure ends it. Takes 13 to 28 minutes on two cores, with nothing compiled before.
#
# usage: scripts/check.sh [--no-parity]
#        scripts/check.sh slurm|kubernetes     only runs over many machines: check_slurm.sh, check_kubernetes.sh
#
# The comparison with PyTorch needs python3 with torch and torchvision, the tests of the arm64 kernel need
# qemu-aarch64, those of the pages that explore makes chromium and npm, of pictures as SVG and PDF chromium and pdftoppm. Where they are missing, Debian's packages are installed if this runs as root; else that step is left
# out, which CI (CI=true) takes for a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

# As scripts/release.sh has them, so that what one step compiles serves the others.
export CGO_ENABLED=0 GOFLAGS=-trimpath

step() { # step NAME COMMAND...: runs it, says how long it took
    local name=$1 start=$SECONDS
    shift
    printf '== %s\n' "$name"
    "$@"
    printf '== %s: %d s\n\n' "$name" $((SECONDS - start))
}

formatted() {
    local files
    files=$(gofmt -l .)
    [ -z "$files" ] || { printf 'gofmt would change:\n%s\n' "$files"; return 1; }
}

generated() { # the kernels are what their generator writes
    local dir status=0
    dir=$(mktemp -d)
    go run ./internal/engine/gen -dir "$dir"
    for file in "$dir"/*; do
        diff -q "$file" "internal/engine/$(basename "$file")" || status=1
    done
    rm -r "$dir"
    return $status
}

tidy() {
    go mod verify
    go mod tidy -diff
}

vetted() { # every system and every architecture: no file here is of a pair of them; scripts/release.sh builds all pairs
    go vet ./...
    go vet -tags purego ./...
    for target in linux/arm64 darwin/arm64 windows/amd64; do
        GOOS=${target%/*} GOARCH=${target#*/} go vet ./...
        GOOS=${target%/*} GOARCH=${target#*/} go build -o /dev/null ./cmd/bagnet
    done
}

has() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; } # has INSTRUCTIONS: this CPU

all_tests() { # with the best kernel, which the engine's prove to have run
    local best=
    if has avx512f; then best=avx512; elif has avx2; then best=avx2; fi
    BAGNET_EXPECT_KERNEL=$best go test ./...
}

other_kernels() { # the same tests with those that are not the best here
    BAGNET_KERNEL=generic BAGNET_EXPECT_KERNEL=generic go test ./internal/engine ./internal/model ./internal/convnet
    go test -tags purego ./internal/engine
    if has avx512f; then
        BAGNET_KERNEL=avx2 BAGNET_EXPECT_KERNEL=avx2 go test ./internal/engine
    fi
}

installed() { # installed PACKAGE...: Debian's, where this may install any
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    fi
}

arm64_kernel() { # the engine's and the networks' tests on an emulated CPU that has nothing beyond Armv8.0
    local dir package test tests=() status=0
    command -v qemu-aarch64 >/dev/null || installed qemu-user || true
    if ! command -v qemu-aarch64 >/dev/null; then
        echo "no qemu-aarch64: the arm64 kernel was NOT tested"
        [ "${CI:-}" != true ]
        return
    fi
    dir=$(mktemp -d)
    for package in engine model convnet; do
        GOOS=linux GOARCH=arm64 go test -c -o "$dir/$package.test" "./internal/$package"
    done
    for package in engine model convnet; do # at once: each keeps one emulated core busy; qemu hides where a fault is, and a test cannot start itself again
        (
            cd "internal/$package"
            BAGNET_EXPECT_KERNEL=neon exec qemu-aarch64 -cpu cortex-a72 "$dir/$package.test" \
                -test.short -test.timeout 30m -test.skip "TestWeightsThatVanish|TestPeakMemory"
        ) &
        tests+=($!)
    done
    for test in "${tests[@]}"; do
        wait "$test" || status=1
    done
    rm -r "$dir"
    return $status
}

races() { # not in what is compared tile by tile, by one goroutine, nor where memory is measured, of which the detector takes much
    CGO_ENABLED=1 go test -race -short -timeout 30m -skip 'TestConvEqualsDefinition|TestBitsDoNotDependOnTiles|TestPeakMemory' \
        . ./internal/engine ./internal/fetch ./internal/weights ./internal/inference ./internal/model ./internal/convnet ./internal/pipeline ./internal/results ./internal/cli
}

pages() { # what explore makes, in a browser, and what axe-core says of it, which is unpacked outside the tree
    local dir status=0
    { command -v chromium && command -v npm; } >/dev/null || installed chromium npm || true
    if ! { command -v chromium && command -v npm; } >/dev/null; then
        echo "no chromium and npm: the pages of explore were NOT tested in a browser"
        [ "${CI:-}" != true ]
        return
    fi
    dir=$(mktemp -d)
    (cd "$dir" && npm pack --silent axe-core@4.14.1 && tar xzf axe-core-*.tgz) >/dev/null
    BAGNET_EXPECT_BROWSER=1 BAGNET_AXE=$dir/package/axe.min.js go test ./internal/explore || status=1
    rm -r "$dir"
    return $status
}

vectors() { # pictures as SVG and PDF look like those of pixels
    local dir python status=0
    { python=$(python_with 'numpy, PIL') && command -v chromium && command -v pdftoppm; } >/dev/null || installed python3-numpy python3-pil chromium poppler-utils || true
    if ! { python=$(python_with 'numpy, PIL') && command -v chromium && command -v pdftoppm; } >/dev/null; then
        echo "no chromium, pdftoppm or python3 with numpy and PIL: SVG and PDF were NOT compared with PNG"
        [ "${CI:-}" != true ]
        return
    fi
    dir=$(mktemp -d)
    go build -o "$dir/bagnet" ./cmd/bagnet
    "$python" scripts/vectors.py --bagnet "$dir/bagnet" || status=1
    rm -r "$dir"
    return $status
}

readme_example() {
    local answer
    answer=$(go run ./cmd/bagnet classify docs/golf-ball.png)
    printf '%s\n' "$answer"
    grep -q '9[0-9]\.[0-9]*%  golf ball' <<<"$answer"
}

python_with() { # python_with MODULES: the interpreter that has them
    for python in /usr/bin/python3 python3; do
        "$python" -c "import $1" 2>/dev/null && { echo "$python"; return; }
    done
    return 1
}

parity_python() { python_with 'torch, torchvision'; }

parity() {
    local python dir
    if ! python=$(parity_python); then
        installed python3-torch python3-torchvision python3-pil python3-numpy libopenblas0-pthread
        if ! python=$(parity_python); then
            echo "no python3 with torch and torchvision: parity with PyTorch was NOT checked"
            [ "${CI:-}" != true ]
            return
        fi
    fi
    dir=$(mktemp -d)
    go build -o "$dir/bagnet" ./cmd/bagnet
    "$python" scripts/make_goldens.py --check
    "$python" scripts/attribution_goldens.py --check
    if "$python" -c 'import scipy' 2>/dev/null; then
        "$python" scripts/make_words_goldens.py --check
    else
        echo "no scipy: bags of visual words were NOT compared with it"
    fi
    "$python" scripts/make_texture_goldens.py --check
    "$python" scripts/parity.py --bagnet "$dir/bagnet" --quick
    rm -r "$dir"
}

case ${1:-} in
    slurm | kubernetes) # not in CI, which would install Slurm or compile Kubernetes' validation for them
        step "$1" "scripts/check_$1.sh"
        exit
        ;;
esac
step gofmt formatted
step 'generated kernels' generated
step modules tidy
step vet vetted
step staticcheck go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
step tests all_tests
step 'other kernels' other_kernels
step neon arm64_kernel
step 'race detector' races
step 'pages in a browser' pages
step 'vector figures' vectors
step 'README example' readme_example
step 'a release, twice' scripts/release.sh --quick-check
[ "${1:-}" = --no-parity ] || step 'parity with PyTorch' parity
printf 'all checks passed in %d s\n' "$SECONDS"
