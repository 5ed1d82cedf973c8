"""Label and field selectors."""

from __future__ import annotations

import pytest

from local_emulator.core.selectors import from_label_selector, parse_labels
from local_emulator.core.status import ApiError
from tests.emulator.client import Client, config_map

LABELS = {"app": "web", "tier": "1", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=web", True), ("app==web", True), ("app=db", False), ("app!=db", True), ("app!=web", False), ("missing!=x", True),
        ("app", True), ("missing", False), ("!app", False), ("!missing", True), ("app in (web,db)", True), ("app in (db)", False),
        ("app notin (db)", True), ("missing notin (db)", True), ("app in (web),tier=1", True), ("app=web,tier=2", False), ("tier>0", True),
        ("tier<1", False), ("empty=", True), ("app=", False), ("", True), (" app = web , tier = 1 ", True), ("example.com/x!=1", True), ("tier in (,1)", True),
    ],
)  # fmt: skip
def test_label_selectors(selector: str, expected: bool) -> None:
    assert all(requirement.matches(LABELS) for requirement in parse_labels(selector)) is expected


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in b", "unable to parse requirement: found 'b', expected: '('"),
        ("=b", "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'"),
        ("a=b c", "unable to parse requirement: found 'c', expected: ',' or 'end of string'"),
    ],
)
def test_broken_label_selectors(selector: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_labels(selector)
    assert (refused.value.code, refused.value.message) == (400, message)


def test_label_selector_objects() -> None:
    requirements = from_label_selector(
        {
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["2"]}, {"key": "x", "operator": "DoesNotExist"}],
        }
    )
    assert all(requirement.matches(LABELS) for requirement in requirements)
    assert not all(requirement.matches({"app": "db"}) for requirement in requirements)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=n%3D1", ["a"]), ("labelSelector=n", ["a", "b"]), ("fieldSelector=metadata.name%3Db", ["b"]), ("fieldSelector=metadata.name!%3Db", ["a", "c"]),
        ("fieldSelector=metadata.namespace%3Dother", []), ("labelSelector=n&fieldSelector=metadata.name%3Da", ["a"]),
    ],
)  # fmt: skip
def test_lists_are_filtered(client: Client, query: str, names: list[str]) -> None:
    for name, labels in (("a", {"n": "1"}), ("b", {"n": "2"}), ("c", {})):
        client.create("/api/v1/namespaces/default/configmaps", config_map(name, labels=labels))
    found = client.get(f"/api/v1/namespaces/default/configmaps?{query}").body["items"]
    assert [item["metadata"]["name"] for item in found] == names


def test_pods_by_node(client: Client) -> None:
    for name, node in (("a", "n1"), ("b", "n2")):
        spec = {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}
        client.create("/api/v1/namespaces/default/pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    found = client.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1,status.phase%3DPending").body["items"]
    assert [item["metadata"]["name"] for item in found] == ["a"]
