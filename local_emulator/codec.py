"""Bytes to objects and back: JSON for everything stored or answered, YAML where a client may send it.

Reads are bounded (nesting, size) because a server must survive whatever is posted; writes are compact and keep key order.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

MAX_BODY = 3 * 1024 * 1024
MAX_VALUES = 1_000_000
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False)


def encode(value: Any) -> bytes:
    """Compact JSON, UTF-8."""
    return _encoder.encode(value).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Any:
    """JSON to values; ValueError for anything that is not JSON (RecursionError becomes ValueError)."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error


def decode_yaml(data: bytes) -> Any:
    """YAML or JSON to JSON values; ValueError when it is neither."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    except ValueError:
        try:
            value = yaml.load(data, Loader=_Loader)  # noqa: S506  a safe loader, below
            _size(value, {})
            return json.loads(json.dumps(value, allow_nan=False))
        except (yaml.YAMLError, TypeError, RecursionError) as error:
            raise ValueError(" ".join(str(error).split())) from error


def _size(value: Any, known: dict[int, int]) -> int:
    """Number of values once aliases are written out; ValueError for too many or for an alias inside itself."""
    if not isinstance(value, (dict, list)):
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


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which timestamps stay strings, as JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
