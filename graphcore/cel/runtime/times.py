"""Timestamps and durations as text, and the calendar.

Exact to the nanosecond, which ``datetime`` is not; so dates are computed here, and only named time zones come from ``celpy.celtypes``
(imported when an expression names one, since that costs a fifth of a second).

Source: Go ``time`` (``ParseDuration``, ``Duration.String``, RFC 3339 layouts), as cel-go and Kubernetes use it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.values import INT_MAX, INT_MIN, NANOS, TIMESTAMP_MAX, TIMESTAMP_MIN, Duration, Timestamp

_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII)
_DURATION_PART = re.compile(r"(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": NANOS, "m": 60 * NANOS, "h": 3600 * NANOS}
_OFFSET = re.compile(r"([+-]?\d{1,4}):([+-]?\d{1,4})\Z", re.ASCII)
_DAY: Final = 86_400


class Calendar(NamedTuple):
    """One instant in a zone. month: 1–12; weekday: 0 is Sunday; yearday: from 0."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int
    yearday: int


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that leap days come last."""
    year -= month <= 2
    era_day = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + era_day - 719_468


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def parse_timestamp(text: str) -> Timestamp | None:
    """RFC 3339, with the offset it names; None when malformed. Raises EvaluationError outside the years 1 to 9999."""
    match = _RFC3339.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= _days_in(year, month) and hour < 24 and minute < 60 and second < 60):
        return None
    offset = 0
    if match[8]:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 24 or minutes > 60:
            return None
        offset = (hours * 60 + minutes) * (-60 if match[8] == "-" else 60)
    seconds = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset
    return Timestamp(seconds * NANOS + int((match[7] or "0")[:9].ljust(9, "0")), offset)


def calendar(instant: Timestamp, offset: int = 0) -> Calendar:
    """The instant at ``offset`` seconds east of UTC."""
    seconds, nanos = divmod(instant.nanos, NANOS)
    days, rest = divmod(seconds + offset, _DAY)
    # The inverse of _days: find the 400-year era, then year and day within it.
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = era * 400 + year_of_era + (month <= 2)
    return Calendar(
        year=year,
        month=month,
        day=day_of_year - (153 * shifted + 2) // 5 + 1,
        hour=rest // 3600,
        minute=rest // 60 % 60,
        second=rest % 60,
        millisecond=nanos // 1_000_000,
        weekday=(days + 4) % 7,
        yearday=days - _days(year, 1, 1),
    )


def format_timestamp(instant: Timestamp, fraction: bool = True) -> str:
    """RFC 3339 at the timestamp's own offset; without ``fraction`` in UTC and whole seconds, as Kubernetes writes times."""
    offset = instant.offset if fraction else 0
    at = calendar(instant, offset)
    text = f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}"
    nanos = instant.nanos % NANOS
    if fraction and nanos:
        text += f".{nanos:09d}".rstrip("0")
    if not offset:
        return text + "Z"
    minutes = abs(offset) // 60
    return f"{text}{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def zone_offset(instant: Timestamp, zone: str) -> int:
    """Seconds east of UTC of a zone: a name (``Europe/Berlin``) or ``[+-]hh:mm``. Raises EvaluationError for an unknown one."""
    if ":" in zone:
        match = _OFFSET.match(zone)
        if match is None:
            raise EvaluationError(Reason.CONVERSION, "invalid time zone offset")
        hours, minutes = int(match[1]), int(match[2])
        if not -23 <= hours <= 23:
            raise EvaluationError(Reason.CONVERSION, "timezone offset hours out of range [-23, 23]")
        if not 0 <= minutes <= 59:
            raise EvaluationError(Reason.CONVERSION, "timezone offset minutes out of range [0, 59]")
        return (hours * 60 + (-minutes if zone[0] == "-" else minutes)) * 60
    if zone in ("", "UTC", "Local"):  # kro's own local time is UTC
        return 0
    if zone == "utc":  # which the library below takes for UTC
        raise EvaluationError(Reason.CONVERSION, "unknown time zone")
    return _named_offset(instant, zone)


def _named_offset(instant: Timestamp, zone: str) -> int:
    from celpy.celtypes import TimestampType

    try:
        table = TimestampType.tz_parse(zone)
        # At the ends of the calendar the local time may lie in the year 0 or 10000, which datetime does not know.
        seconds = min(max(instant.nanos, TIMESTAMP_MIN + 2 * _DAY * NANOS), TIMESTAMP_MAX - 2 * _DAY * NANOS) // NANOS
        at = TimestampType.fromtimestamp(seconds, tz=table)
        offset = at.utcoffset()
    except (ValueError, KeyError, OSError, OverflowError) as error:
        raise EvaluationError(Reason.CONVERSION, "unknown time zone") from error
    return int(offset.total_seconds()) if offset is not None else 0


def parse_duration(text: str) -> Duration | None:
    """Go's notation (``1h30m``, ``-1.5s``); None when malformed or out of range."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return Duration(0)
    total, end = 0, 0
    while match := _DURATION_PART.match(rest, end):
        whole, fraction, unit = match.groups()
        if (not whole and not fraction) or len(whole) > 20:
            return None
        scale = _UNITS[unit]
        total += int(whole or "0") * scale
        if fraction:
            digits = fraction[:18]
            total += int(digits) * scale // 10 ** len(digits)
        end = match.end()
    if end == 0 or end != len(rest) or not INT_MIN <= sign * total <= INT_MAX:
        return None
    return Duration(sign * total)


def format_seconds(span: Duration) -> str:
    """As ``string(duration)`` gives it: seconds as a decimal fraction, ``5400s``, ``0.5s``."""
    whole, rest = divmod(abs(span.nanos), NANOS)
    return f"{'-' if span.nanos < 0 else ''}{fixed(whole + rest / NANOS)}s"


def format_duration(span: Duration) -> str:
    """As Kubernetes writes durations: ``1h30m0s``, ``1.5s``, ``200ms``."""
    nanos = abs(span.nanos)
    sign = "-" if span.nanos < 0 else ""
    if nanos == 0:
        return "0s"
    if nanos < NANOS:
        unit, scale = ("ns", 1) if nanos < 1000 else ("µs", 1000) if nanos < 1_000_000 else ("ms", 1_000_000)
        return f"{sign}{_decimal(nanos, scale)}{unit}"
    minutes, rest = divmod(nanos, 60 * NANOS)
    text = _decimal(rest, NANOS) + "s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{minutes}m{text}"
        if hours:
            text = f"{hours}h{text}"
    return sign + text


def _decimal(value: int, scale: int) -> str:
    whole, fraction = divmod(value, scale)
    if not fraction:
        return str(whole)
    return f"{whole}.{str(fraction).rjust(len(str(scale)) - 1, '0').rstrip('0')}"


def fixed(number: float) -> str:
    """The shortest decimal that reads back as ``number``, without an exponent."""
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits, point = whole + fraction, len(whole) + int(exponent)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return sign + digits.ljust(point, "0")[:point] + ("." + digits[point:] if len(digits) > point else "")
