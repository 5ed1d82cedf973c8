"""What may happen between two effects of one invocation, each case by itself: the guard of every rule, met at the moment it is for.

The seeded simulations meet these moments by chance and judge where everything ends; here the moment is chosen, and what is judged is what the
interrupted invocation does then, before anybody else could make up for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import DefinitionRequest, converge_definition, converge_instance
from graphcore.converge.effects import Apply, Converged, Delete, Get, List, Patch, Refused
from graphcore.converge.metadata import recorded_inventory
from graphcore.converge.safety.attempt import InstanceRequest
from graphcore.converge.safety.mark import read_mark
from tests.simulation.test_rules import definition, edit, world_of
from tests.support.graphs import APP, CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World
from tests.unit.converge.test_definition import CRD, RGD, Definitions, compile_fake

Moment = Callable[[Any], bool]


def interrupted(run: Any, api: Any, moment: Moment, act: Callable[[], object]) -> Any:
    """The outcome of ``run``; ``act`` happens once, just before the first effect that is the moment."""
    due, results = True, None
    try:
        batch = next(run)
        while True:
            results = []
            for effect in batch:
                if due and moment(effect):
                    due = False
                    act()
                results.append(api.serve(effect))
            batch = run.send(results)
    except StopIteration as stop:
        assert not due, "the moment never came"
        return stop.value


def invocation(world: World, revision: int | None = None) -> Any:
    return converge_instance(InstanceRequest(APP, "demo", "default", revision=revision), world.now, world.options)


def applying(kind: str, name: str) -> Moment:
    return lambda effect: isinstance(effect, Apply) and not effect.dry_run and (effect.resource.kind, effect.name) == (kind, name)


def deleting(name: str) -> Moment:
    return lambda effect: isinstance(effect, Delete) and effect.name == name


def last_look(effect: Any) -> bool:
    return isinstance(effect, Get) and effect.resource == APP and effect.metadata_only


def converged(**spec: Any) -> World:
    world = world_of({"v": "0", "names": ["x"], "on": True, **spec})
    assert world.run() == Converged()
    return world


def by_hand(world: World, name: str = "demo-a") -> None:
    world.api.edit("ConfigMap", name, {"data": {"v": "by hand"}}, manager="hand")


def values(world: World, kind: str, name: str) -> list[Any]:
    """What an object showed, one state after the other."""
    return [
        obj["data"]["v"] for what, obj in world.api.history if (obj["kind"], obj["metadata"]["name"]) == (kind, name) and what != "delete"
    ]


def covered_then(world: World, what: str, kind: str, name: str) -> Any:
    """The inventory that the instance had recorded when something happened to an object."""
    at = next(i for i, (w, obj) in enumerate(world.api.history) if (w, obj["kind"], obj["metadata"]["name"]) == (what, kind, name))
    return recorded_inventory([obj for _, obj in world.api.history[:at] if obj["kind"] == "App"][-1])


# 4: membership is fenced


def test_a_place_that_only_a_parent_tells_is_recorded_before_anything_is_created_there() -> None:
    made = graph(
        node("a", fields={"data.v": "elsewhere"}),
        node("b", SECRET, after=["a"], namespace=lambda s: s["a"]["data"]["v"], fields={"data.v": "1"}),
    )
    world = world_of({}, made)
    assert world.run() == Converged()
    assert "elsewhere" in covered_then(world, "add", "Secret", "demo-b").namespaces


def test_what_an_attempt_created_stays_in_the_inventory_of_the_next_one_until_it_is_gone() -> None:
    world = converged(on=False)

    def change_of_mind() -> None:
        edit(world, on=False)()
        world.run()

    edit(world, on=True)()
    assert interrupted(invocation(world), world.api, applying("Deployment", "demo-opt"), change_of_mind) == Converged()
    assert world.api.find("Deployment", "demo-opt") is None
    assert "Deployment.apps" in covered_then(world, "delete", "Deployment", "demo-opt").group_kinds
    assert "Deployment.apps" not in recorded_inventory(world.demo()).group_kinds


def test_claims_of_an_invocation_that_is_still_under_way_survive_the_fences_of_others() -> None:
    made = graph(
        node("opt", DEPLOYMENT, include=lambda s: s["schema"]["spec"]["on"], fields={"spec.v": "1"}),
        node("items", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: f"item-{s['n']}"),
        node("late", SECRET, fields={"data.v": lambda s: s["schema"]["spec"]["late"]}),
    )
    world = world_of({"names": [], "on": True, "late": "1"}, made)
    world.run()
    uid = world.api.get("Deployment", "demo-opt")["metadata"]["uid"]
    edit(world, on=False)()
    pruning = invocation(world)
    batch = next(pruning)
    while not any(deleting("demo-opt")(effect) for effect in batch):
        batch = pruning.send([world.api.perform(effect) for effect in batch])
    edit(world, names=["x"], late=None)()
    world.api.edit("App", "demo", {"spec": {"late": None}})
    world.run()
    assert world.api.find("ConfigMap", "item-x") is not None
    assert uid in read_mark(world.demo()).pruning


# 5: the revision is fenced


def test_a_revision_is_recorded_before_it_is_acted_upon_even_where_nothing_is_created() -> None:
    world = converged()
    world.activate(definition(2), 2)
    world.run(revision=2)
    written = [(verb, kind) for verb, kind, _ in world.api.log if verb == "APPLY"]
    assert written[0] == ("APPLY", "App")
    assert ("APPLY", "ConfigMap") in written


def test_a_revision_that_changes_nothing_is_recorded_all_the_same() -> None:
    world = converged()
    world.activate(definition(1), 2)
    world.run(revision=2)
    assert read_mark(world.demo()).revision == 2


def test_a_new_instance_starts_at_the_revision_that_the_event_names() -> None:
    world = world_of()
    world.activate(definition(2), 2)
    world.activate(definition(1), 1)
    request = InstanceRequest(APP, "demo", "default", definition="app", revision=2)
    interrupted(converge_instance(request, world.now, world.options), world.api, last_or_any, lambda: None)
    assert values(world, "ConfigMap", "demo-a") == ["2:0"]


def last_or_any(effect: Any) -> bool:
    return True


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(lambda effect: isinstance(effect, Get) and effect.resource.kind == CRD, id="before the CRD is read"),
        pytest.param(lambda effect: isinstance(effect, Patch) and effect.resource.kind == CRD, id="before it is written"),
    ],
)
def test_a_slow_invocation_never_puts_the_crd_back(moment: Moment) -> None:
    world = Definitions()
    world.define(x="string")
    world.run()
    world.define(x="string", y="string")
    world.api.edit(RGD, "app", {"metadata": {"annotations": {names.ALLOW_BREAKING_CHANGES: "true"}}})

    def newer() -> None:
        world.define(x="string", y="string", z="string")
        world.run()

    interrupted(converge_definition(DefinitionRequest("app"), compile_fake, world.now, world.options), world.api, moment, newer)
    active = [
        obj["metadata"]["annotations"][names.ACTIVE_REVISION] for what, obj in world.api.history if obj["kind"] == CRD and what != "delete"
    ]
    assert [int(number) for number in active] == sorted(int(number) for number in active)
    assert sorted(world.fields) == ["x", "y", "z"]


# 6: no blind overwrite


@pytest.mark.parametrize("existed", [False, True], ids=["to be created", "to be corrected"])
def test_what_a_newer_invocation_wrote_is_never_put_back(existed: bool) -> None:
    world = converged() if existed else world_of({"v": "0", "names": [], "on": False})
    if existed:
        by_hand(world)

    def newer() -> None:
        edit(world, v="1")()
        world.run()

    assert interrupted(invocation(world), world.api, applying("ConfigMap", "demo-a"), newer) == Converged()
    shown = values(world, "ConfigMap", "demo-a")
    assert shown[shown.index("1:1") :] == ["1:1"] * (len(shown) - shown.index("1:1"))


# 7: the last writer checks


def test_an_edit_during_a_correction_is_seen_by_the_one_who_corrected() -> None:
    world = converged()
    by_hand(world)
    assert interrupted(invocation(world), world.api, last_look, edit(world, v="1")) == Converged()
    assert values(world, "ConfigMap", "demo-a")[-1] == "1:1"


def test_a_deletion_during_a_correction_is_carried_out_by_the_one_who_corrected() -> None:
    world = converged()
    by_hand(world)
    assert interrupted(invocation(world), world.api, last_look, lambda: world.api.delete("App", "demo")) == Converged(gone=True)
    assert world.api.all("ConfigMap") == []


def test_a_namesake_during_a_correction_is_managed_by_the_one_who_corrected() -> None:
    world = converged()
    by_hand(world)

    def again() -> None:
        world.api.edit("App", "demo", {"metadata": {"finalizers": None}})
        world.api.delete("App", "demo")
        world.instance(spec={"v": "0", "names": ["x"], "on": True})

    interrupted(invocation(world), world.api, last_look, again)
    assert names.FINALIZER in world.demo()["metadata"]["finalizers"]


def test_a_suspension_during_a_correction_is_told_by_the_one_who_corrected() -> None:
    world = converged()
    by_hand(world)
    suspend = {"metadata": {"annotations": {names.RECONCILE: "suspended"}}}
    interrupted(invocation(world), world.api, last_look, lambda: world.api.edit("App", "demo", suspend))
    assert world.condition("ResourcesReady")["reason"] == "ReconciliationSuspended"


def test_whoever_was_overtaken_at_the_end_looks_again() -> None:
    world = converged()
    by_hand(world)

    def newer() -> None:
        world.activate(definition(2), 2)
        world.run(revision=2)
        world.api.log.clear()

    assert interrupted(invocation(world), world.api, last_look, newer) == Converged()
    assert sum(verb == "LIST" for verb, _, _ in world.api.log) > 0


def test_what_was_created_for_an_instance_that_is_gone_is_taken_back_by_its_creator() -> None:
    world = world_of()

    def tear() -> None:
        world.api.edit("App", "demo", {"metadata": {"finalizers": None}})
        world.api.delete("App", "demo")

    assert interrupted(invocation(world), world.api, applying("Secret", "demo-b"), tear) == Converged(gone=True)
    assert [obj for kind in ("ConfigMap", "Secret", "Deployment") for obj in world.api.all(kind)] == []


# 8: prune and delete never guess


@pytest.mark.parametrize(("name", "pruned"), [("item-y", False), ("item-x", True)], ids=["create", "update"])
def test_a_refused_create_holds_pruning_back_and_a_refused_update_does_not(name: str, pruned: bool) -> None:
    world = converged()
    edit(world, on=False, v="1", names=["x", "y"])()
    refusal = Refused(403, "Forbidden", "no", None)
    world.api.refuse = lambda effect: refusal if applying("ConfigMap", name)(effect) else None
    world.run()
    assert (world.api.find("Deployment", "demo-opt") is None) is pruned


def test_a_kind_that_cannot_be_listed_is_not_forgotten() -> None:
    world = converged()
    world.activate(graph(node("a", fields={"data.v": "1"})), 2)
    refusal = Refused(403, "Forbidden", "no", None)
    world.api.refuse = lambda effect: refusal if isinstance(effect, List) and effect.resource == SECRET else None
    world.run(revision=2)
    assert "Secret" in recorded_inventory(world.demo()).group_kinds
    world.api.refuse = lambda effect: None
    assert world.run() == Converged()
    assert world.api.all("Secret") == []


def test_an_object_that_is_wanted_again_while_it_is_pruned_is_not_deleted() -> None:
    world = converged()
    edit(world, on=False)()

    def wanted_again() -> None:
        edit(world, on=True)()
        world.run()

    interrupted(invocation(world), world.api, deleting("demo-opt"), wanted_again)
    assert [what for what, obj in world.api.history if obj["kind"] == "Deployment" and what == "delete"] == []
    assert world.api.find("Deployment", "demo-opt") is not None


def test_a_child_that_appears_while_its_instance_is_deleted_is_found_by_the_second_look() -> None:
    world = converged(on=False)
    edit(world, on=True)()
    creating = invocation(world)
    batch = next(creating)
    while not any(applying("Deployment", "demo-opt")(effect) for effect in batch):
        batch = creating.send([world.api.perform(effect) for effect in batch])
    world.api.delete("App", "demo")

    def late() -> None:
        for effect in batch:
            world.api.perform(effect)

    def second_list(effect: Any) -> bool:
        return isinstance(effect, List) and names.INSTANCE_ID in (effect.labels or "") and effect.resource == CONFIG_MAP

    assert interrupted(invocation(world), world.api, second_list, late) == Converged(gone=True)
    assert world.api.all("Deployment") == []
