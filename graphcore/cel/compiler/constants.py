"""Constants of an expression that can only fail, whatever the data: patterns that are none, and keys that nothing has.

cel-go finds them when it makes a program of an expression, so kro refuses the definition.
Source: cel-go ``interpreter/attributes.go`` (``NewQualifier``); k8s.io/apiserver v0.36 ``pkg/cel/library/regex.go`` (optimisations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphcore.cel.ast import Call, Expr, Literal
from graphcore.cel.errors import EvaluationError, Issue
from graphcore.cel.runtime.values import type_name
from graphcore.cel.syntax.analysis import walk
from graphcore.cel.syntax.lexer import issue_at

_WORTH_A_LOOK = re.compile(r"""\bfind(?:All)?\b|\[\s*\??\s*(?:null\b|[rR]?[bB][rR]?['"])""")


def constant_faults(expr: Expr, source: str) -> tuple[Issue, ...]:
    """The faults of a checked expression, in order of position."""
    if not _WORTH_A_LOOK.search(source):
        return ()
    return tuple(issue_at(source, offset, problem) for offset, problem in sorted(_faults(expr)))


def _faults(expr: Expr) -> Iterator[tuple[int, str]]:
    from graphcore.cel.library.standard_impl import compile_regex

    for node in walk(expr):
        if not isinstance(node, Call) or not node.args:
            continue
        constant = node.args[-1] if node.target is None else node.args[0]
        if not isinstance(constant, Literal):
            continue
        if node.function in ("_[_]", "_[?_]"):
            if constant.value is None or isinstance(constant.value, bytes):
                yield constant.offset, f"invalid qualifier type: {type_name(constant.value)}"
        elif node.function in ("find", "findAll") and node.target is not None and isinstance(constant.value, str):
            try:
                compile_regex(constant.value)
            except EvaluationError as error:
                yield constant.offset, error.message
