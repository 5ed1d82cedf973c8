"""Whose child an object is, while others write on its labels: the owner hears of it until it is gone or shown to be another's."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.bridge.owners import ROUTING, Owners
from functions.bridge.watcher import Change
from functions.platform.events import EVENT_DELETE, Role, from_object
from graphcore.converge.metadata import applyset_id
from graphcore.graph.model import Resource
from graphcore.names import (
    APPLYSET_PART_OF,
    INSTANCE_GROUP,
    INSTANCE_ID,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
    OWNED,
)
from tests.support.graphs import APP, CLUSTER_APP, CONFIG_MAP

KINDS = {(APP.group, APP.kind): APP, (CLUSTER_APP.group, CLUSTER_APP.kind): CLUSTER_APP}
ALL = (*ROUTING, APPLYSET_PART_OF)


def instance(name: str, uid: str, resource: Resource = APP) -> dict[str, Any]:
    return {"name": name, "uid": uid} | ({"namespace": "default"} if resource.namespaced else {})


def labels_by(name: str, uid: str, resource: Resource = APP) -> dict[str, str]:
    """What a child of an instance carries."""
    body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": instance(name, uid, resource)}
    found = {
        OWNED: "true",
        INSTANCE_ID: uid,
        INSTANCE_NAME: name,
        INSTANCE_GROUP: resource.group,
        INSTANCE_VERSION: resource.version,
        INSTANCE_KIND: resource.kind,
        APPLYSET_PART_OF: applyset_id(body),
    }
    return found | ({INSTANCE_NAMESPACE: "default"} if resource.namespaced else {})


class Child:
    """One object and what a bridge is told about it."""

    def __init__(self, owners: Owners, labels: dict[str, str]) -> None:
        self.owners, self.labels, self.version = owners, labels, 1
        self.before: dict[str, Any] | None = None
        self.told = self.change("added")

    @property
    def metadata(self) -> dict[str, Any]:
        return {"name": "c", "namespace": "default", "uid": "child", "resourceVersion": str(self.version), "labels": dict(self.labels)}

    def change(self, kind: Literal["listed", "added", "updated", "deleted"], **labels: str | None) -> list[str]:
        self.labels = {key: value for key, value in {**self.labels, **labels}.items() if value is not None}
        self.version += 1
        change = Change(kind, CONFIG_MAP, self.metadata, self.before)
        self.before = None if kind == "deleted" else self.metadata
        found = self.owners.of(change)
        for owner in found:
            # An event can be formed for each, and its key and its target are the same instance.
            event = from_object(
                EVENT_DELETE, Role.MEMBER, CONFIG_MAP, {**self.metadata, "labels": owner.routed(self.labels)}, traceparent=""
            )
            assert (event.target.api_version, event.target.kind) == (f"{owner.group}/{owner.version}", owner.kind)
            assert (event.target.namespace, event.target.name) == (owner.namespace, owner.name)
        assert len({owner.key for owner in found}) == len(found)
        return [owner.name for owner in found]

    def relabel(self, labels: dict[str, str | None]) -> list[str]:
        return self.change("updated", **labels)


def world(*instances: tuple[str, str, Resource]) -> Owners:
    owners = Owners(lambda group, kind: KINDS.get((group, kind)))
    for name, uid, resource in instances or (("mine", "uid-mine", APP), ("other", "uid-other", APP)):
        owners.record(resource, instance(name, uid, resource), gone=False)
    return owners


def forged(*keys: str) -> dict[str, str | None]:
    return dict.fromkeys(keys, "forged")


def lost(*keys: str) -> dict[str, str | None]:
    return dict.fromkeys(keys, None)


TAMPERED: dict[str, list[dict[str, str | None]]] = {
    **{f"{key} is changed": [forged(key)] for key in ALL},
    **{f"{key} is removed": [lost(key)] for key in ALL},
    "all are changed": [forged(*ALL)],
    "all are removed": [lost(*ALL)],
    "the name is another instance's": [{INSTANCE_NAME: "other"}],
    "the id is another instance's": [{INSTANCE_ID: "uid-other"}],
    "the ApplySet is another instance's": [{APPLYSET_PART_OF: labels_by("other", "uid-other")[APPLYSET_PART_OF]}],
    "one after the other": [lost(key) for key in ALL],
    "all, then forged, then another's name": [lost(*ALL), forged(*ALL), {INSTANCE_NAME: "other"}],
    "empty values": [dict.fromkeys(ALL, "")],
    "the wrong case": [{INSTANCE_KIND: "APP", INSTANCE_NAME: "Mine"}],
}


@pytest.mark.parametrize("changes", TAMPERED.values(), ids=TAMPERED.keys())
@pytest.mark.parametrize("resource", [APP, CLUSTER_APP], ids=["namespaced", "cluster-scoped"])
def test_whatever_becomes_of_the_labels_the_owner_hears_of_every_change_and_of_the_end(
    changes: list[dict[str, str | None]], resource: Resource
) -> None:
    owners = world(("mine", "uid-mine", resource), ("other", "uid-other", APP))
    child = Child(owners, labels_by("mine", "uid-mine", resource))
    assert child.told == ["mine"]
    for change in changes:
        assert "mine" in child.relabel(change)
    assert "mine" in child.change("updated")
    assert "mine" in child.change("deleted")
    assert len(owners) == 0


def test_an_object_that_is_shown_to_belong_elsewhere_is_told_to_both_once_and_then_to_its_new_owner() -> None:
    owners = world()
    child = Child(owners, labels_by("mine", "uid-mine"))
    assert child.relabel(lost(*ALL)) == ["mine"]
    assert child.relabel(dict(labels_by("other", "uid-other"))) == ["other", "mine"]
    assert child.change("updated") == ["other"]
    assert child.change("deleted") == ["other"]


def test_labels_that_name_an_instance_which_does_not_exist_prove_nothing() -> None:
    owners = world()
    child = Child(owners, labels_by("mine", "uid-mine"))
    assert child.relabel(dict(labels_by("gone", "uid-gone"))) == ["mine"]
    assert child.change("deleted") == ["mine"]


def test_an_instance_that_nobody_knows_is_told_of_what_carries_its_labels() -> None:
    """It may be gone, and somebody has to judge what it left."""
    child = Child(world(), labels_by("gone", "uid-gone"))
    assert child.told == ["gone"]
    assert child.relabel({INSTANCE_NAME: "another"}) == ["gone"]
    assert child.change("deleted") == ["gone"]


@pytest.mark.parametrize("kept", ALL)
def test_after_a_restart_each_label_that_is_left_finds_the_owner(kept: str) -> None:
    """All that a new bridge has is the labels; the name counts together with group, kind and namespace."""
    broken = labels_by("mine", "uid-mine")
    named = {INSTANCE_NAME, INSTANCE_GROUP, INSTANCE_KIND, INSTANCE_NAMESPACE}
    for key in ALL:
        if key != kept and not (kept in named and key in named):
            del broken[key]
    child = Child(world(), broken)
    assert child.told == ([] if kept == INSTANCE_VERSION else ["mine"])


def test_nothing_is_made_of_objects_that_nobody_labelled() -> None:
    child = Child(world(), {"app": "web"})
    assert child.told == []
    assert child.change("updated", app="db") == []
    assert child.change("deleted") == []


def test_the_version_that_is_followed_counts_and_not_the_labels() -> None:
    owners = world()
    child = Child(owners, {**labels_by("unknown", "uid-unknown"), INSTANCE_VERSION: "v9"})
    assert [owner.version for owner in owners.of(Change("updated", CONFIG_MAP, child.metadata, child.before))] == ["v1alpha1"]


def test_a_namesake_takes_the_children_that_carry_its_name_and_their_key_is_its_uid() -> None:
    owners = world()
    child = Child(owners, labels_by("mine", "uid-mine"))
    owners.record(APP, instance("mine", "uid-mine"), gone=True)
    owners.record(APP, instance("mine", "uid-second"), gone=False)
    change = Change("updated", CONFIG_MAP, child.metadata, child.before)
    assert [owner.uid for owner in owners.of(change)] == ["uid-second"]


def test_nothing_is_remembered_of_instances_and_kinds_that_are_gone() -> None:
    owners = world()
    child = Child(owners, labels_by("mine", "uid-mine"))
    child.relabel(lost(*ALL))
    assert len(owners) == 1
    owners.forget(CONFIG_MAP)
    assert len(owners) == 0
    child = Child(owners, labels_by("mine", "uid-mine"))
    child.relabel(lost(*ALL))
    owners.record(APP, instance("mine", "uid-mine"), gone=True)
    assert len(owners) == 0


values = st.sampled_from(["", "forged", "mine", "other", "uid-mine", "uid-other", "default", "App", "kro.run", "v1alpha1"])
edits = st.lists(st.dictionaries(st.sampled_from(ALL), st.one_of(st.none(), values), max_size=len(ALL)), max_size=6)


@given(edits)
@example([{INSTANCE_ID: "uid-other", INSTANCE_GROUP: None}, {APPLYSET_PART_OF: None, INSTANCE_KIND: None}])
def test_only_proof_takes_an_object_from_its_owner(changes: list[dict[str, str | None]]) -> None:
    owners = world()
    child = Child(owners, labels_by("mine", "uid-mine"))
    theirs = labels_by("other", "uid-other")
    for change in changes:
        told = child.relabel(change)
        if all(child.labels.get(key) == theirs.get(key) for key in ALL if key != INSTANCE_VERSION):
            assert told[0] == "other"
            return
        assert "mine" in told
    assert "mine" in child.change("deleted")
    assert len(owners) == 0
