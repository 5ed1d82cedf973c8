"""What the API server does to a custom resource before it looks at it: drop unknown fields, drop nulls, fill in defaults.

All three return new values and leave their argument alone; ``schema`` is a structural schema, as in a CRD.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

META = frozenset({"apiVersion", "kind", "metadata"})


def prune(value: Any, schema: Mapping[str, Any] | None, *, root: bool = False) -> Any:
    """``value`` without fields that the schema does not know. root: apiVersion, kind and metadata stay whatever the schema says."""
    if isinstance(value, dict):
        return _pruned_object(value, schema, root)
    if isinstance(value, list):
        items = schema.get("items") if schema is not None else None
        keep = bool(schema and schema.get("x-kubernetes-preserve-unknown-fields")) and items is None
        return list(value) if keep else [prune(item, items) for item in value]
    return value


def _pruned_object(value: dict[str, Any], schema: Mapping[str, Any] | None, root: bool) -> dict[str, Any]:
    if schema is None:
        return {}
    whole = root or bool(schema.get("x-kubernetes-embedded-resource"))
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    preserve = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    result = {}
    for name, member in value.items():
        if whole and name in META:
            result[name] = member
        elif name in properties:
            result[name] = prune(member, properties[name])
        elif isinstance(additional, Mapping):
            result[name] = prune(member, additional)
        elif preserve:
            result[name] = member
        elif additional is True:
            result[name] = prune(member, None)
    return result


def apply_defaults(value: Any, schema: Mapping[str, Any] | None, *, nulls: bool = False) -> Any:
    """``value`` with the schema's defaults where fields are absent, or null without being nullable; other such nulls are dropped.

    nulls: they stay, as the API server lets them stay in an apply, to be refused by the schema.
    """
    if schema is None:
        return value
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        result: dict[str, Any] = {}
        for name, member in value.items():
            part = properties.get(name) if name in properties else (additional if isinstance(additional, Mapping) else None)
            if member is None and part is not None and not part.get("nullable"):
                if part.get("default") is not None:
                    member = copy.deepcopy(part["default"])
                elif not nulls:
                    continue
            result[name] = apply_defaults(member, part, nulls=nulls)
        for name, part in properties.items():
            if name not in value and part.get("default") is not None:
                result[name] = apply_defaults(copy.deepcopy(part["default"]), part)
        return result
    if isinstance(value, list):
        items = schema.get("items")
        return [apply_defaults(item, items if isinstance(items, Mapping) else None, nulls=nulls) for item in value]
    return value
