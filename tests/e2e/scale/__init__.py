"""A large cluster, for figures: ./dev e2e --scale."""

from scale import large  # noqa: F401
