"""Two sets of cases: which of them concern kro's CEL, and what they say in our terms.

*The specification's*: its simple conformance tests, from the Go module ``cel.dev/expr``; ``celspec`` turns them into JSON.
*Recorded*: npm ``@bufbuild/cel-spec`` has, for an older version of these tests and for the expressions of cel-go's own, what cel-go's
parser and checker made of it: tree, type, errors. ``extract.mjs`` turns them into JSON.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphcore.cel.runtime.keys import map_key
from graphcore.cel.runtime.times import parse_duration, parse_timestamp
from graphcore.cel.runtime.values import TypeValue, Uint
from graphcore.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Type,
    list_of,
    map_of,
    opaque,
    parameter,
    type_of,
)

FILES = Path(__file__).parents[2] / ".cache" / "conformance"
SPECIFICATION = FILES / "specification.json"
RECORDED = FILES / "recorded.json"

_PROTOBUF = re.compile(
    r"TestAllTypes|NestedTest|objectValue|enumValue|type\.googleapis|messageType|Proto2|[Pp]roto[23]|\bANY\b|[Ww]rapper|NestedEnum|GlobalEnum"
    r"|NullValue|cel\.expr\.conformance|google\.protobuf\.(?!Timestamp|Duration)"
)
_TIMES = re.compile(
    r'"messageType": "google\.protobuf\.(Timestamp|Duration)"|"objectValue": \{"@type": "type\.googleapis\.com/google\.protobuf\.(Timestamp|Duration)"'
)
_NOT_KRO = frozenset({"math_ext", "sets_ext", "block_ext", "proto2", "proto2_ext", "proto3", "enums", "wrappers"})


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """suite: ``conformance/lists/concatenation``. test: as the specification has it. recorded_*: what cel-go answered, if recorded."""

    suite: str
    name: str
    source: str
    test: dict[str, Any]
    recorded_tree: str | None
    recorded_type: str | None
    recorded_errors: tuple[str, ...]  # ``line:column: message``

    @property
    def key(self) -> str:
        return f"{self.suite}: {self.name}"

    @property
    def area(self) -> str:
        """``lists`` for ``conformance/lists/concatenation``."""
        return (*self.suite.split("/"), "")[1]


def _errors(text: str) -> tuple[str, ...]:
    return tuple(match[1] for match in re.finditer(r"^ERROR: [^:\n]*:(-?\d+:\d+: .*)$", text, re.MULTILINE))


def load(path: Path) -> list[Case]:
    """Every case of a file that needs no protobuf message and no library that kro does not register."""
    cases = []
    for item in json.loads(path.read_text("utf-8")):
        test = item["original"]
        content = json.dumps({key: value for key, value in test.items() if key not in ("name", "description", "container")})
        if _PROTOBUF.search(_TIMES.sub("", content)):
            continue
        name = test.get("name") or " ".join(test["expr"].split())
        case = Case(
            item["suite"], name, test["expr"], test, item.get("ast"), item.get("type"), _errors(item["error"]) if "error" in item else ()
        )
        if case.area not in _NOT_KRO:
            cases.append(case)
    return cases


_PRIMITIVES = {"BOOL": BOOL, "INT64": INT, "UINT64": UINT, "DOUBLE": DOUBLE, "STRING": STRING, "BYTES": BYTES}
_WELL_KNOWN = {"TIMESTAMP": TIMESTAMP, "DURATION": DURATION}
_MESSAGES = {"google.protobuf.Timestamp": TIMESTAMP, "google.protobuf.Duration": DURATION}


def type_from(proto: dict[str, Any]) -> Type:
    """A ``cel.expr.Type`` in protobuf's JSON form."""
    ((kind, value),) = proto.items()
    match kind:
        case "primitive":
            return _PRIMITIVES[value]
        case "wellKnown":
            return _WELL_KNOWN[value]
        case "messageType":
            return _MESSAGES[value]
        case "dyn":
            return DYN
        case "null":
            return NULL
        case "listType":
            return list_of(type_from(value["elemType"]) if value.get("elemType") else DYN)
        case "mapType":
            return map_of(type_from(value["keyType"]), type_from(value["valueType"]))
        case "typeParam":
            return parameter(value)
        case "abstractType":
            return opaque(value["name"], *(type_from(p) for p in value.get("parameterTypes", ())))
        case "type":
            return type_of(type_from(value)) if value else TYPE
    raise ValueError(kind)


def value_from(proto: dict[str, Any]) -> Any:
    """A ``cel.expr.Value`` in protobuf's JSON form."""
    ((kind, value),) = proto.items()
    match kind:
        case "nullValue":
            return None
        case "boolValue" | "stringValue":
            return value
        case "int64Value":
            return int(value)
        case "uint64Value":
            return Uint(value)
        case "doubleValue":
            return float(value)
        case "bytesValue":
            return base64.b64decode(value)
        case "listValue":
            return [value_from(item) for item in value.get("values", ())]
        case "mapValue":
            return {map_key(value_from(entry["key"])): value_from(entry["value"]) for entry in value.get("entries", ())}
        case "typeValue":
            return TypeValue(value)
        case "objectValue":
            return parse_duration(value["value"]) if value["@type"].endswith("Duration") else parse_timestamp(value["value"])
    raise ValueError(kind)


def same(left: Any, right: Any) -> bool:
    """Equal in value and in kind, all the way down; NaN is the same as NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right) or (left != left and right != right)
