"""Objects as tests need them: each function changes one that it is given, and returns it."""

NOBODY = "6fd3ac3c-0000-4000-8000-000000000002"
KEY_VARIABLES = ("PORTWORX_AUTH_", "PX_SHARED_SECRET", "PX_JWT_ISSUER")


def container(workload, position=0):
    return workload["spec"]["template"]["spec"]["containers"][position]


def with_image(workload, image):
    container(workload)["image"] = image
    return workload


def annotated(thing, **annotations):
    """`rotation="why"` stands for the annotation pxguard.io/rotation."""
    kept = thing["metadata"].setdefault("annotations", {})
    kept.update({f"pxguard.io/{name}": value for name, value in annotations.items()})
    return thing


def controlled_by(thing, api_version, kind, name="owner", uid=NOBODY):
    """The garbage collector takes away what is owned by nobody: such a thing is for dry runs."""
    thing["metadata"]["ownerReferences"] = [
        {
            "apiVersion": api_version,
            "kind": kind,
            "name": name,
            "controller": True,
            "uid": uid,
        }
    ]
    return thing


def reading_from(workload, secret):
    """All keys come from another Secret."""
    for variable in container(workload)["env"]:
        if "valueFrom" in variable:
            variable["valueFrom"]["secretKeyRef"]["name"] = secret
    return workload


def unsecured(workload):
    """As it was before anybody turned PX-Security on."""
    kept = container(workload)
    kept["env"] = [
        variable for variable in kept["env"] if not variable["name"].startswith(KEY_VARIABLES)
    ]
    if "-jwt_issuer" in kept.get("args", []):
        place = kept["args"].index("-jwt_issuer")
        del kept["args"][place : place + 2]
    return workload


def pod_of(workload, **metadata):
    """The bare Pod that the template of a workload describes."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": workload["spec"]["template"]["spec"],
    }


def secret(name, namespace, **data):
    """Data is given in base64."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }
