"""What a change shows of an object's metadata."""

from __future__ import annotations

from functions.bridge.watcher import Change

VOLATILE = frozenset({"resourceVersion"})


def label(change: Change, name: str) -> str:
    """A label as it is, or was before the change; "" if there is none."""
    for metadata in (change.metadata, change.before or {}):
        value = (metadata.get("labels") or {}).get(name)
        if value:
            return str(value)
    return ""


def differs(change: Change, fields: tuple[str, ...] = ()) -> bool:
    """Whether metadata, or ``fields`` of it, have changed; a new resourceVersion alone is none."""
    now, before = change.metadata, change.before or {}
    names = fields or tuple((now.keys() | before.keys()) - VOLATILE)
    return any(now.get(name) != before.get(name) for name in names)
