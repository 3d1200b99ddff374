"""Everybody else in the cluster: none of their requests costs a call."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

from harness.api import DRY_RUN, MERGE_PATCH, collection
from harness.suite import case, expect
from harness.waiting import wait_until

REQUESTS = 10_000
THREADS = 8
LABEL = {"metadata": {"labels": {"changed": "yes"}}}


@case
def controllers_of_strangers(world):
    """50 creates of Deployments, Secrets, ConfigMaps and Pods of others never reach pxguard"""
    namespace = world.namespace("unrelated")
    before = (world.quiet_calls(), world.guard.requests())
    world.expect_accepted(world.create(*_copies(_four_kinds(world), 50)))
    # Their controllers act as well: each Deployment gets a ReplicaSet and a pod.
    wait_until(
        "the Deployments have their pods", lambda: len(world.pods(namespace, "app=web")) == 13
    )
    after = (world.calls_by_entry(), world.guard.requests())
    expect(after == before, "the API server called pxguard", f"calls {before}, then {after}")


@case
def ten_thousand_requests(world):
    """10,000 creates, updates and deletions of others' objects cause no call, and none fails"""
    namespace = world.namespace("crowd")
    objects = _in_namespace(world.manifest("unrelated.yaml"), namespace)
    with world.connect() as connection:
        for thing in objects:
            expect(connection.create(thing).accepted, f"the {thing['kind']} should be there")
    before = (world.quiet_calls(), world.guard.requests())
    batches = [REQUESTS // THREADS] * THREADS
    with ThreadPoolExecutor(THREADS) as pool:
        failed = list(pool.map(lambda count: _send_many(world, objects, count), batches))
    failed = [reply for replies in failed for reply in replies]
    expect(not failed, f"{len(failed)} failed", "\n".join(map(str, failed[:3])))
    after = (world.calls_by_entry(), world.guard.requests())
    expect(after == before, "the API server called pxguard", f"calls {before}, then {after}")


def _send_many(world, objects, count):
    """Dry runs in turn, on one connection; the refused ones."""
    with world.connect() as connection:
        requests = itertools.islice(itertools.cycle(_requests(objects)), count)
        replies = (connection.send(*request) for request in requests)
        return [reply for reply in replies if not reply.accepted]


def _requests(objects):
    """Create, update and delete of each, as Connection.send takes them."""
    for thing in objects:
        place = collection(thing["kind"], thing["metadata"]["namespace"])
        name = thing["metadata"]["name"]
        other = {**thing, "metadata": {**thing["metadata"], "name": f"{name}-2"}}
        yield "POST", place + DRY_RUN, json.dumps(other).encode()
        yield "PATCH", f"{place}/{name}{DRY_RUN}", json.dumps(LABEL).encode(), MERGE_PATCH
        yield "DELETE", f"{place}/{name}{DRY_RUN}"


def _four_kinds(world):
    kinds = ("Deployment", "Secret", "ConfigMap", "Pod")
    return [thing for thing in world.manifest("unrelated.yaml") if thing["kind"] in kinds]


def _in_namespace(objects, namespace):
    for thing in objects:
        thing["metadata"]["namespace"] = namespace
    return objects


def _copies(objects, count):
    """Objects under new names, in turn."""
    for index in range(count):
        original = objects[index % len(objects)]
        yield {**original, "metadata": {**original["metadata"], "name": f"copy-{index}"}}
