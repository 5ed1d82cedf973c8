"""Validation rules of a CRD: do they compile against their field, say true or false, and cost little enough.

Rules run on every write, so the API server bounds what one may cost in the worst case: 10,000,000 units, and ten times that for a CRD.
The worst case follows from the limits that the schema sets: an unbounded text or list makes almost any rule too expensive.
Source: apiextensions-apiserver 0.36 ``apiserver/schema/cel/compilation.go`` and ``apis/apiextensions/validation/cel_validation.go``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphcore.cel import Environment
from graphcore.cel.ast import Call, Comprehension, Expr, ListExpr, Literal, MapExpr, children
from graphcore.cel.checker import Checked
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.types import BOOL, DYN, STRING, Type, optional_of
from graphcore.errors import Problem
from graphcore.openapi.crd_schema import Position
from graphcore.openapi.fielderrors import forbidden, go_struct, invalid
from graphcore.openapi.rule_cost import Estimator
from graphcore.openapi.rule_sizes import LIMIT
from graphcore.openapi.rule_types import MAX_REQUEST, Declared, Provider, declare
from graphcore.simpleschema.patterns import pattern_fault

RULE_LIMIT = 10_000_000
CRD_LIMIT = 100_000_000
_MOST_TOLD = 4
_SELF = "selfType"
_REMEDY = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
_UNCOUNTED = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"

# Functions and macros of kro that the API server's rules do not have.
_KRO_ONLY = frozenset({"json", "base64", "hash", "random", "maps", "omit", "runtime", "cel", "merge", "deepMerge"})
# Libraries of the API server that templates do not have: rules that use them are left to the API server.
_SERVER_ONLY = ("sets", "format", "jsonpatch", "authorizer")


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
        environment = Environment({"self": declared.type, "oldSelf": old}, Provider(declared))
        found: list[Problem] = []
        text = rule["rule"]
        checked = _compile(environment, text, BOOL, "cel expression must evaluate to a bool", "compilation failed: ")
        if isinstance(checked, str):
            return [invalid_rule(f"{path}.rule", rule, checked)] if checked else []
        found += self._observe(checked, declared, f"{path}.rule", position, "estimated rule cost")
        message = rule.get("messageExpression")
        if message:
            made = _compile(
                environment, message, STRING, "messageExpression must evaluate to a string", "messageExpression compilation failed: "
            )
            if not isinstance(made, str):
                found += self._observe(made, declared, f"{path}.messageExpression", None, "estimated messageExpression cost")
            elif made:
                found.append(invalid_rule(f"{path}.messageExpression", rule, made))
        if "oldSelf" in _identifiers(checked):
            if position.uncorrelatable is not None:
                words = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {position.uncorrelatable}"
                found.append(invalid(f"{path}.rule", text, words))
        elif rule.get("optionalOldSelf") is not None:
            found.append(invalid(f"{path}.optionalOldSelf", optional_old, "may not be set if oldSelf is not used in rule"))
        return found

    def _observe(self, checked: Checked, declared: Declared, path: str, position: Position | None, what: str) -> list[Problem]:
        """Estimate one expression; position: None where it runs once whatever surrounds it."""
        cost = Estimator(checked.types, checked.overloads, declared).cost(checked.expr).high
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


def _compile(environment: Environment, text: str, wanted: Type, mismatch: str, prefix: str) -> Checked | str:
    """The checked expression; or what is wrong with it, empty if only the API server can tell."""
    try:
        checked = environment.check(text)
        issues = tuple(_extra_issues(checked))
        if issues:
            raise CelError(text, issues)
    except CelError as error:
        if any(f"undeclared reference to '{name}'" in str(error) for name in _SERVER_ONLY):
            return ""
        return prefix + str(error)
    result = checked.types[checked.expr.id]
    return checked if result == wanted else mismatch


def _identifiers(checked: Checked) -> frozenset[str]:
    return frozenset(checked.references)


def _extra_issues(checked: Checked) -> Iterator[Issue]:
    """What the API server refuses beyond type checking: kro's own functions, mixed literals, broken regular expressions."""
    for expr in _nodes(checked.expr):
        name = _kro_only(expr)
        if name is not None:
            yield _issue(checked, expr, f"undeclared reference to '{name}' (in container '')")
        elif isinstance(expr, ListExpr):
            yield from _mixed(checked, expr.elements)
        elif isinstance(expr, MapExpr):
            yield from _mixed(checked, tuple(entry.key for entry in expr.entries))
            yield from _mixed(checked, tuple(entry.value for entry in expr.entries))
        elif isinstance(expr, Call) and expr.function == "matches" and expr.args:
            pattern = expr.args[-1]
            if isinstance(pattern, Literal) and isinstance(pattern.value, str) and pattern_fault(pattern.value):
                yield _issue(checked, pattern, "invalid matches argument")


def _nodes(expr: Expr) -> Iterator[Expr]:
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def _kro_only(expr: Expr) -> str | None:
    if isinstance(expr, Call):
        name = expr.function.split(".")[0]
        return name if name in _KRO_ONLY and not expr.function.startswith("cel.@") else None
    if isinstance(expr, Comprehension) and isinstance(expr.iter_range, ListExpr) and not expr.iter_range.elements:
        return "cel" if expr.accu_var not in ("@result", "@target") else None
    return None


def _mixed(checked: Checked, elements: tuple[Expr, ...]) -> Iterator[Issue]:
    types = [checked.types.get(element.id, DYN) for element in elements]
    for element, found in zip(elements[1:], types[1:], strict=True):
        if found != types[0] and DYN not in (found, types[0]):
            yield _issue(checked, element, f"expected type '{types[0].text}' but found '{found.text}'")
            return


def _issue(checked: Checked, expr: Expr, message: str) -> Issue:
    before = checked.source[: expr.offset]
    return Issue(message, before.count("\n") + 1, expr.offset - (before.rfind("\n") + 1))
