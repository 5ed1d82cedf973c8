"""Macros: calls that the parser replaces by other syntax.

A macro is found by name, number of arguments and call style. Its expander returns the new expression, None when the call only looks like
the macro (``x.bind(a, b, c)`` where ``x`` is not ``cel``), or raises :class:`MacroError`. Every node that a macro makes stands at the
position of the call (its opening parenthesis), as in cel-go, so that messages of the checker point there.

Sources: cel-go ``parser/macro.go`` (has, all, exists, exists_one, map, filter), ``ext/comprehensions.go`` (two variables),
``ext/bindings.go`` (cel.bind), ``ext/lists.go`` (sortBy), ``cel/library.go`` (optMap, optFlatMap), kro ``pkg/cel/library/runtime.go``
(runtime.newCondition).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, ListExpr, Literal, MapEntry, MapExpr, Select

ACCUMULATOR = "@result"
UNUSED = "#unused"
_TARGET = "@target"
_SORTED = "@__sortBy_input__"
_RESERVED_ACCUMULATORS = frozenset({ACCUMULATOR, "__result__"})
CONDITION_KEYS = ("type", "status", "reason", "message")


class MacroError(Exception):
    """Arguments that a macro cannot take. offset: where, in code points."""

    def __init__(self, offset: int, message: str) -> None:
        self.offset = offset
        self.message = message
        super().__init__(message)


class Maker:
    """Makes nodes with fresh ids at the position of the call."""

    __slots__ = ("_next_id", "offset")

    def __init__(self, next_id: Callable[[], int], offset: int) -> None:
        self._next_id = next_id
        self.offset = offset

    def literal(self, value: bool | int | str) -> Expr:
        return Literal(self._next_id(), self.offset, value)

    def ident(self, name: str) -> Expr:
        return Ident(self._next_id(), self.offset, name)

    def accumulator(self) -> Expr:
        return Ident(self._next_id(), self.offset, ACCUMULATOR)

    def call(self, function: str, *args: Expr) -> Expr:
        return Call(self._next_id(), self.offset, function, args)

    def method(self, target: Expr, function: str, *args: Expr) -> Expr:
        return Call(self._next_id(), self.offset, function, args, target)

    def list(self, *elements: Expr) -> Expr:
        return ListExpr(self._next_id(), self.offset, elements)

    def map(self, *entries: MapEntry) -> Expr:
        return MapExpr(self._next_id(), self.offset, entries)

    def entry(self, key: Expr, value: Expr) -> MapEntry:
        return MapEntry(self._next_id(), self.offset, key, value)

    def presence(self, operand: Expr, field: str) -> Expr:
        return Select(self._next_id(), self.offset, operand, field, True)

    def fold(self, over: Expr, names: tuple[str, str], init: Expr, condition: Expr, step: Expr, result: Expr | None = None) -> Expr:
        """A comprehension that accumulates in ACCUMULATOR."""
        end = self.accumulator() if result is None else result
        return Comprehension(self._next_id(), self.offset, over, names[0], names[1], ACCUMULATOR, init, condition, step, end)

    def bind(self, name: str, value: Expr, result: Expr) -> Expr:
        """``result`` with ``name`` standing for ``value``: a comprehension over nothing."""
        never = self.literal(False)
        return Comprehension(self._next_id(), self.offset, self.list(), UNUSED, "", name, value, never, self.ident(name), result)


Expander = Callable[[Maker, Expr | None, Sequence[Expr]], Expr | None]


def _has(make: Maker, _target: Expr | None, args: Sequence[Expr]) -> Expr:
    """``has(operand.field)``"""
    selection = args[0]
    if type(selection) is not Select:
        raise MacroError(selection.offset, "invalid argument to has() macro")
    return make.presence(selection.operand, selection.field)


def _names(args: Sequence[Expr], count: int, message: str) -> tuple[str, str]:
    """The one or two iteration variables a macro begins with."""
    names = []
    for arg in args[:count]:
        if type(arg) is not Ident:
            raise MacroError(arg.offset, message)
        names.append(arg.name)
    if count == 2 and names[0] == names[1]:
        raise MacroError(args[1].offset, f"duplicate variable name: {names[0]}")
    for arg, name in zip(args, names, strict=False):
        if name in _RESERVED_ACCUMULATORS:
            raise MacroError(arg.offset, "iteration variable overwrites accumulator variable")
    return names[0], names[1] if count == 2 else ""


def _quantifier(count: int, fold: Callable[[Maker, Expr, tuple[str, str], Expr], Expr]) -> Expander:
    def expand(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
        names = _names(args, count, "argument must be a simple name")
        assert target is not None
        return fold(make, target, names, args[count])

    return expand


def _fold_all(make: Maker, over: Expr, names: tuple[str, str], predicate: Expr) -> Expr:
    condition = make.call("@not_strictly_false", make.accumulator())
    return make.fold(over, names, make.literal(True), condition, make.call("_&&_", make.accumulator(), predicate))


def _fold_exists(make: Maker, over: Expr, names: tuple[str, str], predicate: Expr) -> Expr:
    condition = make.call("@not_strictly_false", make.call("!_", make.accumulator()))
    return make.fold(over, names, make.literal(False), condition, make.call("_||_", make.accumulator(), predicate))


def _fold_exists_one(make: Maker, over: Expr, names: tuple[str, str], predicate: Expr) -> Expr:
    counted = make.call("_+_", make.accumulator(), make.literal(1))
    step = make.call("_?_:_", predicate, counted, make.accumulator())
    result = make.call("_==_", make.accumulator(), make.literal(1))
    return make.fold(over, names, make.literal(0), make.literal(True), step, result)


def _collect(make: Maker, over: Expr, names: tuple[str, str], init: Expr, only: Expr | None, step: Expr) -> Expr:
    """Goes through everything; ``only``: the step is left out where it is false."""
    if only is not None:
        step = make.call("_?_:_", only, step, make.accumulator())
    return make.fold(over, names, init, make.literal(True), step)


def _filter(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
    """``range.filter(v, predicate)``"""
    names = _names(args, 1, "argument is not an identifier")
    assert target is not None
    step = make.call("_+_", make.accumulator(), make.list(args[0]))
    return _collect(make, target, names, make.list(), args[1], step)


def _to_list(count: int, message: str) -> Expander:
    """``range.map(v[, predicate], e)`` (count 1) and ``range.transformList(k, v[, predicate], e)`` (count 2)."""

    def expand(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
        names = _names(args, count, message)
        assert target is not None
        step = make.call("_+_", make.accumulator(), make.list(args[-1]))
        return _collect(make, target, names, make.list(), args[count] if len(args) == count + 2 else None, step)

    return expand


def _transform_map(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
    """``range.transformMap(k, v[, predicate], value)``: the keys stay."""
    names = _names(args, 2, "argument must be a simple name")
    assert target is not None
    step = make.call("cel.@mapInsert", make.accumulator(), make.ident(names[0]), args[-1])
    return _collect(make, target, names, make.map(), args[2] if len(args) == 4 else None, step)


def _transform_map_entry(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
    """``range.transformMapEntry(k, v[, predicate], {key: value})``"""
    names = _names(args, 2, "argument must be a simple name")
    assert target is not None
    step = make.call("cel.@mapInsert", make.accumulator(), args[-1])
    return _collect(make, target, names, make.map(), args[2] if len(args) == 4 else None, step)


def _bind(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr | None:
    """``cel.bind(name, value, result)``"""
    if type(target) is not Ident or target.name != "cel":
        return None
    name = args[0]
    if type(name) is not Ident:
        raise MacroError(name.offset, "cel.bind() variable names must be simple identifiers")
    return make.bind(name.name, args[1], args[2])


def _optional(function: str, wrap: Callable[[Maker, Expr], Expr]) -> Expander:
    """``o.optMap(v, e)``, ``o.optFlatMap(v, e)``.

    cel-go copies the receiver into the test and into the value, so that a chain of n calls doubles n times; here it is bound once.
    """

    def expand(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
        name = args[0]
        if type(name) is not Ident:
            raise MacroError(name.offset, f"{function}() variable name must be a simple identifier")
        assert target is not None
        value = make.bind(name.name, make.method(make.ident(_TARGET), "value"), args[1])
        present = make.method(make.ident(_TARGET), "hasValue")
        return make.bind(_TARGET, target, make.call("_?_:_", present, wrap(make, value), make.call("optional.none")))

    return expand


def _new_condition(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr | None:
    """``runtime.newCondition({type: …, status: …, reason: …, message: …})``: bare keys become strings (docs/explanation/cel.md)."""
    if type(target) is not Ident or target.name != "runtime":
        return None
    literal = args[0]
    if type(literal) is not MapExpr:
        raise MacroError(literal.offset, "runtime.newCondition: argument must be a map literal")
    entries: dict[str, MapEntry] = {}
    for entry in literal.entries:
        key = entry.key
        if type(key) is not Ident:
            allowed = ", ".join(CONDITION_KEYS)
            problem = f"keys must be bare identifiers ({allowed}); quoted or computed keys are not allowed"
            raise MacroError(key.offset, f"runtime.newCondition: {problem}")
        if key.name not in CONDITION_KEYS:
            raise MacroError(key.offset, f'runtime.newCondition: unknown key "{key.name}" (allowed: {", ".join(CONDITION_KEYS)})')
        if key.name in entries:
            raise MacroError(key.offset, f'runtime.newCondition: duplicate key "{key.name}"')
        entries[key.name] = make.entry(make.literal(key.name), entry.value)
    for required in ("type", "status"):
        if required not in entries:
            raise MacroError(literal.offset, f"runtime.newCondition: '{required}' is required")
    return make.method(target, "newCondition", make.map(*entries.values()))


def _sort_by(make: Maker, target: Expr | None, args: Sequence[Expr]) -> Expr:
    """``range.sortBy(v, key)``: the range is bound once, its keys are a ``map`` over it."""
    if type(target) not in (ListExpr, Select, Ident, Comprehension, Call):
        offset = make.offset if target is None else target.offset
        raise MacroError(offset, "sortBy can only be applied to a list, identifier, comprehension, call or select expression")
    assert target is not None
    keys = _to_list(1, _ONE_NAME)(make, make.ident(_SORTED), args)
    assert keys is not None
    return make.bind(_SORTED, target, make.method(make.ident(_SORTED), "@sortByAssociatedKeys", keys))


_SIMPLE_NAME = "argument must be a simple name"
_ONE_NAME = "argument is not an identifier"

MACROS: dict[tuple[str, int, bool], Expander] = {
    # (name, number of arguments, called on a receiver)
    ("has", 1, False): _has,
    ("all", 2, True): _quantifier(1, _fold_all),
    ("all", 3, True): _quantifier(2, _fold_all),
    ("exists", 2, True): _quantifier(1, _fold_exists),
    ("exists", 3, True): _quantifier(2, _fold_exists),
    ("exists_one", 2, True): _quantifier(1, _fold_exists_one),
    ("exists_one", 3, True): _quantifier(2, _fold_exists_one),
    ("existsOne", 3, True): _quantifier(2, _fold_exists_one),
    ("map", 2, True): _to_list(1, _ONE_NAME),
    ("map", 3, True): _to_list(1, _ONE_NAME),
    ("filter", 2, True): _filter,
    ("transformList", 3, True): _to_list(2, _SIMPLE_NAME),
    ("transformList", 4, True): _to_list(2, _SIMPLE_NAME),
    ("transformMap", 3, True): _transform_map,
    ("transformMap", 4, True): _transform_map,
    ("transformMapEntry", 3, True): _transform_map_entry,
    ("transformMapEntry", 4, True): _transform_map_entry,
    ("sortBy", 2, True): _sort_by,
    ("bind", 3, True): _bind,
    ("optMap", 2, True): _optional("optMap", lambda make, value: make.call("optional.of", value)),
    ("optFlatMap", 2, True): _optional("optFlatMap", lambda _make, value: value),
    ("newCondition", 1, True): _new_condition,
}
