"""What the API server sends to pxguard, to which entry, and what it keeps to itself."""

from harness import metrics
from harness.guard import CONFIGURATION
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import AS_OPERATOR, controlled_by

# Calls of the two entries, as World.calls_by_entry counts them.
ENFORCE, ADVISE, NEITHER = (1, 0), (0, 1), (0, 0)
KINDS_SENT = (
    "pods,deployments,daemonsets,statefulsets,replicasets,jobs,cronjobs,secrets,storageclusters"
)
# Below what etcd takes in one request, with the copies that the API server keeps in the object.
LONGEST_ARGUMENT = 1_000_000
MOST_VARIABLES = 10_000


@case
def strangers_are_not_sent(world):
    """50 creates of Deployments, Secrets, ConfigMaps and Pods of others never reach pxguard"""
    namespace = world.namespace("unrelated")
    before = (world.quiet_calls(), world.guard.requests())
    world.expect_accepted(world.create(*_copies(world.manifest("unrelated.yaml"), 50)))
    # Their controllers act as well: each Deployment gets a ReplicaSet and a pod.
    wait_until(
        "the Deployments have their pods", lambda: len(world.pods(namespace, "app=web")) == 13
    )
    after = (world.calls_by_entry(), world.guard.requests())
    expect(after == before, "the API server called pxguard", f"calls {before}, then {after}")


@case
def own_namespace_is_not_sent(world):
    """pxguard's own namespace is never sent, and its pods meet the restricted standard"""
    sent = world.quiet_calls()
    world.expect_accepted(world.apply(world.object("pxkeys.yaml", namespace="pxguard")))
    expect(world.calls_by_entry() == sent, "the API server called pxguard")
    wait_until(
        "the Deployment of deploy/install.yaml has its pods",
        lambda: len(world.pods("pxguard", "app.kubernetes.io/name=pxguard")) == 2,
    )


@case
def conditions_are_total(world):
    """no condition stumbles over objects that lack optional fields: create, update, delete"""
    namespace = world.namespace("bare-objects")
    objects = world.manifest("bare-objects.yaml")
    world.expect_accepted(world.create(*objects))
    every = [KINDS_SENT, "--all", "-n", namespace]
    world.expect_accepted(world.kubectl("label", *every, "changed=yes"))
    world.expect_accepted(world.kubectl("delete", *every, "--wait=false"))


@case
def large_objects_of_strangers(world):
    """an object near the size limit costs no condition more than its budget"""
    many_variables = [{"name": f"V{index}", "value": "x"} for index in range(MOST_VARIABLES)]
    contents = {"long": {"args": ["x" * LONGEST_ARGUMENT]}, "many": {"env": many_variables}}
    for name, content in contents.items():
        world.expect_accepted(world.create(_cron_job(name, content)))
        # An update shows the conditions both versions.
        world.expect_accepted(
            world.kubectl("label", "cronjob", name, "-n", "default", "changed=yes")
        )


@case
def one_entry_for_each(world):
    """what pxguard may refuse goes to enforce, what it only advises on goes to advise"""
    namespace = world.namespace("sharing")
    requests = [*_workload_requests(world, namespace), *_secret_requests(world, namespace)]
    for what, thing, flags, expected in requests:
        got = _sent(world, lambda: world.create(thing, flags=["--dry-run=server", *flags]))
        expect(
            got == expected, f"{what}: {expected} calls of enforce and advise expected, {got} seen"
        )


def _workload_requests(world, namespace):
    """Rows of what it is, the object, flags of kubectl, and the entry that should be called."""
    storage_cluster = ("core.libopenstorage.org/v1", "StorageCluster")

    def portworx():
        return world.object("portworx.yaml", namespace=namespace)

    def pod():
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "portworx", "namespace": namespace},
            "spec": portworx()["spec"]["template"]["spec"],
        }

    yield "a DaemonSet", portworx(), [], ENFORCE
    operators = controlled_by(portworx(), *storage_cluster)
    yield "a DaemonSet of a StorageCluster", operators, [], ADVISE
    charts = controlled_by(portworx(), "example.io/v1", "Chart")
    yield "a DaemonSet of another owner", charts, [], ENFORCE
    yield "a bare Pod", pod(), [], ENFORCE
    yield "a Pod of a controller", controlled_by(pod(), "apps/v1", "DaemonSet"), [], ADVISE


def _secret_requests(world, namespace):
    def secret(name, key):
        return _secret(name, {key: "Y2FuYXJ5"}, namespace)

    pxkeys = world.object("pxkeys.yaml", namespace=namespace)
    yield "a Secret made by a person", pxkeys, [], ENFORCE
    yield "a Secret made by the operator", pxkeys, AS_OPERATOR, ADVISE
    yield "a token Secret by its name", secret("px-team-a-token", "token"), [], ENFORCE
    yield "a key Secret by its key", secret("any-name", "apps-secret"), [], ENFORCE
    yield "a key Secret for envFrom", secret("any-name", "PORTWORX_AUTH_SYSTEM_KEY"), [], ENFORCE
    yield "an auth-token of strangers", secret("any-name", "auth-token"), [], NEITHER


@case
def entries_are_opposites(world):
    """the last conditions of enforce and advise are each other's opposite, word for word"""
    configuration = world.cluster.get("validatingwebhookconfiguration", CONFIGURATION)
    enforce, advise = (_conditions(entry) for entry in configuration["webhooks"])
    expect(enforce == [advise[0], "!" + advise[1]], "they are not", "\n".join(enforce + advise))


@case
def deleted_secrets(world):
    """the deletion of a key Secret is sent to enforce, read from the old object"""
    namespace = world.namespace("deleted-secret")
    world.expect_accepted(world.apply(_secret("any-name", {"apps-secret": "Y2FuYXJ5"}, namespace)))
    got = _sent(world, lambda: world.kubectl("delete", "secret", "any-name", "-n", namespace))
    expect(got == ENFORCE, f"calls of enforce and advise were {got}")


@case
def objects_on_their_way_out(world):
    """an object that waits for its finalizers goes to advise: nobody may keep it from leaving"""
    namespace = world.namespace("on-their-way-out")
    leaving = _secret("any-name", {"apps-secret": "Y2FuYXJ5"}, namespace)
    leaving["metadata"]["finalizers"] = ["example.io/waits"]
    world.expect_accepted(world.create(leaving))
    world.expect_accepted(
        world.kubectl("delete", "secret", "any-name", "-n", namespace, "--wait=false")
    )
    release = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}']
    got = _sent(world, lambda: world.kubectl("patch", "secret/any-name", "-n", namespace, *release))
    expect(got == ADVISE, f"calls of enforce and advise were {got}")


@case
def removed_signs(world):
    """an update that takes the last sign of Portworx away is still sent"""
    namespace = world.namespace("signs-removed")
    world.expect_accepted(world.apply(_secret("any-name", {"apps-secret": "Y2FuYXJ5"}, namespace)))
    got = _sent(world, lambda: world.apply(_secret("any-name", {}, namespace)))
    expect(got == ENFORCE, f"calls of enforce and advise were {got}")


@case
def scale_and_status_are_not_sent(world):
    """scaling Stork and writing its status are not sent as such"""
    namespace = world.namespace("scaled")
    world.expect_accepted(world.apply(world.object("stork.yaml", namespace=namespace)))
    wait_until("Stork has its pod", lambda: world.pods(namespace, "name=stork"))
    before = _of_kinds(world, "Deployment", "Scale")
    world.expect_accepted(
        world.kubectl("scale", "deployment/stork", "--replicas=2", "-n", namespace)
    )
    wait_until("Stork has two pods", lambda: len(world.pods(namespace, "name=stork")) == 2)
    status = ["--subresource=status", "--type=merge", "-p", '{"status":{"observedGeneration":1}}']
    world.expect_accepted(world.kubectl("patch", "deployment/stork", "-n", namespace, *status))
    after = _of_kinds(world, "Deployment", "Scale")
    expect(after == before, "pxguard counted more reviews", f"{before} {after}")


@case
def no_condition_ever_failed(world):
    """no condition has failed in all these tests"""
    name = "apiserver_admission_match_condition_evaluation_errors_total"
    failed = metrics.total(world.cluster.metrics(), name)
    expect(failed == 0, f"the API server counts {failed:.0f} failed conditions")


def _copies(objects, count):
    """Objects under new names, in turn."""
    for index in range(count):
        original = objects[index % len(objects)]
        yield {**original, "metadata": {**original["metadata"], "name": f"copy-{index}"}}


def _cron_job(name, content):
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", **content}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "schedule": "0 3 * * *",
            "suspend": True,
            "jobTemplate": {"spec": {"template": {"spec": pod}}},
        },
    }


def _secret(name, data, namespace):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def _conditions(entry):
    """The expressions of an entry, with their white space evened out."""
    return [" ".join(condition["expression"].split()) for condition in entry["matchConditions"]]


def _sent(world, action):
    """Calls of enforce and advise that an action causes."""
    before = world.quiet_calls()
    world.expect_accepted(action())
    return tuple(int(after - earlier) for after, earlier in zip(world.calls_by_entry(), before))


def _of_kinds(world, *kinds):
    return sum(world.guard.requests(kind=kind) for kind in kinds)
