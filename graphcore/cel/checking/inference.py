"""The types of the nodes of an expression, rule by rule.

Source: cel-go ``checker/checker.go``; texts and positions are its own. Two of its habits are kept on purpose because verdicts depend on
them: literals of lists and maps may mix types (the element is then ``dyn``), and comparisons of different kinds of number, refused at
first, are accepted from the first comprehension of an expression on.

It calls one handler per class of node, directly, so that a level of the tree costs one Python frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphcore.cel.ast import (
    Call,
    Comprehension,
    Expr,
    Ident,
    ListExpr,
    Literal,
    MapExpr,
    Select,
    StructExpr,
    qualified_name,
)
from graphcore.cel.checking.hints import field_hint, function_hint
from graphcore.cel.checking.overloads import variable
from graphcore.cel.checking.scope import Scope, bounded, describe, is_optional, signature
from graphcore.cel.checking.unification import Substitutions, more_general
from graphcore.cel.errors import Issue
from graphcore.cel.syntax.lexer import issue_at
from graphcore.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NULL,
    STRING,
    UINT,
    Kind,
    Type,
    list_of,
    map_of,
    object_type,
    optional_of,
    type_of,
)
from graphcore.errors.suggestions import did_you_mean

MAX_ISSUES = 100
_LITERALS: dict[type, Type] = {bool: BOOL, bytes: BYTES, float: DOUBLE, int: INT, type(None): NULL, str: STRING}
_MESSAGES = (Kind.OBJECT, Kind.TIMESTAMP, Kind.DURATION)
_UNKNOWN_RANGE = (Kind.DYN, Kind.ERROR, Kind.PARAMETER)


class Inference:
    __slots__ = ("issues", "locals", "names", "overloads", "relaxed", "scope", "source", "substitutions", "types", "variables")

    def __init__(self, source: str, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.substitutions = Substitutions()
        self.types: dict[int, Type] = {}
        self.overloads: dict[int, tuple[str, ...]] = {}
        self.names: dict[int, str] = {}
        self.locals: dict[str, Type] = {}
        self.issues: list[Issue] = []
        self.variables = 0  # type variables so far
        self.relaxed = False

    def fault(self, offset: int, message: str, hint: str | None = None) -> None:
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(issue_at(self.source, offset, message, hint))

    def mismatch(self, offset: int, expected: Type, found: Type) -> None:
        self.fault(offset, f"expected type '{describe(expected)}' but found '{describe(found)}'")

    def undeclared(self, offset: int, name: str, hint: str | None = None) -> Type:
        self.fault(offset, f"undeclared reference to '{name}' (in container '{self.scope.container}')", hint)
        return ERROR

    def fresh(self) -> Type:
        self.variables += 1
        return variable(self.variables - 1)

    # -- names

    def declared(self, name: str) -> Type | None:
        """Type of a full name: variable, type or object type."""
        found = self.scope.variables.get(name)
        if found is not None:
            return found
        named = self.named_type(name)
        return type_of(named) if named is not None else None

    def named_type(self, name: str) -> Type | None:
        found = self.scope.types.get(name)
        if found is None and "." in name and self.scope.provider.fields(name) is not None:
            return object_type(name)
        return found

    def literal(self, expr: Literal) -> Type:
        found = _LITERALS.get(type(expr.value), UINT)
        self.types[expr.id] = found
        return found

    def ident(self, expr: Ident) -> Type:
        name = expr.name
        found = self.locals.get(name)
        if found is None:
            for candidate in self.scope.candidates(name) if self.scope.container or name[0] == "." else (name,):
                found = self.declared(candidate)
                if found is not None:
                    if candidate != name:
                        self.names[expr.id] = candidate
                    break
            else:
                found = self.undeclared(expr.offset, name, did_you_mean(name, [*self.locals, *self.scope.variables]))
        self.types[expr.id] = found
        return found

    def qualified(self, expr: Select) -> Type | None:
        """Type of a selection that is the name of a variable or type as a whole."""
        name = qualified_name(expr)
        if name is None:
            return None
        root = name.split(".", 1)[0] if name[0] != "." else name[1:].split(".", 1)[0]
        if root in self.locals and name[0] != ".":
            return None
        if not self.scope.container and root not in self.scope.roots:
            return None
        for candidate in self.scope.candidates(name):
            found = self.declared(candidate)
            if found is not None:
                self.names[expr.id] = candidate
                return found
        return None

    # -- selections

    def select(self, expr: Select) -> Type:
        found = None if expr.test_only or not (self.scope.roots or self.scope.container) else self.qualified(expr)
        if found is None:
            found = self.field(expr, expr.operand, expr.field, False)
            found = BOOL if expr.test_only else self.substitutions.apply(found)
        self.types[expr.id] = found
        return found

    def field(self, expr: Expr, operand: Expr, name: str, optional: bool) -> Type:
        target = self.substitutions.apply(HANDLERS[type(operand)](self, operand))
        if is_optional(target):
            target, optional = target.parameters[0], True
        kind = target.kind
        if kind is Kind.OBJECT:
            found = self.declared_field(expr.offset, target.name, name)
        elif kind is Kind.MAP:
            found = target.parameters[1]
        elif kind is Kind.PARAMETER:
            self.substitutions.assignable(DYN, target)
            found = DYN
        else:
            if kind is not Kind.DYN and kind is not Kind.ERROR:
                self.fault(expr.offset, f"type '{describe(target)}' does not support field selection")
            # Kubernetes declares some of its values as objects without fields: what such a field has for a type is an error, too.
            found = ERROR if kind is Kind.OPAQUE and target.name.startswith("kubernetes.") else DYN
        return optional_of(bounded(found)) if optional else found

    def declared_field(self, offset: int, type_name: str, name: str) -> Type:
        provider = self.scope.provider
        found = provider.field(type_name, name)
        if found is not None:
            return found
        fields = provider.fields(type_name)
        if fields is None:
            self.fault(offset, f"unexpected failed resolution of '{type_name}'")
        else:
            self.fault(offset, f"undefined field '{name}'", field_hint(name, fields))
        return ERROR

    # -- calls

    def call(self, expr: Call) -> Type:
        function, target = expr.function, expr.target
        if function == "_?._":
            return self.optional_select(expr)
        arguments: list[Type] = []
        for arg in expr.args:  # not a comprehension: that would be one more frame for every level of the tree
            arguments.append(HANDLERS[type(arg)](self, arg))  # noqa: PERF401
        if target is not None:
            arguments.insert(0, HANDLERS[type(target)](self, target))
        if function not in self.scope.overloads.functions and not (function[0] == "." and function[1:] in self.scope.overloads.functions):
            found = self.undeclared(expr.offset, function, function_hint(function, self.scope.overloads.functions))
        elif function == "_&&_" or function == "_||_":
            found = self.logical(expr, arguments)
        else:
            found = self.overloaded(expr, function.lstrip("."), target is not None, arguments)
        self.types[expr.id] = found
        return found

    def logical(self, expr: Call, arguments: list[Type]) -> Type:
        found = BOOL
        for arg, type in zip(expr.args, arguments, strict=True):
            if type is not BOOL and not self.substitutions.assignable(type, BOOL):
                self.mismatch(arg.offset, BOOL, type)
                found = ERROR
        self.overloads[expr.id] = ("logical_and" if expr.function == "_&&_" else "logical_or",)
        return found

    def overloaded(self, expr: Call, function: str, member: bool, arguments: list[Type]) -> Type:
        resolution, self.variables = self.scope.overloads.resolve(
            function, member, arguments, self.substitutions, self.variables, self.relaxed
        )
        if resolution is None:
            known = [self.substitutions.apply(argument, True) for argument in arguments]
            self.fault(expr.offset, f"found no matching overload for '{function}' applied to '{signature(known, member)}'")
            return ERROR
        self.overloads[expr.id] = resolution[1]
        return resolution[0]

    def optional_select(self, expr: Call) -> Type:
        operand, key = expr.args
        assert isinstance(key, Literal)
        found = self.substitutions.apply(self.field(expr, operand, key.value, True))
        self.types[key.id] = STRING
        self.types[expr.id] = found
        self.overloads[expr.id] = ("select_optional_field",)
        return found

    # -- literals of lists, maps and objects

    def join(self, previous: Type | None, current: Type) -> Type:
        if previous is None or previous is current:
            return current
        return more_general(previous, current) if self.substitutions.assignable(previous, current) else DYN

    def unwrapped(self, value: Expr, type: Type) -> Type:
        """What an entry written with ``?`` contributes."""
        if is_optional(type):
            return type.parameters[0]
        if type.kind is not Kind.DYN:
            self.mismatch(value.offset, optional_of(type), type)
        return type

    def list_literal(self, expr: ListExpr) -> Type:
        element: Type | None = None
        for position, item in enumerate(expr.elements):
            type_ = HANDLERS[type(item)](self, item)
            if position in expr.optional:
                type_ = self.unwrapped(item, type_)
            element = self.join(element, type_)
        found = list_of(self.fresh() if element is None else bounded(element))
        self.types[expr.id] = found
        return found

    def map_literal(self, expr: MapExpr) -> Type:
        key: Type | None = None
        value: Type | None = None
        for entry in expr.entries:
            key = self.join(key, HANDLERS[type(entry.key)](self, entry.key))
            type_ = HANDLERS[type(entry.value)](self, entry.value)
            value = self.join(value, self.unwrapped(entry.value, type_) if entry.optional else type_)
        if key is None or value is None:
            key, value = self.fresh(), self.fresh()
        found = map_of(bounded(key), bounded(value))
        self.types[expr.id] = found
        return found

    def struct_literal(self, expr: StructExpr) -> Type:
        found, name = self.message_type(expr)
        self.types[expr.id] = found
        if name is None:
            return found
        for init in expr.fields:
            value = HANDLERS[type(init.value)](self, init.value)
            wanted = self.declared_field(init.offset, name, init.name)
            if init.optional:
                value = self.unwrapped(init.value, value)
            if not self.substitutions.assignable(wanted, value):
                texts = f"is '{describe(wanted)}' but provided type is '{describe(value)}'"
                self.fault(init.offset, f"expected type of field '{init.name}' {texts}")
        return found

    def message_type(self, expr: StructExpr) -> tuple[Type, str | None]:
        """Type that a ``Name{…}`` makes, and the name to look its fields up by (None: do not)."""
        for candidate in self.scope.candidates(expr.type_name):
            named = self.named_type(candidate)
            if named is None:
                continue
            if named.kind in _MESSAGES:
                return named, candidate
            self.fault(expr.offset, f"'{candidate}' is not a message type")
            return ERROR, candidate
        return self.undeclared(expr.offset, expr.type_name), None

    # -- comprehensions

    def comprehension(self, expr: Comprehension) -> Type:
        over = self.substitutions.apply(HANDLERS[type(expr.iter_range)](self, expr.iter_range))
        accumulated = HANDLERS[type(expr.accu_init)](self, expr.accu_init)
        first, second = self.iterated(expr, over)
        outer = self.locals
        with_accumulator = {**outer, expr.accu_var: accumulated}
        self.locals = {**with_accumulator, expr.iter_var: first}
        if expr.iter_var2:
            self.locals[expr.iter_var2] = second
        self.relaxed = True
        self.expect(expr.loop_condition, BOOL)
        self.expect(expr.loop_step, accumulated)
        self.locals = with_accumulator
        found = self.substitutions.apply(HANDLERS[type(expr.result)](self, expr.result))
        self.locals = outer
        self.types[expr.id] = found
        return found

    def iterated(self, expr: Comprehension, over: Type) -> tuple[Type, Type]:
        """Types of the iteration variables."""
        if over.kind is Kind.LIST:
            element = over.parameters[0]
            return (INT, element) if expr.iter_var2 else (element, element)
        if over.kind is Kind.MAP:
            return over.parameters[0], over.parameters[1]
        if over.kind in _UNKNOWN_RANGE:
            self.substitutions.assignable(DYN, over)
            return DYN, DYN
        reason = "cannot be range of a comprehension (must be list, map, or dynamic)"
        self.fault(expr.iter_range.offset, f"expression of type '{describe(over)}' {reason}")
        return ERROR, ERROR

    def expect(self, expr: Expr, wanted: Type) -> None:
        found = HANDLERS[type(expr)](self, expr)
        if not self.substitutions.assignable(wanted, found):
            self.mismatch(expr.offset, wanted, found)


HANDLERS: dict[type, Callable[[Inference, Any], Type]] = {
    Literal: Inference.literal,
    Ident: Inference.ident,
    Select: Inference.select,
    Call: Inference.call,
    ListExpr: Inference.list_literal,
    MapExpr: Inference.map_literal,
    StructExpr: Inference.struct_literal,
    Comprehension: Inference.comprehension,
}
