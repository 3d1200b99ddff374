"""Certificates from files that somebody else changes, with the webhook configuration still pxguard's."""

import contextlib
import os
import shutil
import subprocess
import time

from harness.load import load
from harness.suite import case, expect
from harness.waiting import wait_until
from trust import stage
from trust.stage import Kept

FAILING = "pxguard_certificate_reload_failing"


class Folder:
    """As the kubelet mounts a Secret: tls.crt leads through ..data into a folder that is never changed."""

    def __init__(self, world, name):
        self._program = world.program
        self._place = world.directory / name
        self._place.mkdir()
        self._made = 0
        self.put(self.make())
        for file in ("tls.crt", "tls.key", "ca.crt"):
            (self._place / file).symlink_to(f"..data/{file}")

    def file(self, name):
        return self._place / name

    def make(self):
        """A new pair of the same CA, in a folder of its own."""
        self._made += 1
        folder = self._place / f"..{self._made}"
        folder.mkdir()
        if self._made > 1:
            for file in ("ca.crt", "ca.key"):
                shutil.copy2(self._place / "..1" / file, folder)
        init = [self._program, "certs", "init", "--out", folder]
        subprocess.run(init, check=True, capture_output=True, timeout=30)
        return folder

    def put(self, folder):
        """By one rename."""
        link = self._place / "..data_tmp"
        link.symlink_to(folder.name)
        os.replace(link, self._place / "..data")

    def words(self):
        names = {"--tls-cert": "tls.crt", "--tls-key": "tls.key", "--tls-ca": "ca.crt"}
        files = [f"{option}={self.file(name)}" for option, name in names.items()]
        return [*files, "--activation=auto"]


@contextlib.contextmanager
def _serving(world, name):
    folder = Folder(world, f"{name}-files")
    values = {"certificates": {"mode": "files"}}
    with stage.running(world, name, values=values, certificates=folder.words()) as [replica]:
        wait_until("it is closed", lambda: stage.failure_policy(world) == "Fail", 10)
        yield folder, replica


@case
def swapped_at_once(world):
    """files that are swapped by one rename of their folder are served at once, and no write fails"""
    with _serving(world, "swapped") as (folder, replica), load(world) as people:
        for _ in range(3):
            people.wait_for(30)
            before = replica.shown()
            folder.put(folder.make())
            wait_until("the new one is served", lambda: replica.shown() != before, 10)
            stage.expect_trusted(world, replica)
        people.wait_for(30)
        expect(not people.others(), "writes failed", people.others()[:3])
        expect(replica.metric(FAILING) == 0, "it complains", replica.tail())
        return f"{people.count()} writes, none failed"


@case
def one_after_the_other(world):
    """files that are replaced one after the other: the old pair is served, and said so, until the new
    one is complete; no write fails"""
    with _serving(world, "torn") as (folder, replica), load(world) as people:
        before = replica.shown()
        new = folder.make()
        for name in ("tls.crt", "tls.key"):
            folder.file(name).unlink()
            people.wait_for(20)
            shutil.copy2(new / name, folder.file(name))
            if name == "tls.crt":
                wait_until("it says so", lambda: replica.metric(FAILING) == 1, 10)
                people.wait_for(20)
                expect(replica.shown() == before, "half a pair is served")
        wait_until("the new one is served", lambda: replica.shown() != before, 10)
        expect("does not belong to the certificate" in replica.log(), "the log does not say why")
        wait_until("it has stopped complaining", lambda: replica.metric(FAILING) == 0, 10)
        people.wait_for(20)
        expect(not people.others(), "writes failed", people.others()[:3])
        return f"{people.count()} writes, none failed"


@case
def worse_is_refused(world):
    """files with something expired, or for another name, do not take the place of what is served"""
    with _serving(world, "worse") as (folder, replica):
        before = replica.shown()
        expired = stage.issue(authority_days=100, leaf_days=5, authority_age=30, leaf_age=20)
        other = folder.make()
        for file in ("tls.crt", "tls.key"):
            (other / file).unlink()
        init = ["certs", "init", "--out", other, "--dns", "somebody.example.com"]
        subprocess.run([world.program, *init], check=True, capture_output=True, timeout=30)
        for what, words in ((expired, "has expired"), (None, "is not for")):
            target = other if what is None else folder.make()
            if what:
                for file in ("tls.crt", "tls.key"):
                    (target / file).write_text(what[file])
            folder.put(target)
            wait_until("it says why", lambda: words in replica.log(), 10)
            expect(replica.shown() == before, "it is served")
            expect(stage.refuses(world), "it refuses no more")
