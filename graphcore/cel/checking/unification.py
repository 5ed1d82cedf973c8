"""When is a value of one type acceptable where another is expected, and what do type parameters then stand for?

Source: cel-go ``checker/types.go``. What a type parameter stands for is kept in one mapping; a failed attempt takes back what it added, so
that nothing is copied (cel-go copies the mapping for every attempt).
"""

from __future__ import annotations

from graphcore.cel.types import DYN, Kind, Type

MAX_SIZE = 100  # of a type: what is larger is taken for dyn
_MAX_STEPS = 100_000  # of binding variables, in one expression
_WILD = (Kind.DYN, Kind.ERROR)
_NULLABLE = (Kind.OPAQUE, Kind.OBJECT, Kind.TIMESTAMP, Kind.DURATION, Kind.NULL)
_COMPOSITE = (Kind.LIST, Kind.MAP, Kind.OPAQUE)


class TooComplexError(Exception):
    """Types that refer to each other so often that following them all would take too long."""


class Substitutions:
    """What type parameters stand for."""

    __slots__ = ("_bound", "_left", "_steps", "_trail")

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        self._trail: list[tuple[str, Type | None]] = []
        self._steps = _MAX_STEPS
        self._left = MAX_SIZE

    def assignable(self, left: Type, right: Type) -> bool:
        """Whether ``left`` can stand where ``right`` is wanted; what that says about type parameters is kept if it can."""
        if left is right:
            return True
        mark = len(self._trail)
        if self._assign(left, right):
            return True
        self._undo(mark)
        return False

    def all_assignable(self, left: list[Type], right: tuple[Type, ...]) -> bool:
        """The same for argument lists of one length."""
        mark = len(self._trail)
        for actual, formal in zip(left, right, strict=True):
            if actual is not formal and not self._assign(actual, formal):
                self._undo(mark)
                return False
        return True

    def apply(self, type: Type, to_dyn: bool = False) -> Type:
        """The type with its parameters replaced; those that stand for nothing stay, or become ``dyn``, as does what gets too large."""
        if not type.generic:
            return type if type.size <= MAX_SIZE else DYN
        self._left = MAX_SIZE
        return self._apply(type, to_dyn)

    def _apply(self, type: Type, to_dyn: bool) -> Type:
        generic = type.generic
        self._left -= 1 if generic else type.size
        if self._left < 0:
            return DYN
        if not generic:
            return type
        if type.kind is Kind.PARAMETER:
            found = self._bound.get(type.name)
            if found is None:
                return DYN if to_dyn else type
            return self._apply(found, to_dyn)
        return Type(type.kind, type.name, tuple([self._apply(p, to_dyn) for p in type.parameters]))

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooComplexError

    def _undo(self, mark: int) -> None:
        while len(self._trail) > mark:
            name, before = self._trail.pop()
            if before is None:
                del self._bound[name]
            else:
                self._bound[name] = before

    def _bind(self, name: str, type: Type) -> None:
        self._trail.append((name, self._bound.get(name)))
        self._bound[name] = type

    def _assign(self, left: Type, right: Type) -> bool:
        if left is right:
            return True
        left_kind, right_kind = left.kind, right.kind
        if right_kind is Kind.PARAMETER:
            valid, bound = self._substitutes(left, right)
            if valid or bound:
                return valid
        if left_kind is Kind.PARAMETER:
            return self._substitutes(right, left)[0]
        if left_kind in _WILD or right_kind in _WILD:
            return True
        if left_kind is Kind.NULL:
            return right_kind in _NULLABLE
        if right_kind is Kind.NULL:
            return left_kind in _NULLABLE
        if left_kind is not right_kind:
            return False
        if left_kind in _COMPOSITE:
            if left.name != right.name or len(left.parameters) != len(right.parameters):
                return False
            return all(map(self._assign, left.parameters, right.parameters))
        return left_kind is Kind.TYPE or left.name == right.name

    def _substitutes(self, type: Type, parameter: Type) -> tuple[bool, bool]:
        """Whether the parameter can stand for the type, and whether it stood for something before."""
        self._step()
        if type.kind is Kind.PARAMETER and type.name == parameter.name:
            return True, True
        bound = self._bound.get(parameter.name)
        if bound is None:
            if self._occurs(parameter, type):
                return False, False
            self._bind(parameter.name, type)
            return True, False
        if type.kind is bound.kind and type == bound:
            return True, True
        if self._assign(type, bound):
            general = more_general(type, bound)
            if not self._occurs(parameter, general):
                self._bind(parameter.name, general)
            return True, True
        return False, True

    def _occurs(self, parameter: Type, within: Type) -> bool:
        if not within.generic:
            return False
        self._step()
        if within.kind is Kind.PARAMETER:
            if within.name == parameter.name:
                return True
            bound = self._bound.get(within.name)
            return bound is not None and self._occurs(parameter, bound)
        return any(self._occurs(parameter, part) for part in within.parameters)


def more_general(left: Type, right: Type) -> Type:
    """The more general of two types that fit each other."""
    return left if _less_specific(left, right) else right


def _less_specific(left: Type, right: Type) -> bool:
    left_kind, right_kind = left.kind, right.kind
    if left_kind is Kind.DYN or left_kind is Kind.PARAMETER:
        return True
    if right_kind is Kind.DYN or right_kind is Kind.PARAMETER or left_kind is not right_kind:
        return False
    if left_kind is Kind.TYPE:
        return True
    if left.name != right.name or len(left.parameters) != len(right.parameters):
        return False
    return all(_less_specific(p, q) for p, q in zip(left.parameters, right.parameters, strict=True))
