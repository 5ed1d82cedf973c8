"""Evaluates the validation rules (``x-kubernetes-validations``) of a custom resource.

The schema is compiled once into a tree that holds only what rules need; most objects then cost a few evaluations. A rule that
compares with ``oldSelf`` runs only where an old value corresponds to the new one: along properties, map keys and keyed lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.cel import CelError, EvaluationError, Program, compile_unchecked
from graphcore.cel.runtime.times import parse_duration, parse_timestamp
from graphcore.cel.runtime.values import NONE, Optional
from graphcore.openapi.rule_types import escape
from local_emulator.core.status import Cause

_ABSENT: Any = object()
_REASONS = {
    "FieldValueForbidden": "Forbidden",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
}
_ROOT = {"type": "string"}
_METADATA = {"type": "object", "properties": {"name": _ROOT, "generateName": _ROOT}}

Decode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule."""

    text: str
    program: Program
    message: str
    message_program: Program | None
    reason: str
    field_path: str
    transition: bool
    optional_old: bool


@dataclass(frozen=True, slots=True)
class Site:
    """A node of the schema with rules at or below it. ``keys`` tell the items of a keyed list apart."""

    rules: tuple[Rule, ...]
    decode: Decode
    fields: Mapping[str, Site]
    element: Site | None
    items: Site | None
    keys: tuple[str, ...]


def compile_rules(schema: Mapping[str, Any], *, root: bool = False) -> Site | None:
    """The tree of rules of a structural schema, or None if it has none. A rule that does not compile is left out: the CRD's own
    validation refuses it."""
    fields = {name: site for name, part in (schema.get("properties") or {}).items() if (site := compile_rules(part))}
    extra, inner = schema.get("additionalProperties"), schema.get("items")
    element = compile_rules(extra) if isinstance(extra, Mapping) else None
    items = compile_rules(inner) if isinstance(inner, Mapping) else None
    rules = tuple(_rules(schema))
    if not (rules or fields or element or items):
        return None
    seen = (
        {**schema, "properties": {**(schema.get("properties") or {}), "apiVersion": _ROOT, "kind": _ROOT, "metadata": _METADATA}}
        if root
        else schema
    )
    keyed = schema.get("x-kubernetes-list-type") == "map"
    return Site(rules, _decoder(seen), fields, element, items, tuple(schema.get("x-kubernetes-list-map-keys") or ()) if keyed else ())


def _rules(schema: Mapping[str, Any]) -> Iterator[Rule]:
    for given in schema.get("x-kubernetes-validations") or ():
        try:
            program = compile_unchecked(given["rule"])
            expression = given.get("messageExpression")
            message = compile_unchecked(expression) if expression else None
        except CelError:
            continue
        yield Rule(
            text=given["rule"].strip(),
            program=program,
            message=(given.get("message") or "").strip(),
            message_program=message,
            reason=given.get("reason") or "FieldValueInvalid",
            field_path=given.get("fieldPath") or "",
            transition="oldSelf" in program.references,
            optional_old=bool(given.get("optionalOldSelf")),
        )


def _decoder(schema: Mapping[str, Any]) -> Decode:
    """How rules see a value: typed scalars, escaped field names, and only fields that the schema declares."""
    kind, form = schema.get("type"), schema.get("format")
    if schema.get("x-kubernetes-int-or-string"):
        return lambda value: value
    if kind == "number":
        return lambda value: float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if kind == "string" and form in ("date-time", "date"):
        return lambda value: (
            (parse_timestamp(value if form == "date-time" else f"{value}T00:00:00Z") if isinstance(value, str) else None) or value
        )
    if kind == "string" and form == "duration":
        return lambda value: (parse_duration(value) if isinstance(value, str) else None) or value
    inner, extra = schema.get("items"), schema.get("additionalProperties")
    if kind == "array" and isinstance(inner, Mapping):
        item = _decoder(inner)
        return lambda value: [item(part) for part in value] if isinstance(value, list) else value
    if kind == "object" and isinstance(extra, Mapping):
        entry = _decoder(extra)
        return lambda value: {name: entry(part) for name, part in value.items()} if isinstance(value, dict) else value
    properties = schema.get("properties")
    if not properties:
        return lambda value: value
    known = {name: (spelled, _decoder(part)) for name, part in properties.items() if (spelled := escape(name)) is not None}
    keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        out = dict(value) if keep else {}
        for name, part in value.items():
            if name in known:
                spelled, reader = known[name]
                out[spelled] = reader(part)
        return out

    return decode


def check_rules(site: Site, value: Any, old: Any, where: str) -> list[Cause]:
    """The causes of all rules that fail; ``old`` None means creation."""
    return list(_check(site, value, _ABSENT if old is None else old, where))


def _check(site: Site, value: Any, old: Any, where: str) -> Iterator[Cause]:
    if value is None or (old is not _ABSENT and old == value and not any(_always(site))):
        return
    if site.rules:
        yield from _check_here(site, value, old, where)
    if isinstance(value, dict):
        for name, part in value.items():
            below = site.fields.get(name) or site.element
            if below is not None:
                before = old.get(name, _ABSENT) if isinstance(old, dict) else _ABSENT
                place = f"{where}.{name}" if name in site.fields else f"{where}[{name}]"
                yield from _check(below, part, before, place if where else name)
    elif isinstance(value, list) and site.items is not None:
        known = {_key(site, item): item for item in old} if site.keys and isinstance(old, list) else {}
        for index, item in enumerate(value):
            yield from _check(site.items, item, known.get(_key(site, item), _ABSENT) if known else _ABSENT, f"{where}[{index}]")


def _always(site: Site) -> Iterator[bool]:
    """Whether a rule below must run on an unchanged value too: one that compares may fail there."""
    yield any(rule.transition for rule in site.rules)
    for below in (*site.fields.values(), site.element, site.items):
        if below is not None:
            yield from _always(below)


def _key(site: Site, item: Any) -> tuple[Any, ...]:
    return tuple(item.get(key) for key in site.keys) if isinstance(item, dict) else ()


def _check_here(site: Site, value: Any, old: Any, where: str) -> Iterator[Cause]:
    unchanged = old is not _ABSENT and old == value
    variables: dict[str, Any] = {"self": site.decode(value)}
    before = _ABSENT if old is _ABSENT else site.decode(old)
    for rule in site.rules:
        if rule.transition:
            if before is _ABSENT and not rule.optional_old:
                continue
            variables["oldSelf"] = before
            if rule.optional_old:
                variables["oldSelf"] = NONE if before is _ABSENT else Optional.of(before)
        elif unchanged:
            continue
        try:
            held = rule.program.evaluate(variables)
        except EvaluationError as error:
            text = f"{error} evaluating rule: {rule.message or rule.text}"
            yield Cause(where.removeprefix("."), f'Invalid value: "{_type_name(value)}": {text}')
            continue
        if held is not True:
            yield _cause(rule, where, value, _message(rule, variables))


def _message(rule: Rule, variables: Mapping[str, Any]) -> str:
    if rule.message_program is not None:
        try:
            text = rule.message_program.evaluate(variables)
        except EvaluationError:
            text = None
        if isinstance(text, str) and text.strip() and "\n" not in text.strip():
            return text.strip()
    return rule.message or f"failed rule: {rule.text}"


def _type_name(value: Any) -> str:
    names: dict[type, str] = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array"}
    return names.get(type(value), "object")


def _cause(rule: Rule, where: str, value: Any, text: str) -> Cause:
    """The answer to a rule that does not hold; scalars are shown, objects and lists are not."""
    reason = rule.reason if rule.reason in _REASONS else "FieldValueInvalid"
    place = where + (rule.field_path if rule.field_path.startswith(("[", ".")) or not rule.field_path else f".{rule.field_path}")
    shows = reason in ("FieldValueInvalid", "FieldValueDuplicate") and not isinstance(value, (dict, list))
    shown = f": {json.dumps(value, ensure_ascii=False)}" if shows else ""
    return Cause(place.removeprefix("."), f"{_REASONS[reason]}{shown}: {text}", reason)
