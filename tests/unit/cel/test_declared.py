"""OpenAPI schemas as CEL types (docs/explanation/cel.md)."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import CelError, Environment
from graphcore.cel.checking.declared import PRESERVE, Declarations, declare
from graphcore.cel.names import escape
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of, object_type

STRINGS = {"type": "string"}


def of(schema: dict[str, Any]) -> Type:
    """The type of a property of that schema; None when CEL does not see it."""
    kind, provider = declare("v", {"type": "object", "properties": {"p": schema}})
    return provider.field(kind.name, "p")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "boolean"}, BOOL),
        ({"type": "integer"}, INT),
        ({"type": "number"}, DOUBLE),
        ({"type": "string"}, STRING),
        ({"type": "string", "format": "byte"}, BYTES),
        ({"type": "string", "format": "date-time"}, TIMESTAMP),
        ({"type": "string", "format": "date"}, TIMESTAMP),
        ({"type": "string", "format": "duration"}, DURATION),
        ({"type": "string", "format": "email"}, STRING),
        ({"type": "string", "enum": ["a"], "nullable": True}, STRING),
        ({"x-kubernetes-int-or-string": True}, DYN),
        ({"type": "string", "x-kubernetes-int-or-string": True}, DYN),
        ({"type": "array", "items": STRINGS}, list_of(STRING)),
        ({"type": "array", "items": {"type": "array", "items": STRINGS}}, list_of(list_of(STRING))),
        ({"type": "array", "items": {"type": "object"}}, list_of(object_type("__type_v.p.@idx"))),
        ({"type": "object", "additionalProperties": STRINGS}, map_of(STRING, STRING)),
        ({"type": "object", "additionalProperties": True}, object_type("__type_v.p")),
        ({"type": "object", "additionalProperties": {"oneOf": [STRINGS, {"type": "number"}]}}, map_of(STRING, DYN)),
        ({"type": "object", "additionalProperties": {"type": "object"}}, map_of(STRING, object_type("__type_v.p.@elem"))),
        ({"type": "object", "properties": {"x": STRINGS}}, object_type("__type_v.p")),
        ({"type": "object", PRESERVE: True}, object_type("__type_v.p")),
        # Without a type, and yet something that exists and can be written.
        ({PRESERVE: True}, DYN),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, DYN),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, DYN),
        ({"type": "array", "items": {PRESERVE: True}}, list_of(DYN)),
        ({"type": "array", "items": {"type": "array", "items": {PRESERVE: True}}}, list_of(list_of(DYN))),
    ],
)
def test_types(schema: dict[str, Any], expected: Type) -> None:
    assert of(schema) == expected


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"description": "nothing more"},
        {"type": "array"},
        {"type": "array", "items": {}},
    ],
)
def test_of_a_property_that_says_nothing_nothing_is_known(schema: dict[str, Any]) -> None:
    assert of(schema) is None


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("plain", "plain"),
        ("a-b", "a__dash__b"),
        ("a.b", "a__dot__b"),
        ("a/b", "a__slash__b"),
        ("x__y", "x__underscores__y"),
        ("if", "__if__"),
        ("namespace", "__namespace__"),
        ("_a_b", "_a_b"),
        ("-", "__dash__"),
        ("1st", None),
        ("$ref", None),
        ("a b", None),
        ("", None),
        ("é", None),
    ],
)
def test_names(name: str, identifier: str | None) -> None:
    assert escape(name) == identifier


FLAG = {"type": "object", "properties": {"x": {"type": "boolean"}}}
OBJECT = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "name": STRINGS,
                "a-b": {"type": "integer"},
                "x__y": STRINGS,
                "namespace": STRINGS,
                "1st": STRINGS,
                "quantity": {"oneOf": []},
                "nested": {"type": "object", "properties": {"deep": {"type": "array", "items": FLAG}}},
                "any": {"type": "object", PRESERVE: True, "properties": {"known": {"type": "integer"}, "typeless": {}}},
            },
        }
    },
}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("v.spec.name", "string"),
        ("v.spec.a__dash__b", "int"),
        ("v.spec.x__underscores__y", "string"),
        ("v.spec.namespace", "string"),
        ("v.spec.__namespace__", "string"),
        ("v.spec.nested", "__type_v.spec.nested"),
        ("v.spec.nested.deep", "list(__type_v.spec.nested.deep.@idx)"),
        ("v.spec.nested.deep[0].x", "bool"),
        ("v.spec.any", "__type_v.spec.any"),
        ("v.spec.any.known", "int"),
        ("v.spec.any.unknown.deeper", "dyn"),
        ("v.spec.any.typeless", "dyn"),
    ],
)
def test_fields_as_expressions_see_them(source: str, kind: str) -> None:
    declarations = Declarations()
    environment = Environment({"v": declarations.declare("v", OBJECT)}, declarations)
    assert environment.compile(source).type.text == kind


@pytest.mark.parametrize("field", ["missing", "x__y", "quantity", "nested.missing", "__name__"])
def test_undefined_fields(field: str) -> None:
    declarations = Declarations()
    environment = Environment({"v": declarations.declare("v", OBJECT)}, declarations)
    with pytest.raises(CelError, match=f"undefined field '{field.rpartition('.')[2]}'"):
        environment.compile(f"v.spec.{field}")


def test_embedded_resources_have_a_name() -> None:
    kind = of({"type": "object", "x-kubernetes-embedded-resource": True, PRESERVE: True})
    declarations = Declarations()
    schema = {"type": "object", "properties": {"t": {"type": "object", "x-kubernetes-embedded-resource": True}}}
    environment = Environment({"v": declarations.declare("v", schema)}, declarations)
    assert kind == object_type("__type_v.p")
    assert environment.compile("v.t.metadata.name + v.t.kind + v.t.apiVersion").type == STRING


def test_only_what_is_read_is_expanded() -> None:
    class Watched(dict[str, Any]):
        asked = 0

        def get(self, key: str, default: Any = None) -> Any:
            Watched.asked += 1
            return super().get(key, default)

    big = {f"field{number}": Watched({"type": "object", "properties": {"x": STRINGS}}) for number in range(1000)}
    declarations = Declarations()
    environment = Environment({"v": declarations.declare("v", {"type": "object", "properties": big})}, declarations)
    environment.compile("v.field7.x + v.field8.x")
    assert Watched.asked < 20


def test_a_variable_without_a_schema_is_dynamic() -> None:
    assert declare("v", {})[0] == DYN
    assert declare("v", {"type": "array", "items": OBJECT})[0] == list_of(object_type("__type_v.@idx"))
