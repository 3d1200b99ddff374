"""What is true of everything that the chart can render. The names are those of the good practice for
webhooks: R-07 short timeouts, R-11 nothing that keeps a cluster alive is matched, R-14 other API
versions are matched as well, R-17 no side effects."""

SECONDS = {"enforce.pxguard.io": 2, "advise.pxguard.io": 1, "mutate.pxguard.io": 1}
VITAL = {
    *("leases", "nodes", "tokenreviews", "subjectaccessreviews", "events", "endpoints"),
    *("endpointslices", "namespaces", "serviceaccounts", "customresourcedefinitions"),
}
CONFIGURATIONS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def breaches(objects):
    """A sentence for each."""
    for thing in objects:
        name = f"{thing['kind']} {thing['metadata']['name']}"
        if thing["kind"] in CONFIGURATIONS:
            for entry in thing["webhooks"]:
                yield from (f"{name} {entry['name']}: {words}" for words in _of_entry(entry))
        for rule in thing.get("rules", []) if thing["kind"].endswith("Role") else []:
            yield from (f"{name}: {words}" for words in _of_right(rule))
        for pod in _pods(thing):
            yield from (f"{name}: {words}" for words in _of_pod(pod))


def _of_entry(entry):
    if entry["timeoutSeconds"] > SECONDS[entry["name"]]:
        yield f"R-07 it may take {entry['timeoutSeconds']} s"
    if entry["matchPolicy"] != "Equivalent":
        yield "R-14 another API version is a way around it"
    if entry["sideEffects"] != "None":
        yield "R-17 a dry run would have side effects"
    if entry["name"] != "enforce.pxguard.io" and entry["failurePolicy"] != "Ignore":
        yield "it fails closed, and never refuses"
    if not entry.get("matchConditions"):
        yield "every object of its kinds is sent"
    for rule in entry["rules"]:
        words = {word.split("/")[0] for word in rule["resources"]}
        if "*" in words or "*" in rule["apiGroups"] or "*" in rule["operations"]:
            yield f"R-11 a wildcard in {rule}"
        if words & VITAL:
            yield f"R-11 {', '.join(sorted(words & VITAL))}"
        if {word for word in rule["resources"] if "/" in word} - {"pods/ephemeralcontainers"}:
            yield f"R-11 a subresource in {rule['resources']}"
    own = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["pxguard"]}
    if own not in entry["namespaceSelector"]["matchExpressions"]:
        yield "R-18 the namespace of pxguard is not left out"


def _of_right(rule):
    for field in ("apiGroups", "resources", "verbs"):
        if "*" in rule.get(field, []):
            yield f"R-30 a wildcard in {field}"
    is_by_name = bool(rule.get("resourceNames"))
    if "secrets" in rule.get("resources", []) and not is_by_name and rule["verbs"] != ["create"]:
        yield f"a right to all Secrets: {rule['verbs']}"


def _pods(thing):
    if thing["kind"] == "Pod":
        return [thing["spec"]]
    template = thing.get("spec", {}).get("template")
    return [template["spec"]] if thing["kind"] in ("Deployment", "Job") else []


def _of_pod(pod):
    if pod["securityContext"].get("runAsNonRoot") is not True:
        yield "it may run as root"
    if pod["securityContext"]["seccompProfile"] != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    for container in pod["containers"]:
        safety = container["securityContext"]
        if safety.get("readOnlyRootFilesystem") is not True:
            yield "its root file system can be written"
        if safety.get("capabilities") != {"drop": ["ALL"]} or safety["allowPrivilegeEscalation"]:
            yield "it keeps capabilities"
        if "memory" not in container["resources"].get("limits", {}):
            yield "R-41 no limit of memory"
        if "requests" not in container["resources"]:
            yield "R-41 no requests"
