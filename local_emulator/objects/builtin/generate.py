"""Generates ``local_emulator/data`` from the published JSON schemas in the ``kubernetes-validate`` package (Apache-2.0).

Run ``python -m local_emulator.objects.builtin.generate`` after installing the dependency group ``generate``. The output is committed
and byte-identical for the same input (sorted keys, no time stamp in the archive), so a test can repeat the generation.
Only definitions that a kind of the discovery table reaches are kept; prose goes to a second file that only ``explain`` reads.
"""

from __future__ import annotations

import gzip
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from local_emulator.objects.builtin.facts import DEFAULTS, ENUMS
from local_emulator.objects.builtin.kinds import load_kinds

SOURCE_VERSION = "1.36.0"
"""The Kubernetes version whose schemas are read: the newest that the reference server in the tests speaks."""

SCHEMAS_FILE = "schemas.json.gz"
DESCRIPTIONS_FILE = "descriptions.json.gz"

_KEPT = (
    "required",
    "format",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-unions",
)
_EXTRA_KINDS = (
    ("autoscaling", "v1", "Scale"),
    ("policy", "v1", "Eviction"),
    ("authentication.k8s.io", "v1", "TokenRequest"),
)
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_EXTRA_DEFINITIONS = (f"{_META}Status", f"{_META}DeleteOptions")
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_BY_HAND: dict[str, dict[str, Any]] = {
    _INT_OR_STRING: {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    _QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]},
}


def read_source() -> dict[str, dict[str, Any]]:
    """The published definitions by full name. Raises ModuleNotFoundError without ``kubernetes-validate``."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{SOURCE_VERSION}-local"
    body: dict[str, dict[str, Any]] = json.loads((folder / "_definitions.json").read_text("utf-8"))["$defs"]
    return body


def strip(node: dict[str, Any]) -> dict[str, Any]:
    """One schema without prose, with a plain type and with references by bare name."""
    stripped: dict[str, Any] = {key: node[key] for key in _KEPT if key in node}
    if "$ref" in node:
        stripped["$ref"] = node["$ref"].rpartition("/")[2]
        return stripped
    if "type" in node:
        # The package marks everything nullable, because the server reads null as "not given".
        stripped["type"] = node["type"][0] if isinstance(node["type"], list) else node["type"]
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            stripped[key] = strip(node[key])
    if "properties" in node:
        stripped["properties"] = {name: strip(value) for name, value in node["properties"].items()}
    return stripped


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def _add_facts(definitions: dict[str, dict[str, Any]]) -> None:
    for name, definition in definitions.items():
        short = name.rpartition(".")[2]
        for property_name, schema in definition.get("properties", {}).items():
            key = f"{short}.{property_name}"
            if key in ENUMS:
                schema["enum"] = list(ENUMS[key])
            if f"{key}[]" in ENUMS:
                schema["items"]["enum"] = list(ENUMS[f"{key}[]"])
            if key in DEFAULTS:
                schema["default"] = DEFAULTS[key]


def build() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, str]]]:
    """The kept definitions by full name, and their prose: definition → property ("" = the definition itself) → text."""
    source = read_source()
    by_kind = {
        (entry["group"], entry["version"], entry["kind"]): name
        for name, definition in source.items()
        for entry in definition.get("x-kubernetes-group-version-kind", ())
    }
    wanted = list(_EXTRA_DEFINITIONS) + [by_kind[key] for key in _EXTRA_KINDS]
    for kind in load_kinds():
        wanted.append(by_kind[kind.group, kind.version, kind.kind])
        if "list" in kind.verbs:
            wanted.append(by_kind[kind.group, kind.version, f"{kind.kind}List"])
    served = {(kind.group, kind.version) for kind in load_kinds()}
    definitions: dict[str, dict[str, Any]] = {}
    while wanted:
        name = wanted.pop()
        if name in definitions:
            continue
        definition = dict(_BY_HAND[name]) if name in _BY_HAND else strip(source[name])
        kinds = definition.get("x-kubernetes-group-version-kind")
        if kinds:
            definition["x-kubernetes-group-version-kind"] = [kind for kind in kinds if (kind["group"], kind["version"]) in served]
        definitions[name] = definition
        wanted.extend(_references(definition))
    _add_facts(definitions)
    descriptions = {}
    for name in definitions:
        texts = {"": source[name].get("description", "")}
        texts.update({key: value.get("description", "") for key, value in source[name].get("properties", {}).items()})
        descriptions[name] = {key: text for key, text in texts.items() if text}
    return definitions, descriptions


def pack(body: Any) -> bytes:
    """JSON, compressed, the same bytes for the same value."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as archive:
        archive.write(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
    return buffer.getvalue()


def main() -> None:
    """Write both files next to the code."""
    data = Path(__file__).parents[2] / "data"
    definitions, descriptions = build()
    (data / SCHEMAS_FILE).write_bytes(pack(definitions))
    (data / DESCRIPTIONS_FILE).write_bytes(pack(descriptions))


if __name__ == "__main__":
    main()
