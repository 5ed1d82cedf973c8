"""The JSON Schema of a kind's instances, for editors that complete and check YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.openapi.metadata import OBJECT_META

_DRAFT = "http://json-schema.org/draft-07/schema#"
_PARTS = ("properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not")
_FORMATS = frozenset({"date-time", "date", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"})

# Nobody writes managedFields by hand.
_METADATA = {**OBJECT_META, "properties": {name: part for name, part in OBJECT_META["properties"].items() if name != "managedFields"}}


def editor_schema(crd: Mapping[str, Any]) -> dict[str, Any]:
    """A self-contained draft-07 schema for instances of the CRD's first version. Unknown fields are faults."""
    spec = crd["spec"]
    version = spec["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    return {
        "$schema": _DRAFT,
        "title": spec["names"]["kind"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": f"{spec['group']}/{version['name']}"},
            "kind": {"const": spec["names"]["kind"]},
            "metadata": _converted(_METADATA),
            "spec": _converted(properties.get("spec") or {}),
            "status": {"type": "object", "description": "Written by krofn."},
        },
    }


def _converted(schema: Any) -> Any:
    """Kubernetes' extensions put in JSON Schema's own words, or left out."""
    if not isinstance(schema, Mapping):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _converted(part) for name, part in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            result[key] = [_converted(part) for part in value]
        elif key in _PARTS:
            result[key] = _converted(value)
        elif key == "format":
            if value in _FORMATS:
                result[key] = value
        elif not key.startswith("x-") and key not in ("nullable", "exclusiveMinimum", "exclusiveMaximum"):
            result[key] = value
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if schema.get(exclusive) and bound in result:
            result[exclusive] = result.pop(bound)
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    if schema.get("x-kubernetes-list-type") == "set":
        result["uniqueItems"] = True
    if result.get("type") == "object" and "additionalProperties" not in result:
        result["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result
