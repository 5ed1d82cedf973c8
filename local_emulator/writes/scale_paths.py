"""What a custom object must hold where its scale subresource looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_emulator.core.registry import ScalePaths
from local_emulator.core.status import Cause
from local_emulator.objects.apply.checking import plain

_NAMES: dict[type, str] = {str: "string", bool: "bool", int: "int64", float: "float64", list: "[]interface {}"}


def scale_faults(obj: dict[str, Any], paths: ScalePaths) -> Iterator[Cause]:
    """Numbers that are negative or no numbers, and paths through something that is no object."""
    for path in (paths.spec, paths.status):
        where = "." + ".".join(path)
        value: Any = obj
        for part in path:
            if not isinstance(value, dict):
                what = f"{plain(value)} is of the type {_NAMES.get(type(value), 'object')}, expected map[string]interface{{}}"
                yield Cause(where, f"Invalid value: 0: {where} accessor error: {what}")
                break
            value = value.get(part)
            if value is None:
                break
        else:
            if isinstance(value, int) and not isinstance(value, bool) and value < 0:
                yield Cause(where, f"Invalid value: {value}: should be a non-negative integer")
