"""The CustomResourceDefinition that serves a definition's instances.

Names, schema, columns and labels are kro's, so that an instance, an RBAC rule or a dashboard made for kro finds the same API. Every
mapping is written in order of its keys: equal definitions give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore import names
from graphcore.names.plural import pluralize

NAMESPACED = "Namespaced"

_STRING: dict[str, Any] = {"type": "string"}
_CONDITIONS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "type": _STRING,
            "status": _STRING,
            "reason": _STRING,
            "message": _STRING,
            "lastTransitionTime": _STRING,
            "observedGeneration": {"type": "integer"},
        },
    },
}
# Descriptions are part of the generated CRD that tools compare, hence kro's.
_COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "State", "type": "string", "jsonPath": ".status.state", "description": "The state of a ResourceGraphDefinition instance"},
    {
        "name": "Ready",
        "type": "string",
        "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
        "description": "Whether a ResourceGraphDefinition instance is ready",
    },
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": "Age of the resource"},
)
_COLUMN_MEMBERS = ("description", "format", "jsonPath", "name", "priority", "type")


def synthesize_crd(
    schema: Mapping[str, Any],
    rgd_name: str,
    rgd_uid: str,
    spec_schema: Mapping[str, Any],
    status_schema: Mapping[str, Any] | None,
    version: str,
) -> dict[str, Any]:
    """The CRD as it is to be applied; nothing in it is shared with the arguments.

    schema: ``spec.schema`` of the definition, without need of API server defaults. rgd_uid: empty where there is none (offline), then the
    label is left out. spec_schema: from ``simpleschema.to_openapi``; status_schema: inferred from the status expressions, or None.
    version: value of the label ``kro.run/kro-version``.
    """
    group = schema.get("group") or names.GROUP
    kind = schema.get("kind") or ""
    singular = kind.lower()
    plural = pluralize(singular)
    crd_names: dict[str, Any] = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular}
    for key in ("shortNames", "categories"):
        if schema.get(key):
            crd_names[key] = schema[key]
    crd_version: dict[str, Any] = {
        "name": schema.get("apiVersion") or "",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(schema),
        "schema": {"openAPIV3Schema": _root(spec_schema, status_schema)},
    }
    crd = {
        "apiVersion": names.CRD_API_VERSION,
        "kind": names.CRD_KIND,
        "metadata": _metadata(schema, f"{plural}.{group}", rgd_name, rgd_uid, version),
        "spec": {"group": group, "names": crd_names, "scope": schema.get("scope") or NAMESPACED, "versions": [crd_version]},
    }
    ordered: dict[str, Any] = _ordered(crd)
    return ordered


def _metadata(schema: Mapping[str, Any], name: str, rgd_name: str, rgd_uid: str, version: str) -> dict[str, Any]:
    authored = schema.get("metadata") or {}
    labels = {
        **(authored.get("labels") or {}),
        names.OWNED: "true",
        names.KRO_VERSION: version,
        names.RGD_ID: rgd_uid,
        names.RGD_NAME: rgd_name,
    }
    if not rgd_uid:
        del labels[names.RGD_ID]
    metadata: dict[str, Any] = {"name": name, "labels": labels}
    if authored.get("annotations"):
        metadata["annotations"] = authored["annotations"]
    return metadata


def _columns(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The author's columns instead of the default ones; members without meaning (``priority: 0``) are left out, as in JSON from Go."""
    authored = schema.get("additionalPrinterColumns") or ()
    return [{key: column[key] for key in _COLUMN_MEMBERS if column.get(key)} for column in authored] or [
        dict(column) for column in _COLUMNS
    ]


def _root(spec_schema: Mapping[str, Any], status_schema: Mapping[str, Any] | None) -> dict[str, Any]:
    status = dict(status_schema or {"type": "object"})
    status["properties"] = {"state": _STRING, "conditions": _CONDITIONS, **(status.get("properties") or {})}
    return {
        "type": "object",
        "properties": {
            "apiVersion": _STRING,
            "kind": _STRING,
            "metadata": {"type": "object"},
            "spec": spec_schema,
            "status": status,
        },
    }


def _ordered(value: Any) -> Any:
    """A deep copy with sorted keys."""
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value
