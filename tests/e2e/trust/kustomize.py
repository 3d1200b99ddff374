"""Without Helm: what Kustomize makes of the chart with nothing set, from `kubectl apply` to `kubectl delete`."""

import contextlib

from harness.replicas import Replicas
from harness.suite import case, expect
from harness.waiting import wait_until
from install.stage import applicable
from trust import stage


@case
def self_managed(world):
    """kubectl applies the self-managed Kustomize folder: two replicas come to refuse by themselves; kubectl
    deletes it again, and the configurations that pxguard has made go along"""
    replicas = Replicas(world, world.processes)
    objects = applicable(world, "self-managed")
    expect(not [thing for thing in objects if "webhooks" in thing], "it brings configurations")
    delete = ("delete", "--ignore-not-found", "-f", "-")
    with contextlib.ExitStack() as stack:
        stack.callback(stage.forget, world)
        stack.callback(lambda: world.cluster.kubectl(*delete, objects=objects))
        stack.callback(replicas.stop)
        world.cluster.must("apply", "-f", "-", objects=objects)
        replicas.start()
        wait_until("it refuses", lambda: stage.refuses(world), 30)
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 30)
        world.cluster.must(*delete, objects=objects)
        replicas.stop()
        wait_until("the configuration has gone", lambda: stage.configuration(world) is None, 30)
        expect(stage.create_bad(world).accepted, "the cluster is not usable")


self_managed.seconds = 120
