"""A definition becomes a revision, a CRD and one status."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import DefinitionOptions, DefinitionRequest, converge_definition
from graphcore.converge.effects import Converged, Failed, Patch, Refused, Waiting
from graphcore.errors import Problem, ProblemsError
from graphcore.graph.revision import revision_hash
from tests.support import graphs
from tests.support.memory import Api, drive
from tests.support.worlds import START

CRD = "CustomResourceDefinition"
RGD = "ResourceGraphDefinition"
ESTABLISHED = {"acceptedNames": {"kind": "App"}, "conditions": [{"type": "Established", "status": "True"}]}


def compile_fake(definition: Any, schemas: Any) -> Any:
    """``spec.schema.spec`` maps field to type, with a ! if immutable; a resource without template is a fault."""
    spec = definition["spec"]
    for resource in spec.get("resources") or ():
        if "bad" in resource:
            raise ProblemsError(
                [Problem("unknown-identifier", f"references unknown identifiers: [{resource['bad']}]", resource["id"], "data.v", "x")]
            )
    immutable = {"x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "field is immutable"}]}
    fields = {
        name: {"type": kind.removesuffix("!"), **(immutable if kind.endswith("!") else {})}
        for name, kind in (spec["schema"].get("spec") or {}).items()
    }
    metadata = definition["metadata"]
    labels = {names.OWNED: "true", names.KRO_VERSION: "devel", names.RGD_NAME: metadata["name"], names.RGD_ID: metadata.get("uid", "")}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    columns = spec["schema"].get("additionalPrinterColumns") or [{"name": "State", "type": "string", "jsonPath": ".status.state"}]
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": schema},
    }
    crd = {
        "apiVersion": names.CRD_API_VERSION,
        "kind": CRD,
        "metadata": {"name": "apps.kro.run", "labels": labels},
        "spec": {
            "group": "kro.run",
            "names": {"kind": "App", "listKind": "AppList", "plural": "apps", "singular": "app"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }
    nodes = [graphs.node(item["id"], after=item.get("after", ())) for item in spec.get("resources") or ()]
    return replace(graphs.graph(*nodes, name=metadata["name"]), crd=crd, revision_hash=revision_hash(spec), fact_sheet={"format": 1})


@dataclass
class Definitions:
    api: Api = field(default_factory=Api)
    now: datetime = START
    options: DefinitionOptions = field(default_factory=DefinitionOptions)
    established: bool = True

    def define(self, name: str = "app", resources: Any = ({"id": "a"}, {"id": "b", "after": ["a"]}), **fields: str) -> None:
        schema = {"kind": "App", "apiVersion": "v1alpha1", "group": "kro.run", "scope": "Namespaced", "spec": fields or {"x": "string"}}
        spec = {"schema": schema, "resources": [dict(item) for item in resources]}
        if self.api.find(RGD, name):
            self.api.edit(RGD, name, {"spec": {"schema": {"spec": None}}})
            self.api.edit(RGD, name, {"spec": spec})
        else:
            self.api.create({"apiVersion": names.API_VERSION, "kind": RGD, "metadata": {"name": name}, "spec": spec})

    def run(self, name: str = "app") -> Any:
        """One invocation, or two where the CRD still has to be established."""
        self.now += timedelta(seconds=1)
        self.api.log.clear()
        outcome = self._once(name)
        crd = self.api.find(CRD, "apps.kro.run")
        if self.established and crd and not crd.get("status"):
            self.api.edit(CRD, "apps.kro.run", {"status": ESTABLISHED}, "kube-apiserver", "status")
            outcome = self._once(name)
        return outcome

    def _once(self, name: str) -> Any:
        return drive(converge_definition(DefinitionRequest(name), compile_fake, self.now, self.options), self.api)

    def rgd(self, name: str = "app") -> dict[str, Any]:
        return self.api.get(RGD, name)

    def condition(self, kind: str, name: str = "app") -> tuple[str, str, str]:
        item = next(item for item in self.rgd(name)["status"]["conditions"] if item["type"] == kind)
        return (item["status"], item["reason"], item["message"])

    @property
    def crd(self) -> dict[str, Any]:
        return self.api.get(CRD, "apps.kro.run")

    @property
    def fields(self) -> dict[str, Any]:
        return self.crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]

    @property
    def revisions(self) -> list[int]:
        return sorted(item["spec"]["revision"] for item in self.api.all("GraphRevision"))

    @property
    def active(self) -> str:
        return self.crd["metadata"]["annotations"][names.ACTIVE_REVISION]


@pytest.fixture
def defined() -> Definitions:
    world = Definitions()
    world.define()
    world.run()
    return world


@pytest.mark.feature(101, 109)
def test_a_new_definition_is_served(defined: Definitions) -> None:
    status = defined.rgd()["status"]
    assert status["state"] == "Active"
    assert status["lastIssuedRevision"] == 1
    assert status["topologicalOrder"] == ["a", "b"]
    assert status["resources"] == [{"id": "b", "dependencies": [{"id": "a"}]}]
    order = ["GraphAccepted", "GraphRevisionsResolved", "KindReady", "ControllerReady", "Ready"]
    assert [item["type"] for item in status["conditions"]] == order
    assert defined.condition("GraphRevisionsResolved") == ("True", "Resolved", "revision 1 compiled and active")
    assert defined.condition("GraphAccepted") == ("True", "Valid", "resource graph and schema are valid")
    assert defined.condition("KindReady") == ("True", "Ready", "kind App has been accepted and ready")
    assert defined.condition("ControllerReady") == ("True", "Running", "controller is running")
    assert defined.rgd()["metadata"]["finalizers"] == [names.FINALIZER]


@pytest.mark.feature(102, 103)
def test_the_revision_carries_hash_owner_facts_and_verdict(defined: Definitions) -> None:
    revision = defined.api.get("GraphRevision", "app-r00001")
    metadata = revision["metadata"]
    assert metadata["labels"][names.REVISION_HASH] == revision_hash(defined.rgd()["spec"])
    assert metadata["ownerReferences"][0]["uid"] == defined.rgd()["metadata"]["uid"]
    assert metadata["finalizers"] == [names.FINALIZER]
    assert names.COMPILED in metadata["annotations"]
    assert revision["spec"]["snapshot"]["spec"] == defined.rgd()["spec"]
    verdict = {item["type"]: item["reason"] for item in revision["status"]["conditions"]}
    assert verdict == {"GraphVerified": "Verified", "Ready": "Ready"}


def test_looking_again_writes_nothing(defined: Definitions) -> None:
    assert defined.run() == Converged()
    assert defined.api.writes == 0
    assert defined.api.reads == 3


@pytest.mark.difference("55")
def test_a_compatible_change_takes_one_status_write_and_never_shows_doubt(defined: Definitions) -> None:
    start = len(defined.api.history)
    defined.define(x="string", y="integer")
    defined.run()
    assert (defined.active, defined.revisions, sorted(defined.fields)) == ("2", [1, 2], ["x", "y"])
    assert [verb for verb, kind, _ in defined.api.log if kind == RGD and verb != "GET"] == ["REPLACE"]
    shown = [obj for what, obj in defined.api.history[start:] if obj["kind"] == RGD]
    assert all(item["status"] == "True" for obj in shown for item in obj["status"]["conditions"])


def test_schema_and_active_revision_change_in_one_request(defined: Definitions) -> None:
    start = len(defined.api.history)
    defined.define(x="string", y="integer")
    defined.run()
    crds = [obj for _, obj in defined.api.history[start:] if obj["kind"] == CRD]
    assert len(crds) == 1


def test_returning_to_an_older_spec_is_a_new_revision(defined: Definitions) -> None:
    defined.define(x="string", y="integer")
    defined.run()
    defined.api.edit(RGD, "app", {"metadata": {"annotations": {names.ALLOW_BREAKING_CHANGES: "true"}}})
    defined.define(x="string")
    defined.run()
    assert (defined.active, defined.revisions) == ("3", [1, 2, 3])


@pytest.mark.feature(107)
def test_a_broken_definition_changes_nothing_but_its_status(defined: Definitions) -> None:
    defined.define(resources=[{"id": "a", "bad": "nothing"}])
    outcome = defined.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == 3.0
    status, reason, message = defined.condition("GraphAccepted")
    assert (status, reason) == ("False", "InvalidResourceGraph")
    assert "references unknown identifiers: [nothing]" in message
    assert "node a" in message
    assert defined.rgd()["status"]["state"] == "Inactive"
    assert "topologicalOrder" not in defined.rgd()["status"]
    assert (defined.active, defined.revisions) == ("1", [1])
    kind = next(item for item in defined.rgd()["status"]["conditions"] if item["type"] == "KindReady")
    assert (kind["status"], kind["observedGeneration"]) == ("True", 1)


def test_a_new_broken_definition_has_no_revision_number() -> None:
    world = Definitions()
    world.define(resources=[{"id": "a", "bad": "nothing"}])
    world.run()
    assert "lastIssuedRevision" not in world.rgd()["status"]
    assert world.condition("KindReady")[0] == "Unknown"
    assert world.api.all(CRD) == []


@pytest.mark.difference("30")
@pytest.mark.feature(110)
def test_a_refused_breaking_change_leaves_instances_on_the_accepted_graph(defined: Definitions) -> None:
    defined.define(z="integer")
    assert isinstance(defined.run(), Failed)
    status, reason, message = defined.condition("KindReady")
    assert (status, reason) == ("False", "Failed")
    assert message.startswith("cannot update CRD apps.kro.run: breaking changes detected: ")
    assert "spec.x" in message
    assert (defined.active, defined.revisions, sorted(defined.fields)) == ("1", [1, 2], ["x"])
    assert defined.rgd()["status"]["state"] == "Inactive"
    before = defined.api.revision
    defined.run()
    assert defined.api.revision == before, "same state, same text, no write"


def test_an_allowed_breaking_change_goes_through(defined: Definitions) -> None:
    defined.api.edit(RGD, "app", {"metadata": {"annotations": {names.ALLOW_BREAKING_CHANGES: "true"}}})
    defined.define(z="integer")
    assert defined.run() == Converged()
    assert (defined.active, sorted(defined.fields)) == ("2", ["z"])


def test_a_field_that_becomes_immutable_is_applied_and_told(defined: Definitions) -> None:
    defined.define(x="string!")
    assert defined.run() == Converged()
    assert "x-kubernetes-validations" in defined.fields["x"]
    (event,) = defined.api.events
    assert (event.type, event.reason) == ("Warning", "ChangesRestricted")
    assert "spec.x: Field became immutable" in event.message
    defined.run()
    defined.define(x="string")
    assert defined.run() == Converged()
    assert len(defined.api.events) == 1, "told once, and not when it is taken back"


@pytest.mark.feature(112)
@pytest.mark.parametrize(
    "edit",
    [
        {"spec": {"versions": None}},
        {"spec": {"names": {"shortNames": ["ap"]}}},
        {"metadata": {"labels": {names.RGD_ID: "another"}}},
        {"metadata": {"annotations": {names.ACTIVE_REVISION: None}}},
    ],
)
def test_a_hand_made_change_of_the_crd_is_restored(defined: Definitions, edit: Any) -> None:
    good = defined.crd
    if "spec" in edit:
        versions = [dict(good["spec"]["versions"][0], additionalPrinterColumns=[])]
        edit = {"spec": {**edit["spec"], "versions": versions}}
    defined.api.edit(CRD, "apps.kro.run", edit)
    assert defined.run() == Converged()
    restored = defined.crd
    assert restored["metadata"]["labels"] == good["metadata"]["labels"]
    assert restored["metadata"]["annotations"] == good["metadata"]["annotations"]
    assert restored["spec"]["versions"] == good["spec"]["versions"]
    assert not restored["spec"]["names"].get("shortNames")


@pytest.mark.difference("35")
def test_a_finalizer_of_a_definition_removed_by_hand_comes_back(defined: Definitions) -> None:
    defined.api.edit(RGD, "app", {"metadata": {"finalizers": None}})
    assert defined.run() == Converged()
    assert defined.rgd()["metadata"]["finalizers"] == [names.FINALIZER]


@pytest.mark.difference("48")
def test_drift_whose_repair_looks_breaking_is_repaired(defined: Definitions) -> None:
    version = dict(defined.crd["spec"]["versions"][0])
    properties = {"spec": {"type": "object", "properties": {"x": {"type": "string"}, "extra": {"type": "string"}}}}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    defined.api.edit(CRD, "apps.kro.run", {"spec": {"versions": [version]}})
    assert defined.run() == Converged()
    assert sorted(defined.fields) == ["x"]


@pytest.mark.difference("47")
@pytest.mark.feature(7)
def test_printer_columns_alone_reach_the_crd(defined: Definitions) -> None:
    columns = [{"name": "X", "type": "string", "jsonPath": ".spec.x"}]
    defined.api.edit(RGD, "app", {"spec": {"schema": {"additionalPrinterColumns": columns}}})
    assert defined.run() == Converged()
    assert defined.crd["spec"]["versions"][0]["additionalPrinterColumns"] == columns


@pytest.mark.feature(111)
@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({}, "CRD already exists and is not owned by KRO"),
        ({names.OWNED: "false"}, "CRD already exists and is not owned by KRO"),
        ({names.OWNED: "true", names.RGD_NAME: "other"}, "CRD is owned by another ResourceGraphDefinition other"),
    ],
)
def test_a_foreign_crd_is_left_alone(labels: Any, text: str) -> None:
    world = Definitions()
    world.define("other", x="string")
    world.define()
    body = compile_fake(world.rgd(), None).crd
    world.api.create({**body, "metadata": {"name": "apps.kro.run", "labels": labels}, "status": ESTABLISHED})
    before = world.crd
    assert isinstance(world.run(), Failed)
    assert world.condition("KindReady") == ("False", "Failed", f"failed to update CRD apps.kro.run: {text}")
    assert world.condition("ControllerReady")[0] == "Unknown"
    assert world.crd == before


@pytest.mark.difference("33")
def test_the_crd_of_a_dead_definition_is_taken_over(defined: Definitions) -> None:
    defined.define("second", x="string", y="string")
    assert isinstance(defined.run("second"), Failed)
    defined.api.delete(RGD, "app")
    assert defined.run("app") == Converged(gone=True)
    assert defined.run("second") == Converged()
    assert defined.crd["metadata"]["labels"][names.RGD_NAME] == "second"
    assert sorted(defined.fields) == ["x", "y"]


@pytest.mark.difference("47")
def test_a_recreated_definition_starts_at_one_and_takes_its_crd_along(defined: Definitions) -> None:
    defined.define(x="string", y="string")
    defined.run()
    defined.api.delete(RGD, "app")
    defined.run()
    for name in ("app-r00001", "app-r00002"):
        defined.api.delete("GraphRevision", name)
    defined.run()
    assert defined.revisions == []
    defined.define(x="string", y="string")
    assert defined.run() == Converged()
    assert (defined.active, defined.revisions) == ("1", [1])
    assert defined.crd["metadata"]["labels"][names.RGD_ID] == defined.rgd()["metadata"]["uid"]


@pytest.mark.feature(106)
def test_orphaned_revisions_are_adopted_and_continued(defined: Definitions) -> None:
    defined.api.delete(RGD, "app")
    defined.run()
    defined.define(x="string", y="string")
    defined.run()
    assert defined.revisions == [1, 2]
    owners = {item["metadata"]["ownerReferences"][0]["uid"] for item in defined.api.all("GraphRevision")}
    assert owners == {defined.rgd()["metadata"]["uid"]}


@pytest.mark.feature(104)
def test_a_deleted_latest_revision_is_issued_again_under_a_new_number(defined: Definitions) -> None:
    defined.api.delete("GraphRevision", "app-r00001")
    assert defined.run() == Converged()
    assert (defined.active, defined.revisions, defined.rgd()["status"]["lastIssuedRevision"]) == ("2", [2], 2)


@pytest.mark.feature(105)
def test_retention_keeps_the_newest(defined: Definitions) -> None:
    defined.options = DefinitionOptions(max_revisions=2)
    defined.api.edit(RGD, "app", {"metadata": {"annotations": {names.ALLOW_BREAKING_CHANGES: "true"}}})
    for number in range(2, 6):
        defined.define(**{f"f{number}": "string"})
        assert defined.run() == Converged()
    assert defined.revisions == [4, 5]


def test_retention_never_takes_the_served_revision(defined: Definitions) -> None:
    defined.options = DefinitionOptions(max_revisions=1)
    for number in range(2, 4):
        defined.define(**{f"f{number}": "string"})
        assert isinstance(defined.run(), Failed)
    assert 1 in defined.revisions
    assert defined.active == "1"


@pytest.mark.difference("41")
def test_a_revision_that_cannot_be_stored_is_not_the_graphs_fault() -> None:
    world = Definitions()
    world.define()
    world.api.refuse = lambda effect: (
        Refused(422, "Invalid", "must be no more than 63 bytes") if type(effect).__name__ == "Create" else None
    )
    assert isinstance(world.run(), Failed)
    assert world.condition("GraphAccepted")[0] == "True"
    status, reason, message = world.condition("GraphRevisionsResolved")
    assert (status, reason) == ("False", "Failed")
    assert message == 'creating graph revision "app-r00001": must be no more than 63 bytes'


def test_waiting_for_establishment_does_not_block() -> None:
    world = Definitions(established=False)
    world.define()
    assert world.run() == Waiting(("CRD apps.kro.run to be established",), 3.0, backs_off=True)
    world.established = True
    assert world.run() == Converged()
    assert world.revisions == [1]


@pytest.mark.difference("31")
def test_a_crd_deleted_by_hand_is_told_and_made_again(defined: Definitions) -> None:
    defined.api.edit(CRD, "apps.kro.run", {"metadata": {"finalizers": ["customresourcecleanup.apiextensions.k8s.io"]}})
    defined.api.delete(CRD, "apps.kro.run")
    assert isinstance(defined.run(), Waiting)
    assert "is being deleted" in defined.condition("KindReady")[2]
    assert [event.reason for event in defined.api.events] == ["CRDDeleted"]
    defined.api.edit(CRD, "apps.kro.run", {"metadata": {"finalizers": None}})
    assert defined.run() == Converged()
    assert defined.active == "1"


@pytest.mark.difference("49")
@pytest.mark.feature(113)
@pytest.mark.parametrize("allowed", [False, True])
def test_deletion_of_a_definition(defined: Definitions, allowed: bool) -> None:
    defined.options = DefinitionOptions(allow_crd_deletion=allowed)
    defined.api.edit(CRD, "apps.kro.run", {"metadata": {"finalizers": ["customresourcecleanup.apiextensions.k8s.io"]}})
    defined.api.delete(RGD, "app")
    outcome = defined.run()
    if not allowed:
        assert outcome == Converged(gone=True)
        assert "deletionTimestamp" not in defined.crd["metadata"]
        return
    assert outcome == Waiting(("CRD apps.kro.run and its instances to be gone",))
    assert defined.api.find(RGD, "app"), "the definition stays until its instances are gone"
    defined.api.edit(CRD, "apps.kro.run", {"metadata": {"finalizers": None}})
    assert defined.run() == Converged(gone=True)
    assert defined.api.find(RGD, "app") is None


def test_a_stale_invocation_never_lowers_the_active_revision(defined: Definitions) -> None:
    run = converge_definition(DefinitionRequest("app"), compile_fake, defined.now, defined.options)
    results = [defined.api.perform(effect) for effect in next(run)]
    defined.define(x="string", y="string")
    defined.run()
    assert defined.active == "2"
    assert drive(run, defined.api, results) == Converged()
    assert (defined.active, sorted(defined.fields), defined.revisions) == ("2", ["x", "y"], [1, 2])


@pytest.mark.parametrize("forced", [False, True], ids=["in order", "finalizer torn away"])
def test_the_crd_of_a_deleted_definition_says_that_it_serves_nothing(defined: Definitions, forced: bool) -> None:
    uid = defined.rgd()["metadata"]["uid"]
    if forced:
        defined.api.edit(RGD, "app", {"metadata": {"finalizers": None}})
    defined.api.delete(RGD, "app")
    assert defined.run() == Converged(gone=True)
    assert defined.active == str(names.NO_REVISION)
    assert defined.crd["metadata"]["labels"][names.RGD_ID] == uid
    before = len(defined.api.history)
    assert defined.run() == Converged(gone=True)
    assert len(defined.api.history) == before


@pytest.mark.parametrize("known", [True, False], ids=["known", "never told"])
def test_a_namesake_that_is_refused_leaves_the_kind_unserved_and_serves_it_once_it_is_accepted(known: bool) -> None:
    world = Definitions()
    world.define(x="string", y="string")
    world.run()
    world.api.edit(RGD, "app", {"metadata": {"finalizers": None}})
    world.api.delete(RGD, "app")
    if known:
        world.run()
    for name in [item["metadata"]["name"] for item in world.api.all("GraphRevision")]:
        world.api.edit("GraphRevision", name, {"metadata": {"finalizers": None}})
        world.api.delete("GraphRevision", name)
    world.define(x="string")
    world.run()
    assert world.condition("KindReady")[:2] == ("False", "Failed")
    assert "breaking" in world.condition("KindReady")[2]
    assert world.active == str(names.NO_REVISION)
    assert sorted(world.fields) == ["x", "y"]
    world.define(x="string", y="string", z="string")
    world.run()
    assert world.condition("KindReady")[0] == "True"
    assert world.active == str(max(world.revisions))
    assert world.crd["metadata"]["labels"][names.RGD_ID] == world.rgd()["metadata"]["uid"]


def test_a_crd_that_cannot_be_changed_keeps_the_definition_until_it_can(defined: Definitions) -> None:
    refusal = Refused(403, "Forbidden", "no")
    defined.api.refuse = lambda effect: refusal if isinstance(effect, Patch) and effect.resource.kind == CRD else None
    defined.api.delete(RGD, "app")
    outcome = defined.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after
    assert defined.rgd()
    defined.api.refuse = lambda effect: None
    assert defined.run() == Converged(gone=True)
