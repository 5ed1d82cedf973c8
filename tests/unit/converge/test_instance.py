"""One instance: what a run does and what the status says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import InstanceRequest, converge_instance
from graphcore.converge.effects import Apply, Converged, Failed, Refused, Waiting
from graphcore.converge.metadata import applyset_id
from graphcore.converge.references import recorded
from graphcore.converge.safety.attempt import Options
from graphcore.converge.safety.mark import read_mark
from tests.support.graphs import APP, CLUSTER_APP, CONFIG_MAP, DEPLOYMENT, NAMESPACE, SECRET, graph, node
from tests.support.memory import drive, plan
from tests.support.worlds import World


def ready(scope: Any) -> Any:
    return scope["web"]["status"]["ready"]


def world_of(*nodes: Any, spec: Any = None, **rest: Any) -> World:
    world = World(graph(*nodes, **rest))
    world.instance(spec=spec)
    return world


def data(value: Any) -> dict[str, Any]:
    return {"data.v": value}


def spec(name: str) -> Any:
    return lambda s: s["schema"]["spec"][name]


# What a managed instance and its children look like


@pytest.mark.difference("A")
@pytest.mark.feature(83, 84, 85, 92)
def test_a_new_instance_is_managed_like_kros() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    metadata = world.demo()["metadata"]
    assert metadata["finalizers"] == [names.FINALIZER]
    assert metadata["labels"] == {
        names.OWNED: "true",
        names.KRO_VERSION: "devel",
        names.RGD_ID: "rgd-uid",
        names.RGD_NAME: "app",
        names.APPLYSET_ID: applyset_id(world.demo()),
    }
    notes = metadata["annotations"]
    assert notes[names.APPLYSET_TOOLING] == "kro/devel"
    assert notes[names.APPLYSET_GROUP_KINDS] == "ConfigMap"
    assert notes[names.APPLYSET_NAMESPACES] == ""
    mark = read_mark(world.demo())
    assert (mark.revision, mark.fence, mark.pruning) == (1, 1, frozenset())
    owner = {entry["manager"] for entry in metadata["managedFields"]}
    assert owner == {"user", names.MANAGER_LABELLER, names.MANAGER}


@pytest.mark.feature(25, 97, 98)
def test_status_of_a_converged_instance() -> None:
    world = world_of(node("config", fields=data(spec("v"))), spec={"v": "x"}, status={"seen": lambda s: s["config"]["data"]["v"]})
    world.run()
    status = world.demo()["status"]
    assert (status["state"], status["seen"]) == ("ACTIVE", "x")
    assert [item["type"] for item in status["conditions"]] == ["InstanceManaged", "GraphResolved", "ResourcesReady", "Ready"]
    reasons = {item["type"]: (item["reason"], item["message"]) for item in status["conditions"]}
    assert reasons == {
        "InstanceManaged": ("Managed", "instance is properly managed with finalizers and labels"),
        "GraphResolved": ("Resolved", "runtime graph created and all resources resolved"),
        "ResourcesReady": ("AllResourcesReady", "all resources are created and ready"),
        "Ready": ("Ready", ""),
    }


@pytest.mark.feature(9, 28)
def test_a_definition_without_resources_is_active_at_once() -> None:
    world = world_of(status={"n": lambda s: s["schema"]["metadata"]["name"]})
    assert world.run() == Converged()
    assert world.demo()["status"]["n"] == "demo"
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == ""
    world.run()
    assert world.counts == (1, 0)


def test_the_dry_driver_writes_nothing() -> None:

    world = world_of(node("config", fields=data("1")))
    before = world.api.revision
    intended, outcome = plan(converge_instance(InstanceRequest(APP, "demo", "default"), world.now), world.api)
    assert (outcome, world.api.revision) == (Converged(), before)
    assert [type(effect).__name__ for effect in intended] == ["Apply", "Apply", "Replace"]


# Waves and gates


@pytest.mark.feature(67, 69)
def test_ready_when_gates_dependents_and_names_the_blocking_node() -> None:
    world = world_of(node("web", DEPLOYMENT, ready=ready), node("config", after=["web"], fields=data("1")), node("last", after=["config"]))
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after is None
    assert world.api.all("ConfigMap") == []
    condition = world.condition("ResourcesReady")
    assert condition["reason"] == "NotReady"
    assert condition["message"].startswith('waiting for node "web":')
    assert "(waiting for readiness)" in condition["message"]
    assert world.demo()["status"]["state"] == "IN_PROGRESS"
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == "Deployment.apps", "nothing is recorded before its time"
    world.api.edit("Deployment", "demo-web", {"status": {"ready": True}}, "kubelet", "status")
    assert world.run() == Converged()
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == "ConfigMap,Deployment.apps"


@pytest.mark.feature(70)
def test_data_pending_is_not_an_error() -> None:
    world = world_of(node("web", DEPLOYMENT), node("config", after=["web"], fields=data(lambda s: s["web"]["status"]["replicas"])))
    assert isinstance(world.run(), Waiting)
    message = world.condition("ResourcesReady")["message"]
    assert message.startswith('waiting for unresolved resource: gvr "/v1, Resource=configmaps": node "config":')
    assert message.endswith("no such key: status (data pending)")
    assert world.demo()["status"]["state"] == "IN_PROGRESS"


@pytest.mark.difference("46")
def test_a_fatal_error_stops_its_node_and_dependents_only() -> None:
    world = world_of(
        node("bad", fields=data(lambda s: 1 // 0)),
        node("after", after=["bad"]),
        node("fine", fields=data("1")),
        node("also", after=["fine"]),
    )
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.problems[0].node == "bad"
    assert sorted(item["metadata"]["name"] for item in world.api.all("ConfigMap")) == ["demo-also", "demo-fine"]
    assert world.condition("ResourcesReady")["message"] == 'resource reconciliation failed: node "bad": eval "bad:data.v": division by zero'
    assert world.demo()["status"]["state"] == "ERROR"


@pytest.mark.feature(71, 73)
def test_include_when_is_contagious_and_prunes() -> None:
    world = world_of(
        node("a", include=spec("on"), fields=data("1")), node("b", SECRET, after=["a"]), node("c", fields=data("1")), spec={"on": True}
    )
    assert world.run() == Converged()
    assert world.api.find("Secret", "demo-b")
    world.api.edit("App", "demo", {"spec": {"on": False}})
    assert world.run() == Converged()
    assert world.api.all("Secret") == []
    assert [item["metadata"]["name"] for item in world.api.all("ConfigMap")] == ["demo-c"]
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == "ConfigMap"
    assert world.run() == Converged()
    assert world.counts == (2, 0)


@pytest.mark.feature(72)
def test_include_when_may_read_resources_once_they_are_ready() -> None:
    world = world_of(
        node("web", DEPLOYMENT, ready=ready),
        node("extra", include=lambda s: s["web"]["status"]["wanted"], include_after=["web"], fields=data("1")),
    )
    world.run()
    assert world.api.all("ConfigMap") == []
    world.api.edit("Deployment", "demo-web", {"status": {"ready": True, "wanted": True}}, "kubelet", "status")
    assert world.run() == Converged()
    assert world.api.find("ConfigMap", "demo-extra")


@pytest.mark.difference("28")
@pytest.mark.feature(87)
def test_two_nodes_rendering_one_object_are_both_refused() -> None:
    world = world_of(node("a", name="same", fields=data("a")), node("b", name="same", fields=data("b")), node("c", fields=data("c")))
    assert isinstance(world.run(), Failed)
    message = world.condition("ResourcesReady")["message"]
    assert 'resources "a" and "b" both render ConfigMap default/same' in message
    assert [item["metadata"]["name"] for item in world.api.all("ConfigMap")] == ["demo-c"]
    assert world.demo()["status"]["state"] == "ERROR"


@pytest.mark.feature(74, 78, 79)
def test_a_collection_gives_items_in_order_and_prunes_what_left_the_list() -> None:
    items = node("items", each={"n": spec("names")}, name=lambda s: f"item-{s['n']}", fields=data(lambda s: s["n"]))
    world = world_of(
        items, node("all", after=["items"], fields=data(lambda s: ",".join(i["data"]["v"] for i in s["items"]))), spec={"names": ["b", "a"]}
    )
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-all")["data"] == {"v": "b,a"}
    labels = world.api.get("ConfigMap", "item-a")["metadata"]["labels"]
    assert (labels[names.COLLECTION_INDEX], labels[names.COLLECTION_SIZE], labels[names.NODE_ID]) == ("1", "2", "items")
    world.api.edit("App", "demo", {"spec": {"names": ["a", "c"]}})
    assert world.run() == Converged()
    assert sorted(i["metadata"]["name"] for i in world.api.all("ConfigMap")) == ["demo-all", "item-a", "item-c"]
    assert world.api.get("ConfigMap", "demo-all")["data"] == {"v": "a,c"}
    world.api.edit("App", "demo", {"spec": {"names": []}})
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-all")["data"] == {"v": ""}, "an emptied collection is empty for its dependents in the same run"


@pytest.mark.difference("52")
@pytest.mark.feature(65)
def test_items_in_other_namespaces_are_recorded_and_read_there() -> None:
    world = world_of(node("items", each={"n": ["x", "y"]}, namespace=lambda s: s["n"], fields=data("1")))
    assert world.run() == Converged()
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_NAMESPACES] == "x,y"
    world.run()
    assert world.counts == (3, 0)
    world.api.delete("ConfigMap", "demo-items")
    assert world.run() == Converged()
    assert len(world.api.all("ConfigMap")) == 2


@pytest.mark.feature(5, 66)
def test_a_cluster_scoped_instance() -> None:
    world = World(graph(node("ns", NAMESPACE), node("c", namespace="apart", fields=data("1")), instance=CLUSTER_APP))
    world.instance()
    assert world.run() == Converged()
    notes = world.demo()["metadata"]["annotations"]
    assert (notes[names.APPLYSET_GROUP_KINDS], notes[names.APPLYSET_NAMESPACES]) == ("ConfigMap,Namespace", "apart")
    assert names.INSTANCE_NAMESPACE not in world.api.get("ConfigMap", "demo-c")["metadata"]["labels"]
    world.run()
    assert world.counts == (3, 0)
    world.api.delete("ClusterApp", "demo")
    assert world.run() == Converged(gone=True)
    assert world.api.all("Namespace") == []


# Writing only differences


@pytest.mark.feature(90)
@pytest.mark.parametrize("manager", ["kubectl-edit", "kro.run/other"])
def test_whoever_changes_a_value_is_corrected(manager: str) -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    world.api.edit("ConfigMap", "demo-config", {"data": {"v": "2", "theirs": "x"}}, manager)
    world.run()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "1", "theirs": "x"}


def test_a_new_release_writes_nothing() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    world.options = Options(version_label="v9")
    world.run()
    assert world.counts == (2, 0)


def test_fields_that_leave_the_template_leave_the_object() -> None:
    world = world_of(node("config", fields={"data.a": "1", "data.b": "2"}))
    world.run()
    world.activate(graph(node("config", fields={"data.a": "1"})), 2)
    assert world.run(revision=2) == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"a": "1"}
    assert read_mark(world.demo()).revision == 2


def test_copied_instance_labels_render_the_same_before_and_after_the_first_touch() -> None:
    def copied(s: Any) -> str:
        return ",".join(sorted(s["schema"]["metadata"]["labels"]))

    world = world_of(node("config", fields=data(copied)), node("later", after=["config"], fields=data(copied)))
    world.run()
    world.run()
    assert world.counts == (2, 0)


# Revisions


def test_nobody_acts_below_the_recorded_revision() -> None:
    old, new = graph(node("config", fields=data("old"))), graph(node("config", fields=data("new")))
    world = World(old)
    world.instance()
    world.activate(new, 2)
    world.run(revision=2)
    world.api.graphs[("app", 1)] = (old, "rgd-uid")
    world.run(revision=1)
    assert world.counts == (2, 0)
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "new"}


def test_a_retired_revision_is_replaced_by_the_active_one() -> None:
    world = World(graph(node("config", fields=data("1"))))
    world.instance()
    world.run()
    world.activate(graph(node("config", fields=data("9"))), 9)
    del world.api.graphs[("app", 1)]
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "9"}


def test_a_recreated_definition_starts_over_and_takes_its_instances_along() -> None:
    world = World(graph(node("config", fields=data("1"))))
    world.activate(world.graph, 7)
    world.instance()
    world.run()
    assert read_mark(world.demo()).revision == 7
    world.api.graphs.clear()
    world.activate(graph(node("config", fields=data("2"))), 1, uid="second-life")
    assert world.run() == Converged()
    assert read_mark(world.demo()).revision == 1
    assert world.demo()["metadata"]["labels"][names.RGD_ID] == "second-life"


def test_without_an_active_revision_the_instance_waits_for_one() -> None:
    world = world_of(node("config", fields=data("1")))
    world.api.edit("CustomResourceDefinition", "apps.kro.run", {"metadata": {"annotations": None}})
    assert isinstance(world.run(), Waiting)
    assert world.condition("GraphResolved")["reason"] == "ResolutionFailed"
    assert world.demo()["status"]["state"] == "ERROR"
    assert "finalizers" not in world.demo()["metadata"]


def retired(world: World) -> None:
    """As the definition function leaves it."""
    world.api.edit(names.CRD_KIND, "apps.kro.run", {"metadata": {"annotations": {names.ACTIVE_REVISION: str(names.NO_REVISION)}}})


def torn_away(world: World) -> None:
    """Definition and revisions are gone, and nobody has said so on the CRD."""
    world.api.graphs.clear()


def made_again(world: World) -> None:
    """A namesake has a revision of the same number, which has not been accepted."""
    world.api.graphs[("app", 1)] = (graph(node("other", fields=data("theirs"))), "another-uid")


WARM, COLD = {"revision": 1}, {"revision": None}


@pytest.mark.difference("71")
@pytest.mark.parametrize("known", [WARM, COLD, {"revision": None, "definition_uid": "unsettled"}], ids=["warm", "cold", "told"])
@pytest.mark.parametrize("gone", [retired, torn_away, made_again])
def test_an_instance_whose_definition_is_gone_is_not_served_says_so_and_can_be_deleted(
    gone: Callable[[World], None], known: dict[str, Any]
) -> None:
    ref = node("ref", CONFIG_MAP, "shared", external=True)
    world = world_of(node("config", fields=data(spec("v"))), ref, spec={"v": "1"})
    world.run()
    gone(world)

    def run(name: str, **told: Any) -> Any:
        request = InstanceRequest(world.graph.instance, name, "default", definition="app" if told.get("revision") else None, **told)
        return drive(converge_instance(request, world.now, world.options), world.api)

    # Whoever was told first, as all are, from then on everybody else finds the same.
    run("demo", revision=None, definition_uid="unsettled")
    world.api.edit("App", "demo", {"spec": {"v": "2"}})
    world.instance("fresh", spec={"v": "3"})
    for name in ("demo", "fresh"):
        assert isinstance(run(name, **known), Waiting)
        assert world.condition(names.GRAPH_RESOLVED, name)["reason"] == "ResolutionFailed"
        assert "can be deleted" in world.condition(names.READY, name)["message"]
        assert world.demo(name)["status"]["state"] == "ERROR"
        assert world.condition(names.READY, name)["observedGeneration"] == world.demo(name)["metadata"]["generation"]
        before = len(world.api.history)
        run(name, **known)
        assert len(world.api.history) == before
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "1"}
    assert world.api.find("ConfigMap", "fresh-config") is None
    assert read_mark(world.demo()).revision is None
    assert recorded(world.demo()) == ()
    assert not [key for key in world.demo()["metadata"]["labels"] if key.startswith(names.REFERS_PREFIX)]
    for name in ("demo", "fresh"):
        world.api.delete("App", name)
        run(name, **known)
        assert world.api.find("App", name) is None
    assert world.api.find("ConfigMap", "demo-config") is None


def test_an_instance_goes_on_when_a_definition_of_that_name_is_accepted() -> None:
    world = world_of(node("config", fields=data(spec("v"))), spec={"v": "1"})
    world.run()
    retired(world)
    request = InstanceRequest(world.graph.instance, "demo", "default", definition_uid="unsettled")
    drive(converge_instance(request, world.now, world.options), world.api)
    world.activate(graph(node("config", fields=data("again"))), 1, uid="second")
    assert world.run() == Converged()
    assert world.demo()["status"]["state"] == "ACTIVE"
    assert world.demo()["metadata"]["labels"][names.RGD_ID] == "second"
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "again"}


@pytest.mark.difference("51")
def test_while_a_newer_revision_is_not_accepted_yet_the_newest_accepted_one_serves() -> None:
    world = world_of(node("config", fields=data(spec("v"))), spec={"v": "1"})
    world.run()
    world.api.graphs[("app", 2)] = (graph(node("config", fields=data("new"))), "rgd-uid")
    world.api.edit("App", "demo", {"spec": {"v": "2"}})
    assert world.run() == Converged()
    assert (world.demo()["status"]["state"], read_mark(world.demo()).revision) == ("ACTIVE", 1)
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "2"}


# Taking over from kro


def test_an_instance_made_by_kro_costs_one_write_once() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    kept = {key: value for key, value in world.demo()["metadata"]["annotations"].items() if not key.startswith("krofn.")}
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: None}}}, "kro")
    world.api.edit("ConfigMap", "demo-config", {"metadata": {"annotations": {names.APPLIED: None}}}, "kro")
    assert world.run() == Converged()
    assert world.counts[1] == 1
    assert {key: value for key, value in world.demo()["metadata"]["annotations"].items() if not key.startswith("krofn.")} == kept
    world.run()
    assert world.counts == (2, 0)


def test_kinds_that_only_the_annotations_know_are_looked_up() -> None:
    world = world_of(node("config", fields=data("1")), node("gone", SECRET))
    world.run()
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: None}}}, "kro")
    world.activate(graph(node("config", fields=data("1"))), 2)
    assert world.run(revision=2) == Converged()
    assert world.api.all("Secret") == []


# Ownership of objects


def foreign(world: World, **labels: str) -> dict[str, Any]:
    metadata = {"name": "demo-config", "namespace": "default", "labels": labels}
    return world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"theirs": "x"}})


@pytest.mark.difference("54")
def test_what_nobody_owns_is_adopted_and_told() -> None:
    world = world_of(node("config", fields=data("1")))
    foreign(world)
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"theirs": "x", "v": "1"}
    assert [(event.reason, event.type) for event in world.api.events] == [("Adopted", "Normal")]
    world.run()
    assert world.counts == (2, 0)


@pytest.mark.difference("53")
@pytest.mark.feature(86)
@pytest.mark.parametrize("each", [None, {"n": ["x"]}])
def test_what_belongs_to_another_applyset_is_reported(each: Any) -> None:
    world = world_of(node("config", fields=data("1"), each=each))
    before = foreign(world, **{names.APPLYSET_PART_OF: "applyset-other-v1"})
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == 3.0
    assert 'belongs to ApplySet "applyset-other-v1", cannot reassign' in world.condition("ResourcesReady")["message"]
    assert world.demo()["status"]["state"] == "ERROR"
    assert world.api.get("ConfigMap", "demo-config") == before


@pytest.mark.feature(91)
def test_a_child_that_is_going_is_waited_for() -> None:
    world = world_of(node("config", fields=data("1")), node("other", fields=data("1")))
    world.run()
    world.api.edit("ConfigMap", "demo-config", {"metadata": {"finalizers": ["x/y"]}})
    world.api.delete("ConfigMap", "demo-config")
    world.api.delete("ConfigMap", "demo-other")
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after is None
    condition = world.condition("ResourcesReady")
    assert condition["reason"] == "ResourceDeleting"
    assert 'resource "default/demo-config" for node "config" is currently being deleted' in condition["message"]
    assert "finalizers: x/y" in condition["message"]
    assert world.api.find("ConfigMap", "demo-other"), "independent nodes go on"


# What the API server refuses


@pytest.mark.feature(100)
def test_a_refused_apply_says_so_and_is_tried_again_ever_more_rarely() -> None:
    world = world_of(node("config", fields=data("1")), node("fine", fields=data("1")))
    refusal = Refused(403, "Forbidden", 'configmaps "demo-config" is forbidden: not wanted here')
    world.api.refuse = lambda effect: refusal if isinstance(effect, Apply) and effect.name == "demo-config" else None
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert (outcome.retry_after, outcome.prompt) == (3.0, True)
    told = 'node "config": ConfigMap default/demo-config: configmaps "demo-config" is forbidden: not wanted here'
    expected = f"resource reconciliation failed: apply results contain errors: {told}"
    assert world.condition("ResourcesReady")["message"] == expected
    assert world.api.find("ConfigMap", "demo-fine")
    for _ in range(20):
        outcome = world.run()
    assert isinstance(outcome, Failed)
    assert (outcome.retry_after, outcome.prompt) == (20.0, False)
    for _ in range(100):
        outcome = world.run()
    assert outcome.retry_after == 30.0
    world.options = Options(requeue_interval=40)
    assert world.run().retry_after == 40.0
    world.options = Options(requeue_interval=0)
    assert world.run().retry_after is None


@pytest.mark.feature(99)
def test_same_failure_same_text_no_write() -> None:
    world = world_of(node("config", fields=data(lambda s: 1 // 0)))
    world.run()
    world.run()
    assert world.counts[1] == 0


def test_children_that_may_not_be_listed_are_neither_applied_nor_pruned() -> None:
    world = world_of(node("config", fields=data("1")), node("secret", SECRET))
    world.run()
    world.api.refuse = lambda effect: (
        Refused(403, "Forbidden", "no list") if type(effect).__name__ == "List" and effect.resource == SECRET else None
    )
    world.activate(graph(node("secret", SECRET)), 2)
    assert isinstance(world.run(revision=2), Failed)
    assert world.api.find("ConfigMap", "demo-config")
    assert "listing secrets failed: no list" in world.condition("ResourcesReady")["message"]


# Management


@pytest.mark.difference("35")
@pytest.mark.parametrize("edit", [{"finalizers": None}, {"labels": {names.RGD_NAME: None}}, {"labels": None}])
def test_labels_and_finalizer_removed_by_hand_come_back(edit: Any) -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    if edit.get("labels", 0) is None:
        edit = {"labels": {key: None for key in world.demo()["metadata"]["labels"] if key != names.APPLYSET_ID}}
    before = world.demo()["metadata"]
    world.api.edit("App", "demo", {"metadata": edit})
    assert world.run() == Converged()
    after = world.demo()["metadata"]
    assert (after["finalizers"], after["labels"]) == (before["finalizers"], before["labels"])


@pytest.mark.difference("35", "36")
def test_a_finalizer_is_not_installed_over_an_inventory_that_cannot_be_right() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    world.api.edit("App", "demo", {"metadata": {"finalizers": None, "annotations": {names.APPLYSET_GROUP_KINDS: "Secret"}}})
    assert isinstance(world.run(), Failed)
    assert world.condition("InstanceManaged")["reason"] == "ManagementFailed"
    assert world.condition("Ready")["status"] == "False"
    assert {world.condition(kind)["status"] for kind in ("GraphResolved", "ResourcesReady")} == {"Unknown"}
    assert world.demo()["status"]["state"] == "ERROR"
    assert "finalizers" not in world.demo()["metadata"]


@pytest.mark.difference("40")
def test_a_name_too_long_for_a_label_is_one_clear_error() -> None:
    world = World(graph(node("config", fields=data("1"))))
    world.instance(name="a" * 64)
    assert isinstance(world.run("a" * 64), Failed)
    assert "has 64 characters; at most 63" in world.condition("ResourcesReady", "a" * 64)["message"]
    assert world.api.all("ConfigMap") == []


# Suspension


@pytest.mark.difference("50")
@pytest.mark.feature(96)
@pytest.mark.parametrize("value", ["suspended", "Disabled"])
def test_suspension_keeps_what_the_status_said(value: str) -> None:
    world = world_of(node("config", fields=data(spec("v"))), spec={"v": "1"}, status={"seen": lambda s: s["config"]["data"]["v"]})
    world.run()
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.RECONCILE: value}}, "spec": {"v": "2"}})
    assert world.run() == Converged()
    assert world.condition("ResourcesReady")["reason"] == "ReconciliationSuspended"
    assert world.condition("Ready")["status"] == "False"
    status = world.demo()["status"]
    assert (status["state"], status["seen"]) == ("ACTIVE", "1")
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "1"}
    world.run()
    assert world.counts == (1, 0)
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.RECONCILE: None}}})
    world.run()
    assert world.demo()["status"]["seen"] == "2"


@pytest.mark.difference("50")
def test_a_new_instance_that_is_suspended_is_in_progress() -> None:
    world = world_of(node("config", fields=data("1")))
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.RECONCILE: "suspended"}}})
    assert world.run() == Converged()
    assert world.demo()["status"]["state"] == "IN_PROGRESS"
    assert world.api.all("ConfigMap") == []


# Status and conditions


@pytest.mark.difference("45")
@pytest.mark.feature(29)
def test_a_status_field_that_fails_costs_only_itself() -> None:
    world = world_of(
        node("config", fields=data("1")), status={"good": lambda s: "yes", "bad": lambda s: 1 // 0, "later": lambda s: s["nothing"]}
    )
    assert isinstance(world.run(), Failed)
    status = world.demo()["status"]
    assert (status["good"], status["state"]) == ("yes", "ERROR")
    assert not {"bad", "later"} & status.keys()
    assert 'status field "bad"' in world.condition("ResourcesReady")["message"]


def test_foreign_status_fields_go_with_the_next_write() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    world.api.edit("App", "demo", {"status": {"theirs": 1}}, "user", "status")
    world.run()
    assert "theirs" not in world.demo()["status"]


def healthy(s: Any) -> Any:
    return {"type": "Healthy", "status": "True" if s["config"]["data"]["v"] == "1" else "False", "reason": "Checked", "message": ""}


@pytest.mark.feature(30)
def test_author_conditions_replace_the_built_in_ones() -> None:
    world = world_of(node("config", fields=data(spec("v"))), spec={"v": "1"}, conditions=[healthy])
    assert world.run() == Converged()
    stamp = world.condition("Healthy")["lastTransitionTime"]
    assert world.condition("Healthy") == {
        "type": "Healthy",
        "status": "True",
        "reason": "Checked",
        "lastTransitionTime": stamp,
        "observedGeneration": 1,
    }
    assert len(world.demo()["status"]["conditions"]) == 1
    world.api.edit("App", "demo", {"spec": {"v": "0"}})
    world.run()
    assert world.condition("Healthy")["status"] == "False"
    assert world.condition("Healthy")["lastTransitionTime"] > stamp
    assert world.demo()["status"]["state"] == "ACTIVE", "other author conditions do not count"


@pytest.mark.difference("42")
def test_an_authors_ready_that_is_not_true_is_not_active() -> None:
    world = world_of(node("config"), conditions=[lambda s: {"type": "Ready", "status": "False", "reason": "No", "message": "m"}])
    world.run()
    assert world.demo()["status"]["state"] == "IN_PROGRESS"


@pytest.mark.difference("38")
def test_a_pending_author_condition_keeps_its_previous_value_and_is_named() -> None:
    def condition(s: Any) -> Any:
        return {"type": "Up", "status": "True" if s["web"]["status"]["n"] else "False", "reason": "", "message": ""}

    world = world_of(node("web", DEPLOYMENT), conditions=[condition])
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert "no such key: status" in outcome.on[0]
    assert world.demo()["status"]["conditions"] == []
    world.api.edit("Deployment", "demo-web", {"status": {"n": 1}}, "kubelet", "status")
    world.run()
    world.api.edit("Deployment", "demo-web", {"status": {"n": None}}, "kubelet", "status")
    world.run()
    assert world.condition("Up")["status"] == "True"


@pytest.mark.feature(32, 33)
def test_duplicate_and_fatal_author_conditions_are_an_error_but_survivors_are_written() -> None:
    twice = {"type": "Twice", "status": "True", "reason": "", "message": ""}
    world = world_of(node("config", fields=data("1")), conditions=[lambda s: [twice, twice], lambda s: 1 // 0, healthy])
    assert isinstance(world.run(), Failed)
    assert [item["type"] for item in world.demo()["status"]["conditions"]] == ["Healthy"]
    assert world.demo()["status"]["state"] == "ERROR"


@pytest.mark.feature(116)
def test_condition_events_follow_the_feature_gate() -> None:
    world = world_of(node("config", fields=data("1")))
    world.options = replace(world.options, condition_events=True)
    world.run()
    told = {event.reason: (event.type, event.message) for event in world.api.events}
    assert told["Ready"] == ("Normal", "none -> True: Ready")
    world.api.events.clear()
    world.run()
    assert world.api.events == []


# External references


def reference(**rest: Any) -> Any:
    return node("ref", CONFIG_MAP, "shared", external=True, **rest)


def shared(world: World, name: str = "shared", namespace: str = "default", **values: str) -> None:
    metadata = {"name": name, "namespace": namespace, "labels": {"tier": "x"}}
    world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": values})


@pytest.mark.difference("B")
@pytest.mark.feature(80, 82)
def test_a_reference_is_recorded_before_it_is_read() -> None:
    world = world_of(reference(), node("config", after=["ref"], fields=data(lambda s: s["ref"]["data"]["k"])))
    outcome = world.run()
    assert outcome == Waiting(('waiting for external reference "ref": ConfigMap default/shared not found',))
    order = [(verb, kind, name) for verb, kind, name in world.api.log]
    assert order.index(("APPLY", "App", "demo")) < order.index(("GET", "ConfigMap", "shared"))
    notes = world.demo()["metadata"]
    assert notes["annotations"][names.REFERENCES] == '[["v1","ConfigMap","configmaps",true,"default","shared",""]]'
    assert notes["labels"][names.REFERS_PREFIX + "configmaps"] == "true"
    shared(world, k="v")
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "v"}
    world.run()
    assert world.counts == (1 + 1 + 1, 0), "an external reference adds one read"


@pytest.mark.feature(95)
def test_a_reference_is_never_written_or_deleted() -> None:
    world = world_of(reference())
    shared(world, k="v")
    before = world.api.get("ConfigMap", "shared")
    world.run()
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert world.api.get("ConfigMap", "shared") == before


def test_a_reference_that_changes_is_recorded_anew_and_the_old_one_forgotten() -> None:
    world = world_of(node("ref", CONFIG_MAP, spec("which"), external=True), spec={"which": "one"})
    shared(world, "one")
    shared(world, "two")
    world.run()
    world.api.edit("App", "demo", {"spec": {"which": "two"}})
    assert world.run() == Converged()
    assert world.demo()["metadata"]["annotations"][names.REFERENCES] == '[["v1","ConfigMap","configmaps",true,"default","two",""]]'


def test_references_that_go_leave_no_label() -> None:
    world = world_of(reference())
    shared(world)
    world.run()
    world.activate(graph(node("config", fields=data("1"))), 2)
    assert world.run(revision=2) == Converged()
    metadata = world.demo()["metadata"]
    assert names.REFERENCES not in metadata["annotations"]
    assert not [key for key in metadata["labels"] if key.startswith(names.REFERS_PREFIX)]


@pytest.mark.feature(81)
def test_a_selector_reference_reads_all_namespaces_and_is_ready_when_empty() -> None:
    many = node(
        "many",
        CONFIG_MAP,
        external=True,
        selector={"matchLabels": {"tier": "x"}},
        ready=lambda s: all(i["data"]["ok"] == "yes" for i in s["many"]),
    )
    world = world_of(many, node("config", after=["many"], fields=data(lambda s: str(len(s["many"])))))
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "0"}
    shared(world, "one", "elsewhere", ok="yes")
    shared(world, "two", ok="yes")
    assert world.run() == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "2"}


def test_a_selector_that_means_nothing_fails_its_node() -> None:
    bad = {"matchExpressions": [{"key": "a", "operator": "Nope"}]}
    world = world_of(node("many", CONFIG_MAP, external=True, selector=bad), node("config", fields=data("1")))
    assert isinstance(world.run(), Failed)
    assert "'Nope' is not a valid label selector operator" in world.condition("ResourcesReady")["message"]
    assert world.api.find("ConfigMap", "demo-config")


def test_an_event_of_another_life_of_the_definition_is_recognised_at_the_same_number() -> None:
    world = World(graph(node("config", fields=data("1"))))
    world.instance()
    world.run()
    world.activate(graph(node("config", fields=data("2"))), 1, uid="second-life")

    request = InstanceRequest(APP, "demo", "default", definition="app", revision=1, definition_uid="second-life")
    assert drive(converge_instance(request, world.now), world.api) == Converged()
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"v": "2"}
    assert world.demo()["metadata"]["labels"][names.RGD_ID] == "second-life"


def test_one_refused_item_does_not_stop_its_siblings() -> None:
    world = world_of(
        node("items", each={"n": ["mine", "config"]}, name=lambda s: f"demo-{s['n']}", fields=data(spec("v"))), spec={"v": "1"}
    )
    foreign(world, **{names.APPLYSET_PART_OF: "applyset-other-v1"})
    world.run()
    world.api.edit("App", "demo", {"spec": {"v": "2"}})
    assert isinstance(world.run(), Failed)
    assert world.api.get("ConfigMap", "demo-mine")["data"] == {"v": "2"}
    world.run()
    assert world.counts[1] == 0, "what is refused again leaves no trace"
