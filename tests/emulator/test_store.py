"""The store: one revision for everything, history, states of the past."""

from __future__ import annotations

import pytest

from local_emulator.core.store import Store

MAPS, SECRETS = ("", "configmaps"), ("", "secrets")


def body(name: str, value: str = "1", **metadata: object) -> dict[str, object]:
    return {"metadata": {"name": name, "uid": f"uid-{name}", **metadata}, "data": value}


@pytest.fixture
def store() -> Store:
    return Store()


def test_revisions_start_above_one_and_are_shared(store: Store) -> None:
    first, second = store.put(MAPS, ("ns", "a"), body("a")), store.put(SECRETS, ("ns", "a"), body("a"))
    assert 1 < first.revision < second.revision == store.revision


def test_entries_come_in_key_order(store: Store) -> None:
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y"), ("c", "w")):
        store.put(MAPS, (namespace, name), body(name))
    assert [entry.key for entry in store.scan(MAPS)] == [("a", "y"), ("a", "z"), ("b", "x"), ("c", "w")]
    assert [entry.key for entry in store.scan(MAPS, "a")] == [("a", "y"), ("a", "z")]
    assert [entry.key for entry in store.scan(MAPS, after=("a", "z"))] == [("b", "x"), ("c", "w")]


def test_the_past_can_be_read_until_it_is_compacted(store: Store) -> None:
    first = store.put(MAPS, ("", "a"), body("a", "1")).revision
    second = store.put(MAPS, ("", "a"), body("a", "2")).revision
    store.remove(MAPS, ("", "a"))
    third = store.put(MAPS, ("", "b"), body("b")).revision
    states = [
        [(entry.key[1], entry.object()["data"]) for entry in store.at(MAPS, revision) or ()]
        for revision in (first - 1, first, second, second + 1, third)
    ]
    assert states == [[], [("a", "1")], [("a", "2")], [], [("b", "1")]]
    store.compact(second)
    assert store.at(MAPS, first) is None
    assert store.at(MAPS, third) is not None


def test_history_is_bounded() -> None:
    store = Store(history=3)
    revisions = [store.put(MAPS, ("", "a"), body("a", str(n))).revision for n in range(5)]
    assert store.at(MAPS, revisions[0]) is None
    assert store.at(MAPS, revisions[1]) is not None


def test_dependents_follow_owner_references(store: Store) -> None:
    store.put(MAPS, ("", "a"), body("a", ownerReferences=[{"uid": "owner"}]))
    assert list(store.dependents["owner"]) == [(MAPS, ("", "a"))]
    store.put(MAPS, ("", "a"), body("a"))
    assert "owner" not in store.dependents
