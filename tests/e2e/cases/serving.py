"""What happens to pxguard while people write: none of them notices."""

import time

from harness.load import load
from harness.suite import case, expect
from harness.waiting import wait_until

CREATES = 500
FAILED = 'failed calling webhook "enforce.pxguard.io"'
# design: it goes on answering while its endpoints are withdrawn, for 5 s.
LAME_DUCK_SECONDS = 4.5


@case
def certificate_swap(world):
    """a new certificate is served to new connections while 500 creates run, and none fails"""
    before = world.guard.certificate_shown()
    with load(world) as creates:
        creates.wait_for(CREATES // 5)
        world.guard.renew_certificate()
        renewed = world.guard.certificate_on_disk()
        expect(renewed != before, "the certificate on disk is no new one")
        wait_until(
            "new connections show the new certificate",
            lambda: world.guard.certificate_shown() == renewed,
        )
        creates.wait_for(max(CREATES // 5, CREATES - creates.count()))
    others = creates.others()
    expect(not others, f"{len(others)} of {creates.count()} creates failed", "\n".join(others[:3]))
    expect(world.guard.certificate_shown() == renewed, "the old certificate came back")


@case
def restart(world):
    """told to end, pxguard answers every create until it leaves; started again, it answers again"""
    with load(world) as creates:
        creates.wait_for(CREATES // 5)
        world.guard.ask_to_end()
        told = time.monotonic()
        wait_until("it is no longer ready", lambda: not world.guard.is_ready(), 5)
        creates.wait_for(CREATES)
        answering_until = min(time.monotonic(), told + LAME_DUCK_SECONDS)
        # The second word cuts the rest short.
        world.guard.ask_to_end()
        status = world.guard.wait_for_end()
        wait_until("the API server finds nobody there", lambda: creates.last() != 201)
        world.guard.start()
        wait_until("creates are answered again", lambda: creates.last() == 201)
        creates.wait_for(CREATES // 5)
    refused = creates.others(until=answering_until)
    expect(not refused, f"{len(refused)} creates failed before that", "\n".join(refused[:3]))
    expect(status == 0, f"pxguard ended with status {status}")
    # Meanwhile `enforce` fails closed, in the API server's words: pxguard never says no by mistake.
    other = [what for what in creates.others() if FAILED not in what]
    expect(not other, "a create got another answer", "\n".join(other[:3]))
