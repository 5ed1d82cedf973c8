"""What makes values: literals, lists, maps, arithmetic, and string templates as one evaluator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphcore.cel.ast import Call, Expr, ListExpr, Literal, MapExpr, StructExpr
from graphcore.cel.compiler.context import BUDGET, CALLS, NODES, Context, Environment, Evaluator
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime import arithmetic
from graphcore.cel.runtime.budget import CONTAINER, ITEM
from graphcore.cel.runtime.keys import map_key
from graphcore.cel.runtime.values import INT_MAX, INT_MIN, Optional

FREE = 64  # a value of at most so many characters or elements is not charged for: the step that made it is


def charge(env: Environment, value: Any) -> None:
    """Pays for a string, bytes, list or map that was built."""
    length = len(value)
    if length > FREE:
        env[BUDGET].grow(length if type(value) is str or type(value) is bytes else length * ITEM)


def _literal(_context: Context, expr: Literal) -> Evaluator:
    value = expr.value
    return lambda _env: value


def _list(context: Context, expr: ListExpr) -> Evaluator:
    elements = [context.compile(element) for element in expr.elements]
    inside = context.depth > 0
    optional = expr.optional
    price = CONTAINER + len(elements) * ITEM

    def items(env: Environment) -> list[Any]:
        return [element(env) for element in elements]

    def paid(env: Environment) -> list[Any]:
        env[BUDGET].grow(price)
        return [element(env) for element in elements]

    def with_optional(env: Environment) -> list[Any]:
        built = []
        for position, element in enumerate(elements):
            value = element(env)
            if position in optional:
                if type(value) is not Optional:
                    raise EvaluationError(Reason.OTHER, "cannot initialize optional list element from non-optional value")
                if not value.present:
                    continue
                value = value.value
            built.append(value)
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    if optional:
        return with_optional
    return paid if inside else items


def _map(context: Context, expr: MapExpr) -> Evaluator:
    inside = context.depth > 0
    if all(type(entry.key) is Literal and type(entry.key.value) is str and not entry.optional for entry in expr.entries):
        pairs = [(entry.key.value, context.compile(entry.value)) for entry in expr.entries]  # type: ignore[attr-defined]
        price = CONTAINER + len(pairs) * ITEM

        def fields(env: Environment) -> dict[Any, Any]:
            return {key: value(env) for key, value in pairs}

        def paid(env: Environment) -> dict[Any, Any]:
            env[BUDGET].grow(price)
            return {key: value(env) for key, value in pairs}

        return paid if inside else fields
    entries = [(context.compile(entry.key), context.compile(entry.value), entry.optional) for entry in expr.entries]

    def build(env: Environment) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        for key, value, optional in entries:
            name, content = map_key(key(env)), value(env)
            if optional:
                if type(content) is not Optional:
                    raise EvaluationError(Reason.OTHER, "cannot initialize optional entry from non-optional value")
                if not content.present:
                    built.pop(name, None)
                    continue
                content = content.value
            built[name] = content
        env[BUDGET].grow(CONTAINER + len(built) * ITEM)
        return built

    return build


def _struct(_context: Context, expr: StructExpr) -> Evaluator:
    """Objects are never constructed by name: the checker knows no such type. Reached only when unchecked."""
    message = f"unknown type: {expr.type_name}"

    def refuse(_env: Environment) -> Any:
        raise EvaluationError(Reason.OTHER, message)

    return refuse


def _add(context: Context, expr: Call) -> Evaluator:
    parts = _summands(expr) if context.observe is None else None
    if parts is not None:
        return _template(context, parts)
    left, right = context.compile(expr.args[0]), context.compile(expr.args[1])

    def add(env: Environment) -> Any:
        a, b = left(env), right(env)
        if type(a) is int and type(b) is int and INT_MIN <= a + b <= INT_MAX:
            return a + b
        value = arithmetic.add(a, b)
        if isinstance(value, (str, bytes, list)):
            charge(env, value)
        return value

    return add


def _summands(expr: Expr) -> list[Expr] | None:
    """The parts of ``a + "b" + c``, from the left, when one of them is a string literal; so it is a string or an error."""
    parts: list[Expr] = []
    while type(expr) is Call and expr.function == "_+_":
        parts.append(expr.args[1])
        expr = expr.args[0]
    parts.append(expr)
    parts.reverse()
    return parts if any(type(part) is Literal and type(part.value) is str for part in parts) else None


def _template(context: Context, parts: list[Expr]) -> Evaluator:
    fixed: list[Any] = [part.value if type(part) is Literal else None for part in parts]
    holes = [(position, context.compile(part)) for position, part in enumerate(parts) if type(part) is not Literal]

    def template(env: Environment) -> Any:
        values = fixed.copy()
        position = 0
        try:
            for position, part in holes:
                values[position] = part(env)
            text = "".join(values)
        except EvaluationError:
            _sum(env, values[:position])  # had the parts before it no sum, that would be the error
            raise
        except TypeError:
            return _sum(env, values)
        if len(text) > FREE:
            env[BUDGET].grow(len(text))
        return text

    return template


def _sum(env: Environment, values: list[Any]) -> Any:
    """The sum from the left, for what is not all strings."""
    total = values[0] if values else None
    for value in values[1:]:
        total = arithmetic.add(total, value)
        if isinstance(total, (str, bytes, list)):
            charge(env, total)
    return total


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Context, Call], Evaluator]:
    def form(context: Context, expr: Call) -> Evaluator:
        left, right = context.compile(expr.args[0]), context.compile(expr.args[1])
        return lambda env: operation(left(env), right(env))

    return form


def _negate(context: Context, expr: Call) -> Evaluator:
    operand = context.compile(expr.args[0])
    return lambda env: arithmetic.negate(operand(env))


NODES[Literal] = _literal
NODES[ListExpr] = _list
NODES[MapExpr] = _map
NODES[StructExpr] = _struct
CALLS["_+_"] = _add
CALLS["_-_"] = _binary(arithmetic.subtract)
CALLS["_*_"] = _binary(arithmetic.multiply)
CALLS["_/_"] = _binary(arithmetic.divide)
CALLS["_%_"] = _binary(arithmetic.modulo)
CALLS["-_"] = _negate
