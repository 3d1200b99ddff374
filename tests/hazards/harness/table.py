"""The results as a Markdown table."""

COLUMNS = ["hazard", "bound", "measured", "RSS MB before, peak, after", "probe ms usual, worst"]


def write_table(path, results):
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(_row(result) for result in results)]
    path.write_text("".join(f"| {' | '.join(row)} |\n" for row in rows))


def _row(result):
    measured = result.measured if result.outcome == "passed" else f"{result.outcome} {result.measured}"
    return [result.hazard.sentence, result.hazard.bound, measured, _memory(result), _probes(result)]


def _memory(result):
    if "after" not in result.memory:
        return "-"
    return "{before:.0f}, {peak:.0f}, {after:.0f}".format(**result.memory)


def _probes(result):
    if not result.probes or not result.probes.worst:
        return "-"
    return f"{result.probes.usual * 1000:.0f}, {result.probes.worst * 1000:.0f}"
