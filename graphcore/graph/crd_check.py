"""Refuses at once a definition whose CRD the API server would refuse later, and says where in the definition the fault is.

The API server speaks of places in the generated CRD (``spec.validation.openAPIV3Schema.properties[spec].properties[port].default``); its
author wrote ``spec.port`` with a marker. Its words stay in the message, the place becomes the author's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphcore.cel.syntax.lexer import position
from graphcore.errors import Problem
from graphcore.errors.paths import child
from graphcore.openapi.crd_validation import validate_crd
from graphcore.simpleschema.grammar import FieldType, GrammarError, Map, Slice, Word, parse_type
from graphcore.simpleschema.tokenizer import tokenize

_ROOT = "spec.validation.openAPIV3Schema."
_RULE = re.compile(r"x-kubernetes-validations\[([0-9]+)\]\.rule\Z")
_COLUMN = re.compile(r"spec\.additionalPrinterColumns\[([0-9]+)\](?:\.(\w+))?\Z")
_NAMES = re.compile(r"spec\.names\.(shortNames|categories)(\[[0-9]+\])\Z")
_PLACES = (
    ("spec.group", "group"),
    ("spec.scope", "scope"),
    ("spec.version", "apiVersion"),
    ("metadata.labels", "metadata.labels"),
    ("metadata.annotations", "metadata.annotations"),
    ("metadata.name", "kind"),
    ("spec.names", "kind"),
)
_HINTS = {
    "group": "use a lower-case domain with a dot, such as apps.example.com",
    "apiVersion": "use a version such as v1alpha1",
    "kind": "choose another kind, whose lower-case plural is a valid DNS name",
    "default": "give a default that the field's type and its other markers allow",
    "validation": "write a CEL rule over self that yields true or false; if it is too expensive, set maxLength and maxItems",
    "immutable": "use immutable on the list itself, and bound texts with maxLength inside maps",
    "listType": "listType=set needs scalar items, listType=map needs struct items with the key required or defaulted",
    "listMapKey": "name a field of the item type that is required or has a default",
}


def crd_problems(crd: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Why the API server would refuse ``crd``, generated from ``schema`` (``spec.schema`` of the definition); nothing if it would not.

    code: ``crd-refused``. message: the API server's own entry, with its path. path, expression, column: in the definition.
    """
    found: list[Problem] = []
    for fault in validate_crd(crd):
        problem = _located(fault, crd, schema)
        if not any(
            known.path == problem.path and known.message.partition(": ")[2] == problem.message.partition(": ")[2] for known in found
        ):
            found.append(problem)
    return tuple(found)


def _located(fault: Problem, crd: Mapping[str, Any], schema: Mapping[str, Any]) -> Problem:
    path = fault.path or ""
    problem = Problem("crd-refused", f"{path}: {fault.message}", node="schema")
    if path.startswith(_ROOT):
        versions = crd["spec"]["versions"]
        return _in_schema(problem, path.removeprefix(_ROOT), versions[0]["schema"]["openAPIV3Schema"], schema)
    if match := _COLUMN.match(path):
        member = "jsonPath" if match[2] == "JSONPath" else match[2]
        return replace(problem, path=f"additionalPrinterColumns[{match[1]}]{'.' + member if member else ''}")
    if match := _NAMES.match(path):
        return replace(problem, path=match[1] + match[2])
    place = next((ours for theirs, ours in _PLACES if path.startswith(theirs)), path)
    return replace(problem, path=place, hint=_HINTS.get(place))


class _Text:
    """SimpleSchema texts that make the schema at one place: the field's own first, then the custom types it leads to."""

    def __init__(self, definition: Any, path: str, types: Mapping[str, Any]) -> None:
        self.types = types
        self.texts: list[tuple[str, str]] = []
        self.parts: Any = definition
        self.path = path
        self._resolve(definition, path)

    def _resolve(self, definition: Any, path: str) -> None:
        """Follow names of custom types to what they stand for."""
        seen: set[str] = set()
        self.parts, self.path = definition, path
        while isinstance(self.parts, str) or (isinstance(self.parts, Word) and self.parts.custom):
            if isinstance(self.parts, str):
                self.texts.append((self.path, self.parts))
                self.parts = _type_of(self.parts)
            elif self.parts.name in seen or self.parts.name not in self.types:
                return
            else:
                seen.add(self.parts.name)
                self.path = f"types.{self.parts.name}"
                self.parts = self.types[self.parts.name]

    def into(self, step: str, name: str) -> None:
        """Go to a property, the items or the values."""
        if step == "properties":
            below = self.parts.get(name) if isinstance(self.parts, Mapping) else None
            self.texts = []
            self._resolve(below, child(self.path, name))
        elif isinstance(self.parts, (Slice, Map)):
            self._resolve(self.parts.element if isinstance(self.parts, Slice) else self.parts.value, self.path)


def _type_of(text: str) -> FieldType | None:
    try:
        return parse_type(text.partition("|")[0])
    except GrammarError:
        return None


def _in_schema(problem: Problem, rest: str, node: Any, schema: Mapping[str, Any]) -> Problem:
    """Walk along the API server's path through the generated schema and the author's text at once."""
    name, rest, node = _step(rest, node)
    if name not in ("spec", "status"):
        return replace(problem, path=name or "spec")
    text = _Text(schema.get(name), name, schema.get("types") or {})
    while (following := _next(rest, node)) is not None:
        step, rest, node = following
        text.into(*step)
    place, expression, column, key = _marker(text, rest)
    if "x-kubernetes-list-map-keys" in problem.message:
        key = "listMapKey"
    line = None
    if expression is not None and column is not None:
        line, column = position(expression, column)
    return replace(problem, path=place, expression=expression, line=line, column=column, hint=_HINTS.get(key))


def _step(rest: str, node: Any) -> tuple[str, str, Any]:
    """Name of the property that a path begins with, what follows it, and its schema."""
    for name in sorted((node.get("properties") or {}) if isinstance(node, Mapping) else (), key=len, reverse=True):
        prefix = f"properties[{name}]"
        if rest == prefix or rest.startswith(prefix + "."):
            return name, rest[len(prefix) + 1 :], node["properties"][name]
    return "", rest, node


def _next(rest: str, node: Any) -> tuple[tuple[str, str], str, Any] | None:
    """The next step of a path: what it goes into, what follows, and the schema there; None at its end."""
    name, following, inner = _step(rest, node)
    if following != rest:
        return ("properties", name), following, inner
    for part in ("items", "additionalProperties"):
        if rest.startswith(part + ".") and isinstance(node, Mapping) and isinstance(node.get(part), Mapping):
            return (part, ""), rest[len(part) + 1 :], node[part]
    return None


def _marker(text: _Text, rest: str) -> tuple[str, str | None, int | None, str]:
    """The text to blame and the position in it: path, text, column, marker name."""
    wanted: tuple[str, ...]
    if match := _RULE.match(rest):
        wanted, index = ("validation", "immutable"), int(match[1])
    elif rest.startswith("default"):
        wanted, index = ("default",), -1
    elif "list-map-keys" in rest:
        wanted, index = ("listMapKey",), 0
    else:
        wanted, index = ("listType", "uniqueItems"), 0
    found = [
        (path, expression, marker.column, marker.key)
        for path, expression in reversed(text.texts)
        for marker in tokenize(expression.partition("|")[2], expression.find("|") + 1)[0]
        if marker.key in wanted and not (marker.key == "immutable" and marker.value.lower() not in ("1", "t", "true"))
    ]
    if found:
        return found[index] if -len(found) <= index < len(found) else found[-1]
    if text.texts:
        path, expression = text.texts[0]
        return path, expression, None, wanted[0]
    return text.path, None, None, wanted[0]
