#!/usr/bin/env bash
# Gives the module another path, such as that of a fork, everywhere at once: in go.mod, imports, linker flags, scripts
# and docs. It may be done again, to any other path; an interrupted run goes on when it is repeated.
#
# usage: scripts/module_path.sh github.com/you/bagnet
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

fail() {
    printf 'module_path: %s\n' "$1" >&2
    exit 1
}

[ $# = 1 ] || fail 'usage: scripts/module_path.sh github.com/you/bagnet'
new=$1
old=$(go mod edit -json | sed -n 's/^\t\t"Path": "\(.*\)"$/\1/p' | head -n 1)
[ -n "$old" ] || fail 'there is no module path in go.mod'

case $new in
*://*) fail "\"$new\" is an address: give the path alone, ${new#*://}" ;;
*.git) fail "\"$new\" is a repository: give the path alone, ${new%.git}" ;;
*[!A-Za-z0-9._~/-]*) fail "\"$new\" is no module path: it may have letters, digits, and . _ ~ - between slashes" ;;
'' | /* | */ | *//* | -* | .* | */.* | *./* | *.) fail "\"$new\" is no module path: give one like github.com/you/bagnet" ;;
esac
go mod edit -module="$new" -print >/dev/null || fail "\"$new\" is no module path"
if [ -d "$(go env GOROOT)/src/${new%%/*}" ]; then
    fail "\"$new\" belongs to Go's own packages: give one like github.com/you/bagnet"
fi
if go mod edit -json | grep -qF "\"Path\": \"$new\"" && [ "$new" != "$old" ]; then
    fail "\"$new\" is a module that this one needs: give another path"
fi
if [ "$new" = "$old" ]; then
    printf 'the module path is %s already\n' "$new"
    exit
fi

# A path ends where none of these characters follows, and begins where none precedes it.
was=${old//./\\.} in='[:alnum:]_.~/-'
below=$(find . -mindepth 1 -maxdepth 1 -type d ! -name '.*' | sed 's|^\./||' | paste -sd '|' -)
edits=(
    # packages below the root, whatever stands before: imports, -X flags, prose
    -e "s#(^|[^$in])$was/($below)(/|[^$in]|\$)#\\1$new/\\2\\3#g"
    # the root package: an import on a line of its own
    -e "/^[[:space:]]*return /!s#^([[:space:]]*(import )?([[:alnum:]_.]+ )?)\"$was\"\$#\\1\"$new\"#"
    # the root package after a command or directive of Go's
    -e "s#(go doc|go doc -all|go get|require|replace)([ =])$was([^$in]|\$)#\\1\\2$new\\3#g"
)

changed=()
while IFS= read -r -d '' file; do
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    own=("${edits[@]}")
    case $file in *.go) own+=(-e "s#\"$was/#\"$new/#g" -e "s#^(const module = )\"$was\"\$#\\1\"$new\"#") ;; esac
    edited=$(sed -E "${own[@]}" "$file" && printf x) # x keeps the newlines at the end
    if ! printf %s "${edited%x}" | cmp -s - "$file"; then
        printf %s "${edited%x}" >"$file"
        changed+=("$file")
    fi
done < <(git ls-files -z --cached --others --exclude-standard -- '*.go' '*.sh' '*.md' '*.txt' '*.tmpl' '*.yml' '*.yaml' '.ci/*' ':!scripts/module_path.sh')

for file in ${changed[@]+"${changed[@]}"}; do
    case $file in *.go) printf '%s\0' "$file" ;; esac
done | xargs -0 gofmt -w
go mod edit -module="$new" # last, so that a run that was interrupted finds the old path
printf 'the module path is %s now, was %s: %d files changed\n' "$new" "$old" "${#changed[@]}"
