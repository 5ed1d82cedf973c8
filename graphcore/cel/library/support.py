"""How library functions refuse, and the bytes of a text.

A checked call reaches an implementation with the right types; a call through ``dyn`` may not, so each implementation tests
its arguments and answers as cel-go does. Functions whose result can be far larger than their arguments ask
:func:`graphcore.cel.runtime.budget.require_size` before they build.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.values import type_name


def no_such_overload(function: str, *arguments: Any) -> EvaluationError:
    """``no such overload: charAt(string, string)``: the function and the types, receiver first, never the values."""
    types = ", ".join(type_name(argument) for argument in arguments)
    return EvaluationError(Reason.NO_SUCH_OVERLOAD, f"no such overload: {function}({types})")


def fail(message: str) -> EvaluationError:
    """A refusal by the function itself; fatal, never pending."""
    return EvaluationError(Reason.OTHER, message)


def utf8(text: str) -> bytes:
    """The bytes Go sees: an unpaired surrogate, which Go cannot hold, is U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
