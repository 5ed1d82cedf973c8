"""Rule 10, where no event will tell: when an object is looked at again although nothing happened.

The wait grows with the time that things have been so, up to half a minute, and no further: how long an obstacle was there says nothing of
how soon somebody wants to see it gone. That many objects together cost little is the business of whoever repeats the runs
(``functions.platform.timetable``), which knows how many there are; it holds up nothing that is ``prompt``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from graphcore.converge.conditions import seconds_since

LONGEST = 30.0
"""Seconds to which the wait grows; an interval that is set to more stays as it is."""


class Repeat(NamedTuple):
    """after: seconds; None for never. prompt: not to be held up by the repeats of other objects."""

    after: float | None = None
    prompt: bool = False


NEVER = Repeat()


def grown(interval: float, age: float) -> float:
    """Seconds to wait for what has been so for ``age`` seconds: as long again, from the interval up to :data:`LONGEST`."""
    return max(interval, min(LONGEST, age))


def since(transition: Any, now: datetime, interval: float) -> Repeat:
    """The repeat of what an object says has been so since ``transition`` (RFC 3339); the first one is prompt. interval: 0 for never."""
    if interval <= 0:
        return NEVER
    age = seconds_since(transition, now)
    return Repeat(grown(interval, age), prompt=age < interval)


def sooner(one: Repeat, other: Repeat) -> Repeat:
    """Whichever comes first; both are one look."""
    if one.after is None or (other.after is not None and other.after < one.after):
        return other
    return one
