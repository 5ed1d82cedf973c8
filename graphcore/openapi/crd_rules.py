"""Validation rules of a CRD: do they compile against their field, say true or false, and cost little enough.

Rules run on every write, so the API server bounds what one may cost in the worst case: 10,000,000 units, and ten times that for a CRD.
The worst case follows from the limits that the schema sets: an unbounded text or list makes almost any rule too expensive.
Source: apiextensions-apiserver 0.36 ``apiserver/schema/cel/compilation.go`` and ``apis/apiextensions/validation/cel_validation.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.cel.checking.checker import Checked
from graphcore.cel.errors import CelError
from graphcore.cel.types import BOOL, STRING, Type, optional_of
from graphcore.errors import Problem
from graphcore.openapi.crd_schema import Position
from graphcore.openapi.fielderrors import forbidden, go_struct, invalid
from graphcore.openapi.rule_cost import Estimator
from graphcore.openapi.rule_language import UnknownLibrary, check_rule, mentions
from graphcore.openapi.rule_sizes import LIMIT
from graphcore.openapi.rule_types import MAX_REQUEST, Declared, Provider, declare

RULE_LIMIT = 10_000_000
CRD_LIMIT = 100_000_000
_MOST_TOLD = 4
_SELF = "selfType"
_REMEDY = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
_UNCOUNTED = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"


class Rules:
    """Compiles the rules of one schema and adds up what they cost."""

    def __init__(self, root_path: str) -> None:
        self._root_path = root_path
        self._total = 0
        self._expensive: list[tuple[int, str]] = []

    def check(self, schema: Mapping[str, Any], path: str, position: Position, *, root: bool) -> list[Problem]:
        """Faults of all rules of one schema."""
        declared = declare(schema, _SELF, root=root)
        if declared is None:
            return []  # the API server does not let rules see such a value, and calls it an internal error of its own
        found = []
        for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
            found += self._rule(rule, declared, f"{path}.x-kubernetes-validations[{index}]", position)
        return found

    def total_faults(self) -> list[Problem]:
        """What is wrong with all rules taken together."""
        if self._total <= CRD_LIMIT:
            return []
        told = sorted(self._expensive, key=lambda item: -item[0])[:_MOST_TOLD]
        total = _too_expensive("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", self._total, CRD_LIMIT)
        return [forbidden(path, _UNCOUNTED) for _, path in told] + [forbidden(self._root_path, total)]

    def _rule(self, rule: Mapping[str, Any], declared: Declared, path: str, position: Position) -> list[Problem]:
        optional_old = bool(rule.get("optionalOldSelf"))
        old = optional_of(declared.type) if optional_old else declared.type
        variables, provider = {"self": declared.type, "oldSelf": old}, Provider(declared)
        found: list[Problem] = []
        text = rule["rule"]
        checked = _compile(text, variables, provider, BOOL, "cel expression must evaluate to a bool", "compilation failed: ")
        if isinstance(checked, str):
            return [invalid_rule(f"{path}.rule", rule, checked)] if checked else []
        found += self._observe(checked, declared, f"{path}.rule", position, "estimated rule cost")
        message = rule.get("messageExpression")
        if message:
            mismatch = "messageExpression must evaluate to a string"
            made = _compile(message, variables, provider, STRING, mismatch, "messageExpression compilation failed: ")
            if not isinstance(made, str):
                found += self._observe(made, declared, f"{path}.messageExpression", None, "estimated messageExpression cost")
            elif made:
                found.append(invalid_rule(f"{path}.messageExpression", rule, made))
        if mentions(checked, "oldSelf"):
            if position.uncorrelatable is not None:
                words = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {position.uncorrelatable}"
                found.append(invalid(f"{path}.rule", text, words))
        elif rule.get("optionalOldSelf") is not None:
            found.append(invalid(f"{path}.optionalOldSelf", optional_old, "may not be set if oldSelf is not used in rule"))
        return found

    def _observe(self, checked: Checked, declared: Declared, path: str, position: Position | None, what: str) -> list[Problem]:
        """Estimate one expression; position: None where it runs once whatever surrounds it."""
        try:
            cost = Estimator(checked.types, checked.overloads, declared).cost(checked.expr).high
        except RecursionError:
            cost = LIMIT  # deeper than anybody writes; the caller left too little of Python's stack
        if position is not None:
            times = position.cardinality if position.cardinality is not None else MAX_REQUEST // (declared.least_bytes + 1)
            cost = min(cost * times, LIMIT)
        self._total = min(self._total + cost, LIMIT)
        if cost >= CRD_LIMIT // 100:
            self._expensive.append((cost, path))
        return [forbidden(path, _too_expensive(what, cost, RULE_LIMIT))] if cost > RULE_LIMIT else []


def invalid_rule(path: str, rule: Mapping[str, Any], detail: str) -> Problem:
    """The API server shows the whole rule, in its internal form."""
    shown = go_struct(
        (
            ("Rule", rule.get("rule") or ""),
            ("Message", rule.get("message") or ""),
            ("MessageExpression", rule.get("messageExpression") or ""),
            ("Reason", rule.get("reason")),
            ("FieldPath", rule.get("fieldPath") or ""),
            ("OptionalOldSelf", rule.get("optionalOldSelf")),
        )
    )
    return Problem("FieldValueInvalid", f"Invalid value: {shown}: {detail}", path=path)


def _too_expensive(what: str, cost: int, limit: int) -> str:
    factor = cost / limit
    text = "more than 100x" if factor > 100 else f"{factor:f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {text} {_REMEDY}"


def _compile(text: str, variables: Mapping[str, Type], provider: Provider, wanted: Type, mismatch: str, prefix: str) -> Checked | str:
    """The checked expression; or what is wrong with it, empty if only the API server can tell."""
    try:
        checked = check_rule(text, variables, provider)
    except UnknownLibrary:
        return ""
    except CelError as error:
        return prefix + str(error)
    return checked if checked.type == wanted else mismatch
