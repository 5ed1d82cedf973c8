"""Rule 3: whose leaf is it? Field sets as a real API server writes them."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore import names
from graphcore.converge.instance.ownership import applied_digest, digest, is_current, owns_all, with_digest

MANAGER = names.MANAGER_APPLYSET


def observed(fields: Any, manager: str = MANAGER, operation: str = "Apply", **body: Any) -> dict[str, Any]:
    entry = {"manager": manager, "operation": operation, "fieldsV1": fields}
    return {"apiVersion": "v1", "kind": "Thing", **body, "metadata": {**body.get("metadata", {}), "managedFields": [entry]}}


PORTS = {
    "f:spec": {
        "f:ports": {
            'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:targetPort": {}},
            'k:{"port":80,"protocol":"UDP"}': {".": {}, "f:port": {}, "f:protocol": {}},
        }
    }
}


@pytest.mark.parametrize(
    ("desired", "fields", "owned"),
    [
        ({"data": {"a": "1"}}, {"f:data": {"f:a": {}}}, True),
        ({"data": {"a": "1", "b": "2"}}, {"f:data": {"f:a": {}}}, False),
        ({"data": {"a": "1"}}, {"f:data": {".": {}, "f:a": {}, "f:z": {}}}, True),
        ({"data": {"a": "1"}}, {"f:data": {}}, True),
        ({"data": {"a": "1"}}, {}, False),
        ({"data": {}}, {"f:data": {}}, True),
        ({"data": {"a": None}}, {"f:data": {}}, True),
        ({"data": {"a": None}}, {"f:data": {"f:b": {}}}, True),
        ({"spec": {"list": [1, 2]}}, {"f:spec": {"f:list": {}}}, True),
        ({"spec": {"list": [1, 2]}}, {"f:spec": {"f:other": {}}}, False),
        ({"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}, PORTS, True),
        ({"spec": {"ports": [{"port": 80, "protocol": "UDP"}]}}, PORTS, True),
        ({"spec": {"ports": [{"port": 80, "protocol": "UDP", "targetPort": 1}]}}, PORTS, False),
        ({"spec": {"ports": [{"port": 81}]}}, PORTS, False),
        ({"spec": {"names": ["a", "b"]}}, {"f:spec": {"f:names": {'v:"a"': {}, 'v:"b"': {}}}}, True),
        ({"spec": {"names": ["a", "b"]}}, {"f:spec": {"f:names": {'v:"a"': {}}}}, False),
        ({"metadata": {"name": "x", "namespace": "y"}}, {}, True),
        ({"metadata": {"labels": {"a": "1"}}}, {"f:metadata": {"f:labels": {"f:a": {}}}}, True),
        ({"metadata": {"labels": {"a": "1"}}}, {"f:metadata": {"f:annotations": {"f:a": {}}}}, False),
        ({"metadata": {"finalizers": ["x/y"]}}, {"f:metadata": {"f:finalizers": {'v:"x/y"': {}}}}, True),
        (
            {"metadata": {"ownerReferences": [{"uid": "u", "name": "n"}]}},
            {"f:metadata": {"f:ownerReferences": {'k:{"uid":"u"}': {}}}},
            True,
        ),
        ({"status": {"x": 1}}, {}, True),
        ({"metadata": {"creationTimestamp": None}}, {}, True),
        ({"type": "Opaque"}, {"f:type": {}}, True),
    ],
)
def test_every_leaf_must_be_ours(desired: Any, fields: Any, owned: bool) -> None:
    assert owns_all({"apiVersion": "v1", "kind": "Thing", **desired}, observed(fields)) is owned


@pytest.mark.parametrize(("manager", "operation"), [("kubectl", "Apply"), (MANAGER, "Update")])
def test_only_our_apply_entry_counts(manager: str, operation: str) -> None:
    assert not owns_all({"data": {"a": "1"}}, observed({"f:data": {"f:a": {}}}, manager, operation))


def manifest(**data: str) -> dict[str, Any]:
    metadata = {"name": "x", "labels": {names.KRO_VERSION: "v1"}, "annotations": {names.APPLY_ORDER: "1"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def stored(applied: dict[str, Any], **data: str) -> dict[str, Any]:
    """As applied, with values as they are now; all fields of the manifest ours."""
    fields = {
        "f:metadata": {"f:labels": {}, "f:annotations": {}},
        "f:data": {f"f:{key}": {} for key in applied["data"]},
    }
    entry = {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields}
    return {**applied, "data": data, "metadata": {**applied["metadata"], "managedFields": [entry]}}


def test_the_digest_alone_decides_about_values() -> None:
    wanted = manifest(a="1000m")
    assert is_current(wanted, stored(with_digest(wanted), a="1"))
    assert not is_current(manifest(a="2"), stored(with_digest(wanted), a="1"))


def test_a_new_release_is_no_reason_to_write() -> None:
    wanted = manifest(a="1")
    newer = {**wanted, "metadata": {**wanted["metadata"], "labels": {names.KRO_VERSION: "v2"}}}
    assert digest(wanted) == digest(newer)


def test_a_forced_rewrite_changes_the_object_but_not_the_digest() -> None:
    wanted = manifest(a="1")
    assert with_digest(wanted) != with_digest(wanted, 7)
    assert applied_digest(with_digest(wanted, 7)) == digest(wanted)


@pytest.mark.parametrize(("value", "current"), [("1", True), ("2", False)])
def test_a_child_made_by_kro_needs_equal_values(value: str, current: bool) -> None:
    assert is_current(manifest(a="1"), stored(manifest(a="1"), a=value)) is current


def test_what_others_added_to_a_child_made_by_kro_is_no_difference() -> None:
    assert is_current(manifest(a="1"), stored(manifest(a="1"), a="1", b="theirs"))


@pytest.mark.parametrize(("data", "current"), [("aGVsbG8=", True), ("b3RoZXI=", False)])
def test_string_data_of_a_secret_is_compared_with_data(data: str, current: bool) -> None:
    wanted = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"k": "hello"}}
    applied = with_digest(wanted)
    fields = {"f:metadata": {}, "f:stringData": {}}
    entry = {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields}
    live = {**applied, "data": {"k": data}, "metadata": {**applied["metadata"], "managedFields": [entry]}}
    assert is_current(wanted, live) is current
