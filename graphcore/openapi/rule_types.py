"""What a validation rule sees of a schema: CEL types, and how large their values can get.

Differs from the types that kro's expressions see: here ``format: date-time`` and the like follow Kubernetes' rules for CRDs, fields whose
schema says nothing usable are absent, and every type carries the bounds that the cost estimate of a rule is made of.
Source: apiserver 0.36 ``cel/common/schemas.go`` and ``cel/types.go``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of, object_type

MAX_REQUEST = 3 * 1024 * 1024
_LARGEST_TEXT = MAX_REQUEST - 2

_STRING_PROPERTY: dict[str, Any] = {"type": "string"}
_ROOT_PROPERTIES: dict[str, Any] = {
    "apiVersion": _STRING_PROPERTY,
    "kind": _STRING_PROPERTY,
    "metadata": {"type": "object", "properties": {"name": _STRING_PROPERTY, "generateName": _STRING_PROPERTY}},
}
_RESERVED = frozenset(
    (
        *(
            "true",
            "false",
            "null",
            "in",
            "as",
            "break",
            "const",
            "continue",
            "else",
            "for",
            "function",
            "if",
            "import",
            "let",
            "loop",
            "package",
        ),
        *("namespace", "return", "var", "void", "while"),
    )
)
_ESCAPABLE = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*\Z")
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


@dataclass(frozen=True, slots=True)
class Declared:
    """One type with its bounds. most: elements, entries or bytes at most; least_bytes: the smallest JSON text of a value."""

    type: Type
    most: int = 0
    least_bytes: int = 2
    fields: Mapping[str, Declared] = field(default_factory=dict)
    element: Declared | None = None

    def at(self, path: tuple[str, ...]) -> Declared | None:
        """The type behind field names, ``@items`` and ``@values``."""
        found: Declared | None = self
        for name in path:
            if found is None:
                return None
            if name in ("@items", "@values"):
                found = found.element
            elif name == "@keys":
                found = _KEY if found.element is not None and not found.fields else None
            else:
                found = found.fields.get(name)
        return found


_KEY = Declared(STRING)
_SCALARS = {"boolean": Declared(BOOL, 0, 4), "integer": Declared(INT, 0, 1), "number": Declared(DOUBLE, 0, 1)}
_TIMES = {"duration": (DURATION, 32, 3), "date": (TIMESTAMP, 12, 12), "date-time": (TIMESTAMP, 32, 21)}


def escape(name: str) -> str | None:
    """A property's name inside CEL, or None where it has none."""
    if name in _RESERVED:
        return f"__{name}__"
    if not _ESCAPABLE.match(name):
        return None
    return re.sub(r"__|[./-]", lambda match: _ESCAPES[match.group()], name)


def declare(schema: Mapping[str, Any], name: str, *, root: bool = False) -> Declared | None:
    """The type of ``schema``; None where rules cannot see it. name: of the type, for objects (messages print it)."""
    if schema.get("x-kubernetes-int-or-string"):
        return Declared(DYN, _text_bound(schema), 1)
    if root or schema.get("x-kubernetes-embedded-resource"):
        schema = {**schema, "properties": {**(schema.get("properties") or {}), **_ROOT_PROPERTIES}}
    kind = schema.get("type")
    if kind == "array":
        return _list(schema, name)
    if kind == "object":
        return _map(schema, name) if isinstance(schema.get("additionalProperties"), Mapping) else _object(schema, name)
    if kind == "string":
        return _string(schema)
    return _SCALARS.get(kind or "")


def _text_bound(schema: Mapping[str, Any]) -> int:
    """Bytes at most: a character of a length limit can take four."""
    if schema.get("maxLength") is not None:
        return max(int(schema["maxLength"]), 0) * 4
    texts = [len(value.encode()) for value in schema.get("enum") or () if isinstance(value, str)]
    return max(texts) if texts and not schema.get("x-kubernetes-int-or-string") else _LARGEST_TEXT


def _string(schema: Mapping[str, Any]) -> Declared:
    form = schema.get("format") or ""
    if form == "byte":
        limit = schema.get("maxLength")
        return Declared(BYTES, _LARGEST_TEXT if limit is None else max(int(limit), 0))
    if form in _TIMES:
        return Declared(*_TIMES[form])
    return Declared(STRING, _text_bound(schema))


def _list(schema: Mapping[str, Any], name: str) -> Declared | None:
    items = schema.get("items")
    element = declare(items, f"{name}.@idx") if isinstance(items, Mapping) else None
    if element is None:
        return None
    limit = schema.get("maxItems")
    most = _LARGEST_TEXT // (element.least_bytes + 1) if limit is None else max(int(limit), 0)
    return Declared(list_of(element.type), most, 2, element=element)


def _map(schema: Mapping[str, Any], name: str) -> Declared | None:
    value = declare(schema["additionalProperties"], f"{name}.@elem")
    if value is None:
        return None
    limit = schema.get("maxProperties")
    most = _LARGEST_TEXT // (value.least_bytes + 6) if limit is None else max(int(limit), 0)
    return Declared(map_of(STRING, value.type), most, 2, element=value)


def _object(schema: Mapping[str, Any], name: str) -> Declared:
    fields: dict[str, Declared] = {}
    needed = set(schema.get("required") or ())
    least = 2
    for member, part in (schema.get("properties") or {}).items():
        escaped = escape(member)
        declared = declare(part, f"{name}.{escaped or member}")
        if declared is None:
            continue
        if escaped is not None:
            fields[escaped] = declared
        if member in needed and part.get("default") is None:
            least += len(member.encode()) + declared.least_bytes + 4
    return Declared(object_type(name), 0, least, fields)


class Provider:
    """The object types below one declared type, by name."""

    def __init__(self, root: Declared) -> None:
        self._types: dict[str, Declared] = {}
        self._collect(root)

    def _collect(self, declared: Declared) -> None:
        if declared.element is not None:
            self._collect(declared.element)
        elif declared.type.name:
            self._types[declared.type.name] = declared
        for member in declared.fields.values():
            self._collect(member)

    def fields(self, type_name: str) -> dict[str, Type] | None:
        """Declared fields of an object type, or None when it is not known."""
        found = self._types.get(type_name)
        return None if found is None else {name: member.type for name, member in found.fields.items()}

    def field(self, type_name: str, field: str) -> Type | None:
        """Type of one field; rules do not see fields that a schema merely preserves."""
        found = self._types.get(type_name)
        member = found.fields.get(field) if found is not None else None
        return member.type if member is not None else None
