"""What a condition or an Event says of why an instance is not as it should be: the cause, first what is fatal, never waiting as a failure."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Apply, Record, Refused
from graphcore.graph import compile_graph
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World

READY = "resource reconciliation failed: "
FATAL = {"bad": lambda s: 1 // 0}


def world_of(*nodes: Any, spec: Any = None, **rest: Any) -> World:
    world = World(graph(*nodes, **rest))
    world.instance(spec=spec)
    return world


def never(_: Any) -> bool:
    return False


def message(world: World) -> str:
    return str(world.condition("ResourcesReady")["message"])


WAITS = {
    "a node that is not ready": (node("web", DEPLOYMENT, ready=never),),
    "data of another node": (node("web"), node("a", fields={"data.v": lambda s: s["web"]["status"]["n"]}, after=["web"])),
    "a reference": (node("ref", name="there", external=True),),
    "a reference and a node": (node("ref", SECRET, "there", external=True), node("web", DEPLOYMENT, ready=never)),
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_fatal_status_field_is_named_first_whatever_else_waits(wait: str) -> None:
    world = world_of(*WAITS[wait], status=FATAL)
    world.run()
    first, *others = message(world).splitlines()
    assert first.startswith(f'{READY}status field "')
    assert "division by zero" in first
    assert any("waiting for" in line for line in others)
    assert world.demo()["status"]["state"] == "ERROR"
    assert world.condition("Ready")["message"] == message(world)


REFUSED = node("denied")
MIXTURES = {
    "a refused object after one that waits": ((node("web", DEPLOYMENT, ready=never), REFUSED), ['node "denied"', 'waiting for node "web"']),
    "a refused object before one that waits": (
        (REFUSED, node("web", DEPLOYMENT, ready=never)),
        ['node "denied"', 'waiting for node "web"'],
    ),
    "an expression without value after data that is missing": (
        (node("web"), node("a", fields={"data.v": lambda s: s["web"]["n"]}, after=["web"]), node("z", fields={"data.v": lambda s: 1 // 0})),
        ["division by zero", 'node "a"'],
    ),
    "a refused object after a reference": ((node("ref", name="there", external=True), REFUSED), ['node "denied"', "waiting for external"]),
}


@pytest.mark.parametrize("mixture", MIXTURES)
def test_what_is_fatal_stands_before_what_waits(mixture: str) -> None:
    nodes, order = MIXTURES[mixture]
    world = world_of(*nodes)
    refusal = Refused(403, "Forbidden", "not wanted")
    world.api.refuse = lambda effect: refusal if isinstance(effect, Apply) and effect.name == "demo-denied" else None
    world.run()
    lines = message(world).splitlines()
    assert [part in line for part, line in zip(order, lines, strict=True)] == [True] * len(order), lines
    assert world.demo()["status"]["state"] == "ERROR"


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.difference("C")
def test_waiting_is_not_worded_as_a_failure(wait: str) -> None:
    world = world_of(*WAITS[wait])
    world.run()
    assert message(world).startswith("waiting for ")
    assert not [word for word in ("failed", "error") if word in message(world)]
    assert world.demo()["status"]["state"] == "IN_PROGRESS"


def healthy(_: Any) -> dict[str, str]:
    return {"type": "Healthy", "status": "True", "reason": "Fine", "message": ""}


def broken(_: Any) -> Any:
    return 1 // 0


CAUSES = {
    "a node that is not ready": ((node("web", DEPLOYMENT, ready=never),), {}, 'waiting for node "web"'),
    "a reference": ((node("ref", name="there", external=True),), {}, "waiting for external reference"),
    "a refused object": ((REFUSED,), {}, 'node "denied": ConfigMap default/demo-denied: not wanted'),
    "a fatal status field": ((node("a"),), {"status": FATAL}, "division by zero"),
    "a fatal condition": ((node("a"),), {"conditions": [healthy, broken]}, "division by zero"),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.difference("69")
def test_where_the_conditions_are_the_authors_an_event_says_why_the_instance_is_not_ready(cause: str) -> None:
    nodes, rest, expected = CAUSES[cause]
    world = world_of(*nodes, **{"conditions": [healthy], **rest})
    refusal = Refused(403, "Forbidden", "not wanted")
    world.api.refuse = lambda effect: refusal if isinstance(effect, Apply) and effect.name == "demo-denied" else None
    world.run()
    assert [item["type"] for item in world.demo()["status"]["conditions"]] == ["Healthy"]
    (event,) = world.api.events
    assert isinstance(event, Record)
    assert (event.type, event.regarding["name"], event.once) == ("Warning", "demo", True)
    assert expected in event.message
    world.run()
    assert {item.message for item in world.api.events} == {event.message}, "the same Event: it is kept once"


def test_an_instance_that_is_ready_or_shows_built_in_conditions_needs_no_event() -> None:
    for world in (world_of(node("a"), conditions=[healthy]), world_of(node("web", DEPLOYMENT, ready=never))):
        world.run()
        assert world.api.events == []


def test_a_failed_management_is_told_by_an_event_where_the_conditions_are_the_authors() -> None:
    world = world_of(node("a"), conditions=[healthy])
    world.run()
    world.api.edit("App", "demo", {"metadata": {"finalizers": None, "annotations": {names.INVENTORY_HASH: "wrong"}}})
    world.run()
    assert [item["type"] for item in world.demo()["status"]["conditions"]] == ["Healthy"]
    (event,) = world.api.events
    assert event.reason == "ManagementFailed"
    assert "invalid ApplySet inventory" in event.message


def excluded(id: str, **rest: Any) -> Any:
    return node(id, include=lambda s: False, **rest)


EXCLUSIONS = {
    "a chain": ((excluded("a"), node("b", after=["a"]), node("c", after=["b"])), '; left out with "a", which they depend on: "b", "c"'),
    "two causes": (
        (excluded("a"), excluded("z"), node("b", after=["a"]), node("y", after=["z"])),
        '; left out with "a", which they depend on: "b"; left out with "z", which they depend on: "y"',
    ),
    "either of two that exclude each other": (
        (node("a", include=lambda s: True), excluded("b"), node("c", after=["a", "b"])),
        '; left out with "b", which they depend on: "c"',
    ),
    "its own condition": ((excluded("a"), node("b")), ""),
}


@pytest.mark.parametrize("exclusion", EXCLUSIONS)
@pytest.mark.difference("70")
def test_an_instance_says_which_nodes_are_left_out_with_another(exclusion: str) -> None:
    nodes, expected = EXCLUSIONS[exclusion]
    world = world_of(*nodes)
    world.run()
    assert message(world) == f"all resources are created and ready{expected}"
    assert world.demo()["status"]["state"] == "ACTIVE"
    written = world.api.writes
    world.run()
    assert (world.api.writes, written > 0) == (0, True), "said once, not written again"


REFERENCES = {
    "of the instance's namespace": ({}, "ConfigMap default/there"),
    "of another namespace": ({"namespace": "else"}, "ConfigMap else/there"),
    "of another kind": ({"kind": SECRET}, "Secret default/there"),
    "of a name that is computed": ({"name": lambda s: s["schema"]["spec"]["name"]}, "ConfigMap default/named"),
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_missing_reference_is_told_with_kind_namespace_and_name(reference: str) -> None:
    given, expected = REFERENCES[reference]
    given = {"kind": CONFIG_MAP, "name": "there", "namespace": "default", **given}
    world = world_of(node("ref", given["kind"], given["name"], namespace=given["namespace"], external=True), spec={"name": "named"})
    world.run()
    assert message(world) == f'waiting for external reference "ref": {expected} not found'


def test_the_owner_of_a_foreign_object_is_named_where_its_labels_prove_it() -> None:
    world = world_of(node("a", name="shared"))
    world.run()
    world.instance("second")
    world.run("second")
    told = world.condition("ResourcesReady", "second")["message"]
    assert " of App default/demo, cannot reassign" in told
    assert 'node "a"' in told
    world.api.edit("ConfigMap", "shared", {"metadata": {"labels": {names.INSTANCE_NAME: "liar"}}})
    world.run("second")
    told = world.condition("ResourcesReady", "second")["message"]
    assert "liar" not in told
    assert "belongs to ApplySet" in told


FIELDS = {
    "a field of the spec": ("${schema.spec.a}", "the instance does not set it"),
    "a key of a map of the spec": ("${schema.spec.m.key}", "the instance does not set it"),
    "a label": ("${schema.metadata.labels.team}", "the instance does not set it"),
    "a field of the spec within more": ("${schema.spec.a + '-' + schema.spec.a}", "the instance does not set it"),
    "a field of another object": ("${other.metadata.labels.team}", "data pending"),
    "both": ("${schema.metadata.name + other.metadata.labels.team}", "data pending"),
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.difference("C")
def test_what_the_user_has_to_set_is_not_told_as_data_that_is_pending(field: str) -> None:
    text, expected = FIELDS[field]
    definition = {
        "metadata": {"name": "app"},
        "spec": {
            "schema": {"apiVersion": "v1alpha1", "kind": "App", "spec": {"a": "string", "m": "map[string]string"}},
            "resources": [
                {"id": "other", "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}},
                {"id": "config", "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"v": text}}},
            ],
        },
    }
    from local_emulator.cli.offline import offline_schemas

    world = World(compile_graph(definition, offline_schemas()))
    world.instance()
    world.run()
    assert message(world).startswith("waiting for unresolved resource: ")
    assert message(world).endswith(f"({expected})")
