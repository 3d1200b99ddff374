#!/usr/bin/env bash
# The image for arm64, made on another architecture: Debian's packages of arm64 are unpacked into a
# folder of their own (nothing of this machine changes), pxguard is compiled against them and, where
# there is an emulator, started once.
#   deploy/image/arm64.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$PWD/build/arm64-packages
packages="libyaml-dev libyaml-0-2 libssl-dev libssl3 libsimdjson-dev libsimdjson14 libfmt-dev libfmt9
  libcpp-httplib-dev libcpp-httplib0.11 libbrotli1 libbrotli-dev zlib1g zlib1g-dev libboost1.81-dev
  nlohmann-json3-dev libcli11-dev libc6 libc6-dev linux-libc-dev libstdc++6 libgcc-s1 libstdc++-12-dev
  libgcc-12-dev libcrypt-dev"
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o "Dir::State=$out/state"
     -o Dir::State::status=/dev/null -o "Dir::Cache=$out/cache")

if [ ! -d "$out/sysroot" ]; then
    mkdir -p "$out"/{state/lists/partial,cache/archives/partial,debs,new}
    "${apt[@]}" update
    (cd "$out/debs" && "${apt[@]}" download $packages)
    for deb in "$out"/debs/*.deb; do dpkg -x "$deb" "$out/new"; done
    mv "$out/new" "$out/sysroot"
fi
export PXGUARD_SYSROOT=$out/sysroot
cmake -G Ninja -S . -B build/arm64 -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG" \
    -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/dev/null
nice ninja -C build/arm64 pxguard
command -v qemu-aarch64-static >/dev/null && export RUNNER="qemu-aarch64-static -L $PXGUARD_SYSROOT"
exec deploy/image/build.sh build/arm64/pxguard build/image-arm64 arm64 --packages "$out/debs" \
    --sysroot "$PXGUARD_SYSROOT" --strip aarch64-linux-gnu-strip
