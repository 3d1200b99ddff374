"""Counters in the Prometheus text format."""

import re

SAMPLE = re.compile(r"(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def total(text, metric, /, **labels):
    """The sum over all samples of `metric` that carry at least these labels."""
    return sum(value for found, value in _samples(text, metric) if labels.items() <= found.items())


def _samples(text, metric):
    # The API server prints tens of thousands of lines: look closely at the right ones only.
    for line in text.splitlines():
        if line.startswith(metric):
            match = SAMPLE.match(line, len(metric))
            if match:
                yield dict(LABEL.findall(match["labels"] or "")), float(match["value"])
