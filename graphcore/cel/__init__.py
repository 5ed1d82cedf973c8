"""CEL as kro uses it: scanner, parser, checker, compiler and function libraries.

The names below are what the rest of the code uses. They are loaded on first use: importing the package costs next to nothing, and a process
that only reads templates never loads the function libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphcore.cel.environment import Environment, compile_unchecked
    from graphcore.cel.errors import CelError, EvaluationError, Issue
    from graphcore.cel.program import Program
    from graphcore.cel.runtime.budget import Budget

__all__ = ["Budget", "CelError", "Environment", "EvaluationError", "Issue", "Program", "compile_unchecked"]

_HOMES = {
    "Budget": "runtime.budget",
    "CelError": "errors",
    "Environment": "environment",
    "EvaluationError": "errors",
    "Issue": "errors",
    "Program": "program",
    "compile_unchecked": "environment",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
