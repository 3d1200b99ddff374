"""Where the image's libraries come from: this machine and its database of packages, or a folder of
packages of another architecture and what they unpack to."""

import pathlib
import re
import subprocess
import sys

FIELDS = ("Package", "Version", "Architecture", "Source", "Maintainer")
HERE = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Maintainer}\n"


class Here:
    """What is installed."""

    def libraries(self, program):
        """The loader included, by their places in the image."""
        said = output(["ldd", program])
        if "not found" in said:
            sys.exit(f"a library is missing: {said}")
        return {path.lstrip("/"): pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", said)}

    def owner(self, path):
        # The package knows the file by its place before /lib became a link into /usr.
        under_usr = pathlib.Path(str(path).replace("/lib", "/usr/lib", 1))
        for candidate in (path, under_usr, path.resolve()):
            command = ["dpkg", "-S", candidate]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
            if done.returncode == 0:
                return done.stdout.split(": ")[0].split(":")[0].split(",")[0]
        return sys.exit(f"no Debian package has {path}")

    def has(self, name):
        command = ["dpkg-query", "-W", name]
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0

    def facts(self, name):
        """Package, version, architecture, source, its version, maintainer."""
        return output(["dpkg-query", "-W", "-f", HERE, name]).splitlines()[0].split("\t")


class Elsewhere:
    """Packages in a folder, unpacked into another."""

    def __init__(self, folder, sysroot):
        self._sysroot = pathlib.Path(sysroot)
        self._facts, self._owners = {}, {}
        for deb in sorted(pathlib.Path(folder).glob("*.deb")):
            fields = dict(
                line.split(": ", 1)
                for line in output(["dpkg-deb", "-f", deb, *FIELDS]).splitlines()
                if ": " in line
            )
            self._facts[fields["Package"]] = fields
            for line in output(["dpkg-deb", "-c", deb]).splitlines():
                place = line.split(maxsplit=5)[5].split(" -> ")[0]
                self._owners.setdefault(pathlib.PurePath(place).name, fields["Package"])

    def libraries(self, program):
        found, left = {}, [pathlib.Path(program)]
        while left:
            headers = output(["readelf", "-ld", left.pop()])
            names = re.findall(r"\(NEEDED\).*\[(\S+)\]", headers)
            loader = re.findall(r"program interpreter: /(\S+)\]", headers)
            for name in [*names, *loader]:
                path = self._find(pathlib.PurePath(name).name)
                place = name if "/" in name else str(path.relative_to(self._sysroot))
                # The loader is also needed by its name alone.
                if not any(known.endswith(f"/{path.name}") for known in found):
                    found[place] = path
                    left.append(path)
        return found

    def owner(self, path):
        return self._owners[path.name]

    def has(self, name):
        return name in self._facts

    def facts(self, name):
        fields = self._facts[name]
        source = re.match(r"(\S+)(?: \((\S+)\))?", fields.get("Source", name))
        version = source[2] or fields["Version"]
        return [*(fields[key] for key in FIELDS[:3]), source[1], version, fields["Maintainer"]]

    def _find(self, name):
        for path in sorted(self._sysroot.rglob(name)):
            if path.exists():
                return path
        return sys.exit(f"no package has {name}")


def output(command):
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, timeout=60
    ).stdout
