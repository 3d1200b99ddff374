"""What changes under the server while it is asked: its policy file and its certificate files."""
import itertools
import os
import time

from soak_loads import BROKEN_POLICY, POLICIES

POLICY_EVERY, CERTIFICATE_EVERY = 7.0, 11.0
BROKEN_EVERY = 4  # each so-manieth change of the policy is to a broken one
HALVES_EVERY = 3  # each so-manieth certificate comes in two halves
BETWEEN_HALVES = 1.5


def _announce(state, what):
    """Before the file changes: from now on the server may know, and a while later it has to."""
    with state.get_lock():
        state[:] = [what, time.monotonic()]


class PolicyFile:
    """Alternates between two policies by renaming; now and then a broken one, which must change nothing."""

    def __init__(self, folder, state):
        self.path, self._state = folder / "policy.yaml", state
        self._turn, self._which = itertools.count(1), 0
        self.changes = self.broken = 0
        _announce(state, 0)
        self._write(POLICIES[0])

    def change(self):
        if next(self._turn) % BROKEN_EVERY == 0:
            self.broken += 1
            self._write(BROKEN_POLICY)
            return
        self.changes += 1
        self._which = 1 - self._which
        _announce(self._state, self._which)
        self._write(POLICIES[self._which])

    def _write(self, text):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.path)


class CertificateFiles:
    """A folder as kubelet mounts a Secret: tls.crt and tls.key lead through ..data, which one rename points
    at the next generation. Now and then a writer that knows no better: first the key in place, then the
    certificate, and until then the pair before has to be served."""

    def __init__(self, folder, authority, state):
        self._folder, self._authority, self._state = folder, authority, state
        self._generation = itertools.count(1)
        self.changes = self.halves = 0
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        folder.mkdir()
        for file in (self.certificate, self.key):
            file.symlink_to(f"..data/{file.name}")
        certificate, key, serial = authority.issue()
        _announce(state, serial)
        self._replace(certificate, key)

    def change(self, later):
        """`later(seconds, function)` calls the function then."""
        self.changes += 1
        certificate, key, serial = self._authority.issue()
        if self.changes % HALVES_EVERY == 0:
            self.halves += 1
            self.key.write_text(key)
            later(BETWEEN_HALVES, lambda: self._second_half(certificate, serial))
            return
        _announce(self._state, serial)
        self._replace(certificate, key)

    def _second_half(self, certificate, serial):
        _announce(self._state, serial)
        self.certificate.write_text(certificate)

    def _replace(self, certificate, key):
        generation = self._folder / f"..{next(self._generation)}"
        generation.mkdir()
        (generation / "tls.crt").write_text(certificate)
        (generation / "tls.key").write_text(key)
        link = self._folder / "..data.new"
        link.symlink_to(generation.name)
        os.replace(link, self._folder / "..data")
