"""Many at once: the API server opens up to one connection for each, and uses two thirds of them."""

import collections
from concurrent.futures import ThreadPoolExecutor

from harness.suite import case, expect

AT_ONCE = 200
SECRETS = "/api/v1/namespaces/default/secrets?dryRun=All"


@case
def two_hundred_at_once(world):
    """200 creates at once are all answered in time"""
    before = world.guard.requests()

    def create(index):
        metadata = {"name": f"px-burst-{index}-token", "namespace": "default"}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        return world.cluster.post(SECRETS, secret)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = collections.Counter(pool.map(create, range(AT_ONCE)))
    # enforce fails closed: a call that was lost or came too late is a 500 for its user.
    expect(statuses == {201: AT_ONCE}, f"HTTP statuses of the API server: {dict(statuses)}")
    counted = world.guard.requests() - before
    expect(counted == AT_ONCE, f"pxguard counted {counted:.0f} of {AT_ONCE} requests")
