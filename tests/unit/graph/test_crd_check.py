"""What the API server would say about a generated CRD, placed where the author wrote the cause."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.graph import synthesize_crd
from graphcore.graph.crd_check import crd_problems
from graphcore.simpleschema import to_openapi

TYPES = {
    "Port": "integer | default=5 maximum=3",
    "Item": {"key": "string", "name": "string | required=true"},
    "Deep": {"x": "Port | default=8", "list": "[]Item | listType=map listMapKey=key"},
    "Fixed": "string | immutable=true",
}


def places(**schema: Any) -> list[tuple[str | None, str | None, int | None]]:
    block = {"apiVersion": "v1", "kind": "Thing", **schema}
    problems = crd_problems(synthesize_crd(block, "rgd", "", to_openapi(block.get("spec"), block.get("types")), None, "devel"), block)
    assert all(problem.code == "crd-refused" and problem.node == "schema" for problem in problems)
    return [(problem.path, problem.expression, problem.column) for problem in problems]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("integer | default=5 maximum=3", ("spec.f", "integer | default=5 maximum=3", 10)),
        ("boolean | default=1", ("spec.f", "boolean | default=1", 10)),
        ("Port", ("types.Port", TYPES["Port"], 10)),
        ("[]Port", ("types.Port", TYPES["Port"], 10)),
        ("Port | default=7", ("spec.f", "Port | default=7", 7)),
        ("[]string | listType=map listMapKey=a", ("spec.f", "[]string | listType=map listMapKey=a", 11)),
        ("[]Item | listType=map listMapKey=zz", ("spec.f", "[]Item | listType=map listMapKey=zz", 22)),
        ("[]object | uniqueItems=true", ("spec.f", "[]object | uniqueItems=true", 11)),
        ("integer | immutable=true validation=\"self != ''\"", ("spec.f", "integer | immutable=true validation=\"self != ''\"", 25)),
        ("map[string]Fixed", ("types.Fixed", TYPES["Fixed"], 9)),
        ("[]Fixed", ("types.Fixed", TYPES["Fixed"], 9)),
    ],
)
def test_fields(text: str, place: tuple[str, str, int]) -> None:
    assert places(spec={"f": text}, types=TYPES)[0] == place


def test_fields_of_nested_objects_and_types() -> None:
    found = places(spec={"a": {"b.c": "integer | default=5 maximum=3"}, "d": "map[string]Deep"}, types=TYPES)
    assert found[0] == ('spec.a["b.c"]', "integer | default=5 maximum=3", 10)
    assert [path for path, _, _ in places(spec={"d": "Deep"}, types=TYPES)] == ["types.Deep.x", "types.Item.key"]


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ({"kind": "DNS"}, ["kind", "kind"]),
        ({"group": "Foo"}, ["kind", "group"]),
        ({"apiVersion": "1"}, ["apiVersion"]),
        ({"shortNames": ["ok", "X"]}, ["shortNames[1]"]),
        ({"metadata": {"labels": {"a b": "c"}}}, ["metadata.labels"]),
        (
            {"additionalPrinterColumns": [{"name": "A", "type": "x", "jsonPath": "y"}]},
            ["additionalPrinterColumns[0].type", "additionalPrinterColumns[0].jsonPath"],
        ),
    ],
)
def test_everything_else(schema: dict[str, Any], paths: list[str]) -> None:
    assert [path for path, _, _ in places(**schema)] == paths


def test_the_api_servers_words_stay() -> None:
    block = {"apiVersion": "v1", "kind": "Thing", "spec": {"f": "integer | default=5 maximum=3"}}
    (problem,) = crd_problems(synthesize_crd(block, "rgd", "", to_openapi(block["spec"], None), None, "devel"), block)
    assert problem.message == (
        "spec.validation.openAPIV3Schema.properties[spec].properties[f].default: Invalid value: 5:  in body should be less than or equal to 3"
    )
    assert problem.hint
