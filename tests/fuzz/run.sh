#!/usr/bin/env bash
# Runs every fuzz target for some seconds over its kept corpus; one line of result each, then
# "N passed, N failed". What crashes a target is left in build/fuzz/found.
#   run.sh SECONDS
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
passed=0 failed=0
found=build/fuzz/found
mkdir -p "$found"

fuzz() {  # fuzz PROGRAM NAME
    local corpus="build/fuzz/corpus/$2" log="build/fuzz/$2.log"
    mkdir -p "$corpus" "tests/fuzz/corpus/$2"
    # An out-of-memory run can hang past a plain timeout.
    timeout -k 5 $((seconds + 60)) "$1" -max_total_time="$seconds" -rss_limit_mb=3000 -timeout=20 \
        -artifact_prefix="$found/$2-" "$corpus" "tests/fuzz/corpus/$2" >"$log" 2>&1
}

programs=(build/fuzz/tests/fuzz_*)
for first in $(seq 0 2 $((${#programs[@]} - 1))); do  # two at a time, on two cores
    pids=() names=()
    for program in "${programs[@]:first:2}"; do
        name=${program##*/fuzz_}
        fuzz "$program" "$name" & pids+=($!) names+=("$name")
    done
    for i in "${!pids[@]}"; do
        log="build/fuzz/${names[i]}.log"
        wait "${pids[i]}"; status=$?
        summary="$(grep -aoE 'Done [0-9]+ runs' "$log" | tail -1), $(grep -aoE 'cov: [0-9]+' "$log" | tail -1)"
        if [ "$status" = 0 ]; then
            passed=$((passed + 1)); printf 'ok   %s: %s\n' "${names[i]}" "$summary"
        else
            failed=$((failed + 1)); printf 'FAIL %s: %s\n' "${names[i]}" "$summary"; tail -15 "$log"
        fi
    done
done
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
