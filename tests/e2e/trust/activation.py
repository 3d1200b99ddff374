"""The webhook configuration in other hands."""

import json
import time

from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage

RESTORED = "pxguard_webhook_configuration_restored_total"
# As an attacker, or somebody in a hurry, would do: JSON patches of the first entry.
EDITS = {
    "failurePolicy Ignore": [("replace", "failurePolicy", "Ignore")],
    "an objectSelector that nothing has": [
        ("replace", "objectSelector", {"matchLabels": {"no": "body"}})
    ],
    "a condition that is never true": [
        ("add", "matchConditions/-", {"name": "never", "expression": "false"})
    ],
    "no rules": [("replace", "rules", [])],
    "somebody else's CA": None,
    "garbage for a CA": [("replace", "clientConfig/caBundle", "Zm9v")],
    "another Service": [("replace", "clientConfig/service/name", "somebody")],
}


def _edit(world, changes):
    patch = [
        {"op": op, "path": f"/webhooks/0/{path}", "value": value} for op, path, value in changes
    ]
    edit = ["patch", stage.CONFIGURATION, "pxguard", "--type=json", "-p", json.dumps(patch)]
    world.cluster.must(*edit)


def _entries(world):
    return (stage.configuration(world) or {}).get("webhooks")


@case
def edited(world):
    """whoever edits the webhook configuration sees it put right, whatever it was, and reported: log,
    metric and Event"""
    with stage.running(world, "edited") as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        right, took = _entries(world), {}
        for what, changes in EDITS.items():
            if changes is None:
                changes = [("replace", "clientConfig/caBundle", world.authority.certificate_base64())]
            before = replica.metric(RESTORED)
            began = time.monotonic()
            _edit(world, changes)
            wait_until(f"{what}: it is put right", lambda: _entries(world) == right, 90)
            took[what] = time.monotonic() - began
            # Opened, it is proven again: that is no repair.
            is_counted = what == "failurePolicy Ignore" or replica.metric(RESTORED) > before
            expect(is_counted, f"{what} is not counted")
            expect(stage.refuses(world), f"{what}: it refuses no more")
        expect("somebody edited the webhook configuration" in replica.log(), "the log is silent")
        _expect_event(world)
    return ", ".join(f"{what} {seconds:.0f} s" for what, seconds in took.items())


edited.seconds = 400


def _expect_event(world):
    events = world.cluster.get("events.v1.events.k8s.io", "-n", "default")["items"]
    reasons = {event.get("reason") for event in events}
    expect("WebhookConfiguration" in reasons, "there is no Event", reasons)


@case
def deleted(world):
    """whoever deletes the webhook configuration sees it come back, open first, and closed when it is
    proven"""
    with stage.running(world, "deleted") as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        began = time.monotonic()
        world.cluster.must("delete", stage.CONFIGURATION, "pxguard")
        wait_until("it is closed again", lambda: stage.failure_policy(world) == "Fail", 40)
        took = time.monotonic() - began
        expect(stage.refuses(world), "it does not refuse")
        expect(replica.metric(RESTORED) == 1, "it is not counted")
        expect("somebody deleted" in replica.log(), "the log is silent", replica.tail())
    return f"back and closed after {took:.1f} s"


@case
def secret_deleted(world):
    """whoever deletes the Secret, while everything runs, interrupts nothing: a new CA is published beside
    the old one, and takes over"""
    with stage.running(world, "robbed", "robbed-too") as replicas:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        before = {replica.shown() for replica in replicas}
        world.cluster.must("delete", "secret", "-n", stage.NAMESPACE, stage.SECRET)
        began = time.monotonic()
        while {replica.shown() for replica in replicas} & before:
            expect(time.monotonic() - began < 60, "the new CA never takes over")
            stage.expect_trusted(world, *replicas)
            expect(stage.refuses(world), "it refuses no more")
        stage.expect_trusted(world, *replicas)
    return f"taken over after {time.monotonic() - began:.1f} s"


@case
def static(world):
    """static: pxguard writes the caBundle into what somebody else made, and nothing else of it"""
    values = {"activation": "static"}
    words = [f"--certificates=secret={stage.NAMESPACE}/{stage.SECRET}", "--activation=static"]
    with stage.running(world, "static", values=values, certificates=words) as [replica]:
        there = world.cluster.get(stage.CONFIGURATION, "pxguard", "--show-managed-fields")
        managers = {
            entry["manager"]: json.dumps(entry["fieldsV1"])
            for entry in there["metadata"]["managedFields"]
        }
        ours = managers["pxguard-ca-bundle"]
        expect("caBundle" in ours and "failurePolicy" not in ours, "it owns more", ours)
        stage.expect_trusted(world, replica)


@case
def api_server_away(world):
    """while the API server does not answer pxguard, it serves what it has; told to end, it ends in time"""
    proxy = stage.own_proxy(world, "cut-off")
    with stage.applied(world):
        replica = stage.Kept(world, "cut-off", proxy)
        try:
            replica.begin(stage.service_address(world)).wait_until_ready()
            wait_until("it refuses", lambda: stage.refuses(world), 30)
            shown = replica.shown()
            proxy.begin_silence()
            time.sleep(15)
            expect(replica.shown() == shown and stage.refuses(world), "it has given up")
            status, seconds = replica.stop()
            expect(status == 0 and seconds < 15.5, f"it ended with {status} after {seconds:.1f} s")
        finally:
            replica.kill()
    return f"ended after {seconds:.1f} s"
