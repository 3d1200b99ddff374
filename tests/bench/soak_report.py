"""What the soak prints at its end, and whether that is well."""
import statistics

from soak_changes import BETWEEN_HALVES

TROUBLES = ["failed", "wrong", "old policy", "old certificate"]
RISES = 3  # descriptors more at the end than at the start
KEPT_UP = 0.98  # of the planned requests have to be asked
KINDS = {"kept": "kept connections", "fresh": "fresh connections, handshake included",
         "2 MB": "2 MB reviews", "late": "(how late the client itself sent)"}


def show_loads(all_loads):
    """One line for each load and what is expected under the two policies."""
    print(f"{len(all_loads)} kinds of reviews; their answers were recorded with pxguard review:")
    for load in all_loads:
        verdicts = [("allowed " if allowed else "denied ") + rules for allowed, rules in load.verdicts]
        said = verdicts[0] if verdicts[0] == verdicts[1] else " or ".join(verdicts)
        print(f"  {load.name:36} {len(load.before) + len(load.after) + 36:>10,} bytes  {said}", flush=True)


def slope(samples):
    """MiB an hour, by least squares over the second half; None for fewer than ten samples."""
    half = samples[len(samples) // 2:]
    if len(half) < 10:
        return None
    return statistics.linear_regression([s.second for s in half], [s.rss for s in half]).slope * 3600


def _at(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def _latencies(tally):
    print("\nlatency, ms, from when the request was due")
    for kind, name in KINDS.items():
        values = sorted(tally.latencies[kind])
        if values:
            print(f"  {name:40} {len(values):>9,} requests  p50 {_at(values, 0.5):8.2f}  "
                  f"p99 {_at(values, 0.99):8.2f}  max {values[-1] * 1000:8.2f}")


def _slowest(seen):
    """Of what was seen to be new: the first was there before the first request."""
    times = [seconds for _, seconds in sorted(seen.items())][1:]
    return f"{max(times):.2f} s at most" if times else "never seen"


def _reloads(soak, tally):
    """Prints what was changed beside what the server said and the clients saw; gives what does not fit."""
    log, policy, certificates = soak.log.messages, soak.policy, soak.certificates
    loaded, pairs = log["policy loaded"], log["certificate loaded"] - 1  # the first was at the start
    refused = log["the policy file is refused, the policy before it stays in force"]
    halves = log["the certificate is refused, the one before is served"]
    print("\nreloads")
    print(f"  policy       {policy.changes} changed and {policy.broken} broken ones written; the log has "
          f"{loaded} loaded, {refused} refused; followed after {_slowest(tally.followed['policy'])}")
    print(f"  certificate  {certificates.changes} written, {certificates.halves} of them in halves, "
          f"{BETWEEN_HALVES} s apart; the log has {pairs} loaded, {halves} refused; "
          f"followed after {_slowest(tally.followed['certificate'])}")
    # A change in the last moments may not have been read any more.
    fits = loaded >= policy.changes - 1 and refused >= policy.broken - 1 and pairs >= certificates.changes - 1
    return [] if fits else ["reloads are missing from the log"]


def _resources(soak, before, after):
    """Prints memory, descriptors and threads; gives what is left over."""
    samples = soak.samples
    minute = next((s.rss for s in samples if s.second >= 60), None)
    grown = slope(samples)
    print(f"\nRSS MiB      at 1 min {'-' if minute is None else f'{minute:.1f}'}, end {samples[-1].rss:.1f}, "
          f"max {max(s.rss for s in samples):.1f}, slope over the second half "
          f"{'-' if grown is None else f'{grown:+.2f} MiB an hour'}")
    print(f"threads      start {samples[0].threads}, end {samples[-1].threads}")
    if before is None or after is None:
        print("descriptors  unknown: the kernel tells them to root alone, and while the server lives")
        return []
    print(f"descriptors  start {before}, max {max(s.descriptors for s in samples)}, "
          f"end, with all connections closed {after}")
    return ["descriptors were left open"] if after > before + RISES else []


def show(soak, tally, options, before, after, status):
    """Prints all; gives the exit status: 1 where anything failed or was wrong."""
    seconds = options.minutes * 60
    counts = tally.counts
    print(f"\nrequests {counts['asked']:,} in {seconds:.0f} s ({counts['asked'] / seconds:.0f}/s), "
          f"{counts['handshakes']:,} handshakes; the log has {soak.log.messages['admission']:,} admissions")
    print("  " + ", ".join(f"{kind} {counts[kind]}" for kind in TROUBLES)
          + f", not ready {soak.unready} times")
    for kind in TROUBLES:
        for text in tally.samples[kind]:
            print(f"  {kind}: {text}")
    _latencies(tally)
    faults = [kind for kind in TROUBLES if counts[kind]]
    faults += ["the server was not ready at times"] if soak.unready else []
    if counts["asked"] + counts["failed"] < options.rate * seconds * KEPT_UP:
        faults.append("fewer requests than planned: server or clients did not keep up")
    faults += _reloads(soak, tally)
    if soak.samples:
        faults += _resources(soak, before, after)
    if status != 0:
        faults.append(f"pxguard serve ended with {status}; its last words:\n  " + "\n  ".join(soak.log.last))
    print("\n" + ("FAIL: " + "; ".join(faults) if faults else "ok"))
    return 1 if faults else 0
