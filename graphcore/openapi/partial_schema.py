"""What a schema refuses in an object of which only a part is written down, whatever the rest becomes.

Custom resources are held to the whole schema. The schemas of built-in kinds require fields that the API server does not ask for; of those
only enumerations, ranges of integers, base64 and lists whose elements must differ count, and ``builtin_rules`` has the rest. Types and
unknown fields are judged elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore.errors import Problem
from graphcore.errors.paths import child
from graphcore.openapi.fielderrors import duplicate, go_json, invalid, not_supported, required, too_many
from graphcore.openapi.partial import UNKNOWN, is_known
from graphcore.openapi.pruning import apply_defaults
from graphcore.openapi.quantities import is_quantity, spelling_faults
from graphcore.openapi.rule_values import rule_faults
from graphcore.openapi.values import validate_value

Schema = Mapping[str, Any]

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
_BITS = {"int32": 32, "int64": 64}


def custom_faults(value: Any, schema: Schema, path: str, faulty: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Faults of a custom resource or a part of one. faulty: paths of known faults, of which and of whose parents nothing more is said."""
    if value is None or value is UNKNOWN or path in faulty or schema.get("x-kubernetes-embedded-resource"):
        return
    below = bool(path) and any(fault.startswith((f"{path}.", f"{path}[")) for fault in faulty)
    if is_known(value) and not below and path:
        yield from _whole(value, schema, path)
        return
    for part in schema.get("allOf") or ():
        yield from custom_faults(value, part, path, faulty)
    if isinstance(value, Mapping):
        yield from _object(value, schema, path, faulty, below)
    elif isinstance(value, list):
        yield from _length(value, schema, path)
        yield from repeated(value, schema, path)
        items = schema.get("items")
        for index, item in enumerate(value):
            if isinstance(items, Mapping):
                yield from custom_faults(item, items, f"{path}[{index}]", faulty)


def _whole(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    """A part in which nothing is computed is judged as the API server judges it: by values, by lists, and last by rules."""
    filled = apply_defaults(value, schema)
    found = list(validate_value(filled, schema, path))
    yield from found
    twice = list(_repeated_below(filled, schema, path))
    yield from twice
    if not found and not twice:
        yield from rule_faults(filled, schema, path)


def _object(value: Mapping[str, Any], schema: Schema, path: str, faulty: frozenset[str], below: bool) -> Iterator[Problem]:
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    # A name that is misspelt, and told, may be the one that is missing.
    for name in schema.get("required") or () if path and not below else ():
        missing = value.get(name) is None and not (name in value and (properties.get(name) or {}).get("nullable"))
        if missing and (properties.get(name) or {}).get("default") is None:
            yield required(child(path, name))
    sure = sum(member is not UNKNOWN and member is not None for member in value.values())
    if schema.get("minProperties") is not None and len(value) < schema["minProperties"]:
        yield invalid(path, len(value), f"{path} in body should have at least {schema['minProperties']} properties")
    if schema.get("maxProperties") is not None and sure > schema["maxProperties"]:
        yield too_many(path, sure, schema["maxProperties"])
    for name in sorted(value):
        part = properties.get(name, additional)
        if isinstance(part, Mapping):
            yield from custom_faults(value[name], part, child(path, name), faulty)


def _length(value: Sequence[Any], schema: Schema, path: str) -> Iterator[Problem]:
    sure = sum(item is not UNKNOWN for item in value)
    if schema.get("minItems") is not None and len(value) < schema["minItems"]:
        yield invalid(path, len(value), f"{path} in body should have at least {schema['minItems']} items")
    if schema.get("maxItems") is not None and sure > schema["maxItems"]:
        yield too_many(path, sure, schema["maxItems"])


def builtin_faults(value: Any, schema: Schema, path: str, faulty: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Faults of an object of a built-in kind or a part of one."""
    if value is None or value is UNKNOWN or path in faulty:
        return
    if isinstance(value, Mapping):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name in sorted(value):
            part = properties.get(name, additional)
            if isinstance(part, Mapping) and name != "status":  # which is dropped, in claim templates too
                yield from builtin_faults(value[name], part, child(path, name), faulty)
    elif isinstance(value, list):
        yield from repeated(value, schema, path)
        items = schema.get("items")
        for index, item in enumerate(value):
            if isinstance(items, Mapping):
                yield from builtin_faults(item, items, f"{path}[{index}]", faulty)
    else:
        yield from _scalar(value, schema, path)


def _scalar(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    if is_quantity(schema):
        yield from spelling_faults(value, path)
    allowed = schema.get("enum")
    if allowed and value != "" and not any(type(value) is type(one) and value == one for one in allowed):
        yield not_supported(path, value, [one if isinstance(one, str) else go_json(one) for one in allowed])
    bits = _BITS.get(schema.get("format") or "")
    if bits and type(value) is int and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        yield invalid(path, value, f"must fit {schema['format']}")
    if schema.get("format") == "byte" and isinstance(value, str) and not _BASE64.match(value.replace("\r", "").replace("\n", "")):
        yield Problem("FieldValueInvalid", "Invalid value: illegal base64 data", path=path)


def repeated(value: Sequence[Any], schema: Schema, path: str) -> Iterator[Problem]:
    """Elements that are there twice in a list whose elements must differ."""
    kind = schema.get("x-kubernetes-list-type")
    items = schema.get("items")
    properties = (items.get("properties") or {}) if isinstance(items, Mapping) else {}
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: set[str] = set()
    for index, item in enumerate(value):
        told = item if kind == "set" else _key(item, keys, properties) if kind == "map" else None
        if told is None or not is_known(told):
            continue
        text = json.dumps(told, sort_keys=True)
        if text in seen:
            yield duplicate(f"{path}[{index}]", told)
        seen.add(text)


def _key(item: Any, keys: Sequence[str], properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """What tells an element of a keyed list from the others; None where that is not certain."""
    if not isinstance(item, Mapping):
        return None
    found = {key: item.get(key, (properties.get(key) or {}).get("default")) for key in keys}
    return None if None in found.values() else found


def _repeated_below(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name in sorted(value):
            part = properties.get(name, additional)
            if isinstance(part, Mapping):
                yield from _repeated_below(value[name], part, child(path, name))
    elif isinstance(value, list):
        yield from repeated(value, schema, path)
        items = schema.get("items")
        for index, item in enumerate(value):
            if isinstance(items, Mapping):
                yield from _repeated_below(item, items, f"{path}[{index}]")
