"""Comprehensions. Each shape that a macro expands to is a loop of its own; any other fold is done as written.

A loop pays for all its steps when it begins, so that nested loops end soon after the budget does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, ListExpr, Literal
from graphcore.cel.compiler.context import BUDGET, NODES, Context, Environment, Evaluator
from graphcore.cel.compiler.paths import FAILED
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.budget import CONTAINER, ITEM
from graphcore.cel.runtime.keys import key_value, keys_of, map_key
from graphcore.cel.runtime.values import no_such_overload

_EVALUATORS_PER_STEP = 10


class _Loop:
    """What all loops need. keys: of the environment, one or two; weight: steps per iteration, known when the body is compiled."""

    __slots__ = ("first", "second", "values", "weight")

    def __init__(self, values: Evaluator, first: str, second: str) -> None:
        self.values = values
        self.first = first
        self.second = second
        self.weight = 1

    def items(self, env: Environment) -> Any:
        """What to iterate over: elements or keys, or with two variables pairs. Raises EvaluationError for what has none."""
        values = self.values(env)
        if isinstance(values, list):
            env[BUDGET].step(len(values) * self.weight)
            return enumerate(values) if self.second else values
        if isinstance(values, dict):
            env[BUDGET].step(len(values) * self.weight)
            return [(key_value(key), value) for key, value in values.items()] if self.second else keys_of(values)
        raise no_such_overload()


def _comprehension(context: Context, expr: Comprehension) -> Evaluator:
    if type(expr.loop_condition) is Literal and expr.loop_condition.value is False:
        return _bind(context, expr)
    values = context.compile(expr.iter_range)
    outer = dict(context.scope)
    context.depth += 1
    first = _enter(context, expr.iter_var)
    second = _enter(context, expr.iter_var2) if expr.iter_var2 else ""
    loop = _Loop(values, first, second)
    before = context.compiled
    evaluator = _known(context, expr, loop)
    if evaluator is None:
        accumulator = _enter(context, expr.accu_var)
        evaluator = _fold(context, expr, loop, accumulator, outer)
    loop.weight += (context.compiled - before) // _EVALUATORS_PER_STEP
    context.depth -= 1
    context.scope = outer
    return evaluator


def _enter(context: Context, name: str) -> str:
    key = f"{name}@{context.depth}"
    context.scope[name] = key
    return key


def _known(context: Context, expr: Comprehension, loop: _Loop) -> Evaluator | None:
    """The loop of a macro, recognised by its step."""
    step, accumulator = expr.loop_step, expr.accu_var
    if not _is(expr.result, accumulator) and not _counts(expr):
        return None
    only: Expr | None = None
    if type(step) is Call and step.function == "_?_:_" and _is(step.args[2], accumulator):
        only, step = step.args[0], step.args[1]
    if type(step) is not Call or not step.args or not _is(step.args[0], accumulator) or accumulator == expr.iter_var:
        return None
    if step.function in ("_&&_", "_||_") and only is None and type(expr.accu_init) is Literal:
        return _quantifier(loop, context.compile(step.args[1]), step.function == "_||_")
    condition = context.compile(only) if only is not None else None
    if step.function == "_+_" and _counts(expr) and condition is not None:
        return _exactly_one(loop, condition)
    if step.function == "_+_" and type(step.args[1]) is ListExpr and len(step.args[1].elements) == 1 and not step.args[1].optional:
        element = step.args[1].elements[0]
        if condition is not None and not loop.second and _is(element, expr.iter_var):
            return _filter(loop, condition)
        return _collect(loop, condition, context.compile(element))
    if step.function == "cel.@mapInsert":
        if len(step.args) == 3:
            return _insert(loop, condition, context.compile(step.args[2]))
        return _merge(loop, condition, context.compile(step.args[1]))
    return None


def _is(expr: Expr, name: str) -> bool:
    return type(expr) is Ident and expr.name == name


def _counts(expr: Comprehension) -> bool:
    """Whether the result is ``accumulator == 1``, as that of ``exists_one``."""
    result = expr.result
    return type(result) is Call and result.function == "_==_" and _is(result.args[0], expr.accu_var)


def _quantifier(loop: _Loop, predicate: Evaluator, decisive: bool) -> Evaluator:
    """``exists`` (True decides) and ``all`` (False decides); an element that fails does not decide."""
    items, first, second, undecided = loop.items, loop.first, loop.second, not decisive

    def quantifier(env: Environment) -> bool:
        failed: EvaluationError | None = None
        for item in items(env):
            if second:
                env[first], env[second] = item
            else:
                env[first] = item
            try:
                value = predicate(env)
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

    return quantifier


def _selected(loop: _Loop, condition: Evaluator | None) -> Callable[[Environment], Any]:
    """Sets the variables for each element that fulfils the condition, and yields the element."""
    items, first, second = loop.items, loop.first, loop.second

    def selected(env: Environment) -> Any:
        for item in items(env):
            if second:
                env[first], env[second] = item
            else:
                env[first] = item
            if condition is not None:
                chosen = condition(env)
                if chosen is False:
                    continue
                if chosen is not True:
                    raise no_such_overload()
            yield item

    return selected


def _exactly_one(loop: _Loop, condition: Evaluator) -> Evaluator:
    selected = _selected(loop, condition)
    return lambda env: sum(1 for _ in selected(env)) == 1


def _filter(loop: _Loop, condition: Evaluator) -> Evaluator:
    selected = _selected(loop, condition)

    def filtered(env: Environment) -> list[Any]:
        built = list(selected(env))
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    return filtered


def _collect(loop: _Loop, condition: Evaluator | None, element: Evaluator) -> Evaluator:
    """``map`` and ``transformList``"""
    items, first, second = loop.items, loop.first, loop.second
    selected = _selected(loop, condition)

    def collect(env: Environment) -> list[Any]:
        built = [element(env) for _ in selected(env)]
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    def collect_all(env: Environment) -> list[Any]:
        built = []
        for env[first] in items(env):  # noqa: B020
            built.append(element(env))
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    return collect if condition is not None or second else collect_all


def _insert(loop: _Loop, condition: Evaluator | None, value: Evaluator) -> Evaluator:
    """``transformMap``"""
    selected = _selected(loop, condition)

    def insert(env: Environment) -> dict[Any, Any]:
        built = {map_key(key): value(env) for key, _ in selected(env)}
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    return insert


def _merge(loop: _Loop, condition: Evaluator | None, entry: Evaluator) -> Evaluator:
    """``transformMapEntry``: no key may come twice."""
    selected = _selected(loop, condition)

    def merge(env: Environment) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        for _ in selected(env):
            entries = entry(env)
            if not isinstance(entries, dict):
                raise no_such_overload()
            if not built.keys().isdisjoint(entries):
                raise EvaluationError(Reason.OTHER, "insert failed: key already exists")
            built.update(entries)
            env[BUDGET].grow(len(entries) * ITEM)
        return built

    return merge


def _bind(context: Context, expr: Comprehension) -> Evaluator:
    """``cel.bind``: a value whose evaluation fails counts only where it is used."""
    value = context.compile(expr.accu_init)
    outer = dict(context.scope)
    key = f"{expr.accu_var}@b{expr.id}"
    context.scope[expr.accu_var] = key
    result = context.compile(expr.result)
    context.scope = outer

    def bind(env: Environment) -> Any:
        _assign(env, key, value)
        return result(env)

    return bind


def _assign(env: Environment, key: str, value: Evaluator) -> None:
    """Sets a variable to a value, or to the error that it has instead."""
    try:
        env[key] = value(env)
    except EvaluationError as error:
        if error.reason is Reason.BUDGET:
            raise
        env.pop(key, None)
        env[FAILED + key] = error


def _fold(context: Context, expr: Comprehension, loop: _Loop, accumulator: str, outer: dict[str, str]) -> Evaluator:
    condition, step = context.compile(expr.loop_condition), context.compile(expr.loop_step)
    inside = context.scope
    context.scope = {**outer, expr.accu_var: accumulator}
    init, result = context.compile(expr.accu_init), context.compile(expr.result)
    context.scope = inside

    def fold(env: Environment) -> Any:
        _assign(env, accumulator, init)
        for item in loop.items(env):
            if loop.second:
                env[loop.first], env[loop.second] = item
            else:
                env[loop.first] = item
            if condition(env) is False:
                break
            _assign(env, accumulator, step)
        return result(env)

    return fold


NODES[Comprehension] = _comprehension
