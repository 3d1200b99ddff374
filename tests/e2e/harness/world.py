"""What every test gets: the cluster, pxguard, the manifests, and the questions that tests ask."""

import contextlib
import copy
import json
import pathlib
import tempfile
import time

from harness import metrics
from harness.guard import ENTRIES
from harness.refusal import faults_of_shape, refusals
from harness.suite import Failed, expect
from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFESTS = ROOT / "manifests"
GOLDEN = ROOT / "golden"
OPERATOR = "system:serviceaccount:kube-system:portworx-operator"
STORK = "system:serviceaccount:kube-system:stork"
QUIET_SECONDS = 0.3
CALLS = "apiserver_admission_webhook_admission_duration_seconds_count"


def acting_as(user):
    """Flags of kubectl; the group lets the user write without rights of its own."""
    return [f"--as={user}", "--as-group=system:masters"]


AS_OPERATOR = acting_as(OPERATOR)


class World:
    def __init__(self, cluster, guard, authority, options, directory):
        self.directory = directory
        self.cluster = cluster
        self.guard = guard
        self.authority = authority
        self.options = options
        self._manifests = {}
        # All that pxguard said through kubectl, for the test that looks for keys in it.
        self.said = []

    def manifest(self, name):
        """The objects of one file under manifests/; the caller may change them."""
        if name not in self._manifests:
            out = self.cluster.must(
                "create",
                "--dry-run=client",
                "--validate=false",
                "-o",
                "json",
                "-f",
                MANIFESTS / name,
            ).out
            self._manifests[name] = list(_json_documents(out))
        return copy.deepcopy(self._manifests[name])

    def object(self, file, /, **changes):
        """The only object of a file; changes are to its metadata: object(file, namespace="a")."""
        [found] = self.manifest(file)
        found["metadata"].update(changes)
        return found

    def kubectl(self, *arguments, objects=None):
        answer = self.cluster.kubectl(*arguments, objects=objects)
        self.said += answer.warnings + refusals(answer.err)
        return answer

    def apply(self, *objects, flags=()):
        return self.kubectl("apply", *flags, "-f", "-", objects=list(objects))

    def create(self, *objects, flags=()):
        return self.kubectl("create", *flags, "-f", "-", objects=list(objects))

    def connect(self):
        """A connection to the API server, for whoever has more to send than kubectl can."""
        return self.cluster.connect(self.said)

    def plant(self, *objects):
        """A fault that was there before: pxguard trusts the operator, whatever it writes."""
        self.cluster.must("apply", *AS_OPERATOR, "-f", "-", objects=list(objects))

    def namespace(self, name):
        self.cluster.must("create", "namespace", name)
        return name

    def calls_by_entry(self):
        """How many reviews the API server has sent to each entry of the configuration."""
        text = self.cluster.metrics()
        return tuple(metrics.total(text, CALLS, name=entry) for entry in ENTRIES)

    def quiet_calls(self):
        """The same, once the controllers have nothing more to ask about earlier tests."""

        def unchanged():
            calls = self.calls_by_entry()
            time.sleep(QUIET_SECONDS)
            return calls == self.calls_by_entry() and calls

        return wait_until("the controllers are done", unchanged)

    def pods(self, namespace, label):
        """Pods that are there to stay, by name."""
        listed = self.cluster.get("pods", "-n", namespace, "-l", label)["items"]
        return {
            pod["metadata"]["name"]: pod
            for pod in listed
            if "deletionTimestamp" not in pod["metadata"]
        }

    def audit_annotations(self, reply):
        """What webhooks left in the audit log about a request of a Connection."""

        def events():
            return [
                event
                for event in self.cluster.audit_events(reply.audit_id)
                if event["stage"] == "ResponseComplete"
            ]

        [event] = wait_until("the request is in the audit log", events, 10)
        annotations = event.get("annotations", {})
        return {name: text for name, text in annotations.items() if "pxguard" in name}

    def check(self, namespace):
        """`pxguard check` of what lives in a namespace: its exit status, and what it says."""
        kinds = "secrets,daemonsets,deployments"
        status, said = self.guard.check(
            self.cluster.must("get", kinds, "-n", namespace, "-o", "json").out
        )
        self.said.append(said)
        return status, said

    def expect_compliant(self, namespace):
        """What lives in a namespace has no fault, with everything in view."""
        status, said = self.check(namespace)
        expect(status == 0, f"pxguard check ends with {status}", said)

    def expect_refusal(self, answer, kind, rule):
        """The one refusal in kubectl's answer, checked for its form."""
        texts = refusals(answer.err)
        expect(
            not answer.accepted and len(texts) == 1, "one refusal by pxguard is expected", answer
        )
        faults = faults_of_shape(texts[0], kind)
        expect(not faults, "the refusal has not the promised form", "\n".join(faults + [texts[0]]))
        expect(f"\n{rule} " in texts[0], f"the refusal does not name {rule}", texts[0])
        return texts[0]

    def expect_accepted(self, answer):
        expect(answer.accepted, "the request should be accepted", answer)

    def expect_silence(self, answer):
        """Accepted, and nothing to warn about."""
        self.expect_accepted(answer)
        expect(not answer.warnings, "there should be no warning", answer)

    def expect_warning(self, answer, rule):
        expect(
            any(warning.startswith(f"{rule} ") for warning in answer.warnings),
            f"kubectl shows no warning of {rule}",
            answer,
        )

    def compare_with_golden(self, name, text):
        path = GOLDEN / f"{name}.txt"
        if self.options.update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        if not path.exists():
            raise Failed(
                f"no golden/{path.name} yet; read this text, then run with --update\n{text}"
            )
        golden = path.read_text()
        expect(text == golden, f"golden/{path.name} says", f"{golden}and pxguard said\n{text}")


@contextlib.contextmanager
def directory_of(objects):
    """A directory with a file for each object, in this order by name."""
    with tempfile.TemporaryDirectory() as directory:
        for place, thing in enumerate(objects):
            file = pathlib.Path(directory) / f"{place}-{thing['kind']}.json".lower()
            file.write_text(json.dumps(thing))
        yield directory


def _json_documents(text):
    """kubectl prints one document after the other, with nothing between them."""
    decoder, position = json.JSONDecoder(), 0
    while text[position:].strip():
        position += len(text[position:]) - len(text[position:].lstrip())
        document, position = decoder.raw_decode(text, position)
        yield document
