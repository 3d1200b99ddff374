"""The tests, in the order in which they run."""

# Importing a module registers its cases. The last one ends pxguard.
from cases import manifests, refusals, upgrades, secrets, scope, burst, silence, outage  # noqa: F401
