"""CEL types as immutable values.

Source: cel-spec ``doc/langdef.md`` (types), cel-go ``common/types/types.go`` (names as they appear in messages).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Protocol


class Kind(Enum):
    """What a type is; every kind but the last five is a single type."""

    DYN = "dyn"
    ERROR = "!error!"
    NULL = "null"
    BOOL = "bool"
    INT = "int"
    UINT = "uint"
    DOUBLE = "double"
    STRING = "string"
    BYTES = "bytes"
    TIMESTAMP = "google.protobuf.Timestamp"
    DURATION = "google.protobuf.Duration"
    LIST = "list"
    MAP = "map"
    OPAQUE = "opaque"  # optional_type(T), kubernetes.Quantity, net.IP, …: named, perhaps with parameters
    TYPE = "type"
    OBJECT = "object"  # declared fields, found through a TypeProvider by name
    PARAMETER = "parameter"


@dataclass(frozen=True, eq=True)
class Type:
    """One CEL type. ``name`` matters for OPAQUE, OBJECT and PARAMETER; ``parameters`` for LIST (1), MAP (2), TYPE (0–1) and OPAQUE."""

    kind: Kind
    name: str = ""
    parameters: tuple[Type, ...] = ()

    @cached_property
    def text(self) -> str:
        """As cel-go prints it: ``list(string)``, ``map(string, dyn)``, ``optional_type(int)``, ``kubernetes.Quantity``."""
        base = self.name if self.kind in (Kind.OPAQUE, Kind.OBJECT, Kind.PARAMETER) else self.kind.value
        if not self.parameters:
            return base
        return f"{base}({', '.join(p.text for p in self.parameters)})"

    @cached_property
    def generic(self) -> bool:
        """True when a type parameter occurs in it."""
        return self.kind is Kind.PARAMETER or any(p.generic for p in self.parameters)

    @cached_property
    def size(self) -> int:
        """How many types it is made of, itself included."""
        return 1 + sum(p.size for p in self.parameters)

    def __str__(self) -> str:
        return self.text


DYN = Type(Kind.DYN)
ERROR = Type(Kind.ERROR)
NULL = Type(Kind.NULL)
BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
UINT = Type(Kind.UINT)
DOUBLE = Type(Kind.DOUBLE)
STRING = Type(Kind.STRING)
BYTES = Type(Kind.BYTES)
TIMESTAMP = Type(Kind.TIMESTAMP)
DURATION = Type(Kind.DURATION)
TYPE = Type(Kind.TYPE)


def list_of(element: Type) -> Type:
    return Type(Kind.LIST, "", (element,))


def map_of(key: Type, value: Type) -> Type:
    return Type(Kind.MAP, "", (key, value))


def optional_of(value: Type) -> Type:
    return Type(Kind.OPAQUE, "optional_type", (value,))


def type_of(value: Type) -> Type:
    return Type(Kind.TYPE, "", (value,))


def opaque(name: str, *parameters: Type) -> Type:
    return Type(Kind.OPAQUE, name, parameters)


def object_type(name: str) -> Type:
    return Type(Kind.OBJECT, name)


def parameter(name: str) -> Type:
    """A type parameter of an overload, such as ``A`` or ``T``."""
    return Type(Kind.PARAMETER, name)


class TypeProvider(Protocol):
    """Declared object types. Field names are those CEL sees (escaped as in Kubernetes CEL)."""

    def fields(self, type_name: str) -> dict[str, Type] | None:
        """Declared fields in schema order, or None when the type is not known."""
        ...

    def field(self, type_name: str, field: str) -> Type | None:
        """Type of one field; DYN for any field of an object that preserves unknown fields; None when undefined."""
        ...
