"""A child whose kind the API server does not serve: the error says which, and the instance can be found by the kind that appears."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Apply, Failed, List, Missing, Refused
from graphcore.converge.safety.mark import read_mark
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World
from tests.unit.converge.test_instance import data, world_of

PLAIN = Refused(404, "", "not an answer of the Kubernetes API: 404 page not found")
STATUS = Refused(404, "NotFound", "the server could not find the requested resource", {})
ABSENT = [PLAIN, STATUS, Refused(404, "NotFound", "the server could not find the requested resource", None)]


def unserve(world: World, kind: Any, refusal: Refused = PLAIN) -> None:
    world.api.refuse = lambda effect: (
        (refusal if isinstance(effect, Apply) else Missing() if isinstance(effect, List) else None)  # type: ignore[return-value]
        if getattr(effect, "resource", None) == kind
        else None
    )


@pytest.mark.parametrize("refusal", ABSENT, ids=["plain", "status", "no details"])
@pytest.mark.parametrize("kind", [SECRET, DEPLOYMENT], ids=lambda kind: kind.kind)
def test_the_error_names_node_kind_and_object_and_the_neighbours_are_made(kind: Any, refusal: Refused) -> None:
    world = world_of(node("lost", kind), node("config", fields=data("1")))
    unserve(world, kind, refusal)
    assert isinstance(world.run(), Failed)
    message = world.condition("ResourcesReady")["message"]
    assert f'node "lost": {kind.kind} default/demo-lost: the API server does not serve this kind' in message
    assert world.api.find("ConfigMap", "demo-config")


def test_a_missing_namespace_is_no_missing_kind() -> None:
    world = world_of(node("lost", SECRET))
    gone = Refused(404, "NotFound", 'namespaces "away" not found', {"name": "away", "kind": "namespaces"})
    world.api.refuse = lambda effect: gone if isinstance(effect, Apply) and effect.resource == SECRET else None
    world.run()
    assert 'namespaces "away" not found' in world.condition("ResourcesReady")["message"]


@pytest.mark.parametrize("before", ["new", "in error", "served before"])
def test_the_kind_is_among_the_places_of_the_instance_before_it_is_tried_and_tried_again_without_a_trace(before: str) -> None:
    world = world_of(node("config", fields=data("1")))
    if before == "in error":
        world.api.refuse = lambda effect: (
            Refused(403, "Forbidden", "no") if isinstance(effect, Apply) and effect.resource == CONFIG_MAP else None
        )
        world.run()
        assert world.demo()["status"]["state"] == names.ERROR
    elif before == "served before":
        world.activate(graph(node("config", fields=data("1")), node("lost", SECRET)), 2)
        world.run(revision=2)
    unserve(world, SECRET)
    if before == "served before":
        world.api.delete("Secret", "demo-lost")
        world.run(revision=2)
    else:
        world.activate(graph(node("config", fields=data("1")), node("lost", SECRET)), 2)
        world.run(revision=2)
    assert any(place.resource == SECRET for place in read_mark(world.demo()).places)
    world.run(revision=2)
    world.run(revision=2)
    assert world.counts[1] == 0, "what is refused again leaves no trace"
    world.api.refuse = lambda effect: None
    world.run(revision=2)
    assert world.api.find("Secret", "demo-lost")
    assert world.demo()["status"]["state"] == names.ACTIVE
