"""Bytes to objects and back: JSON for everything stored or answered, YAML where a client may send it.

Reads are bounded (nesting, size) because a server must survive whatever is posted; writes are compact and keep key order.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from local_emulator.yamltext import read_all

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
