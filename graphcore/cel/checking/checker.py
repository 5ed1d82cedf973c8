"""Static types: every node of an expression gets one, or the expression is refused with all its faults at once."""

from __future__ import annotations

from graphcore.cel.ast import Expr
from graphcore.cel.checking.format_texts import check_formats
from graphcore.cel.checking.inference import HANDLERS, Inference
from graphcore.cel.checking.scope import Checked, Scope, describe
from graphcore.cel.checking.unification import TooComplexError
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.syntax.lexer import issue_at

__all__ = ["Checked", "Scope", "check", "describe"]


def check(expr: Expr, source: str, scope: Scope) -> Checked:
    """Types of an expression and what its names and calls mean.

    source: for the positions in messages. Raises CelError (phase ``check``) with every fault found, in order of position.
    """
    checker = Inference(source, scope)
    try:
        found = HANDLERS[type(expr)](checker, expr)
        types = checker.types
        if checker.variables:
            apply = checker.substitutions.apply
            types = {id: apply(type, True) if type.generic else type for id, type in types.items()}
            found = apply(found, True)
    except RecursionError:
        # The caller left less of Python's stack than the depth limit needs.
        raise CelError(source, (Issue("max recursion depth exceeded", -1, -1),)) from None
    except TooComplexError:
        raise CelError(source, (Issue("the types of the expression are too complex", -1, -1),)) from None
    if checker.issues:
        raise CelError(source, tuple(sorted(checker.issues, key=lambda issue: (issue.line, issue.column))))
    if "format" in source:
        faults = [issue_at(source, node.offset, message) for node, message in check_formats(expr, types)]
        if faults:
            raise CelError(source, tuple(sorted(faults, key=lambda issue: (issue.line, issue.column))))
    return Checked(expr, found, types, checker.overloads, checker.names)
