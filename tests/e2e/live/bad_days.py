"""What happens to the view when something happens to the API server, to the way there, or to pxguard's
rights: it recovers by itself, says how old it is, and admission goes on. Each test shows the time from
the end of the trouble until pxguard sees a change that was made meanwhile, or just then."""

import collections
import contextlib
import re
import time

from harness import kinds, memory
from harness.bystander import Bystander, movable_clock
from harness.proxy import status_object
from harness.prober import probing
from harness.serving import stored
from harness.suite import case, expect
from harness.waiting import wait_until
from live import stage
from live.deaf import TOO_OLD_SECONDS, Silence

# What is not there when the trouble ends may be waited for as long as the longest pause between two
# attempts, with its jitter.
RECOVERY_SECONDS = 45
TROUBLE_SECONDS = 3
KIND = "DaemonSet"
BINDING = "clusterrolebinding/pxguard"
# The API server takes a Secret of at most 1 MiB.
MIB = 1 << 20
LARGE = "canaryLargeSecretOfOneMebibyte" + "x" * (MIB - 4096)


class BadDay:
    def __init__(self, world, prober):
        self.proxy = world.guard.proxy
        self._world = world
        self._prober = prober
        self._witness = stage.Witness(world)
        self.ended = None

    def turn(self):
        self._witness.turn()

    def trouble_is_over(self):
        self.ended = time.monotonic()

    def wait_for_hits(self, count=1):
        wait_until(
            f"the trouble has met pxguard {count} times", lambda: self.proxy.hits >= count, 30
        )

    def age(self):
        return self._world.guard.metric("pxguard_view_age_seconds", kind=KIND)

    def recovered(self):
        """Figures for whoever reads the test's line."""
        wait_until("pxguard sees the change", self._witness.is_seen, RECOVERY_SECONDS)
        seconds = time.monotonic() - self.ended
        self._prober.end()
        expect(not self._prober.failures, "a review was not answered", self._prober.failures[:3])
        expect(self._prober.slowest_ms() < 1000, "a review was answered too late", self._prober)
        return f"recovered {seconds:.1f} s after the trouble; {self._prober}"


@contextlib.contextmanager
def bad_day(world):
    with stage.standing_portworx(world):
        Silence.begin(world)
        with probing(world.guard, stage.Witness(world).review()) as prober:
            yield BadDay(world, prober)


@case
def killed_api_server(world):
    """the API server is killed and started again"""
    with bad_day(world) as day:
        world.cluster.kill("kube-apiserver")
        time.sleep(TROUBLE_SECONDS)
        world.cluster.start_api_server()
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def lost_etcd(world):
    """etcd is gone for a while: the API server is there, and can answer nothing"""
    with bad_day(world) as day:
        world.cluster.kill("etcd")
        world.guard.proxy.drop()
        time.sleep(TROUBLE_SECONDS)
        world.cluster.start_etcd()
        wait_until("the API server is ready again", world.cluster.is_ready, 60)
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def cut_in_a_line(world):
    """a watch is cut in the middle of a line"""
    with bad_day(world) as day:
        with day.proxy.cutting():
            day.turn()
            day.wait_for_hits()
        day.trouble_is_over()
        return day.recovered()


@case
def corrupt_bytes(world):
    """bytes of a watch are others than the API server sent"""
    with bad_day(world) as day:
        with day.proxy.corrupting():
            day.turn()
            day.wait_for_hits()
        day.trouble_is_over()
        return day.recovered()


@case
def expired_version(world):
    """a watch ends with 410: its version is too old"""
    with bad_day(world) as day:
        gone = {"type": "ERROR", "object": status_object(410, "too old resource version")}
        with day.proxy.telling_watches(gone):
            day.turn()
            day.wait_for_hits()
        day.trouble_is_over()
        return day.recovered()


@case
def gone_at_once(world):
    """each new watch is answered with 410 for a while"""
    with bad_day(world) as day:
        with day.proxy.answering(410, watches_only=True):
            day.proxy.drop()
            day.wait_for_hits(3)
            day.turn()
        day.trouble_is_over()
        return day.recovered()


@case
def asked_to_wait(world):
    """429 with Retry-After: pxguard waits as long as it is asked to"""
    with bad_day(world) as day:
        with day.proxy.answering(429, {"Retry-After": "2"}):
            before = len(day.proxy.requests)
            day.proxy.drop()
            day.wait_for_hits()
            time.sleep(TROUBLE_SECONDS)
            asked = day.proxy.requests[before:]
        day.trouble_is_over()
        day.turn()
        # Each that has something to ask: once at once, and then each two seconds at most.
        times = collections.Counter(path.split("?")[0] + _selector(path) for _, path in asked)
        often = {path: count for path, count in times.items() if count > 1 + TROUBLE_SECONDS // 2}
        expect(not often, f"asked more often in {TROUBLE_SECONDS} s", often)
        return f"{len(asked)} requests of {len(times)} kinds meanwhile; {day.recovered()}"


@case
def storm(world):
    """500, 502 without JSON and 503 for everything, for a while"""
    with bad_day(world) as day:
        page = b"<html>Bad Gateway</html>"
        answers = [(500, None), (502, page), (503, None)]
        for code, body in answers:
            with day.proxy.answering(code, body=body):
                day.proxy.drop()
                day.wait_for_hits()
                time.sleep(TROUBLE_SECONDS / len(answers))
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def half_closed(world):
    """every connection gets an end of file and stays open the other way"""
    with bad_day(world) as day:
        day.proxy.half_close()
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def slow_way(world):
    """every answer comes a second late"""
    with bad_day(world) as day:
        with day.proxy.delaying(1.0):
            day.proxy.drop()
            time.sleep(TROUBLE_SECONDS)
            day.turn()
        day.trouble_is_over()
        return day.recovered()


@case
def expired_token(world):
    """the token has expired, and is renewed on disk"""
    with bad_day(world) as day:
        world.guard.account.renew(seconds=-60)
        day.proxy.drop()
        wait_until("the view says that it is not let in", lambda: _failing(world), 15)
        world.guard.account.renew()
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def lost_rights(world):
    """the rights are taken away and given back while pxguard runs"""
    with bad_day(world) as day:
        binding = world.cluster.get(BINDING)
        world.cluster.must("delete", BINDING)
        day.proxy.drop()
        wait_until("the view says that it may not look", lambda: _failing(world), 15)
        binding["metadata"] = {"name": binding["metadata"]["name"]}
        world.cluster.must("create", "-f", "-", objects=[binding])
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def secret_made_again(world):
    """a Secret is deleted and made again with other bytes: the view has the new ones"""
    with stage.standing_portworx(world):
        same = world.object("px-system-secrets.yaml")
        ours = world.object("pxkeys.yaml")["stringData"]["stork-secret"]
        same["stringData"]["apps-secret"] = ours
        other = stage.stork(world, stage.OTHER)
        delete = ["delete", "secret", "px-system-secrets", "-n", stage.NAMESPACE]
        world.cluster.must(*delete)
        wait_until("it is gone from the view", lambda: stage.asked(world, other)["allowed"], 5)
        world.plant(same)
        made = time.monotonic()

        def is_silent():
            answer = stage.asked(world, other)
            return answer["allowed"] and not answer.get("warnings")

        wait_until("the keys are known to be equal", is_silent, RECOVERY_SECONDS)
        return f"seen after {time.monotonic() - made:.1f} s"


@case
def secret_of_one_mebibyte(world):
    """a Secret of 1 MiB is read as every other one, and does not stay in memory"""
    with bad_day(world) as day:
        before = memory.resident_kib(world.guard.process_id)
        large = stored(world.object("pxkeys.yaml"))
        large["data"]["large"] = stored({"stringData": {"large": LARGE}})["data"]["large"]
        with world.connect() as connection:
            reply = connection.send(
                "PUT", "/api/v1/namespaces/kube-system/secrets/pxkeys", large, user=stage.OPERATOR
            )
        expect(reply.accepted, "the Secret should be taken", reply)
        day.trouble_is_over()
        day.turn()
        figures = day.recovered()
        after = memory.resident_kib(world.guard.process_id)
        return f"{figures}; resident {before} KiB before, {after} KiB after"


@case
def unknown_version(world):
    """objects of a version that nobody knows yet: the view goes on, and says nothing about them"""
    made = kinds.definition(
        "groupsnapshot.storage.k8s.io",
        "VolumeGroupSnapshotClass",
        "volumegroupsnapshotclasses",
        version="v9",
        scope="Cluster",
    )
    kinds.install(world.cluster, made)
    thing = {
        "apiVersion": "groupsnapshot.storage.k8s.io/v9",
        "kind": "VolumeGroupSnapshotClass",
        "metadata": {"name": "from-the-future"},
        "driver": ["pxd.portworx.com"],
        "parameters": 7,
    }
    world.cluster.must("create", "-f", "-", objects=[thing])
    world.guard.restart()
    with bad_day(world) as day:
        day.trouble_is_over()
        day.turn()
        return day.recovered()


@case
def jumping_clock(world):
    """the clock jumps two hours ahead, two hours back, and home again"""
    with bad_day(world) as day:
        clock, environment = movable_clock(world)
        other = Bystander(world, "pxguard-in-time")
        other.start(environment=environment)
        witness = stage.Witness(world, other)
        wait_until("it sees Portworx and its keys", witness.is_seen, 10)
        figures = []
        for jump in ("+2h", "-2h", "+0h"):
            clock.write_text(jump)
            witness.turn()
            jumped = time.monotonic()
            wait_until(f"after {jump} it sees the change", witness.is_seen, RECOVERY_SECONDS)
            age = other.metric("pxguard_view_age_seconds", kind=KIND)
            figures.append(f"{jump}: {time.monotonic() - jumped:.1f} s, view {age:.0f} s old")
            expect(0 <= age < TOO_OLD_SECONDS, f"after {jump} the view is {age:.0f} s old")
        other.kill()
        if not witness.is_right:
            witness.turn()
        return "; ".join(figures)


def _selector(path):
    return "".join(re.findall(r"fieldSelector=[^&]*", path))


def _failing(world):
    """The view knows that it does not hear."""
    return world.guard.metric("pxguard_view_failing", kind=KIND) > 0
