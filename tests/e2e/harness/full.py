"""An object of each kind that is sent to pxguard, with every field that the conditions look at; and
the same without one field after the other."""

import copy

# All fields that the expressions name. The API server lets nobody go without a user name.
FIELDS = {
    *("metadata", "ownerReferences", "controller", "labels", "data"),
    *("spec", "jobTemplate", "template", "containers", "initContainers", "ephemeralContainers"),
    *("name", "image", "env", "value", "command", "args"),
}
# No sign of Portworx ends the search in the one, the first sign does in the other.
STRANGER = {
    "name": "c",
    "image": "i",
    "env": [{"name": "A", "value": "b"}],
    "command": ["x"],
    "args": ["y"],
}
OURS = {**STRANGER, "name": "portworx"}
TEMPLATE_KINDS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")


def full_objects(namespace, owner):
    """Pairs of a title and an object. The stranger's shows a condition everything; Portworx's gets
    to the conditions that come after the first."""
    for whose, container, key in (("stranger", STRANGER, "key"), ("ours", OURS, "shared-secret")):
        metadata = {"name": "full", "namespace": namespace, "ownerReferences": [owner]}
        metadata["labels"] = {"app": "full"}
        second = {**STRANGER, "name": "d"}
        pod = {"containers": [container], "initContainers": [second]}
        for thing in (
            _thing("v1", "Pod", metadata, spec=pod),
            *(_workload(kind, metadata, pod) for kind in TEMPLATE_KINDS),
            _job(metadata, pod),
            _cron_job(metadata, pod),
            _thing("v1", "Secret", metadata, data={key: "YQ=="}),
            _storage_cluster(metadata, pod),
        ):
            yield f"{thing['kind']} ({whose})", copy.deepcopy(thing)


def variants(thing):
    """Pairs of a title and a copy: as it is, and each field left out or empty."""
    yield "in full", copy.deepcopy(thing)
    for path in _paths(thing, ()):
        where = ".".join(map(str, path))
        yield f"without {where}", _changed(thing, path, lambda at, key: at.pop(key))
        yield f"with empty {where}", _changed(thing, path, _empty)
        if thing.get("kind") == "StorageCluster":
            # Of all other kinds the API server drops it.
            yield f"with null {where}", _changed(thing, path, lambda at, key: at.update({key: None}))
    if "metadata" in thing:
        generated = {"generateName": "full-", "namespace": thing["metadata"]["namespace"]}
        yield "with a generated name", {**copy.deepcopy(thing), "metadata": generated}


def _paths(value, path):
    if isinstance(value, dict):
        for key, child in value.items():
            if key in FIELDS and path != ("metadata",) or key in ("ownerReferences", "labels"):
                yield (*path, key)
            yield from _paths(child, (*path, key))
    if isinstance(value, list):
        for place, child in enumerate(value):
            yield from _paths(child, (*path, place))


def _changed(thing, path, change):
    changed = copy.deepcopy(thing)
    at = changed
    for key in path[:-1]:
        at = at[key]
    change(at, path[-1])
    return changed


def _empty(at, key):
    empty = {dict: {}, list: [], str: "", bool: False}
    at[key] = empty[type(at[key])]


def _thing(api_version, kind, metadata, **rest):
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def _workload(kind, metadata, pod):
    spec = {
        "selector": {"matchLabels": {"app": "full"}},
        "template": {"metadata": {"labels": {"app": "full"}}, "spec": pod},
    }
    # No pods: they are none of this.
    if kind == "DaemonSet":
        pod = {**pod, "nodeSelector": {"no-such-node": "true"}}
        spec["template"]["spec"] = pod
    else:
        spec["replicas"] = 0
    return _thing("apps/v1", kind, metadata, spec=spec)


def _job(metadata, pod):
    spec = {"suspend": True, "template": {"spec": {**pod, "restartPolicy": "Never"}}}
    return _thing("batch/v1", "Job", metadata, spec=spec)


def _cron_job(metadata, pod):
    job = _job(metadata, pod)["spec"]
    spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": job}}
    return _thing("batch/v1", "CronJob", metadata, spec=spec)


def _storage_cluster(metadata, pod):
    spec = {"image": "i", "env": OURS["env"], "template": {"spec": pod}, **pod}
    return _thing("core.libopenstorage.org/v1", "StorageCluster", metadata, spec=spec)
