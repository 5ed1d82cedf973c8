"""OpenAPI where SimpleSchema is expected: how to recognise it, and the SimpleSchema that says the same.

``tags: {type: array, items: {type: string}}`` reads as an object with the fields ``type`` and ``items``; what was meant is
``tags: "[]string"``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TYPES = {"string": "string", "integer": "integer", "number": "float", "boolean": "boolean", "object": "object", "array": "[]string"}
_MARKERS = (
    "default",
    "description",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "uniqueItems",
)
_STRUCTURE = ("type", "items", "properties", "additionalProperties", "required")
_WORDS = frozenset((*_MARKERS, *_STRUCTURE, "format", "nullable", "example", "title"))
_DEEPEST = 8


def is_openapi(definition: Mapping[Any, Any]) -> bool:
    """Whether an object looks like a schema of OpenAPI: it has a ``type`` that OpenAPI knows, and beside it only OpenAPI's words."""
    return isinstance(definition.get("type"), str) and definition["type"].strip() in _TYPES and _WORDS.issuperset(definition)


def simple(definition: Mapping[Any, Any]) -> str | None:
    """The text that says the same in SimpleSchema; None for what takes more than one text: an object with fields of its own."""
    word = _type(definition)
    if word is None:
        return None
    markers = [f"{name}={_value(name, definition[name])}" for name in _MARKERS if definition.get(name) is not None]
    return f"{word} | {' '.join(markers)}" if markers else word


def cure(name: str, definition: Mapping[Any, Any]) -> str:
    """What to write in place of a field ``name`` with this definition."""
    text = simple(definition)
    if text is not None:
        return f"write {name}: {_quoted(text)}"
    properties = definition.get("properties")
    fields = [
        f"{key}: {_quoted(simple(part) or '…')}" if isinstance(part, Mapping) else f"{key}: {part}"
        for key, part in (properties.items() if isinstance(properties, Mapping) else ())
    ]
    return f"write the fields themselves below {name}: {', '.join(fields[:5])}{', …' if len(fields) > 5 else ''}"


def _quoted(text: str) -> str:
    """As a value of YAML."""
    plain = text[:1].isalpha() and ": " not in text and " #" not in text
    return text if plain else "'" + text.replace("'", "''") + "'"


def _type(definition: Any, depth: int = 0) -> str | None:
    if not isinstance(definition, Mapping) or depth > _DEEPEST:
        return None
    word = str(definition.get("type") or "").strip()
    if word == "array" and isinstance(definition.get("items"), Mapping):
        inner = _type(definition["items"], depth + 1)
        return inner and f"[]{inner}"
    if word == "object" and isinstance(definition.get("additionalProperties"), Mapping):
        inner = _type(definition["additionalProperties"], depth + 1)
        return inner and f"map[string]{inner}"
    return None if definition.get("properties") else _TYPES.get(word)


def _value(name: str, value: Any) -> str:
    if name == "enum" and isinstance(value, list):
        return json.dumps(",".join(str(item) for item in value), ensure_ascii=False)
    if name in ("pattern", "description"):
        return json.dumps(str(value), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)
