"""Which overloads of a function fit, and what the call then results in.

Source: cel-go ``checker/checker.go`` (``resolveOverload``). All overloads of the call style are tried; the first that fits gives the result
type, another that fits with a different result makes it ``dyn``. Type parameters become fresh variables for each attempt. Two shortcuts
keep this cheap: an overload whose fixed argument kinds cannot fit is passed over, and calls on simple types only are remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.checking.unification import Substitutions
from graphcore.cel.types import DYN, Kind, Type, parameter

_ANY = frozenset({Kind.DYN, Kind.ERROR, Kind.PARAMETER, Kind.NULL})
_SIMPLE = frozenset(Kind) - {Kind.ERROR, Kind.PARAMETER, Kind.LIST, Kind.MAP, Kind.OPAQUE, Kind.OBJECT, Kind.TYPE}
_REMEMBERED = 4096

Resolution = tuple[Type, tuple[str, ...]]
"""Result type and the ids of the overloads that may be meant."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: str
    arguments: tuple[Type, ...]
    kinds: tuple[Kind, ...]
    result: Type
    names: tuple[str, ...]  # of its type parameters
    first_variable: int  # counted from the first overload of the style
    disabled: bool


@dataclass(frozen=True, slots=True)
class _Style:
    candidates: tuple[tuple[_Candidate, ...], ...]  # by number of arguments
    variables: int  # fresh variables that trying all overloads takes


def _parameter_names(types: tuple[Type, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for type in types:
        if type.kind is Kind.PARAMETER:
            names.append(type.name)
        else:
            names.extend(_parameter_names(type.parameters))
    return tuple(dict.fromkeys(names))


def _style(overloads: list[Overload], disabled: Collection[str]) -> _Style:
    by_count: dict[int, list[_Candidate]] = {}
    variables = 0
    for overload in overloads:
        names = _parameter_names((*overload.arguments, overload.result))
        kinds = tuple(argument.kind for argument in overload.arguments)
        candidate = _Candidate(overload.id, overload.arguments, kinds, overload.result, names, variables, overload.id in disabled)
        by_count.setdefault(len(kinds), []).append(candidate)
        variables += len(names)
    return _Style(tuple(tuple(by_count.get(count, ())) for count in range(max(by_count, default=-1) + 1)), variables)


def _replace(type: Type, by_name: Mapping[str, Type]) -> Type:
    if not type.generic:
        return type
    if type.kind is Kind.PARAMETER:
        return by_name[type.name]
    return Type(type.kind, type.name, tuple(_replace(p, by_name) for p in type.parameters))


_Key = tuple[str, bool, bool, tuple[Kind, ...]]  # name, member, relaxed, kinds of the arguments


class Overloads:
    """The overload tables of an environment, prepared for the checker."""

    __slots__ = ("_fitting", "_fresh", "_remembered", "_styles", "functions")

    def __init__(self, functions: Mapping[str, Function], disabled: Collection[str]) -> None:
        self.functions = functions
        self._styles: dict[tuple[str, bool], _Style] = {}
        for name, function in functions.items():
            for member in (False, True):
                overloads = [overload for overload in function.overloads if overload.member is member]
                self._styles[name, member] = _style(overloads, disabled)
        self._remembered: dict[_Key, tuple[Resolution | None, int]] = {}
        self._fitting: dict[_Key, tuple[_Candidate, ...]] = {}
        self._fresh: dict[tuple[str, int], tuple[tuple[Type, ...], Type]] = {}

    def resolve(
        self, name: str, member: bool, arguments: list[Type], substitutions: Substitutions, next_variable: int, relaxed: bool
    ) -> tuple[Resolution | None, int]:
        """(what the call results in, or None when nothing fits; the next free type variable). relaxed: disabled overloads count too."""
        kinds = tuple([argument.kind for argument in arguments])
        key = (name, member, relaxed, kinds)
        known = self._remembered.get(key)
        if known is not None:
            return known[0], next_variable + known[1]
        style = self._styles[name, member]
        result: Type | None = None
        ids: list[str] = []
        for candidate in self._fitting.get(key) or self._remember_fitting(key, style):
            formals, outcome = self._instance(candidate, next_variable + candidate.first_variable)
            if not substitutions.all_assignable(arguments, formals):
                continue
            ids.append(candidate.id)
            outcome = substitutions.apply(outcome)
            if result is None:
                result = outcome
            elif result.kind is not Kind.DYN and outcome != result:
                result = DYN
        resolution = None if result is None else (result, tuple(ids))
        if (result is None or not result.generic) and len(self._remembered) < _REMEMBERED and _SIMPLE.issuperset(kinds):
            self._remembered[key] = resolution, style.variables
        return resolution, next_variable + style.variables

    def _remember_fitting(self, key: _Key, style: _Style) -> tuple[_Candidate, ...]:
        """The candidates that arguments of these kinds do not rule out at once."""
        _, _, relaxed, kinds = key
        fitting = tuple(
            candidate
            for candidate in (style.candidates[len(kinds)] if len(kinds) < len(style.candidates) else ())
            if (relaxed or not candidate.disabled)
            and all(a is b or a in _ANY or b in _ANY for a, b in zip(kinds, candidate.kinds, strict=True))
        )
        if len(self._fitting) < _REMEMBERED:
            self._fitting[key] = fitting
        return fitting

    def _instance(self, candidate: _Candidate, first: int) -> tuple[tuple[Type, ...], Type]:
        """Arguments and result with fresh type variables, numbered from ``first``."""
        if not candidate.names:
            return candidate.arguments, candidate.result
        key = (candidate.id, first)
        known = self._fresh.get(key)
        if known is None:
            by_name = {name: variable(first + position) for position, name in enumerate(candidate.names)}
            known = tuple(_replace(argument, by_name) for argument in candidate.arguments), _replace(candidate.result, by_name)
            if first < _REMEMBERED // 64:
                self._fresh[key] = known
        return known


def variable(number: int) -> Type:
    """The type variable of that number, named as in cel-go."""
    return parameter(f"_var{number}")
