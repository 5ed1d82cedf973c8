"""What the two-variable macros ``transformMap`` and ``transformMapEntry`` build their result with.

Source: cel-go v0.31 ``ext/comprehensions.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.keys import map_key
from graphcore.cel.types import map_of, parameter


def insert(target: Any, *entry: Any) -> dict[Any, Any]:
    """A map with one more entry (key and value), or with the entries of another map.

    Errors: ``insert failed: key already exists``.
    Source: cel-go ext.TwoVarComprehensions.
    """
    if not isinstance(target, dict) or (len(entry) == 1 and not isinstance(entry[0], dict)):
        raise no_such_overload("cel.@mapInsert", target, *entry)
    added = entry[0] if len(entry) == 1 else {map_key(entry[0]): entry[1]}
    if not target.keys().isdisjoint(added):
        raise fail("insert failed: key already exists")
    return {**target, **added}


_K, _V = parameter("K"), parameter("V")
_MAP = map_of(_K, _V)

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "cel.@mapInsert",
        (
            Overload("@mapInsert_map_key_value", (_MAP, _K, _V), _MAP, insert),
            Overload("@mapInsert_map_map", (_MAP, _MAP), _MAP, insert),
        ),
    ),
)
