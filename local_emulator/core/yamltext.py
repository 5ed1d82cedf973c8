"""YAML as kubectl and the API server read it, so that a file means the same here and there.

YAML 1.1 with ``y``, ``n`` and their like as truth values (an unquoted key ``n`` becomes ``"false"``), dates as text, keys always
text. Only plain data can come out of it, and aliases cannot blow it up.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

MAX_VALUES = 1_000_000
_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader with other resolvers."""

    bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}  # noqa: RUF012  as in the base class


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _letter in "yYnN":
    _Loader.yaml_implicit_resolvers.setdefault(_letter, []).append((_BOOL, re.compile(r"[yYnN]\Z")))


def read_all(text: str | bytes) -> list[Any]:
    """All documents as JSON values, empty ones as None. Raises yaml.YAMLError, or ValueError for what JSON cannot hold."""
    documents = list(yaml.load_all(text, Loader=_Loader))
    for document in documents:
        _size(document, {})
    try:
        return [json.loads(json.dumps(document, allow_nan=False)) for document in documents]
    except TypeError as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """A key that YAML does not read as it is written. path: of the mapping that has it. read: the key that it becomes. line: from 1."""

    path: tuple[str | int, ...]
    written: str
    read: str
    line: int


def changed_keys(text: str | bytes) -> list[list[ChangedKey]]:
    """For each document the unquoted keys that mean something else to YAML 1.1: ``on`` is ``true``, ``n`` is ``false``, ``010`` is ``8``.

    The text must be readable, and aliases within bounds (see :func:`read_all`).
    """
    found = []
    loader = _Loader(text)
    try:
        while loader.check_node():
            document: list[ChangedKey] = []
            _changed(loader, loader.get_node(), (), document, set())
            found.append(document)
    finally:
        loader.dispose()
    return found


def _changed(loader: Any, node: Any, path: tuple[str | int, ...], found: list[ChangedKey], seen: set[int]) -> None:
    if id(node) in seen:  # what an alias repeats is told where it was written
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _changed(loader, item, (*path, index), found, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            (read,) = json.loads(json.dumps({loader.construct_object(key): None}))
            if not key.style and read != key.value:
                found.append(ChangedKey(path, key.value, read, key.start_mark.line + 1))
            _changed(loader, value, (*path, read), found, seen)


def repeated_keys(text: str | bytes) -> list[str]:
    """Every key that a mapping has twice, as ``line 6: key "a" already set in map``. The text must be readable."""
    found: list[str] = []
    stack: list[Any] = [yaml.compose(text, Loader=_Loader)]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if key.value in seen:
                    found.append(f'line {key.start_mark.line + 1}: key "{key.value}" already set in map')
                seen.add(key.value)
                stack.append(value)
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value
    return found


def _size(value: Any, known: dict[int, int]) -> int:
    """Number of values once aliases are written out; ValueError for too many or for an alias inside itself."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) in known:
        if not known[id(value)]:
            raise ValueError("yaml: an anchor contains itself")
        return known[id(value)]
    known[id(value)] = 0
    total = 1 + sum(_size(item, known) for item in (value.values() if isinstance(value, dict) else value))
    if total > MAX_VALUES:
        raise ValueError("yaml: document contains excessive aliasing")
    known[id(value)] = total
    return total
