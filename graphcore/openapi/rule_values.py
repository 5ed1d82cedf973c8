"""Validation rules applied to one value: a default that breaks its own schema's rules can never be used.

Source: apiextensions-apiserver 0.36 ``apiserver/schema/cel/validation.go``. Rules that do not compile are reported where they stand. An
evaluation that fails counts unless a string format is about, since those are not converted here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphcore.cel.errors import CelError, EvaluationError, Reason
from graphcore.cel.program import Program
from graphcore.errors import Problem
from graphcore.openapi.fielderrors import in_order, invalid, key
from graphcore.openapi.rule_language import UnknownLibrary, check_rule
from graphcore.openapi.rule_types import Provider, declare, escape

_CONVERTED = frozenset({"byte", "date", "date-time", "datetime", "duration"})


def rule_faults(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Rules of ``schema`` and below that ``value`` breaks, seen as a new and as an unchanged value."""
    if value is None:
        return
    rules = schema.get("x-kubernetes-validations") or ()
    declared = declare(schema, "selfType") if rules else None
    if declared is not None:
        for rule in rules:
            variables = {"self": declared.type, "oldSelf": declared.type}
            words = (rule.get("message") or "").strip() or f"failed rule: {' '.join((rule.get('rule') or '').split())}"
            outcome = _outcome(rule, value, variables, Provider(declared), schema)
            if isinstance(outcome, EvaluationError):
                yield invalid(path, schema.get("type", ""), f"{outcome.message} evaluating rule: {words}")
            elif not outcome:
                yield invalid(path, value, words)
    if isinstance(value, Mapping):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        for name, member in in_order(value):
            if name in properties:
                yield from rule_faults(member, properties[name], f"{path}.{name}")
            elif isinstance(additional, Mapping):
                yield from rule_faults(member, additional, key(path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from rule_faults(item, schema["items"], f"{path}[{index}]")


def _outcome(
    rule: Mapping[str, Any], value: Any, variables: Mapping[str, Any], provider: Provider, schema: Mapping[str, Any]
) -> bool | EvaluationError:
    """Whether the value keeps the rule, as far as that can be told here, or why that cannot be evaluated."""
    text = rule.get("rule") or ""
    if rule.get("optionalOldSelf") or not text.strip():
        return True
    try:
        checked = check_rule(text, variables, provider)
        program = Program(text, checked.expr, checked.type, checked.overloads, checked.names, checked.types)
        seen = _escaped(value, schema)
        return program.evaluate({"self": seen, "oldSelf": seen}) is not False
    except (CelError, UnknownLibrary):
        return True
    except EvaluationError as error:
        return True if error.reason is Reason.BUDGET or _converted(schema) else error


def _converted(schema: Mapping[str, Any]) -> bool:
    """Whether rules see some string of such a value as something else."""
    if schema.get("format") in _CONVERTED:
        return True
    parts = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(_converted(part) for part in parts if isinstance(part, Mapping))


def _escaped(value: Any, schema: Mapping[str, Any]) -> Any:
    """``value`` with the names that CEL gives to properties."""
    if isinstance(value, Mapping):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        inner = additional if isinstance(additional, Mapping) else {}
        return {
            (escape(name) or name) if name in properties else name: _escaped(member, properties.get(name, inner))
            for name, member in value.items()
        }
    if isinstance(value, list):
        items = schema.get("items")
        return [_escaped(item, items if isinstance(items, Mapping) else {}) for item in value]
    return value
