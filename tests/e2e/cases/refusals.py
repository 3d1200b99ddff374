"""What pxguard refuses, what it says then, and that right objects pass."""

from harness.suite import case, expect
from harness.waiting import wait_until


@case
def portworx_without_system_key(world):
    """a Portworx DaemonSet without its system key is refused, in the words of the golden text"""
    answer = world.apply(world.object("portworx-without-system-key.yaml"))
    text = world.expect_refusal(answer, "DaemonSet", "PXS101")
    world.compare_with_golden("portworx-without-system-key", text)


@case
def portworx_with_system_key(world):
    """the repaired DaemonSet is accepted without a warning, and the controller makes its pod"""
    answer = world.apply(world.object("portworx.yaml"))
    world.expect_accepted(answer)
    expect(not answer.warnings, "a right DaemonSet brings no warning", answer)
    wait_until("the DaemonSet has its pod", lambda: world.pods("kube-system", "name=portworx"))


@case
def stork_with_the_key_of_users(world):
    """a Stork that signs with the key of user tokens is refused"""
    answer = world.apply(world.object("stork-with-user-key.yaml"))
    text = world.expect_refusal(answer, "Deployment", "PXS108")
    world.compare_with_golden("stork-with-user-key", text)


@case
def stork_with_the_apps_key(world):
    """a Stork that signs with the apps key is accepted, and the controllers make its pod"""
    world.expect_accepted(world.apply(world.object("stork.yaml")))
    wait_until("Stork has its pod", lambda: world.pods("kube-system", "name=stork"))


@case
def storage_cluster_with_malformed_issuer(world):
    """a StorageCluster whose issuer ends in a space is refused, the right one is accepted"""
    answer = world.apply(world.object("storagecluster-issuer-with-space.yaml"))
    text = world.expect_refusal(answer, "StorageCluster", "PXS303")
    world.compare_with_golden("storagecluster-issuer-with-space", text)
    world.expect_accepted(world.apply(world.object("storagecluster.yaml")))


@case
def warnings_reach_kubectl(world):
    """a fault that does not deny is accepted, and the person at kubectl reads the warning"""
    namespace = world.namespace("warned")
    answer = world.apply(world.object("portworx-issuer-without-key.yaml", namespace=namespace))
    world.expect_accepted(answer)
    world.expect_warning(answer, "PXS104")
    too_long = [warning for warning in answer.warnings if len(warning) > 256]
    expect(not too_long, "a warning is one line of at most 256 characters", "\n".join(too_long))


@case
def literal_keys_in_every_kind(world):
    """a key in clear text is refused in every kind of workload, wherever it stands"""
    for workload in world.manifest("literal-keys.yaml"):
        world.expect_refusal(world.create(workload), workload["kind"], "PXS105")


@case
def literal_key_in_a_debug_container(world):
    """a key in clear text is refused in the debug container of a Pod"""
    world.expect_accepted(
        world.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "debugged", "namespace": "default"},
                "spec": {"containers": [{"name": "tool", "image": "example/tool:1.0"}]},
            }
        )
    )
    debug = [
        "debug",
        "pod/debugged",
        "--image=example/shell:1",
        "--attach=false",
        "--profile=general",
    ]
    answer = world.kubectl(*debug, "--env=PORTWORX_AUTH_SYSTEM_KEY=canaryDebugLiteral48")
    world.expect_refusal(answer, "Pod", "PXS105")
    world.expect_accepted(world.kubectl(*debug, "--env=HARMLESS=yes"))
