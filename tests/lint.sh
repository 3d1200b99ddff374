#!/usr/bin/env bash
# Every check of form, one line of result each. Called by ./dev lint.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0

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
    # Each file by itself: one that lacks an include is found here.
    cmake --preset dev -B build/lint -DPXGUARD_UNITY=OFF >/dev/null || return 1
    local files
    files=$(git ls-files -co --exclude-standard -- 'base/*.cc' 'rules/*.cc' 'certs/*.cc' 'cluster/*.cc' 'webhook/*.cc' 'cli/*.cc')
    # A file that passed before, with the same text and headers, is not looked at again.
    python3 tests/tidy.py build/lint $files
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
