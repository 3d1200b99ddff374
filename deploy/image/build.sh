#!/usr/bin/env bash
# The image, twice, and what is in it: without a daemon, with buildah. The result is an OCI layout.
#   deploy/image/build.sh PXGUARD OUT [ARCH [OPTIONS OF rootfs.py...]]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
out=$(mkdir -p "$2" && cd "$2" && pwd)
arch=${3:-$(dpkg --print-architecture)}
shift $(($# < 3 ? $# : 3))
collect=("$@")
version=$(${RUNNER:-} "$program" version --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
revision=$(git -C "$here" rev-parse HEAD 2>/dev/null || echo unknown)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$out/run}
mkdir -p "$XDG_RUNTIME_DIR"
store=(--root "$out/store" --runroot "$out/runroot")

build() {  # build NAME: the digest of its manifest
    rm -rf "$out/context" "$out/$1" && mkdir -p "$out/context"
    cp "$here/Containerfile" "$out/context/"
    python3 -B "$here/rootfs.py" "${collect[@]}" --pxguard "$program" --version "$version" --out "$out/context/rootfs"
    buildah "${store[@]}" bud --quiet --no-cache --timestamp 0 --arch "$arch" --build-arg "VERSION=$version" \
        --build-arg "REVISION=$revision" --tag "pxguard:$1" "$out/context" >/dev/null
    buildah "${store[@]}" push --quiet "pxguard:$1" "oci:$out/$1:$version" >/dev/null
    python3 - "$out/$1/index.json" <<'PY'
import json, sys
print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])
PY
}

first=$(build first)
second=$(build second)
[ "$first" = "$second" ] || { echo "two builds differ: $first, $second" >&2; exit 1; }
rm -rf "$out/oci" "$out/second" && mv "$out/first" "$out/oci"
echo "digest  $first (twice the same)"
echo "size    $(du -cb "$out"/oci/blobs/sha256/* | tail -1 | cut -f1) bytes packed, $(du -sb "$out/context/rootfs" | cut -f1) bytes on disk"
(cd "$out/context/rootfs" && find . -type f -printf '%10s %P\n' | sort -rn)
cp "$out/context/rootfs/usr/share/doc/pxguard/sbom.spdx.json" "$out/"
