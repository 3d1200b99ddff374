"""The ways in which people write and delete: each is judged, and none is a way around."""

import json
import re

from harness.api import collection
from harness.objects import container, pod_of, secret
from harness.suite import case, expect
from harness.waiting import wait_until
from harness.world import directory_of

FAULTY = "portworx-without-system-key.yaml"
LITERAL = "PORTWORX_AUTH_SYSTEM_KEY=canarySetEnvLiteral53"
KEY_SECRETS = ["pxkeys", "px-shared-secret", "px-team-token"]


@case
def every_way_of_creating(world):
    """a faulty DaemonSet is refused in the same words by create, apply and server-side apply"""
    faulty = world.object(FAULTY, namespace=world.namespace("written"))
    server_side = ["--server-side"]
    dry_run = ["--dry-run=server"]
    answers = [
        world.create(faulty),
        world.create(faulty, flags=dry_run),
        world.apply(faulty),
        world.apply(faulty, flags=server_side),
        world.apply(faulty, flags=[*server_side, *dry_run]),
    ]
    texts = {world.expect_refusal(answer, "DaemonSet", "PXS101") for answer in answers}
    expect(len(texts) == 1, "the texts differ", "\n".join(texts))


@case
def every_way_of_changing(world):
    """nobody takes the system key away: not by replace, patch of each type, set env or dry run"""
    namespace = world.namespace("changed")
    world.expect_silence(world.apply(world.object("portworx.yaml", namespace=namespace)))
    generation = _generation(world, namespace)
    texts = set()
    for command in _removals_of_the_key(world):
        for flags in ([], ["--dry-run=server"]):
            answer = world.kubectl(*command, *flags, "-n", namespace)
            texts.add(world.expect_refusal(answer, "DaemonSet", "PXS101"))
    replaced = world.object(FAULTY, namespace=namespace)
    for way in ("replace", "apply"):
        answer = world.kubectl(way, "-f", "-", objects=[replaced])
        texts.add(world.expect_refusal(answer, "DaemonSet", "PXS101"))
    expect(len(texts) == 1, "the texts differ", "\n".join(texts))
    expect(_generation(world, namespace) == generation, "something was changed all the same")


@case
def server_side_changes(world):
    """a server-side apply that leaves the system key out is refused"""
    namespace = world.namespace("changed-server-side")
    server_side = ["--server-side"]
    right = world.object("portworx.yaml", namespace=namespace)
    world.expect_silence(world.apply(right, flags=server_side))
    answer = world.apply(world.object(FAULTY, namespace=namespace), flags=server_side)
    world.expect_refusal(answer, "DaemonSet", "PXS101")


def _removals_of_the_key(world):
    """Commands of kubectl that leave the DaemonSet without PORTWORX_AUTH_SYSTEM_KEY."""
    right = container(world.object("portworx.yaml"))
    faulty = container(world.object(FAULTY))
    place = [variable["name"] for variable in right["env"]].index("PORTWORX_AUTH_SYSTEM_KEY")
    deletion = {"name": "PORTWORX_AUTH_SYSTEM_KEY", "$patch": "delete"}
    path = f"/spec/template/spec/containers/0/env/{place}"
    patches = {
        "strategic": _of_template({"containers": [{"name": "portworx", "env": [deletion]}]}),
        "merge": _of_template({"containers": [faulty]}),
        "json": [{"op": "remove", "path": path}],
    }
    for kind, patch in patches.items():
        yield ["patch", "daemonset/portworx", f"--type={kind}", "-p", json.dumps(patch)]
    yield ["set", "env", "daemonset/portworx", "PORTWORX_AUTH_SYSTEM_KEY-"]


def _of_template(pod_spec):
    return {"spec": {"template": {"spec": pod_spec}}}


def _generation(world, namespace):
    return world.cluster.get("daemonset/portworx", "-n", namespace)["metadata"]["generation"]


@case
def literal_by_set_env(world):
    """kubectl set env with a key in clear text is refused"""
    namespace = world.namespace("set-env")
    world.expect_silence(world.apply(world.object("portworx.yaml", namespace=namespace)))
    answer = world.kubectl("set", "env", "daemonset/portworx", LITERAL, "-n", namespace)
    world.expect_refusal(answer, "DaemonSet", "PXS105")


@case
def right_changes(world):
    """what is right may be changed by set image, set env, scale, restart and undo, without a word"""
    namespace = world.namespace("changed-rightly")
    objects = [world.object(file, namespace=namespace) for file in ("portworx.yaml", "stork.yaml")]
    # By create: after an apply kubectl itself warns about undo.
    world.expect_silence(world.create(*objects))
    commands = [
        "set image daemonset/portworx portworx=portworx/oci-monitor:3.2.0",
        "set env daemonset/portworx HARMLESS=yes",
        "rollout restart daemonset/portworx",
        "set image deployment/stork stork=openstorage/stork:24.3.0",
        "scale deployment/stork --replicas=2",
        "rollout restart deployment/stork",
    ]
    for command in commands:
        world.expect_silence(world.kubectl(*command.split(), "-n", namespace))
    for workload in ("daemonset/portworx", "deployment/stork"):
        undo = ["rollout", "undo", workload, "-n", namespace]
        wait_until(
            f"{workload} has an earlier revision",
            lambda undo=undo: world.cluster.kubectl(*undo, "--dry-run=server").accepted,
        )
        world.expect_silence(world.kubectl(*undo))


@case
def generated_names(world):
    """a Pod and a Job with a generated name are refused under a name that says which they are"""
    namespace = world.namespace("generated")
    for thing in world.manifest("literal-keys.yaml"):
        if thing["kind"] not in ("Pod", "Job"):
            continue
        thing["metadata"] = {"generateName": "made-up-", "namespace": namespace}
        text = world.expect_refusal(world.create(thing), thing["kind"], "PXS105")
        headline = text.split("\n")[0]
        expect(
            re.fullmatch(rf"1 problem in {thing['kind']} {namespace}/made-up-\w*", headline),
            "the first line does not say which object it is",
            headline,
        )
    right = pod_of(world.object("portworx.yaml"), generateName="made-up-", namespace=namespace)
    world.expect_silence(world.create(right))


@case
def collections_of_secrets(world):
    """a deletion of all Secrets at once is judged Secret by Secret, and nothing is kept back"""
    namespace = world.namespace("collection")
    secrets = [secret(name, namespace, **{"shared-secret": "Y2FuYXJ5"}) for name in KEY_SECRETS]
    stranger = secret("web", namespace, password="Y2FuYXJ5")
    world.expect_accepted(world.apply(*secrets, stranger))
    before = world.guard.requests(operation="DELETE", kind="Secret")
    with world.connect() as connection:
        reply = connection.send("DELETE", collection("Secret", namespace))
    expect(reply.accepted, "the deletion should be accepted", reply)
    judged = world.guard.requests(operation="DELETE", kind="Secret") - before
    expect(judged == len(KEY_SECRETS), f"{judged:.0f} of {len(KEY_SECRETS)} were judged")
    # The review of such a deletion has no name: it is in the old object alone.
    for name in KEY_SECRETS:
        line = f'"operation":"DELETE","object":"Secret {namespace}/{name}","allowed":true'
        wait_until(f"the log has {line}", lambda line=line: line in world.guard.log(), 5)
    _expect_gone(world, "secrets", namespace)


@case
def all_secrets_by_kubectl(world):
    """kubectl delete secrets --all deletes the key Secrets of a Portworx that is gone"""
    namespace = world.namespace("all-secrets")
    world.expect_accepted(world.apply(world.object("pxkeys.yaml", namespace=namespace)))
    world.expect_silence(world.kubectl("delete", "secrets", "--all", "-n", namespace))
    _expect_gone(world, "secrets", namespace)


@case
def deletion_of_a_directory(world):
    """kubectl delete -f of a directory takes keys, Portworx and Stork away without a refusal"""
    namespace = world.namespace("directory-deleted")
    files = ("pxkeys.yaml", "portworx.yaml", "stork.yaml")
    objects = [world.object(file, namespace=namespace) for file in files]
    with directory_of(objects) as directory:
        world.expect_silence(world.kubectl("apply", "-f", directory))
        answer = world.kubectl("delete", "-f", directory)
    world.expect_silence(answer)
    expect(answer.out.count(" deleted") == len(files), "not all were deleted", answer)
    _expect_gone(world, "secrets,daemonsets,deployments,pods", namespace)


@case
def deletion_of_a_namespace(world):
    """a namespace with keys, Portworx, Stork and a StorageCluster goes away while pxguard looks"""
    namespace = world.namespace("ended")
    files = ("pxkeys.yaml", "portworx.yaml", "stork.yaml", "storagecluster.yaml")
    world.expect_silence(world.apply(*(world.object(file, namespace=namespace) for file in files)))
    for label in ("name=portworx", "name=stork"):
        wait_until(f"the pod of {label}", lambda label=label: world.pods(namespace, label))
    world.cluster.must("delete", "namespace", namespace, "--wait=false")
    wait_until(
        "the namespace is gone",
        lambda: not world.cluster.kubectl("get", "namespace", namespace).accepted,
        60,
    )


def _expect_gone(world, kinds, namespace):
    wait_until(
        f"no {kinds} are left",
        lambda: not world.cluster.get(kinds, "-n", namespace)["items"],
    )
