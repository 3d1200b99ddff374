"""Certificates whose time is over when pxguard starts, and clocks that are a day wrong."""

import contextlib
import time

from harness.load import load
from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage
from trust.stage import Kept

JUMPS = ("+1d", "-1d", "+0h")


def _from(world, name, data, seconds):
    """Starts with this Secret; how long until it refuses with something trusted."""
    with stage.applied(world), contextlib.ExitStack() as stack:
        stage.plant_secret(world, data)
        replica = Kept(world, name)
        stack.callback(replica.kill)
        began = time.monotonic()
        replica.begin(stage.service_address(world))
        wait_until("it refuses", lambda: stage.refuses(world), seconds)
        took = time.monotonic() - began
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 20)
        stage.expect_trusted(world, replica)
        return took, stage.secret(world)


@case
def expired_leaf(world):
    """with an expired leaf in the Secret pxguard makes a new one of the same CA, and refuses"""
    data = stage.issue(authority_days=1000, leaf_days=5, authority_age=30, leaf_age=20)
    took, now = _from(world, "expired-leaf", data, 30)
    expect(now["ca.crt"] == data["ca.crt"], "the CA is another one")
    expect(now["tls.crt"] != data["tls.crt"], "the leaf is the same")
    return f"{took:.1f} s"


@case
def expired_authority(world):
    """with an expired CA in the Secret pxguard makes a new one, publishes it, and refuses"""
    data = stage.issue(authority_days=5, leaf_days=5, authority_age=20, leaf_age=20)
    took, now = _from(world, "expired-ca", data, 60)
    expect(now["ca.crt"] != data["ca.crt"], "the CA is the same")
    return f"{took:.1f} s"


@case
def damaged_secret(world):
    """a Secret whose keys do not belong to its certificates is as good as none"""
    data = stage.issue(authority_days=1000, leaf_days=90)
    other = stage.issue(authority_days=1000, leaf_days=90)
    for name, key in (("leaf", "tls.key"), ("ca", "ca.key")):
        damaged = {**data, key: other[key]}
        _from(world, f"damaged-{name}", damaged, 60)


@case
def clock_jumps(world):
    """the clock of pxguard jumps a day ahead and a day back while people write: no write fails, and the
    certificate stays what it was"""
    place, environment = stage.clock(world)
    with stage.running(world, "jumping", environment=environment) as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        before = replica.shown()
        with load(world) as people:
            people.wait_for(100)
            for jump in JUMPS:
                place.write_text(jump)
                time.sleep(12)
                people.wait_for(50)
                stage.expect_trusted(world, replica)
        others = people.others()
        expect(not others, f"{len(others)} of {people.count()} writes failed", others[:3])
        expect(replica.shown() == before, "the certificate has changed")
        expect(stage.failure_policy(world) == "Fail", "it is open")
    return f"{people.count()} writes, none failed"


clock_jumps.seconds = 180
