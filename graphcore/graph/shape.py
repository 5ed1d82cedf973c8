"""Whether a definition has the form of a ResourceGraphDefinition at all: the types of its own fields.

In a cluster the API server has checked that before anybody reads the object; a file on the command line comes as it is. As when kro decodes
JSON, null stands for an absent field, and fields that nobody knows are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphcore.errors import Problem
from graphcore.simpleschema.documents import type_name

_STRINGS = [str]
_TEXTS = {"*": str}
_COLUMN = {"name": str, "type": str, "jsonPath": str, "description": str, "format": str, "priority": int}
_SCHEMA = {
    "apiVersion": str,
    "kind": str,
    "group": str,
    "scope": str,
    "additionalPrinterColumns": [_COLUMN],
    "shortNames": _STRINGS,
    "categories": _STRINGS,
    "metadata": {"labels": _TEXTS, "annotations": _TEXTS},
}
_SELECTOR = {"matchLabels": _TEXTS, "matchExpressions": [{"key": str, "operator": str, "values": _STRINGS}]}
_REFERENCE = {"apiVersion": str, "kind": str, "metadata": {"name": str, "namespace": str, "selector": _SELECTOR}}
_RESOURCE = {"id": str, "externalRef": _REFERENCE, "readyWhen": _STRINGS, "includeWhen": _STRINGS, "forEach": [_TEXTS]}
_DEFINITION = {
    "metadata": {"name": str, "uid": str, "labels": _TEXTS, "annotations": _TEXTS},
    "spec": {"schema": _SCHEMA, "resources": [_RESOURCE]},
}
_NAMES = {str: "a string", int: "an integer", list: "an array", dict: "an object"}


def shape_faults(definition: Any) -> list[Problem]:
    """Every field that cannot be read because its value has another type, in order."""
    return list(_faults(definition, _DEFINITION, ""))


def _faults(value: Any, shape: Any, path: str) -> Iterator[Problem]:
    kind = shape if isinstance(shape, type) else type(shape)
    expected: Any = Mapping if kind is dict else kind
    if not isinstance(value, expected) or (kind is int and isinstance(value, bool)):
        message = f"the definition cannot be read: {path or 'it'} must be {_NAMES[kind]}, got {type_name(value)}"
        yield Problem("malformed-definition", message, path=path or None, hint=f"write {_NAMES[kind]}")
    elif isinstance(shape, dict):
        for name, member in value.items():
            inner = shape.get(name, shape.get("*"))
            if member is not None and inner is not None:
                yield from _faults(member, inner, f"{path}.{name}" if path else str(name))
    elif isinstance(shape, list):
        for index, item in enumerate(value):
            # A missing object in a list cannot be passed over; the API server refuses it as well.
            if item is not None or isinstance(shape[0], dict):
                yield from _faults(item, shape[0], f"{path}[{index}]")
