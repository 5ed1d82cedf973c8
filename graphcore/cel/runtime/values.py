"""What expressions compute with: plain JSON values, and a few small classes for what JSON lacks.

null, bool, int, double, string, bytes, list and map are ``None, bool, int, float, str, bytes, list, dict``; an int is always within
64 bits. The rest: :class:`Uint`, :class:`Timestamp`, :class:`Duration`, :class:`Optional`, :class:`TypeValue`, :data:`OMIT` and what a
library derives from :class:`Opaque`. Python would call ``True``, ``1`` and ``1.0`` equal, and one key of a dict; CEL does not, so values
are compared with :func:`equals`, and the keys of maps are those of :mod:`graphcore.cel.runtime.keys`.

Source: cel-spec ``doc/langdef.md`` (values, equality, ordering); cel-go ``common/types`` for limits and texts.
"""

from __future__ import annotations

from math import nan
from typing import Any, Final

from graphcore.cel.ast import Uint as Uint
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.budget import spend
from graphcore.cel.types import Type

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1
NANOS: Final = 1_000_000_000
TIMESTAMP_MIN: Final = -62_135_596_800 * NANOS  # 0001-01-01T00:00:00Z
TIMESTAMP_MAX: Final = 253_402_300_800 * NANOS - 1  # 9999-12-31T23:59:59.999999999Z

MAX_COMPARED: Final = 1 << 19
_SPENT_AT_ONCE: Final = 1 << 8


class Timestamp:
    """A point in time. nanos: nanoseconds since the Unix epoch, years 1 to 9999; offset: seconds east of UTC at which it is written."""

    __slots__ = ("nanos", "offset")

    def __init__(self, nanos: int, offset: int = 0) -> None:
        if not TIMESTAMP_MIN <= nanos <= TIMESTAMP_MAX:
            raise EvaluationError(Reason.OVERFLOW, "timestamp overflow")
        self.nanos = nanos
        self.offset = offset

    def __eq__(self, other: object) -> bool:
        return type(other) is Timestamp and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash((Timestamp, self.nanos))

    def __repr__(self) -> str:
        return f"Timestamp({self.nanos})"


class Duration:
    """A signed span. nanos: nanoseconds, within int64 as in cel-go (about 292 years)."""

    __slots__ = ("nanos",)

    def __init__(self, nanos: int) -> None:
        if not INT_MIN <= nanos <= INT_MAX:
            raise EvaluationError(Reason.OVERFLOW, "duration overflow")
        self.nanos = nanos

    def __eq__(self, other: object) -> bool:
        return type(other) is Duration and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash((Duration, self.nanos))

    def __repr__(self) -> str:
        return f"Duration({self.nanos})"


class Optional:
    """``optional_type``: a value or nothing. Made with :meth:`of`; the absent one is :data:`NONE`."""

    __slots__ = ("present", "value")

    def __init__(self, present: bool, value: Any) -> None:
        self.present = present
        self.value = value

    @classmethod
    def of(cls, value: Any) -> Optional:
        return cls(True, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is Optional and equals(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Optional.of({self.value!r})" if self.present else "NONE"


NONE: Final = Optional(False, None)


class TypeValue:
    """What ``type(x)`` gives. name: as CEL calls it (``int``, ``null_type``, ``google.protobuf.Timestamp``)."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return type(other) is TypeValue and self.name == other.name

    def __hash__(self) -> int:
        return hash((TypeValue, self.name))

    def __repr__(self) -> str:
        return f"TypeValue({self.name!r})"


class Opaque:
    """Base of a library's own values (quantity, IP, URL, …).

    A subclass sets ``cel_type`` and defines ``equal``; ``is_zero`` only if it can be a zero value; ``has_fields`` and ``get`` only if it
    has fields, so that to ask for any other is an error.
    """

    __slots__ = ()
    cel_type: Type
    has_fields = False

    def equal(self, other: Any) -> bool:
        """Whether ``other``, of the same class, is the same value."""
        raise NotImplementedError

    def get(self, field: str) -> Any:
        """The value of a field. Raises EvaluationError (no such field)."""
        raise EvaluationError(Reason.NO_SUCH_FIELD, f"no such field '{field}'", field)

    def is_zero(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.equal(other)

    __hash__ = None  # type: ignore[assignment]


class _Omit:
    """The type of :data:`OMIT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "OMIT"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Omit:
        return self


OMIT: Final = _Omit()
"""What kro's ``omit()`` returns: rendering removes the map key or list element that holds it; comparing it is an error."""


class AssociativeList(list[Any]):
    """A list whose equality and ``+`` follow its OpenAPI list type (set or map); views derive from it."""

    __slots__ = ()

    def equal_to(self, other: list[Any]) -> bool:
        raise NotImplementedError

    def plus(self, other: list[Any]) -> list[Any]:
        raise NotImplementedError


class Original(dict[Any, Any]):
    """A map decoded from an object of the cluster. original: the same part of that object, undecoded."""

    __slots__ = ("original",)
    original: dict[str, Any]


def no_such_overload() -> EvaluationError:
    return EvaluationError(Reason.NO_SUCH_OVERLOAD)


_TYPE_NAMES: Final[dict[type, str]] = {
    type(None): "null_type",
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    Optional: "optional_type",
    TypeValue: "type",
    _Omit: "kro.omit",
}


def type_name(value: Any) -> str:
    """The name ``type(value)`` has in CEL."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "list"
    if isinstance(value, Opaque):
        return value.cel_type.name
    raise TypeError(f"not a CEL value: {type(value).__name__}")


_PLAIN: Final = frozenset({str, bool, type(None), bytes, Timestamp, Duration, TypeValue})
_NUMBERS: Final = frozenset({int, float, Uint})


def _numbers_equal(left: Any, right: Any) -> bool:
    if (type(left) is float) is (type(right) is float):
        return bool(left == right)
    try:
        return float(left) == float(right)  # cel-go compares an integer with a double as doubles
    except OverflowError:
        return False  # JSON from elsewhere may hold integers beyond 64 bits


def equals(left: Any, right: Any) -> bool:
    """Whether two values are the same; numbers compare across kinds, values of different kinds are unequal, maps have no order.

    Errors: ``no such overload`` for ``omit()``; ``budget exceeded`` for values that are too large.
    Source: CEL standard library.
    """
    kind = type(left)
    if kind in _PLAIN and kind is type(right):
        return bool(left == right)
    if kind in _NUMBERS and type(right) in _NUMBERS:
        return _numbers_equal(left, right)
    return _deep_equals(left, right)


def _deep_equals(left: Any, right: Any) -> bool:
    pending = [(left, right)]  # an explicit stack: values may be nested deeper than Python's recursion allows
    compared = 0
    while pending:
        a, b = pending.pop()
        compared += 1
        if not compared % _SPENT_AT_ONCE:
            spend(_SPENT_AT_ONCE)
            if compared >= MAX_COMPARED:  # parts may be shared, so that walking a small value takes for ever
                raise EvaluationError(Reason.BUDGET, "budget exceeded: the compared values are too large")
        kind = type(a)
        if a is OMIT or b is OMIT:
            raise no_such_overload()
        if kind in _PLAIN:
            if kind is not type(b) or a != b:
                return False
        elif kind in _NUMBERS:
            if type(b) not in _NUMBERS or not _numbers_equal(a, b):
                return False
        elif isinstance(a, dict):
            if not isinstance(b, dict) or len(a) != len(b):
                return False
            for key, value in a.items():
                if key in b:
                    pending.append((value, b[key]))
                elif key in a:  # else it is null in both, as in a view of an object
                    return False
        elif isinstance(a, AssociativeList):
            if not isinstance(b, list) or not a.equal_to(b):
                return False
        elif isinstance(a, list):
            if not isinstance(b, list) or len(a) != len(b):
                return False
            pending.extend(zip(a, b, strict=True))
        elif kind is Optional:
            if type(b) is not Optional or a.present is not b.present:
                return False
            pending.append((a.value, b.value))
        elif kind is not type(b) or not a.equal(b):
            return False
    return True


_WIDEST: Final = 2.0**64
_ORDERED: Final = frozenset({str, bytes, bool})


def compare(left: Any, right: Any) -> float:
    """-1, 0 or 1; NaN, which is neither below, at nor above 0, where a number is NaN. Numbers compare across kinds.

    Raises EvaluationError (no such overload).
    """
    kind, other = type(left), type(right)
    if kind in _NUMBERS and other in _NUMBERS:
        if left != left or right != right:
            return nan
        if (kind is float) is not (other is float) and max(abs(left), abs(right)) < _WIDEST:
            left, right = float(left), float(right)  # else they are compared exactly
    elif kind is not other:
        raise no_such_overload()
    elif kind is Timestamp or kind is Duration:
        left, right = left.nanos, right.nanos
    elif kind not in _ORDERED:
        raise no_such_overload()
    return int(left > right) - int(left < right)


def is_zero_value(value: Any) -> bool:
    """Whether ``optional.ofNonZeroValue`` treats the value as absent."""
    if isinstance(value, Opaque):
        return value.is_zero()
    kind = type(value)
    if kind is Timestamp:
        return bool(value.nanos == TIMESTAMP_MIN)
    if kind is Duration:
        return bool(value.nanos == 0)
    return value is not OMIT and kind is not TypeValue and kind is not Optional and not value
