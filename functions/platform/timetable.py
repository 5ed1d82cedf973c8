"""When the repeats of one process happen: together at most two a second, however many objects wait.

Each repeat gets a place of half a second of its own, the first free one from when it is wanted; so while few wait, nobody waits longer
than wanted, and of many each gets its turn. Up to six hundred objects come round within five minutes; more than that wait longer, rather
than being looked at more often.
"""

from __future__ import annotations

from bisect import bisect_left, insort

SPACING = 0.5
"""Seconds between two repeats; a power of two, so that no place is lost in rounding."""


class Timetable:
    """Moments are seconds of one clock."""

    def __init__(self) -> None:
        self._taken: list[int] = []

    def __len__(self) -> int:
        """Places taken, those that have passed since the last booking included."""
        return len(self._taken)

    def book(self, wanted: float, now: float) -> float:
        """The moment, not before ``wanted``, at which there is a free place; it is taken from now on."""
        del self._taken[: bisect_left(self._taken, _place(now))]
        place = _place(wanted)
        start = bisect_left(self._taken, place)
        # The places are sorted and each is there once: as long as they follow each other, place - position stays the same.
        begin, end = start, len(self._taken)
        while begin < end:
            middle = (begin + end) // 2
            if self._taken[middle] - middle > place - start:
                end = middle
            else:
                begin = middle + 1
        place += begin - start
        insort(self._taken, place)
        return max(wanted, place * SPACING)

    def cancel(self, moment: float) -> None:
        """Gives back the place of a moment that :meth:`book` gave; one that has passed is no loss."""
        position = bisect_left(self._taken, _place(moment))
        if position < len(self._taken) and self._taken[position] == _place(moment):
            del self._taken[position]


def _place(moment: float) -> int:
    return int(moment // SPACING)
