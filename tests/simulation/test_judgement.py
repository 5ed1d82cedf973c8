"""Rule 9 as a property: an event is acknowledged only if every change in it was dealt with, whatever was merged, repeated or told late.

Each mutant is a way in which changes were, or could be, lost; the property has to find it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from functions.platform import merging, runs
from functions.platform.driver import Sight
from functions.platform.events import EVENT_DELETE, Changed, Event
from functions.platform.runs import Report
from tests.simulation.judgement import failures_of

SCRIPTS = int(os.environ.get("KROFN_JUDGEMENTS", "3000"))
"""Random scripts played; a million was played once by hand."""
FIRST = int(os.environ.get("KROFN_JUDGEMENTS_FROM", "0"))


def first_failure(scripts: Iterable[list[str] | int], **mutant: Any) -> list[str]:
    """What goes wrong first, with the script; nothing if nothing does."""

    async def play() -> list[str]:
        for script in scripts:
            found, played = await failures_of(script, **mutant)
            if found:
                return [f"seed {script}" if isinstance(script, int) else "", played, *found]
        return []

    return asyncio.run(play())


def test_whatever_is_acknowledged_was_dealt_with() -> None:
    assert not first_failure(range(FIRST, FIRST + SCRIPTS))


HEAD = ("edit a", "tell", "deliver", "read")
"""A child was edited, and the run that its event caused has read it."""
ALPHABET = ("edit a", "end a", "write a", "delete a", "tell", "relist", "deliver", "read", "finish")


def test_every_short_script_is_acknowledged_rightly() -> None:
    scripts = ([*HEAD, *steps, "finish", "deliver"] for steps in product(ALPHABET, repeat=4))
    assert not first_failure(scripts)


def newest_only(older: Event, newer: Event) -> Event:
    return replace(newer, changes=newer.changes)


def by_type(older: Event, newer: Event) -> Event:
    """As it was: the newer event's type stands for all changes, and the highest number of all for whatever definition."""
    merged = merging.merge(older, newer)
    changes = tuple(dict.fromkeys(Changed(change.uid, change.version) for change in (*older.changes, *newer.changes)))
    deleted = newer.type == EVENT_DELETE
    return replace(
        merged, type=newer.type if older.watched else older.type, changes=tuple(item._replace(deleted=deleted) for item in changes)
    )


def newest_arrival(older: Event, newer: Event) -> Event:
    merged = merging.merge(older, newer)
    return replace(merged, definition=newer.definition, revision=newer.revision, asof=newer.asof)


def highest_number(older: Event, newer: Event) -> Event:
    merged = merging.merge(older, newer)
    return replace(merged, revision=max(older.revision or 0, newer.revision or 0))


def later_version_only(older: Event, newer: Event) -> Event:
    """An end that a later update covers."""
    merged = merging.merge(older, newer)
    versions = {change.uid: change for change in sorted(merged.changes, key=lambda change: int(change.version))}
    return replace(merged, changes=tuple(change._replace(deleted=False) for change in versions.values()))


@pytest.mark.parametrize("merge", [newest_only, by_type, newest_arrival, highest_number, later_version_only])
def test_a_merge_that_forgets_is_found(merge: Callable[[Event, Event], Event]) -> None:
    assert first_failure(range(3000), merge=merge)


def test_what_a_run_only_looked_at_counts_as_unseen() -> None:
    assert first_failure(range(3000), note_looks=True)


def by_version(report: Report, change: Changed) -> bool:
    return change.uid in report.ended or int(change.version) <= int(report.seen.get(change.uid, "0"))


def end_by_any_sight(report: Report, change: Changed) -> bool:
    return change.uid in report.ended or change.uid in report.seen


@pytest.mark.parametrize("seen", [by_version, end_by_any_sight])
def test_a_judgement_that_takes_news_for_an_echo_is_found(seen: Callable[[Report, Changed], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_seen", seen)
    assert first_failure(range(3000))


def test_a_run_at_an_older_revision_has_not_seen_what_names_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_reached", lambda *_: True)
    assert first_failure(range(3000))


def test_an_older_version_that_a_run_notes_after_a_newer_one_does_not_count() -> None:
    sight = Sight()
    for version in ("7", "9", "8"):
        sight.note({"metadata": {"uid": "u", "resourceVersion": version}})
    assert sight.seen == {"u": "9"}
