"""Rule 3, in time: a controller that never gives a field up, while users, crashes and other invocations go on around the fight.

A fight ends nobody else's turn: while it lasts, everything else becomes what it should be; it costs no more writes than the damping allows;
and when the other side gives up, the field is put right without anybody's help.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Converged
from graphcore.converge.metadata import annotations_of
from tests.simulation.simulator import Faults, Simulation
from tests.simulation.test_rules import edit, ours, quietly, seed
from tests.support.graphs import DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World

__all__ = ["seed"]

THEIRS = 9


def world_of() -> World:
    """``web`` is fought over; ``config`` and ``secret`` are not, and follow the instance."""
    world = World(
        graph(
            node("web", DEPLOYMENT, fields={"spec.v": lambda s: s["schema"]["spec"]["v"], "spec.replicas": 1}),
            node("config", fields={"data.v": lambda s: s["schema"]["spec"]["v"]}),
            node("secret", SECRET, after=["config"], fields={"data.v": lambda s: s["config"]["data"]["v"]}),
        )
    )
    world.instance(spec={"v": "0"})
    return world


class Fighter:
    """A controller that takes ``spec.replicas`` back whenever it sees another value."""

    def __init__(self, world: World, simulation: Simulation) -> None:
        self.world, self.simulation, self.giving_up = world, simulation, False
        self.repairs: list[datetime] = []
        simulation.checks.append(self.see)

    def see(self, what: str, obj: dict[str, Any]) -> Iterator[str]:
        if (obj["kind"], obj["metadata"]["name"]) == ("Deployment", "demo-web") and what != "delete" and obj["spec"]["replicas"] == 1:
            if names.REPAIRS in annotations_of(obj):
                self.repairs.append(self.world.now)
            if not self.giving_up:
                self.simulation.actions.append(
                    quietly(self.world, "edit", "Deployment", "demo-web", {"spec": {"replicas": THEIRS}}, manager="hpa")
                )
        yield from ()


def right(world: World) -> bool:
    """Whether everything that is not fought over is what the newest intent says, the fought object's other fields included."""
    v = world.demo()["spec"]["v"]
    found = [
        (item["kind"], (item.get("data") or item["spec"])["v"])
        for kind in ("ConfigMap", "Secret", "Deployment")
        for item in ours(world, kind)
    ]
    return found == [("ConfigMap", v), ("Secret", v), ("Deployment", v)]


@pytest.mark.parametrize("faults", [Faults(), Faults(crash=0.05, duplicate=0.3)], ids=["calm", "crashes"])
def test_a_fight_ends_nobody_elses_turn(seed: int, faults: Faults) -> None:
    world = world_of()
    simulation = Simulation(world, seed, faults=faults)
    fighter = Fighter(world, simulation)
    simulation.run(chaos=100)
    begin = world.now
    for number in range(1, 5):
        simulation.actions += [
            edit(world, v=str(number)),
            quietly(world, "edit", "ConfigMap", "demo-config", {"data": {"v": "by hand"}}),
            quietly(world, "delete", "Secret", "demo-secret"),
        ]
        simulation.run(chaos=60)
        # The fight has not ended: the other side holds the field, and all else is in place without the clock having been waited for.
        assert world.api.get("Deployment", "demo-web")["spec"]["replicas"] == THEIRS, simulation.verdict()
        assert right(world), simulation.verdict()
        assert world.demo()["status"]["state"] == "ACTIVE", simulation.verdict()
    while (world.now - begin).total_seconds() < 300 and simulation.wait():
        simulation.run(chaos=0)
    # Two a minute, and one more where a write came a moment after its run had begun.
    repairs = [moment for moment in fighter.repairs if 60 <= (moment - begin).total_seconds() < 240]
    assert 0 < len(repairs) <= 7, (repairs, simulation.verdict())
    fighter.giving_up = True
    while simulation.wait():
        simulation.run(chaos=0)
    assert world.api.get("Deployment", "demo-web")["spec"]["replicas"] == 1, simulation.verdict()
    assert right(world), simulation.verdict()
    assert simulation.violations == [], simulation.verdict()
    assert world.run() == Converged(), simulation.verdict()
    assert world.counts[1] == 0, simulation.verdict()
