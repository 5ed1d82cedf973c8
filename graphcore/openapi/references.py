"""Replaces ``$ref`` by what it points to.

Components are resolved once and shared by everything that refers to them, so the schema of a Deployment is a small web of dicts although
its printed form is large. A component that contains itself (a JSON schema inside a CRD) is cut where it would repeat: there any field is
taken, and its value is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_PREFIX = "#/components/schemas/"
ANYTHING: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_DATA = frozenset({"default", "enum", "example"})  # members whose value is data, not schema
_NEVER = 1 << 30


class Resolver:
    """Resolved components of one document. load: the raw component of that name, or None."""

    def __init__(self, load: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._load = load
        self._done: dict[str, dict[str, Any]] = {}
        self._open: dict[str, int] = {}

    def component(self, name: str) -> dict[str, Any]:
        """The component with nothing left to resolve; anything goes where it is missing."""
        return self._component(name)[0]

    def _component(self, name: str) -> tuple[dict[str, Any], int]:
        """Also: how far up the open components a cut inside this one points, so that only whole results are kept."""
        if name in self._done:
            return self._done[name], _NEVER
        if name in self._open:
            return ANYTHING, self._open[name]
        raw = self._load(name)
        if raw is None:
            return ANYTHING, _NEVER
        level = len(self._open)
        self._open[name] = level
        try:
            schema, cut = self._schema(raw)
        finally:
            del self._open[name]
        if cut >= level:
            self._done[name] = schema
            return schema, _NEVER
        return schema, cut

    def _schema(self, raw: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        reference = raw.get("$ref")
        if isinstance(reference, str):
            return self._component(reference.removeprefix(_PREFIX))
        result: dict[str, Any] = {}
        cut = _NEVER
        for key, value in raw.items():
            if key in _DATA or key.startswith("x-") or key == "description":
                result[key] = value
            elif key in ("properties", "patternProperties") and isinstance(value, Mapping):
                resolved = {}
                for name, member in value.items():
                    resolved[name], lower = self._any(member)
                    cut = min(cut, lower)
                result[key] = resolved
            else:
                result[key], lower = self._any(value)
                cut = min(cut, lower)
        if result.get("format") == "int-or-string":
            result["x-kubernetes-int-or-string"] = True
        return _unwrapped(result), cut

    def _any(self, value: Any) -> tuple[Any, int]:
        if isinstance(value, Mapping):
            return self._schema(value)
        if isinstance(value, list):
            pairs = [self._any(item) for item in value]
            return [item for item, _ in pairs], min((cut for _, cut in pairs), default=_NEVER)
        return value, _NEVER


def _unwrapped(schema: dict[str, Any]) -> dict[str, Any]:
    """``allOf`` of a single reference is how a document hangs a default or description on it; both are one schema."""
    parts = schema.get("allOf")
    if not (isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict)) or "type" in schema or "properties" in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    return {**parts[0], **rest}
