"""The schema of a ResourceGraphDefinition: what its CRD says of apiVersion, kind, metadata and spec, without descriptions.

The CRD itself is ``knative/crds/resourcegraphdefinitions.yaml``; a test holds the two together. It stands here as well because a compile
reads no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphcore.graph.templates import PRESERVE

_STRING: dict[str, Any] = {"type": "string"}
_STRINGS: dict[str, Any] = {"type": "array", "items": _STRING}
_TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": _STRING}
_ANYTHING: dict[str, Any] = {"type": "object", PRESERVE: True}
_ATOMIC = {"x-kubernetes-list-type": "atomic"}
_WORDS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "maxLength": 63, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$"},
    "maxItems": 32,
    "x-kubernetes-list-type": "set",
}


def _object(properties: Mapping[str, Any], required: Iterable[str] = (), rule: str = "", message: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    if rule:
        schema["x-kubernetes-validations"] = [{"rule": rule, "message": message}]
    return schema


def _immutable(name: str, **schema: Any) -> dict[str, Any]:
    return {"type": "string", **schema, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": f"{name} is immutable"}]}


_COLUMN = _object(
    {
        "name": _STRING,
        "type": _STRING,
        "jsonPath": _STRING,
        "description": _STRING,
        "format": _STRING,
        "priority": {"type": "integer", "format": "int32"},
    },
    ("jsonPath", "name", "type"),
)
_INSTANCES = _object(
    {
        "apiVersion": _immutable("apiVersion", pattern="^v[0-9]+(alpha[0-9]+|beta[0-9]+)?$"),
        "kind": _immutable("kind", pattern="^[A-Z][a-zA-Z0-9]{0,62}$"),
        "group": _immutable("group", default="kro.run"),
        "scope": _immutable("scope", default="Namespaced", enum=["Namespaced", "Cluster"]),
        "spec": _ANYTHING,
        "types": _ANYTHING,
        "status": _ANYTHING,
        "additionalPrinterColumns": {"type": "array", "items": _COLUMN},
        "shortNames": _WORDS,
        "categories": _WORDS,
        "metadata": _object({"labels": _TEXTS, "annotations": _TEXTS}),
    },
    ("apiVersion", "kind", "scope"),
)
_REQUIREMENT = _object({"key": _STRING, "operator": _STRING, "values": {**_STRINGS, **_ATOMIC}}, ("key", "operator"))
_SELECTOR = {
    **_object({"matchLabels": _TEXTS, "matchExpressions": {"type": "array", "items": _REQUIREMENT, **_ATOMIC}}),
    "x-kubernetes-map-type": "atomic",
}
_REFERENCE = _object(
    {
        "apiVersion": _STRING,
        "kind": _STRING,
        "metadata": _object(
            {"name": {"type": "string", "minLength": 1}, "namespace": _STRING, "selector": _SELECTOR},
            rule="has(self.name) != has(self.selector)",
            message="exactly one of name or selector must be provided",
        ),
    },
    ("apiVersion", "kind", "metadata"),
)
_RESOURCE = _object(
    {
        "id": _STRING,
        "template": _ANYTHING,
        "externalRef": _REFERENCE,
        "readyWhen": _STRINGS,
        "includeWhen": _STRINGS,
        "forEach": {"type": "array", "items": {**_TEXTS, "minProperties": 1, "maxProperties": 1}},
    },
    ("id",),
    "has(self.template) != has(self.externalRef)",
    "exactly one of template or externalRef must be provided",
)
DEFINITION: dict[str, Any] = _object(
    {
        "apiVersion": _STRING,
        "kind": _STRING,
        "metadata": {"type": "object"},
        "spec": _object({"schema": _INSTANCES, "resources": {"type": "array", "items": _RESOURCE}}, ("schema",)),
    },
    rule="self.metadata.name.size() <= 63",
    message="metadata.name must be no more than 63 characters: it becomes a label value of everything that the definition owns",
)
"""A JSON schema, shared and never changed."""
