"""The memory of a process, read as root reads it."""

import re

REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+ *(\S*)")
NOT_MEMORY = ("[vvar]", "[vsyscall]", "[vvar_vclock]")
STEP = 1 << 20


def counted(process, needles):
    """How often each of the byte strings stands in it, in a dict without those that do not."""
    found = {}
    # What lies across two steps is found as well, and nothing twice.
    overlap = max(map(len, needles)) - 1
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for begin, end in _regions(process):
            for chunk in _chunks(memory, begin, end, overlap):
                for needle in needles:
                    times = chunk.count(needle)
                    if times:
                        found[needle] = found.get(needle, 0) + times
    return found


def places(process, needles, around=48):
    """Where they stand: the region, and the bytes around each."""
    with open(f"/proc/{process}/maps") as maps:
        names = {int(line.split("-")[0], 16): line.split()[-1] for line in maps}
    found = []
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for begin, end in _regions(process):
            for chunk in _chunks(memory, begin, end, 0):
                for needle in needles:
                    at = chunk.find(needle)
                    if at >= 0:
                        found.append((names[begin], chunk[max(0, at - around) : at + around]))
    return found


def resident_kib(process):
    return _status_kib(process, "VmRSS")


def peak_kib(process):
    return _status_kib(process, "VmHWM")


def _status_kib(process, field):
    with open(f"/proc/{process}/status") as status:
        return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.MULTILINE)[1])


def _regions(process):
    with open(f"/proc/{process}/maps") as maps:
        for line in maps:
            readable = REGION.match(line)
            if readable and readable[4] not in NOT_MEMORY:
                yield int(readable[1], 16), int(readable[2], 16)


def _chunks(memory, begin, end, overlap):
    place, before = begin, b""
    while place < end:
        try:
            memory.seek(place)
            read = memory.read(min(STEP, end - place))
        except (OSError, OverflowError):
            return
        if not read:
            return
        yield before + read
        before = (before + read)[-overlap:]
        place += len(read)
