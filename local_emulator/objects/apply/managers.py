"""``metadata.managedFields`` to sets and back.

A manager is identified by name, operation, subresource and, for updates, the API version: applies of one manager in several
versions are one entry, updates are one entry per version. Some paths are never owned (identity and bookkeeping of the object),
and an endpoint never owns what it resets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local_emulator.objects.apply.fieldsets import MEMBER, Node, difference, ordered, root

APPLY = "Apply"
UPDATE = "Update"

BEFORE_FIRST_APPLY = "before-first-apply"
"""The manager that owns what nobody had recorded when the first apply came."""

Identity = tuple[str, str, str, str]
"""Manager name, operation, subresource, API version ("" for applies)."""

_NEVER_OWNED: Node = {
    "f:apiVersion": MEMBER,
    "f:kind": MEMBER,
    "f:metadata": {
        ".": MEMBER,
        "f:name": MEMBER,
        "f:namespace": MEMBER,
        "f:creationTimestamp": MEMBER,
        "f:selfLink": MEMBER,
        "f:uid": MEMBER,
        "f:clusterName": MEMBER,
        "f:generation": MEMBER,
        "f:managedFields": MEMBER,
        "f:resourceVersion": MEMBER,
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One manager's fields, at the API version they were written in. ``sorted``: they are in the order of the wire already."""

    fields: Node | None
    api_version: str
    time: str | None
    sorted: bool = False


Managers = dict[Identity, Entry]


def identity(name: str, operation: str, subresource: str, api_version: str) -> Identity:
    """The identity under which entries of the same manager are merged."""
    return name, operation, subresource, "" if operation == APPLY else api_version


def decode(entries: Iterable[Mapping[str, Any]] | None, *, stored: bool = False) -> Managers:
    """The managers of an object; ``stored``: it was written by :func:`encode`.

    Raises ValueError for an entry that the API server would not take.
    """
    managers: Managers = {}
    for entry in entries or ():
        operation = entry.get("operation") or ""
        if operation not in (APPLY, UPDATE):
            raise ValueError("operation must be `Apply` or `Update`")
        if not entry.get("apiVersion"):
            raise ValueError("apiVersion must not be empty")
        if entry.get("fieldsType") != "FieldsV1":
            raise ValueError("fieldsType must be FieldsV1")
        key = identity(entry.get("manager") or "", operation, entry.get("subresource") or "", entry["apiVersion"])
        managers[key] = Entry(root(entry.get("fieldsV1")), entry["apiVersion"], entry.get("time"), stored)
    return managers


def encode(managers: Managers) -> list[dict[str, Any]]:
    """The entries in the API server's order: applies first, then by time, name, version and subresource."""
    kept = [(key, entry) for key, entry in managers.items() if entry.fields is not None]
    kept.sort(key=lambda pair: (pair[0][1], pair[1].time or "", pair[0][0], pair[1].api_version, pair[0][2]))
    out = []
    for (name, operation, subresource, _), entry in kept:
        shown: dict[str, Any] = {
            "manager": name,
            "operation": operation,
            "apiVersion": entry.api_version,
            "time": entry.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": entry.fields if entry.sorted else ordered(entry.fields or {}),
            "subresource": subresource,
        }
        out.append({key: value for key, value in shown.items() if value not in ("", None)})
    return out


def owned(fields: Node | None) -> Node | None:
    """The set without what nobody owns."""
    return difference(fields, _NEVER_OWNED)


def take_away(managers: Managers, fields: Node | None, keep: Identity | None = None) -> Managers:
    """The managers without the given paths; those left with nothing go. ``keep`` is not touched."""
    out: Managers = {}
    for key, entry in managers.items():
        if key == keep or fields is None:
            out[key] = entry
            continue
        left = difference(entry.fields, fields)
        if left is not None:
            out[key] = replace(entry, fields=left)
    return out
