"""The text of a refusal: what design promises to the person who reads it."""

import re

# kubectl's own words end here; what follows is pxguard's.
DENIED = re.compile(
    r'admission webhook "[\w.-]+" denied the request: (.*?)(?=^Error from server|\Z)',
    re.DOTALL | re.MULTILINE,
)
HEADLINE = re.compile(r"(\d+) problems? in (\w+) \S+")
TITLE = re.compile(r"PXS\d{3} \S.*")
PARTS = ["  at    ", "  found ", "  want  ", "  why   ", "  fix   "]
# After them a note may say what turns the denial into a warning.
NOTE = "  note  "
# At the end, where other objects were looked at.
AGE = re.compile(r"other objects as of \d+ s ago")
WIDEST = 100


def refusals(kubectl_errors):
    """pxguard's text of each refused object."""
    return [text.rstrip() + "\n" for text in DENIED.findall(kubectl_errors)]


def rules_named(text):
    return re.findall(r"^(PXS\d{3}) ", text, re.MULTILINE)


def faults_of_shape(text, kind):
    """What is wrong with the form of a refusal, in words; empty when it is as promised."""
    headline, *body = text.rstrip("\n").split("\n")
    if body and AGE.fullmatch(body[-1]):
        body.pop()
    match = HEADLINE.fullmatch(headline)
    if not match:
        return [f"the first line is no count and object: {headline!r}"]
    faults = [] if match[2] == kind else [f"the first line names a {match[2]}, not a {kind}"]
    if int(match[1]) != len(rules_named(text)):
        faults.append(f"the first line counts {match[1]} problems, {len(rules_named(text))} follow")
    faults += [f"longer than {WIDEST} columns: {line!r}" for line in body if len(line) > WIDEST]
    faults += [
        f"not printable ASCII: {line!r}"
        for line in body
        if not (line.isascii() and line.isprintable())
    ]
    return faults + _faults_of_problems(body)


def _faults_of_problems(body):
    faults = []
    for title, lines in _problems(body):
        if not TITLE.fullmatch(title):
            faults.append(f"no rule and title: {title!r}")
        # A part may go on in further lines, which are indented to its text.
        parts = [line[:8] for line in lines if line[:8].strip()]
        # Of a whole object that goes there is no place in it.
        if parts not in (PARTS, [*PARTS, NOTE], [*PARTS[1:], NOTE]):
            faults.append(
                f"{title[:6]} has {[part.strip() for part in parts]}, "
                f"not {[part.strip() for part in PARTS]}"
            )
    return faults


def _problems(body):
    """Pairs of a title and the indented lines below it."""
    problems = []
    for line in body:
        if line.startswith(" ") and problems:
            problems[-1][1].append(line)
        else:
            problems.append((line, []))
    return problems
