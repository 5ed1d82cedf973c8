"""kro's ``omit()``.

Source: kro ``pkg/cel/library/omit.go``. Where an expression may use it is decided by the compiler of definitions, not here.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.runtime.values import OMIT
from graphcore.cel.types import DYN


def omit() -> Any:
    """A mark that removes the field or list element that would hold it from the rendered object.

    Allowed in templates only, with the feature gate ``CELOmitFunction``.
    Errors: comparing the mark is an error, and so is joining it with text.
    Source: kro.
    """
    return OMIT


FUNCTIONS: tuple[Function, ...] = (Function("omit", (Overload("omit_void", (), DYN, omit),)),)
