"""Collects what the image holds: the program, the loader and the shared libraries that it needs, and an
SBOM (SPDX 2.3) of the Debian packages that they come from, from the database of dpkg.

python3 deploy/image/rootfs.py --pxguard build/release/pxguard --out build/image/rootfs
"""

import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

from packages import Elsewhere, Here

PROGRAM = "usr/bin/pxguard"
SBOM = "usr/share/doc/pxguard/sbom.spdx.json"
# Compiled in: headers, and libraries that are linked statically.
COMPILED_IN = (
    *("libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev", "libcpp-httplib-dev"),
    *("libfmt-dev", "libsimdjson-dev", "libstdc++-12-dev", "libc6-dev"),
)
# A build of the same files is the same build: the date is that of no build.
CREATED = "1970-01-01T00:00:00Z"


def main():
    options = _options()
    if options.out.exists():
        shutil.rmtree(options.out)
    known = Elsewhere(options.packages, options.sysroot) if options.packages else Here()
    files = {PROGRAM: options.pxguard.resolve(), **known.libraries(options.pxguard)}
    for place, source in sorted(files.items()):
        target = options.out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755)
    if options.strip:
        # By the tool of the program's architecture.
        subprocess.run([options.strip, options.out / PROGRAM], check=True, timeout=60)
    sbom = options.out / SBOM
    sbom.parent.mkdir(parents=True)
    sbom.write_text(json.dumps(_sbom(options.out, files, options.version, known), indent=1) + "\n")
    for path in sorted(options.out.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    sbom.chmod(0o644)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pxguard", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--packages", help="a folder with packages of another architecture")
    parser.add_argument("--sysroot", help="what they unpack to")
    parser.add_argument("--strip", default="strip", help="the program that strips; '' for none")
    return parser.parse_args()


def _sbom(root, files, version, known):
    owners = {place: known.owner(source) for place, source in files.items() if place != PROGRAM}
    shipped = sorted(set(owners.values()))
    packages = [_package(known.facts(name), "shipped") for name in shipped]
    packages += [_package(known.facts(name), "compiled in") for name in COMPILED_IN if known.has(name)]
    own = {
        "SPDXID": "SPDXRef-pxguard",
        "name": "pxguard",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": "APPLICATION",
    }
    entries = [_file(root, place) for place in sorted(files)]
    digest = hashlib.sha256("".join(e["checksums"][0]["checksumValue"] for e in entries).encode())
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-pxguard")]
    relations += [("SPDXRef-pxguard", "DEPENDS_ON", package["SPDXID"]) for package in packages]
    relations += [
        (_package_id(owner), "CONTAINS", _file_id(place)) for place, owner in sorted(owners.items())
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"pxguard-{version}",
        "documentNamespace": f"https://pxguard.io/spdx/{digest.hexdigest()}",
        "creationInfo": {"created": CREATED, "creators": ["Tool: pxguard deploy/image/rootfs.py"]},
        "packages": [own, *packages],
        "files": entries,
        "relationships": [
            {"spdxElementId": a, "relationshipType": how, "relatedSpdxElement": b}
            for a, how, b in relations
        ],
    }


def _package(facts, how):
    package, version, architecture, source, source_version, maintainer = facts
    locator = f"pkg:deb/debian/{package}@{version}?arch={architecture}"
    return {
        "SPDXID": _package_id(package),
        "name": package,
        "versionInfo": version,
        "supplier": f"Organization: {maintainer.split(' <')[0]}",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "sourceInfo": f"built from {source} {source_version}",
        "comment": how,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": locator,
            }
        ],
    }


def _package_id(name):
    return "SPDXRef-package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def _file_id(place):
    return "SPDXRef-file-" + re.sub(r"[^A-Za-z0-9.-]", "-", place)


def _file(root, place):
    digest = hashlib.sha256((root / place).read_bytes()).hexdigest()
    return {
        "SPDXID": _file_id(place),
        "fileName": f"./{place}",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }


if __name__ == "__main__":
    sys.exit(main())
