"""Conditions: ``&& || ! ?:``, comparisons and membership.

An operand of ``&&`` or ``||`` that fails does not decide: the other may. Only an exhausted budget always ends the evaluation.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from graphcore.cel.ast import Call, Expr, ListExpr, Literal, Select
from graphcore.cel.compiler.context import BUDGET, CALLS, Context, Environment, Evaluator
from graphcore.cel.compiler.paths import fixed_path, follow
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime import access
from graphcore.cel.runtime.values import compare, equals, no_such_overload

_GIVES_BOOL = frozenset({"_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in"})
_LONG_LIST = 64


def gives_bool(expr: Expr) -> bool:
    """Whether an expression can have no other value than a bool, whatever the data."""
    kind = type(expr)
    if kind is Call:
        return expr.function in _GIVES_BOOL  # type: ignore[attr-defined]
    return kind is Select and expr.test_only  # type: ignore[attr-defined]


def _terms(expr: Call) -> list[Expr]:
    """The operands of a chain of one operator, which the parser gives as a balanced tree."""
    terms: list[Expr] = []
    pending: list[Expr] = list(reversed(expr.args))
    while pending:
        term = pending.pop()
        if type(term) is Call and term.function == expr.function:
            pending.extend(reversed(term.args))
        else:
            terms.append(term)
    return terms


def _junction(decisive: bool) -> Callable[[Context, Call], Evaluator]:
    """``&&``, which False decides, or ``||``, which True decides."""

    def form(context: Context, expr: Call) -> Evaluator:
        operands = _terms(expr) if context.observe is None else list(expr.args)
        terms = [context.compile(operand) for operand in operands]
        undecided = not decisive

        def every(env: Environment) -> bool:
            failed: EvaluationError | None = None
            for term in terms:
                try:
                    value = term(env)
                except EvaluationError as error:
                    if error.reason is Reason.BUDGET:
                        raise
                    failed = failed or error
                    continue
                if value is decisive:
                    return not undecided
                if value is not undecided and failed is None:
                    failed = no_such_overload()
            if failed is not None:
                raise failed
            return undecided

        if len(terms) != 2 or not all(gives_bool(operand) for operand in operands):
            return every
        left, right = terms

        def decides(term: Evaluator, env: Environment) -> bool:
            """After the other operand failed: its error stands unless this one decides."""
            try:
                return term(env) is decisive
            except EvaluationError as error:
                if error.reason is Reason.BUDGET:
                    raise
                return False

        def both(env: Environment) -> bool:
            try:
                if left(env) is decisive:
                    return not undecided
            except EvaluationError as error:
                if error.reason is Reason.BUDGET or not decides(right, env):
                    raise
                return not undecided
            return right(env)  # type: ignore[no-any-return]

        return both

    return form


def _not(context: Context, expr: Call) -> Evaluator:
    operand = context.compile(expr.args[0])

    def negation(env: Environment) -> bool:
        value = operand(env)
        if value is True:
            return False
        if value is False:
            return True
        raise no_such_overload()

    return negation


def _conditional(context: Context, expr: Call) -> Evaluator:
    condition, then, otherwise = (context.compile(arg) for arg in expr.args)

    def conditional(env: Environment) -> Any:
        value = condition(env)
        if value is True:
            return then(env)
        if value is False:
            return otherwise(env)
        raise no_such_overload()

    return conditional


def _equality(expected: bool) -> Callable[[Context, Call], Evaluator]:
    def form(context: Context, expr: Call) -> Evaluator:
        left, right = expr.args
        if type(left) is Literal:
            left, right = right, left
        if type(right) is Literal and type(right.value) is str:
            return _equals_text(context, left, right.value, expected)
        first, second = context.compile(left), context.compile(right)

        def equality(env: Environment) -> bool:
            a, b = first(env), second(env)
            if type(a) is str and type(b) is str:
                return (a == b) is expected
            return equals(a, b) is expected

        return equality

    return form


def _equals_text(context: Context, left: Expr, text: str, expected: bool) -> Evaluator:
    path = fixed_path(context, left)
    if path is not None and len(path[1]) == 1:
        key, (field,), _ = path
        walk = follow(context, *path)

        def field_equals_text(env: Environment) -> bool:
            try:
                value = env[key][field]
            except (KeyError, TypeError, IndexError):
                value = walk(env)
            if type(value) is str:
                return (value == text) is expected
            return equals(value, text) is expected

        return field_equals_text
    operand = context.compile(left)

    def equals_text(env: Environment) -> bool:
        value = operand(env)
        if type(value) is str:
            return (value == text) is expected
        return equals(value, text) is expected

    return equals_text


def _ordering(decide: Callable[[float], bool], integers: Callable[[Any, Any], bool]) -> Callable[[Context, Call], Evaluator]:
    def form(context: Context, expr: Call) -> Evaluator:
        left, right = context.compile(expr.args[0]), context.compile(expr.args[1])

        def ordering(env: Environment) -> bool:
            a, b = left(env), right(env)
            if type(a) is int and type(b) is int:
                return integers(a, b)
            return decide(compare(a, b))

        return ordering

    return form


def _in(context: Context, expr: Call) -> Evaluator:
    element, container = expr.args
    wanted = context.compile(element)
    texts = _texts(container) if context.observe is None else None
    if texts is not None:
        members = frozenset(texts)

        def among(env: Environment) -> bool:
            value = wanted(env)
            return value in members if type(value) is str else access.contains(value, texts)

        return among
    holder = context.compile(container)

    def membership(env: Environment) -> bool:
        value, values = wanted(env), holder(env)
        if type(value) is str and type(values) is dict:
            return value in values
        if type(values) is list and len(values) > _LONG_LIST:
            env[BUDGET].step(len(values) // _LONG_LIST)
        return access.contains(value, values)

    return membership


def _texts(expr: Expr) -> list[str] | None:
    """The elements of a list literal of string literals."""
    if type(expr) is not ListExpr or expr.optional:
        return None
    texts = [element.value for element in expr.elements if type(element) is Literal and type(element.value) is str]
    return texts if len(texts) == len(expr.elements) else None


CALLS["_&&_"] = _junction(False)
CALLS["_||_"] = _junction(True)
CALLS["!_"] = _not
CALLS["_?_:_"] = _conditional
CALLS["_==_"] = _equality(True)
CALLS["_!=_"] = _equality(False)
CALLS["_<_"] = _ordering(lambda order: order < 0, operator.lt)
CALLS["_<=_"] = _ordering(lambda order: order <= 0, operator.le)
CALLS["_>_"] = _ordering(lambda order: order > 0, operator.gt)
CALLS["_>=_"] = _ordering(lambda order: order >= 0, operator.ge)
CALLS["@in"] = _in
