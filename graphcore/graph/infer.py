"""The schema of ``status``, inferred from what its expressions return.

A declared object keeps its declared properties, under their real names; required fields, defaults and enums do not carry over, because a
projection may lack any of them at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphcore.cel.checking.declared import Declarations
from graphcore.cel.types import Kind, Type
from graphcore.errors import Problem
from graphcore.graph.paths import Path

JsonSchema = dict[str, Any]

_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_PRIMITIVES: dict[Kind, JsonSchema] = {
    Kind.BOOL: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
    Kind.UINT: {"type": "integer"},
    Kind.DOUBLE: {"type": "number"},
    Kind.STRING: {"type": "string"},
    Kind.BYTES: {"type": "string", "format": "byte"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time", "description": "Timestamp representing a creation time"},
    Kind.NULL: {"description": "null type - any value allowed", _PRESERVE: True},
    Kind.DYN: {_PRESERVE: True},
}
_MAPS_OF_ANYTHING = frozenset({"kubernetes.Quantity", "kubernetes.URL", "kubernetes.Semver"})


class CyclicTypeError(Exception):
    """A status field would expand an object type that contains itself; ``name`` is that type."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"cyclic type reference detected: {name}")


def schema_of(type_: Type, declarations: Declarations, inside: tuple[str, ...] = ()) -> JsonSchema:
    """OpenAPI schema of values of a CEL type. Raises CyclicTypeError."""
    if type_.kind in _PRIMITIVES:
        return dict(_PRIMITIVES[type_.kind])
    if type_.kind is Kind.LIST:
        return {"type": "array", "items": schema_of(type_.parameters[0], declarations, inside)}
    if type_.kind is Kind.MAP:
        return {"type": "object", "additionalProperties": schema_of(type_.parameters[1], declarations, inside)}
    if type_.kind is Kind.OBJECT:
        return _object(type_.name, declarations, inside)
    if type_.kind is Kind.OPAQUE and type_.name == "optional_type":
        return schema_of(type_.parameters[0], declarations, inside)
    if type_.kind is Kind.OPAQUE and type_.name in _MAPS_OF_ANYTHING:
        return {"type": "object", "additionalProperties": True}
    return {"description": f"unknown CEL type: {type_.text}", _PRESERVE: True}


def _object(name: str, declarations: Declarations, inside: tuple[str, ...]) -> JsonSchema:
    fields = declarations.fields(name)
    if fields is None:
        return {"type": "object", "additionalProperties": True}
    if name in inside:
        raise CyclicTypeError(name)
    schema: JsonSchema = {"type": "object"}
    real = declarations.properties(name)
    properties = {real[field]: schema_of(field_type, declarations, (*inside, name)) for field, field_type in fields.items()}
    if properties:
        schema["properties"] = dict(sorted(properties.items()))
    if declarations.preserves_unknown(name):
        schema[_PRESERVE] = True
    return schema


def status_schema(leaves: Iterable[tuple[Path, JsonSchema]]) -> tuple[JsonSchema, list[Problem]]:
    """One schema for all leaves of the status tree; elements of a list that disagree are a problem."""
    root: JsonSchema = {"type": "object"}
    problems: list[Problem] = []
    for path, leaf in leaves:
        node = root
        for part in path[:-1]:
            node = _descend(node, part)
        last = path[-1]
        if isinstance(last, int):
            node["type"] = "array"
            present = node.get("items")
            if present is not None and present != leaf:
                leaf = _join(present, leaf)
            node["items"] = leaf
        else:
            node["type"] = "object"
            node.setdefault("properties", {})[last] = leaf
    return _sorted(root), problems


def _join(a: JsonSchema, b: JsonSchema) -> JsonSchema:
    """The narrowest schema that takes both: numbers widen, anything else becomes free-form."""
    if {a.get("type"), b.get("type")} == {"integer", "number"}:
        return {"type": "number"}
    return {_PRESERVE: True}


def _descend(node: JsonSchema, part: str | int) -> JsonSchema:
    if isinstance(part, int):
        node["type"] = "array"
        child: JsonSchema = node.setdefault("items", {})
        return child
    node["type"] = "object"
    below: JsonSchema = node.setdefault("properties", {}).setdefault(part, {})
    return below


def _sorted(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    return node
