"""Typed objects for the fuzz: what kro's users write most is the fields of declared resources.

Fields that are kept although no schema knows them are left out: kro reads them in a way of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_STRING = {"type": "string"}
_INT = {"type": "integer"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_METADATA = _object(
    name=_STRING,
    namespace=_STRING,
    labels={"type": "object", "additionalProperties": _STRING},
    annotations={"type": "object", "additionalProperties": _STRING},
    creationTimestamp={"type": "string", "format": "date-time"},
    generation=_INT,
    finalizers=_list(_STRING, **{"x-kubernetes-list-type": "set"}),
)
_CONTAINER = _object(
    name=_STRING,
    image=_STRING,
    env=_list(_object(name=_STRING, value=_STRING), **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}),
    port={"x-kubernetes-int-or-string": True},
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "schema": _object(
        apiVersion=_STRING,
        kind=_STRING,
        metadata=_METADATA,
        spec=_object(
            **{
                "name": _STRING,
                "replicas": _INT,
                "ratio": {"type": "number"},
                "enabled": {"type": "boolean"},
                "tags": _list(_STRING),
                "ports": _list(_INT),
                "limits": {"type": "object", "additionalProperties": _INT},
                "hosts": _list(_object(host=_STRING, weight=_INT)),
                "nested": _object(deep=_object(value=_STRING, count=_INT)),
                "timeout": {"type": "string", "format": "duration"},
                "day": {"type": "string", "format": "date"},
                "a-b": _STRING,
                "x__y": _INT,
                "if": _STRING,
                "loose": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": True}},
                "maybe": {**_STRING, "nullable": True},
                "untyped": {},
            }
        ),
    ),
    "deployment": _object(
        apiVersion=_STRING,
        kind=_STRING,
        metadata=_METADATA,
        spec=_object(
            replicas=_INT,
            selector=_object(matchLabels={"type": "object", "additionalProperties": _STRING}),
            template=_object(spec=_object(containers=_list(_CONTAINER))),
        ),
        status=_object(
            replicas=_INT,
            readyReplicas=_INT,
            conditions=_list(
                _object(type=_STRING, status=_STRING, reason=_STRING, lastTransitionTime={"type": "string", "format": "date-time"}),
                **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
            ),
        ),
    ),
    "secret": _object(
        metadata=_METADATA, data={"type": "object", "additionalProperties": {"type": "string", "format": "byte"}}, type=_STRING
    ),
}
_IDENTIFIERS = {"a-b": "a__dash__b", "x__y": "x__underscores__y", "if": "__if__"}
FORMATS = {"byte": "bytes", "duration": "duration", "date": "timestamp", "date-time": "timestamp"}
SCALAR_SCHEMAS = {"boolean": "bool", "integer": "int", "number": "double"}


@dataclass
class Fields:
    """What the schemas add to the grammar. paths: of the variables' parts, by kind; roots: templates that read a field, by kind of field."""

    paths: dict[str, list[str]]
    roots: dict[str, list[str]]


def _fields() -> Fields:
    found = Fields({}, {})
    for name, schema in SCHEMAS.items():
        _visit(found, schema, name, name)
    return found


def _visit(found: Fields, schema: dict[str, Any], path: str, name: str) -> str:
    """The kind of values that follow a schema: ``@path`` for an object; path: an expression for one of them."""
    kind = schema.get("type")
    result = SCALAR_SCHEMAS.get(kind or "", "dyn")
    if kind == "string":
        result = FORMATS.get(schema.get("format", ""), "string")
    elif kind == "array":
        result = f"list({_visit(found, schema['items'], f'{path}[0]', f'{name}.@')})"
    elif kind == "object" and "additionalProperties" in schema:
        more = schema["additionalProperties"]
        result = f"map(string, {_visit(found, more, f'{path}.a', f'{name}.@')})"
    elif kind == "object":
        result = f"@{name}"
        for field, below in schema.get("properties", {}).items():
            identifier = _IDENTIFIERS.get(field, field)
            of_field = _visit(found, below, f"{path}.{identifier}", f"{name}.{identifier}")
            found.roots.setdefault(of_field, []).append(f"{{{result}}}.{identifier}")
            found.roots.setdefault(f"optional({of_field})", []).append(f"{{{result}}}.?{identifier}")
            found.roots.setdefault("bool", []).append(f"has({{{result}}}.{identifier})")
    found.paths.setdefault(result, []).append(path)
    return result


FIELDS = _fields()
OBJECTS = tuple(kind for kind in FIELDS.paths if kind.startswith("@"))
