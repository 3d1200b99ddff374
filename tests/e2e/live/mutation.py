"""/mutate in a real chain of webhooks: what it adds, that it is stable, and that nobody is fought with."""

import copy

from harness import mutators
from harness.objects import container
from harness.suite import case, expect
from live import stage

STORK_RULES = ("PXS201", "PXS204")
KEY = "PX_SHARED_SECRET"
ISSUER = "PX_JWT_ISSUER"


@case
def adds_what_is_missing(world):
    """with mutation on, a Stork without its key gets it from Portworx's Secret, and the requester is told"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        answer = world.apply(_bare(world))
        world.expect_accepted(answer)
        expect(any("mended: pxguard adds" in text for text in answer.warnings), "nothing is said", answer)
        _expect_mended(world)
        with world.connect() as connection:
            reply = connection.create(_bare(world, name="stork-2"), dry_run=True)
        annotations = str(world.cluster.audit_events(reply.audit_id))
        expect("adds PX_SHARED_SECRET" in annotations, "the audit log does not say it", annotations)


@case
def only_what_the_policy_names(world):
    """a rule that the policy does not let mutate is denied as ever"""
    with stage.standing_portworx(world), mutators.pxguards(world, "PXS106"):
        world.expect_refusal(world.apply(_bare(world)), "Deployment", "PXS201")


@case
def among_other_webhooks(world):
    """a sidecar injector and a label mutator before and after pxguard: each has its way, once"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        for names in (("a-sidecar", "z-label"), ("z-sidecar", "a-label"), ("a-sidecar", "a-label")):
            sidecar, label = names
            with mutators.others(world, "/sidecar", sidecar), mutators.others(world, "/label", label):
                world.expect_accepted(world.apply(_bare(world)))
                made = _expect_mended(world)
                names_of = [one["name"] for one in made["spec"]["template"]["spec"]["containers"]]
                expect(sorted(names_of) == ["proxy", "stork"], "the sidecar is not there once", names_of)
                expect(made["metadata"]["labels"].get(mutators.LABEL) == "storage", "no label", made)
                _expect_stable(world, lambda: world.apply(_bare(world)))
            world.cluster.must("delete", "deployment/stork", "-n", stage.NAMESPACE)


@case
def taken_away_behind(world):
    """a webhook behind pxguard that takes its repair away has its way, and is refused: what is stored counts"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        with mutators.others(world, "/strip", "z-strip"):
            world.expect_refusal(world.apply(_bare(world)), "Deployment", "PXS201")
        world.expect_accepted(world.apply(_bare(world)))
        _expect_mended(world)


@case
def applied_again(world):
    """kubectl apply of the same manifest changes nothing more, on the client's side and on the server's"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        for flags in ((), ("--server-side",)):
            world.expect_accepted(world.apply(_bare(world), flags=flags))
            _expect_mended(world)
            _expect_stable(world, lambda: world.apply(_bare(world), flags=flags))
            world.cluster.must("delete", "deployment/stork", "-n", stage.NAMESPACE)


@case
def a_controller_that_reverts(world):
    """who writes its own version back is told why nothing is added, and refused as without mutation"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        world.expect_accepted(world.apply(_bare(world)))
        before = _stork(world)
        for _ in range(3):
            own = copy.deepcopy(before)
            _strip(own)
            own["metadata"].pop("resourceVersion")
            answer = world.kubectl("replace", "-f", "-", objects=[own])
            world.expect_refusal(answer, "Deployment", "PXS201")
            told = any("takes away what mends it" in text for text in answer.warnings)
            expect(told, "why nothing is added is not said", answer)
        after = _stork(world)
        same = after["metadata"]["generation"] == before["metadata"]["generation"]
        expect(same, "the object was written", after["metadata"])


@case
def dry_run(world):
    """the patch of a dry run is that of the live request"""
    with stage.standing_portworx(world), mutators.pxguards(world, *STORK_RULES):
        with world.connect() as connection:
            dry = connection.create(_bare(world), dry_run=True).thing
            live = connection.create(_bare(world)).thing
        expect(container(dry)["env"] == container(live)["env"], "they differ", (dry, live))


def _bare(world, **metadata):
    made = world.object("stork.yaml", **metadata)
    _strip(made)
    return made


def _strip(workload):
    for one in workload["spec"]["template"]["spec"]["containers"]:
        one["env"] = [entry for entry in one.get("env", []) if entry["name"] not in (KEY, ISSUER)]


def _stork(world):
    return world.cluster.get("deployment", "-n", stage.NAMESPACE, "stork")


def _expect_mended(world):
    made = _stork(world)
    [stork] = [one for one in made["spec"]["template"]["spec"]["containers"] if one["name"] == "stork"]
    names = [entry["name"] for entry in stork["env"]]
    expect(names.count(KEY) == 1 and names.count(ISSUER) == 1, "the key is not there once", names)
    [key] = [entry for entry in stork["env"] if entry["name"] == KEY]
    reference = key["valueFrom"]["secretKeyRef"]
    expect((reference["name"], reference["key"]) == stage.OURS, "it is another key", reference)
    return made


def _expect_stable(world, again):
    before = _stork(world)["metadata"]["generation"]
    answer = again()
    world.expect_accepted(answer)
    mended = [text for text in answer.warnings if "mended: pxguard" in text]
    expect(not mended, "it is mended again", answer)
    after = _stork(world)["metadata"]["generation"]
    expect(after == before, f"the generation went from {before} to {after}")
