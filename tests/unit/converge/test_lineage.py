"""Instances inside instances: what is refused, what is torn down, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import converge_instance
from graphcore.converge.effects import Converged, Failed, Outcome, Resource
from graphcore.converge.instance.lineage import MOST_NESTED
from graphcore.converge.metadata import applyset_id, labels_of
from graphcore.converge.safety.attempt import InstanceRequest
from graphcore.names.plural import pluralize
from tests.support.graphs import APP, CONFIG_MAP, graph, node
from tests.support.memory import drive
from tests.support.worlds import World


def kind(name: str) -> Resource:
    return Resource("kro.run/v1alpha1", name, pluralize(name.lower()), True)


class Chained:
    """Definitions that make instances of each other. children: of each kind, the kind and the name (from the spec's) of its child."""

    def __init__(self, **children: tuple[str, Any]) -> None:
        self.world: World | None = None
        for parent, (child, name) in children.items():
            made = graph(
                node("child", kind(child), name, fields={"spec.v": "1"}),
                instance=kind(parent),
                name=parent.lower(),
            )
            if self.world is None:
                self.world = World(made)
            self.world.activate(made, 1, uid=f"{parent}-uid")
            self.world.api.kinds[kind(parent).group_kind] = kind(parent)

    @property
    def api(self) -> Any:
        assert self.world is not None
        return self.world.api

    def make(self, of: str, name: str, **metadata: Any) -> None:
        body = {"apiVersion": "kro.run/v1alpha1", "kind": of, "metadata": {"name": name, "namespace": "default", **metadata}, "spec": {}}
        self.api.create(body)

    def run(self, of: str, name: str) -> Outcome:
        world = self.world
        assert world is not None
        world.now += timedelta(seconds=1)
        self.api.log.clear()
        request = InstanceRequest(kind(of), name, "default", definition=of.lower(), revision=1)
        outcome: Outcome = drive(converge_instance(request, world.now, world.options), self.api)
        return outcome

    def settle(self, rounds: int = 60) -> None:
        """Runs everything until nothing moves any more."""
        for _ in range(rounds):
            before = len(self.api.history)
            for each in [item for item in self.instances() if self.api.find(item[0], item[1])]:
                self.run(*each)
            if len(self.api.history) == before:
                return
        raise AssertionError(f"no end: {self.instances()}")

    def instances(self) -> list[tuple[str, str]]:
        return [(key[1], key[3]) for key in self.api.objects if key[0] == "kro.run" and key[1] != names.CRD_KIND]


def same(s: Any) -> str:
    return str(s["schema"]["metadata"]["name"])


def longer(s: Any) -> str:
    return same(s) + "x"


LOOPS: dict[str, tuple[dict[str, tuple[str, Any]], str, int]] = {
    "itself": ({"One": ("One", same)}, "One", 1),
    "two kinds": ({"One": ("Two", same), "Two": ("One", same)}, "One", 2),
    "three kinds": ({"One": ("Two", same), "Two": ("Three", same), "Three": ("One", same)}, "Two", 3),
    "names that come round": ({"One": ("One", lambda s: {"a": "b", "b": "c", "c": "a"}[same(s)])}, "One", 3),
    "one below the top": ({"One": ("One", lambda s: {"a": "b", "b": "c", "c": "b"}[same(s)])}, "One", 3),
}


@pytest.mark.difference("68")
@pytest.mark.parametrize(("children", "top", "count"), LOOPS.values(), ids=LOOPS.keys())
def test_no_instance_is_inside_of_itself(children: dict[str, tuple[str, Any]], top: str, count: int) -> None:
    chained = Chained(**children)
    chained.make(top, "a")
    chained.settle()
    assert len(chained.instances()) == count
    assert not labels_of(chained.api.get(top, "a")).get(names.INSTANCE_ID)
    failed = [item for each in chained.instances() if (item := chained.api.get(*each))["status"]["state"] == "ERROR"]
    assert len(failed) == 1
    assert "cannot be its child" in str(failed[0]["status"]["conditions"])
    chained.api.delete(top, "a")
    chained.settle()
    assert chained.instances() == []


STRIPS: dict[str, Any] = {
    "all": lambda labels: dict.fromkeys(labels),
    "the ApplySet's": lambda labels: {names.APPLYSET_PART_OF: None},
    "who it belongs to": lambda labels: {key: None for key in labels if key.startswith("kro.run/instance-")},
    "forged": lambda labels: {key: "forged" for key in labels if key.startswith("kro.run/instance-")},
    "a stranger's": lambda labels: {**instance_of("Four", "d"), names.INSTANCE_ID: "uid"},
}


def instance_of(of: str, name: str) -> dict[str, str]:
    parent = {"apiVersion": "kro.run/v1alpha1", "kind": of, "metadata": {"name": name, "namespace": "default"}}
    return {
        names.INSTANCE_GROUP: "kro.run",
        names.INSTANCE_VERSION: "v1alpha1",
        names.INSTANCE_KIND: of,
        names.INSTANCE_NAMESPACE: "default",
        names.INSTANCE_NAME: name,
        names.APPLYSET_PART_OF: applyset_id(parent),
    }


@pytest.mark.parametrize("strip", STRIPS.values(), ids=STRIPS.keys())
@pytest.mark.parametrize(("children", "top", "count"), LOOPS.values(), ids=LOOPS.keys())
def test_no_instance_is_inside_of_itself_whatever_others_do_to_its_labels(
    strip: Any, children: dict[str, tuple[str, Any]], top: str, count: int
) -> None:
    chained = Chained(**children)
    chained.make(top, "a")
    chained.settle()
    before = dict(chained.api.get(top, "a")["spec"])
    found = chained.instances()
    for each in found:
        if each != (top, "a"):
            held = labels_of(chained.api.get(*each))
            chained.api.edit(*each, {"metadata": {"labels": strip(held)}})
    # The one that is looked at before its owner has given it back its labels is the last of the chain.
    for each in reversed(found):
        chained.run(*each)
    chained.settle()
    assert sorted(chained.instances()) == sorted(found)
    assert chained.api.get(top, "a")["spec"] == before
    assert not labels_of(chained.api.get(top, "a")).get(names.INSTANCE_ID)


BREEDERS: dict[str, dict[str, tuple[str, Any]]] = {
    "one kind": {"One": ("One", longer)},
    "two kinds": {"One": ("Two", longer), "Two": ("One", longer)},
    "names of one length": {"One": ("One", lambda s: f"n{int(same(s)[1:]) + 1:03}")},
}


@pytest.mark.difference("68")
@pytest.mark.parametrize("children", BREEDERS.values(), ids=BREEDERS.keys())
def test_nesting_has_an_end(children: dict[str, tuple[str, Any]]) -> None:
    chained = Chained(**children)
    chained.make("One", "a000")
    chained.settle()
    assert len(chained.instances()) == MOST_NESTED
    for each in chained.instances():
        chained.api.edit(*each, {"metadata": {"labels": dict.fromkeys(labels_of(chained.api.get(*each)))}})
    for each in reversed(chained.instances()):
        chained.run(*each)
    chained.settle()
    assert len(chained.instances()) == MOST_NESTED
    chained.api.delete("One", "a000")
    chained.settle()
    assert chained.instances() == []


@pytest.mark.parametrize(
    ("children", "top", "links"),
    [
        ({"One": ("One", same)}, "One", [("One", "One")]),
        ({"One": ("Two", same), "Two": ("One", same)}, "Two", [("One", "Two"), ("Two", "One")]),
        (
            {"One": ("Two", same), "Two": ("Three", same), "Three": ("One", same)},
            "Three",
            [("One", "Two"), ("Two", "Three"), ("Three", "One")],
        ),
    ],
    ids=["itself", "two", "three"],
)
def test_a_loop_that_somebody_else_has_made_can_be_deleted(
    children: dict[str, tuple[str, Any]], top: str, links: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """kro lets an instance adopt itself, or what it is inside of."""
    from graphcore.converge.instance import lineage

    def lenient(session: Any, wanted: Any) -> Any:
        return set()
        yield

    chained = Chained(**children)
    monkeypatch.setattr(lineage, "refuse", lenient)
    for parent, _ in links:
        chained.make(parent, "a")
    for _ in range(6):
        for parent, _ in links:
            chained.run(parent, "a")
    monkeypatch.undo()
    for parent, child in links:
        assert labels_of(chained.api.get(child, "a")).get(names.INSTANCE_KIND) == parent
    chained.api.delete(top, "a")
    chained.settle()
    assert chained.instances() == []


def test_a_definition_that_no_longer_closes_the_loop_frees_it_and_prunes_nothing_that_it_is_inside_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from graphcore.converge.instance import lineage

    def lenient(session: Any, wanted: Any) -> Any:
        return set()
        yield

    chained = Chained(One=("Two", same), Two=("One", same))
    with monkeypatch.context() as patched:
        patched.setattr(lineage, "refuse", lenient)
        chained.make("One", "a")
        for _ in range(4):
            chained.run("One", "a")
            chained.run("Two", "a")
    before = {each: chained.api.get(*each)["metadata"]["uid"] for each in chained.instances()}
    assert chained.world is not None
    chained.world.activate(graph(node("config"), instance=kind("Two"), name="two"), 1, uid="Two-uid")
    chained.run("Two", "a")
    assert [event.reason for event in chained.api.events if event.reason != "Adopted"] == ["LeftBehind"]
    chained.settle()
    assert {each: chained.api.get(*each)["metadata"]["uid"] for each in chained.instances()} == before
    assert chained.api.find("ConfigMap", "a-config")
    chained.api.edit("Two", "a", {"spec": {"v": "by hand"}})
    chained.settle()
    assert chained.api.get("Two", "a")["spec"] == {"v": "1"}
    assert chained.run("One", "a") == chained.run("Two", "a") == Converged()


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {names.INSTANCE_NAME: "a", names.INSTANCE_KIND: "Two", names.INSTANCE_GROUP: "kro.run", names.INSTANCE_VERSION: "v1alpha1"},
        {names.INSTANCE_NAME: "nobody", names.INSTANCE_KIND: "Nothing", names.INSTANCE_GROUP: "example.com", names.INSTANCE_VERSION: "v1"},
    ],
    ids=["none", "of what it makes", "of nothing"],
)
def test_labels_written_by_hand_hold_nobody_up(labels: dict[str, str]) -> None:
    chained = Chained(One=("Two", same), Two=("Three", same))
    chained.make("One", "a", labels=labels)
    assert chained.run("One", "a") == Converged()
    assert chained.api.find("Two", "a")


def test_only_instances_inside_of_others_that_write_kinds_of_others_pay_for_it() -> None:
    chained = Chained(One=("Two", same), Two=("Three", same))
    chained.make("One", "a")
    chained.run("One", "a")
    assert not [entry for entry in chained.api.log if entry[:2] == ("GET", "One") and entry[2] != "a"]
    chained.run("Two", "a")
    assert [entry for entry in chained.api.log if entry[:2] == ("GET", "One")] == [("GET", "One", "a")]
    chained.run("Two", "a")
    assert [entry for entry in chained.api.log if entry[:2] == ("GET", "One")] == []


def test_what_is_refused_as_its_own_child_is_not_written_again_and_again() -> None:
    world = World(graph(node("a", APP, same), node("b", CONFIG_MAP)))
    world.instance()
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert [problem.code for problem in outcome.problems] == ["own-ancestor"]
    assert outcome.retry_after is None
    before = len(world.api.history)
    assert world.run() == outcome
    assert len(world.api.history) == before
    assert world.api.find("ConfigMap", "demo-b")
