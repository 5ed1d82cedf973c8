"""Functions as data: what the checker resolves against and the compiler calls.

A library is a module of ``graphcore.cel.library`` that exposes ``FUNCTIONS: tuple[Function, ...]`` and, where it has any,
``MACROS``; the docstring of each overload's implementation is its entry in the reference page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphcore.cel.types import Type


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature.

    id: cel-go's overload id (``add_int64``, ``string_char_at_int``). arguments: with ``member`` the receiver comes first.
    implementation: called with exactly the evaluated arguments as plain values (see ``graphcore.cel.runtime.values``); raises
    ``EvaluationError``. It may be shared by all overloads of a function, and must itself refuse (``no such overload``) argument types
    none of them takes, because a ``dyn`` operand reaches it unchecked. None for what the compiler does itself (``_&&_``, ``_?_:_``, …).
    """

    id: str
    arguments: tuple[Type, ...]
    result: Type
    implementation: Callable[..., Any] | None = None
    member: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """All overloads of one name; names may be qualified (``json.marshal``, ``optional.of``)."""

    name: str
    overloads: tuple[Overload, ...] = field(default=())
