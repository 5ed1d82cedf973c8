"""Conditions as the controllers of a real cluster write them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def condition(old: Object, kind: str, reason: str, message: str, now: str, *, value: str = "True", updates: bool = False) -> Object:
    """A condition of a status that was ``old``: its time moves with its value. updates: with the time of the last update as well."""
    before: Object = next((c for c in old.get("conditions") or () if c.get("type") == kind), {})
    same = before.get("status") == value
    found: Object = {"type": kind, "status": value}
    if updates:
        found["lastUpdateTime"] = before.get("lastUpdateTime", now) if same and before.get("message") == message else now
    found["lastTransitionTime"] = before.get("lastTransitionTime", now) if same else now
    return {**found, "reason": reason, "message": message}
