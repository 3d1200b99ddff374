"""Another pxguard beside the one that the API server asks: with the same files and rights, on loopback,
for what that one should not suffer."""

import glob

from harness.processes import free_ports
from harness.proxy import Proxy
from harness.serving import Serving
from harness.suite import Skipped


class Bystander(Serving):
    def __init__(self, world, name, own_proxy=False):
        guard = world.guard
        proxy = guard.proxy
        if own_proxy:
            proxy = Proxy(world.cluster.port, world.authority, name)
            proxy.start()
        super().__init__(
            name, guard.program, guard.processes, guard.directory, guard.account, proxy
        )

    def start(self, words=(), environment=None, patience=15):
        [port] = free_ports(1)
        self.serve(("127.0.0.1", port), True, words, environment, patience)


def movable_clock(world):
    """The file that moves the wall clock of a process, and what its environment needs for that. The
    steady clock goes on as it does."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Skipped("no libfaketime: apt-get install faketime")
    clock = world.guard.directory / "clock"
    clock.write_text("+0h")
    return clock, {
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
