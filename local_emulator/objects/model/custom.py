"""Custom resources: prune, default and validate by a structural schema, then by the schema's rules.

The schema work itself is graphcore's, because the compile of a definition needs it too; here are the order of the steps, the
report of unknown fields, lists whose items must differ, and ratcheting: an update is not refused for what was wrong before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.pruning import META, apply_defaults, prune
from graphcore.openapi.values import validate_value
from local_emulator.core.status import Cause
from local_emulator.objects.metadata import validate as validate_metadata
from local_emulator.objects.model.embedded import check_embedded, has_embedded, read_embedded
from local_emulator.objects.model.reading import reader_of
from local_emulator.objects.model.report import Report
from local_emulator.objects.model.rules import check_rules, compile_rules

Object = dict[str, Any]
Schema = Mapping[str, Any]

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_BLOCKING = {"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"}
_UNCHECKED = Cause(
    "<nil>",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)


def custom_reader(schema: Schema) -> Callable[[Object, Report], Object]:
    """Reads objects of one version of a CRD: metadata as an ObjectMeta, everything else pruned and defaulted."""
    metadata = reader_of(_OBJECT_META)
    rest = {**schema, "properties": {name: part for name, part in (schema.get("properties") or {}).items() if name not in META}}
    embeds = has_embedded(rest)

    def read(obj: Object, report: Report) -> Object:
        own = Report()
        meta = metadata(obj.get("metadata") or {}, "", own)
        body = {name: value for name, value in obj.items() if name not in META}
        kept = prune(body, rest)
        if kept != body:
            report.unknown.extend(_unknown(body, kept, ""))
        if embeds:
            kept = read_embedded(kept, rest, metadata, report)
        report.unknown.extend(f"metadata.{path}" for path in own.unknown)
        report.unknown.sort()
        return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": meta, **apply_defaults(kept, rest, nulls=report.applied)}

    return read


def _unknown(given: Any, kept: Any, where: str) -> Iterator[str]:
    """Paths that pruning dropped."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            place = f"{where}.{name}" if where else name
            if name not in kept:
                yield place
            else:
                yield from _unknown(value, kept[name], place)
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (value, other) in enumerate(zip(given, kept, strict=False)):
            yield from _unknown(value, other, f"{where}[{index}]")


def custom_checker(schema: Schema) -> Callable[[Object, Object | None, str], list[Cause]]:
    """Validates read objects of one version of a CRD."""
    body_schema = {**schema, "properties": {name: part for name, part in (schema.get("properties") or {}).items() if name not in META}}
    distinct, embeds = _distinct_sites(body_schema), has_embedded(body_schema)
    rules = compile_rules(schema, root=True)

    def faults(obj: Object) -> list[Cause]:
        body = {name: value for name, value in obj.items() if name not in META}
        found = [Cause(_place(problem), problem.message, problem.code) for problem in validate_value(body, body_schema, "")]
        if embeds:
            found.extend(check_embedded(body, body_schema, partial(validate_metadata, None)))
        if distinct:
            found.extend(_repeated(body, body_schema, ""))
        return found

    def check(obj: Object, old: Object | None, _subresource: str) -> list[Cause]:
        found = faults(obj)
        if found and old is not None:
            before = set(faults(old))
            found = [cause for cause in found if cause not in before]
        if rules is None:
            return found
        if any(cause.reason in _BLOCKING for cause in found):
            return [*found, _UNCHECKED]
        return [*found, *check_rules(rules, obj, old, "")]

    return check


def _place(problem: Problem) -> str:
    """Where a fault is; of combined schemas a real server does not say it."""
    combined = problem.message.startswith(('Invalid value: "": "', 'Invalid value: "": Checked value')) and " must " in problem.message
    return "<nil>" if combined else (problem.path or "").removeprefix(".")


def _distinct_sites(schema: Schema) -> bool:
    if schema.get("x-kubernetes-list-type") in ("set", "map"):
        return True
    extra, inner = schema.get("additionalProperties"), schema.get("items")
    below = [*(schema.get("properties") or {}).values(), *(part for part in (extra, inner) if isinstance(part, Mapping))]
    return any(_distinct_sites(part) for part in below)


def _repeated(value: Any, schema: Schema, where: str) -> Iterator[Cause]:
    """Items of sets and keyed lists that are there twice."""
    if isinstance(value, dict):
        properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, part in value.items():
            below = properties.get(name) or (extra if isinstance(extra, Mapping) else None)
            if below:
                yield from _repeated(part, below, f"{where}.{name}" if where else name)
    elif isinstance(value, list):
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        kind = schema.get("x-kubernetes-list-type")
        seen: set[str] = set()
        for index, item in enumerate(value):
            if kind == "map" and not isinstance(item, dict):
                yield Cause(f"{where}[{index}]", f"Invalid value: {json.dumps(item)}: must be an object for an array of list-type map")
            elif kind in ("set", "map"):
                told = {key: item[key] for key in sorted(keys) if key in item} if kind == "map" and isinstance(item, dict) else item
                text = json.dumps(told, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
                if text in seen:
                    yield Cause(f"{where}[{index}]", f"Duplicate value: {text}", "FieldValueDuplicate")
                seen.add(text)
            if isinstance(schema.get("items"), Mapping):
                yield from _repeated(item, schema["items"], f"{where}[{index}]")
