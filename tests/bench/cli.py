"""The part "check": pxguard check and conftest over the same 200 files, whole processes."""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import opponents
import planted
import profiling
from processes import Process, run_to_end, say
from report import fixed

FILES = 200
CLUSTERS, APPS = 60, 90  # what makes 200 files of the shared generator
DEMO = opponents.ROOT / "deploy" / "demo" / "manifests"
PEAK_EVERY = 0.0005
FINDING = re.compile(r"\bR[1-5]: ")


def run(report, pxguard, shared, folder, options):
    """Prints CPU and wall seconds, peak memory and findings of each, then what was planted and found."""
    report.heading("check: files on the command line")
    manifests, expected, origin = _manifests(report, shared, folder)
    size = sum(file.stat().st_size for file in manifests.rglob("*.yaml"))
    report.say(f"{FILES} files, {size // 1000} KB: {origin}. Medians of {options.runs} runs, taking turns, "
               "after one that does not count.")
    commands = {"pxguard check": [pxguard, "check", manifests], **_conftest(report, shared, manifests)}
    _show_times(report, commands, options.runs)
    if expected:
        better = planted.with_issuers_that_work(manifests, folder / "better")
        for target, what in ((manifests, "as generated"), (better, "with an issuer that Stork accepts")):
            said = run_to_end([str(pxguard), "check", "--format", "json", str(target)]).stdout
            planted.show(report, expected, said, what)
    _instructions(report, commands["pxguard check"], manifests, folder)


def _manifests(report, shared, folder):
    """(folder of the files, expected.tsv or None, where they are from)."""
    generator = shared / "bench" / "gen_manifests.py"
    why = "the generator of manifests is not beside the project"
    if generator.is_file():
        python = _python_with_yaml()
        if python:
            _generate(python, generator, folder / "set")
            return folder / "set" / "manifests", folder / "set" / "expected.tsv", "the shared set"
        why = "no Python with PyYAML for the generator (python3-yaml)"
    report.leave_out("the set with 36 planted findings", why)
    return _copies_of_the_demo(folder / "demo"), None, "copies of the demo's manifests"


def _python_with_yaml():
    for python in (sys.executable, "/usr/bin/python3"):
        if shutil.which(python) and run_to_end([python, "-c", "import yaml"]).returncode == 0:
            return python
    return None


def _generate(python, generator, target):
    """Runs a copy, so that Python leaves nothing in the shared folder."""
    target.mkdir()
    copy = target / generator.name
    copy.write_bytes(generator.read_bytes())
    subprocess.run([python, copy, target, str(CLUSTERS), str(APPS)], check=True, stdout=subprocess.DEVNULL)


def _copies_of_the_demo(target):
    sources = sorted(DEMO.rglob("*.yaml"))
    for i in range(FILES):
        file = target / f"cluster-{i // 2}" / f"{i}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sources[i % len(sources)].read_bytes())
    return target


def _conftest(report, shared, manifests):
    policies = shared / "policies"
    if not (policies / "conftest").is_dir():
        report.leave_out("conftest", "its policies are not beside the project")
        return {}
    try:
        program = opponents.conftest()
    except opponents.Missing as why:
        report.leave_out("conftest", why.args[0])
        return {}
    words = [program, "test", "--combine", "--no-color"]
    words += ["-p", policies / "rego", "-p", policies / "conftest", manifests]
    return {f"conftest {opponents.CONFTEST_VERSION}": words}


def _once(words):
    """CPU seconds, wall seconds."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began


def _peak_mib(words):
    """Of a run of its own, which is looked at all the time: the kernel's figure for a child has our own
    memory as its floor."""
    peak = 0.0
    with Process(words) as process:
        while process.is_running():
            peak = max(peak, process.mib("VmHWM"))
            time.sleep(PEAK_EVERY)
    return peak


def _show_times(report, commands, runs):
    for words in commands.values():
        _once(words)
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, words in commands.items():
            times[name].append(_once(words))
    rows, data = [], []
    for name, words in commands.items():
        cpu, wall = ([run[i] for run in times[name]] for i in (0, 1))
        peak = statistics.median(_peak_mib(words) for _ in range(3))
        findings = _findings(name, words)
        data.append({"command": name, "cpu_s": cpu, "wall_s": wall, "peak_mib": peak, "findings": findings})
        rows.append([name, fixed(3)(statistics.median(cpu)), fixed(3)(min(cpu)),
                     fixed(3)(statistics.median(wall)), fixed(3)(min(wall)), fixed(1)(peak), findings])
    report.data["check"] = data
    columns = ["command", "CPU s", "least", "wall s", "least", "peak MiB", "findings"]
    report.table(f"{FILES} files", columns, rows,
                 "conftest counts the planted ones alone; pxguard has more rules." if len(rows) > 1 else "")


def _findings(name, words):
    out = run_to_end([str(word) for word in words]).stdout
    if name.startswith("conftest"):
        return len(FINDING.findall(out))
    counts = re.search(r"(\d+) errors?, (\d+) warnings?", out.splitlines()[-1] if out else "")
    return int(counts[1]) + int(counts[2]) if counts else "-"


def _instructions(report, words, manifests, folder):
    """Of an object: the whole set less one file, by layer."""
    if not profiling.has_valgrind(report, "instructions of check"):
        return
    say("profile of check")
    one = min(manifests.rglob("*.yaml"), key=lambda file: (file.stat().st_size, file))
    more, less = (profiling.profile_of([*words[:2], target], folder / "callgrind.out", (0, 1, 3))
                  for target in (manifests, one))
    objects = _objects(words) - _objects([*words[:2], one])
    report.data.setdefault("profile", {})
    profiling.show_layers(report, f"check: instructions by layer, an object ({objects:,} objects)",
                          {"an object": more.per(objects, less)},
                          "All files less the smallest one: start and end are taken off.")


def _objects(words):
    out = run_to_end([str(word) for word in words]).stdout
    return int(re.search(r"(\d[\d,]*) objects?", out)[1].replace(",", ""))
