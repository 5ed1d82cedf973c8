"""Instances inside instances, on both APIs: nobody is its own child, nesting has an end, and deletion always works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_definitions import resources
from tests.support.client import Object, condition


def child(world: World, kind: str, name: str, **rest: Any) -> Object:
    body = {"apiVersion": f"{world.group}/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": {"v": "made"}}
    return {"id": "child", "template": body, **rest}


def kinds(world: World, *kinds: str) -> dict[str, Object]:
    """Definitions of these kinds, installed without resources, so that each can use the others."""
    found = {kind: world.rgd(kind, spec={"v": "string | default=own", "deep": "boolean | default=true"}) for kind in kinds}
    for rgd in found.values():
        world.install(rgd)
    return found


def made(world: World, kind: str) -> list[str]:
    return sorted(each["metadata"]["name"] for each in world.client.list(f"{world.group}/v1alpha1", kind))


def becomes(world: World, rgd: Object, *nodes: Object) -> None:
    """A definition gets resources, and its instances are served with them."""
    world.client.apply(resources(rgd, *nodes))
    world.client.wait(rgd, lambda found: (found or {})["status"].get("lastIssuedRevision") == 2, what="at its second revision")
    world.client.wait_condition(rgd)


@pytest.mark.parametrize(
    ("name", "said"),
    [("${schema.metadata.name}", "the template is the Mine itself"), ("${schema.metadata.name}-x", "without end"), ("one", "without end")],
)
def test_a_definition_that_makes_its_own_kind_without_end_is_refused(world: World, name: str, said: str) -> None:
    rgd = kinds(world, "Mine")["Mine"]
    world.client.apply(resources(rgd, child(world, "Mine", name)))
    refused = world.client.wait(rgd, lambda found: condition(found, "GraphAccepted").get("status") == "False", what="refused")
    assert said in condition(refused, "GraphAccepted")["message"]


LOOPS: dict[str, list[tuple[str, str, str]]] = {
    "itself": [("One", "One", "${schema.metadata.name + ''}")],
    "two kinds": [("One", "Two", "${schema.metadata.name}"), ("Two", "One", "${schema.metadata.name}")],
    "three kinds": [("One", "Two", "a"), ("Two", "Three", "a"), ("Three", "One", "a")],
}


@pytest.mark.difference("68")
@pytest.mark.parametrize("links", LOOPS.values(), ids=LOOPS.keys())
def test_no_instance_is_made_its_own_child_and_all_can_be_deleted(world: World, links: list[tuple[str, str, str]]) -> None:
    found = kinds(world, *(parent for parent, _, _ in links))
    for parent, of, name in links:
        becomes(
            world,
            found[parent],
            child(world, of, name, includeWhen=["${schema.spec.deep}"]),
        )
    top = world.instance(found["One"], "a")
    world.cleanup.append(top)
    world.client.apply(top)
    last = world.instance(found[links[-1][0]], "a")
    refused = world.client.wait(last, lambda each: condition(each, "Ready").get("status") == "False", what="refused")
    assert "cannot be its child" in condition(refused, "Ready")["message"]
    assert (world.client.refresh(top) or {})["spec"]["v"] == "own"
    assert [made(world, parent) for parent, _, _ in links] == [["a"]] * len(links)
    world.client.delete(top)
    for parent, _, _ in links:
        world.client.wait_gone(world.instance(found[parent], "a"))


@pytest.mark.parametrize("lost", ["all", "of the ApplySet", "of the instance"])
def test_an_instance_whose_labels_are_taken_away_does_not_adopt_what_it_is_inside_of(world: World, lost: str) -> None:
    links = LOOPS["three kinds"]
    found = kinds(world, *(parent for parent, _, _ in links))
    for parent, of, name in links:
        becomes(world, found[parent], child(world, of, name))
    top, last = world.instance(found["One"], "a"), world.instance(found["Three"], "a")
    world.cleanup.append(top)
    world.client.apply(top)
    refused = world.client.wait(last, lambda each: condition(each, "Ready").get("status") == "False", what="refused")
    labels = refused["metadata"]["labels"]
    prefix = {"all": "", "of the ApplySet": "applyset.", "of the instance": "kro.run/instance-"}[lost]
    for number in range(3):
        gone = {key: None for key in labels if key.startswith(prefix)}
        world.client.patch(last, {"metadata": {"labels": gone}, "spec": {"deep": bool(number % 2)}})
        world.client.wait(last, lambda each: (each or {})["metadata"].get("labels", {}).items() >= labels.items(), what="labelled again")
    after = world.client.refresh(top) or {}
    assert after["spec"]["v"] == "own"
    assert "kro.run/instance-name" not in after["metadata"]["labels"]
    world.client.delete(top)
    for parent, _, _ in links:
        world.client.wait_gone(world.instance(found[parent], "a"))


def test_chained_definitions_do_not_breed_without_end(world: World) -> None:
    found = kinds(world, "One", "Two")
    becomes(world, found["One"], child(world, "Two", "${schema.metadata.name}x"))
    becomes(world, found["Two"], child(world, "One", "${schema.metadata.name}y"))
    top = world.instance(found["One"], "a")
    world.cleanup.append(top)
    world.client.apply(top)
    last = world.instance(found["Two"], "a" + "xy" * 7 + "x")
    refused = world.client.wait(last, lambda each: condition(each, "Ready").get("status") == "False", what="refused", timeout=60)
    assert "one inside the other" in condition(refused, "Ready")["message"]
    assert len(made(world, "One") + made(world, "Two")) == 16
    world.client.delete(top)
    world.client.wait_gone(top, timeout=60)
    assert made(world, "One") + made(world, "Two") == []
