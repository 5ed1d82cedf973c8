"""What the functions of the standard library do, by cel-go's overload ids; their signatures are in ``standard.py``.

Every overload of a function shares one implementation, which looks at the values: a ``dyn`` argument is known only then. Operators that
the compiler specialises (``_+_``, ``_==_``, ``_[_]``, …) are here as well, so that nothing depends on how an expression was compiled.

Source: cel-spec ``doc/langdef.md`` (list of standard definitions), cel-go ``common/stdlib/standard.go`` and ``common/types``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.standard_conversions import (
    to_bool,
    to_bytes,
    to_double,
    to_duration,
    to_dyn,
    to_int,
    to_string,
    to_timestamp,
    to_type,
    to_uint,
)
from graphcore.cel.runtime import arithmetic
from graphcore.cel.runtime.access import contains, index
from graphcore.cel.runtime.times import calendar, zone_offset
from graphcore.cel.runtime.values import NANOS, Duration, Timestamp, compare, equals, no_such_overload


def less(left: Any, right: Any) -> bool:
    """Whether the left value comes before the right one. Values whose type is ``dyn`` may be numbers of different kinds.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    return compare(left, right) < 0


def less_equals(left: Any, right: Any) -> bool:
    """Whether the left value comes before the right one or equals it.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    return compare(left, right) <= 0


def greater(left: Any, right: Any) -> bool:
    """Whether the left value comes behind the right one.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    return compare(left, right) > 0


def greater_equals(left: Any, right: Any) -> bool:
    """Whether the left value comes behind the right one or equals it.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    return compare(left, right) >= 0


def not_equals(left: Any, right: Any) -> bool:
    """Whether the values differ; values of different kinds do.

    Errors: none.
    Source: CEL standard library.
    """
    return not equals(left, right)


def logical_not(value: Any) -> bool:
    """The other bool.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if type(value) is bool:
        return not value
    raise no_such_overload()


def size(value: Any) -> int:
    """The number of characters (code points) of a string, of bytes, of elements or of entries.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    raise no_such_overload()


def string_contains(text: Any, part: Any) -> bool:
    """Whether the argument occurs in the string.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if type(text) is str and type(part) is str:
        return part in text
    raise no_such_overload()


def starts_with(text: Any, prefix: Any) -> bool:
    """Whether the string begins with the argument.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if type(text) is str and type(prefix) is str:
        return text.startswith(prefix)
    raise no_such_overload()


def ends_with(text: Any, suffix: Any) -> bool:
    """Whether the string ends with the argument.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if type(text) is str and type(suffix) is str:
        return text.endswith(suffix)
    raise no_such_overload()


def matches(text: Any, pattern: Any) -> bool:
    """Whether an RE2 pattern matches somewhere in the string; ``^`` and ``$`` make it match as a whole.

    Errors: ``error parsing regexp`` for a pattern that is invalid or too large.
    Source: CEL standard library.
    """
    if type(text) is str and type(pattern) is str:
        return searcher(pattern)(text.encode("utf-8", "surrogatepass")) is not None
    raise no_such_overload()


@lru_cache(maxsize=256)
def compile_regex(pattern: str) -> Any:
    """The RE2 program of a pattern; linear in its text, limited in memory. Raises EvaluationError (invalid pattern)."""
    return _compile(pattern, never_capture=False)


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[bytes], Any]:
    """Searches UTF-8 for a pattern. Bytes, since ``re2`` spends three times as long on counting the characters of a ``str``.

    Raises EvaluationError (invalid pattern).
    """
    return _compile(pattern.encode("utf-8", "surrogatepass"), never_capture=True).search  # type: ignore[no-any-return]


def _compile(pattern: str | bytes, never_capture: bool) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = never_capture
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise EvaluationError(Reason.OTHER, "error parsing regexp: the pattern is invalid or too large") from error


def _timestamp_part(name: str, what: str, offset: int = 0) -> Callable[..., int]:
    def get(instant: Any, zone: Any = "UTC") -> int:
        if type(instant) is not Timestamp or type(zone) is not str:
            raise no_such_overload()
        return int(getattr(calendar(instant, zone_offset(instant, zone)), name)) + offset

    get.__doc__ = f"""{what}, in UTC or a time zone (``Europe/Berlin``, ``-08:00``).

    Errors: ``unknown time zone``; ``invalid time zone offset``; ``timezone offset … out of range``.
    Source: CEL standard library.
    """
    return get


def _span_part(unit: int, part: Callable[..., int]) -> Callable[..., int]:
    """Of a duration the whole in that unit, truncated; of a timestamp the part of the clock."""

    def get(value: Any, *zone: Any) -> int:
        if type(value) is Duration and not zone:
            # As Go counts: from the second on the rest is added as a double, which may round up.
            whole, rest = divmod(abs(value.nanos), unit)
            count = int(whole + rest / unit) if unit >= NANOS else whole
            return count if value.nanos >= 0 else -count
        return part(value, *zone)

    get.__doc__ = part.__doc__
    return get


_ORDERED = (
    "bool int64 int64_double int64_uint64 uint64 uint64_double uint64_int64 double double_int64 double_uint64 "
    "string bytes timestamp duration"
)
_ADD = "bytes double duration_duration duration_timestamp timestamp_duration int64 list string uint64"
_SUBTRACT = "double duration_duration int64 timestamp_duration timestamp_timestamp uint64"
_TO_STRING = "string bool bytes double duration int64 timestamp uint64"


def _ids(form: str, kinds: str) -> str:
    return " ".join(form.format(kind) for kind in kinds.split())


_DATE = (  # part, id, offset, what it is
    ("year", "year", 0, "The year of a timestamp"),
    ("month", "month", -1, "The month of a timestamp, 0 to 11"),
    ("yearday", "day_of_year", 0, "The day of the year of a timestamp, 0 to 365"),
    ("day", "day_of_month", -1, "The day of the month of a timestamp, 0 to 30"),
    ("day", "day_of_month_1_based", 0, "The day of the month of a timestamp, 1 to 31"),
    ("weekday", "day_of_week", 0, "The day of the week of a timestamp, 0 (Sunday) to 6"),
)
_CLOCK = (("hour", 3600 * NANOS), ("minute", 60 * NANOS), ("second", NANOS), ("millisecond", NANOS // 1000))  # part, nanoseconds
_BY_IMPLEMENTATION: Final[tuple[tuple[Callable[..., Any], str], ...]] = (
    (arithmetic.add, _ids("add_{}", _ADD)),
    (arithmetic.subtract, _ids("subtract_{}", _SUBTRACT)),
    (arithmetic.multiply, "multiply_double multiply_int64 multiply_uint64"),
    (arithmetic.divide, "divide_double divide_int64 divide_uint64"),
    (arithmetic.modulo, "modulo_int64 modulo_uint64"),
    (arithmetic.negate, "negate_int64 negate_double"),
    (equals, "equals"),
    (not_equals, "not_equals"),
    (less, _ids("less_{}", _ORDERED)),
    (less_equals, _ids("less_equals_{}", _ORDERED)),
    (greater, _ids("greater_{}", _ORDERED)),
    (greater_equals, _ids("greater_equals_{}", _ORDERED)),
    (logical_not, "logical_not"),
    (index, "index_list index_map"),
    (contains, "in_list in_map"),
    (size, "size_bytes bytes_size size_list list_size size_map map_size size_string string_size"),
    (to_type, "type"),
    (to_bool, "bool_to_bool string_to_bool"),
    (to_bytes, "bytes_to_bytes string_to_bytes"),
    (to_double, "double_to_double int64_to_double string_to_double uint64_to_double"),
    (to_duration, "duration_to_duration string_to_duration"),
    (to_dyn, "to_dyn"),
    (to_int, _ids("{}_to_int64", "int64 double duration string timestamp uint64")),
    (to_string, _ids("{}_to_string", _TO_STRING)),
    (to_timestamp, "timestamp_to_timestamp int64_to_timestamp string_to_timestamp"),
    (to_uint, "uint64_to_uint64 double_to_uint64 int64_to_uint64 string_to_uint64"),
    (string_contains, "contains_string"),
    (starts_with, "starts_with_string"),
    (ends_with, "ends_with_string"),
    (matches, "matches matches_string"),
    *((_timestamp_part(name, what, offset), f"timestamp_to_{id} timestamp_to_{id}_with_tz") for name, id, offset, what in _DATE),
    *(
        (
            _span_part(unit, _timestamp_part(name, f"The whole {name}s of a duration; the {name} of a timestamp")),
            f"timestamp_to_{name}s timestamp_to_{name}s{'_tz' if name == 'second' else '_with_tz'} duration_to_{name}s",
        )
        for name, unit in _CLOCK
    ),
)

IMPLEMENTATIONS: Final[dict[str, Callable[..., Any]]] = {
    overload: implementation for implementation, overloads in _BY_IMPLEMENTATION for overload in overloads.split()
}
"""What the overload of that id does; called with the evaluated arguments, receiver first."""
