"""Protobuf bytes to the JSON object that they stand for."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
MAX_DEPTH = 100

Field = tuple[str, str]  # JSON name ("" for inlined), type
_META = "k8s.io.apimachinery.pkg.apis.meta.v1."
_GROUPS = {  # group → package where it is not the first label of the group's name
    "": "core",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
}


@cache
def _table() -> dict[str, dict[int, Field]]:
    raw = json.loads(gzip.decompress((files("local_emulator") / "data" / "protobuf.json.gz").read_bytes()))
    return {name: {int(number): (field[0], field[1]) for number, field in fields.items()} for name, fields in raw.items()}


def message_name(api_version: str, kind: str) -> str:
    """The message of a kind: ``k8s.io.api.core.v1.Pod`` for v1 Pod."""
    group, _, version = api_version.rpartition("/")
    if kind == "DeleteOptions":
        return _META + kind
    return f"k8s.io.api.{_GROUPS.get(group, group.partition('.')[0])}.{version}.{kind}"


def decode_object(data: bytes) -> dict[str, Any]:
    """An object with apiVersion and kind from a body with the ``k8s`` envelope. ValueError for anything else."""
    if not data.startswith(MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = {number: value for number, _, value in _fields(data[4:])}
    kind = {number: value for number, _, value in _fields(_bytes(envelope.get(1, b"")))}
    api_version, name = _bytes(kind.get(1, b"")).decode(), _bytes(kind.get(2, b"")).decode()
    message = message_name(api_version, name)
    if message not in _table():
        raise ValueError(f"no protobuf message is known for {name} in {api_version}")
    body = decode_message(message, _bytes(envelope.get(2, b"")))
    return {"kind": name, "apiVersion": api_version, **body}


def decode_message(name: str, data: bytes) -> Any:
    """The JSON value of a message of the table. ValueError for bytes that are none."""
    return _message(name, data, 0)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("malformed protobuf: wrong wire type")
    return value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("malformed protobuf: bad varint")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """(number, wire type, raw value) of every field."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        wire = tag & 7
        value: Any
        if wire == 0:
            value, position = _varint(data, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, position = data[position : position + size], position + size
        elif wire == 2:
            size, position = _varint(data, position)
            value, position = data[position : position + size], position + size
        else:
            raise ValueError("malformed protobuf: unknown wire type")
        if position > len(data):
            raise ValueError("malformed protobuf: truncated")
        yield tag >> 3, wire, value


def _signed(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError("malformed protobuf: wrong wire type")
    return value - (1 << 64) if value >= 1 << 63 else value


def _message(name: str, data: bytes, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("malformed protobuf: nested too deeply")
    special = _SPECIAL.get(name)
    if special is not None:
        return special({number: value for number, _, value in _fields(data)})
    known = _table()[name]
    found: dict[str, Any] = {}
    for number, _, raw in _fields(data):
        if number not in known:
            continue
        field, kind = known[number]
        if kind.startswith("*"):
            found.setdefault(field, []).append(_value(kind[1:], raw, depth))
        elif kind.startswith("{}"):
            pair = {key: value for key, _, value in _fields(_bytes(raw))}
            empty: Any = b"" if kind[2:] in ("string", "bytes") or "." in kind else 0
            found.setdefault(field, {})[_bytes(pair.get(1, b"")).decode()] = _value(kind[2:], pair.get(2, empty), depth)
        elif field:
            found[field] = _value(kind, raw, depth)
        else:
            inlined = _value(kind, raw, depth)
            if isinstance(inlined, dict):
                found |= inlined
    # Lists of strings that protobuf has to wrap, so that they can be values of a map.
    return found.get("items", []) if name.endswith((".ExtraValue", ".Verbs")) else found


def _value(kind: str, raw: Any, depth: int) -> Any:
    match kind:
        case "string":
            return _bytes(raw).decode()
        case "bytes":
            return base64.b64encode(_bytes(raw)).decode()
        case "bool":
            return bool(_signed(raw))
        case "int":
            return _signed(raw)
        case "double":
            return struct.unpack("<d", _bytes(raw))[0]
    return _message(kind, _bytes(raw), depth + 1)


def _time(fields: dict[int, Any], digits: int) -> str | None:
    seconds, nanos = _signed(fields.get(1, 0)), _signed(fields.get(2, 0))
    if not fields or (seconds <= -62135596800 and not nanos):
        return None
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{nanos // 1000:06d}Z" if digits else f"{moment}Z"


def _duration(fields: dict[int, Any]) -> str:
    return f"{_signed(fields.get(1, 0)) / 1e9:g}s"


def _int_or_string(fields: dict[int, Any]) -> int | str:
    return _bytes(fields.get(3, b"")).decode() if fields.get(1, 0) == 1 else _signed(fields.get(2, 0))


def _raw_json(fields: dict[int, Any]) -> Any:
    return json.loads(_bytes(fields.get(1, b"")) or b"null")


_SPECIAL = {
    _META + "Time": lambda fields: _time(fields, 0),
    _META + "MicroTime": lambda fields: _time(fields, 6),
    _META + "Duration": _duration,
    _META + "FieldsV1": _raw_json,
    "k8s.io.apimachinery.pkg.api.resource.Quantity": lambda fields: _bytes(fields.get(1, b"")).decode(),
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "k8s.io.apimachinery.pkg.runtime.RawExtension": _raw_json,
}
