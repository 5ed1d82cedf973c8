"""What a definition waits for stands on it while it waits, and a kind that is just being served is asked for again within a second."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcore import names
from graphcore.converge import DefinitionOptions, DefinitionRequest, converge_definition, waits
from graphcore.converge.conditions import timestamp
from graphcore.converge.effects import Converged, Failed
from graphcore.converge.waits import Waits
from graphcore.errors import Problem, ProblemsError
from tests.support.memory import Api, drive
from tests.support.worlds import START
from tests.unit.converge.test_definition import CRD, RGD, compile_fake

QUEUE = ("queues.example.com", "example.com/v1", "Queue")


class World:
    """A definition whose resources are of custom kinds; ``described`` are those that the compile finds."""

    def __init__(self, *kinds: tuple[str, str], interval: float = 3.0) -> None:
        self.api, self.now, self.described = Api(), START, set[tuple[str, str]]()
        self.options = DefinitionOptions(retry_interval=interval)
        resources = [
            {"id": f"n{index}", "template": {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}}
            for index, (version, kind) in enumerate(kinds)
        ]
        schema = {"kind": "App", "apiVersion": "v1alpha1", "group": "kro.run", "scope": "Namespaced", "spec": {"x": "string"}}
        spec = {"schema": schema, "resources": resources}
        self.api.create({"apiVersion": names.API_VERSION, "kind": RGD, "metadata": {"name": "app"}, "spec": spec})

    def compile(self, definition: Any, schemas: Any) -> Any:
        problems = []
        for resource in definition["spec"]["resources"]:
            kind = (resource["template"]["apiVersion"], resource["template"]["kind"])
            if kind not in self.described:
                problems.append(Problem("unknown-kind", f"{kind} not found", resource["id"], "kind"))
        if problems:
            raise ProblemsError(problems)
        return compile_fake({**definition, "spec": {**definition["spec"], "resources": []}}, schemas)

    def run(self, later: float = 1.0) -> Any:
        self.now += timedelta(seconds=later)
        self.api.log.clear()
        return drive(converge_definition(DefinitionRequest("app"), self.compile, self.now, self.options), self.api)

    def install(
        self, name: str, kind: str, *, age: float = 1.0, established: str = "True", version: str = "v1", served: bool = True
    ) -> None:
        since = timestamp(self.now - timedelta(seconds=age))
        plural, _, group = name.partition(".")
        spec = {"group": group, "names": {"kind": kind, "plural": plural}, "versions": [{"name": version, "served": served}]}
        conditions = [{"type": "Established", "status": established, "lastTransitionTime": since}]
        body = {"apiVersion": names.CRD_API_VERSION, "kind": CRD, "metadata": {"name": name}, "spec": spec}
        self.api.create({**body, "status": {"conditions": conditions}})

    @property
    def annotation(self) -> str | None:
        return (self.api.get(RGD, "app")["metadata"].get("annotations") or {}).get(names.WAITS_FOR)


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        ([QUEUE[1:]], '{"kinds":[["example.com","Queue"]]}'),
        ([("b.io/v1", "B"), ("a.io/v2", "A"), ("v1", "ConfigMap"), ("apps/v1", "Deployment")], '{"kinds":[["a.io","A"],["b.io","B"]]}'),
        ([("v1", "Nonsense")], None),
        ([("kro.run/v1alpha1", "Inner"), ("kro.run/v1beta1", "Inner")], '{"kinds":[["kro.run","Inner"]]}'),
    ],
)
def test_the_custom_kinds_that_a_definition_waits_for_stand_on_it_until_it_compiles(kinds: Any, text: str | None) -> None:
    world = World(*kinds)
    assert isinstance(world.run(), Failed)
    assert world.annotation == text
    world.run()
    assert world.api.writes == 0
    world.described = set(kinds)
    world.run()
    assert world.annotation is None


@pytest.mark.parametrize(
    ("crd", "retry"),
    [
        ({}, 1.0),
        ({"age": 50.0}, 1.0),
        ({"established": "False"}, 1000.0),
        ({"version": "v2"}, 1000.0),
        ({"served": False}, 1000.0),
        ({"kind": "Quay"}, 1000.0),
        ({"age": 90.0}, 1000.0),
        (None, 1000.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("waited", [0.0, 20.0, 200.0, 5000.0])
def test_a_run_that_comes_too_early_asks_again_within_a_second(crd: Any, retry: float, waited: float) -> None:
    world = World(QUEUE[1:])
    world.run()
    world.now += timedelta(seconds=waited)
    if crd is not None:
        world.install(QUEUE[0], **{"kind": "Queue", **crd})
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == min(retry, max(3.0, min(30.0, waited + 1.0)))
    assert outcome.prompt == (retry == 1.0 or waited == 0.0)


def test_an_interval_of_zero_still_means_never() -> None:
    world = World(QUEUE[1:], interval=0)
    world.install(QUEUE[0], "Queue")
    assert world.run().retry_after is None


def test_a_name_that_somebody_else_has_is_recorded_until_it_is_free() -> None:
    world = World()
    world.install("apps.kro.run", "App")
    assert isinstance(world.run(), Failed)
    assert json.loads(world.annotation or "") == {"crds": ["apps.kro.run"]}
    world.api.delete(CRD, "apps.kro.run")
    world.run()
    world.api.edit(CRD, "apps.kro.run", {"status": {"conditions": [{"type": "Established", "status": "True"}]}}, "kube-apiserver", "status")
    assert world.run() == Converged()
    assert world.annotation is None


def test_too_much_to_record_is_not_recorded() -> None:
    assert Waits(frozenset((f"g{number}.example.com", "K" * 60) for number in range(400))).to_text() == ""


@given(
    st.one_of(
        st.text(),
        st.recursive(st.one_of(st.none(), st.integers(), st.text()), lambda inner: st.dictionaries(st.text(), inner)).map(json.dumps),
    )
)
def test_any_text_can_be_read(text: str) -> None:
    waits.recorded({"metadata": {"annotations": {names.WAITS_FOR: text}}})


@pytest.mark.parametrize("text", ["[" * 100_000, '{"kinds":' * 50_000, '{"kinds": 3}', '{"kinds": [[1]]}', "null", "[]", '{"crds": {}}'])
def test_hostile_text_counts_as_nothing(text: str) -> None:
    assert waits.recorded({"metadata": {"annotations": {names.WAITS_FOR: text}}}) == Waits()


@given(st.builds(Waits, st.frozensets(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=9), st.frozensets(st.text(max_size=9))))
def test_what_is_recorded_is_read_back(waiting: Waits) -> None:
    assert waits.recorded({"metadata": {"annotations": {names.WAITS_FOR: waiting.to_text()}}}) == waiting
