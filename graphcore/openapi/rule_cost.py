"""The worst case cost of a checked CEL expression, as the API server estimates it before it lets a rule into a CRD.

Costs are cel-go's abstract units: one for reading a name or field, a tenth for each byte of a text that is walked through, and so on. Lists
and maps multiply what is done for each entry by the most entries they can have. All numbers are ranges that saturate at 2^64 - 1.
Sources: cel-go ``checker/cost.go``, apiserver 0.36 ``cel/library/cost.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, ListExpr, Literal, MapExpr, Select, StructExpr
from graphcore.cel.types import DYN, Kind, Type
from graphcore.openapi.rule_functions import function_cost
from graphcore.openapi.rule_sizes import ONE, TRAVERSAL, UNKNOWN, CallCost, Operand, Range, fixed
from graphcore.openapi.rule_types import Declared

_LIST, _MAP, _STRUCT = 10, 30, 40
_FIXED_SIZE = frozenset({Kind.BOOL, Kind.DOUBLE, Kind.DURATION, Kind.INT, Kind.TIMESTAMP, Kind.UINT})


@dataclass(slots=True)
class _Entries:
    """Sizes of what a list or map holds."""

    is_list: bool
    key: Range
    value: Range

    def joined(self, other: _Entries | None) -> _Entries | None:
        return None if other is None else _Entries(self.is_list, self.key | other.key, self.value | other.value)


@dataclass(slots=True)
class _Variable:
    """A name bound by a macro. path: where its value comes from in the schema."""

    path: tuple[str, ...]
    size: Range | None
    entries: _Entries | None = None


@dataclass(slots=True)
class Estimator:
    """Estimates one expression. types and overloads: by node id, from the checker. root: the type of ``self`` and ``oldSelf``."""

    types: Mapping[int, Type]
    overloads: Mapping[int, Sequence[str]]
    root: Declared
    _sizes: dict[int, Range] = field(default_factory=dict)
    _entries: dict[int, _Entries] = field(default_factory=dict)
    _paths: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _scopes: dict[str, list[_Variable]] = field(default_factory=dict)

    def cost(self, expr: Expr) -> Range:
        match expr:
            case Ident(name=name):
                variable = self._variable(name)
                self._paths[expr.id] = variable.path if variable else (name,)
                return ONE
            case Select():
                return self._select(expr)
            case Call():
                return self._call(expr)
            case ListExpr(elements=elements):
                total = sum((self.cost(element) for element in elements), Range())
                self._entries[expr.id] = _Entries(True, ONE, self._spread(elements))
                return total + fixed(_LIST)
            case MapExpr(entries=entries):
                total = sum((self.cost(entry.key) + self.cost(entry.value) for entry in entries), Range())
                keys, values = [entry.key for entry in entries], [entry.value for entry in entries]
                self._entries[expr.id] = _Entries(False, self._spread(keys), self._spread(values))
                return total + fixed(_MAP)
            case StructExpr(fields=fields):
                return sum((self.cost(member.value) for member in fields), Range()) + fixed(_STRUCT)
            case Comprehension():
                return self._bind(expr) if _is_bind(expr) else self._loop(expr)
        return Range()

    def _spread(self, exprs: Sequence[Expr]) -> Range:
        """Sizes of all members taken together."""
        if not exprs:
            return Range()
        sizes = [self.size(expr) or UNKNOWN for expr in exprs]
        return Range(min(size.low for size in sizes), max(size.high for size in sizes))

    def _select(self, expr: Select) -> Range:
        cost = self.cost(expr.operand)
        if expr.test_only:  # has() is free: the API server keeps it so for old rules
            return cost
        if self._type(expr.operand).kind in (Kind.MAP, Kind.OBJECT, Kind.PARAMETER):
            cost += ONE
        self._paths[expr.id] = (*self._path(expr.operand), expr.field)
        return cost

    def _call(self, expr: Call) -> Range:
        if expr.function == "dyn" and expr.args:
            cost = self.cost(expr.args[0]) + ONE
            self._copy_sizes(expr, expr.args[0])
            return cost
        arg_costs = [self.cost(arg) for arg in expr.args]
        overloads = self.overloads.get(expr.id) or ()
        if not overloads:
            return Range()
        own = self.cost(expr.target) if expr.target is not None else Range()
        target = self._operand(expr.target) if expr.target is not None else None
        args = [self._operand(arg) for arg in expr.args]
        total: Range | None = None
        size: Range | None = None
        for overload in overloads:
            found = self._overload(expr, overload, target, args, arg_costs)
            total = found.cost if total is None else total | found.cost
            if found.size is not None:
                size = found.size if size is None else size | found.size
            if overload in ("index_list", "index_map") and args:
                entries = self._entries_of(expr.args[0])
                size = entries.value if entries else None
                self._paths[expr.id] = (*self._path(expr.args[0]), "@items" if overload == "index_list" else "@values")
            if size is None:
                size = self.size(expr)
        if size is not None:
            self._sizes[expr.id] = size
        return own + (total or Range())

    def _overload(self, expr: Call, overload: str, target: Operand | None, args: list[Operand], arg_costs: list[Range]) -> CallCost:
        total = sum(arg_costs, Range())
        found = function_cost(self, expr.function, overload, target, args)
        if found is not None:
            return CallCost(found.cost + total, found.size)
        if overload in ("logical_or", "logical_and"):
            return CallCost(Range(arg_costs[0].low, (arg_costs[0] + arg_costs[1]).high))
        if overload == "conditional":
            first, second = self._entries_of(expr.args[1]), self._entries_of(expr.args[2])
            if first and (joined := first.joined(second)):
                self._entries[expr.id] = joined
            size = self.known(args[1]) | self.known(args[2])
            return CallCost(arg_costs[0] + (arg_costs[1] | arg_costs[2]), size)
        if overload in ("add_string", "add_bytes", "add_list"):
            size = self.known(args[0]) + self.known(args[1])
            first, second = self._entries_of(expr.args[0]), self._entries_of(expr.args[1])
            if first and (joined := first.joined(second)):
                self._entries[expr.id] = joined
            return CallCost((ONE if overload == "add_list" else size.scaled(TRAVERSAL)) + total, size)
        return CallCost(ONE + total)

    def _loop(self, expr: Comprehension) -> Range:
        total = self.cost(expr.iter_range) + self.cost(expr.accu_init)
        accumulator = _Variable(self._path(expr.accu_init), self.size(expr.accu_init), self._entries_of(expr.accu_init))
        names = self._bind_entries(expr)
        self._push(expr.accu_var, accumulator)
        for name, variable in names:
            self._push(name, variable)
        step = self.cost(expr.loop_condition) + self.cost(expr.loop_step)
        for name, _ in names:
            self._scopes[name].pop()
        total += self.cost(expr.result)
        self._scopes[expr.accu_var].pop()
        times = self.size(expr.iter_range) or UNKNOWN
        total += times * step
        if isinstance(expr.accu_init, Literal):
            size = self.size(expr.accu_init)
            if size is not None:
                self._sizes[expr.id] = size
        elif isinstance(expr.accu_init, (ListExpr, MapExpr)):
            self._sizes[expr.id] = times
            entries = self._entries_of(expr.loop_step)
            if entries is not None:
                self._entries[expr.id] = entries
        return total

    def _bind_entries(self, expr: Comprehension) -> list[tuple[str, _Variable]]:
        """The iteration variables with what is known of their values."""
        entries = self._entries_of(expr.iter_range)
        path = self._path(expr.iter_range)
        is_list = entries.is_list if entries else self._type(expr.iter_range).kind is Kind.LIST
        key, value = (entries.key, entries.value) if entries else (None, None)
        if expr.iter_var2:
            first = _Variable((*path, "@indices" if is_list else "@keys"), key)
            return [(expr.iter_var, first), (expr.iter_var2, _Variable((*path, "@items" if is_list else "@values"), value))]
        return [(expr.iter_var, _Variable((*path, "@items"), value) if is_list else _Variable((*path, "@keys"), key))]

    def _bind(self, expr: Comprehension) -> Range:
        total = self.cost(expr.iter_range) + self.cost(expr.accu_init)
        self._push(expr.accu_var, _Variable(self._path(expr.accu_init), self.size(expr.accu_init), self._entries_of(expr.accu_init)))
        total += self.cost(expr.result)
        self._scopes[expr.accu_var].pop()
        self._copy_sizes(expr, expr.result)
        return total

    def _push(self, name: str, variable: _Variable) -> None:
        self._scopes.setdefault(name, []).append(variable)

    def _variable(self, name: str) -> _Variable | None:
        stack = self._scopes.get(name)
        return stack[-1] if stack else None

    def _type(self, expr: Expr) -> Type:
        return self.types.get(expr.id, DYN)

    def _path(self, expr: Expr) -> tuple[str, ...]:
        if isinstance(expr, Ident) and (variable := self._variable(expr.name)):
            return variable.path
        return self._paths.get(expr.id, ())

    def _operand(self, expr: Expr) -> Operand:
        path = self._path(expr)
        if path and path[0] in ("@result", "__result__"):
            path = ()
        return Operand(expr, self._type(expr), path, self.size(expr))

    def _copy_sizes(self, target: Expr, source: Expr) -> None:
        size, entries = self.size(source), self._entries_of(source)
        if size is not None:
            self._sizes[target.id] = size
        if entries is not None:
            self._entries[target.id] = entries

    def _entries_of(self, expr: Expr) -> _Entries | None:
        if expr.id in self._entries:
            return self._entries[expr.id]
        if isinstance(expr, Ident) and (variable := self._variable(expr.name)):
            return variable.entries
        return None

    def known(self, operand: Operand) -> Range:
        return operand.size or UNKNOWN

    def declared_size(self, path: tuple[str, ...]) -> Range | None:
        """Size by schema of what stands at a path (its first part is the variable)."""
        found = self.root.at(path[1:]) if path else None
        return None if found is None else Range(0, found.most)

    def size(self, expr: Expr) -> Range | None:
        if expr.id in self._sizes:
            return self._sizes[expr.id]
        match expr:
            case Literal(value=str() | bytes() as value):
                return fixed(len(value))
            case Literal():
                return ONE
            case ListExpr(elements=elements):
                return fixed(len(elements))
            case MapExpr(entries=entries):
                return fixed(len(entries))
        declared = self.declared_size(self._path(expr))
        if declared is not None:
            self._sizes[expr.id] = declared
            return declared
        if _has_fixed_size(self._type(expr)):
            return ONE
        if isinstance(expr, Ident) and (variable := self._variable(expr.name)):
            return variable.size
        return None


def _has_fixed_size(kind: Type) -> bool:
    if kind.kind is Kind.OPAQUE and kind.name == "optional_type":
        return _has_fixed_size(kind.parameters[0])
    return kind.kind in _FIXED_SIZE


def _is_bind(expr: Comprehension) -> bool:
    condition = expr.loop_condition
    empty = isinstance(expr.iter_range, ListExpr) and not expr.iter_range.elements
    return empty and isinstance(condition, Literal) and condition.value is False and expr.accu_var != "@result"
