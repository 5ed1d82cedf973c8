"""Types, shapes of the spec, and the tokenizer's exact behaviour."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.errors import ProblemsError
from graphcore.simpleschema import to_openapi
from graphcore.simpleschema.tokenizer import tokenize

pytestmark = pytest.mark.feature(10, 11, 12, 15, 24)

ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEXT = {"type": "string"}


def problems_of(spec: Any, types: Any = None) -> list[tuple[str | None, str]]:
    with pytest.raises(ProblemsError) as caught:
        to_openapi(spec, types)
    return [(problem.path, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("string", TEXT),
        ("  integer\t", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("object", ANY),
        ("[]object", {"type": "array", "items": ANY}),
        ("[] string", {"type": "array", "items": TEXT}),
        ("map[string] string", {"type": "object", "additionalProperties": TEXT}),
        ("map[string]map[string]string", {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": TEXT}}),
        ("[][]string", {"type": "array", "items": {"type": "array", "items": TEXT}}),
        ("string|", TEXT),
        ("string | \n", TEXT),
        ("string | description=x\n", {"type": "string", "description": "x"}),
    ],
)
def test_types(text: str, schema: dict[str, Any]) -> None:
    assert to_openapi({"f": text}, None)["properties"]["f"] == schema


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "empty type", None),
        (" | required=true", "empty type", None),
        ("[]", "empty slice element type", None),
        ("map[string][]", "empty slice element type", None),
        ("map[]string", "map key must be string", None),
        ("map[ string ]string", "map key must be string", None),
        ("map[string]", "map value type is required", None),
        ("int", "unknown type: int", "write integer"),
        ("String", "unknown type: String", "write string; type names are case-sensitive"),
        ("number", "unknown type: number", "write float"),
        ("string[]", "unknown type: string[]", "write []string"),
        ("[ ]string", "unknown type: [ ]string", None),
        ("Map[string]string", "unknown type: Map[string]string", None),
        ("strng", "unknown type: strng", "did you mean string?"),
        ("[]" * 17 + "string", 'type nesting too deep (max 16): "string"', None),
    ],
)
def test_wrong_types(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ProblemsError) as caught:
        to_openapi({"f": text}, None)
    (problem,) = caught.value.problems
    assert problem.message == f"field f: {message}"
    assert hint is None or problem.hint == hint


def test_sixteen_levels_are_fine() -> None:
    assert to_openapi({"f": "[]" * 16 + "string"}, None)["type"] == "object"


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "<nil>"), (True, "bool"), (5, "int64"), (1.5, "float64"), ([{"b": "string"}], "[]interface {}")],
)
def test_values_that_are_no_type(value: Any, name: str) -> None:
    assert problems_of({"a": {"b": value}}) == [("spec.a.b", f"field a: field b: unexpected type: {name}")]


@pytest.mark.parametrize("spec", [None, {}])
def test_no_spec_is_a_closed_object(spec: Any) -> None:
    assert to_openapi(spec, None) == {"type": "object"}


@pytest.mark.parametrize("spec", [[], "string", 5])
def test_a_spec_that_is_no_object(spec: Any) -> None:
    assert problems_of(spec)[0][1].startswith("failed to unmarshal spec schema")
    assert problems_of(None, spec)[0][1].startswith("failed to unmarshal predefined types")


@pytest.mark.parametrize("name", ["a-b", "a.b", "1a", "a b", "$ref", "apiVersion", "metadata", "status", "", "if"])
def test_field_names_are_free(name: str) -> None:
    assert to_openapi({name: "string"}, None) == {"type": "object", "properties": {name: TEXT}}


def test_keys_of_yaml_are_strings() -> None:
    assert list(to_openapi({2: "string", True: "string", None: "string"}, None)["properties"]) == ["2", "null", "true"]


def test_defaults_cascade_unless_something_is_required() -> None:
    types = {"Port": "integer | default=80 minimum=1"}
    spec = {"name": "string | required=true", "opts": {"debug": "boolean | default=false"}, "port": "Port"}
    assert to_openapi(spec, types) == {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": TEXT,
            "opts": {"type": "object", "default": {}, "properties": {"debug": {"type": "boolean", "default": False}}},
            "port": {"type": "integer", "default": 80, "minimum": 1},
        },
    }


def test_defaults_do_not_pass_through_lists_and_maps() -> None:
    schema = to_openapi({"a": "[]Port", "b": "map[string]Port"}, {"Port": "integer | default=3"})
    assert "default" not in schema
    assert schema["properties"]["a"]["items"]["default"] == 3


def test_required_twice_is_listed_twice_and_false_does_not_undo() -> None:
    assert to_openapi({"b": "string | required=true required=true", "a": "string | required=1 required=false"}, None)["required"] == [
        "a",
        "b",
        "b",
    ]


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("requi red=true", [("required", "true")]),
        ("default =1", [("default", "1")]),
        ("description=a,b minimum=1", [("description", "a,b"), ("minimum", "1")]),
        ("description=[a b] minimum=1", [("description", "[a b]"), ("minimum", "1")]),
        (r'description="a \"b\" \\ \n"', [("description", r'a "b" \ \n')]),
        ('description=a"b"', [("description", 'a"b"')]),
        ("description='x'", [("description", "'x'")]),
        ('description="a"b"c"', [("description", 'a"b"c')]),
        ('description="a=b | c"', [("description", "a=b | c")]),
        ('description="x\ny"', [("description", "x\ny")]),
        ('default={"a": "}"}', [("default", '{"a": "}"}')]),
        ("description=a=b", [("description", "a=b")]),
        ("default=", [("default", "")]),
        ("  ", []),
    ],
)
def test_tokenizer(text: str, markers: list[tuple[str, str]]) -> None:
    found, faults = tokenize(text)
    assert [(marker.key, marker.value) for marker in found] == markers
    assert faults == ()


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("description=a b", "marker key 'b' without a value", 14),
        ("required=true | default=x", 'invalid marker key "|default": unknown marker: |default', 14),
        ('default="', "unclosed quote", 0),
        ("default=[", "unclosed bracket/brace", 0),
        ("default=}", "unmatched closing bracket/brace", 8),
        ("  =x", "empty marker key", 2),
        ("x", "marker key 'x' without a value", 0),
    ],
)
def test_tokenizer_faults(text: str, message: str, column: int) -> None:
    fault = tokenize(text)[1][0]
    assert (fault.message, fault.column) == (message, column)
