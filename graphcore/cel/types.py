"""CEL types as immutable values.

Source: cel-spec ``doc/langdef.md`` (types), cel-go ``common/types/types.go`` (names as they appear in messages).
"""

from __future__ import annotations

from enum import Enum
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

    __hash__ = object.__hash__  # members are compared by identity; Enum's own hash is a Python call


class Type:
    """One CEL type. ``name`` matters for OPAQUE, OBJECT and PARAMETER; ``parameters`` for LIST (1), MAP (2), TYPE (0–1) and OPAQUE.

    generic: a type parameter occurs in it. size: how many types it is made of, itself included.
    Immutable by agreement, and no dataclass: checking an expression makes dozens of types and asks each of them these questions.
    """

    __slots__ = ("_hash", "_text", "generic", "kind", "name", "parameters", "size")
    generic: bool
    size: int

    def __init__(self, kind: Kind, name: str = "", parameters: tuple[Type, ...] = ()) -> None:
        self.kind = kind
        self.name = name
        self.parameters = parameters
        generic, size = kind is Kind.PARAMETER, 1
        for part in parameters:
            generic = generic or part.generic
            size += part.size
        self.generic = generic
        self.size = size
        self._hash: int | None = None
        self._text: str | None = None

    @property
    def text(self) -> str:
        """As cel-go prints it: ``list(string)``, ``map(string, dyn)``, ``optional_type(int)``, ``kubernetes.Quantity``."""
        if self._text is None:
            base = self.name if self.kind in (Kind.OPAQUE, Kind.OBJECT, Kind.PARAMETER) else self.kind.value
            if self.kind is Kind.NULL:
                base = "null_type"  # only the checker's messages say "null"
            self._text = f"{base}({', '.join(p.text for p in self.parameters)})" if self.parameters else base
        return self._text

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(other) is Type and self.kind is other.kind and self.name == other.name and self.parameters == other.parameters

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.kind, self.name, self.parameters))
        return self._hash

    def __repr__(self) -> str:
        return f"Type({self.text!r})"

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
