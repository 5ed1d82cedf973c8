"""A file that is no ResourceGraphDefinition by its shape gives problems with places, never an exception of Python's."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.graph import render
from graphcore.graph.definition_schema import DEFINITION
from local_emulator.cli.install import crds
from tests.support.definitions import Object, config_map, definition, problems, resource
from tests.support.refused import DEFINITIONS

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}


@pytest.mark.parametrize(
    ("rgd", "paths"),
    [
        ({"spec": []}, ["spec"]),
        ({"spec": {"schema": "x"}}, ["spec.schema"]),
        ({"metadata": 5, "spec": {"schema": {"apiVersion": "v1", "kind": 5}}}, ["metadata", "spec.schema.kind"]),
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
        definition(config_map("a", readyWhen=None, includeWhen=None, forEach=None)),
        definition(resource("a", dict(MAP), externalRef=None)),
        {**definition(config_map("a")), "status": {"anything": 1}},
        {**definition(config_map("a")), "metadata": {"name": "a", "uid": "1", "resourceVersion": "2", "managedFields": []}},
    ],
)
def test_null_is_absent_and_what_the_api_server_adds_is_fine(rgd: Object) -> None:
    assert problems(rgd) == ()


@pytest.mark.parametrize(("rgd", "path", "words"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_what_the_definitions_own_crd_refuses_is_refused(rgd: Object, path: str, words: str) -> None:
    (problem,) = problems(rgd)
    assert problem.path in (path, path.removeprefix("spec.schema."))
    assert words in f"{problem.message}; {problem.hint}"
    assert render(problem).startswith("failed to validate resourcegraphdefinition: ") or problem.code == "crd-refused"


def test_faults_of_the_crd_and_of_the_graph_are_in_one_report_and_each_is_told_once() -> None:
    rgd = definition(
        resource("a"), config_map("", "b", dependsOn=["a"]), config_map("b", data={"x": "${nosuch}"}), kind="thing", scope="Global"
    )
    assert [(problem.code, problem.path) for problem in problems(rgd)] == [
        ("unknown-definition-field", "spec.resources[1].dependsOn"),
        ("definition-refused", "spec.schema.scope"),
        ("invalid-kind", "spec.schema.kind"),
        ("invalid-id", "spec.resources[1].id"),
        ("no-template", None),
        ("unknown-identifier", "data.x"),
    ]


def _bare(schema: Any) -> Any:
    """Without descriptions, which are no part of what is checked."""
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _bare(part) for name, part in value.items()} if key == "properties" else _bare(value)
        for key, value in schema.items()
        if key != "description" or not isinstance(value, str)
    }


def test_the_schema_is_that_of_the_crd() -> None:
    (crd,) = [crd for crd in crds() if crd["spec"]["names"]["kind"] == "ResourceGraphDefinition"]
    schema = _bare(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    del schema["properties"]["status"]
    assert schema == DEFINITION


@pytest.mark.parametrize("kind", [None, ""])
def test_a_missing_kind_is_a_problem_of_the_kind(kind: Any) -> None:
    assert "invalid-kind" in [problem.code for problem in problems(definition(kind=kind))]
