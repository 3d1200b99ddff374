"""The chart with nothing set, as most people install it: from `helm install` to `helm uninstall`."""

import contextlib
import json
import threading
import time

from harness.replicas import Hooks, Replicas
from harness.suite import case, expect
from harness.waiting import wait_until
from install.lifecycle import install
from install.rolling import RATE, Steady
from trust import stage
from trust.stage import NAMESPACE

DEFAULTS = {"activation": "auto", "certificates": {"mode": "self"}}


class _Kubelet:
    """Ends the processes of a Deployment that is scaled to nothing, as the hook of the chart does it."""

    def __init__(self, world, replicas):
        self._world, self._replicas = world, replicas
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(30)

    def _run(self):
        while not self._ended.wait(0.2):
            there = self._world.cluster.kubectl(
                "get", "deployment", "-n", NAMESPACE, "pxguard", "-o", "json"
            )
            if there.accepted and json.loads(there.out)["spec"]["replicas"] == 0:
                self._replicas.stop()
                return


@case
def defaults(world):
    """helm install with nothing set: two replicas agree, come to refuse, are replaced one after the other
    under 200 requests a second without a failure, and are uninstalled without a trace"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        hooks = stack.enter_context(Hooks(world))
        stack.callback(stage.forget, world)
        uninstall = ("uninstall", "pxguard", f"--namespace={NAMESPACE}", "--timeout=120s")
        stack.callback(world.helm.run, *uninstall)
        stack.callback(replicas.stop)
        world.cluster.must("apply", "-f", "-", objects=[stage.ELSEWHERE])
        delete = ("delete", "endpointslice", "-n", NAMESPACE, "pxguard-elsewhere")
        stack.callback(world.cluster.kubectl, *delete)
        install(world, replicas, before=stage.forget, **DEFAULTS)
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 30)
        with Steady(world) as steady:
            time.sleep(1)
            replicas.roll()
            replicas.wait_for_endpoints()
            time.sleep(1)
        failed = [what for what, _ in steady.answers if what != 201]
        expect(not failed, f"{len(failed)} of {len(steady.answers)} failed", failed[:3])
        rate = len(steady.answers) / steady.seconds
        expect(rate > 0.8 * RATE, f"only {rate:.0f} requests a second: this machine is too busy")
        expect(stage.failure_policy(world) == "Fail", "it has opened on the way")
        with _Kubelet(world, replicas):
            done = world.helm.run(*uninstall)
        expect(done.returncode == 0, "uninstall fails", done.stderr + "\n".join(hooks.said))
        time.sleep(3)
        expect(stage.configuration(world) is None, "the configuration is still there")
        expect(stage.create_bad(world).accepted, "the cluster is not usable")
    return f"{len(steady.answers)} requests at {rate:.0f}/s, none failed"


defaults.seconds = 300
