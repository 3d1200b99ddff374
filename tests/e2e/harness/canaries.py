"""Keys that were sent to pxguard, and the forms in which one could come out again."""

import base64
import re

CANARY = re.compile(r"canary\w+")
# A part is a leak as well.
SHOWN = 16


def canaries_of(paths):
    """All that stand in these files."""
    found = set()
    for path in paths:
        found.update(CANARY.findall(path.read_text()))
    return {text for text in found if len(text) >= SHOWN}


def forms(canary):
    """As it is, from its middle, and in base64 behind 0, 1 or 2 other bytes."""
    middle = len(canary) // 2
    yield canary[:SHOWN]
    if len(canary) >= 2 * SHOWN:
        yield canary[middle : middle + SHOWN]
    for shift in range(3):
        # The first characters still hold bits of what is before.
        yield encoded("x" * shift + canary)[4 * bool(shift) :][:SHOWN]


def encoded(text):
    return base64.b64encode(text.encode()).decode()
