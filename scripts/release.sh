#!/usr/bin/env bash
# Builds what is released: for each platform an archive with the program, its man pages, shell completions and all
# licences; a bill of materials beside it; and SHA256SUMS.
#
# usage: scripts/release.sh [VERSION] [OUTDIR]      (default: what git describe says, and dist in the repository)
#        scripts/release.sh --check                 builds everything twice and compares the bytes
#        scripts/release.sh --quick-check           the same with one platform and the compiler's cache as it is
#
# The bytes depend on the sources, the commit, VERSION and the version of Go, on nothing else: --check builds the second
# time in another directory, with other caches, umask, language and time zone. PLATFORMS="linux/amd64 ..." makes fewer.
# Outside a git repository VERSION must be given, and SOURCE_DATE_EPOCH, the time of the release in seconds since 1970.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}

fail() {
    printf 'release: %s\n' "$1" >&2
    exit 1
}

describe() { # sets version, commit and SOURCE_DATE_EPOCH
    version=${1:-$(git describe --tags --always --abbrev=12 --dirty=+dirty 2>/dev/null || true)}
    version=${version#v}
    [[ $version =~ ^[0-9A-Za-z][0-9A-Za-z.+-]*$ ]] || fail "version \"$version\": give one, like 1.2.0"
    commit=$(git rev-parse HEAD 2>/dev/null || true)
    [ -z "$(git status --porcelain 2>/dev/null || true)" ] || commit+=+dirty
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || true)}
    [[ $SOURCE_DATE_EPOCH =~ ^[0-9]+$ ]] || fail 'no git repository: set SOURCE_DATE_EPOCH to the time of the release'
    export SOURCE_DATE_EPOCH
}

settings() { # what decides the bytes of a program, whatever the caller has set
    unset GOEXPERIMENT GOFIPS140 GOWORK GOOS GOARCH
    export CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 GOFLAGS='-trimpath -buildvcs=false -mod=readonly -modcacherw'
}

compile() { # compile OS ARCH FILE
    GOOS=$1 GOARCH=$2 go build -o "$3" \
        -ldflags "-s -w -X bagnet/internal/cli.releaseVersion=$version -X bagnet/internal/cli.releaseCommit=$commit" ./cmd/bagnet
}

texts() { # texts DIR: what is the same on every platform; the program itself writes most of it
    mkdir -p "$1/completions"
    cp README.md LICENSE CHANGELOG.md "$1"
    compile "$(go env GOHOSTOS)" "$(go env GOHOSTARCH)" "$1/bagnet"
    for shell in bash zsh fish powershell; do
        "$1/bagnet" completion "$shell" >"$1/completions/bagnet.$shell"
    done
    mv "$1/completions/bagnet.zsh" "$1/completions/_bagnet" # as zsh wants it to be called
    mv "$1/completions/bagnet.powershell" "$1/completions/bagnet.ps1"
    TZ=UTC "$1/bagnet" --quiet man "$1/man"
    rm "$1/bagnet"
}

checksums() { # checksums FILE...
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

release() ( # release OUTDIR: everything, into an absolute path; nothing is left there if a step fails
    settings
    stage=$(mktemp -d)
    trap 'rm -rf "$stage"' EXIT
    out=$stage/out
    mkdir -p "$out" "$stage/tools"
    go build -o "$stage/tools/pack" ./scripts/release
    texts "$stage/texts"
    for platform in $platforms; do
        name=bagnet-$version-${platform%/*}-${platform#*/}
        program=bagnet
        [ "${platform%/*}" != windows ] || program=bagnet.exe
        cp -R "$stage/texts" "$stage/$name"
        compile "${platform%/*}" "${platform#*/}" "$stage/$name/$program"
        "$stage/tools/pack" -version "$version" -time "$SOURCE_DATE_EPOCH" "$stage/$name" "$out"
        rm -r "${stage:?}/$name"
        printf 'packed %s\n' "$name"
    done
    cd "$out"
    LC_ALL=C
    checksums bagnet-"$version"-* >SHA256SUMS
    mkdir -p "$1"
    mv ./* "$1"
)

vulnerabilities() { # those known to the Go project that the program can reach
    local said
    if said=$(go run golang.org/x/vuln/cmd/govulncheck@latest ./... 2>&1); then
        printf '%s\n' "$said"
    elif grep -q 'exit status 3' <<<"$said"; then
        printf '%s\n' "$said"
        fail 'govulncheck found vulnerabilities: update what it names'
    else
        printf 'NOT checked for known vulnerabilities: govulncheck did not run:\n%s\n' "$(tail -n 3 <<<"$said")"
    fi
}

existing() { # those of the files named on standard input that there are
    while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || printf '%s\0' "$file"
    done
}

compare() { # compare CACHES: two releases, the second in a copy of the tree; CACHES: new or kept
    describe 0.0.0-check
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    release "$dir/first"
    mkdir -p "$dir/elsewhere/copy"
    git ls-files -z --cached --others --exclude-standard | existing | tar -cf - --null -T - | tar -xf - -C "$dir/elsewhere/copy"
    (
        cd "$dir/elsewhere/copy"
        umask 077
        export TZ=Pacific/Kiritimati LC_ALL=C
        if [ "$1" = new ]; then # modules come from the files that the first time had, or from where Go gets them
            export GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
            export GOPATH=$dir/path GOMODCACHE=$dir/modules GOCACHE=$dir/cache HOME=$dir/home
        fi
        release "$dir/second"
    )
    diff -r "$dir/first" "$dir/second" || fail 'two builds of the same sources differ'
    printf 'the same twice:\n'
    cat "$dir/first/SHA256SUMS"
}

case ${1:-} in
--check) compare new ;;
--quick-check)
    platforms=linux/amd64
    compare kept
    ;;
-*) fail "$1: there are --check and --quick-check; the header of $0 explains them" ;;
*)
    describe "${1:-}"
    out=${2:-$PWD/dist}
    case $out in /*) ;; *) out=$caller/$out ;; esac
    case $commit in
    *+dirty) [ -z "${1:-}" ] || fail 'there are changes that are not committed: commit them, or give no VERSION' ;;
    esac
    [ -z "$(ls -A "$out" 2>/dev/null)" ] || fail "$out is not empty: give another directory, or remove what is in it"
    [ -z "${1:-}" ] || grep -qF "## $version" CHANGELOG.md || printf 'NOTE: CHANGELOG.md has no "## %s"\n' "$version"
    vulnerabilities
    release "$out"
    printf 'bagnet %s, commit %s, is in %s\n' "$version" "${commit:-unknown}" "$out"
    ;;
esac
