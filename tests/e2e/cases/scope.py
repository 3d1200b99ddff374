"""What the API server sends to pxguard, to which entry, and what it keeps to itself."""

from harness.guard import CONFIGURATION, ENTRIES
from harness.objects import controlled_by, pod_of, secret
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import OPERATOR, STORK

ENFORCE, ADVISE = ({name} for name in ENTRIES)
NEITHER = set()
KEY = "Y2FuYXJ5"
COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"
STORAGE_CLUSTER = ("core.libopenstorage.org/v1", "StorageCluster")
DIGEST = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
# Each of them alone is a container to look at.
SIGNS = [
    {"name": "portworx"},
    {"name": "stork"},
    {"name": "autopilot"},
    {"image": "portworx/oci-monitor:3.1.0"},
    {"image": "mirror:5000/px/oci-mon"},
    {"image": f"px-enterprise{DIGEST}"},
    {"image": f"mirror:5000/portworx/px-essentials:3.1.0{DIGEST}"},
    {"image": "px-monitor"},
    {"image": "openstorage/stork:24.2.0"},
    {"image": "portworx/autopilot:1.3.14"},
    {"env": [{"name": "A"}, {"name": "PORTWORX_AUTH_SYSTEM_KEY"}]},
    {"env": [{"name": "PX_SHARED_SECRET"}]},
    {"command": ["sh", "-c", "pxctl status"]},
    {"command": ["/stork"]},
    {"args": ["-c", "/autopilot"]},
    {"command": ["stork"], "args": ["--driver=pxd"]},
    {"command": ["autopilot"]},
    {"image": "portworx/px-operator:24.2.0"},
    {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "px-admin-token", "key": "k"}}}]},
    {"envFrom": [{"secretRef": {"name": "px-system-secrets"}}]},
]
STRANGERS = [
    {"image": "example/storkish:1"},
    {"image": "stork/web:1"},
    {"image": "mirror:5000/oci-monitor/tool:1"},
    {"env": [{"name": "PORTWORX"}, {"name": "MY_PX_SHARED_SECRET"}]},
    {"command": ["stork", "px"]},
    {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "admin-token", "key": "k"}}}]},
    {"envFrom": [{"configMapRef": {"name": "px-admin-token"}}]},
]


@case
def own_namespace_is_not_sent(world):
    """pxguard's own namespace is never sent, and its pods meet the restricted standard"""
    with world.connect() as connection:
        reply = connection.create(world.object("pxkeys.yaml", namespace="pxguard"), dry_run=True)
        expect(_asked(world, reply) == NEITHER, "the API server called pxguard", reply)
    wait_until(
        "the Deployment of deploy/install.yaml has its pods",
        lambda: len(world.pods("pxguard", "app.kubernetes.io/name=pxguard")) == 2,
    )


@case
def one_entry_for_each(world):
    """what pxguard may refuse goes to enforce, what it only advises on goes to advise"""
    namespace = world.namespace("sharing")
    requests = [*_workload_requests(world, namespace), *_secret_requests(world, namespace)]
    with world.connect() as connection:
        for what, thing, user, expected in requests:
            asked = _asked(world, connection.create(thing, dry_run=True, user=user))
            expect(asked == expected, f"{what}: {expected} expected, {asked} asked")


def _workload_requests(world, namespace):
    """Rows of what it is, the object, who writes it, and the entry that should be asked."""

    def portworx():
        return world.object("portworx.yaml", namespace=namespace)

    def pod():
        return pod_of(portworx(), name="portworx", namespace=namespace)

    yield "a DaemonSet", portworx(), None, ENFORCE
    yield "a DaemonSet written by Stork", portworx(), STORK, ADVISE
    yield "a DaemonSet of a StorageCluster", controlled_by(portworx(), *STORAGE_CLUSTER), None, ADVISE
    charts = controlled_by(portworx(), "example.io/v1", "Chart")
    yield "a DaemonSet of another owner", charts, None, ENFORCE
    yield "a bare Pod", pod(), None, ENFORCE
    yield "a Pod of a controller", controlled_by(pod(), "apps/v1", "DaemonSet"), None, ADVISE
    cluster = world.object("storagecluster.yaml", namespace=namespace)
    yield "a StorageCluster", cluster, None, ENFORCE
    yield "a StorageCluster written by the operator", cluster, OPERATOR, ADVISE


def _secret_requests(world, namespace):
    def key(name, **data):
        return secret(name, namespace, **data)

    pxkeys = world.object("pxkeys.yaml", namespace=namespace)
    yield "a Secret made by a person", pxkeys, None, ENFORCE
    yield "a Secret made by the operator", pxkeys, OPERATOR, ADVISE
    yield "a Secret made by the garbage collector", pxkeys, COLLECTOR, ENFORCE
    yield "a token Secret by its name", key("px-team-a-token", token=KEY), None, ENFORCE
    yield "the token Secret of users", key("px-k8s-user"), None, ENFORCE
    for name in ("system-secret", "apps-secret", "stork-secret", "shared-secret"):
        yield f"a Secret with {name}", key("any-name", **{name: KEY}), None, ENFORCE
    for name in ("PORTWORX_AUTH_SYSTEM_KEY", "PX_SHARED_SECRET"):
        yield f"a Secret for envFrom with {name}", key("any-name", **{name: KEY}), None, ENFORCE
    yield "an auth-token of strangers", key("any-name", **{"auth-token": KEY}), None, NEITHER
    yield "a Secret of a neighbour", key("px-tokens", password=KEY), None, NEITHER


@case
def each_sign_is_enough(world):
    """one sign of Portworx, Stork or Autopilot is enough to be sent, in any list of containers"""
    namespace = world.namespace("signs")
    with world.connect() as connection:
        for content in [*SIGNS, *STRANGERS]:
            expected = ENFORCE if content in SIGNS else NEITHER
            for place, thing in enumerate(_with_container(namespace, content)):
                asked = _asked(world, connection.create(thing, dry_run=True))
                expect(asked == expected, f"{content} at place {place}: {asked} asked")


def _with_container(namespace, content):
    """A Pod, a Deployment and a CronJob, each with this container somewhere else."""
    container = {"name": "c", "image": "i", **content}
    other = {"name": "other", "image": "i"}
    metadata = {"name": "signs", "namespace": namespace, "labels": {"app": "a"}}
    never = {"restartPolicy": "Never"}
    yield pod_of({"spec": {"template": {"spec": {"containers": [container]}}}}, **metadata)
    template = {"metadata": metadata, "spec": {"containers": [other], "initContainers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    pod = {"containers": [other, container], **never}
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    yield {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}


@case
def entries_are_opposites(world):
    """the last conditions of enforce and advise are each other's opposite, word for word"""
    configuration = world.cluster.get("validatingwebhookconfiguration", CONFIGURATION)
    enforce, advise = (_conditions(entry) for entry in configuration["webhooks"])
    expect(enforce == [advise[0], "!" + advise[1]], "they are not", "\n".join(enforce + advise))


@case
def deleted_secrets(world):
    """the deletion of a key Secret is sent to enforce, and to advise when Kubernetes cleans up"""
    namespace = world.namespace("deleted-secret")
    key = secret("any-name", namespace, **{"apps-secret": KEY})
    with world.connect() as connection:
        for user, expected in ((None, ENFORCE), (COLLECTOR, ADVISE)):
            expect(connection.create(key).accepted, "the Secret should be there")
            reply = connection.delete("Secret", namespace, "any-name", user=user)
            asked = _asked(world, reply)
            expect(asked == expected, f"by {user}: {asked} asked")


@case
def objects_on_their_way_out(world):
    """an object that waits for its finalizers goes to advise: nobody may keep it from leaving"""
    namespace = world.namespace("on-their-way-out")
    leaving = secret("any-name", namespace, **{"apps-secret": KEY})
    leaving["metadata"]["finalizers"] = ["example.io/waits"]
    place = ("Secret", namespace, "any-name")
    with world.connect() as connection:
        expect(_asked(world, connection.create(leaving)) == ENFORCE, "the creation is to judge")
        expect(_asked(world, connection.delete(*place)) == ENFORCE, "the deletion is to judge")
        reply = connection.patch(*place, {"metadata": {"finalizers": None}})
        expect(_asked(world, reply) == ADVISE, "the rest is not", reply)


@case
def removed_signs(world):
    """an update that takes the last sign of Portworx away is still sent"""
    namespace = world.namespace("signs-removed")
    with world.connect() as connection:
        connection.create(secret("any-name", namespace, **{"apps-secret": KEY}))
        reply = connection.patch("Secret", namespace, "any-name", {"data": {"apps-secret": None}})
        expect(_asked(world, reply) == ENFORCE, "it should be sent to enforce", reply)
        reply = connection.patch("Secret", namespace, "any-name", {"data": {"password": KEY}})
        expect(_asked(world, reply) == NEITHER, "what is left is a stranger's", reply)


@case
def scale_and_status_are_not_sent(world):
    """scaling Stork and writing its status are not sent as such"""
    namespace = world.namespace("scaled")
    world.expect_accepted(world.apply(world.object("stork.yaml", namespace=namespace)))
    wait_until("Stork has its pod", lambda: world.pods(namespace, "name=stork"))
    before = _of_kinds(world, "Deployment", "Scale", "other")
    scale = ["scale", "deployment/stork", "--replicas=2", "-n", namespace]
    world.expect_accepted(world.kubectl(*scale))
    wait_until("Stork has two pods", lambda: len(world.pods(namespace, "name=stork")) == 2)
    status = ["--subresource=status", "--type=merge", "-p", '{"status":{"observedGeneration":1}}']
    world.expect_accepted(world.kubectl("patch", "deployment/stork", "-n", namespace, *status))
    after = _of_kinds(world, "Deployment", "Scale", "other")
    expect(after == before, "pxguard counted more reviews", f"{before} {after}")


def _conditions(entry):
    """The expressions of an entry, with their white space evened out."""
    return [" ".join(condition["expression"].split()) for condition in entry["matchConditions"]]


def _asked(world, reply):
    """The entries that had their say about a request: each leaves its mode in the audit log."""
    expect(reply.accepted or reply.status == 403, "there should be a verdict", reply)
    annotations = world.audit_annotations(reply)
    failed = [name for name in annotations if name.startswith("failed-open.")]
    expect(not failed, "an entry failed", annotations)
    return {name.removesuffix("/mode") for name in annotations if name.endswith("/mode")}


def _of_kinds(world, *kinds):
    return sum(world.guard.requests(kind=kind) for kind in kinds)
