"""Structural schemas: every field that a schema talks about is declared outside ``allOf``, ``anyOf``, ``oneOf`` and ``not``.

Only such schemas can be pruned and defaulted, hence the API server takes no others.
Source: apiextensions-apiserver 0.36 ``apiserver/schema/validation.go`` and ``complete.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import forbidden, in_order, invalid, key, required
from graphcore.simpleschema.patterns import pattern_fault

Schema = Mapping[str, Any]


class Level(Enum):
    """Where a schema stands, as messages say it."""

    ROOT = "at the root"
    ITEM = "for specified array items"
    FIELD = "for specified object fields"


# Members that must not appear below a logical junctor: (member, message).
_FORBIDDEN_BELOW = (
    ("type", "must be empty to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_JUNCTORS = ("anyOf", "allOf", "oneOf")


def structural_faults(schema: Schema, path: str) -> list[Problem]:
    """What keeps ``schema`` from being structural, sorted as the API server sorts it."""
    found: list[Problem] = []
    _invariants(schema, Level.ROOT, path, found)
    _complete_parts(schema, schema, path, path, found)
    return sorted(found, key=lambda problem: f"{problem.path}: {problem.message}")


def _invariants(schema: Schema, level: Level, path: str, found: list[Problem]) -> None:
    items = schema.get("items")
    if schema.get("type") == "array" and items is None:
        found.append(required(f"{path}.items", "must be specified"))
    if isinstance(items, Mapping):
        _invariants(items, Level.ITEM, f"{path}.items", found)
    for name, member in in_order(schema.get("properties")):
        _invariants(member, Level.FIELD, key(f"{path}.properties", name), found)
    additional = schema.get("additionalProperties")
    if additional is not None:
        if level is Level.ROOT:
            found.append(forbidden(f"{path}.additionalProperties", "must not be used at the root"))
        if isinstance(additional, Mapping):
            _invariants(additional, Level.FIELD, f"{path}.additionalProperties", found)
    _extensions(schema, level, path, found)
    _junctors(schema, path, found)
    _type_and_meta(schema, level, path, found)


def _extensions(schema: Schema, level: Level, path: str, found: list[Problem]) -> None:
    if schema.get("x-kubernetes-int-or-string"):
        excluded = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource")
        words = "must be false if x-kubernetes-int-or-string is true"
        found.extend(invalid(f"{path}.{member}", True, words) for member in excluded if schema.get(member))
    kind = schema.get("type") or ""
    if schema.get("x-kubernetes-embedded-resource") and kind != "object":
        words = "must be object if x-kubernetes-embedded-resource is true"
        found.append(invalid(f"{path}.type", kind, words) if kind else required(f"{path}.type", words))
    elif not kind and not schema.get("x-kubernetes-int-or-string") and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found.append(required(f"{path}.type", f"must not be empty {level.value}"))
    if schema.get("x-kubernetes-embedded-resource"):
        if schema.get("additionalProperties") is not None:
            found.append(forbidden(f"{path}.additionalProperties", "must not be used if x-kubernetes-embedded-resource is set"))
        if not schema.get("x-kubernetes-preserve-unknown-fields") and not schema.get("properties"):
            words = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
            found.append(required(f"{path}.properties", words))
    if level is Level.ROOT and kind and kind != "object":
        found.append(invalid(f"{path}.type", kind, "must be object at the root"))


def _type_and_meta(schema: Schema, level: Level, path: str, found: list[Problem]) -> None:
    properties = schema.get("properties") or {}
    whole = level is Level.ROOT or bool(schema.get("x-kubernetes-embedded-resource"))
    for name in ("kind", "apiVersion"):
        if whole and name in properties and properties[name].get("type") != "string":
            place = key(f"{path}.properties", name)
            found.append(invalid(f"{place}.type", properties[name].get("type") or "", "must be string"))
    metadata = properties.get("metadata")
    if metadata is None:
        return
    place = key(f"{path}.properties", "metadata")
    if whole and metadata.get("type") != "object":
        found.append(invalid(f"{place}.type", metadata.get("type") or "", "must be object"))
    if level is Level.ROOT:
        names = set(metadata.get("properties") or ())
        rest = metadata.keys() - {"type", "default", "properties"}
        if rest or names - {"name", "generateName"}:
            words = "must not specify anything other than name and generateName, but metadata is implicitly specified"
            found.append(forbidden(place, words))


def _junctors(schema: Schema, path: str, found: list[Problem]) -> None:
    """Value validations of a schema; the two spellings of int-or-string are let through."""
    first_all_of = (schema.get("allOf") or [{}])[0]
    skipped = schema.get("anyOf") == _INT_OR_STRING
    if not skipped:
        for index, part in enumerate(schema.get("anyOf") or ()):
            _nested(part, f"{path}.anyOf[{index}]", found)
    for index, part in enumerate(schema.get("allOf") or ()):
        _nested(part, f"{path}.allOf[{index}]", found, skip_any_of=index == 0 and first_all_of.get("anyOf") == _INT_OR_STRING)
    for index, part in enumerate(schema.get("oneOf") or ()):
        _nested(part, f"{path}.oneOf[{index}]", found)
    if isinstance(schema.get("not"), Mapping):
        _nested(schema["not"], f"{path}.not", found)
    _pattern(schema, path, found)


def _pattern(schema: Schema, path: str, found: list[Problem]) -> None:
    if schema.get("pattern"):
        fault = pattern_fault(schema["pattern"])
        if fault is not None:
            found.append(invalid(f"{path}.pattern", schema["pattern"], f"must be a valid regular expression, but isn't: {fault}"))


def _nested(part: Schema, path: str, found: list[Problem], *, skip_any_of: bool = False) -> None:
    for junctor in _JUNCTORS:
        if not (junctor == "anyOf" and skip_any_of):
            for index, inner in enumerate(part.get(junctor) or ()):
                _nested(inner, f"{path}.{junctor}[{index}]", found)
    if isinstance(part.get("not"), Mapping):
        _nested(part["not"], f"{path}.not", found)
    _pattern(part, path, found)
    if isinstance(part.get("items"), Mapping):
        _nested(part["items"], f"{path}.items", found)
    for name, member in in_order(part.get("properties")):
        _nested(member, key(f"{path}.properties", name), found)
    if part.get("additionalProperties") is not None:
        found.append(forbidden(f"{path}.additionalProperties", "must be undefined to be structural"))
    found.extend(forbidden(f"{path}.{member}", words) for member, words in _FORBIDDEN_BELOW if part.get(member))
    if "metadata" in (part.get("properties") or {}):
        found.append(forbidden(key(f"{path}.properties", "metadata"), "must not be specified in a nested context"))


def _complete_parts(part: Schema, skeleton: Schema, path: str, part_path: str, found: list[Problem]) -> None:
    """Every value validation needs the same place in the skeleton."""
    if isinstance(part.get("not"), Mapping):
        _complete(part["not"], skeleton, path, f"{part_path}.not", found)
    for junctor in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(part.get(junctor) or ()):
            _complete(inner, skeleton, path, f"{part_path}.{junctor}[{index}]", found)


def _complete(part: Schema, skeleton: Schema | None, path: str, part_path: str, found: list[Problem]) -> None:
    if skeleton is None:
        found.append(required(path, f"because it is defined in {part_path}"))
        return
    _complete_parts(part, skeleton, path, part_path, found)
    if isinstance(part.get("items"), Mapping):
        items = skeleton.get("items")
        _complete(part["items"], items if isinstance(items, Mapping) else None, f"{path}.items", f"{part_path}.items", found)
    declared = skeleton.get("properties") or {}
    for name, member in in_order(part.get("properties")):
        place, part_place = key(f"{path}.properties", name), key(f"{part_path}.properties", name)
        if name in declared:
            _complete(member, declared[name], place, part_place, found)
        else:
            found.append(required(place, f"because it is defined in {part_place}"))
