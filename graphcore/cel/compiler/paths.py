"""Identifiers, selections and indices, with ``a.b.c`` and ``a.b["c"]`` as one evaluator.

The fast way is plain subscription; whatever Python refuses is walked again, step by step, with CEL's rules and errors.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.ast import Call, Expr, Ident, Literal, Select
from graphcore.cel.compiler.context import CALLS, NODES, Context, Environment, Evaluator
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library import registry
from graphcore.cel.runtime import access
from graphcore.cel.runtime.values import NONE, Optional, TypeValue, no_such_overload

_REFUSED = (KeyError, TypeError, IndexError)
FAILED = "@failed "
"""Prefix of the key under which the environment keeps the error of a ``cel.bind`` whose value has none."""


def fixed_path(context: Context, expr: Expr) -> tuple[str, tuple[str, ...], str] | None:
    """(key of the environment, fields, name) of an identifier and selections from it; None for anything else, and when observed."""
    fields: list[str] = []
    while context.observe is None:
        kind = type(expr)
        if kind is Ident:
            key, name = _variable(context, expr)  # type: ignore[arg-type]
            return key, tuple(reversed(fields)), name
        if kind is Select and not expr.test_only and expr.id not in context.names:  # type: ignore[attr-defined]
            fields.append(expr.field)  # type: ignore[attr-defined]
            expr = expr.operand  # type: ignore[attr-defined]
        elif kind is Call and expr.function == "_[_]" and _is_text(expr.args[1]):  # type: ignore[attr-defined]
            fields.append(expr.args[1].value)  # type: ignore[attr-defined]
            expr = expr.args[0]  # type: ignore[attr-defined]
        else:
            return None
    return None


def _variable(context: Context, expr: Ident) -> tuple[str, str]:
    """(key of the environment, name). Neither a name that the checker completed nor one written ``.name`` is that of a comprehension."""
    full = context.names.get(expr.id)
    if full is None and expr.name[0] != ".":
        return context.scope.get(expr.name, expr.name), expr.name
    name = full or expr.name[1:]
    return name, name


def _is_text(expr: Expr) -> bool:
    return type(expr) is Literal and type(expr.value) is str


def follow(context: Context, key: str, fields: tuple[str, ...], name: str) -> Evaluator:
    """``name.field.field…``"""
    strict = context.strict_presence

    def walk(env: Environment) -> Any:
        value = env[key] if key in env else _missing(env, key, name)
        for position, field in enumerate(fields):
            try:
                value = access.select(value, field, strict)
            except EvaluationError as error:
                error.path = ".".join((name, *fields[: position + 1]))
                raise
        return value

    if not fields:

        def variable(env: Environment) -> Any:
            try:
                return env[key]
            except KeyError:
                return walk(env)

        return variable
    if len(fields) == 1:
        (first,) = fields

        def one(env: Environment) -> Any:
            try:
                return env[key][first]
            except _REFUSED:
                return walk(env)

        return one
    if len(fields) == 2:
        first, second = fields

        def two(env: Environment) -> Any:
            try:
                return env[key][first][second]
            except _REFUSED:
                return walk(env)

        return two
    if len(fields) == 3:
        first, second, third = fields

        def three(env: Environment) -> Any:
            try:
                return env[key][first][second][third]
            except _REFUSED:
                return walk(env)

        return three

    def many(env: Environment) -> Any:
        try:
            value = env[key]
            for field in fields:
                value = value[field]
        except _REFUSED:
            return walk(env)
        return value

    return many


def _missing(env: Environment, key: str, name: str) -> TypeValue:
    """What a name without a variable stands for: a type, if anything. Raises EvaluationError (no such attribute)."""
    if FAILED + key in env:
        raise env[FAILED + key]
    if name in registry.type_names():
        return TypeValue(name)
    raise EvaluationError(Reason.NO_SUCH_ATTRIBUTE, f"no such attribute(s): {name}", name)


def _ident(context: Context, expr: Ident) -> Evaluator:
    key, name = _variable(context, expr)
    return follow(context, key, (), name)


def _select(context: Context, expr: Select) -> Evaluator:
    field = expr.field
    if expr.test_only:
        return _has(context, expr)
    if expr.id in context.names:
        name = context.names[expr.id]
        return follow(context, name, (), name)
    path = fixed_path(context, expr)
    if path is not None:
        return follow(context, *path)
    operand, strict = context.compile(expr.operand), context.strict_presence

    def select(env: Environment) -> Any:
        value = operand(env)
        if type(value) is dict and field in value:
            return value[field]
        return access.select(value, field, strict)

    return select


def _has(context: Context, expr: Select) -> Evaluator:
    operand, field, strict = context.compile(expr.operand), expr.field, context.strict_presence

    def has(env: Environment) -> bool:
        value = operand(env)
        if type(value) is dict:
            return field in value
        return access.has(value, field, strict)

    return has


def _index(context: Context, expr: Call) -> Evaluator:
    path = fixed_path(context, expr)
    if path is not None:
        return follow(context, *path)
    operand, key, strict = context.compile(expr.args[0]), context.compile(expr.args[1]), context.strict_presence
    looks = _is_part(expr.args[0])

    def index(env: Environment) -> Any:
        value = operand(env)
        if value is NONE and not looks:
            return NONE
        position = key(env)
        if value is NONE:
            return NONE
        if type(position) is str and type(value) is dict and position in value:
            return value[position]
        if type(position) is int and type(value) is list and 0 <= position < len(value):
            return value[position]
        return access.index(value, position, strict)

    return index


def _is_part(expr: Expr) -> bool:
    """Whether an operand is itself a plain selection or index.

    Into nothing that comes from there cel-go looks up the index all the same: parts that follow each other are one path to it, and the
    indices of a path come first.
    """
    if isinstance(expr, Select):
        return not expr.test_only
    return isinstance(expr, Call) and expr.function == "_[_]"


def _optional_select(context: Context, expr: Call) -> Evaluator:
    operand, field, strict = context.compile(expr.args[0]), expr.args[1].value, context.strict_presence  # type: ignore[attr-defined]

    def optional_select(env: Environment) -> Optional:
        value = operand(env)
        if type(value) is dict:
            return Optional(True, value[field]) if field in value else NONE
        return access.optional_select(value, field, strict)

    return optional_select


def _optional_index(context: Context, expr: Call) -> Evaluator:
    operand, key, strict = context.compile(expr.args[0]), context.compile(expr.args[1]), context.strict_presence
    looks = _is_part(expr.args[0])

    def optional_index(env: Environment) -> Optional:
        value = operand(env)
        position = key(env) if looks or value is not NONE else None
        return access.optional_index(value, position, strict) if value is not NONE else NONE

    return optional_index


def _or_value(context: Context, expr: Call) -> Evaluator:
    """``o.orValue(default)``; the default is evaluated only when it is needed."""
    return _alternative(context, expr, unwrap=True)


def _or(context: Context, expr: Call) -> Evaluator:
    return _alternative(context, expr, unwrap=False)


def _alternative(context: Context, expr: Call, unwrap: bool) -> Evaluator:
    if expr.target is None or len(expr.args) != 1:
        return CALLS[""](context, expr)
    operand, default = context.compile(expr.target), context.compile(expr.args[0])

    def alternative(env: Environment) -> Any:
        value = operand(env)
        if type(value) is not Optional:
            raise no_such_overload()
        if value.present:
            return value.value if unwrap else value
        return default(env)

    return alternative


NODES[Ident] = _ident
NODES[Select] = _select
CALLS["_[_]"] = _index
CALLS["_?._"] = _optional_select
CALLS["_[?_]"] = _optional_index
CALLS["or"] = _or
CALLS["orValue"] = _or_value
