"""Prometheus, from the package, with the chart's alerts: they fire as soon as they are true."""

import json
import re
import shutil
import time
import urllib.parse
import urllib.request

from harness.control_plane import ADMIN_TOKEN
from harness.processes import free_ports
from harness.suite import Failed, Skipped
from harness.waiting import TimedOut, wait_until

SECONDS = 45


class Prometheus:
    def __init__(self, world, alerts):
        program = shutil.which("prometheus")
        if not program:
            raise Skipped("no prometheus here: ./dev e2e installs it")
        self._folder = world.directory / "prometheus"
        self._folder.mkdir()
        self._targets = self._folder / "targets.json"
        [self._port] = free_ports(1)
        self.scrape([])
        (self._folder / "token").write_text(ADMIN_TOKEN)
        # What they wait for is not tested by waiting.
        (self._folder / "alerts.yaml").write_text(re.sub(r"for: \w+", "for: 0s", alerts))
        (self._folder / "prometheus.yaml").write_text(json.dumps(self._configuration(world)))
        process = world.processes.start(
            "prometheus",
            [
                program,
                f"--config.file={self._folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--log.level=warn",
            ],
        )
        process.wait_until("Prometheus is ready", self._is_ready, 30)

    def scrape(self, ports):
        """From now on these, as the job pxguard."""
        new = self._targets.with_suffix(".new")
        targets = [f"127.0.0.1:{port}" for port in ports]
        new.write_text(json.dumps([{"targets": targets, "labels": {}}]))
        new.replace(self._targets)

    def query(self, expression):
        """The values, by their labels."""
        found = self._get("query", query=expression)["result"]
        return {json.dumps(series["metric"], sort_keys=True): series["value"][1] for series in found}

    def firing(self):
        return {
            alert["labels"]["alertname"]: alert["annotations"]
            for alert in self._get("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def must_fire(self, name):
        """The seconds that it took."""
        started = time.monotonic()
        try:
            wait_until(f"{name} fires", lambda: name in self.firing(), SECONDS)
        except TimedOut as late:
            raise Failed(f"{late}; firing: {sorted(self.firing())}") from late
        return time.monotonic() - started

    def must_end(self, name):
        wait_until(f"{name} ends", lambda: name not in self.firing(), SECONDS)

    def _configuration(self, world):
        return {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self._folder / "alerts.yaml")],
            "scrape_configs": [
                {
                    "job_name": "pxguard",
                    "file_sd_configs": [
                        {"files": [str(self._targets)], "refresh_interval": "1s"}
                    ],
                },
                {
                    "job_name": "apiserver",
                    "scheme": "https",
                    "tls_config": {"ca_file": str(world.authority.certificate)},
                    "authorization": {"credentials_file": str(self._folder / "token")},
                    "static_configs": [{"targets": [f"127.0.0.1:{world.cluster.port}"]}],
                },
            ],
        }

    def _is_ready(self):
        try:
            return self._get("query", query="vector(1)")
        except OSError:
            return False

    def _get(self, what, **arguments):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        with direct.open(url, timeout=10) as answer:
            return json.load(answer)["data"]
