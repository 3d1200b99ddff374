"""The image: built twice, looked into, and run as a Pod would run it: not as root, on a root file system
that cannot be written."""

import json
import os
import shutil
import subprocess
import urllib.request

from harness.helm import ROOT
from harness.processes import free_ports
from harness.suite import Skipped, case, expect

TOOLS = ("buildah", "umoci", "setpriv")
USER = 65532
# In a mount namespace of its own: the root file system is bound read-only, and nothing else is there.
AS_A_POD = (
    'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && '
    f'exec setpriv --pdeathsig KILL --no-new-privs chroot --userspec={USER}:{USER} "$0" "$@"'
)
NOT_IN_IT = ("bin/sh", "usr/bin/sh", "usr/bin/apt", "etc/passwd", "usr/bin/env")


@case
def built_and_run(world):
    """the image is the same when it is built twice, holds no shell, and serves without root and without a
    disk to write on"""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        raise Skipped(f"not root, or without {', '.join(missing) or 'nothing else'}")
    out = world.directory / "image"
    build = [ROOT / "deploy" / "image" / "build.sh", world.program, out]
    done = subprocess.run(build, capture_output=True, text=True, timeout=200)
    expect(done.returncode == 0, "it is not built", done.stderr[-2000:])
    said = done.stdout.splitlines()
    root = _unpacked(out)
    found = [path for path in NOT_IN_IT if (root / path).exists()]
    expect(not found, f"there is {found}")
    _expect_complete(root)
    _expect_serving(world, root)
    return "; ".join(said[:2])


built_and_run.seconds = 300


def _unpacked(out):
    [tag] = [
        manifest["annotations"]["org.opencontainers.image.ref.name"]
        for manifest in json.loads((out / "oci" / "index.json").read_text())["manifests"]
    ]
    bundle = out / "bundle"
    subprocess.run(
        ["umoci", "unpack", "--image", f"{out / 'oci'}:{tag}", bundle],
        check=True,
        capture_output=True,
        timeout=60,
    )
    user = json.loads((bundle / "config.json").read_text())["process"]["user"]
    expect(user["uid"] == USER, f"the image runs as {user}")
    return bundle / "rootfs"


def _expect_complete(root):
    """Every file is in the SBOM, with its digest and the package that it is of."""
    sbom = json.loads((root / "usr/share/doc/pxguard/sbom.spdx.json").read_text())
    listed = {entry["fileName"].removeprefix("./") for entry in sbom["files"]}
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    expect(there - listed == {"usr/share/doc/pxguard/sbom.spdx.json"}, sorted(there ^ listed))
    contained = [r for r in sbom["relationships"] if r["relationshipType"] == "CONTAINS"]
    expect(len(contained) == len(listed) - 1, "a library is of no package")
    writable = [path for path in root.rglob("*") if path.stat().st_mode & 0o022]
    expect(not writable, f"others may write {writable}")


def _expect_serving(world, root):
    listen, status = free_ports(2)
    words = ["serve", "--self-signed", "--cluster=none", f"--listen=127.0.0.1:{listen}"]
    words.append(f"--status-listen=127.0.0.1:{status}")
    inside = ["unshare", "--mount", "sh", "-c", AS_A_POD, root, "/usr/bin/pxguard", *words]
    process = world.processes.start("image", [str(word) for word in inside])
    process.wait_until("it is ready", lambda: _is_ready(status), 20)
    facts = dict(
        line.split(":\t", 1)
        for line in open(f"/proc/{process.id}/status").read().splitlines()
        if ":\t" in line
    )
    expect(facts["Uid"].split()[:2] == [str(USER)] * 2, f"it runs as {facts['Uid']}")
    expect(int(facts["CapEff"], 16) == 0, f"it has capabilities: {facts['CapEff']}")
    expect(facts["NoNewPrivs"] == "1", "it may get more rights")
    mounts = open(f"/proc/{process.id}/mountinfo").read().splitlines()
    [own] = [line.split() for line in mounts if line.split()[4] == "/"]
    expect("ro" in own[5].split(","), f"its root can be written: {' '.join(own)}")
    expect(process.terminate(20)[0] == 0, "it does not end in order")


def _is_ready(port):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False
