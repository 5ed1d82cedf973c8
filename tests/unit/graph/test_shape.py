"""A file that is no ResourceGraphDefinition by its shape gives problems with places, never an exception of Python's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.definitions import Object, config_map, definition, problems, resource

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}


@pytest.mark.parametrize(
    ("rgd", "paths"),
    [
        ({"spec": []}, ["spec"]),
        ({"spec": {"schema": "x"}}, ["spec.schema"]),
        ({"metadata": 5, "spec": {"schema": {"kind": 5}}}, ["metadata", "spec.schema.kind"]),
        (definition(group=5), ["spec.schema.group"]),
        (definition(metadata=[]), ["spec.schema.metadata"]),
        (definition(metadata={"labels": {"a": 5}}), ["spec.schema.metadata.labels.a"]),
        (definition(additionalPrinterColumns={}), ["spec.schema.additionalPrinterColumns"]),
        (definition(additionalPrinterColumns=[{"name": "A", "priority": "1"}]), ["spec.schema.additionalPrinterColumns[0].priority"]),
        (definition(None), ["spec.resources[0]"]),  # type: ignore[arg-type]
        (definition("x", {"id": 5}), ["spec.resources[0]", "spec.resources[1].id"]),  # type: ignore[arg-type]
        (definition(config_map("a", readyWhen=True)), ["spec.resources[0].readyWhen"]),
        (definition(config_map("a", includeWhen=[5])), ["spec.resources[0].includeWhen[0]"]),
        (definition(config_map("a", forEach={"x": "${[]}"})), ["spec.resources[0].forEach"]),
        (definition(config_map("a", forEach=[None])), ["spec.resources[0].forEach[0]"]),
        (definition(config_map("a", forEach=[{"x": ["a"]}])), ["spec.resources[0].forEach[0].x"]),
        (definition(resource("a", externalRef="x")), ["spec.resources[0].externalRef"]),
        (
            definition(resource("a", externalRef={"kind": "X", "metadata": {"selector": {"matchLabels": "${schema.spec.m}"}}})),
            ["spec.resources[0].externalRef.metadata.selector.matchLabels"],
        ),
    ],
)
def test_each_malformed_field_is_named(rgd: Object, paths: list[str]) -> None:
    found = problems(rgd)
    assert [problem.path for problem in found] == paths
    assert {problem.code for problem in found} == {"malformed-definition"}


@pytest.mark.parametrize(
    "rgd",
    [
        definition(group=None, scope=None, metadata=None, additionalPrinterColumns=None),
        definition(config_map("a", readyWhen=None, includeWhen=None, forEach=None, unknown=1)),
        definition(resource("a", dict(MAP), externalRef=None)),
        definition(resource("a", externalRef={"apiVersion": "v1", "kind": "ConfigMap"})),
    ],
)
def test_null_is_absent_and_unknown_fields_are_passed_over(rgd: Object) -> None:
    assert problems(rgd) == ()


@pytest.mark.parametrize("kind", [None, ""])
def test_a_missing_kind_is_a_problem_of_the_kind(kind: Any) -> None:
    assert "invalid-kind" in [problem.code for problem in problems(definition(kind=kind))]
