"""The three patch formats."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_emulator.core.status import ApiError
from local_emulator.objects.builtin.schemas import schema_for
from local_emulator.objects.patches.json_patch import json_patch
from local_emulator.objects.patches.merge_patch import merge_patch
from local_emulator.objects.patches.strategic import strategic_merge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=1), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": 1}, [1], [1]),
        ([1], {"a": 1}, {"a": 1}),
    ],
)
def test_merge_patch(target: Any, patch: Any, result: Any) -> None:
    before = deepcopy(target)
    assert merge_patch(target, patch) == result
    assert target == before


@given(JSON, JSON)
def test_a_merge_patch_twice_is_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@pytest.mark.parametrize(
    ("operations", "result"),
    [
        ([{"op": "add", "path": "/b", "value": 1}], {"a": [1, 2], "b": 1}),
        ([{"op": "add", "path": "/a/-", "value": 3}], {"a": [1, 2, 3]}),
        ([{"op": "add", "path": "/a/0", "value": 0}], {"a": [0, 1, 2]}),
        ([{"op": "add", "path": "/a/2", "value": 0}], {"a": [1, 2, 0]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ([{"op": "remove", "path": "/a/-1"}], {"a": [1]}),
        ([{"op": "replace", "path": "/a", "value": {"x~/y": 1}}, {"op": "remove", "path": "/a/x~0~1y"}], {"a": {}}),
        ([{"op": "move", "from": "/a", "path": "/b"}], {"b": [1, 2]}),
        ([{"op": "copy", "from": "/a/0", "path": "/b"}], {"a": [1, 2], "b": 1}),
        ([{"op": "test", "path": "/a", "value": [1, 2]}, {"op": "test", "path": "/zip", "value": None}], {"a": [1, 2]}),
        ([{"op": "replace", "path": "/new", "value": 1}], {"a": [1, 2], "new": 1}),
        ([{"op": "add", "path": "before/b", "value": 1}], {"a": [1, 2], "b": 1}),
        ([{"op": "add", "path": "", "value": {"z": 1}}], {"z": 1}),
    ],
)
def test_json_patch(operations: Any, result: Any) -> None:
    target = {"a": [1, 2]}
    assert json_patch(target, operations) == result
    assert target == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ({"op": "add"}, 400),
        ([1], 400),
        ([{"op": "test", "path": "/a", "value": 1}], 422),
        ([{"op": "remove", "path": "/b"}], 422),
        ([{"op": "remove", "path": "/a/2"}], 422),
        ([{"op": "add", "path": "/a/4", "value": 1}], 422),
        ([{"op": "add", "path": "/a/x", "value": 1}], 422),
        ([{"op": "add", "path": "/b/c", "value": 1}], 422),
        ([{"op": "nope", "path": "/a"}], 422),
        ([{"op": "add"}], 422),
        ([{"op": "add", "path": "/x", "value": 1}] * 10_001, 413),
    ],
)
def test_json_patches_that_are_refused(operations: Any, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        json_patch({"a": [1, 2]}, operations)
    assert refused.value.code == code


def _names(containers: list[Any]) -> list[str]:
    return [container["name"] for container in containers]


@pytest.mark.parametrize(
    ("live", "patch", "result"),
    [
        ([{"name": "a", "image": "1"}], [{"name": "a", "image": "2"}], [{"name": "a", "image": "2"}]),
        ([{"name": "a", "image": "1"}], [{"name": "b"}], [{"name": "b"}, {"name": "a", "image": "1"}]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "a", "$patch": "delete"}], [{"name": "b"}]),
        ([{"name": "a", "image": "1"}], [{"name": "a", "$patch": "replace", "image": "2"}, {"name": "b"}], [{"name": "b"}]),
        ([{"name": "a"}], [{"$patch": "replace"}, {"name": "z"}], [{"name": "z"}]),
        ([{"name": "a", "args": ["1", "2"]}], [{"name": "a", "args": ["3"]}], [{"name": "a", "args": ["3"]}]),
        (
            [{"name": "a", "env": [{"name": "X", "value": "1"}]}],
            [{"name": "a", "env": [{"name": "X", "value": None, "valueFrom": {}}]}],
            [{"name": "a", "env": [{"name": "X", "valueFrom": {}}]}],
        ),
    ],
)
def test_strategic_merge_of_keyed_lists(live: Any, patch: Any, result: Any) -> None:
    schema = schema_for("", "v1", "Pod")
    target = {"spec": {"containers": live}}
    before = deepcopy(target)
    assert strategic_merge(target, {"spec": {"containers": patch}}, schema)["spec"]["containers"] == result
    assert target == before


@pytest.mark.parametrize(
    ("order", "result"),
    [(["c", "a", "b"], ["c", "a", "b"]), (["b", "a"], ["b", "a", "c"]), (["a", "c"], ["a", "b", "c"])],
)
def test_set_element_order(order: list[str], result: list[str]) -> None:
    schema = schema_for("", "v1", "Pod")
    live = {"spec": {"containers": [{"name": name} for name in "abc"]}}
    patch = {"spec": {"$setElementOrder/containers": [{"name": name} for name in order]}}
    assert _names(strategic_merge(live, patch, schema)["spec"]["containers"]) == result


@pytest.mark.parametrize(
    ("live", "patch", "result"),
    [
        ({"finalizers": ["a", "b"]}, {"finalizers": ["c", "a"]}, {"finalizers": ["c", "a", "b"]}),
        ({"finalizers": ["a", "b"]}, {"$deleteFromPrimitiveList/finalizers": ["a"]}, {"finalizers": ["b"]}),
        ({"finalizers": ["a", "b"]}, {"$setElementOrder/finalizers": ["b", "a"], "finalizers": ["b"]}, {"finalizers": ["b", "a"]}),
        ({"labels": {"a": "1"}}, {"labels": {"$patch": "replace", "b": "2"}}, {"labels": {"b": "2"}}),
        ({"labels": {"a": "1"}}, {"labels": {"$patch": "delete"}}, {}),
        ({"labels": {"a": "1"}}, {"labels": None}, {}),
    ],
)
def test_strategic_merge_of_metadata(live: Any, patch: Any, result: Any) -> None:
    assert strategic_merge({"metadata": live}, {"metadata": patch}, schema_for("", "v1", "Pod"))["metadata"] == result


def test_retain_keys_forget_the_rest() -> None:
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(live, patch, schema_for("apps", "v1", "Deployment")) == {"spec": {"strategy": {"type": "Recreate"}}}


@pytest.mark.parametrize(("patch", "code"), [([], 400), ({"$patch": "nope"}, 500), ({"spec": {"containers": [{"image": "x"}]}}, 500)])
def test_strategic_patches_that_are_refused(patch: Any, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        strategic_merge({"spec": {"containers": [{"name": "a"}]}}, patch, schema_for("", "v1", "Pod"))
    assert refused.value.code == code
