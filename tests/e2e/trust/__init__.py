"""Certificates and trust: pxguard keeps its own CA, certificate and webhook configurations, against a
real API server that asks it two hundred times a second."""

from trust.stage import prepare  # noqa: F401

from trust import bootstrap, rotation, kills, times, files, activation, attacks, clients, memory, helm, kustomize  # noqa: E402,F401
