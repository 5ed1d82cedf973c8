"""The condition engine: first touch, transitions, and what the root copies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graphcore.converge.conditions import ConditionSet, seconds_since

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CREATED = "2026-01-01T00:00:00Z"


def opened(conditions: Any = (), generation: int = 1, now: datetime = NOW) -> ConditionSet:
    obj = {"metadata": {"generation": generation, "creationTimestamp": CREATED}, "status": {"conditions": list(conditions)}}
    return ConditionSet.open(obj, ("A", "B"), now, keep_unknown=False)


def test_first_touch() -> None:
    found = opened().to_json()
    assert [item["type"] for item in found] == ["A", "B", "Ready"]
    assert all(item["status"] == "Unknown" and item["reason"] == "AwaitingReconciliation" for item in found)
    assert found[0]["message"] == 'condition "A" is awaiting reconciliation'
    assert {item["lastTransitionTime"] for item in found} == {CREATED}


def test_ready_when_all_are() -> None:
    conditions = opened()
    conditions.set("A", "True", "Fine", "a")
    assert conditions.get("Ready").status == "Unknown"
    conditions.set("B", "True", "Fine", "b")
    root = conditions.get("Ready")
    assert (root.status, root.reason, root.message) == ("True", "Ready", "")


def test_saying_the_same_again_changes_nothing() -> None:
    first = opened()
    first.set("A", "True", "Fine", "a")
    second = opened(first.to_json(), now=NOW + timedelta(hours=1))
    second.set("A", "True", "Fine", "a")
    assert second.to_json() == first.to_json()


def test_the_transition_time_moves_with_the_status_only() -> None:
    first = opened()
    first.set("A", "True", "Fine", "a")
    second = opened(first.to_json(), now=NOW + timedelta(hours=1))
    second.set("A", "True", "Other", "b")
    assert second.get("A").transition == "2026-01-01T12:00:00Z"
    second.set("A", "False", "Bad", "c")
    assert second.get("A").transition == "2026-01-01T13:00:00Z"


def test_the_root_copies_the_newest_false_before_any_unknown() -> None:
    first = opened()
    first.set("A", "False", "Old", "a")
    second = opened(first.to_json(), now=NOW + timedelta(hours=1))
    second.set("B", "False", "New", "b")
    assert second.get("Ready").reason == "New"
    second.set("B", "Unknown", "Later", "b")
    assert second.get("Ready").reason == "Old"


def test_true_at_an_older_generation_is_not_ready() -> None:
    first = opened()
    first.set("A", "True", "Fine", "a")
    first.set("B", "True", "Fine", "b")
    second = opened(first.to_json(), generation=2)
    second.set("A", "True", "Fine", "a")
    assert second.get("Ready").generation == 1, "nothing to copy: the root stays as it was"
    second.set("B", "True", "Fine", "b")
    assert second.get("Ready").generation == 2


def test_stored_order_is_by_transition_with_the_root_last() -> None:
    first = opened()
    first.set("B", "True", "Fine", "b")
    second = opened(first.to_json(), now=NOW + timedelta(hours=1))
    second.set("A", "True", "Fine", "a")
    assert [item["type"] for item in second.to_json()] == ["B", "A", "Ready"]


SETS = {
    "as they are set": ([[("B", "True"), ("A", "True")]], ["B", "A", "Ready"]),
    "said again, and so where they were": ([[("B", "True"), ("A", "True")], [("B", "True"), ("A", "True")]], ["B", "A", "Ready"]),
    "said otherwise, and so set anew": ([[("B", "True"), ("A", "True")], [("B", "True!")]], ["A", "B", "Ready"]),
    "turned, and so later than what was stored": ([[("B", "True"), ("A", "True")], [("B", "False"), ("A", "True!")]], ["A", "B", "Ready"]),
    "turned and turned back": ([[("A", "True"), ("B", "True"), ("A", "False"), ("A", "True")]], ["B", "A", "Ready"]),
    "one that is not known yet": ([[("B", "True")]], ["A", "B", "Ready"]),
}


@pytest.mark.parametrize("name", SETS)
def test_of_equal_times_what_was_set_last_stands_last(name: str) -> None:
    """Runs of one second: all times are the same."""
    runs, order = SETS[name]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stored: Any = ()
    for run in runs:
        conditions = opened(stored, now=now)
        for kind, status in run:
            conditions.set(kind, "False" if status == "False" else "True", "Fine", status)
        stored = conditions.to_json()
    assert {item["lastTransitionTime"] for item in stored} == {CREATED}
    assert [item["type"] for item in stored] == order


def test_a_generation_that_is_stamped_moves_nothing() -> None:
    first = opened()
    for kind in ("B", "A"):
        first.set(kind, "True", "Fine", "")
    second = opened(first.to_json(), generation=2)
    second.touch(("A", "B"))
    assert [(item["type"], item["observedGeneration"]) for item in second.to_json()] == [("B", 2), ("A", 2), ("Ready", 1)]


@pytest.mark.parametrize(("keep", "types"), [(True, ["X", "A", "B", "Ready"]), (False, ["A", "B", "Ready"])])
def test_foreign_types(keep: bool, types: list[str]) -> None:
    obj = {"metadata": {"creationTimestamp": CREATED}, "status": {"conditions": [{"type": "X", "status": "True"}]}}
    assert [item["type"] for item in ConditionSet.open(obj, ("A", "B"), NOW, keep_unknown=keep).to_json()] == types


@pytest.mark.parametrize(("stamp", "age"), [("2026-01-01T11:59:00Z", 60.0), ("2027-01-01T00:00:00Z", 0.0), (None, 0.0), ("nonsense", 0.0)])
def test_age(stamp: Any, age: float) -> None:
    assert seconds_since(stamp, NOW) == age
