"""Bytes to objects and back: JSON for everything stored or answered, YAML where a client may send it.

Reads are bounded (nesting, size) because a server must survive whatever is posted; writes are compact and keep key order.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from local_emulator.core.yamltext import read_all

MAX_BODY = 3 * 1024 * 1024
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


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object as they were written."""


def decode_written(data: bytes, merge: bool) -> tuple[Any, list[str]]:
    """JSON to values, and the paths of members that were written twice, such as ``spec.ports[0].name``.

    Of those the last counts; objects are merged if ``merge``, as Go does when it decodes into a struct.
    """
    twice = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        found = dict(pairs)
        twice = twice or len(found) < len(pairs)
        return found

    try:
        value = json.loads(data, object_pairs_hook=members)
        if not twice:
            return value, []
        duplicates: list[str] = []
        return _built(json.loads(data, object_pairs_hook=_Pairs), "", merge, duplicates), duplicates
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error


def _built(value: Any, where: str, merge: bool, duplicates: list[str]) -> Any:
    if isinstance(value, _Pairs):
        out: dict[str, Any] = {}
        for name, part in value:
            place = f"{where}.{name}" if where else name
            if name in out:
                duplicates.append(place)
            built = _built(part, place, merge, duplicates)
            before = out.get(name)
            out[name] = {**before, **built} if merge and isinstance(before, dict) and isinstance(built, dict) else built
        return out
    if isinstance(value, list):
        return [_built(part, f"{where}[{index}]", merge, duplicates) for index, part in enumerate(value)]
    return value


def decode_yaml(data: bytes) -> Any:
    """YAML or JSON to JSON values; ValueError when it is neither."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    except ValueError:
        try:
            documents = read_all(data)
            return documents[0] if len(documents) == 1 else None
        except (yaml.YAMLError, TypeError, RecursionError) as error:
            raise ValueError(" ".join(str(error).split())) from error
