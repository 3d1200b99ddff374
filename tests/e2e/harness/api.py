"""The API server without kubectl, whose start costs more than most requests."""

import http.client
import json
import re

SECONDS = 30
# A connection that could not be made, or did not end in an answer.
FAILURES = (OSError, http.client.HTTPException)
WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
COLLECTIONS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "Pod": "/api/v1/namespaces/{}/pods",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Service": "/api/v1/namespaces/{}/services",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "StorageCluster": "/apis/core.libopenstorage.org/v1/namespaces/{}/storageclusters",
}
MERGE_PATCH = "application/merge-patch+json"
DRY_RUN = "?dryRun=All"


def collection(kind, namespace):
    return COLLECTIONS[kind].format(namespace)


class Reply:
    """What the API server said."""

    def __init__(self, status, headers, body):
        self.status = status
        self.accepted = status < 300
        self.audit_id = headers["Audit-Id"]
        self.warnings = [
            re.sub(r"\\(.)", r"\1", text)
            for header in headers.get_all("Warning", [])
            for text in WARNING.findall(header)
        ]
        self.text = body.decode(errors="replace")

    @property
    def thing(self):
        return json.loads(self.text)

    @property
    def message(self):
        """The words of a refusal; an API server in trouble answers without JSON."""
        if self.accepted:
            return ""
        try:
            return self.thing["message"]
        except (ValueError, KeyError):
            return self.text

    def __str__(self):
        return "\n".join([f"HTTP {self.status} {self.message}", *self.warnings])


class Connection:
    """One connection that stays open; for one thread. What webhooks say goes to `heard` as well."""

    def __init__(self, port, tls, token, heard):
        self._http = http.client.HTTPSConnection("127.0.0.1", port, context=tls, timeout=SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._heard = heard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._http.close()

    def send(self, method, path, thing=None, content="application/json", user=None):
        """`thing` may be bytes that are JSON already; `user` acts with an administrator's rights."""
        body = thing if thing is None or isinstance(thing, bytes) else json.dumps(thing).encode()
        headers = {**self._headers, "Content-Type": content}
        if user:
            headers.update({"Impersonate-User": user, "Impersonate-Group": "system:masters"})
        try:
            self._http.request(method, path, body, headers)
            answer = self._http.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read())
        except FAILURES:
            # Half an exchange is on this connection: the next request gets a new one.
            self._http.close()
            raise
        self._heard += filter(None, [*reply.warnings, reply.message])
        return reply

    def get(self, kind, namespace, name):
        return self.send("GET", f"{collection(kind, namespace)}/{name}")

    def create(self, thing, dry_run=False, user=None):
        path = collection(thing["kind"], thing["metadata"]["namespace"])
        return self.send("POST", path + (DRY_RUN if dry_run else ""), thing, user=user)

    def patch(self, kind, namespace, name, change, dry_run=False, user=None):
        path = f"{collection(kind, namespace)}/{name}" + (DRY_RUN if dry_run else "")
        return self.send("PATCH", path, change, MERGE_PATCH, user)

    def delete(self, kind, namespace, name, dry_run=False, user=None):
        # In the background: a Job would wait for its pods to be orphaned.
        options = "?propagationPolicy=Background" + ("&dryRun=All" if dry_run else "")
        return self.send("DELETE", f"{collection(kind, namespace)}/{name}{options}", user=user)
