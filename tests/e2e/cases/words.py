"""Warnings and audit annotations, exactly as a person at kubectl and a reader of the audit log get
them: the golden texts are to be read."""

from harness.objects import annotated, container, controlled_by, pod_of, with_image
from harness.suite import case, expect
from harness.world import OPERATOR

FAULTY = "portworx-without-system-key.yaml"
NEWER = "portworx/oci-monitor:3.2.0"
STORAGE_CLUSTER = ("core.libopenstorage.org/v1", "StorageCluster")
LITERAL = "canaryWordsLiteral55"
LONGEST = 256
# Names and contents that would be long or dangerous in a line.
HOSTILE = 'x"; \nSet-Cookie: a\t\x1b[31m\u202e' + "y" * 400


@case
def allowed(world):
    """warnings and audit annotations of accepted requests are those of the golden text"""
    namespace = world.namespace("words")
    world.plant(world.object(FAULTY, namespace=namespace))
    world.plant(world.object("pxkeys.yaml", namespace=namespace))
    with world.connect() as connection:
        told = [
            _told(world, title, send(connection))
            for title, send in _accepted_requests(world, namespace)
        ]
    world.compare_with_golden("warnings-and-audit-annotations", "\n".join(told))


def _accepted_requests(world, namespace):
    """Pairs of what it is and how to send it, all of them accepted."""

    def thing(file):
        return world.object(file, namespace=namespace)

    def create(made, **how):
        return lambda connection: connection.create(made, dry_run=True, **how)

    def patch(kind, name, change):
        return lambda connection: connection.patch(kind, namespace, name, change, dry_run=True)

    portworx = ("DaemonSet", "portworx")
    yield "a right StorageCluster", create(thing("storagecluster.yaml"))
    yield "a right Stork", create(thing("stork.yaml"))
    yield "a fault that is only a warning", create(
        {**thing("portworx-issuer-without-key.yaml"), **_named("issuer-only", namespace)}
    )
    yield "an old fault", patch(*portworx, {"metadata": {"labels": {"team": "storage"}}})
    yield "an acknowledged upgrade", patch(
        *portworx, _spec_of(annotated(with_image(thing(FAULTY), NEWER), upgrade="window 12"))
    )
    faulty = {**thing(FAULTY), **_named("other", namespace)}
    yield "an object of the operator", create(
        controlled_by({**faulty, **_named("other", namespace)}, *STORAGE_CLUSTER)
    )
    yield "an object by the operator", create(faulty, user=OPERATOR)
    yield "a Pod of a controller", create(
        controlled_by(pod_of(faulty, name="other-1", namespace=namespace), "apps/v1", "DaemonSet")
    )
    next_key = world.object("pxkeys-2.yaml")["stringData"]
    yield "other keys in place", patch("Secret", "pxkeys", {"stringData": next_key})
    yield "a key Secret that goes", lambda connection: connection.delete(
        "Secret", namespace, "pxkeys", dry_run=True
    )


@case
def denied(world):
    """audit annotations and warnings of refused requests are those of the golden text"""
    namespace = world.namespace("words-denied")
    faulty = world.object(FAULTY, namespace=namespace)
    both = world.object("portworx-issuer-without-key.yaml", namespace=namespace)
    del container(both)["env"][-2:]
    literal = world.object("stork-with-user-key.yaml", namespace=namespace)
    container(literal)["env"].append({"name": "PORTWORX_AUTH_SYSTEM_KEY", "value": LITERAL})
    requests = {"one rule": faulty, "a denial and a warning": both, "two rules": literal}
    with world.connect() as connection:
        told = []
        for title, thing in requests.items():
            reply = connection.create(thing, dry_run=True)
            expect(reply.status == 403, f"{title}: it should be refused", reply)
            told.append(_told(world, title, reply))
    world.compare_with_golden("audit-annotations-of-refusals", "\n".join(told))


@case
def hostile_words(world):
    """a name or value that would break a line of the answer does not: one line, ASCII, no more"""
    faulty = world.object(FAULTY, namespace=world.namespace("hostile-words"))
    container(faulty)["args"][-1] = HOSTILE
    container(faulty)["env"].append({"name": "PORTWORX_AUTH_SYSTEM_KEY", "value": HOSTILE})
    faulty["metadata"]["annotations"] = {"pxguard.io/upgrade": HOSTILE, "portworx.io/misc-args": HOSTILE}
    with world.connect() as connection:
        for user in (None, OPERATOR):
            reply = connection.create(faulty, dry_run=True, user=user)
            expect(reply.accepted == (user is not None), "the verdict is another", reply)
            expect(reply.warnings or user is None, "there is no warning", reply)
            _expect_lines(reply.warnings)
            _expect_lines(world.audit_annotations(reply).values())
            _expect_lines(reply.message.split("\n"))


def _told(world, title, reply):
    """All that came back and all that was kept of one request."""
    expect(reply.accepted or reply.status == 403, f"{title}: it should have a verdict", reply)
    annotations = world.audit_annotations(reply)
    _expect_lines([*reply.warnings, *annotations.values()])
    lines = [f"== {title}: {'accepted' if reply.accepted else 'refused'}"]
    lines += [f"Warning: {warning}" for warning in reply.warnings]
    for name, text in sorted(annotations.items()):
        if name.endswith("/policy"):
            in_force = world.guard.policy_in_force()
            expect(text == in_force, "the audit log names another policy", f"{text} {in_force}")
            text = "(the hash of the policy in force)"
        lines.append(f"{name}: {text}")
    return "\n".join(lines) + "\n"


def _expect_lines(texts):
    """Each is one line, in ASCII, and not too long."""
    for text in texts:
        fine = len(text) <= LONGEST and text.isascii() and (text.isprintable() or not text)
        expect(fine, f"not one line of at most {LONGEST} characters", repr(text))


def _named(name, namespace):
    return {"metadata": {"name": name, "namespace": namespace}}


def _spec_of(thing):
    """As a merge patch: of the metadata only what a person may change."""
    annotations = thing["metadata"]["annotations"]
    return {"metadata": {"annotations": annotations}, "spec": {"template": thing["spec"]["template"]}}
