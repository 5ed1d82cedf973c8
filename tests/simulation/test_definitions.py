"""Several invocations of one definition at once, cut off at any effect: revisions only rise, schema and revision go together.

Reuses the definitions of the unit tests; seeds as in ``test_rules``.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import DefinitionRequest, converge_definition
from graphcore.converge.effects import Conflict, Converged
from tests.simulation.test_rules import SEEDS
from tests.unit.converge.test_definition import CRD, ESTABLISHED, RGD, Definitions, compile_fake


class Chaos:
    """Invocations interleaved batch by batch; each event on definition, revision or CRD starts one."""

    def __init__(self, world: Definitions, seed: int, actions: list[Any], crash: float) -> None:
        self.world, self.random, self.actions, self.crash = world, Random(seed), actions, crash
        self.runs: list[list[Any]] = []
        self.due, self.position, self.steps = 0, 0, 0
        self.active: list[int] = []

    def run(self) -> None:
        while self.actions or self.runs or self._events():
            self.steps += 1
            assert self.steps < 5000
            moves = [self._advance] * (3 * len(self.runs)) + [self._start] * (2 if self.due and len(self.runs) < 3 else 0)
            moves += [self._act] if self.actions else []
            if self.runs and self.steps < 300 and self.random.random() < self.crash:
                moves = [self._crash]
            self.random.choice(moves)()
            self._establish()

    def _events(self) -> int:
        history = self.world.api.history
        for what, obj in history[self.position :]:
            self.due = 3
            if obj["kind"] == CRD and what != "delete":
                self.active.append(int(obj["metadata"]["annotations"][names.ACTIVE_REVISION]))
        self.position = len(history)
        return self.due

    def _start(self) -> None:
        self.due -= 1
        run = converge_definition(DefinitionRequest("app"), compile_fake, self.world.now, self.world.options)
        self.runs.append([run, next(run)])

    def _advance(self) -> None:
        entry = self.random.choice(self.runs)
        try:
            entry[1] = entry[0].send([self.world.api.serve(effect) for effect in entry[1]])
        except StopIteration as stop:
            self.runs.remove(entry)
            self.due += isinstance(stop.value, Conflict)
        self._events()

    def _crash(self) -> None:
        entry = self.random.choice(self.runs)
        for effect in entry[1][: self.random.randrange(len(entry[1]) + 1)]:
            self.world.api.perform(effect)
        self.runs.remove(entry)
        self.due += 1
        self._events()

    def _act(self) -> None:
        self.actions.pop(0)()
        self._events()

    def _establish(self) -> None:
        crd = self.world.api.find(CRD, "apps.kro.run")
        if crd and not crd.get("status"):
            self.world.api.edit(CRD, "apps.kro.run", {"status": ESTABLISHED}, "kube-apiserver", "status")
            self._events()


@pytest.mark.parametrize("seed", SEEDS)
def test_concurrent_invocations_of_a_definition(seed: int) -> None:
    world = Definitions()
    world.define(x="string")
    fields = {"x": "string"}
    actions = []
    for number in range(5):
        fields = {**fields, f"f{number}": "string"}
        actions.append(lambda fields=fields: world.define(**fields))
    chaos = Chaos(world, seed, actions, crash=0.05)
    chaos.run()
    verdict = f"seed {seed}: {chaos.steps} steps, active revisions {chaos.active}"
    latest = max(world.revisions)
    assert chaos.active == sorted(chaos.active), verdict
    assert world.active == str(latest), verdict
    assert sorted(world.fields) == sorted(fields), verdict
    assert world.rgd()["status"]["lastIssuedRevision"] == latest, verdict
    assert world.rgd()["status"]["state"] == "Active", verdict
    newest = max(world.api.all("GraphRevision"), key=lambda item: item["spec"]["revision"])
    assert newest["spec"]["snapshot"]["spec"] == world.rgd()["spec"], verdict
    assert world.run() == Converged(), verdict
    assert world.api.writes == 0, verdict


@pytest.mark.parametrize("seed", SEEDS)
def test_hands_in_the_crd_and_its_deletion(seed: int) -> None:
    world = Definitions()
    world.define(x="string")
    world.run()

    def touch(**patch: Any) -> Any:
        return lambda: world.api.edit(CRD, "apps.kro.run", patch) if world.api.find(CRD, "apps.kro.run") else None

    actions = [
        touch(spec={"names": {"shortNames": ["ap"]}}),
        lambda: world.api.delete(CRD, "apps.kro.run") if world.api.find(CRD, "apps.kro.run") else None,
        lambda: world.define(x="string", y="string"),
        lambda: world.api.delete("GraphRevision", "app-r00001") if world.api.find("GraphRevision", "app-r00001") else None,
    ]
    chaos = Chaos(world, seed, actions, crash=0.05)
    chaos.run()
    assert sorted(world.fields) == ["x", "y"], f"seed {seed}"
    assert not world.crd["spec"]["names"].get("shortNames"), f"seed {seed}"
    assert world.active == str(max(world.revisions)), f"seed {seed}"
    assert world.api.get(RGD, "app")["status"]["state"] == "Active", f"seed {seed}"
