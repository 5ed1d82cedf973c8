"""Field paths: tuples of keys and indices inside, kro's dotted text outside.

A key that is empty or contains a dot is written ``["a.b"]``; an index ``[0]``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

Path = tuple[str | int, ...]


def format_path(path: Path) -> str:
    """``("data", "a.b", 0, "x")`` → ``data["a.b"][0].x``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part or "." in part:
            text += f'["{part}"]'
        else:
            text += f".{part}" if text else part
    return text


def set_at(root: Any, path: Path, value: Any) -> None:
    """Replaces the value at ``path`` in a tree that already has every parent (a copy of the template)."""
    for part in path[:-1]:
        root = root[part]
    root[path[-1]] = value


def build_at(root: dict[str, Any], path: Path, value: Any) -> None:
    """Like :func:`set_at`, creating missing parents; gaps of lists become null."""
    node: Any = root
    for part, following in pairwise(path):
        child: Any = [] if isinstance(following, int) else {}
        if isinstance(part, int):
            _grow(node, part)
            if node[part] is None:
                node[part] = child
            node = node[part]
        else:
            node = node.setdefault(part, child)
    last = path[-1]
    if isinstance(last, int):
        _grow(node, last)
    node[last] = value


def _grow(node: list[Any], index: int) -> None:
    node.extend([None] * (index + 1 - len(node)))


def copy_json(value: Any) -> Any:
    """A deep copy of a JSON tree."""
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_json(item) for item in value]
    return value
