"""Deletion by inventory and waves, pruning, and children whose instance is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import converge_instance
from graphcore.converge.effects import Apply, Converged, Delete, Failed, Get, Refused, Waiting
from graphcore.converge.references import recorded
from graphcore.converge.safety.attempt import InstanceRequest, Member
from graphcore.converge.safety.mark import read_mark
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.memory import drive
from tests.support.worlds import World


def world_of(*nodes: Any, spec: Any = None, **rest: Any) -> World:
    world = World(graph(*nodes, **rest))
    world.instance(spec=spec)
    world.run()
    return world


def chain() -> World:
    return world_of(node("a"), node("b", SECRET, after=["a"]), node("c", DEPLOYMENT, after=["b"]), node("d", after=["c"]))


def hold(world: World, kind: str, name: str) -> None:
    world.api.edit(kind, name, {"metadata": {"finalizers": ["example.com/hold"]}})


def let_go(world: World, kind: str, name: str) -> None:
    world.api.edit(kind, name, {"metadata": {"finalizers": None}})


def deleted(world: World) -> list[str]:
    return [name for verb, _, name in world.api.log if verb == "DELETE"]


@pytest.mark.feature(93)
def test_dependents_go_first() -> None:
    world = chain()
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert deleted(world) == ["demo-d", "demo-c", "demo-b", "demo-a"]


def test_a_wave_waits_until_the_one_after_it_is_gone() -> None:
    world = chain()
    hold(world, "Deployment", "demo-c")
    world.api.delete("App", "demo")
    outcome = world.run()
    assert outcome == Waiting(("Deployment default/demo-c (finalizers: example.com/hold)",))
    assert deleted(world) == ["demo-d", "demo-c"]
    assert world.demo()["status"]["state"] == "DELETING"
    condition = world.condition("ResourcesReady")
    assert (condition["status"], condition["reason"]) == ("Unknown", "UnderDeletion")
    assert condition["message"] == "deleting resources: waiting for Deployment default/demo-c (finalizers: example.com/hold)"
    assert world.condition("InstanceManaged")["observedGeneration"] == world.demo()["metadata"]["generation"]
    assert world.run() == outcome
    assert world.counts[1] == 0, "what is going is not deleted again"
    let_go(world, "Deployment", "demo-c")
    assert world.run() == Converged(gone=True)
    assert deleted(world) == ["demo-b", "demo-a"]


@pytest.mark.difference("49")
@pytest.mark.feature(94)
def test_deletion_needs_no_definition() -> None:
    world = chain()
    world.api.graphs.clear()
    world.api.delete("CustomResourceDefinition", "apps.kro.run")
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert world.api.all("Secret") == []


def test_deletion_of_what_kro_made() -> None:
    world = chain()
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: None}}})
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert deleted(world) == ["demo-d", "demo-c", "demo-b", "demo-a"]


def test_suspension_does_not_stop_deletion() -> None:
    world = chain()
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.RECONCILE: "suspended"}}})
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (names.APPLYSET_GROUP_KINDS, "missing required applyset.kubernetes.io/contains-group-kinds annotation"),
        (names.APPLYSET_TOOLING, 'invalid applyset.kubernetes.io/tooling annotation: "" is not owned by kro'),
    ],
)
def test_deletion_never_guesses(annotation: str, text: str) -> None:
    world = chain()
    world.api.edit("App", "demo", {"metadata": {"annotations": {annotation: None}}})
    world.api.delete("App", "demo")
    assert isinstance(world.run(), Failed)
    assert world.condition("ResourcesReady")["message"] == f"deletion blocked: validate deletion inventory: {text}"
    assert len(world.api.all("ConfigMap")) == 2


def test_an_inventory_damaged_by_hand_is_not_repaired_by_guessing() -> None:
    world = chain()
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.APPLYSET_GROUP_KINDS: None}}})
    assert world.run() == Converged()
    assert names.APPLYSET_GROUP_KINDS not in world.demo()["metadata"]["annotations"]


@pytest.mark.difference("35")
def test_an_inventory_damaged_by_hand_is_put_right_with_the_next_edit_from_the_places_that_are_known() -> None:
    world = chain()
    before = world.demo()["metadata"]["annotations"]
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.APPLYSET_GROUP_KINDS: "Deployment.apps"}}})
    world.api.edit("App", "demo", {"spec": {"edited": "x"}})
    assert world.run() == Converged()
    assert world.demo()["metadata"]["annotations"] == before


@pytest.mark.difference("37")
def test_children_that_lost_their_label_are_left_and_named() -> None:
    world = chain()
    world.api.edit("Secret", "demo-b", {"metadata": {"labels": {names.APPLYSET_PART_OF: None}}})
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert world.api.find("Secret", "demo-b")
    assert [(event.reason, event.message.split(" no longer")[0]) for event in world.api.events] == [("LeftBehind", "Secret default/demo-b")]


@pytest.mark.difference("44")
def test_others_finalizers_are_theirs() -> None:
    world = chain()
    finalizers = [names.FINALIZER, "example.com/backup"]
    world.api.edit("App", "demo", {"metadata": {"finalizers": finalizers}})
    world.api.delete("App", "demo")
    assert isinstance(world.run(), Waiting)
    assert world.demo()["metadata"]["finalizers"] == ["example.com/backup"]
    assert world.demo()["status"]["state"] == "DELETING"
    assert "example.com/backup" in world.condition("ResourcesReady")["message"]
    assert world.run() == Converged()
    assert world.counts == (1, 0)


def test_author_conditions_stay_during_deletion() -> None:
    up = {"type": "Up", "status": "True", "reason": "R", "message": "m"}
    world = world_of(node("a"), conditions=[lambda s: up])
    before = world.condition("Up")
    hold(world, "ConfigMap", "demo-a")
    world.api.delete("App", "demo")
    world.run()
    assert [item["type"] for item in world.demo()["status"]["conditions"]] == ["ResourcesReady", "Up"]
    assert world.condition("Up") == before


def test_a_refused_delete_is_said_and_tried_again() -> None:
    world = chain()
    refusal = Refused(403, "Forbidden", "denied by policy")
    world.api.refuse = lambda effect: refusal if isinstance(effect, Delete) and effect.name == "demo-c" else None
    world.api.delete("App", "demo")
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == 3.0
    assert world.condition("ResourcesReady")["message"] == (
        'deletion blocked: node "c": deleting Deployment default/demo-c failed: denied by policy'
    )
    assert world.api.find("Secret", "demo-b")


# Pruning


def test_nothing_is_pruned_while_anything_is_unresolved_or_failed() -> None:
    world = world_of(node("a"), node("old"), node("fine"))
    world.activate(graph(node("a", fields={"data.v": lambda s: s["schema"]["spec"]["missing"]}), node("fine")), 2)
    world.run(revision=2)
    assert world.api.find("ConfigMap", "demo-old")
    assert world.api.find("ConfigMap", "demo-a")
    world.api.edit("App", "demo", {"spec": {"missing": "found"}})
    assert world.run() == Converged()
    assert world.api.find("ConfigMap", "demo-old") is None


@pytest.mark.feature(89)
def test_readiness_does_not_gate_pruning() -> None:
    world = world_of(node("a"), node("old"))
    world.activate(graph(node("a", DEPLOYMENT, ready=lambda s: s["a"]["status"]["ready"])), 2)
    assert isinstance(world.run(revision=2), Waiting)
    assert world.api.all("ConfigMap") == []


@pytest.mark.feature(88)
def test_pruned_dependents_go_first_and_strangers_before_all() -> None:
    on = {"include": lambda s: s["schema"]["spec"]["on"]}
    world = world_of(node("a", **on), node("b", after=["a"], **on), node("c", after=["b"], **on), node("x"), spec={"on": True})
    world.activate(graph(node("a", **on), node("b", after=["a"], **on), node("c", after=["b"], **on)), 2)
    world.api.edit("App", "demo", {"spec": {"on": False}})
    assert world.run(revision=2) == Converged()
    assert deleted(world) == ["demo-x", "demo-c", "demo-b", "demo-a"]


def test_what_is_to_be_pruned_is_claimed_before_it_is_deleted() -> None:
    world = world_of(node("a"), node("old"))
    old = world.api.get("ConfigMap", "demo-old")["metadata"]["uid"]
    world.activate(graph(node("a")), 2)
    start = len(world.api.history)
    assert world.run(revision=2) == Converged()
    marks = [read_mark(obj).pruning for _, obj in world.api.history[start:] if obj["kind"] == "App"]
    assert marks == [{old}, frozenset()], "claimed, then withdrawn"
    assert read_mark(world.demo()).pruning == frozenset()


def test_an_invocation_that_wants_a_claimed_object_rewrites_it_first() -> None:
    world = world_of(node("a"), node("b"))
    victim = world.api.get("ConfigMap", "demo-b")["metadata"]
    mark = read_mark(world.demo())
    claimed = type(mark)(mark.revision, mark.fence + 1, frozenset({victim["uid"]}), mark.places)
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: claimed.to_text()}}}, names.MANAGER_PARENT)
    assert world.run() == Converged()
    kept = world.api.get("ConfigMap", "demo-b")["metadata"]
    assert kept["uid"] == victim["uid"]
    assert kept["resourceVersion"] != victim["resourceVersion"], "the claimer's delete fails now"
    assert read_mark(world.demo()).pruning == frozenset()
    world.run()
    assert world.counts == (2, 0)


@pytest.mark.difference("43")
def test_a_pruned_object_held_by_a_finalizer_is_deleted_once_and_stays_in_the_inventory() -> None:
    world = world_of(node("a"), node("old", SECRET))
    hold(world, "Secret", "demo-old")
    world.activate(graph(node("a")), 2)
    outcome = world.run(revision=2)
    assert outcome == Waiting(("Secret default/demo-old (finalizers: example.com/hold)",))
    assert "Secret default/demo-old (finalizers: example.com/hold)" in world.condition("ResourcesReady")["message"]
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == "ConfigMap,Secret"
    assert world.run() == outcome
    assert world.counts[1] == 0
    let_go(world, "Secret", "demo-old")
    assert world.run() == Converged()
    assert world.demo()["metadata"]["annotations"][names.APPLYSET_GROUP_KINDS] == "ConfigMap"


@pytest.mark.parametrize("manager", [names.MANAGER_APPLYSET, "velero"])
def test_a_member_outside_the_inventory_is_found_by_its_event_unless_it_may_be_a_copy(manager: str) -> None:
    world = world_of(node("a"))
    child = world.api.get("ConfigMap", "demo-a")["metadata"]
    labels = {**child["labels"], names.NODE_ID: "lost"}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "lost", "namespace": "default", "labels": labels}}
    world.api.perform(Apply(SECRET, "lost", "default", body, manager))
    assert world.run() == Converged()
    assert world.api.find("Secret", "lost"), "not in the inventory, not known"
    assert world.run("demo", None, Member(SECRET, "lost", "default")) == Converged()
    assert (world.api.find("Secret", "lost") is None) == (manager == names.MANAGER_APPLYSET)


def test_a_version_that_is_no_longer_served_hides_nothing() -> None:
    world = world_of(node("a"), node("old", SECRET))
    mark = world.demo()["metadata"]["annotations"][names.CONVERGENCE].replace('["v1","Secret"', '["v0","Secret"')
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: mark}}})
    world.api.unserved.add("v0")
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    assert world.api.all("Secret") == []


# Children whose instance does not exist


def orphan(world: World) -> Member:
    """The instance vanishes without its finalizer having run."""
    world.api.edit("App", "demo", {"metadata": {"finalizers": None}})
    world.api.delete("App", "demo")
    return Member(CONFIG_MAP, "demo-a", "default")


def test_a_young_leftover_is_deleted_on_an_event_for_it() -> None:
    world = world_of(node("a"), node("b"))
    assert world.run("demo", None, orphan(world)) == Converged(gone=True)
    assert [item["metadata"]["name"] for item in world.api.all("ConfigMap")] == ["demo-b"], "only what the event is about"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metadata": {"labels": {names.APPLYSET_PART_OF: "applyset-x-v1"}}}, "it belongs to another ApplySet"),
        ({"metadata": {"labels": {names.INSTANCE_NAME: "other"}}}, "its labels name another instance"),
        ({"metadata": {"labels": {names.INSTANCE_NAMESPACE: "other"}}}, "its labels name another namespace"),
        ({"metadata": {"ownerReferences": [{"uid": "x", "name": "x", "controller": True}]}}, "a controller owns it"),
        (None, "it is older than an interrupted run can explain"),
    ],
)
def test_what_may_be_something_else_is_reported_and_kept(change: Any, reason: str) -> None:
    world = world_of(node("a"))
    member = orphan(world)
    if change:
        world.api.edit("ConfigMap", "demo-a", change)
    else:
        world.now += timedelta(seconds=24)
    assert world.run("demo", None, member) == Converged(gone=True)
    assert world.api.find("ConfigMap", "demo-a")
    assert [(event.reason, reason in event.message) for event in world.api.events] == [("Orphaned", True)]


def test_a_copy_that_was_never_applied_by_us_is_kept() -> None:
    world = world_of(node("a"))
    child = world.api.get("ConfigMap", "demo-a")
    orphan(world)
    world.api.delete("ConfigMap", "demo-a")
    world.api.create(
        {**child, "metadata": {key: child["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}}, "velero"
    )
    world.run("demo", None, Member(CONFIG_MAP, "demo-a", "default"))
    assert world.api.find("ConfigMap", "demo-a")


def test_a_live_instance_of_that_name_keeps_its_children_whatever_its_uid() -> None:
    world = world_of(node("a"))
    member = orphan(world)
    world.instance()
    assert world.run("demo", None, member) == Converged()
    assert world.api.find("ConfigMap", "demo-a")


@pytest.mark.parametrize("about", [("demo-a", "demo-b", "demo-old"), ("demo-old", "demo-b", "demo-a"), ("demo-b",), ("nothing", "demo-a")])
def test_every_leftover_that_a_merged_event_is_about_is_judged_by_itself(about: tuple[str, ...]) -> None:
    world = world_of(node("a"), node("b"))
    orphan(world)
    child = world.api.get("ConfigMap", "demo-a")["metadata"]
    copy = {"name": "demo-old", "namespace": "default", "labels": child["labels"]}
    world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": copy}, "velero")
    assert world.run("demo", None, *(Member(CONFIG_MAP, name, "default") for name in about)) == Converged(gone=True)
    left = {item["metadata"]["name"] for item in world.api.all("ConfigMap")}
    assert left == {"demo-old", *({"demo-a", "demo-b"} - set(about))}
    assert len(world.api.events) == about.count("demo-old")


def test_several_strays_of_a_living_instance_are_found_by_their_events() -> None:
    world = world_of(node("a"))
    child = world.api.get("ConfigMap", "demo-a")["metadata"]
    for name, manager in (("lost-1", names.MANAGER_APPLYSET), ("copy", "velero"), ("lost-2", names.MANAGER_APPLYSET)):
        labels = {**child["labels"], names.NODE_ID: "lost"}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default", "labels": labels}}
        world.api.perform(Apply(SECRET, name, "default", body, manager))
    several = [Member(SECRET, name, "default") for name in ("lost-1", "copy", "lost-2", "gone")]
    assert world.run("demo", None, Member(CONFIG_MAP, "demo-a", "default"), *several) == Converged()
    assert [item["metadata"]["name"] for item in world.api.all("Secret")] == ["copy"]


def test_an_instance_made_again_between_the_looks_keeps_its_children_and_its_own_event() -> None:
    """The second look is only a look: what it shows, no run has acted on."""
    world = world_of(node("a"))
    member = orphan(world)
    request = InstanceRequest(world.graph.instance, "demo", "default", revision=1, members=(member,))
    run = converge_instance(request, world.now, world.options)
    effects = next(run)
    effects = run.send([world.api.serve(effect) for effect in effects])
    assert [type(effect) for effect in effects] == [Get]
    world.instance()
    effects = run.send([world.api.serve(effect) for effect in effects])
    assert [effect.look for effect in effects] == [True]
    assert drive(run, world.api, [world.api.serve(effect) for effect in effects]) == Converged(gone=True)
    assert world.api.find("ConfigMap", "demo-a")


@pytest.mark.parametrize(("labels", "named"), [({}, False), ({names.OWNED: None}, True), ({names.OWNED: "no"}, True)])
def test_a_child_that_is_going_and_not_followed_is_recorded_once_and_asked_for_again(labels: dict[str, Any], named: bool) -> None:
    world = World(graph(node("a"), node("b")))
    world.instance()
    world.run()
    world.api.edit("ConfigMap", "demo-a", {"metadata": {"finalizers": ["example.com/hold"], "labels": labels}})
    world.api.delete("App", "demo")
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after == (world.options.requeue_interval if named else None)
    assert [item.name for item in recorded(world.demo()) if item.awaited] == (["demo-a"] if named else [])
    before = len(world.api.history)
    assert world.run() == outcome
    assert len(world.api.history) == before
    world.api.edit("ConfigMap", "demo-a", {"metadata": {"finalizers": None}})
    assert world.run() == Converged(gone=True)
