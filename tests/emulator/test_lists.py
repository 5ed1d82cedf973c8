"""Lists in pages, at revisions, and after compaction."""

from __future__ import annotations

import pytest

from tests.emulator.client import Client, config_map

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def filled(client: Client) -> Client:
    for name in "abcde":
        client.create(MAPS, config_map(name))
    return client


def names(answer: object) -> list[str]:
    return [item["metadata"]["name"] for item in answer.body["items"]]  # type: ignore[attr-defined]


def test_pages_show_one_state(filled: Client) -> None:
    first = filled.get(MAPS + "?limit=2")
    assert (names(first), first.body["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    filled.delete(MAPS + "/c")
    filled.create(MAPS, config_map("f"))
    second = filled.get(f"{MAPS}?limit=2&continue={first.body['metadata']['continue']}")
    third = filled.get(f"{MAPS}?limit=2&continue={second.body['metadata']['continue']}")
    assert names(second) + names(third) == ["c", "d", "e"]
    assert second.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]
    assert "continue" not in third.body["metadata"]


def test_a_page_whose_state_is_compacted_answers_410_with_a_way_on(filled: Client) -> None:
    first = filled.get(MAPS + "?limit=2").body["metadata"]["continue"]
    filled.delete(MAPS + "/c")
    filled.store.compact()
    gone = filled.get(f"{MAPS}?limit=2&continue={first}")
    assert (gone.code, gone.body["reason"]) == (410, "Expired")
    assert names(filled.get(f"{MAPS}?continue={gone.body['metadata']['continue']}")) == ["d", "e"]


def test_a_filtered_page_does_not_count_the_rest(filled: Client) -> None:
    answer = filled.get(MAPS + "?limit=1&labelSelector=!x")
    assert "remainingItemCount" not in answer.body["metadata"]


def test_exact_revisions(filled: Client) -> None:
    before = filled.get(MAPS).body["metadata"]["resourceVersion"]
    filled.delete(MAPS + "/a")
    assert names(filled.get(f"{MAPS}?resourceVersion={before}&resourceVersionMatch=Exact")) == list("abcde")
    assert names(filled.get(f"{MAPS}?resourceVersion={before}&resourceVersionMatch=NotOlderThan")) == list("bcde")
    assert names(filled.get(f"{MAPS}?resourceVersion=0")) == list("bcde")
    filled.store.compact()
    assert filled.get(f"{MAPS}?resourceVersion={before}&resourceVersionMatch=Exact").code == 410


def test_items_of_built_in_kinds_carry_no_kind(filled: Client) -> None:
    body = filled.get(MAPS).body
    assert (body["kind"], body["apiVersion"]) == ("ConfigMapList", "v1")
    assert all("kind" not in item and "apiVersion" not in item for item in body["items"])


def test_delete_collection(filled: Client) -> None:
    filled.merge(MAPS + "/b", {"metadata": {"labels": {"keep": "no"}}})
    assert names(filled.delete(MAPS + "?labelSelector=keep%3Dno")) == ["b"]
    assert names(filled.get(MAPS)) == list("acde")
