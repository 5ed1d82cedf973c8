"""A namespace that is gone while instances or their children are left in it: one refusal ends a run, and what can be deleted is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Apply, Create, Failed, Patch, Refused, Replace
from graphcore.converge.safety.attempt import Options
from tests.support.graphs import CONFIG_MAP, SECRET, graph, node
from tests.support.worlds import World
from tests.unit.converge.test_instance import data, spec, world_of

WRITES = ("APPLY", "PATCH", "REPLACE", "CREATE", "TRY")


def gone(name: str = "default") -> Refused:
    return Refused(404, "NotFound", f'namespaces "{name}" not found', {"name": name, "kind": "namespaces"})


def vanish(world: World, *namespaces: str) -> list[Any]:
    """What was refused from now on: creates and updates of whatever is in those namespaces."""
    refused: list[Any] = []

    def refuse(effect: Any) -> Refused | None:
        if isinstance(effect, Apply | Patch | Replace | Create) and effect.namespace in namespaces:
            refused.append(effect)
            return gone(effect.namespace)
        return None

    world.api.refuse = refuse
    return refused


def new(world: World) -> None:
    """An instance that nobody has touched."""


def converged(world: World) -> None:
    world.run()
    assert world.demo()["status"]["state"] == names.ACTIVE


def edited(world: World) -> None:
    converged(world)
    world.api.edit("App", "demo", {"spec": {"v": "2"}})


def drifted(world: World) -> None:
    converged(world)
    world.api.edit("ConfigMap", "demo-config", {"data": {"v": "by hand"}})


def child_deleted(world: World) -> None:
    converged(world)
    world.api.delete("ConfigMap", "demo-config")


def child_deleted_in_error(world: World) -> None:
    child_deleted(world)
    world.api.edit("App", "demo", {"status": {"state": names.ERROR}}, subresource="status")


def next_revision(world: World) -> None:
    converged(world)
    world.activate(graph(node("config", fields=data("3")), node("more", SECRET)), 2)


def unread(world: World) -> None:
    """Its graph cannot be had, which only the status would say."""
    converged(world)
    world.api.graphs.clear()
    world.activate(world.graph, 2)
    world.api.graphs.clear()


def suspended(world: World) -> None:
    converged(world)
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.RECONCILE: "suspended"}}})


CASES = [new, edited, drifted, child_deleted, child_deleted_in_error, next_revision, unread, suspended]


@pytest.mark.parametrize("prepare", CASES, ids=lambda case: case.__name__.replace("_", " "))
@pytest.mark.parametrize("interval", [3.0, 0.0], ids=["", "never"])
def test_the_first_refusal_ends_the_run_and_the_next_look_comes_after_five_minutes(
    prepare: Callable[[World], None], interval: float
) -> None:
    world = world_of(node("config", fields={"data.v": spec("v")}), spec={"v": "1"})
    prepare(world)
    world.options = Options(requeue_interval=interval, condition_events=True)
    before = world.demo()
    refused = vanish(world, "default")
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert (outcome.vanished, outcome.untold, outcome.backs_off) == ("default", False, False)
    assert outcome.retry_after == (300.0 if interval else None)
    assert [problem.code for problem in outcome.problems] == ["namespace-gone"]
    assert len(refused) == 1, refused
    assert world.demo() == before
    assert world.api.events == []
    world.api.refuse = lambda effect: None
    outcome = world.run()
    assert not isinstance(outcome, Failed) or prepare is unread


def test_several_children_at_once_are_one_batch_and_nothing_after_it() -> None:
    world = world_of(*(node(f"c{number}", fields=data("1")) for number in range(3)), node("after", SECRET, after=["c0"]))
    world.run()
    for number in range(3):
        world.api.edit("ConfigMap", f"demo-c{number}", {"data": {"v": "by hand"}})
    world.api.delete("Secret", "demo-after")
    refused = vanish(world, "default")
    assert world.run().vanished == "default"
    assert [effect.resource for effect in refused] == [CONFIG_MAP] * 3


def test_a_converged_instance_that_nothing_has_happened_to_costs_reads_only() -> None:
    world = world_of(node("config", fields=data("1")))
    world.run()
    refused = vanish(world, "default")
    assert not isinstance(world.run(), Failed)
    assert refused == []


@pytest.mark.parametrize("children", [0, 1, 3])
def test_an_instance_that_goes_loses_its_children_and_then_waits_for_the_namespace(children: int) -> None:
    world = world_of(*(node(f"c{number}", fields=data("1"), after=[f"c{number - 1}"] if number else []) for number in range(children)))
    world.run()
    world.api.delete("App", "demo")
    refused = vanish(world, "default")
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert (outcome.vanished, outcome.retry_after) == ("default", 300.0)
    assert world.api.all("ConfigMap") == []
    assert len(refused) == 1
    assert world.run().vanished == "default"
    world.api.refuse = lambda effect: None
    world.run()
    assert world.api.find("App", "demo") is None


@pytest.mark.parametrize("why", ["drifted", "deleted", "new"])
def test_children_in_another_namespace_that_is_gone_are_told_on_the_instance(why: str) -> None:
    """Their instance can be written: it says which namespace is missing, and its other children go on."""
    world = world_of(node("config", fields=data("1")), node("far", SECRET, namespace="away", fields=data("1")))
    if why != "new":
        world.run()
        assert world.demo()["status"]["state"] == names.ACTIVE
    if why == "drifted":
        world.api.edit("Secret", "demo-far", {"data": {"v": "by hand"}})
    elif why == "deleted":
        world.api.delete("Secret", "demo-far")
    vanish(world, "away")
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.vanished == ""
    assert outcome.retry_after == 3.0
    assert 'namespaces "away" not found' in world.condition("ResourcesReady")["message"]
    assert world.api.find("ConfigMap", "demo-config")
    world.api.refuse = lambda effect: None
    world.run()
    assert world.demo()["status"]["state"] == names.ACTIVE


@pytest.mark.parametrize(
    ("refused", "name"),
    [
        (gone("away"), "away"),
        (Refused(404, "NotFound", 'configmaps "a" not found', {"name": "a", "kind": "configmaps"}), ""),
        (Refused(404, "NotFound", 'namespaces.example.com "a" not found', {"name": "a", "group": "example.com", "kind": "namespaces"}), ""),
        (Refused(404, "", 'namespaces "away" not found'), ""),
        (Refused(403, "Forbidden", "being terminated", {"name": "away", "kind": "namespaces"}), ""),
        (Refused(404, "NotFound", "no name", {"kind": "namespaces"}), ""),
    ],
)
def test_only_the_api_servers_own_word_says_that_a_namespace_is_gone(refused: Refused, name: str) -> None:
    assert refused.namespace_gone == name
