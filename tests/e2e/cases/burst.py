"""Many at once: the API server opens up to one connection for each, and uses two thirds of them."""

import collections
from concurrent.futures import ThreadPoolExecutor

from harness import metrics
from harness.guard import ENTRIES
from harness.suite import case, expect

AT_ONCE = 200
SECRET = {"apiVersion": "v1", "kind": "Secret"}
# Half of what `enforce` has before the API server gives up on it.
SLOWEST_SECONDS = 1.0
DURATIONS = "apiserver_admission_webhook_admission_duration_seconds"


@case
def two_hundred_at_once(world):
    """200 creates at once are all answered in time, 99 in 100 in half of it"""
    world.quiet_calls()
    before = (world.guard.requests(), _reviews(world), _reviews(world, SLOWEST_SECONDS))

    def create(index):
        metadata = {"name": f"px-burst-{index}-token", "namespace": "default"}
        with world.connect() as connection:
            return connection.create({**SECRET, "metadata": metadata}, dry_run=True).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = collections.Counter(pool.map(create, range(AT_ONCE)))
    # enforce fails closed: a call that was lost or came too late is a 500 for its user.
    expect(statuses == {201: AT_ONCE}, f"HTTP statuses of the API server: {dict(statuses)}")
    after = (world.guard.requests(), _reviews(world), _reviews(world, SLOWEST_SECONDS))
    counted, reviewed, in_time = (now - earlier for now, earlier in zip(after, before))
    expect(counted == AT_ONCE, f"pxguard counted {counted:.0f} of {AT_ONCE} requests")
    expect(
        in_time >= 0.99 * reviewed and reviewed == AT_ONCE,
        f"by the API server's clock {in_time:.0f} of {reviewed:.0f} took {SLOWEST_SECONDS} s at most",
    )


def _reviews(world, seconds=None):
    """How many reviews of `enforce` the API server has seen answered; within so many seconds."""
    text, name = world.cluster.metrics(), ENTRIES[0]
    if seconds is None:
        return metrics.total(text, f"{DURATIONS}_count", name=name)
    return metrics.total(text, f"{DURATIONS}_bucket", name=name, le=f"{seconds:g}")
