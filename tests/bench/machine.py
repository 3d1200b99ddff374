"""The head line: where, when and with what the figures were taken."""
import datetime
import os
import pathlib
import platform
import re
import shutil
import ssl
import subprocess

import opponents

BUSY = 1.0


def load_average():
    return os.getloadavg()[0]


def _first(command):
    """The first line that a program prints of itself; None where there is none."""
    if shutil.which(command[0]) is None:
        return None
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return next(iter((said.stdout or said.stderr).splitlines()), "").strip()


def _processor():
    found = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def versions(pxguard):
    known = {"pxguard": _first([str(pxguard), "version"]), "Go": opponents.go_version(),
             "wrk": _first(["wrk", "-v"]), "valgrind": _first(["valgrind", "--version"]),
             "OpenSSL": ssl.OPENSSL_VERSION, "Python": platform.python_version()}
    return {name: _bare(name, version or "none") for name, version in known.items()}


def _bare(name, version):
    """0.1.0 of "pxguard 0.1.0", 1.26.8 of "go1.26.8", 3.19.0 of "valgrind-3.19.0"."""
    return re.sub(rf"^{name}[ -]?|^debian/| \[.*$| Copyright.*$", "", version, flags=re.IGNORECASE)


def begin(report, pxguard):
    """Prints machine, date, versions and load; warns when others are busy."""
    load = load_average()
    facts = {"date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
             "machine": f"{os.cpu_count()} processors ({_processor()}), {_memory_gib():.0f} GiB, "
                        f"Linux {platform.release()}",
             "load_at_start": load, "versions": versions(pxguard)}
    report.data["machine"] = facts
    report.say(f"{facts['date']}; {facts['machine']}; load average {load:.2f}")
    report.say("; ".join(f"{name} {version}" for name, version in facts["versions"].items()))
    if load > BUSY:
        report.say(f"WARNING: the load average is {load:.2f}: others are busy here, and all that follows but "
                   "the instructions is indicative only.")


def end(report):
    load = load_average()
    report.data["machine"]["load_at_end"] = load
    report.heading("end")
    report.say(f"load average at the end, these measurements included: {load:.2f}")
