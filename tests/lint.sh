#!/usr/bin/env bash
# Every check of form, one line of result each. Called by ./dev lint.
#   lint.sh [--each]     clang-tidy reads each file by itself: its analyzer as well, and an include that lacks
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0
each=
case ${1:-} in
'') ;;
--each) each=yes ;;
*) echo "lint.sh takes --each or nothing, not $1" >&2; exit 2 ;;
esac

check() {  # check NAME COMMAND...
    local name=$1; shift
    local output
    if output=$("$@" 2>&1); then
        printf 'ok   %s\n' "$name"
    else
        printf 'FAIL %s\n%s\n' "$name" "$output" | head -60
        failed=$((failed + 1))
    fi
}

sources() { git ls-files -co --exclude-standard -- '*.cc' '*.h'; }
format() { sources | xargs clang-format-14 --dry-run --Werror; }

tidy() {
    local options=() folder=build/dev
    [ -z "$each" ] || { options=(-B build/lint -DPXGUARD_UNITY=OFF); folder=build/lint; }
    cmake --preset dev -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "${options[@]}" >/dev/null || return 1
    python3 tests/tidy.py "$folder"
}

long_files() {
    local bad
    bad=$(sources | grep -v '^tests/' | xargs wc -l | awk '$2 != "total" && ($2 ~ /\.h$/ && $1 > 200 || $2 ~ /\.cc$/ && $1 > 340) {print $2 ": " $1 " lines"}')
    [ -z "$bad" ] || { printf '%s\n' "$bad"; return 1; }
}

check "format" format
check "layers" python3 tests/layers.py
check "file sizes" long_files
check "shell scripts parse" bash -n dev tests/lint.sh tests/fuzz/run.sh .ci/run
check "python parses" python3 -m compileall -q tests deploy/demo
check "clang-tidy" tidy
[ "$failed" = 0 ]
