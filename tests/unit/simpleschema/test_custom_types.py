"""``schema.types``: order, inheritance of markers, and what can never be built."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.errors import ProblemsError
from graphcore.simpleschema import to_openapi

pytestmark = pytest.mark.feature(13, 14)


def messages(spec: Any, types: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(ProblemsError) as caught:
        to_openapi(spec, types)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_types_are_built_in_order_of_their_dependencies() -> None:
    types = {"A": {"b": "[]B", "c": "map[string]C"}, "B": {"c": "C"}, "C": "D", "D": "string | maxLength=3"}
    text = {"type": "string", "maxLength": 3}
    b = {"type": "object", "properties": {"c": text}}
    assert to_openapi({"a": "A"}, types)["properties"]["a"] == {
        "type": "object",
        "properties": {"b": {"type": "array", "items": b}, "c": {"type": "object", "additionalProperties": text}},
    }


def test_use_sites_add_to_a_copy() -> None:
    schema = to_openapi({"a": "Port | default=80", "b": "Port"}, {"Port": "integer | minimum=1"})
    assert schema["properties"] == {"a": {"type": "integer", "minimum": 1, "default": 80}, "b": {"type": "integer", "minimum": 1}}


def test_required_aliases_make_their_fields_required() -> None:
    types = {"Name": "string | required=true", "Other": "Name"}
    schema = to_openapi({"a": "Name", "b": "Other", "c": "[]Name", "d": "map[string]Name", "e": "Name | required=false"}, types)
    assert schema["required"] == ["a", "b", "e"]


def test_a_struct_default_replaces_the_computed_one() -> None:
    types = {"S": {"x": "string | default=q"}}
    assert to_openapi({"a": "S"}, types)["properties"]["a"]["default"] == {}
    assert to_openapi({"a": 'S | default={"x":"w"}'}, types)["properties"]["a"]["default"] == {"x": "w"}


@pytest.mark.parametrize("name", ["foo", "my-type", "two words", "Ü"])
def test_type_names_are_free(name: str) -> None:
    assert to_openapi({"a": name}, {name: "string"})["properties"]["a"] == {"type": "string"}


def test_builtin_names_win() -> None:
    assert to_openapi({"a": "string"}, {"string": "integer"})["properties"]["a"] == {"type": "string"}


@pytest.mark.parametrize(
    ("types", "found"),
    [
        ({"Unused": {"x": "nosuch"}}, [("types.Unused.x", "node nosuch does not exist")]),
        ({"A": "A"}, [("types.A", "type A: self references are not allowed")]),
        ({"A": {"x": "[]A"}}, [("types.A.x", "type A: self references are not allowed")]),
        (
            {"B": {"x": "A"}, "A": {"y": "map[string]B"}},
            [("types.A.y", "cyclic dependency in type A: graph contains a cycle: A -> B -> A")],
        ),
        (
            {"A": {"x": "string | minItems=1"}},
            [("types.A.x", "building schema for A: field x: minItems marker is only valid for array types, got type: string")],
        ),
        ({"A": {"x": 5}}, [("types.A.x", "parsing type A: field x: unexpected type: int64")]),
        ({"A": {"x": "map[]string"}}, [("types.A.x", "parsing type A: field x: map key must be string")]),
        ({"A": "string | nosuch=1"}, [("types.A", 'building schema for A: invalid marker key "nosuch": unknown marker: nosuch')]),
    ],
)
def test_faulty_types_are_reported_once_even_if_used(types: Any, found: list[tuple[str, str]]) -> None:
    assert messages({"a": next(iter(types)), "b": f"[]{next(iter(types))}"}, types) == found


def test_two_knots_give_two_reports() -> None:
    types = {"A": "B", "B": "A", "C": "D", "D": "C", "E": {"a": "A"}}
    assert [message for _, message in messages(None, types)] == [
        "cyclic dependency in type A: graph contains a cycle: A -> B -> A",
        "cyclic dependency in type C: graph contains a cycle: C -> D -> C",
    ]


def test_a_knot_of_several_cycles_ends_in_one_report() -> None:
    types = {"A": {"x": "B", "y": "C"}, "B": "A", "C": "D", "D": {"x": "C", "y": "A"}}
    assert [message for _, message in messages({"f": "D"}, types)] == ["cyclic dependency in type A: graph contains a cycle: A -> B -> A"]


def test_every_fault_of_spec_and_types_is_in_one_report() -> None:
    assert [path for path, _ in messages({"b": "int", "a": {"c": "string | x=1"}}, {"T": "date"})] == ["types.T", "spec.a.c", "spec.b"]


def test_types_that_multiply_are_bounded() -> None:
    types: dict[str, Any] = {"T0": {"x": "string"}}
    types |= {f"T{n}": {"a": f"T{n - 1}", "b": f"T{n - 1}"} for n in range(1, 40)}
    assert any("schema too large" in message for _, message in messages({"a": "T39"}, types))


def test_long_chains_of_types_are_fine_and_deep_ones_bounded() -> None:
    aliases = {f"T{n:04}": f"T{n + 1:04}" for n in range(3000)} | {"T3000": "string"}
    assert to_openapi({"a": "T0000"}, aliases)["properties"]["a"] == {"type": "string"}
    nested: Any = "string"
    for _ in range(500):
        nested = {"x": nested}
    assert any("too deep" in message for _, message in messages(nested, None))
