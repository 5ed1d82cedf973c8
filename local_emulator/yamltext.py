"""YAML as kubectl and the API server read it, so that a file means the same here and there.

YAML 1.1 with ``y``, ``n`` and their like as truth values (an unquoted key ``n`` becomes ``"false"``), dates as text, keys always
text. Only plain data can come out of it, and aliases cannot blow it up.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

MAX_VALUES = 1_000_000
_BOOL = "tag:yaml.org,2002:bool"
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
