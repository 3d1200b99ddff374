"""The hazards, by area; importing registers them, in the order of the table."""

from cases import connections, requests, memory, costly, tls, vanishing  # noqa: F401,I001
from cases import status, limits, surroundings, clock, endings, storm  # noqa: F401,I001
