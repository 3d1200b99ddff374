"""A new leaf and a new CA while two hundred requests a second go through the API server."""

import time

from harness.suite import case, expect
from harness.waiting import wait_until
from install.rolling import RATE, Steady
from trust import stage


def _watch(world, replicas, is_over, what, seconds=30):
    """Looks all the time whether everybody is trusted, until it is over; how long it took."""
    began, looks = time.monotonic(), 0
    while not is_over():
        expect(time.monotonic() - began < seconds, f"{what} takes more than {seconds} s")
        # Published first: what is taken out of a bundle is not served by anybody before.
        stage.expect_trusted(world, *replicas)
        looks += 1
        time.sleep(0.05)
    stage.expect_trusted(world, *replicas)
    return time.monotonic() - began, looks


def _all_show(replicas, before):
    shown = {replica.shown() for replica in replicas}
    return len(shown) == 1 and not shown & before


@case
def under_load(world):
    """a new leaf, a new CA and the end of the old one under 200 requests a second: no request fails, and
    what is served is trusted by what is published whenever one looks"""
    with stage.running(world, "rotating", "rotating-too") as replicas:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        with Steady(world) as steady:
            time.sleep(1)
            seen = {replica.shown() for replica in replicas}
            stage.patch_secret(world, {"tls.crt": "", "tls.key": ""})
            leaf, looks = _watch(world, replicas, lambda: _all_show(replicas, seen), "a new leaf")
            seen |= {replica.shown() for replica in replicas}
            status, said = stage.certs(world, "rotate")
            expect(status == 0, "certs rotate fails", said)
            ca, more = _watch(world, replicas, lambda: _all_show(replicas, seen), "a new CA", 60)
            counts = {stage.authorities(bundle) for bundle in stage.bundles(world)}
            expect(counts == {2}, "the old CA has gone with the rotation", counts)
            status, said = stage.certs(world, "rotate", "--drop-old")
            expect(status == 0, "certs rotate --drop-old fails", said)
            is_alone = lambda: {stage.authorities(each) for each in stage.bundles(world)} == {1}  # noqa: E731
            drop, last = _watch(world, replicas, is_alone, "the end of the old CA")
            time.sleep(1)
        failed = [what for what, _ in steady.answers if what != 201]
        expect(not failed, f"{len(failed)} of {len(steady.answers)} failed", failed[:3])
        rate = len(steady.answers) / steady.seconds
        expect(rate > 0.8 * RATE, f"only {rate:.0f} requests a second: this machine is too busy")
        status, said = stage.certs(world, "show")
        expect(status == 0, "certs show finds a fault", said)
    return (
        f"{len(steady.answers)} requests at {rate:.0f}/s, none failed; leaf {leaf:.1f} s, CA {ca:.1f} s,"
        f" drop {drop:.1f} s, {looks + more + last} looks"
    )


under_load.seconds = 240
