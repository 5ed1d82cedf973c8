"""kro's functions on maps.

Source: kro ``pkg/cel/library/maps.go`` (``deepMerge`` is newer than kro v0.9.3).
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.runtime.budget import PARTS_PER_STEP, require_size, spend
from graphcore.cel.types import DYN, map_of, parameter

_MAX_DEPTH = 100


def merge(left: Any, right: Any) -> dict[Any, Any]:
    """The entries of both maps; where both have a key, the argument's value.

    Receiver and argument must be maps of one type; objects (declared by a schema) are not maps.
    Errors: none.
    Source: kro.
    """
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise no_such_overload("merge", left, right)
    return {**left, **right}


def deep_merge(left: Any, right: Any) -> dict[Any, Any]:
    """The entries of both maps; where both have a key with maps, these merged in the same way, otherwise the argument's value.

    Lists are replaced, not joined; null replaces. Takes maps and objects of any type; the result is ``dyn``.
    Errors: ``no such overload`` unless both are maps.
    Source: kro.
    """
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise no_such_overload("deepMerge", left, right)
    return _deep_merge(left, right, 0)


def _deep_merge(left: dict[Any, Any], right: dict[Any, Any], depth: int) -> dict[Any, Any]:
    spend(len(right) * PARTS_PER_STEP)  # parts may be shared, so that merging small maps takes for ever
    if depth > _MAX_DEPTH:
        raise EvaluationError(Reason.BUDGET, "deepMerge: value is nested too deeply")
    if not right:
        return left
    if not left:
        return right
    require_size(items=len(left) + len(right))
    merged = dict(left)
    for key, value in right.items():
        before = merged.get(key)
        nested = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = _deep_merge(before, value, depth + 1) if nested else value  # type: ignore[arg-type]
    return merged


_MAP = map_of(parameter("K"), parameter("V"))

FUNCTIONS: tuple[Function, ...] = (
    Function("merge", (Overload("map_merge", (_MAP, _MAP), _MAP, merge, member=True),)),
    Function("deepMerge", (Overload("dyn_deepmerge_dyn", (DYN, DYN), DYN, deep_merge, member=True),)),
)
