"""Where keys are not."""

import base64
import os
import time

from harness import memory
from harness.suite import Skipped, case, expect
from harness.waiting import wait_until
from trust import stage

KEYS = ("ca.key", "tls.key")
LAST_STEP_SECONDS = 3


def _needles(data):
    """Pieces of each key as the Secret, a PEM file and DER have it."""
    found = {}
    for name in KEYS:
        pem = data[name]
        body = "".join(pem.splitlines()[1:-1])
        found[body[24:56].encode()] = f"{name} in PEM"
        # Base64 of the PEM text, which a line break shifts: the piece of its first line.
        encoded = base64.b64encode(pem.encode()).decode()
        found[encoded[60:100].encode()] = f"{name} as the Secret has it"
        if name == "ca.key":
            # PKCS #8 of P-256: the number stands behind 36 bytes.
            found[base64.b64decode(body)[36:68]] = f"{name} itself"
    return found


def _is_rotated(data, before):
    return data["ca.crt"] != before and "ca-next.key" not in data


@case
def no_key_stays(world):
    """no key of the CA stays in the memory of pxguard, and none in PEM; none is ever in its log"""
    if os.geteuid() != 0:
        raise Skipped("only root may look into the memory of another process")
    with stage.running(world, "remembering") as [replica]:
        before = stage.secret(world)["ca.crt"]
        status, said = stage.certs(world, "rotate")
        expect(status == 0, "certs rotate fails", said)
        wait_until("the rotation is over", lambda: _is_rotated(stage.secret(world), before), 60)
        # What the last step of the rotation has read and written is gone with that step.
        time.sleep(LAST_STEP_SECONDS)
        needles = _needles(stage.secret(world))
        counted = memory.counted(replica.process_id, list(needles))
        found = {needles[needle]: times for needle, times in counted.items()}
        expect(not found, "keys are in memory", found)
        text = replica.log() + replica.metrics()
        for needle, name in needles.items():
            expect(needle.decode(errors="replace") not in text, f"{name} is in the log")
    return f"{len(needles)} pieces looked for"
