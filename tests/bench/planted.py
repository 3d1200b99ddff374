"""Whether `pxguard check` finds what the shared generator planted in its 200 files.

The generator knows five rules of its own, R1 to R5; a planted fault is found where one of our rules that
say the same speaks on that object, about that thing."""
import collections
import csv
import json
import re

EVIDENCE = {  # (their rule, seen from): [(our rule, a word of its path or of what it found)]
    ("R1", "single"): [("PXS101", ""), ("PXS105", "PORTWORX_AUTH_SYSTEM_KEY")],
    ("R2", "single"): [("PXS102", ""), ("PXS105", "PORTWORX_AUTH_SYSTEM_APPS_KEY")],
    ("R3", "single"): [("PXS201", ""), ("PXS105", "PX_SHARED_SECRET")],
    ("R3", "cross"): [("PXS202", ""), ("PXS108", "PX_SHARED_SECRET")],
    ("R4", "single"): [("PXS401", "preferred_username")],
    ("R5", "single"): [("PXS301", "")],
    ("R5", "cross"): [("PXS203", "other.example.com")],
}
ISSUER = re.compile(r"(name: PX_JWT_ISSUER\n\s+value: )issuer-\d+\.example\.com")


def _place(item):
    return tuple(item["object"].get(key, "") for key in ("namespace", "kind", "name"))


def _speaks_of(finding, rule, word):
    return finding["rule"] == rule and word in f"{finding.get('path', '')} {finding.get('found', '')}"


def compare(expected_file, said):
    """(planted, found, missing, beside): rows of expected.tsv, and findings that none of them explains."""
    with open(expected_file, encoding="utf-8", newline="") as file:
        planted = [tuple(row) for row in csv.reader(file, delimiter="\t")]
    findings = collections.defaultdict(list)
    for finding in said["findings"]:
        findings[_place(finding)].append(finding)
    found, missing, used = [], [], set()
    for row in planted:
        rule, *place, seen_from = row
        evidence = [finding for finding in findings[tuple(place)] for ours, word in EVIDENCE[rule, seen_from]
                    if _speaks_of(finding, ours, word)]
        used.update(map(id, evidence))
        (found if evidence else missing).append(row)
    beside = [finding for finding in said["findings"] if id(finding) not in used]
    return planted, found, missing, beside


def _why_not(row, said):
    """What pxguard said instead about the object of a planted fault that it did not find."""
    rule, *place, seen_from = row
    rules = {ours for ours, _ in EVIDENCE[rule, seen_from]}
    for item in said["unverified"]:
        if _place(item) == tuple(place) and item["rule"] in rules:
            return f"not verified: {item['rule']} needs {item['needs']}"
    others = sorted({f["rule"] for f in said["findings"] if _place(f) == tuple(place)})
    return f"of that object it says {', '.join(others) or 'nothing'}"


def with_issuers_that_work(manifests, target):
    """A copy whose Storks do not all have an issuer that Stork refuses: the generator gives them that of
    Portworx' users, and then nothing can be said about which of Portworx' keys Stork's should equal."""
    target.mkdir()
    for file in manifests.glob("*.yaml"):
        (target / file.name).write_text(ISSUER.sub(r"\1apps.portworx.io", file.read_text()))
    return target


def show(report, expected_file, output, what):
    """Prints `planted: 36, found: N`, what is missing and why, and what else was found."""
    said = json.loads(output)
    planted, found, missing, beside = compare(expected_file, said)
    report.data.setdefault("planted", {})[what] = {
        "planted": len(planted), "found": len(found), "missing": missing,
        "beside": dict(collections.Counter(f["rule"] for f in beside))}
    others = collections.Counter(f"{f['rule']} ({f['severity']})" for f in beside)
    report.points(f"planted: {len(planted)}, found: {len(found)} ({what})", [
        *(f"missing: {rule} {kind} {namespace}/{name}: {_why_not((rule, namespace, kind, name, seen), said)}"
          for rule, namespace, kind, name, seen in missing),
        "beside those, which the generator does not know: "
        + (", ".join(f"{count} {rule}" for rule, count in sorted(others.items())) or "nothing")])
