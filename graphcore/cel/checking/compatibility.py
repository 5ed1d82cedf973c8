"""Whether what an expression returns can be written to a field.

kro compares structure, which lets pass what the API server must refuse, and refuses what would work. Here the rule is: refuse at once what
can never work, accept what can. So a scalar or a list never fits an object, a map never fits a list, base64 text fits a field of format
``byte``, and a map literal is compared with an object entry by entry, since its keys are known. null stands for a field that is not set, so
it fits an object, and any place inside of a literal or of a conditional.

Source: kro ``pkg/cel/compatibility.go`` (wording of the details).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from graphcore.cel.ast import Call, Expr, ListExpr, Literal, MapExpr
from graphcore.cel.names import escape
from graphcore.cel.types import Kind, Type, TypeProvider


def incompatibility(
    output: Type,
    expected: Type,
    provider: TypeProvider,
    expr: Expr | None = None,
    types: Mapping[int, Type] | None = None,
) -> str | None:
    """Why a value of type ``output`` cannot be written where ``expected`` is wanted, or None when it can.

    expr, types: the checked expression and the types of its nodes by id; with them literals are compared part by part.
    """
    return _Comparison(provider, types or {}).compare(output, expected, expr)


class _Comparison:
    __slots__ = ("compared", "provider", "types")

    def __init__(self, provider: TypeProvider, types: Mapping[int, Type]) -> None:
        self.provider = provider
        self.types = types
        self.compared: set[tuple[Any, Any]] = set()  # pairs of schemas already compared or under comparison

    def compare(self, output: Type, expected: Type, expr: Expr | None = None) -> str | None:
        literal = self.literal(expected, expr) if expr is not None else None
        if literal is not None:
            return literal or None
        if expected.kind is Kind.DYN or output.kind is Kind.DYN or output == expected:
            return None
        if output.kind is Kind.OPAQUE and output.name == "optional_type":
            return self.compare(output.parameters[0], expected)
        match expected.kind:
            case Kind.OBJECT if output.kind is Kind.NULL:
                return None
            case Kind.LIST:
                return self.to_list(output, expected)
            case Kind.MAP:
                return self.to_map(output, expected)
            case Kind.OBJECT:
                return self.to_object(output, expected)
            case Kind.BYTES if output.kind is Kind.STRING:
                return None  # base64, which is what such a field holds
        return None if output.kind is expected.kind else _mismatch(output, expected)

    def to_list(self, output: Type, expected: Type) -> str | None:
        if output.kind is not Kind.LIST:
            return f"list parameter count mismatch: got {len(output.parameters)}, expected 1"
        return _within("list element type incompatible", self.compare(output.parameters[0], expected.parameters[0]))

    def to_map(self, output: Type, expected: Type) -> str | None:
        if output.kind is Kind.OBJECT:
            fields = self.provider.fields(output.name) or {}
            return _first(
                _within(f'struct field "{name}" incompatible with map value type', self.compare(kind, expected.parameters[1]))
                for name, kind in fields.items()
            )
        if output.kind is not Kind.MAP:
            return f"map parameter count mismatch: got {len(output.parameters)}, expected 2"
        return _within("map key type incompatible", self.compare(output.parameters[0], expected.parameters[0])) or _within(
            "map value type incompatible", self.compare(output.parameters[1], expected.parameters[1])
        )

    def to_object(self, output: Type, expected: Type) -> str | None:
        if output.kind is Kind.MAP:
            return self.map_to_object(output, expected)
        if output.kind is not Kind.OBJECT:
            return _mismatch(output, expected)
        wanted = self.open_fields(expected)
        given = self.provider.fields(output.name)
        if wanted is None or not given:
            return None
        pair = self.schemas(output, expected)
        if pair in self.compared:
            return None
        self.compared.add(pair)
        problem = self.fields_to_fields(given, wanted)
        if problem is not None:
            self.compared.discard(pair)
        return problem

    def fields_to_fields(self, given: Mapping[str, Type], wanted: Mapping[str, Type]) -> str | None:
        if not wanted:
            return "output has fields but expected type has none"
        for name, kind in given.items():
            if name not in wanted:
                return f'field "{name}" exists in output but not in expected type'
            if problem := self.compare(kind, wanted[name]):
                return f'field "{name}" has incompatible type: {problem}'
        return None

    def schemas(self, output: Type, expected: Type) -> tuple[Any, Any]:
        """What identifies the comparison: a type that contains itself has ever new names, but one schema."""
        if isinstance(self.provider, _Declared):
            return id(self.provider.schema(output.name)), id(self.provider.schema(expected.name))
        return output.name, expected.name

    def map_to_object(self, output: Type, expected: Type) -> str | None:
        """The keys are not known: it can work as long as some field takes such a value."""
        key, value = output.parameters
        if key.kind not in (Kind.STRING, Kind.DYN):
            return "map keys must be strings to assign to struct"
        fields = self.open_fields(expected)
        if not fields:
            return None
        problem = None
        for name, kind in fields.items():
            found = self.compare(value, kind)
            if found is None:
                return None
            problem = problem or f'map value incompatible with every struct field, the first being "{name}": {found}'
        return problem

    def open_fields(self, expected: Type) -> Mapping[str, Type] | None:
        """The declared fields of an object type; None when it takes any field, or is not known."""
        if isinstance(self.provider, _Declared) and self.provider.preserves_unknown(expected.name):
            return None
        return self.provider.fields(expected.name)

    def literal(self, expected: Type, expr: Expr) -> str | None:
        """The first fault of a list or map literal; empty when it has none; None when the expression is no such literal."""
        if type(expr) is Call and expr.function == "_?_:_":
            return _first(self.part(arm, expected) for arm in expr.args[1:]) or ""
        if type(expr) is ListExpr and expected.kind is Kind.LIST:
            parts = (self.part(element, expected.parameters[0]) for element in expr.elements)
            return _within("list element type incompatible", _first(parts)) or ""
        if type(expr) is MapExpr and expected.kind is Kind.MAP:
            key, value = expected.parameters
            return (
                _within("map key type incompatible", _first(self.part(entry.key, key) for entry in expr.entries))
                or _within("map value type incompatible", _first(self.part(entry.value, value) for entry in expr.entries))
                or ""
            )
        if type(expr) is MapExpr and expected.kind is Kind.OBJECT:
            return self.map_literal(expected, expr)
        return None

    def part(self, expr: Expr, expected: Type) -> str | None:
        output = self.type_of(expr)
        return None if output.kind is Kind.NULL and type(expr) is Literal else self.compare(output, expected, expr)

    def map_literal(self, expected: Type, expr: MapExpr) -> str:
        fields = self.provider.fields(expected.name)
        is_open = self.open_fields(expected) is None
        for entry in expr.entries:
            if type(entry.key) is not Literal:
                continue
            if type(entry.key.value) is not str:
                return "map keys must be strings to assign to struct"
            name = escape(entry.key.value)
            if not fields or (is_open and name not in fields):
                continue
            if name not in fields:
                return f'field "{entry.key.value}" exists in output but not in expected type'
            if problem := self.part(entry.value, fields[name]):
                return f'field "{entry.key.value}" has incompatible type: {problem}'
        return ""

    def type_of(self, expr: Expr) -> Type:
        return self.types.get(expr.id, Type(Kind.DYN))


@runtime_checkable
class _Declared(Protocol):
    """A provider that knows the schemas behind its types, as ``Declarations`` does."""

    def preserves_unknown(self, type_name: str) -> bool: ...

    def schema(self, type_name: str) -> Mapping[str, Any] | None: ...


def _mismatch(output: Type, expected: Type) -> str:
    return f'type kind mismatch: got "{output.text}", expected "{expected.text}"'


def _within(context: str, problem: str | None) -> str | None:
    return f"{context}: {problem}" if problem else None


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)
