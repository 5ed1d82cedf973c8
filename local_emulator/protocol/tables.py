"""Server-side printing: the columns and cells of ``kubectl get``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local_emulator.core.durations import age
from local_emulator.core.jsonpath import find
from local_emulator.core.registry import Column, Resource
from local_emulator.protocol.printer_table import PRINTERS

NAME = Column("Name", "string", "name", "Name of the object; unique within a namespace among objects of its kind.")
CREATED_AT = Column("Created At", "date", "", "Time at which the object was created.")
CUSTOM_AGE = Column("Age", "date", "", "Time since the object was created.", 0, ".metadata.creationTimestamp")


def _columns(resource: Resource) -> tuple[Column, ...]:
    if resource.custom:
        return (NAME, *(resource.columns or (CUSTOM_AGE,)))
    printer = PRINTERS.get(resource.storage)
    if printer is None:
        return (NAME, CREATED_AT)
    return printer.columns if printer.names_itself else (NAME, *printer.columns)


def column_definitions(resource: Resource) -> list[dict[str, Any]]:
    """``columnDefinitions`` of a Table of this resource."""
    return [
        {"name": c.name, "type": c.type, "format": c.format, "description": _describe(c), "priority": c.priority}
        for c in _columns(resource)
    ]


def _describe(column: Column) -> str:
    if column.description or not column.path:
        return column.description
    return f"Custom resource definition column (in JSONPath format): {column.path}"


def cells(resource: Resource, body: Mapping[str, Any], now: datetime) -> list[Any]:
    """One row: the cells of an object, in column order."""
    metadata = body["metadata"]
    name = metadata.get("name", "")
    if resource.custom:
        return [name, *(_custom_cell(column, body, now) for column in resource.columns or (CUSTOM_AGE,))]
    printer = PRINTERS.get(resource.storage)
    if printer is None:
        return [name, metadata.get("creationTimestamp")]
    row = printer.cells(body, now)
    return row if printer.names_itself else [name, *row]


def _custom_cell(column: Column, body: Mapping[str, Any], now: datetime) -> Any:
    found = find(body, column.path)
    if not found or found[0] is None:
        return None
    value = found[0]
    match column.type:
        case "integer":
            return value if isinstance(value, int) and not isinstance(value, bool) else (int(value) if isinstance(value, float) else None)
        case "number":
            return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return age(value, now) if isinstance(value, str) else "<invalid>"
    return ",".join(_shown(item) for item in found) if len(found) > 1 else _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), sort_keys=True)
    return str(value)
