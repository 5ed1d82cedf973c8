"""Rule 8, the gate: which failures of a run hold pruning back, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphcore.converge.effects import Apply, Get, List, Refused
from graphcore.names import APPLYSET_PART_OF, NODE_ID
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE, graph, node
from tests.support.worlds import World

REFUSED = Refused(422, "Invalid", "field is immutable")


def definition() -> Any:
    return graph(
        node("web", DEPLOYMENT, fields={"spec.v": lambda s: s["schema"]["spec"]["v"]}, ready=lambda s: 1 // s["web"]["spec"]["n"] == 1),
        node("pair", SERVICE, each={"n": lambda s: s["schema"]["spec"]["pair"]}, name=lambda s: f"pair-{s['n']}"),
        node("after", SECRET, after=["web"], name=lambda s: f"after-{s['web']['spec']['v']}"),
        node("config", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: s["n"], fields={"data.v": "1"}),
    )


def started() -> World:
    world = World(definition())
    world.instance(spec={"v": "0", "pair": ["a"], "names": ["kept", "unwanted"]})
    world.run()
    world.api.edit("Deployment", "demo-web", {"spec": {"n": 1}}, "controller")
    world.run()
    assert world.demo()["status"]["state"] == "ACTIVE", world.demo()["status"]
    return world


def refusing(*kinds: Any, name: str = "", answer: Refused = REFUSED, verb: type = Apply) -> Callable[[World], None]:
    def act(world: World) -> None:
        def refuse(effect: Any) -> Refused | None:
            hit = isinstance(effect, verb) and effect.resource in kinds and name in ("", getattr(effect, "name", ""))
            return answer if hit else None

        world.api.refuse = refuse

    return act


def editing(**spec: Any) -> Callable[[World], None]:
    return lambda world: world.api.edit("App", "demo", {"spec": spec}) and None


def grown(world: World) -> None:
    editing(pair=["a", "c"])(world)
    world.run()


def going(world: World) -> None:
    """An object of the pair is on its way out, held by somebody's finalizer."""
    world.api.edit("Service", "pair-a", {"metadata": {"finalizers": ["example.com/hold"]}})
    world.api.delete("Service", "pair-a")


def somebody_elses(world: World) -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "pair-b", "namespace": "default"}}
    world.api.create({**body, "metadata": {**body["metadata"], "labels": {APPLYSET_PART_OF: "applyset-other-v1"}}})


def unready(world: World) -> None:
    world.api.edit("Deployment", "demo-web", {"spec": {"n": 2}}, "controller")


def broken(world: World) -> None:
    world.api.edit("Deployment", "demo-web", {"spec": {"n": 0}}, "controller")


GATE: dict[str, tuple[bool, list[Callable[[World], None]]]] = {
    "an update is refused": (True, [editing(v="1"), refusing(DEPLOYMENT)]),
    "an update is forbidden": (True, [editing(v="1"), refusing(DEPLOYMENT, answer=Refused(403, "Forbidden", "no"))]),
    "two updates are refused": (
        True,
        [editing(v="1"), lambda w: w.api.edit("Service", "pair-a", LOST) and None, refusing(DEPLOYMENT, SERVICE)],
    ),
    "a create is refused": (False, [editing(pair=["a", "b"]), refusing(SERVICE, name="pair-b")]),
    "an update and a create are refused": (
        False,
        [editing(pair=["a", "b"]), lambda w: w.api.edit("Service", "pair-a", LOST) and None, refusing(SERVICE)],
    ),
    "an object to be updated is not there any more": (
        False,
        [editing(v="1"), refusing(DEPLOYMENT, answer=Refused(404, "NotFound", "the server could not find the requested resource"))],
    ),
    "the name is somebody else's": (False, [editing(pair=["a", "b"]), somebody_elses]),
    "an object is going while its sibling is refused": (
        False,
        [grown, lambda w: w.api.edit("Service", "pair-c", LOST) and None, going, refusing(SERVICE, name="pair-c")],
    ),
    "a kind cannot be listed": (False, [refusing(SERVICE, verb=List)]),
    "the object is refused and not ready, so that what waits for it is unknown": (False, [editing(v="1"), refusing(DEPLOYMENT), unready]),
    "readiness of what others wait for cannot be computed": (False, [broken]),
    "nothing fails": (True, []),
}
LOST = {"metadata": {"labels": {NODE_ID: "else"}}}


@pytest.mark.difference("67")
@pytest.mark.difference("67")
@pytest.mark.parametrize(("pruned", "acts"), GATE.values(), ids=GATE.keys())
def test_what_holds_pruning_back(pruned: bool, acts: list[Callable[[World], None]]) -> None:
    world = started()
    for act in acts:
        act(world)
    world.api.edit("App", "demo", {"spec": {"names": ["kept"]}})
    world.run()
    assert (world.api.find("ConfigMap", "unwanted") is None) is pruned, world.demo()["status"]
    assert world.api.find("ConfigMap", "kept") is not None
    # What waits behind the refusal wants what it wanted.
    assert world.api.find("Secret", "after-0") is not None


def test_a_readiness_that_cannot_be_computed_holds_nothing_back_where_nobody_waits_for_it() -> None:
    made = graph(
        node("web", DEPLOYMENT, ready=lambda s: 1 // 0 == 1),
        node("config", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: s["n"]),
    )
    world = World(made)
    world.instance(spec={"names": ["kept", "unwanted"]})
    world.run()
    world.api.edit("App", "demo", {"spec": {"names": ["kept"]}})
    world.run()
    assert {item["metadata"]["name"] for item in world.api.all("ConfigMap")} == {"kept"}
    assert world.demo()["status"]["state"] == "ERROR"


def test_a_reference_that_waits_behind_a_refusal_stays_recorded() -> None:
    made = graph(
        node("web", DEPLOYMENT, fields={"spec.v": lambda s: s["schema"]["spec"]["v"]}),
        node("ref", CONFIG_MAP, lambda s: f"shared-{s['web']['spec']['v']}", after=["web"], external=True),
        node("config", SECRET, each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: s["n"]),
    )
    world = World(made)
    world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared-0", "namespace": "default"}})
    world.instance(spec={"v": "0", "names": ["kept", "unwanted"]})
    world.run()
    refusing(DEPLOYMENT)(world)
    world.api.edit("App", "demo", {"spec": {"v": "1", "names": ["kept"]}})
    world.run()
    assert {item["metadata"]["name"] for item in world.api.all("Secret")} == {"kept"}
    assert "shared-0" in world.demo()["metadata"]["annotations"]["krofn.kro.run/references"]


def test_the_read_that_tells_what_stands_in_the_way_may_be_refused_too() -> None:
    world = started()
    world.api.edit("App", "demo", {"spec": {"pair": ["a", "b"], "names": ["kept"]}})
    world.api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "pair-b", "namespace": "default"}})
    conflict = Refused(409, "AlreadyExists", "there is one")

    def refuse(effect: Any) -> Refused | None:
        if isinstance(effect, Apply | Get) and effect.resource == SERVICE and effect.name == "pair-b":
            return conflict if isinstance(effect, Apply) else Refused(403, "Forbidden", "no")
        return None

    world.api.refuse = refuse
    world.run()
    assert world.api.find("ConfigMap", "unwanted") is not None
