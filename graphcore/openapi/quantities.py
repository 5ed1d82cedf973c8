"""Quantities that are written down: whether the API server can read them, and how much they are.

Source: k8s.io/apimachinery 0.36 ``pkg/api/resource``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphcore.cel.errors import EvaluationError
from graphcore.cel.library.quantity_value import Quantity, parse_quantity
from graphcore.errors import Problem
from graphcore.openapi.fielderrors import INVALID, invalid, show
from graphcore.openapi.partial import Part

_MUST_MATCH = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_SCHEMA = [{"type": "string"}, {"type": "number"}]
_HINT = "write a number, with m, k, M, G, T, P or E, or Ki, Mi, Gi, Ti, Pi or Ei after it, as in 512Mi"
_ZERO = Quantity(0, 0)


def is_quantity(schema: Mapping[str, Any]) -> bool:
    """Whether a field of a built-in kind holds a quantity: the API server's documents give this form to nothing else."""
    return schema.get("oneOf") == _SCHEMA


def spelling_faults(value: Any, path: str) -> Iterator[Problem]:
    """What cannot be read as a quantity. value: of a field that holds one."""
    if isinstance(value, str) and not _readable(value):
        yield Problem(INVALID, f"Invalid value: {show(value)}: {_MUST_MATCH}", path=path, hint=_HINT)


def _readable(text: str) -> bool:
    try:
        return parse_quantity(text.strip()) is not None
    except EvaluationError:
        return True


def amount(part: Part) -> Quantity | None:
    """How much is written; None where that is not certain, or cannot be read."""
    if type(part.value) not in (int, float, str):
        return None
    try:
        return parse_quantity(str(part.value).strip())
    except EvaluationError:
        return None


def positive(part: Part) -> Iterator[Problem]:
    """What is asked for must be something."""
    found = amount(part)
    if found is not None and found.compare(_ZERO) <= 0:
        yield invalid(part.path, str(part.value), "must be greater than zero")


def resource_faults(resources: Part) -> Iterator[Problem]:
    """``resources`` of a container: nothing below zero, and no request above its limit."""
    for member in ("limits", "requests"):
        for name, part in resources[member].members:
            found = amount(part)
            if found is not None and found.compare(_ZERO) < 0:
                yield invalid(f"{resources[member].path}[{name}]", str(part.value), "must be greater than or equal to 0")
    for name, part in resources["requests"].members:
        asked, limit = amount(part), resources["limits"][name]
        most = amount(limit)
        if asked is not None and most is not None and asked.compare(most) > 0:
            yield invalid(resources["requests"].path, str(part.value), f"must be less than or equal to {name} limit of {limit.value}")
