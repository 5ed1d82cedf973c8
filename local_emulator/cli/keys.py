"""Warnings about keys that YAML does not read as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore.errors import Problem
from graphcore.errors.paths import child, element
from local_emulator.core.yamltext import ChangedKey


def key_warnings(definition: Mapping[str, Any], changed: Sequence[ChangedKey]) -> Iterator[Problem]:
    """One for each key of a definition that becomes another one, placed as the compile's own problems are."""
    for key in changed:
        node, path = _place(definition, key.path)
        yield Problem(
            "yaml-key",
            f'the key {key.written} in line {key.line} is read as "{key.read}", as YAML 1.1 has it; so do kubectl and the API server',
            node,
            _shown((*path, key.read)),
            hint=f'quote it: "{key.written}"',
            severity="warning",
        )


def _place(definition: Mapping[str, Any], path: tuple[str | int, ...]) -> tuple[str | None, tuple[str | int, ...]]:
    """Resource and path below it, ``schema`` and path below that, or the whole path."""
    if path[:2] == ("spec", "schema"):
        return "schema", path[2:]
    if path[:2] == ("spec", "resources") and len(path) > 2:
        resource: Any = definition
        for part in path[:3]:
            resource = resource[part]
        name = resource.get("id") if isinstance(resource, Mapping) else None
        if isinstance(name, str):
            return name, path[4:] if path[3:4] == ("template",) else path[3:]
    return None, path


def _shown(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text = element(text, part) if isinstance(part, int) else child(text, part)
    return text
