"""A schema of OpenAPI in place of SimpleSchema is recognised, as one fault or one warning, and the hint says the same in SimpleSchema."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.definitions import Object, compiled, config_map, definition, problems


def faults(spec: Any) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.path, problem.hint) for problem in problems(definition(spec=spec))]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"type": "array", "items": {"type": "string"}}, "[]string"),
        ({"type": "array"}, "[]string"),
        ({"type": "number"}, "float"),
        ({"type": "integer", "default": 80}, "integer | default=80"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer | minimum=1 maximum=9"),
        ({"type": "string", "enum": ["a", "b"], "default": "a"}, 'string | default="a" enum="a,b"'),
        ({"type": "string", "description": "The name: of it"}, 'string | description="The name: of it"'),
        ({"type": "boolean", "default": True}, "boolean | default=true"),
        ({"type": "object", "additionalProperties": {"type": "integer"}, "nullable": True}, "map[string]integer"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}, "minItems": 2}, "[][]float | minItems=2"),
        ({"type": "string", "pattern": "^a\\d+$"}, 'string | pattern="^a\\\\d+$"'),
    ],
)
def test_a_field_in_openapi_is_one_fault_and_its_hint_works(field: Object, text: str) -> None:
    ((code, path, hint),) = faults({"field": field})
    assert (code, path) == ("openapi-schema", "spec.field")
    assert hint is not None
    assert yaml.safe_load(hint.removeprefix("write ")) == {"field": text}
    assert problems(definition(spec={"field": text})) == ()


@pytest.mark.parametrize(
    ("spec", "path", "hint"),
    [
        (
            {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "string"}}},
            },
            "spec",
            "write the fields themselves below spec: a: string, b: '[]string'",
        ),
        (
            {"o": {"type": "object", "properties": {"a": {"type": "number"}}}},
            "spec.o",
            "write the fields themselves below o: a: float",
        ),
    ],
)
def test_an_object_in_openapi_is_told_where_it_begins(spec: Any, path: str, hint: str) -> None:
    found = faults(spec)
    assert len(found) == 1
    assert found[0][0] == "openapi-schema"
    assert found[0][1] in (path, f"{path}.properties.a")


def test_its_faults_bring_no_others() -> None:
    spec = {"tags": {"type": "array", "items": {"type": "string"}}, "count": "integer | default=1"}
    rgd = definition(config_map("a", data={"x": "${schema.spec.tags.join(',')}", "y": "${string(schema.spec.count)}"}), spec=spec)
    assert [problem.code for problem in problems(rgd)] == ["openapi-schema"]


WARNED: list[tuple[Any, list[str], list[str]]] = [
    ({"name": {"type": "string"}}, [], ["spec.name"]),
    ({"o": {"type": "object", "properties": {"a": {"type": "string"}}}}, [], ["spec.o"]),
    ({"type": "object", "properties": {"a": "string"}}, [], ["spec"]),
    ({"o": {"deep": {"type": "integer", "format": "string"}}}, [], ["spec.o.deep"]),
    # Objects that really have a field type.
    ({"service": {"type": "string | default=ClusterIP"}}, [], []),
    ({"service": {"type": "string", "port": "integer"}}, [], []),
    ({"service": {"type": "string"}}, ["schema.spec.service.?type.orValue('')"], []),
    ({"kind": {"type": "string", "format": "string"}}, ["schema.spec.?kind.?format.orValue('')"], []),
    ({"service": {"type": "string"}}, ["json.marshal(schema.spec.?service.orValue(dyn({})))"], []),
    ({"type": "string"}, ["schema.spec.?type.orValue('')"], []),
]


@pytest.mark.parametrize(("spec", "reads", "paths"), WARNED)
def test_what_compiles_all_the_same_is_warned_of(spec: Any, reads: list[str], paths: list[str]) -> None:
    data = {f"k{number}": f"${{{read}}}" for number, read in enumerate(reads)}
    found = [
        warning for warning in compiled(definition(config_map("a", data=data), spec=spec)).warnings if warning.code == "openapi-schema"
    ]
    assert [warning.path for warning in found] == paths
    assert all(warning.hint and warning.node == "schema" for warning in found)


def test_a_type_mismatch_that_comes_of_it_says_so() -> None:
    (problem,) = problems(definition(config_map("a", "${schema.spec.name}"), spec={"name": {"type": "string"}}))
    assert problem.code == "type-mismatch"
    assert problem.hint == "schema.spec.name is an object with a field type; if name is to have that type, write name: string, in one text"
