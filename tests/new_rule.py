#!/usr/bin/env python3
"""Writes the skeleton of a rule: rules/checks/NAME.cc and its examples. It fails its tests until it
is filled in.

usage: ./dev new-rule kebab-case-name [PXSnnn]     the name states the bad pattern"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

RULE = '''// {id}: TODO one sentence about what is wrong.
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::{symbol} {{
namespace {{

Findings on_portworx(const model::PortworxConfig& portworx, const Context<model::PortworxConfig>& context) {{
  if (!is_on(portworx, context)) return {{}};
  return {{}};
}}

constexpr Check kChecks[] = {{on_portworx}};

}}  // namespace

extern const Rule rule;
constinit const Rule rule = {{
    .id = "{id}",
    .name = "{name}",
    .title = "TODO",
    .rationale = "TODO.",
    .fix = "TODO.",
    .by_hand = "kubectl TODO",
    .source = "",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
}};

}}  // namespace pxguard::rules::{symbol}
'''

EXAMPLE = '''# TODO what this shows, in one sentence.
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: portworx
  namespace: kube-system
spec:
  template:
    spec:
      containers:
        - name: portworx
          image: portworx/oci-monitor:3.1.0
          args: ["-c", "px", "-jwt_issuer", "portworx.com"]
          env:
            - name: PORTWORX_AUTH_SYSTEM_KEY
              valueFrom:
                secretKeyRef: {name: pxkeys, key: system-secret}
            - name: PORTWORX_AUTH_JWT_SHAREDSECRET
              valueFrom:
                secretKeyRef: {name: pxkeys, key: shared-secret}
'''


def used_ids():
    ids = set()
    for file in (ROOT / "rules" / "checks").glob("*.cc"):
        ids.update(re.findall(r'\.id = "(PXS\d{3})"', file.read_text()))
    retired = ROOT / "rules" / "retired.md"
    if retired.exists():
        ids.update(re.findall(r"PXS\d{3}", retired.read_text()))
    return ids


def main():
    if len(sys.argv) not in (2, 3) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", sys.argv[1]):
        sys.exit(__doc__)
    name, used = sys.argv[1], used_ids()
    free = (f"PXS{n:03}" for n in range(1, 1000) if f"PXS{n:03}" not in used)
    rule_id = sys.argv[2] if len(sys.argv) == 3 else next(free)
    if rule_id in used or not re.fullmatch(r"PXS\d{3}", rule_id):
        sys.exit(f"new-rule: {rule_id} is taken, retired or not of the form PXS123")
    symbol = name.replace("-", "_")
    check = ROOT / "rules" / "checks" / f"{symbol}.cc"
    if check.exists():
        sys.exit(f"new-rule: {check.relative_to(ROOT)} is there already")
    check.write_text(RULE.format(id=rule_id, name=name, symbol=symbol))
    examples = ROOT / "rules" / "examples" / symbol
    examples.mkdir(parents=True)
    (examples / "good-install.yaml").write_text(EXAMPLE)
    (examples / "bad-install.yaml").write_text(EXAMPLE.replace("key: system-secret}", f"key: system-secret}}  # expect: {rule_id}"))
    print(f"{check.relative_to(ROOT)}\n{examples.relative_to(ROOT)}/good-install.yaml\n{examples.relative_to(ROOT)}/bad-install.yaml")


if __name__ == "__main__":
    main()
