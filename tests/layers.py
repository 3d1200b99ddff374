#!/usr/bin/env python3
"""The architecture as a check: who may include whom, which library belongs to which file, and who
may look at the bytes of a secret. Prints one line for each breach; silent when there is none."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# docs/architecture.md shows the same table. A folder may always include itself.
MAY_INCLUDE = {
    "base": [],
    "rules/model": ["base"],
    "rules/checks": ["rules", "rules/model", "base"],
    "rules": ["rules/model", "base"],
    "rules/policy": ["rules", "rules/model", "base"],
    "rules/webhooks": ["rules/policy", "rules", "rules/model", "base"],
    "certs": ["base"],
    "cluster": ["rules/model", "certs", "base"],
    "webhook": ["rules", "rules/policy", "rules/model", "certs", "base"],
    "cli/manifest": ["rules/model", "certs", "base"],
    "cli/edit": ["rules", "rules/model", "base"],
    "cli/report": ["rules", "rules/policy", "rules/model", "base"],
    "cli": ["cli/manifest", "cli/edit", "cli/report", "webhook", "cluster", "rules", "rules/policy", "rules/webhooks",
            "rules/model", "certs", "base"],
}

OWNERS = {
    r"boost/": ["webhook/server.cc", "webhook/http_head.cc"],
    r"simdjson": ["base/json_parse.cc"],
    r"^yaml\.h$": ["base/yaml"],
    r"openssl/": ["base/secret_value.cc", "base/jwt.cc", "base/public_key.cc", "certs/", "cluster/tls_connection",
                 "webhook/server.cc"],
    r"CLI/": ["cli/options.cc", "cli/describe_options.cc"],
    r"httplib": ["cluster/http_transport.cc"],
    r"nlohmann/": ["cli/", "cluster/", "base/json_copy.h", "rules/patch_tree.cc", "rules/webhooks/objects.cc"],
}

# Files that may call SecretValue::expose(): its own, those that write a key to a file or a Secret, and those
# that turn bytes into facts (a token's claims, what a PEM text is, what is wrong with a key).
MAY_EXPOSE = ["base/secret_value.h", "base/secret_value.cc", "base/jwt.cc", "base/public_key.cc",
              "rules/model/secret_bytes.cc", "certs/authority.cc",
              "cluster/http_transport.cc", "cluster/credentials.cc", "cluster/access.cc",
              "cluster/certificate_secret.cc"]


def folder_of(path):
    parts = path.split("/")
    two = "/".join(parts[:2])
    return two if two in MAY_INCLUDE else parts[0]


def include_breaches(path, line_number, include, quoted):
    folder = folder_of(path)
    if quoted:
        target = folder_of(include)
        if target in MAY_INCLUDE and target != folder and target not in MAY_INCLUDE[folder]:
            yield f"{path}:{line_number}: {folder} may not include {target}"
        return
    for pattern, owners in OWNERS.items():
        if re.search(pattern, include) and not any(path.startswith(owner) for owner in owners):
            yield f"{path}:{line_number}: <{include}> belongs to {', '.join(owners)}"


def breaches(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
        if match:
            yield from include_breaches(path, number, match[2], match[1] == '"')
        if re.search(r"[.>]expose\(\)", line) and path not in MAY_EXPOSE:
            yield f"{path}:{number}: only {', '.join(MAY_EXPOSE)} may look at the bytes of a secret"


def main():
    found = []
    for folder in ["base", "rules", "certs", "cluster", "webhook", "cli"]:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".h", ".cc"):
                found += breaches(str(file.relative_to(ROOT)), file.read_text())
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
