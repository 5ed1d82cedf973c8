"""An object of somebody else in the place of a wanted one: it is recorded once, and its end, or that it is given away, ends the wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Failed
from graphcore.converge.references import MOST_OBSTACLES, Reference, recorded
from tests.support.graphs import CONFIG_MAP, NAMESPACE, SECRET, SERVICE, graph, node
from tests.support.worlds import World
from tests.unit.converge.test_instance import data, spec, world_of

FOREIGN = {names.APPLYSET_PART_OF: "applyset-of-somebody-else-v1"}


def foreign(world: World, kind: Any, name: str, **metadata: Any) -> None:
    place = {"namespace": "default"} if kind.namespaced else {}
    world.api.create(
        {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, **place, "labels": FOREIGN, **metadata}}
    )


def awaited(world: World) -> set[tuple[str, str, str]]:
    return {(item.resource.kind, item.namespace, item.name) for item in recorded(world.demo()) if item.awaited}


def deleted(world: World, kind: Any) -> None:
    world.api.delete(kind.kind, "demo-config")


def given_away(world: World, kind: Any) -> None:
    world.api.edit(kind.kind, "demo-config", {"metadata": {"labels": {names.APPLYSET_PART_OF: None}}})


@pytest.mark.parametrize("end", [deleted, given_away])
@pytest.mark.parametrize("kind", [CONFIG_MAP, SECRET, SERVICE, NAMESPACE], ids=lambda kind: kind.kind)
def test_a_foreign_object_is_recorded_once_and_forgotten_when_it_is_out_of_the_way(kind: Any, end: Callable[[World, Any], None]) -> None:
    world = world_of(node("config", kind, fields=data("1")), node("beside", fields=data("1")))
    foreign(world, kind, "demo-config")
    assert isinstance(world.run(), Failed)
    place = (kind.kind, "default" if kind.namespaced else "", "demo-config")
    assert awaited(world) == {place}
    assert world.api.find("ConfigMap", "demo-beside")
    version = world.demo()["metadata"]["resourceVersion"]
    for _ in range(5):
        assert isinstance(world.run(), Failed)
        assert world.counts[1] == 0, "recorded per obstacle, not per try"
    assert world.demo()["metadata"]["resourceVersion"] == version
    end(world, kind)
    world.run()
    assert world.demo()["status"]["state"] == names.ACTIVE
    assert awaited(world) == set()
    assert recorded(world.demo()) == ()


@pytest.mark.parametrize("number", [1, 3, 40])
def test_of_many_obstacles_a_few_are_recorded_and_always_the_same(number: int) -> None:
    world = world_of(*(node(f"c{index:02}", fields=data("1")) for index in range(number)))
    for index in range(number):
        foreign(world, CONFIG_MAP, f"demo-c{index:02}")
    world.run()
    first = awaited(world)
    assert len(first) == min(number, MOST_OBSTACLES)
    for _ in range(3):
        world.run()
        assert world.counts[1] == 0
    world.api.delete("ConfigMap", "demo-c00")
    world.run()
    assert world.api.find("ConfigMap", "demo-c00")["metadata"]["labels"][names.APPLYSET_PART_OF] != FOREIGN[names.APPLYSET_PART_OF]
    assert len(awaited(world)) >= min(number - 1, MOST_OBSTACLES)


def test_another_obstacle_takes_the_place_of_one_of_before() -> None:
    world = world_of(node("config", name=spec("v"), fields=data("1")), spec={"v": "one"})
    for name in ("one", "two", "three"):
        foreign(world, CONFIG_MAP, name)
    for name in ("one", "two", "three"):
        world.api.edit("App", "demo", {"spec": {"v": name}})
        world.run()
        assert awaited(world) == {("ConfigMap", "default", name)}


def test_what_the_definition_refers_to_stays_recorded_beside_an_obstacle() -> None:
    world = world_of(node("given", SECRET, name="given", external=True), node("config", fields=data("1")))
    foreign(world, CONFIG_MAP, "demo-config")
    world.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "given", "namespace": "default"}})
    world.run()
    wanted = {Reference(SECRET, "default", "given"), Reference(CONFIG_MAP, "default", "demo-config", awaited=True)}
    assert set(recorded(world.demo())) == wanted
    world.api.delete("ConfigMap", "demo-config")
    world.run()
    assert set(recorded(world.demo())) == {Reference(SECRET, "default", "given")}


def test_a_child_of_another_instance_is_an_obstacle_too_until_that_instance_lets_it_go() -> None:
    world = World(graph(node("config", name="shared", fields=data("1"))))
    world.instance("other")
    world.instance()
    world.run("other")
    world.run()
    assert awaited(world) == {("ConfigMap", "default", "shared")}
    world.api.delete("App", "other")
    world.run("other")
    world.run()
    assert awaited(world) == set()
    assert world.demo()["status"]["state"] == names.ACTIVE


def test_a_going_child_that_has_lost_its_label_stays_recorded_beside_an_obstacle() -> None:
    world = world_of(node("old", SECRET), node("config", fields=data("1")))
    world.run()
    world.api.edit("Secret", "demo-old", {"metadata": {"finalizers": ["a/b"], "labels": {names.OWNED: None}}})
    world.api.delete("Secret", "demo-old")
    world.run()
    assert awaited(world) == {("Secret", "default", "demo-old")}
    world.api.delete("ConfigMap", "demo-config")
    foreign(world, CONFIG_MAP, "demo-config")
    world.run()
    assert awaited(world) == {("Secret", "default", "demo-old"), ("ConfigMap", "default", "demo-config")}
