"""What merged events stand for, what may be merged, and what readers of another version make of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.platform.events import (
    EVENT_ADD,
    EVENT_CONVERGE,
    EVENT_DELETE,
    EVENT_UPDATE,
    MAX_EVENT,
    Changed,
    Event,
    Progress,
    Reference,
    Role,
    encode,
    parse,
)
from functions.platform.merging import LISTED, UNSETTLED, best_known, key_of, merge, split
from graphcore.names import INSTANCE_GROUP, INSTANCE_KIND, INSTANCE_NAME, INSTANCE_NAMESPACE, INSTANCE_VERSION, RGD_NAME

WEB = Reference("kro.run/v1", "Web", "ns", "web")


def child(name: str) -> Reference:
    return Reference("v1", "ConfigMap", "ns", name)


def labels(**changed: str | None) -> dict[str, str]:
    held = {
        INSTANCE_GROUP: "kro.run",
        INSTANCE_VERSION: "v1",
        INSTANCE_KIND: "Web",
        INSTANCE_NAMESPACE: "ns",
        INSTANCE_NAME: "web",
    }
    keys = {"group": INSTANCE_GROUP, "version": INSTANCE_VERSION, "namespace": INSTANCE_NAMESPACE, "name": INSTANCE_NAME}
    return {key: value for key, value in (held | {keys[name]: value for name, value in changed.items()}).items() if value is not None}


def event(name: str = "", version: str = "1", kind: str = EVENT_UPDATE, **more: Any) -> Event:
    """About a child, or about the instance itself where no name is given."""
    subject = child(name) if name else WEB
    changes = (Changed(name or "web", version, kind == EVENT_DELETE, subject, "configmaps" if name else "webs"),)
    made = Event(kind, Role.MEMBER if name else Role.INSTANCE, subject, "u", {"uid": name or "web", "labels": labels()}, changes)
    return replace(made, **more)


def test_a_merged_event_stands_for_every_object_and_its_end() -> None:
    merged = merge(merge(event("a", "1"), event("b", "7", EVENT_DELETE)), event(version="9"))
    assert [(change.uid, change.version, change.deleted) for change in merged.changes] == [
        ("a", "1", False),
        ("b", "7", True),
        ("web", "9", False),
    ]
    assert (merged.type, merged.role, merged.target) == (EVENT_DELETE, Role.INSTANCE, WEB)
    assert [change.subject for change in merged.changes] == [child("a"), child("b"), WEB]


@pytest.mark.parametrize(
    ("older", "newer", "known"),
    [
        (("3", EVENT_UPDATE), ("5", EVENT_UPDATE), ("5", False)),
        (("5", EVENT_UPDATE), ("3", EVENT_UPDATE), ("5", False)),
        (("9", EVENT_UPDATE), ("10", EVENT_UPDATE), ("10", False)),
        (("5", EVENT_DELETE), ("3", EVENT_UPDATE), ("5", True)),
        (("3", EVENT_DELETE), ("5", EVENT_UPDATE), ("3", True)),
        (("3", EVENT_UPDATE), ("3", EVENT_DELETE), ("3", True)),
    ],
)
def test_of_one_object_the_end_or_the_latest_version_stays(older: tuple[str, str], newer: tuple[str, str], known: tuple[str, bool]) -> None:
    (change,) = merge(event("a", *older), event("a", *newer)).changes
    assert (change.version, change.deleted) == known


def test_versions_without_an_order_both_stay() -> None:
    assert [change.version for change in merge(event("a", "x1"), event("a", "x2")).changes] == ["x1", "x2"]


def test_merging_never_turns_a_converge_event_into_an_echo() -> None:
    converge = event("a", "1", EVENT_CONVERGE, revision=4)
    assert merge(converge, event("a", "2")).type == EVENT_CONVERGE
    assert merge(event("a", "2"), converge).type == EVENT_CONVERGE
    assert merge(event("a", "1", EVENT_ADD), event("a", "2")).type == EVENT_UPDATE
    assert merge(replace(event("a"), changes=()), event("a", "2")).type == EVENT_CONVERGE
    assert merge(converge, event("a", "2")).revision == 4


@pytest.mark.parametrize(
    ("named", "best"),
    [
        ([("d1", 5, "10"), ("d1", 6, "20")], ("d1", 6)),
        ([("d1", 6, "20"), ("d1", 5, "10")], ("d1", 6)),
        ([("d1", 6, "20"), ("d2", 1, "30")], ("d2", 1)),
        ([("d2", 1, "30"), ("d1", 6, "20")], ("d2", 1)),
        ([("d2", 1, "30"), ("d1", 6, "20"), ("d2", 2, "40")], ("d2", 2)),
        ([("", None, ""), ("d1", 6, "20"), ("", None, "")], ("d1", 6)),
        ([("d1", 5, ""), ("d1", 6, "")], ("d1", 6)),
        # Nobody can tell who knew better: the CRD is asked.
        ([("d1", 6, ""), ("d2", 1, "")], (UNSETTLED, None)),
        ([("d1", 6, ""), ("d2", 1, "30"), ("d2", 2, "40")], (UNSETTLED, None)),
    ],
)
def test_the_newest_definition_is_named_with_its_highest_revision(
    named: list[tuple[str, int | None, str]], best: tuple[str, int | None]
) -> None:
    events = [event(definition=definition, revision=revision, asof=asof) for definition, revision, asof in named]
    naming = best_known(events)
    assert (naming.definition, naming.revision) == best
    merged = events[0]
    for item in events[1:]:
        merged = merge(merged, item)
    assert (merged.definition, merged.revision) == best
    assert merge(*events) == merged


@pytest.mark.parametrize(
    "other",
    [
        event("a", metadata={"labels": labels(name="other")}),
        event("a", metadata={"labels": labels(namespace="other")}),
        event("a", metadata={"labels": labels(version="v2")}),
        event("a", metadata={"labels": labels(version=None)}),
        event("a", metadata={}),
        event(role=Role.DEFINITION),
        event(role=Role.ACTIVATION),
        event(role=Role.EXTERNAL),
    ],
    ids=["name", "namespace", "version", "no version", "no labels", "definition", "activation", "external"],
)
def test_other_targets_and_other_functions_never_meet(other: Event) -> None:
    assert key_of(other) != key_of(event("a"))
    assert key_of(other) == key_of(other)


def test_what_one_function_does_for_one_object_meets() -> None:
    assert key_of(event("a")) == key_of(event("b", partition="another")) == key_of(event())
    revision = event(role=Role.REVISION, metadata={"labels": {RGD_NAME: "web"}})
    definition = event(role=Role.DEFINITION, subject=Reference("kro.run/v1alpha1", "ResourceGraphDefinition", "", "web"))
    assert key_of(revision) == key_of(definition)


def test_more_than_an_event_can_hold_goes_in_several() -> None:
    kinds = (EVENT_DELETE, EVENT_UPDATE, EVENT_UPDATE)
    merged = merge(*(event(f"c{number}", str(number), kinds[number % 3], id="one") for number in range(2 * LISTED + 3)))
    parts = []
    rest: Event | None = merged
    while rest is not None:
        part, rest = split(rest)
        parts.append(part)
        headers, body = encode(part, "test")
        assert len(body) < MAX_EVENT
        assert replace(parse(headers, body), id="") == replace(part, id="")
    assert [len(part.changes) for part in parts] == [LISTED, LISTED, 3]
    assert len({part.id for part in parts}) == 3
    assert tuple(change for part in parts for change in part.changes) == merged.changes


def rewrite(made: Event, change: Any) -> Event:
    """As a sender of another version would have written it."""
    headers, body = encode(made, "test")
    data = json.loads(body)
    change(data)
    return parse(headers, json.dumps(data).encode())


def old_form(data: dict[str, Any]) -> None:
    data["changes"] = [{"uid": item["uid"], "resourceVersion": item["resourceVersion"]} for item in data["changes"]]


@pytest.mark.parametrize(
    ("made", "change", "deleted"),
    [
        (event("a"), old_form, [False]),
        (event("a", kind=EVENT_DELETE), old_form, [True]),
        (merge(event("a"), event("b")), old_form, [True, True]),
        (event("a"), lambda data: data["changes"][0].update(deleted="no"), [False]),
        (merge(event("a"), event("b")), lambda data: data["changes"][1].update(deleted=None), [False, True]),
        (event("a"), lambda data: data.update(changes=["?"]), [True]),
        (event("a"), lambda data: data["changes"].append({"kind": "ConfigMap"}), [False, True]),
        (event("a"), lambda data: data.update(changes={}), []),
        (event("a"), lambda data: data.pop("changes"), [False]),
        (event("a", kind=EVENT_DELETE), lambda data: data.pop("changes"), [True]),
    ],
)
def test_what_is_not_understood_counts_as_news(made: Event, change: Any, deleted: list[bool]) -> None:
    assert [item.deleted for item in rewrite(made, change).changes] == deleted


def test_an_older_reader_takes_a_merged_deletion_for_news() -> None:
    """It judges all changes by the type; a deletion among them makes the type."""
    headers, body = encode(merge(event("a", "5", EVENT_DELETE), event("b", "6")), "test")
    assert headers["ce-type"] == EVENT_DELETE
    assert [(item["uid"], item["resourceVersion"]) for item in json.loads(body)["changes"]] == [("a", "5"), ("b", "6")]


ABOUT = ("crd", "d", "2")


@pytest.mark.parametrize(
    ("role", "found", "told"),
    [
        (Role.ACTIVATION, [Progress(ABOUT, told=400), Progress(ABOUT, told=200)], 200),
        (Role.ACTIVATION, [Progress(ABOUT, told=400), None], None),
        (Role.ACTIVATION, [None, Progress(ABOUT, told=400)], None),
        (Role.ACTIVATION, [Progress(ABOUT, told=400), Progress(("crd", "d", "3"), told=200)], None),
        (Role.RESYNC, [Progress(("resync",), told=400), None], 400),
        (Role.RESYNC, [None, None], None),
    ],
)
def test_a_fanout_goes_on_where_nobody_is_left_out(role: Role, found: list[Progress | None], told: int | None) -> None:
    one, other = (event(role=role, progress=progress) for progress in found)
    merged = merge(one, other).progress
    assert (merged.told if merged else None) == told


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.update(progress=[]),
        lambda data: data["progress"].update(about=None),
        lambda data: data["progress"].update(told="7x"),
        lambda data: data["progress"].update(left=[["ns", "a"]]),
    ],
)
def test_progress_that_cannot_be_read_means_from_the_beginning(damage: Any) -> None:
    made = event(role=Role.ACTIVATION, progress=Progress(ABOUT, "webs.kro.run", "token", 7, (("webs.kro.run", "ns", "a", "u"),)))
    assert rewrite(made, lambda _: None).progress == made.progress
    assert rewrite(made, damage).progress is None
