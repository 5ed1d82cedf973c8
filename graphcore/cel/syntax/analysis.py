"""What an expression refers to and reads, from its syntax alone.

*References* are the free identifiers: names that no comprehension around them binds. A namespace word of an unknown function
(``math.greatest``) and a type name (``int``) count, as in kro, which so reports them as unknown identifiers.

*Paths* say what is read under each reference: ``a.b[0].c`` reads ``("b", None, "c")`` of ``a``, None standing for any element or key. Where
a value goes into something that is not followed (an argument of a function, a list), everything below it counts as read. So the paths never
say too little, and a path never has a shorter one of the same reference beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, Literal, Select, children
from graphcore.cel.syntax.macros import UNUSED

Path = tuple[str | None, ...]
_Source = tuple[str, Path]
_Scope = dict[str, tuple[_Source, ...]]
_FIELD_CALLS = frozenset({"_?._", "_[_]", "_[?_]"})
_ALTERNATIVES = frozenset({"or", "orValue"})
_TRANSPARENT = frozenset({"value", "dyn", "optional.of", "optional.ofNonZeroValue", "first", "last"})


@dataclass(frozen=True, slots=True)
class Analysis:
    """references, functions: sorted. functions: names of called functions and methods, operators and what macros become left out."""

    references: tuple[str, ...]
    functions: tuple[str, ...]
    paths: Mapping[str, tuple[Path, ...]]


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node, parents first."""
    pending = [expr]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def analyse(expr: Expr) -> Analysis:
    """References, functions and paths of an expression, checked or not."""
    reader = _Reader()
    reader.note(reader.sources(expr, {}))
    functions = {node.function for node in walk(expr) if isinstance(node, Call)}
    named = sorted(name.lstrip(".") for name in functions if name[0] not in "_@!-" and "@" not in name)
    paths = {name: _shortest(reader.paths[name]) for name in sorted(reader.paths)}
    return Analysis(tuple(paths), tuple(named), paths)


def _shortest(paths: set[Path]) -> tuple[Path, ...]:
    """The paths that no other path of the set covers, sorted."""
    kept = [path for path in paths if not any(path[:length] in paths for length in range(len(path)))]
    return tuple(sorted(kept, key=lambda path: tuple(("", "*") if part is None else (part, "") for part in path)))


class _Reader:
    __slots__ = ("paths",)

    def __init__(self) -> None:
        self.paths: dict[str, set[Path]] = {}

    def note(self, sources: tuple[_Source, ...]) -> None:
        """A value that comes from there is used, with everything below it."""
        for name, path in sources:
            self.paths.setdefault(name, set()).add(path)

    def sources(self, expr: Expr, scope: _Scope) -> tuple[_Source, ...]:
        """Where the value may come from unchanged; what else the expression reads is noted on the way."""
        kind = type(expr)
        if kind is Ident:
            name: str = expr.name  # type: ignore[attr-defined]
            bound = scope.get(name)
            return bound if bound is not None else ((name.lstrip("."), ()),)
        if kind is Select:
            assert isinstance(expr, Select)
            found = _below(self.sources(expr.operand, scope), expr.field)
            if not expr.test_only:
                return found
            self.note(found)
            return ()
        if kind is Call:
            return self.call(expr, scope)  # type: ignore[arg-type]
        if kind is Comprehension:
            return self.comprehension(expr, scope)  # type: ignore[arg-type]
        for child in children(expr):
            self.note(self.sources(child, scope))
        return ()

    def call(self, expr: Call, scope: _Scope) -> tuple[_Source, ...]:
        function, args = expr.function, expr.args
        if function in _FIELD_CALLS and len(args) == 2:
            key = args[1]
            fixed = isinstance(key, Literal) and isinstance(key.value, str)
            if not fixed:
                self.note(self.sources(key, scope))
            return _below(self.sources(args[0], scope), key.value if fixed else None)  # type: ignore[attr-defined]
        if function == "_?_:_" and len(args) == 3:
            self.note(self.sources(args[0], scope))
            return self.sources(args[1], scope) + self.sources(args[2], scope)
        if function in _ALTERNATIVES and expr.target is not None and len(args) == 1:
            return self.sources(expr.target, scope) + self.sources(args[0], scope)
        if function in _TRANSPARENT:
            found: tuple[_Source, ...] = ()
            for part in children(expr):
                found += self.sources(part, scope)
            return _below(found, None) if function in ("first", "last") else found
        for part in children(expr):
            self.note(self.sources(part, scope))
        return ()

    def comprehension(self, expr: Comprehension, scope: _Scope) -> tuple[_Source, ...]:
        over = self.sources(expr.iter_range, scope)
        start = self.sources(expr.accu_init, scope)
        outer = {**scope, expr.accu_var: start}
        if expr.iter_var == UNUSED:  # a binding: only its result has a value
            if not _occurs(expr.accu_var, expr.result):
                self.note(start)  # evaluated all the same
        else:
            element = _below(over, None)
            inner = {**outer, expr.iter_var: () if expr.iter_var2 else element}
            if expr.iter_var2:
                inner[expr.iter_var2] = element
            self.note(self.sources(expr.loop_condition, inner))
            self.note(self.sources(expr.loop_step, inner))
            variable = expr.iter_var2 or expr.iter_var
            if not any(isinstance(node, Ident) and node.name == variable for node in walk(expr.loop_step)):
                # How many elements there are matters even where none of them is looked at.
                self.note(element)
        return self.sources(expr.result, outer)


def _occurs(name: str, expr: Expr) -> bool:
    """Whether ``name`` is free in an expression."""
    if isinstance(expr, Ident):
        return expr.name == name
    if not isinstance(expr, Comprehension):
        return any(_occurs(name, child) for child in children(expr))
    if _occurs(name, expr.iter_range) or _occurs(name, expr.accu_init):
        return True
    if name == expr.accu_var:
        return False
    loop = name not in (expr.iter_var, expr.iter_var2) and (_occurs(name, expr.loop_condition) or _occurs(name, expr.loop_step))
    return loop or _occurs(name, expr.result)


def _below(sources: tuple[_Source, ...], part: str | None) -> tuple[_Source, ...]:
    return tuple([(name, (*path, part)) for name, path in sources])
