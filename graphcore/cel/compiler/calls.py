"""Calls of functions: which implementation, and what its arguments must be.

One implementation usually serves all overloads of a function and is called directly. Where several do (``string`` of an IP address is not
``string`` of an int), the values decide. A value of the wrong kind can always arrive, through ``dyn`` or because data do
not follow their schema; what an implementation then raises is ``no such overload``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from graphcore.cel.ast import Call, Literal
from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.compiler.building import FREE, charge
from graphcore.cel.compiler.context import BUDGET, CALLS, Context, Environment, Evaluator
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.standard_impl import searcher
from graphcore.cel.runtime.budget import CHARACTERS_PER_STEP, PARTS_PER_STEP
from graphcore.cel.runtime.values import Duration, Opaque, Optional, Timestamp, TypeValue, Uint, no_such_overload
from graphcore.cel.types import Kind, Type

Implementation = Callable[..., Any]

_REFUSED = (TypeError, AttributeError, ValueError, KeyError, IndexError, OverflowError)
_BUILT = (str, bytes, list, dict)
_SIZED = frozenset(_BUILT)
_TEXTS = frozenset({str, bytes})
_SMALL = frozenset({Kind.BOOL, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.TIMESTAMP, Kind.DURATION, Kind.TYPE, Kind.NULL})
_CLASSES: dict[Kind, type] = {
    Kind.NULL: type(None),
    Kind.BOOL: bool,
    Kind.INT: int,
    Kind.UINT: Uint,
    Kind.DOUBLE: float,
    Kind.STRING: str,
    Kind.BYTES: bytes,
    Kind.TIMESTAMP: Timestamp,
    Kind.DURATION: Duration,
    Kind.TYPE: TypeValue,
}


def accepts(wanted: Type, value: Any) -> bool:
    """Whether a value may be an argument of that type; elements are not looked at."""
    kind = wanted.kind
    if kind in _CLASSES:
        return type(value) is _CLASSES[kind]
    if kind is Kind.LIST:
        return isinstance(value, list)
    if kind is Kind.MAP:
        return isinstance(value, dict)
    if kind is Kind.OPAQUE and wanted.name == "optional_type":
        return type(value) is Optional
    if kind is Kind.OPAQUE:
        return isinstance(value, Opaque) and value.cel_type.name == wanted.name
    if kind is Kind.OBJECT:
        return isinstance(value, dict) or (isinstance(value, Opaque) and value.cel_type.name == wanted.name)
    return True  # dyn and type parameters


class _Target(NamedTuple):
    """What a call leads to. implementation: None when nothing takes such a call. small: results take no room."""

    function: Function
    implementation: Implementation | None
    small: bool


_TARGETS: dict[tuple[int, bool, int, tuple[str, ...]], _Target] = {}
_REMEMBERED = 4096


def _target(function: Function, member: bool, count: int, chosen: tuple[str, ...]) -> _Target:
    """The implementation for calls of that form, by value where several are possible. Remembered, since tables of functions stay."""
    key = (id(function), member, count, chosen)
    known = _TARGETS.get(key)
    if known is not None and known.function is function:
        return known
    found = [overload for overload in function.overloads if overload.member is member and len(overload.arguments) == count]
    candidates = [overload for overload in found if overload.id in chosen] or found
    implementations = {overload.implementation for overload in candidates if overload.implementation}
    single = implementations.pop() if len(implementations) == 1 else None
    several = _by_values(candidates) if implementations else None
    if single is not None and len({overload.implementation for overload in found}) > 1:
        single = _or_by_values(single, _by_values(found))
    target = _Target(function, single or several, all(overload.result.kind in _SMALL for overload in candidates))
    if len(_TARGETS) < _REMEMBERED:
        _TARGETS[key] = target
    return target


def _by_values(candidates: list[Overload]) -> Implementation:
    """Calls the first overload that takes the classes of the values, which alone decide; remembers it for these classes."""
    found: dict[tuple[type, ...], Implementation] = {}

    def dispatch(*values: Any) -> Any:
        classes = tuple(map(type, values))
        implementation = found.get(classes)
        if implementation is None:
            for overload in candidates:
                if overload.implementation and all(map(accepts, overload.arguments, values)):
                    implementation = found[classes] = overload.implementation
                    break
            else:
                raise no_such_overload()
        return implementation(*values)

    return dispatch


def _or_by_values(settled: Implementation, dispatch: Implementation) -> Implementation:
    """The overload that the checker settled on; where the type of an argument was open, its value may be for another."""

    def either(*values: Any) -> Any:
        try:
            return settled(*values)
        except EvaluationError as error:
            if error.reason is not Reason.NO_SUCH_OVERLOAD:
                raise
        return dispatch(*values)

    return either


def _call(context: Context, expr: Call) -> Evaluator:
    function = context.functions.get(expr.function.lstrip("."))
    arguments = [context.compile(arg) for arg in (expr.args if expr.target is None else (expr.target, *expr.args))]
    if function is None:
        return _refuse(expr.function)
    _, implementation, small = _target(function, expr.target is not None, len(arguments), context.overloads.get(expr.id, ()))
    if implementation is None:
        return _refuse(expr.function)
    if context.depth:
        arguments = [_weighed(argument) for argument in arguments]
    return _small(implementation, arguments) if small else _building(implementation, arguments)


def _weighed(argument: Evaluator) -> Evaluator:
    """In a loop the functions pay for walking through large arguments, again every time."""

    def weighed(env: Environment) -> Any:
        value = argument(env)
        if type(value) in _SIZED and len(value) > FREE:
            env[BUDGET].step(len(value) // (CHARACTERS_PER_STEP if type(value) in _TEXTS else PARTS_PER_STEP))
        return value

    return weighed


def _refuse(function: str) -> Evaluator:
    message = f"no such overload: {function}"

    def refuse(_env: Environment) -> Any:
        raise EvaluationError(Reason.NO_SUCH_OVERLOAD, message)

    return refuse


def _small(implementation: Implementation, arguments: list[Evaluator]) -> Evaluator:
    """A call whose result takes no room."""
    if len(arguments) == 1:
        (argument,) = arguments

        def unary(env: Environment) -> Any:
            value = argument(env)
            try:
                return implementation(value)
            except _REFUSED as error:
                raise no_such_overload() from error

        return unary
    if len(arguments) == 2:
        first, second = arguments

        def binary(env: Environment) -> Any:
            left, right = first(env), second(env)
            try:
                return implementation(left, right)
            except _REFUSED as error:
                raise no_such_overload() from error

        return binary

    def small(env: Environment) -> Any:
        values = [argument(env) for argument in arguments]
        try:
            return implementation(*values)
        except _REFUSED as error:
            raise no_such_overload() from error

    return small


def _building(implementation: Implementation, arguments: list[Evaluator]) -> Evaluator:
    """A call that may build something large, which is charged for."""
    if len(arguments) == 1:
        (argument,) = arguments

        def unary(env: Environment) -> Any:
            value = argument(env)
            try:
                result = implementation(value)
            except _REFUSED as error:
                raise no_such_overload() from error
            if result is not value and isinstance(result, _BUILT):
                charge(env, result)
            return result

        return unary

    def building(env: Environment) -> Any:
        values = [argument(env) for argument in arguments]
        try:
            result = implementation(*values)
        except _REFUSED as error:
            raise no_such_overload() from error
        if isinstance(result, _BUILT):
            charge(env, result)
        return result

    return building


def _matches(context: Context, expr: Call) -> Evaluator:
    """``matches`` with a literal pattern finds its compiled form once."""
    pattern = expr.args[-1] if expr.args else None
    if type(pattern) is not Literal or type(pattern.value) is not str or len(expr.args) != (1 if expr.target else 2):
        return _call(context, expr)
    text = context.compile(expr.target if expr.target is not None else expr.args[0])
    if context.depth:
        text = _weighed(text)
    if context.observe is not None:
        context.compile(pattern)
    source = pattern.value
    search: Callable[[bytes], Any] | None = None

    def matches(env: Environment) -> bool:
        nonlocal search
        value = text(env)
        if type(value) is not str:
            raise no_such_overload()
        if search is None:
            search = searcher(source)
        return search(value.encode("utf-8", "surrogatepass")) is not None

    return matches


CALLS[""] = _call
CALLS["matches"] = _matches
