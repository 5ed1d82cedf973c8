"""Objects inside custom resources (``x-kubernetes-embedded-resource``): their metadata is an ObjectMeta, and they say what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_emulator.core.status import Cause
from local_emulator.objects.model.report import Report

Object = dict[str, Any]
Schema = Mapping[str, Any]
ReadMetadata = Callable[[Object, str, Report], Object]
CheckMetadata = Callable[[Mapping[str, Any]], list[Cause]]


def has_embedded(schema: Schema) -> bool:
    """Whether any object of the schema embeds another."""
    if schema.get("x-kubernetes-embedded-resource"):
        return True
    return any(has_embedded(part) for part in _below(schema))


def _below(schema: Schema) -> Iterator[Schema]:
    yield from (schema.get("properties") or {}).values()
    yield from (part for part in (schema.get("items"), schema.get("additionalProperties")) if isinstance(part, Mapping))


def read_embedded(value: Any, schema: Schema, read: ReadMetadata, report: Report, where: str = "") -> Any:
    """The value with the metadata of embedded objects as an ObjectMeta; unknown fields of it are reported."""
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return value
        return [read_embedded(part, items, read, report, f"{where}[{index}]") for index, part in enumerate(value)]
    if not isinstance(value, dict):
        return value
    extra = schema.get("additionalProperties")
    out = {}
    for name, part in value.items():
        below = (schema.get("properties") or {}).get(name) or (extra if isinstance(extra, Mapping) else None)
        place = f"{where}.{name}" if where else name
        out[name] = part if below is None else read_embedded(part, below, read, report, place)
    if schema.get("x-kubernetes-embedded-resource") and isinstance(out.get("metadata"), dict):
        own = Report()
        out["metadata"] = read(out["metadata"], "", own)
        report.unknown.extend(f"{where}.metadata.{path}" for path in own.unknown)
    return out


def check_embedded(value: Any, schema: Schema, check: CheckMetadata, where: str = "") -> Iterator[Cause]:
    """What embedded objects lack, and what is wrong with their metadata."""
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, part in enumerate(value):
            yield from check_embedded(part, schema["items"], check, f"{where}[{index}]")
    if not isinstance(value, dict):
        return
    if schema.get("x-kubernetes-embedded-resource"):
        for member in ("apiVersion", "kind"):
            if not value.get(member):
                yield Cause(f"{where}.{member}", "Required value", "FieldValueRequired")
        if isinstance(value.get("metadata"), dict):
            for cause in check(value["metadata"]):
                yield Cause(f"{where}.{cause.field}", cause.message, cause.reason)
    extra = schema.get("additionalProperties")
    for name, part in value.items():
        below = (schema.get("properties") or {}).get(name) or (extra if isinstance(extra, Mapping) else None)
        if below is not None:
            yield from check_embedded(part, below, check, f"{where}.{name}" if where else name)
