"""A Portworx with its keys in kube-system, which a test puts up and takes away; and what only somebody
who sees it can know."""

import contextlib
import copy
import json

from harness.objects import container
from harness.serving import review_of
from harness.suite import expect
from harness.waiting import wait_until
from harness.world import OPERATOR

NAMESPACE = "kube-system"
# References to keys: the first is what Portworx has in manifests/portworx.yaml.
OURS = ("pxkeys", "stork-secret")
OTHER = ("px-system-secrets", "apps-secret")
SEEN_SECONDS = 5
# Of a policy that lists none.
DEFAULT_SECRETS = (
    *("px-system-secrets", "px-shared-secret", "px-admin-token", "px-user-token", "pxkeys"),
)
STRATEGIC = "application/strategic-merge-patch+json"
DAEMON_SET = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/portworx"


def stork(world, key=OURS, **metadata):
    """A Stork that reads this key."""
    return _reading(world.object("stork.yaml", **metadata), "PX_SHARED_SECRET", key)


def portworx(world, key=OURS, **metadata):
    """A Portworx that verifies with this key what applications sign."""
    return _reading(world.object("portworx.yaml", **metadata), "PORTWORX_AUTH_SYSTEM_APPS_KEY", key)


def _reading(workload, name, key):
    [variable] = [entry for entry in container(workload)["env"] if entry["name"] == name]
    variable["valueFrom"] = {"secretKeyRef": dict(zip(("name", "key"), key))}
    return workload


def keys(world, *files):
    return [world.object(file) for file in files or ("pxkeys.yaml", "px-system-secrets.yaml")]


@contextlib.contextmanager
def standing(world, *objects):
    """They are there, whatever pxguard thinks of them; afterwards kube-system is empty again."""
    try:
        world.plant(*objects)
        yield
    finally:
        clear(world)


@contextlib.contextmanager
def standing_portworx(world):
    """As above, with right keys, and in the view."""
    with standing(world, *keys(world), portworx(world)):
        wait_for_refusal(world)
        yield


def clear(world):
    as_operator = [f"--as={OPERATOR}", "--as-group=system:masters"]
    kinds = "daemonsets,deployments,storageclusters,clusterpairs"
    for what in (kinds, "secrets"):
        delete = ["delete", what, "--all", "-n", NAMESPACE, "--wait=true", *as_operator]
        world.cluster.must(*delete)


def wait_for_refusal(world):
    """Until pxguard sees the Portworx and the bytes of its keys."""

    def refused():
        return not asked(world, stork(world, OTHER))["allowed"]

    wait_until("pxguard sees Portworx and its keys", refused, SEEN_SECONDS)


def asked(world, thing, guard=None, **review):
    """What pxguard answers to a review that does not come by way of the API server."""
    answer = (guard or world.guard).review(review_of(thing, **review))
    return json.loads(answer)["response"]


class Witness:
    """A fact that pxguard can only know from its view, and that a test can turn: which of two keys
    Portworx has. Stork with the first one is right or wrong accordingly."""

    def __init__(self, world, guard=None):
        self._world = world
        self._guard = guard
        self._stork = stork(world)
        self.is_right = True

    def turn(self):
        """Portworx now has the other key."""
        self.is_right = not self.is_right
        with self._world.connect() as connection:
            reply = connection.send("PATCH", DAEMON_SET, self._patch(), STRATEGIC, OPERATOR)
        expect(reply.accepted, "Portworx cannot be changed", reply)

    def is_seen(self):
        return asked(self._world, self._stork, self._guard)["allowed"] == self.is_right

    def review(self):
        return review_of(copy.deepcopy(self._stork))

    def _patch(self):
        key = OURS if self.is_right else OTHER
        reference = {"secretKeyRef": dict(zip(("name", "key"), key))}
        variable = {"name": "PORTWORX_AUTH_SYSTEM_APPS_KEY", "valueFrom": reference}
        containers = [{"name": "portworx", "env": [variable]}]
        return {"spec": {"template": {"spec": {"containers": containers}}}}


@contextlib.contextmanager
def granted(world, namespace, name):
    """The Secret is on the policy's list, and may be read: an administrator did both."""
    role = ["-n", namespace, f"pxguard-{name}"]
    verbs = ["--verb=get,list,watch", "--resource=secrets", f"--resource-name={name}"]
    world.cluster.must("create", "role", *role, *verbs)
    account = "--serviceaccount=pxguard:pxguard"
    world.cluster.must("create", "rolebinding", *role, f"--role=pxguard-{name}", account)
    listed = ", ".join([*DEFAULT_SECRETS, f"{namespace}/{name}"])
    line = "upgrades: Gate"
    with world.guard.policy_with(line, f"{line}\nsecrets: [{listed}]"):
        yield


def reported(world, rule, namespace):
    """Where a finding of the audit is to be read, each as a question whether it is there."""
    return {
        "an Event": lambda: any(rule in text for text in _notes(world, namespace)),
        "a metric": lambda: world.guard.metric("pxguard_audit_findings", severity="error") > 0,
        "a PolicyReport": lambda: rule in _results(world, "policyreports", namespace),
        "a Report of openreports.io": lambda: rule
        in _results(world, "reports.openreports.io", namespace),
    }


def _notes(world, namespace):
    events = world.cluster.get("events.v1.events.k8s.io", "-n", namespace)["items"]
    return [event.get("note", "") for event in events]


def _results(world, kind, namespace):
    reports = world.cluster.get(kind, "-n", namespace)["items"]
    return {result.get("rule") for report in reports for result in report.get("results", [])}
