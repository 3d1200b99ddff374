#!/bin/sh
# Makes the golden answers again, compares them with the committed ones, and compares pxguard with
# kubectl's reader on every manifest of a folder. Needs Go and a built test_base, by default that of
# the dev build.
#
#   compare.sh CORPUS_FOLDER [TEST_BASE]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
corpus=${1:?usage: compare.sh CORPUS_FOLDER [TEST_BASE]}
test_base=${2:-$here/../../../build/dev/tests/test_base}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$here" && go build -o "$work/golden" .)

"$work/golden" scalars | diff -u "$here/scalars.jsonl" - >&2
"$work/golden" files "$here/cases" | diff -u "$here/cases.golden" - >&2
echo "golden answers: unchanged"

"$work/golden" files "$corpus" > "$work/corpus.golden"
PXGUARD_CORPUS=$corpus PXGUARD_YAML_GOLDEN=$work/corpus.golden \
  "$test_base" --test-case="a folder named by the environment*"
