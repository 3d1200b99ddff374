#!/usr/bin/env python3
"""Prints figures; asserts nothing. Instructions come from callgrind, since this may be a shared
machine; seconds are CPU seconds of the process.

usage: run.py BUILD_FOLDER"""
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "deploy" / "demo" / "manifests"
FILES = 200


def daemon_set(padding):
    env = [{"name": name, "valueFrom": {"secretKeyRef": {"name": "pxkeys", "key": key}}} for name, key in [
        ("PORTWORX_AUTH_SYSTEM_KEY", "system-secret"), ("PORTWORX_AUTH_SYSTEM_APPS_KEY", "stork-secret"),
        ("PORTWORX_AUTH_JWT_SHAREDSECRET", "shared-secret")]]
    env += [{"name": f"PX_OPTION_{i}", "value": "x" * 40} for i in range(padding)]
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "portworx", "namespace": "kube-system"},
            "spec": {"template": {"spec": {"containers": [{
                "name": "portworx", "image": "portworx/oci-monitor:3.1.0",
                "args": ["-c", "px", "-x", "kubernetes", "-jwt_issuer", "portworx.com"], "env": env}]}}}}


def review(size):
    padding = 0
    while True:
        text = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "operation": "CREATE", "kind": {"kind": "DaemonSet"}, "object": daemon_set(padding)}})
        if len(text) >= size:
            return text
        padding += max(1, (size - len(text)) // 80)


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def instructions(engine, file):
    """Of one review: the difference between 20 and 10 of them."""
    counts = []
    for iterations in (10, 20):
        with tempfile.NamedTemporaryFile() as out:
            run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", engine, str(iterations), file],
                                 capture_output=True, text=True, check=True)
        counts.append(int(re.search(r"Collected : (\d+)", run.stderr)[1]))
    return (counts[1] - counts[0]) // 10


def main():
    build = pathlib.Path(sys.argv[1])
    subprocess.run(["cmake", "--build", build, "--target", "bench_engine"], check=True, stdout=subprocess.DEVNULL)
    engine = build / "tests" / "bench_engine"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for size in (8_000, 40_000):
            file = folder / f"review-{size}.json"
            file.write_text(review(size))
            print(subprocess.run([engine, "2000", file], capture_output=True, text=True, check=True).stdout.strip().replace(name + "/", ""))
            print(f"  {instructions(engine, file):,} instructions")
        manifests = folder / "manifests"
        sources = sorted(DEMO.rglob("*.yaml"))
        for i in range(FILES):
            target = manifests / f"cluster-{i // 2}" / f"{i}.yaml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(sources[i % len(sources)].read_text())
        best = min(cpu_seconds([build / "pxguard", "check", manifests]) for _ in range(5))
        print(f"check of {FILES} files: {best:.3f} s CPU (least of 5)")


if __name__ == "__main__":
    main()
