"""The operator and Stork: pxguard advises them, and never stands in their way."""

import json

from harness.api import collection
from harness.guard import ENTRIES
from harness.objects import annotated, controlled_by, pod_of
from harness.suite import case, expect
from harness.world import OPERATOR, STORK

ENFORCE, ADVISE = ENTRIES
BAD_CLUSTER = "storagecluster-issuer-with-space.yaml"
# What each is, as a file and the rule that finds the fault.
FAULTY = {
    "portworx-without-system-key.yaml": "PXS101",
    "stork-with-user-key.yaml": "PXS108",
    BAD_CLUSTER: "PXS303",
    "storagecluster-without-system-key.yaml": "PXS101",
}
OTHERS = [
    "system:serviceaccount:kube-system:default",
    "system:serviceaccount:lab:stork",
    "system:serviceaccount:portworx:portworx-operator",
    "system:serviceaccount:kube-system:stork-scheduler",
    "portworx-operator",
]


@case
def trusted_controllers(world):
    """the operator and Stork are never refused: a finding is a warning and an audit annotation"""
    namespace = world.namespace("trusted")
    with world.connect() as connection:
        for user in (OPERATOR, STORK):
            for file, rule in FAULTY.items():
                faulty = world.object(file, namespace=namespace)
                reply = connection.create(faulty, dry_run=True, user=user)
                _expect_advice(world, reply, rule)
                expect("trusted controller" in str(reply), "no reason is said", reply)


@case
def everybody_else(world):
    """the same objects by any other user are refused, whatever service account it is"""
    namespace = world.namespace("not-trusted")
    with world.connect() as connection:
        for user in OTHERS:
            for file, rule in FAULTY.items():
                faulty = world.object(file, namespace=namespace)
                _expect_refused(connection.create(faulty, dry_run=True, user=user), rule)


@case
def words_on_the_object(world):
    """nothing that is written on an object makes it trusted"""
    namespace = world.namespace("self-praise")
    faulty = world.object("portworx-without-system-key.yaml", namespace=namespace)
    praises = [
        {"labels": {"operator.libopenstorage.org/managed-by": "portworx"}},
        {"labels": {"app.kubernetes.io/managed-by": "portworx-operator"}},
        {"annotations": {"pxguard.io/exempt": "true", "pxguard.io/ignore": "PXS101"}},
        {"annotations": {"operator.libopenstorage.org/created-by": OPERATOR}},
        {"managedFields": []},
    ]
    for praise in praises:
        thing = {**faulty, "metadata": {**faulty["metadata"], **praise}}
        answer = world.create(thing, flags=["--dry-run=server", "--field-manager=portworx-operator"])
        world.expect_refusal(answer, "DaemonSet", "PXS101")
    reasons = ("rotation", "upgrade", "disable-security", "delete")
    acknowledged = annotated(faulty, **{name: "because" for name in reasons})
    world.expect_refusal(world.create(acknowledged), "DaemonSet", "PXS101")


@case
def objects_of_the_operator(world):
    """what a StorageCluster controls is never refused, and pxguard says what it cannot see"""
    namespace = world.namespace("owned")
    owner = ("core.libopenstorage.org/v1", "StorageCluster")
    faulty = world.object("portworx-without-system-key.yaml", namespace=namespace)
    with world.connect() as connection:
        reply = connection.create(controlled_by(faulty, *owner), dry_run=True)
        annotations = _expect_advice(world, reply, "PXS101")
        unverified = annotations.get(f"{ADVISE}/unverified", "")
        expect("StorageCluster owner" in unverified, "the owner was taken on trust", annotations)
        # Other kinds of that name, other controllers, and owners that control nothing, are nobody.
        for other in (("example.io/v1", "StorageCluster"), ("apps/v1", "Deployment")):
            _expect_refused(connection.create(controlled_by(faulty, *other), dry_run=True), "PXS101")
        controlled_by(faulty, *owner)["metadata"]["ownerReferences"][0]["controller"] = False
        _expect_refused(connection.create(faulty, dry_run=True), "PXS101")


@case
def defaults_of_the_operator(world):
    """the operator writes its defaults and its status into a bad StorageCluster"""
    namespace = world.namespace("defaults")
    world.plant(world.object(BAD_CLUSTER, namespace=namespace))
    defaults = {
        "metadata": {
            "annotations": {"portworx.io/misc-args": "-rt_opts wait-before-retry-period-in-secs=360"},
            "finalizers": ["operator.libopenstorage.org/delete"],
        },
        "spec": {
            "version": "3.1.0",
            "secretsProvider": "k8s",
            "stork": {"image": "openstorage/stork:24.2.0"},
            "autopilot": {"enabled": True, "image": "portworx/autopilot:1.3.14"},
            "security": {"auth": {"selfSigned": {"tokenLifetime": "24h"}}},
        },
    }
    with world.connect() as connection:
        patch = (namespace, "px-e2e", defaults)
        _expect_advice(world, connection.patch("StorageCluster", *patch, user=OPERATOR), "PXS303")
        before = world.guard.requests(kind="StorageCluster")
        path = f"{collection('StorageCluster', namespace)}/px-e2e/status"
        status = json.dumps({"status": {"phase": "Initializing"}}).encode()
        reply = connection.send("PATCH", path, status, "application/merge-patch+json", OPERATOR)
        expect(reply.accepted, "the status should be written", reply)
        sent = world.guard.requests(kind="StorageCluster") - before
        expect(sent == 0, "the status was sent to pxguard")
        # It does so each time it starts: the second write is no other.
        reply = connection.patch("StorageCluster", *patch, user=OPERATOR)
        expect(reply.accepted, "the defaults should be written again", reply)
        release = {"metadata": {"finalizers": None}}
        reply = connection.patch("StorageCluster", namespace, "px-e2e", release, user=OPERATOR)
        expect(reply.accepted, "the finalizer should be taken away", reply)


@case
def defaults_by_a_person(world):
    """a person who writes out what was the default changes nothing: an old fault is warned about"""
    namespace = world.namespace("defaults-written-out")
    world.plant(world.object("storagecluster-without-system-key.yaml", namespace=namespace))
    for spec in ({"version": "3.1.0"}, {"stork": {"enabled": False}}, {"secretsProvider": "k8s"}):
        patch = ["--type=merge", "-p", json.dumps({"spec": spec}), "-n", namespace]
        answer = world.kubectl("patch", "storagecluster/px-e2e", *patch)
        world.expect_accepted(answer)
        world.expect_warning(answer, "PXS101")


@case
def secrets_of_the_operator(world):
    """the operator makes, changes and deletes its Secrets while pxguard only advises"""
    namespace = world.namespace("secrets-of-operator")
    keys = world.object("pxkeys.yaml", name="px-system-secrets", namespace=namespace)
    before = world.calls_by_entry()[0]
    with world.connect() as connection:
        replies = [connection.create(keys, user=OPERATOR)]
        change = {"stringData": {"apps-secret": "canaryApps54ofTheOperatorIsLongEnoughToBeAKey"}}
        replies.append(
            connection.patch("Secret", namespace, "px-system-secrets", change, user=OPERATOR)
        )
        replies.append(connection.delete("Secret", namespace, "px-system-secrets", user=OPERATOR))
    for reply in replies:
        expect(reply.accepted, "the operator should not be refused", reply)
    expect(world.calls_by_entry()[0] == before, f"{ENFORCE} was called")


@case
def pods_of_controllers(world):
    """a faulty Pod that a controller makes is accepted with a warning that names the controller"""
    namespace = world.namespace("controller-pods")
    template = world.object("portworx-without-system-key.yaml")
    pod = pod_of(template, name="portworx-1", namespace=namespace)
    with world.connect() as connection:
        _expect_refused(connection.create(pod, dry_run=True), "PXS101")
        reply = connection.create(controlled_by(pod, "apps/v1", "DaemonSet"), dry_run=True)
        _expect_advice(world, reply, "PXS101")
        expect("DaemonSet owner" in str(reply), "the warning does not name the owner", reply)


def _expect_refused(reply, rule):
    expect(reply.status == 403, f"{rule} should refuse it", reply)
    expect(f"\n{rule} " in reply.message, f"{rule} is not the reason", reply)


def _expect_advice(world, reply, rule):
    """Accepted with a warning and a word in the audit log, by advise alone."""
    expect(reply.accepted, "the request should be accepted", reply)
    warned = [warning for warning in reply.warnings if warning.startswith(f"{rule} ")]
    expect(warned, f"there is no warning of {rule}", reply)
    annotations = world.audit_annotations(reply)
    rules = annotations.get(f"{ADVISE}/rules", "").split(",")
    expect(rule in rules, f"the audit log does not name {rule}", annotations)
    expect(annotations[f"{ADVISE}/mode"] == "allow", "the mode is another", annotations)
    strangers = [name for name in annotations if name.startswith(ENFORCE)]
    expect(not strangers, f"{ENFORCE} has its say as well", annotations)
    return annotations
