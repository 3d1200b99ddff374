"""The conditions of deploy/install.yaml on objects that lack what the expressions look at: one that
stumbles refuses the request."""

from harness import metrics
from harness.api import MERGE_PATCH, collection
from harness.full import OURS, STRANGER, full_objects, variants
from harness.suite import case, expect

FAILED = "apiserver_admission_match_condition_evaluation_errors_total"
# What the API server itself says to an object without one of the fields that it insists on.
INVALID = (400, 422)
INSISTED_ON = {
    *("metadata", "name", "labels", "spec", "jobTemplate", "template", "containers", "image")
}
LABEL = {"metadata": {"labels": {"changed": "yes"}}}
# Below what etcd takes in one request, with the copies that the API server keeps in the object.
LONGEST_ARGUMENT = 1_000_000
MOST_VARIABLES = 10_000


@case
def each_field(world):
    """no condition stumbles over an object without a field that it looks at, or with it empty"""
    namespace = world.namespace("left-out")
    before = _failed(world)
    tried = 0
    with world.connect() as connection:
        owner = _owner(connection, namespace)
        for kind, full in full_objects(namespace, owner):
            for how, thing in variants(full):
                tried += _lives(connection, namespace, f"{kind} {how}", thing)
    failed = _failed(world) - before
    expect(failed == 0, f"the API server counts {failed:.0f} failed conditions")
    expect(tried > 400, f"only {tried} objects were tried")


def _lives(connection, namespace, title, thing):
    """Creates, changes and deletes it; false where the API server itself does not take it."""
    reply = connection.send("POST", collection(thing["kind"], namespace), thing)
    if reply.status in INVALID:
        expect(title.split(".")[-1].split()[-1] in INSISTED_ON, f"create of a {title}", reply)
        return False
    expect(reply.accepted, f"create of a {title}", reply)
    place = (thing["kind"], namespace, reply.thing["metadata"]["name"])
    reply = connection.patch(*place, LABEL)
    expect(reply.accepted, f"update of a {title}", reply)
    reply = connection.delete(*place)
    expect(reply.accepted, f"deletion of a {title}", reply)
    return True


@case
def debug_containers(world):
    """no condition stumbles over a debug container without a field that it looks at"""
    namespace = world.namespace("left-out-debug")
    before = _failed(world)
    with world.connect() as connection:
        for name, first in {"stranger": STRANGER, "ours": OURS}.items():
            metadata = {"name": name, "namespace": namespace}
            pod = {"kind": "Pod", "metadata": metadata, "spec": {"containers": [first]}}
            expect(connection.create(pod).accepted, f"the Pod {name} should be there")
            path = f"{collection('Pod', namespace)}/{name}/ephemeralcontainers"
            kept = []
            for place, (how, debug) in enumerate(variants({**STRANGER, "image": "i"})):
                debug["name"] = f"debug-{place}"
                patch = {"spec": {"ephemeralContainers": [*kept, debug]}}
                reply = connection.send("PATCH", path, patch, MERGE_PATCH)
                if reply.status not in INVALID:
                    expect(reply.accepted, f"a debug container {how}", reply)
                    kept.append(debug)
            expect(len(kept) > 8, f"only {len(kept)} debug containers were tried")
    expect(_failed(world) == before, "a condition failed")


@case
def on_their_way_out(world):
    """no condition stumbles over an object that waits for its finalizers, and changes meanwhile"""
    namespace = world.namespace("left-out-going")
    before = _failed(world)
    with world.connect() as connection:
        for what, thing in full_objects(namespace, _owner(connection, namespace)):
            place = (thing["kind"], namespace, thing["metadata"]["name"])
            thing["metadata"]["finalizers"] = ["example.io/waits"]
            replies = [
                connection.create(thing),
                connection.delete(*place),
                connection.patch(*place, LABEL),
                connection.patch(*place, {"metadata": {"finalizers": None}}),
            ]
            for step, reply in enumerate(replies):
                expect(reply.accepted, f"step {step} with a {what}", reply)
    expect(_failed(world) == before, "a condition failed")


@case
def large_objects_of_strangers(world):
    """an object near the size limit costs no condition more than its budget"""
    namespace = world.namespace("large")
    many_variables = [{"name": f"V{index}", "value": "x"} for index in range(MOST_VARIABLES)]
    contents = {"long": {"args": ["x" * LONGEST_ARGUMENT]}, "many": {"env": many_variables}}
    with world.connect() as connection:
        for name, content in contents.items():
            reply = connection.create(_cron_job(name, namespace, content))
            expect(reply.accepted, f"create of {name}", reply)
            # An update shows the conditions both versions.
            reply = connection.patch("CronJob", namespace, name, LABEL)
            expect(reply.accepted, f"update of {name}", reply)


def _owner(connection, namespace):
    """A reference to an object that is there: the garbage collector leaves alone what has it."""
    metadata = {"name": "owner", "namespace": namespace}
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    made = connection.create(owner).thing
    identity = {"name": "owner", "uid": made["metadata"]["uid"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "controller": True, **identity}


def _cron_job(name, namespace, content):
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", **content}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "schedule": "0 3 * * *",
            "suspend": True,
            "jobTemplate": {"spec": {"template": {"spec": pod}}},
        },
    }


def _failed(world):
    return metrics.total(world.cluster.metrics(), FAILED)
