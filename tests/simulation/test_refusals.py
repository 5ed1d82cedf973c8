"""Rule 8 against an API server that refuses: what cannot be changed holds nothing back, what cannot be made holds everything.

The store enforces two rules for the whole of a simulation: a Deployment's value is immutable, and some names may not be created. While they
stand, whatever nobody wants has to go, and nothing that is wanted, or still stands in for what could not be made, may. Each mutant of the
gate is found by a recorded seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from graphcore.converge.effects import Apply, Failed, Refused
from graphcore.converge.instance import instance as converging
from graphcore.converge.instance import outstanding
from graphcore.converge.instance.gating import GOOD, State
from tests.simulation.simulator import Faults, Simulation
from tests.simulation.test_rules import SEEDS, edit, ours, world_of
from tests.support.graphs import DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World


def definition() -> Any:
    """web: cannot be changed. behind and below wait for it, one behind the other. replaced: its name moves. items: come and go."""
    return graph(
        node("web", DEPLOYMENT, fields={"spec.v": lambda s: s["schema"]["spec"]["v"]}),
        node("behind", SECRET, after=["web"], name=lambda s: f"behind-{s['web']['metadata']['name']}", fields={"data.v": "1"}),
        node("below", SECRET, after=["behind"], each={"n": lambda s: [s["behind"]["data"]["v"]]}, name=lambda s: f"below-{s['n']}"),
        node("replaced", name=lambda s: f"replaced-{s['schema']['spec']['name']}"),
        node("items", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: f"item-{s['n']}"),
    )


def strict(world: World, forbidden: set[str]) -> Callable[[Any], Refused | None]:
    """The store's rules, judged, like a real server's, only of requests whose preconditions hold."""

    def refuse(effect: Any) -> Refused | None:
        if not isinstance(effect, Apply):
            return None
        stored = world.api.find(effect.resource.kind, effect.name)
        given = effect.body["metadata"]
        if stored is None:
            return Refused(403, "Forbidden", "not that name") if effect.name in forbidden else None
        if any(given.get(key) not in (None, stored["metadata"][key]) for key in ("uid", "resourceVersion")):
            return None
        if effect.resource == DEPLOYMENT and effect.body["spec"] != stored["spec"]:
            return Refused(422, "Invalid", "spec.v: field is immutable")
        return None

    return refuse


def simulate(seed: int) -> Simulation:
    world = world_of({"v": "0", "name": "a", "names": ["x", "y"]}, definition())
    world.run()
    forbidden = {"replaced-c", "replaced-d"}
    world.api.refuse = strict(world, forbidden)
    edits = [
        edit(world, v="1", names=["y", "z"]),
        edit(world, name="b"),
        edit(world, v="2", names=["z"], name="c"),
        edit(world, names=["x"]),
        edit(world, name="d", v="3"),
        edit(world, names=["w", "x"]),
    ]
    simulation = Simulation(world, seed, edits, Faults(crash=0.03, duplicate=0.2))

    def guarded(what: str, obj: dict[str, Any]) -> Iterator[str]:
        name = obj["metadata"]["name"]
        if what != "delete":
            return
        if name == "demo-web" or name.startswith(("behind", "below")):
            yield f"{name} is wanted and was deleted"
        if name.startswith("replaced") and not any(i["metadata"]["name"].startswith("replaced") for i in world.api.all("ConfigMap")):
            yield f"{name} was deleted although nothing had replaced it"

    simulation.checks.append(guarded)
    simulation.run()
    return simulation


def configs(world: World) -> set[str]:
    return {item["metadata"]["name"] for item in ours(world, "ConfigMap")}


def judge(simulation: Simulation) -> list[str]:
    """Everything that is wrong: first while the refusals stand, then after they are lifted."""
    world = simulation.world
    found = list(simulation.violations)
    # The replacement could not be made: whatever it replaces stays, and because of that the items, too.
    if not configs(world) >= {"item-w", "item-x"} or not any(name.startswith("replaced") for name in configs(world)):
        found.append(f"something wanted is missing: {configs(world)}")
    edit(world, name="e")()
    simulation.run(chaos=0)
    # Now only the update is refused, and that holds nothing back.
    if configs(world) != {"replaced-e", "item-w", "item-x"}:
        found.append(f"with one refused update there is {configs(world)}")
    if world.api.get("Deployment", "demo-web")["spec"]["v"] != "0":
        found.append("the immutable value moved")
    before = len(world.api.history)
    outcome = world.run()
    if not isinstance(outcome, Failed) or len(world.api.history) > before:
        found.append(f"looking once more: {outcome}, {world.api.history[before:]}")
    world.api.refuse = lambda effect: None
    simulation.resync()
    outcome = world.run()
    if isinstance(outcome, Failed) or world.counts[1] or world.api.get("Deployment", "demo-web")["spec"]["v"] != "3":
        found.append(f"afterwards {outcome}")
    return [*found, *simulation.orphans(), *simulation.violations]


@pytest.mark.parametrize("seed", SEEDS)
def test_refused_updates_hold_nothing_back_and_refused_creates_everything(seed: int) -> None:
    simulation = simulate(seed)
    assert judge(simulation) == [], simulation.verdict()


def holds_everything(records: Any, scope: Any, members: Any) -> Any:
    """A failure of any kind stops pruning."""
    return None if any(record.state not in (*GOOD, State.WAITING) for record in records.values()) else {}


def holds_nothing(records: Any, scope: Any, members: Any) -> Any:
    """A refused create is no reason either."""
    lenient = {name: replace(record, absent=False) for name, record in records.items()}
    return outstanding.wanted_behind_refusals(lenient, scope, members)


def forgets_who_waits(records: Any, scope: Any, members: Any) -> Any:
    """What waits behind a refusal wants nothing."""
    return None if outstanding.wanted_behind_refusals(records, scope, members) is None else {}


def stops_at_who_waits(records: Any, scope: Any, members: Any) -> Any:
    """What waits behind a refusal is taken for unresolved."""
    return None if any(record.state is State.BLOCKED for record in records.values()) else holds_or_not(records, scope, members)


holds_or_not = outstanding.wanted_behind_refusals


@pytest.mark.parametrize(
    ("mutant", "seed"),
    [(holds_everything, 1), (holds_nothing, 1), (forgets_who_waits, 1), (stops_at_who_waits, 1)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_mutant_of_the_gate_is_found(mutant: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converging, "wanted_behind_refusals", mutant)
    assert judge(simulate(seed)) != []
