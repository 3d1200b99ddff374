"""The alerts of the chart in a real Prometheus, while pxguard is made to fail in each way."""

import contextlib
import json
import os
import re
import subprocess
import time

from harness.helm import CHART, ROOT
from harness.prometheus import Prometheus
from harness.replicas import Replicas
from harness.serving import review_of
from harness.suite import case, expect
from install.lifecycle import BAD, clean_up, install

ALERTS = CHART / "files" / "alerts.yaml"
NAMES = re.compile(r"^\s*- alert: (\w+)$", re.MULTILINE)
# Made to fire by time that passes or by what cannot be made here: the rest of tests/e2e/install.
BY_UNIT_TEST = {
    *("PxguardAuditStopped", "PxguardPublicationFails", "PxguardShedsLoad", "PxguardOwnFaults"),
    *("PxguardSlow", "PxguardAuditErrors", "PxguardNotEnforcing", "PxguardTrustFails"),
    "PxguardConfigurationFought",
}


@case
def runbooks(world):
    """every alert has a runbook under its name, and no runbook is without an alert"""
    alerts = set(NAMES.findall(ALERTS.read_text()))
    operations = (ROOT / "docs" / "operations.md").read_text()
    headings = set(re.findall(r"^### (Pxguard\w+)$", operations, re.MULTILINE))
    expect(alerts == headings, f"these stand alone: {sorted(alerts ^ headings)}")
    for name in alerts:
        expect(f"#{name.lower()}" in ALERTS.read_text(), f"{name} leads to no runbook")


@case
def fired_for_real(world):
    """each alert fires in Prometheus when pxguard fails in its way, and every panel has its figures"""
    replicas = Replicas(world, world.processes)
    with contextlib.ExitStack() as stack:
        stack.callback(clean_up, world, replicas)
        install(world, replicas)
        prometheus = Prometheus(world, ALERTS.read_text())
        ports = [replica.status_port for replica in replicas.running()]
        prometheus.scrape(ports)
        query = 'sum(up{job="pxguard"})'
        world.wait("both are scraped", lambda: prometheus.query(query).get("{}") == "2")
        # Before the first look at them there was nobody; a rule looks once a second.
        world.wait("no alert fires while all is well", lambda: not prometheus.firing())
        fired = _make_it_fail(world, replicas, prometheus)
        figures = _panels(prometheus)
    missing = set(NAMES.findall(ALERTS.read_text())) - set(fired) - BY_UNIT_TEST
    expect(not missing, f"never fired: {sorted(missing)}")
    return f"{len(fired)} alerts fired: {', '.join(sorted(fired))}; {figures}"


fired_for_real.seconds = 400


@case
def unit_tested(world):
    """alerts that need time or a disaster fire at the figures that stand for it"""
    folder = world.directory / "promtool"
    folder.mkdir()
    (folder / "alerts.yaml").write_text(ALERTS.read_text())
    tests = {"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": []}
    for name, series in SERIES.items():
        for is_bad in (True, False):
            tests["tests"].append(_unit(name, series[0 if is_bad else 1], is_bad))
    (folder / "tests.yaml").write_text(json.dumps(tests))
    command = ["promtool", "test", "rules", folder / "tests.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, "promtool says no", done.stdout + done.stderr)
    expect(set(SERIES) == BY_UNIT_TEST, "the lists differ")
    return f"{len(SERIES)} alerts, each true and not true"


BUCKETS = 'pxguard_admission_duration_seconds_bucket{job="pxguard",le="%s"}'
RESPONSES = 'pxguard_http_responses_total{job="pxguard",code="%s"}'
# Series of two hours: with them it fires, and without.
SERIES = {
    "PxguardOwnFaults": ({RESPONSES % 500: "0+1x120"}, {RESPONSES % 500: "7x120"}),
    "PxguardShedsLoad": ({RESPONSES % 503: "0+1x120"}, {RESPONSES % 503: "7x120"}),
    "PxguardSlow": (
        {BUCKETS % "0.1": "0x120", BUCKETS % "1": "0+9x120", BUCKETS % "+Inf": "0+9x120"},
        {BUCKETS % "0.1": "0+9x120", BUCKETS % "1": "0+9x120", BUCKETS % "+Inf": "0+9x120"},
    ),
    "PxguardAuditStopped": (
        {'pxguard_audit_timestamp_seconds{job="pxguard"}': "60x120"},
        {'pxguard_audit_timestamp_seconds{job="pxguard"}': "0+60x120"},
    ),
    "PxguardAuditErrors": (
        {'pxguard_audit_findings{job="pxguard",severity="error"}': "3x120"},
        {'pxguard_audit_findings{job="pxguard",severity="error"}': "0x120"},
    ),
    "PxguardNotEnforcing": (
        {'pxguard_webhook_enforcing{job="pxguard"}': "0x120"},
        {'pxguard_webhook_enforcing{job="pxguard"}': "1x120"},
    ),
    "PxguardTrustFails": (
        {'pxguard_trust_failing{job="pxguard"}': "1x120"},
        {'pxguard_trust_failing{job="pxguard"}': "0x120"},
    ),
    "PxguardConfigurationFought": (
        {'pxguard_webhook_configuration_restored_total{job="pxguard"}': "0+1x120"},
        {'pxguard_webhook_configuration_restored_total{job="pxguard"}': "5x120"},
    ),
    "PxguardPublicationFails": (
        {'pxguard_publication_failures_total{job="pxguard"}': "0+1x120"},
        {'pxguard_publication_failures_total{job="pxguard"}': "4x120"},
    ),
}


def _unit(name, series, is_bad):
    test = {
        "interval": "1m",
        "input_series": [{"series": key, "values": text} for key, text in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)',
                "eval_time": "110m",
                "exp_samples": [{"labels": "{}", "value": 1 if is_bad else 0}],
            }
        ],
    }
    return test


def _make_it_fail(world, replicas, prometheus):
    """The alerts that fired."""
    fired = []

    def fires(name):
        prometheus.must_fire(name)
        fired.append(name)

    one, other = replicas.running()
    _refuse_often(world, one)
    fires("PxguardRefusesMost")
    with _file(one.directory / "mounts/policy/policy.yaml", "rules: {PXS999: warn}\n"):
        fires("PxguardPolicyRefused")
    changed = (one.directory / "mounts/policy/policy.yaml").read_text() + "publicClasses: [px-x]\n"
    with _file(one.directory / "mounts/policy/policy.yaml", changed):
        fires("PxguardPoliciesDiffer")
    with _file(one.directory / "mounts/tls/tls.crt", "no certificate\n"):
        fires("PxguardCertificateRefused")
    with _short_certificate(world, other):
        fires("PxguardCertificateExpires")
        fires("PxguardCertificateExpiresSoon")
    _take_a_right(world)
    fires("PxguardViewFailing")
    replicas.kill(one)
    fires("PxguardReplicaDown")
    replicas.kill(other)
    fires("PxguardDown")
    _call_in_vain(world)
    fires("PxguardCallsFail")
    with _open(world):
        _call_in_vain(world)
        fires("PxguardGateOpen")
    return fired


def _refuse_often(world, replica):
    bad = {**BAD, "metadata": {"name": "px-bad", "namespace": ""}}
    for _ in range(4):
        for _ in range(12):
            replica.review(review_of(bad))
        time.sleep(1.5)


@contextlib.contextmanager
def _file(path, text):
    """A file of a volume has other content for a while."""
    before = path.read_text()
    _put(path, text)
    try:
        yield
    finally:
        _put(path, before)


def _put(path, text):
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    os.replace(new, path)


@contextlib.contextmanager
def _short_certificate(world, replica):
    folder = world.directory / "short-certs"
    init = [world.program, "certs", "init", "--days", "1", "--out", folder]
    subprocess.run(init, check=True, capture_output=True, timeout=30)
    served = replica.directory / "mounts" / "tls"
    # The key first: a pair that does not fit is not taken.
    with _file(served / "tls.key", (folder / "tls.key").read_text()):
        with _file(served / "tls.crt", (folder / "tls.crt").read_text()):
            yield


def _take_a_right(world):
    role = world.cluster.get("clusterrole", "pxguard")
    role["rules"] = [rule for rule in role["rules"] if "deployments" not in rule["resources"]]
    world.cluster.must("replace", "-f", "-", objects=[role])
    # Its watches are ended with its connections to the API server.
    world.cluster.kill("kube-apiserver")
    world.cluster.start_api_server()


def _call_in_vain(world):
    for _ in range(4):
        world.cluster.kubectl("create", "--dry-run=server", "-f", "-", objects=[BAD])
        time.sleep(1.5)


@contextlib.contextmanager
def _open(world):
    """failurePolicy Ignore for a while."""
    change = '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]'
    world.cluster.must(
        *("patch", "validatingwebhookconfiguration", "pxguard", "--type=json", "-p", change)
    )
    yield


def _panels(prometheus):
    """Every query of the dashboard is one that Prometheus takes, and most have had something to show."""
    dashboard = json.loads((CHART / "files" / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    shown = [query for query in queries if prometheus.query(f"last_over_time(({query})[5m:5s])")]
    silent = sorted(set(queries) - set(shown))
    expect(len(silent) <= 1, f"nothing to show for {silent}")
    return f"{len(shown)} of {len(queries)} queries of the dashboard show something"
