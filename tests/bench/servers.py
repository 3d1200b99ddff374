"""The part "server": pxguard and the Go webhooks under the same load, taking turns cell by cell."""
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import statistics

import certificates
import contestants
import loads
import opponents
from client import Refused
from processes import run_to_end, say
from report import fixed, grouped

SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk.lua"
OURS, TYPED = "pxguard", "webhook-typed"
CONNECTIONS_OF_EXTRAS = 8
COLUMNS = ["server", "conns", "requests/s", "per CPU-s", "CPU us", "kernel %", "p50 ms", "p99 ms", "p99.9 ms",
           "errors", "wrong", "peak MiB", "CPU / best", "typed / CPU"]
EXPLAINED = (
    "CPU us: processor time of the server a request, with the handshakes of the cell; CPU / best: that by "
    "the least of its group; typed / CPU: webhook-typed's by it. errors: not 2xx, or of a socket. wrong: "
    "samples before and after a cell with another verdict, or answers of another mean size. peak: in the "
    "cell; since the start, where not root measures. Logs go to /dev/null; pxguard writes a line for each "
    "admission, the Go webhooks write none.")


def run(report, pxguard, shared, folder, options):
    """Prints start and memory of each server, then a table for each size, then the ratios in words."""
    report.heading("server: admission over TLS on loopback")
    if not certificates.are_possible():
        report.leave_out("the servers", "openssl is not installed")
        return
    reviews, origin = loads.pod_reviews(shared, folder)
    report.say(f"Reviews: {origin}. Keep-alive, HTTP/1.1, a P-256 certificate; wrk with one thread, a closed "
               f"loop, {options.seconds} s a cell; the servers take turns and share the processors with wrk.")
    servers = _contestants(report, pxguard, shared, folder)
    servers = _without_load(report, servers, reviews["8 KB denied"], options.starts)
    if OURS not in [server.name for server in servers]:
        return
    if shutil.which("wrk") is None:
        report.leave_out("load on the servers", "wrk is not installed")
        return
    with contextlib.ExitStack() as all_running:
        open_servers = [all_running.enter_context(contestants.running(one, reviews["8 KB denied"]))[0]
                        for one in servers]
        cells = _load(open_servers, reviews, options)
    cells += _with_log(pxguard, folder, reviews["8 KB denied"], options)
    report.data["server"] = cells
    report.say(EXPLAINED)
    for review in reviews:
        _show(report, review, [cell for cell in cells if cell["review"] == review])
    _ratios(report, cells)


def _contestants(report, pxguard, shared, folder):
    pair = certificates.make_self_signed(folder / "certificates")
    servers = [contestants.pxguard(pxguard, pair)]
    try:
        return servers + contestants.go_webhooks(opponents.webhooks(shared), pair)
    except opponents.Missing as why:
        report.leave_out("the Go webhooks", why.args[0])
        return servers


def _without_load(report, servers, review, starts):
    """The table of starts and memory; gives the servers that answer rightly."""
    rows, kept, data = [], [], []
    for server in servers:
        say(f"{server.name}: start and memory")
        try:
            seconds = contestants.start_seconds(server, review, starts)
            memory = contestants.memory(server, review)
        except (Refused, OSError) as error:
            report.leave_out(server.name, str(error))
            continue
        kept.append(server)
        best, median = min(seconds) * 1000, statistics.median(seconds) * 1000
        data.append({"server": server.name, "start_ms": [s * 1000 for s in seconds], **memory})
        grown = memory["connections_mib"] - memory["idle_mib"]
        rows.append([server.name, f"{best:.1f}", f"{median:.1f}", f"{memory['fresh_ms']:.2f}",
                     f"{memory['idle_mib']:.1f}", f"{memory['connections_mib']:.1f}",
                     f"{grown * 1024 / contestants.IDLE_CONNECTIONS:.1f}", memory["tls"]])
    report.data["start"] = data
    report.table("Start and memory", ["server", "start ms, best", "median", "fresh ms", "idle MiB",
                                      f"{contestants.IDLE_CONNECTIONS} conns MiB", "KiB each", "TLS"], rows,
                 f"start: from fork to the first right answer, {starts} runs; fresh: connection, handshake "
                 "and answer of a server that runs, which is part of the start too. Idle: resident, 1 s "
                 f"after the first answer; then with {contestants.IDLE_CONNECTIONS} idle connections that "
                 "each brought one 8 KB review.")
    return kept


def _load(servers, reviews, options):
    """All cells; warm-up first. Extras (what is allowed) at one number of connections only."""
    cells = []
    for review in reviews.values():
        for server in servers:
            _wrk(server, review, CONNECTIONS_OF_EXTRAS, 1)
        all_sizes = options.connections if not review.allowed else [CONNECTIONS_OF_EXTRAS]
        for connections in all_sizes:
            say(f"{review.name}, {connections} connections")
            cells += [_cell(server, review, connections, options.seconds) for server in servers]
    return cells


def _with_log(pxguard, folder, review, options):
    """One more row: what it costs to write the log into a file."""
    one = contestants.pxguard(pxguard, folder / "certificates", "pxguard, log kept", folder / "pxguard.log")
    with contestants.running(one, review) as (server, _):
        _wrk(server, review, CONNECTIONS_OF_EXTRAS, 1)
        return [_cell(server, review, CONNECTIONS_OF_EXTRAS, options.seconds)]


def _wrk(server, review, connections, seconds):
    """What wrk.lua prints; {} where wrk failed."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
    run = run_to_end([*words, f"https://127.0.0.1:{server.port}/validate"],
                     env={**os.environ, "REVIEW": str(review.file)})
    lines = run.stdout.strip().splitlines()
    return json.loads(lines[-1]) if run.returncode == 0 and lines else {}


def _cell(server, review, connections, seconds):
    right_before, size = server.ask_once(review)
    server.process.forget_peak()
    user, system = server.process.cpu()
    seen = _wrk(server, review, connections, seconds)
    user, system = (after - before for after, before in zip(server.process.cpu(), (user, system)))
    right_after, _ = server.ask_once(review)
    requests = seen.get("requests", 0)
    cell = {"server": server.name, "review": review.name, "connections": connections, "requests": requests,
            "wrong": (not right_before) + (not right_after), "peak_mib": server.process.mib("VmHWM")}
    if requests == 0 or user + system == 0:
        return {**cell, "errors": max(1, seen.get("not_2xx", 1))}
    # The answers that were still on their way at the end were counted in part.
    unlike = abs(seen["bytes"] - requests * size) > (connections + 1) * size + requests * size * 0.001
    return {**cell, "wrong": cell["wrong"] + unlike, "errors": seen["not_2xx"] + seen["socket"],
            "requests_s": requests / seen["us"] * 1e6, "cpu_us": (user + system) / requests * 1e6,
            "kernel": system / (user + system), "p50_ms": seen["p50"] / 1000, "p99_ms": seen["p99"] / 1000,
            "p999_ms": seen["p999"] / 1000}


def _show(report, review, cells):
    rows = []
    for _, group in itertools.groupby(sorted(cells, key=lambda cell: cell["connections"]),
                                      lambda cell: cell["connections"]):
        group = list(group)
        costs = {cell["server"]: cell["cpu_us"] for cell in group if "cpu_us" in cell}
        for cell in group:
            rows.append(_row(cell, min(costs.values(), default=None), costs.get(TYPED)))
    if rows:
        report.table(f"{review} (the right answer: {review.split()[-1]})", COLUMNS, rows)


def _row(cell, best, typed):
    start = [cell["server"], cell["connections"]]
    if "cpu_us" not in cell:
        return start + ["-"] * 7 + [cell["errors"], cell["wrong"], f"{cell['peak_mib']:.1f}", "-", "-"]
    cost = cell["cpu_us"]
    return start + [grouped(cell["requests_s"]), grouped(1e6 / cost), f"{cost:.1f}",
                    f"{cell['kernel'] * 100:.0f}", f"{cell['p50_ms']:.2f}", f"{cell['p99_ms']:.2f}",
                    f"{cell['p999_ms']:.2f}", cell["errors"], cell["wrong"], f"{cell['peak_mib']:.1f}",
                    f"{cost / best:.2f}", fixed(2)(typed / cost if typed else None)]


def _ratios(report, cells):
    """Ours against each other server: the median over the cells of both, least and most."""
    ours = {(cell["review"], cell["connections"]): cell for cell in cells if cell["server"] == OURS}
    rows = []
    for name in dict.fromkeys(cell["server"] for cell in cells if cell["server"] != OURS):
        pairs = [(cell, ours[key]) for cell in cells if cell["server"] == name
                 and (key := (cell["review"], cell["connections"])) in ours
                 and "cpu_us" in cell and "cpu_us" in ours[key]]
        if pairs:
            rows.append([name] + [_spread([theirs[field] / our[field] for theirs, our in pairs])
                                  for field in ("cpu_us", "p99_ms", "peak_mib")]
                        + [_spread([our["requests_s"] / theirs["requests_s"] for theirs, our in pairs])])
    if rows:
        columns = ["server", "its CPU a request", "its p99", "its peak memory", "pxguard's requests/s by its"]
        report.table("How many times pxguard's: median over the cells (least to most)", columns, rows,
                     "Above 1 is in pxguard's favour, in every column.")


def _spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
