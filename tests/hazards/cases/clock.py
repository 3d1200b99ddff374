"""A wall clock that jumps. All deadlines go by the steady one."""

import datetime
import functools
import glob
import re
import ssl
import subprocess
import time

from harness import reviews
from harness.clients import ask, ask_once, head, post, tls
from harness.crowd import Crowd
from harness.suite import Skipped, expect, hazard
from harness.waiting import wait_until


def faketime(directory):
    """libfaketime moves the wall clock while the process runs, and leaves the steady one alone."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Skipped("no libfaketime: apt-get install faketime")
    (directory / "clock").write_text("+0h")
    return {
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": directory / "clock",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


NO_PRELOAD = {
    "asan": "libfaketime and the sanitizer both want to be loaded first",
    "tsan": "libfaketime and the sanitizer both want to be loaded first",
}
JUMPS = ["+2h", "-2h", "+0h", "+3650d", "-3650d", "+0h"]


def jump(scene, clock):
    """Moves the wall clock; the log shows that it did."""
    offset = int(clock[:-1]) * {"h": 3600, "d": 86400}[clock[-1]]
    (scene.directory / "clock").write_text(clock)
    wanted = time.time() + offset

    def has_jumped():
        ask_once(scene.guard.port, post(reviews.denied().body))
        last = re.findall(r'"time":"([^"]+)Z"', scene.guard.log())[-1]
        said = datetime.datetime.fromisoformat(last).replace(tzinfo=datetime.timezone.utc).timestamp()
        return abs(said - wanted) < 60

    wait_until(f"the clock of the log jumps by {clock}", has_jumped, 10)


def live_through_jumps(scene):
    review = reviews.denied()
    request = post(review.body)
    with Crowd(20, lambda: tls(scene.guard.port), first=head()[:30]) as half_heads:
        with tls(scene.guard.port) as kept:
            for clock in JUMPS:
                jump(scene, clock)
                expect(review.is_answered_by(ask(kept, request)), f"a kept connection was lost by {clock}")
                half_heads.watch(0.3)
            half_heads.watch(3)
            scene.measured = half_heads.expect_closed_between(2.8, scene.kind.later(3))
            expect(review.is_answered_by(ask(kept, request)), "the kept connection was lost")


@hazard("no request fails, deadlines unmoved", growth=15, waits=4, without=NO_PRELOAD, environment=faketime)
def clock_jumps(scene):
    """the wall clock jumps by two hours and ten years, forth and back, and no request nor deadline cares"""
    live_through_jumps(scene)
    scene.measured = f"{len(JUMPS)} jumps; half headers {scene.measured}"


@hazard(
    "no request fails, certificate valid",
    growth=15,
    waits=4,
    without=NO_PRELOAD,
    environment=faketime,
    self_signed=True,
)
def clock_jumps_self_signed(scene):
    """the wall clock jumps under a self-signed certificate, which is renewed and valid by the new clock"""
    for clock, days in [("+0h", 0), ("+100d", 100), ("+0h", 0)]:
        jump(scene, clock)
        valid = functools.partial(is_valid_in, scene.guard.port, days)
        wait_until(f"the certificate is valid after {clock}", valid, 5)
    scene.measured = "valid within 5 s after 100 days forth and back"


def is_valid_in(port, days):
    """Whether the certificate that is shown is valid on that day."""
    with tls(port) as connection:
        pem = ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))
    command = ["openssl", "x509", "-noout", "-dates"]
    said = subprocess.run(command, input=pem, capture_output=True, text=True, check=True, timeout=10)
    first, last = (ssl.cert_time_to_seconds(line.partition("=")[2]) for line in said.stdout.splitlines())
    return first <= time.time() + days * 86400 <= last
