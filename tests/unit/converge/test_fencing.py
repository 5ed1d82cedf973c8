"""When a fence comes first, and why: each reason by itself, and none where nothing needs one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.metadata import Inventory, applyset_id, instance_labels
from graphcore.converge.references import Reference, record
from graphcore.converge.safety.attempt import Created, InstanceRequest, Options, Session
from graphcore.converge.safety.fencing import Due, due
from graphcore.converge.safety.mark import Mark, Place
from graphcore.graph.model import Resource

APP = Resource("kro.run/v1alpha1", "App", "apps", True)
CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps", True)
SECRET = Resource("v1", "Secret", "secrets", True)
HERE, ELSEWHERE = Place(CONFIG_MAP, "default"), Place(SECRET, "other")
KNOWN, NEW = Reference(CONFIG_MAP, "default", "known"), Reference(CONFIG_MAP, "default", "new")


def session(*, managed: bool = True, revision: int | None = 3, pruning: frozenset[str] = frozenset(), fenced: bool = False) -> Session:
    instance: dict[str, Any] = {"apiVersion": APP.api_version, "kind": APP.kind, "metadata": {"name": "a", "namespace": "default"}}
    labels, notes = record([KNOWN])
    if managed:
        labels |= {names.APPLYSET_ID: applyset_id(instance), **instance_labels("app", "uid", "devel")}
        instance["metadata"]["finalizers"] = [names.FINALIZER]
    mark = Mark(revision, 1, pruning, (HERE,))
    notes |= {names.CONVERGENCE: mark.to_text(), **Inventory.of((HERE,), "default").annotations(applyset_id(instance), "devel")}
    instance["metadata"] |= {"labels": labels, "annotations": notes, "uid": "u", "resourceVersion": "5"}
    made = Session(InstanceRequest(APP, "a", "default"), Options(), datetime(2026, 1, 1, tzinfo=UTC), Created(), instance, "app", "uid", 3)
    made.fenced = fenced
    return made


NOTHING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing is done": ({}, {}),
    "an unmanaged instance is only looked at": ({"managed": False}, {}),
    "a write at the recorded revision": ({}, {"writes": True}),
    "a write at another revision that is not made": ({"revision": 2}, {}),
    "a touch at another revision": ({"revision": 2}, {"touches": True}),
    "a reference that is recorded": ({}, {"refers": [KNOWN]}),
    "a creation that was fenced and is covered": ({"fenced": True}, {"creates": [HERE]}),
    "a claim that was fenced": ({"fenced": True, "pruning": frozenset({"x", "y"})}, {"prunes": frozenset({"x"})}),
}
REASONS: dict[str, tuple[dict[str, Any], dict[str, Any], Due]] = {
    "a reference that is not recorded": ({}, {"refers": [KNOWN, NEW]}, Due.REFERENCE),
    "a reference, before the first touch": ({"managed": False}, {"refers": [NEW], "writes": True}, Due.REFERENCE),
    "the first write": ({"managed": False}, {"writes": True}, Due.FIRST_TOUCH),
    "the first touch without a write": ({"managed": False}, {"touches": True}, Due.FIRST_TOUCH),
    "a write at a higher revision": ({"revision": 2}, {"writes": True}, Due.REVISION),
    "a write where no revision is recorded": ({"revision": None}, {"writes": True}, Due.REVISION),
    "a creation that is covered and was not fenced": ({}, {"creates": [HERE]}, Due.CREATION),
    "a creation that was fenced and is not covered": ({"fenced": True}, {"creates": [HERE, ELSEWHERE]}, Due.CREATION),
    "a claim of somebody else's fence": ({"pruning": frozenset({"x"})}, {"prunes": frozenset({"x"})}, Due.PRUNING),
    "a claim that the fence lacks": ({"fenced": True, "pruning": frozenset({"x"})}, {"prunes": frozenset({"x", "y"})}, Due.PRUNING),
}


@pytest.mark.parametrize(("state", "asked"), NOTHING.values(), ids=NOTHING.keys())
def test_no_fence_is_due(state: dict[str, Any], asked: dict[str, Any]) -> None:
    assert due(session(**state), **asked) is None


@pytest.mark.parametrize(("state", "asked", "reason"), REASONS.values(), ids=REASONS.keys())
def test_a_fence_is_due_and_says_why(state: dict[str, Any], asked: dict[str, Any], reason: Due) -> None:
    assert due(session(**state), **asked) is reason
