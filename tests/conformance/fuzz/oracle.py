"""celoracle as a conversation, and values as both sides write them."""

from __future__ import annotations

import base64
import json
import math
import select
import subprocess
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from graphcore.cel.runtime.keys import key_value
from graphcore.cel.runtime.times import format_timestamp, parse_duration, parse_timestamp
from graphcore.cel.runtime.values import NONE, Duration, Opaque, Optional, Timestamp, TypeValue, Uint
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, Type, list_of, map_of, optional_of

Question = dict[str, Any]
"""``expression``, and either ``variables``, each with ``type`` and ``value``, or ``values`` of declared variables; values are JSON."""
Answer = dict[str, Any]

_TYPES = {
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "dyn": DYN,
}
IDENTIFIERS = {"a__dash__b": "a-b", "x__underscores__y": "x__y", "__if__": "if", "__namespace__": "namespace"}
"""Names of the properties whose identifiers differ, by identifier."""


class Oracle:
    """A running celoracle; one question, one answer. cel-go has no limits, so a question that takes too long or all memory is given up.

    declared: the variables of questions that bring no types, by name: ``{"type": …}`` or ``{"schema": …}``.
    """

    TOO_LONG = 10.0

    def __init__(self, binary: Path, declared: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._binary = binary
        self._declared = json.dumps(declared or {})
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen([str(self._binary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)
        self._in.close()
        self._out.close()

    def ask(self, question: Question) -> Answer:
        declared = self._declared
        if variables := question.get("variables"):
            declared = json.dumps({name: {"type": variable["type"]} for name, variable in variables.items()})
            question = {**question, "values": {name: variable["value"] for name, variable in variables.items()}}
        self._in.write(f'{json.dumps(question)[:-1]}, "declared": {declared}}}\n'.encode())
        self._in.flush()
        answered = select.select([self._out], [], [], self.TOO_LONG)[0]
        line = self._out.readline() if answered else b""
        if not line:
            self.close()
            self._start()
            return {"too long": True}
        answer: Answer = json.loads(line)
        return answer


@lru_cache(maxsize=256)
def parse_type(text: str) -> Type:
    """``map(string, list(int))`` as a type."""
    head, _, rest = text.partition("(")
    if not rest:
        return _TYPES[head]
    if head == "list":
        return list_of(parse_type(rest[:-1]))
    if head == "optional":
        return optional_of(parse_type(rest[:-1]))
    key, _, element = rest[:-1].partition(", ")
    return map_of(parse_type(key), parse_type(element))


def decode(kind: str, value: Any) -> Any:
    """A variable's value, read by its declared type as celoracle does."""
    head, _, rest = kind.partition("(")
    match head:
        case "uint":
            return Uint(value)
        case "double":
            return float(value)
        case "bytes":
            return base64.b64decode(value)
        case "timestamp":
            return parse_timestamp(value)
        case "duration":
            return parse_duration(value)
        case "list":
            return [decode(rest[:-1], item) for item in value]
        case "map":
            return {key: decode(rest[:-1].partition(", ")[2], item) for key, item in value.items()}
        case "optional":
            return NONE if value is None else Optional.of(decode(rest[:-1], value))
    return value


def encode(value: Any) -> Any:
    """A result as celoracle writes it, maps sorted, doubles as numbers."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["bool", value]
        case Uint():
            return ["uint", str(int(value))]
        case int():
            return ["int", str(value)]
        case float():
            return ["double", _double(value)]
        case str():
            return ["string", value]
        case bytes():
            return ["bytes", base64.b64encode(value).decode()]
        case Timestamp():
            return ["timestamp", format_timestamp(Timestamp(value.nanos))]
        case Duration():
            return ["duration", str(value.nanos)]
        case Optional():
            return ["optional", encode(value.value)] if value.present else ["optional"]
        case TypeValue():
            return ["type", value.name]
        case list():
            return ["list", [encode(item) for item in value]]
        case dict():
            return ["map", _entries([encode(key_value(key)), encode(item)] for key, item in value.items())]
        case Opaque():
            return ["opaque", value.cel_type.name]
    raise TypeError(f"no CEL value: {type(value)}")


def _entries(entries: Iterable[list[Any]]) -> list[list[Any]]:
    return sorted(entries, key=lambda entry: json.dumps(entry[0]))


def _double(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


def _property(key: Any) -> Any:
    """cel-go counts off the properties of a declared object by their identifiers; here they have their names."""
    return ["string", IDENTIFIERS.get(key[1], key[1])] if key[0] == "string" else key


def normal(value: Any) -> Any:
    """cel-go's result in the form of :func:`encode`."""
    match value:
        case ["double", text]:
            return ["double", _double(float(text))]
        case ["list", items]:
            return ["list", [normal(item) for item in items]]
        case ["map", entries]:
            return ["map", _entries([_property(normal(key)), normal(item)] for key, item in entries)]
        case ["opaque", "error"]:
            return ["null"]  # what Kubernetes finds in place of a null below a declared object
        case ["optional", item]:
            return ["optional", normal(item)]
    return value
