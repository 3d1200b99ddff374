"""The tests, in the order in which they run."""

# Importing a module registers its cases. Silence looks back at all before it; outage ends pxguard.
from cases import (  # noqa: F401
    manifests,
    refusals,
    writing,
    upgrades,
    gate,
    rotation,
    secrets,
    controllers,
    policies,
    words,
    scope,
    conditions,
    strangers,
    burst,
    serving,
    silence,
    outage,
)
