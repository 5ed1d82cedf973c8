"""The CEL of validation rules: Kubernetes' own libraries without kro's, and a few refusals beyond types.

Source: apiserver 0.36 ``cel/environment/base.go`` (libraries of the compatibility version 1.35).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from graphcore.cel.ast import Call, Comprehension, Expr, ListExpr, Literal, MapExpr, children
from graphcore.cel.checking.checker import Checked, Scope, check
from graphcore.cel.checking.declarations import Function
from graphcore.cel.checking.overloads import Overloads
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.library.registry import join, type_names
from graphcore.cel.syntax.lexer import issue_at
from graphcore.cel.syntax.parser import parse
from graphcore.cel.types import DYN, Type, TypeProvider
from graphcore.simpleschema.patterns import pattern_fault

# Libraries of the API server that are not implemented here: rules that use them are left to the API server.
_ELSEWHERE = ("sets", "format")


class UnknownLibrary(Exception):
    """The rule uses a library that only the API server has; whether it is right cannot be said here."""


@cache
def _overloads() -> Overloads:
    from graphcore.cel.library import (
        cidr,
        comprehensions,
        ip,
        kubernetes_lists,
        lists,
        optionals,
        quantity,
        regex,
        semver,
        standard,
        strings,
        urls,
    )

    libraries = (standard, comprehensions, lists, strings, optionals, kubernetes_lists, urls, regex, quantity, ip, cidr, semver)
    functions = join(library.FUNCTIONS for library in libraries)
    # string.reverse() came with a later version of the strings library than the API server uses.
    reverse = functions["reverse"]
    functions["reverse"] = Function("reverse", tuple(overload for overload in reverse.overloads if overload.id != "string_reverse"))
    return Overloads(functions, frozenset())


def check_rule(text: str, variables: Mapping[str, Type], provider: TypeProvider) -> Checked:
    """Parse and check one expression. Raises CelError, or UnknownLibrary."""
    overloads = _overloads()
    types = type_names()
    roots = frozenset(name.partition(".")[0] for name in types if "." in name)
    expr = parse(text, overloads.functions)
    issues = list(_foreign_macros(expr, text))
    try:
        checked = check(expr, text, Scope(variables, provider, overloads, types, roots=roots))
    except CelError as error:
        if any(f"undeclared reference to '{name}'" in issue.message for issue in error.issues for name in _ELSEWHERE):
            raise UnknownLibrary from None
        raise
    issues += _literals(checked, text)
    if issues:
        raise CelError(text, tuple(sorted(issues, key=lambda issue: (issue.line, issue.column))))
    return checked


def mentions(checked: Checked, variable: str) -> bool:
    """Whether the expression reads a variable (a name bound by a macro hides nothing here: rules have few names)."""
    return any(type(node).__name__ == "Ident" and getattr(node, "name", "") == variable for node in _nodes(checked.expr))


def _nodes(expr: Expr) -> Iterator[Expr]:
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def _foreign_macros(expr: Expr, text: str) -> Iterator[Issue]:
    """``cel.bind`` is kro's, not the API server's; the parser has already expanded it."""
    for node in _nodes(expr):
        if isinstance(node, Comprehension) and not node.accu_var.startswith("@"):
            yield issue_at(text, node.offset, "undeclared reference to 'cel' (in container '')")


def _literals(checked: Checked, text: str) -> Iterator[Issue]:
    """Mixed lists and maps, and patterns that are none: the API server validates what the checker lets through."""
    for node in _nodes(checked.expr):
        if isinstance(node, ListExpr):
            yield from _mixed(checked, node.elements, text)
        elif isinstance(node, MapExpr):
            yield from _mixed(checked, tuple(entry.key for entry in node.entries), text)
            yield from _mixed(checked, tuple(entry.value for entry in node.entries), text)
        elif isinstance(node, Call) and node.function == "matches" and node.args:
            pattern = node.args[-1]
            if isinstance(pattern, Literal) and isinstance(pattern.value, str) and pattern_fault(pattern.value):
                yield issue_at(text, pattern.offset, "invalid matches argument")


def _mixed(checked: Checked, elements: tuple[Expr, ...], text: str) -> Iterator[Issue]:
    types = [checked.types.get(element.id, DYN) for element in elements]
    for element, found in zip(elements[1:], types[1:], strict=False):
        if found != types[0] and DYN not in (found, types[0]):
            yield issue_at(text, element.offset, f"expected type '{types[0].text}' but found '{found.text}'")
            return
