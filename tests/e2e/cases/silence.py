"""Keys that were sent to pxguard, and must not come out of it."""

import base64
import json
import re

from harness.suite import case, expect
from harness.world import ROOT

CANARY = re.compile(r"canary\w+")


@case
def keys_are_never_repeated(world):
    """no key that was sent stands in pxguard's log, metrics or messages, or in the audit log"""
    sinks = {
        "log": world.guard.log(),
        "metrics": world.guard.metrics(),
        "messages": "\n".join(world.said),
        "audit log": _annotations(world.cluster.audit_events()),
    }
    for canary in _canaries():
        for sink, text in sinks.items():
            # A part is a leak as well.
            shown = [form for form in (canary[:16], _base64(canary)[:16]) if form in text]
            expect(not shown, f"{sink}: {shown} of a key is shown")


def _canaries():
    """All keys of these tests: in the manifests, and in the cases that change one."""
    found = set()
    for path in [*ROOT.glob("manifests/*.yaml"), *ROOT.glob("cases/*.py")]:
        found.update(CANARY.findall(path.read_text()))
    return {text for text in found if len(text) >= 16}


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def _annotations(events):
    """What webhooks wrote into the audit log; the rest of it is the API server's own."""
    return "\n".join(json.dumps(event.get("annotations", {})) for event in events)
