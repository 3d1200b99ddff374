"""What the API server itself recorded of pxguard's requests."""

import collections
import json
import urllib.parse

USER = "system:serviceaccount:pxguard:pxguard"
WRITING = ("create", "update", "patch", "delete", "deletecollection")
NAME_FIELD = "metadata.name="


class Recorded:
    """One request: what it was about, and how it ended."""

    def __init__(self, event):
        about = event.get("objectRef", {})
        self.verb = event["verb"]
        self.resource = about.get("resource", "")
        self.group = about.get("apiGroup", "")
        self.namespace = about.get("namespace", "")
        self.uri = event["requestURI"]
        self.name = about.get("name", "") or self._selected()
        self.code = event.get("responseStatus", {}).get("code", 0)
        self.is_complete = event["stage"] == "ResponseComplete"
        self.is_write = self.verb in WRITING

    def _selected(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.uri).query)
        [selector] = query.get("fieldSelector", [""])
        return selector.removeprefix(NAME_FIELD) if selector.startswith(NAME_FIELD) else ""

    def __str__(self):
        return f"{self.verb} {self.uri} -> {self.code}"


def recorded(text):
    """Those of pxguard in the text of the audit log, each once: a watch at its beginning."""
    seen, found = set(), []
    for line in text.splitlines():
        if USER not in line:
            continue
        event = json.loads(line)
        if event["user"]["username"] != USER or event["auditID"] in seen:
            continue
        seen.add(event["auditID"])
        found.append(Recorded(event))
    return found


def by_verb(requests):
    return dict(collections.Counter(request.verb for request in requests))
