"""A pxguard on whose connections nothing comes any more: that takes minutes to be noticed, so it begins
with the first bad day, and its end is looked at when others had their turn."""

import time

from harness.bystander import Bystander
from harness.waiting import wait_until
from live import stage

# design: what was last known to be so over two minutes ago is unknown.
TOO_OLD_SECONDS = 120


class Silence:
    """Takes minutes, so it begins with the first bad day, and another pxguard suffers it."""

    bystander = None
    began = 0.0

    @classmethod
    def begin(cls, world):
        if cls.bystander is None:
            cls.bystander = Bystander(world, "pxguard-in-silence", own_proxy=True)
            cls.bystander.start()
            wrong = stage.stork(world, stage.OTHER)
            wait_until(
                "the other pxguard sees Portworx and its keys",
                lambda: not stage.asked(world, wrong, cls.bystander)["allowed"],
                stage.SEEN_SECONDS,
            )
            cls.bystander.proxy.begin_silence()
            cls.began = time.monotonic()
