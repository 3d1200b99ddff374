"""Connections that stay open and say nothing."""

import time

from harness.suite import case, expect
from harness.waiting import wait_until
from live import stage
from live.deaf import TOO_OLD_SECONDS, Silence

RECOVERY_SECONDS = 45


@case
def silence(world):
    """nothing comes any more on connections that stay open: after 90 s pxguard says that it does not
    hear, after two minutes that it does not know, and then it finds its way back"""
    with stage.standing_portworx(world):
        Silence.begin(world)
        deaf = Silence.bystander
        wrong = stage.stork(world, stage.OTHER)

        def is_unknown():
            answer = stage.asked(world, wrong, deaf)
            return answer["allowed"] and "unverified" in answer["auditAnnotations"] and answer

        left = max(0.0, Silence.began + TOO_OLD_SECONDS - time.monotonic())
        wait_until("what is too old is unknown", is_unknown, left + 15)
        silent_for = time.monotonic() - Silence.began
        failing = deaf.metric("pxguard_view_failing", kind="DaemonSet")
        expect(failing > 0, "it does not say that it does not hear")
        deaf.proxy.end_silence()
        ended = time.monotonic()
        wait_until(
            "it sees Portworx again",
            lambda: not stage.asked(world, wrong, deaf)["allowed"],
            RECOVERY_SECONDS,
        )
        seconds = time.monotonic() - ended
        deaf.kill()
        return f"unknown after {silent_for:.0f} s, recovered {seconds:.1f} s after the silence"


# Alone it has nothing to do but to wait.
silence.seconds = TOO_OLD_SECONDS + 120
