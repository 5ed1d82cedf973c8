"""What the functions of the standard library do, by cel-go's overload ids; their signatures are in ``standard.py``.

Every overload of a function shares one implementation, which looks at the values: a ``dyn`` argument is known only then. Operators that
the compiler specialises (``_+_``, ``_==_``, ``_[_]``, …) are here as well, so that nothing depends on how an expression was compiled.

Source: cel-spec ``doc/langdef.md`` (list of standard definitions), cel-go ``common/stdlib/standard.go`` and ``common/types``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from graphcore.cel import arithmetic
from graphcore.cel.access import contains, index
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
from graphcore.cel.times import calendar, zone_offset
from graphcore.cel.values import NANOS, Duration, Timestamp, compare, equals, no_such_overload


def less(left: Any, right: Any) -> bool:
    """Whether left comes first; numbers compare across kinds. Raises EvaluationError (no such overload)."""
    return compare(left, right) < 0


def less_equals(left: Any, right: Any) -> bool:
    """Whether left comes first or both are equal. Raises EvaluationError (no such overload)."""
    return compare(left, right) <= 0


def greater(left: Any, right: Any) -> bool:
    """Whether right comes first. Raises EvaluationError (no such overload)."""
    return compare(left, right) > 0


def greater_equals(left: Any, right: Any) -> bool:
    """Whether right comes first or both are equal. Raises EvaluationError (no such overload)."""
    return compare(left, right) >= 0


def not_equals(left: Any, right: Any) -> bool:
    """Whether the values differ; values of different kinds do."""
    return not equals(left, right)


def logical_not(value: Any) -> bool:
    """The other bool. Raises EvaluationError (no such overload)."""
    if type(value) is bool:
        return not value
    raise no_such_overload()


def size(value: Any) -> int:
    """Code points of a string, bytes, elements or entries. Raises EvaluationError (no such overload)."""
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    raise no_such_overload()


def string_contains(text: Any, part: Any) -> bool:
    """Whether ``part`` occurs in the string."""
    if type(text) is str and type(part) is str:
        return part in text
    raise no_such_overload()


def starts_with(text: Any, prefix: Any) -> bool:
    """Whether the string begins with ``prefix``."""
    if type(text) is str and type(prefix) is str:
        return text.startswith(prefix)
    raise no_such_overload()


def ends_with(text: Any, suffix: Any) -> bool:
    """Whether the string ends with ``suffix``."""
    if type(text) is str and type(suffix) is str:
        return text.endswith(suffix)
    raise no_such_overload()


def matches(text: Any, pattern: Any) -> bool:
    """Whether an RE2 pattern matches somewhere in the string. Raises EvaluationError (invalid pattern)."""
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


def _timestamp_part(name: str, offset: int = 0) -> Callable[..., int]:
    def get(instant: Any, zone: Any = "UTC") -> int:
        if type(instant) is not Timestamp or type(zone) is not str:
            raise no_such_overload()
        return int(getattr(calendar(instant, zone_offset(instant, zone)), name)) + offset

    get.__doc__ = f"The {name} of a timestamp{' (from 0)' if offset else ''}, in UTC or a zone (``Europe/Berlin``, ``-08:00``)."
    return get


def _span_part(unit: int, part: Callable[..., int]) -> Callable[..., int]:
    """Of a duration the whole in that unit, truncated; of a timestamp the part of the clock."""

    def get(value: Any, *zone: Any) -> int:
        if type(value) is Duration and not zone:
            return value.nanos // unit if value.nanos >= 0 else -(-value.nanos // unit)
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
    (_timestamp_part("year"), "timestamp_to_year timestamp_to_year_with_tz"),
    (_timestamp_part("month", -1), "timestamp_to_month timestamp_to_month_with_tz"),
    (_timestamp_part("yearday"), "timestamp_to_day_of_year timestamp_to_day_of_year_with_tz"),
    (_timestamp_part("day", -1), "timestamp_to_day_of_month timestamp_to_day_of_month_with_tz"),
    (_timestamp_part("day"), "timestamp_to_day_of_month_1_based timestamp_to_day_of_month_1_based_with_tz"),
    (_timestamp_part("weekday"), "timestamp_to_day_of_week timestamp_to_day_of_week_with_tz"),
    (_span_part(3600 * NANOS, _timestamp_part("hour")), "timestamp_to_hours timestamp_to_hours_with_tz duration_to_hours"),
    (_span_part(60 * NANOS, _timestamp_part("minute")), "timestamp_to_minutes timestamp_to_minutes_with_tz duration_to_minutes"),
    (_span_part(NANOS, _timestamp_part("second")), "timestamp_to_seconds timestamp_to_seconds_tz duration_to_seconds"),
    (
        _span_part(NANOS // 1000, _timestamp_part("millisecond")),
        "timestamp_to_milliseconds timestamp_to_milliseconds_with_tz duration_to_milliseconds",
    ),
)

IMPLEMENTATIONS: Final[dict[str, Callable[..., Any]]] = {
    overload: implementation for implementation, overloads in _BY_IMPLEMENTATION for overload in overloads.split()
}
"""What the overload of that id does; called with the evaluated arguments, receiver first."""
