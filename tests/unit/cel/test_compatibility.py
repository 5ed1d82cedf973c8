"""Whether a result fits its field (docs/explanation/cel.md), where kro lets too much pass, too."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import Environment
from graphcore.cel.checking.compatibility import incompatibility
from graphcore.cel.checking.declared import PRESERVE, Declarations
from graphcore.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
    map_of,
    opaque,
    optional_of,
)

STRINGS = {"type": "string"}
LABELS = {"type": "object", "additionalProperties": STRINGS}
CONTAINER = {
    "type": "object",
    "properties": {"name": STRINGS, "image": STRINGS, "stdin": {"type": "boolean"}, "args": {"type": "array", "items": STRINGS}},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer"},
        "name": STRINGS,
        "args": {"type": "array", "items": STRINGS},
        "labels": LABELS,
        "selector": {"type": "object", "properties": {"matchLabels": LABELS}},
        "container": CONTAINER,
        "containers": {"type": "array", "items": CONTAINER},
        "port": {"type": "object", "properties": {"containerPort": {"type": "integer"}, "name": STRINGS}},
        "data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}},
        "at": {"type": "string", "format": "date-time"},
        "free": {"type": "object", PRESERVE: True, "properties": {"known": {"type": "integer"}}},
        "empty": {"type": "object"},
        "slim": {"type": "object", "properties": {"name": STRINGS}},
        "wrong": {"type": "object", "properties": {"name": {"type": "integer"}}},
        "other": {"type": "object", "properties": {"unknown": STRINGS}},
        "texts": {"type": "object", "properties": {"a": STRINGS, "b": STRINGS}},
    },
}
DECLARATIONS = Declarations()
ROOT = DECLARATIONS.declare("v", SCHEMA)
FIELDS = DECLARATIONS.fields(ROOT.name) or {}
ENVIRONMENT = Environment({"v": ROOT, "d": DYN}, DECLARATIONS)


@pytest.mark.parametrize(
    ("output", "field"),
    [
        (DYN, "container"),
        (INT, "replicas"),
        (list_of(STRING), "args"),
        (list_of(DYN), "containers"),
        (map_of(STRING, DYN), "container"),
        (map_of(DYN, DYN), "labels"),
        (optional_of(INT), "replicas"),
        (optional_of(list_of(optional_of(STRING))), "args"),
        (map_of(STRING, STRING), "labels"),
        (FIELDS["slim"], "container"),
        (FIELDS["container"], "container"),
        (FIELDS["empty"], "container"),
        (FIELDS["empty"], "labels"),
        (FIELDS["texts"], "labels"),
        (FIELDS["container"], "free"),
        (map_of(STRING, INT), "free"),
        (map_of(STRING, STRING), "container"),
        (map_of(STRING, INT), "port"),
        (list_of(map_of(STRING, STRING)), "containers"),
        (STRING, "data.value"),
        (BYTES, "data.value"),
        (map_of(STRING, STRING), "data"),
        (map_of(STRING, BYTES), "data"),
        (TIMESTAMP, "at"),
    ],
)
def test_what_fits(output: Type, field: str) -> None:
    expected = FIELDS["data"].parameters[1] if field == "data.value" else FIELDS[field]
    assert incompatibility(output, expected, DECLARATIONS) is None


@pytest.mark.parametrize(
    ("output", "field", "problem"),
    [
        (STRING, "replicas", 'type kind mismatch: got "string", expected "int"'),
        (INT, "name", 'type kind mismatch: got "int", expected "string"'),
        (UINT, "replicas", 'type kind mismatch: got "uint", expected "int"'),
        (DOUBLE, "replicas", 'type kind mismatch: got "double", expected "int"'),
        (NULL, "replicas", 'type kind mismatch: got "null_type", expected "int"'),
        (optional_of(STRING), "replicas", 'type kind mismatch: got "string", expected "int"'),
        (opaque("kubernetes.Quantity"), "name", 'type kind mismatch: got "kubernetes.Quantity", expected "string"'),
        (STRING, "at", 'type kind mismatch: got "string", expected "google.protobuf.Timestamp"'),
        (BYTES, "name", 'type kind mismatch: got "bytes", expected "string"'),
        (list_of(INT), "args", 'list element type incompatible: type kind mismatch: got "int", expected "string"'),
        (STRING, "args", "list parameter count mismatch: got 0, expected 1"),
        (map_of(STRING, STRING), "args", "list parameter count mismatch: got 2, expected 1"),
        (STRING, "labels", "map parameter count mismatch: got 0, expected 2"),
        (list_of(STRING), "labels", "map parameter count mismatch: got 1, expected 2"),
        (map_of(STRING, INT), "labels", 'map value type incompatible: type kind mismatch: got "int", expected "string"'),
        (map_of(INT, STRING), "labels", 'map key type incompatible: type kind mismatch: got "int", expected "string"'),
        # a scalar or a list never fits an object
        (STRING, "selector", 'type kind mismatch: got "string", expected "__type_v.selector"'),
        (BOOL, "container", 'type kind mismatch: got "bool", expected "__type_v.container"'),
        (STRING, "free", 'type kind mismatch: got "string", expected "__type_v.free"'),
        (list_of(STRING), "selector", 'type kind mismatch: got "list(string)", expected "__type_v.selector"'),
        (
            list_of(STRING),
            "containers",
            'list element type incompatible: type kind mismatch: got "string", expected "__type_v.containers.@idx"',
        ),
        (FIELDS["other"], "container", 'field "unknown" exists in output but not in expected type'),
        (FIELDS["wrong"], "container", 'field "name" has incompatible type: type kind mismatch: got "int", expected "string"'),
        (
            FIELDS["container"],
            "labels",
            'struct field "stdin" incompatible with map value type: type kind mismatch: got "bool", expected "string"',
        ),
        (FIELDS["slim"], "empty", "output has fields but expected type has none"),
        (map_of(INT, STRING), "container", "map keys must be strings to assign to struct"),
        (
            map_of(STRING, INT),
            "selector",
            'map value incompatible with every struct field, the first being "matchLabels": map parameter count mismatch: got 0, expected 2',
        ),
    ],
)
def test_what_does_not_fit_and_why(output: Type, field: str, problem: str) -> None:
    assert incompatibility(output, FIELDS[field], DECLARATIONS) == problem


@pytest.mark.parametrize(
    ("source", "field", "problem"),
    [
        ('{"name": "x", "image": "y"}', "container", None),
        ('{"containerPort": 80}', "port", None),
        ('{"containerPort": 80, "name": "http"}', "port", None),
        ('[{"name": "x"}, {"name": "y", "args": ["a"]}]', "containers", None),
        ('d.on ? {"name": "x"} : {"image": "y"}', "container", None),
        ('{"matchLabels": {"app": "x"}}', "selector", None),
        ('{"anything": 1}', "free", None),
        ("{d.key: 1}", "container", None),
        ("[]", "containers", None),
        ("{}", "container", None),
        ('{"anything": 1}', "empty", None),
        ('d.on ? dyn({"anything": 1}) : null', "empty", None),
        # null: not set
        ("null", "container", None),
        ("null", "replicas", 'type kind mismatch: got "null_type", expected "int"'),
        ("d.on ? null : v.container", "container", None),
        ("d.on ? null : v.other", "container", 'field "unknown" exists in output but not in expected type'),
        ("d.on ? v.at : null", "at", None),
        ("d.on ? null : v.at", "at", None),
        ("d.on ? dyn(1) : null", "replicas", None),
        ('d.on ? dyn("a") : 1.5', "replicas", 'type kind mismatch: got "double", expected "int"'),
        ('{"name": "x", "image": null, "args": null}', "container", None),
        ('{"a": "x", "b": null}', "labels", None),
        ('["a", null]', "args", None),
        ('{"nmae": "x", "stdin": true}', "container", 'field "nmae" exists in output but not in expected type'),
        ('{"name": 1, "stdin": true}', "container", 'field "name" has incompatible type: type kind mismatch: got "int", expected "string"'),
        (
            '[{"name": "x"}, {"image": 1}]',
            "containers",
            'list element type incompatible: field "image" has incompatible type: type kind mismatch: got "int", expected "string"',
        ),
        ('d.on ? {"name": "x"} : {"nmae": "y"}', "container", 'field "nmae" exists in output but not in expected type'),
        (
            '{"matchLabels": {"app": 1, "b": "x"}}',
            "selector",
            'field "matchLabels" has incompatible type: map value type incompatible: type kind mismatch: got "int", expected "string"',
        ),
        ('{"known": "x"}', "free", 'field "known" has incompatible type: type kind mismatch: got "string", expected "int"'),
        ('{1: "x"}', "container", "map keys must be strings to assign to struct"),
        ('{1: "x"}', "labels", 'map key type incompatible: type kind mismatch: got "int", expected "string"'),
        ('["a", 1]', "args", 'list element type incompatible: type kind mismatch: got "int", expected "string"'),
    ],
)
def test_literals_are_compared_part_by_part(source: str, field: str, problem: str | None) -> None:
    program = ENVIRONMENT.compile(source)
    assert incompatibility(program.type, FIELDS[field], DECLARATIONS, program.ast, program.types) == problem


def test_object_types_that_contain_themselves() -> None:
    def node(**properties: Any) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "object", "properties": {"x": STRINGS, **properties}}
        schema["properties"]["next"] = schema
        return schema

    declarations = Declarations()
    small, large = declarations.declare("small", node()), declarations.declare("large", node(y=STRINGS))
    assert incompatibility(small, large, declarations) is None
    assert incompatibility(large, small, declarations) == 'field "y" exists in output but not in expected type'
