"""What expressions are compiled against: declared variables, declared object types, and every function kro registers.

Making an environment is cheap: the function tables are prepared once per process and shared.
Source: docs/explanation/cel.md; kro ``pkg/cel/environment.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from graphcore.cel.ast import Expr
from graphcore.cel.checking.checker import Checked, Scope, check
from graphcore.cel.checking.overloads import Overloads
from graphcore.cel.compiler.constants import constant_faults
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.library import registry
from graphcore.cel.program import Program
from graphcore.cel.syntax.parser import parse
from graphcore.cel.types import Type, TypeProvider

_NO_ZEROS: Mapping[str, str] = {}


@cache
def _overloads() -> Overloads:
    return Overloads(registry.functions(), registry.disabled_overloads())


@cache
def _function_names() -> frozenset[str]:
    return frozenset(registry.functions())


@cache
def _type_roots() -> frozenset[str]:
    return _roots(registry.type_names())


def _roots(names: Mapping[str, Type]) -> frozenset[str]:
    """First words of qualified names: a selection may be such a name only if it begins with one."""
    return frozenset(name.partition(".")[0] for name in names if "." in name)


class _Provider:
    """The caller's object types, and those of the libraries (``kro.run.Condition``)."""

    __slots__ = ("_declared",)

    def __init__(self, declared: TypeProvider | None) -> None:
        self._declared = declared

    def fields(self, type_name: str) -> dict[str, Type] | None:
        found = self._declared.fields(type_name) if self._declared is not None else None
        if found is None and type_name in registry.object_fields():
            return dict(registry.object_fields()[type_name])
        return found

    def field(self, type_name: str, field: str) -> Type | None:
        found = self._declared.field(type_name, field) if self._declared is not None else None
        if found is None and type_name in registry.object_fields():
            return registry.object_fields()[type_name].get(field)
        return found


class Environment:
    """Compiles expressions over the given variables.

    variables: types by name; names may be qualified. provider: object types that occur in them. container: namespace in which names are
    looked up first, as in protobuf.
    """

    __slots__ = ("_scope",)

    def __init__(self, variables: Mapping[str, Type], provider: TypeProvider | None = None, container: str = "") -> None:
        roots = _type_roots() | _roots(variables)
        self._scope = Scope(variables, _Provider(provider), _overloads(), registry.type_names(), container, roots)

    @property
    def function_names(self) -> frozenset[str]:
        """Names of all functions and methods, operators included, qualified where they have a namespace."""
        return _function_names()

    def parse(self, source: str) -> Expr:
        """Abstract syntax. Raises CelError (phase ``parse``)."""
        return parse(source, _function_names())

    def check(self, source: str) -> Checked:
        """Abstract syntax with types. Raises CelError."""
        return check(parse(source, _function_names()), source, self._scope)

    def compile(self, source: str) -> Program:
        """A program ready to be evaluated. Raises CelError with every fault of the text."""
        checked = self.check(source)
        faults = constant_faults(checked.expr, source)
        if faults:
            raise CelError(source, faults)
        try:
            return Program(source, checked.expr, checked.type, checked.overloads, checked.names, checked.types)
        except RecursionError:
            raise _too_deep(source) from None


def compile_unchecked(source: str, zeros: Mapping[str, str] = _NO_ZEROS) -> Program:
    """A program without static types, for a source that was checked before: everything is decided when it is evaluated.

    zeros: of the checked program. Gives the same results as that, and errors where it would not have compiled. Raises CelError (phase
    ``parse``).
    """
    expr = parse(source, _function_names())
    try:
        return Program(source, expr, overloads={int(node): (overload,) for node, overload in zeros.items()})
    except RecursionError:
        raise _too_deep(source) from None


def _too_deep(source: str) -> CelError:
    """The caller left less of Python's stack than the depth limit of the parser needs."""
    return CelError(source, (Issue("max recursion depth exceeded", -1, -1),))
