"""Which definition this is: the hash that tells a real change from a reformatting, and the names of revisions.

The hash is FNV-64a over the canonical JSON of the normalised spec, byte for byte kro's, so that a definition taken over from kro issues
no new revision. Order of resources, of ``readyWhen`` and of ``includeWhen`` does not count; order of ``forEach`` does.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from graphcore import names

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK = 0xFFFFFFFFFFFFFFFF


def fnv64a(data: bytes) -> int:
    """FNV-1a, 64 bits."""
    value = _FNV_OFFSET
    for byte in data:
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    return value


def revision_hash(spec: Mapping[str, Any]) -> str:
    """16 hex digits identifying what ``spec`` of a ResourceGraphDefinition means."""
    return f"{fnv64a(_encode(_normalise(spec)).encode()):016x}"


def revision_name(rgd_name: str, revision: int) -> str:
    """``webapp`` and 7 → ``webapp-r00007``."""
    return f"{rgd_name}-r{revision:05d}"


def _normalise(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec in the field order of kro's types; what those types omit when empty is left out."""
    out: dict[str, Any] = {}
    schema = spec.get("schema")
    if schema is not None:
        out["schema"] = _schema(schema)
    resources = sorted((r for r in spec.get("resources") or () if r is not None), key=lambda r: str(r.get("id", "")))
    if resources:
        out["resources"] = [_resource(resource) for resource in resources]
    return out


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "kind": schema.get("kind", ""),
        "apiVersion": schema.get("apiVersion", ""),
        "group": schema.get("group") or names.GROUP,
        "spec": _raw(schema.get("spec")),
        "types": _raw(schema.get("types")),
        "status": _raw(schema.get("status")),
        "scope": schema.get("scope") or "Namespaced",
        "additionalPrinterColumns": [_column(column) for column in schema.get("additionalPrinterColumns") or ()],
        "shortNames": list(schema.get("shortNames") or ()),
        "categories": list(schema.get("categories") or ()),
    }
    out = {key: value for key, value in out.items() if value not in ("", []) or key in ("spec", "types", "status")}
    metadata = schema.get("metadata")
    if metadata is not None:
        out["metadata"] = {key: _raw(metadata[key]) for key in ("labels", "annotations") if metadata.get(key)}
    return out


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    out = {"name": column.get("name", ""), "type": column.get("type", "")}
    out |= {key: column[key] for key in ("format", "description", "priority") if column.get(key)}
    return out | {"jsonPath": column.get("jsonPath", "")}


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if resource.get("id"):
        out["id"] = resource["id"]
    out["template"] = _raw(resource.get("template"))
    reference = resource.get("externalRef")
    if reference is not None:
        metadata = reference.get("metadata") or {}
        inner: dict[str, Any] = {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)}
        if metadata.get("selector") is not None:
            inner["selector"] = _selector(metadata["selector"])
        out["externalRef"] = {"apiVersion": reference.get("apiVersion", ""), "kind": reference.get("kind", ""), "metadata": inner}
    for key in ("readyWhen", "includeWhen"):
        if resource.get(key):
            out[key] = sorted(resource[key])
    if resource.get("forEach"):
        out["forEach"] = [_raw(dimension) for dimension in resource["forEach"]]
    return out


def _selector(selector: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if selector.get("matchLabels"):
        out["matchLabels"] = _raw(selector["matchLabels"])
    if selector.get("matchExpressions"):
        out["matchExpressions"] = [
            {"key": e.get("key", ""), "operator": e.get("operator", "")} | ({"values": e["values"]} if e.get("values") else {})
            for e in selector["matchExpressions"]
        ]
    return out


def _raw(value: Any) -> Any:
    """Free-form JSON as Go's decoder and encoder leave it: sorted keys, every number a float64."""
    if isinstance(value, Mapping):
        return {key: _raw(value[key]) for key in sorted(value, key=lambda k: str(k).encode())}
    if isinstance(value, list):
        return [_raw(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _encode(value: Any) -> str:
    """Go's encoding/json: no blanks, ``<``, ``>``, ``&`` and the two line separators escaped, numbers in Go's notation."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(str(key))}:{_encode(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_encode(item) for item in value) + "]"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


_SPECIAL = re.compile("[<>&\u2028\u2029]")


def _string(text: str) -> str:
    encoded: str = encode_basestring(text)
    return _SPECIAL.sub(lambda found: f"\\u{ord(found.group()):04x}", encoded)


def _number(value: float) -> str:
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    magnitude = abs(value)
    if 1e-6 <= magnitude < 1e21:
        if value.is_integer():
            return str(int(value))
        text = repr(value)
        if "e" not in text:
            return text
        return f"{value:.20f}".rstrip("0")
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        mantissa, _, exponent = f"{value:e}".partition("e")
    if mantissa.endswith(".0"):
        mantissa = mantissa[:-2]
    sign, digits = exponent[0], exponent[1:] if exponent[0] in "+-" else exponent
    sign = sign if sign in "+-" else "+"
    return f"{mantissa}e{sign}{digits.lstrip('0') if sign == '-' else digits}"
