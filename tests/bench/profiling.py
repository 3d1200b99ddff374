"""The parts "engine" and "profile": one review without a server, and where the instructions go."""
import re
import shutil
import signal
import subprocess

import callgrind
import certificates
import contestants
import loads
from client import Connection, Refused, post_of, trust_anyone, wait_for_right_answer
from processes import Process, free_port, run_to_end, say
from report import grouped

SAID = re.compile(r"(\d+) bytes in, (\d+) out: ([\d.e+]+) us")
ROUNDS, FEW, MANY = 3, 20, 120  # of measuring; of reviews under callgrind
FEW_REQUESTS, MANY_REQUESTS = 50, 250
TOP = 15
SERVER_REVIEW = "8 KB denied"
PROFILED = ["8 KB denied", "8 KB allowed", "40 KB denied", "8 KB DaemonSet"]
OURS = r"pxguard::(?:webhook::)?(?:\(anonymous namespace\)::)?"
LAYERS = [  # the first that fits; what fits none is a helper, and its callers are charged
    ("parsing JSON", r"pxguard::json::|simdjson::|.*\bsimdjson::"),
    ("reading YAML", r"pxguard::yaml::|yaml_"),
    ("digests of keys", r"pxguard::keyed_digest"),
    ("model", r"pxguard::model::"),
    ("rules", r"pxguard::rules::"),
    ("policy", r"pxguard::policy::"),
    ("manifests", r"pxguard::manifest::|pxguard::cli::manifest"),
    ("report", r"pxguard::report::|pxguard::cli::report"),
    ("review and answer", OURS + r"(?:admit|answer|audit_annotations|add_member|summarize|rule_ids|warnings_of"
                                 r"|unverified_text|duplicate_warning|parse_review|read_object)\b"),
    ("log and metrics", r"pxguard::cli::(?:Log|LineWriter|log_line|Admissions)|pxguard::webhook::Metrics"),
    ("connections and HTTP", r"pxguard::webhook::|boost::"),
]
CHARGED = "What libc, libstdc++, libcrypto and other helpers do is charged to their callers."
COMPILED = [(layer, re.compile(pattern)) for layer, pattern in LAYERS]


def layer_of(library, function):
    """The layer of a function, or None for a shared helper (libc, libstdc++, libcrypto, fmt, base/text)."""
    if library == "libssl":
        return "TLS"
    if library == "libyaml-0":
        return "reading YAML"
    return next((layer for layer, pattern in COMPILED if pattern.match(function)), None)


def reviews_of(shared, folder):
    reviews, _ = loads.pod_reviews(shared, folder)
    return {**reviews, **loads.daemon_set_reviews(folder)}


def has_valgrind(report, what):
    if shutil.which("valgrind") is None:
        report.leave_out(what, "valgrind is not installed")
        return False
    return True


def run_engine(report, engine, shared, folder, options):
    """Prints microseconds and instructions of one review, for each review."""
    report.heading("engine: a review in, an answer out, without a server")
    if engine is None:
        report.leave_out("the engine", "bench_engine does not build")
        return
    instructions = has_valgrind(report, "instructions")
    rows, data = [], []
    for review in reviews_of(shared, folder).values():
        say(f"engine: {review.name}")
        size, answer, best = _microseconds(engine, review, 20000 if options.seconds > 1 else 4000)
        data.append({"review": review.name, "bytes": size, "answer": answer, "us": best})
        rows.append([review.name, grouped(size), grouped(answer), f"{best:.1f}", "-", "-", "-", "-"])
        if instructions:
            cost = _engine_profile(engine, review, folder)
            times, share = cost.allocation()
            data[-1].update(instructions=cost.total, mallocs=times, malloc_share=share)
            rows[-1][4:] = [grouped(cost.total), f"{cost.total / size:.0f}", grouped(times),
                            f"{share * 100:.1f}"]
    report.data["engine"] = data
    columns = ["review", "bytes in", "out", "us", "instructions", "a byte", "mallocs", "% of it"]
    report.table("One review", columns, rows,
                 f"us: least of {ROUNDS} runs on one thread. Instructions: callgrind, start and end taken "
                 "off; mallocs: how many, and what part of the instructions allocating and freeing takes.")


def _microseconds(engine, review, iterations):
    iterations = max(100, iterations * 8000 // len(review.body))
    said = []
    for _ in range(ROUNDS):
        run = run_to_end([str(engine), str(iterations), str(review.file)])
        said.append(SAID.search(run.stdout).groups())
    return int(said[0][0]), int(said[0][1]), min(float(us) for *_, us in said)


def profile_of(words, out, good=(0,)):
    """The callgrind profile of a command."""
    run = run_to_end(callgrind.command(out, words))
    if run.returncode not in good:
        raise subprocess.CalledProcessError(run.returncode, words, run.stdout, run.stderr[-1000:])
    return callgrind.read(out)


def _engine_profile(engine, review, folder):
    less, more = (profile_of([engine, count, review.file], folder / "callgrind.out") for count in (FEW, MANY))
    return more.per(MANY - FEW, less)


def run_profile(report, engine, pxguard, shared, folder):
    """Prints the dearest functions of an 8 KB review, the layers of several, and those of the server."""
    report.heading("profile: where the instructions go (callgrind)")
    if not has_valgrind(report, "the profile"):
        return
    reviews = reviews_of(shared, folder)
    report.data["profile"] = {}
    if engine is not None:
        say("profile of the engine")
        profiles = {name: _engine_profile(engine, reviews[name], folder) for name in PROFILED}
        show_functions(report, f"Engine, {PROFILED[0]}: the dearest functions", profiles[PROFILED[0]])
        show_layers(report, "Engine: instructions by layer", profiles)
    if not certificates.are_possible():
        report.leave_out("the profile of the server", "openssl is not installed")
        return
    say("profile of the server")
    try:
        served = _server_profile(pxguard, reviews[SERVER_REVIEW], folder)
    except (Refused, OSError) as error:
        report.leave_out("the profile of the server", str(error))
        return
    title = f"Server, one request, {SERVER_REVIEW}: instructions"
    show_libraries(report, f"{title} by library", served)
    show_layers(report, f"{title} by layer", {"one request": served},
                "The kernel is not seen: the column kernel % of the server tables has its share. TLS has the "
                "part of libcrypto that libssl calls; valgrind shows a plainer processor than there is, so "
                "encryption is dearer here than in life.")


def _server_profile(pxguard, review, folder):
    contestant = contestants.pxguard(pxguard, certificates.make_self_signed(folder / "certificates"))
    less, more = (_served(contestant, review, requests, folder / f"callgrind-serve-{requests}.out")
                  for requests in (FEW_REQUESTS, MANY_REQUESTS))
    return more.per(MANY_REQUESTS - FEW_REQUESTS, less)


def _served(contestant, review, requests, out):
    """The profile of a whole life: start, so many requests on one connection, end."""
    tls, port, request = trust_anyone(), free_port(), post_of(review.body)
    with Process(callgrind.command(out, contestant.command(port))) as process:
        wait_for_right_answer(process, port, tls, review)
        with Connection(port, tls) as connection:
            for _ in range(requests):
                connection.ask(request)
        process.signal(signal.SIGINT)
        if process.end(60) is None:
            raise Refused("pxguard did not end under valgrind")
    return callgrind.read(out)


def show_functions(report, title, profile):
    total = profile.total
    dearest = profile.by_function()[:TOP]
    report.data["profile"][title] = [[name, library, cost] for name, library, cost in dearest]
    report.table(title, ["function", "library", "instructions", "%"],
                 [[callgrind.plain(name), library, grouped(cost), f"{cost / total * 100:.1f}"]
                  for name, library, cost in dearest], "By what each does itself, without what it calls.")


def show_libraries(report, title, profile):
    libraries = profile.by_library()
    report.data["profile"][title] = dict(libraries)
    report.table(title, ["library", "instructions", "%"],
                 [[name, grouped(cost), f"{cost / profile.total * 100:.1f}"]
                  for name, cost in libraries.most_common() if cost >= profile.total * 0.001])


def show_layers(report, title, profiles, note=""):
    """One column of instructions and one of % for each profile."""
    layers = {name: profile.by_layer(layer_of) for name, profile in profiles.items()}
    report.data["profile"][title] = {name: dict(costs) for name, costs in layers.items()}
    order = sorted(set().union(*layers.values()), key=lambda layer: -next(iter(layers.values()))[layer])
    columns, rows = ["layer"], [[layer] for layer in order] + [["all"]]
    for name, costs in layers.items():
        columns += [name, "%"]
        whole = sum(costs.values())
        for row in rows:
            cost = whole if row[0] == "all" else costs[row[0]]
            row += [grouped(cost), f"{cost / whole * 100:.1f}"]
    report.table(title, columns, rows, f"{CHARGED} {note}".strip())
