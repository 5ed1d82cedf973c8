"""Defaults in a schema: each must be a value that the schema itself takes, with no fields it would drop, breaking no rule.

Source: apiextensions-apiserver 0.36 ``apiserver/schema/defaulting/validation.go``. Defaults inside the apiVersion,
kind and metadata of embedded resources are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import in_order, invalid, key
from graphcore.openapi.pruning import META, prune
from graphcore.openapi.rule_values import rule_faults
from graphcore.openapi.values import validate_value


def default_faults(schema: Mapping[str, Any], path: str) -> list[Problem]:
    """Faults of all defaults of a root schema, in order of their places."""
    found: list[Problem] = []
    _walk(schema, path, found, root=True)
    return found


def _walk(schema: Mapping[str, Any], path: str, found: list[Problem], *, root: bool = False) -> None:
    whole = root or bool(schema.get("x-kubernetes-embedded-resource"))
    default = schema.get("default")
    if default is not None:
        place = f"{path}.default"
        if prune(default, schema, root=whole) != default:
            found.append(invalid(place, default, "must not have unknown fields"))
        faults = validate_value(default, schema, place)
        found.extend(faults or rule_faults(default, schema, place))
    # Defaults below additionalProperties are the values' own business: they are forbidden only inside metadata.
    if isinstance(schema.get("items"), Mapping):
        _walk(schema["items"], f"{path}.items", found)
    for name, member in in_order(schema.get("properties")):
        if not (whole and name in META):
            _walk(member, key(f"{path}.properties", name), found)
