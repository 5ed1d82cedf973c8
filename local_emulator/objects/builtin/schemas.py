"""The shapes of built-in kinds, read from the committed data, and the OpenAPI v3 documents that are served from them.

Consumers differ: clients (``kubectl``, graphcore's compile of a definition) want an OpenAPI document per group version with
references and paths; the emulator's own validation wants plain resolved trees. Both come from the same definitions. Results
are cached and shared: treat them as read-only.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from local_emulator.objects.builtin.kinds import BuiltinKind, load_kinds
from local_emulator.objects.builtin.paths import document_paths

Schema = dict[str, Any]

_DATA = Path(__file__).parents[2] / "data"
_REFERENCE = "#/components/schemas/"


def _load(name: str) -> Any:
    return json.loads(gzip.decompress((_DATA / name).read_bytes()))


@cache
def definitions() -> dict[str, Schema]:
    """All definitions by full name (``io.k8s.api.core.v1.Pod``), with references by bare name."""
    loaded: dict[str, Schema] = _load("schemas.json.gz")
    return loaded


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """Prose by definition, then property; the empty property speaks of the definition itself."""
    loaded: dict[str, dict[str, str]] = _load("descriptions.json.gz")
    return loaded


@cache
def _names_by_kind() -> dict[tuple[str, str, str], str]:
    return {
        (entry["group"], entry["version"], entry["kind"]): name
        for name, definition in definitions().items()
        for entry in definition.get("x-kubernetes-group-version-kind", ())
    }


def definition_name(group: str, version: str, kind: str) -> str | None:
    """The full name of a kind's definition, or None for an unknown kind."""
    return _names_by_kind().get((group, version, kind))


def group_versions() -> tuple[str, ...]:
    """Every served group version (``v1``, ``apps/v1``), in the order of the discovery table."""
    return tuple(dict.fromkeys(kind.group_version for kind in load_kinds()))


def schema_for(group: str, version: str, kind: str) -> Schema:
    """The kind's schema with references resolved and sub-trees shared; a definition inside itself becomes a node that keeps
    unknown fields. Raises KeyError for an unknown kind."""
    name = definition_name(group, version, kind)
    if name is None:
        raise KeyError(f"{group}/{version}, Kind={kind}")
    return _resolve_definition(name, ())


_resolved: dict[str, Schema] = {}


def _resolve_definition(name: str, above: tuple[str, ...]) -> Schema:
    if name in above:
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    if name not in _resolved:
        _resolved[name] = _resolve(definitions()[name], (*above, name))
    return _resolved[name]


def _resolve(node: Schema, above: tuple[str, ...]) -> Schema:
    if "$ref" in node:
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        target = _resolve_definition(node["$ref"], above)
        return {**target, **siblings} if siblings else target
    resolved = dict(node)
    for key in ("items", "additionalProperties"):
        if key in node:
            resolved[key] = _resolve(node[key], above)
    if "properties" in node:
        resolved["properties"] = {name: _resolve(value, above) for name, value in node["properties"].items()}
    return resolved


def openapi_document(group_version: str, *, prose: bool = False) -> dict[str, Any] | None:
    """The OpenAPI v3 document of a group version (``v1``, ``apps/v1``), as the real server serves it under ``/openapi/v3``.

    ``prose`` adds the descriptions, which only ``kubectl explain`` needs. Returns None for an unknown group version.
    """
    if group_version not in group_versions():
        return None
    return _document(group_version, prose)


@cache
def _document(group_version: str, prose: bool) -> dict[str, Any]:
    kinds = [kind for kind in load_kinds() if kind.group_version == group_version]
    names: dict[str, None] = {}
    waiting = [name for kind in kinds for name in _names_of(kind)]
    while waiting:
        name = waiting.pop(0)
        if name not in names:
            names[name] = None
            waiting.extend(_references(definitions()[name]))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": document_paths(kinds, definition_name),
        "components": {"schemas": {name: _component(name, prose) for name in sorted(names)}},
    }


def _names_of(kind: BuiltinKind) -> list[str]:
    kinds = [kind.kind, f"{kind.kind}List"]
    names = [definition_name(kind.group, kind.version, name) for name in kinds]
    if "scale" in kind.subresources:
        names.append(definition_name("autoscaling", "v1", "Scale"))
    return [name for name in names if name is not None]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [name for value in node.values() for name in _references(value)]
    return []


def _component(name: str, prose: bool) -> Schema:
    component = _served(definitions()[name])
    if prose:
        texts = descriptions().get(name, {})
        if "" in texts:
            component["description"] = texts[""]
        for property_name, schema in component.get("properties", {}).items():
            if property_name in texts:
                schema["description"] = texts[property_name]
    return component


def _served(node: Schema) -> Schema:
    """The node as the server writes it: a reference is wrapped, so that it can have siblings."""
    served = {key: value for key, value in node.items() if key != "$ref"}
    if "$ref" in node:
        served["allOf"] = [{"$ref": _REFERENCE + node["$ref"]}]
    for key in ("items", "additionalProperties"):
        if key in node:
            served[key] = _served(node[key])
    if "properties" in node:
        served["properties"] = {name: _served(value) for name, value in node["properties"].items()}
    return served
