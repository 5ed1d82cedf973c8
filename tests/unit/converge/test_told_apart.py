"""What is not the API server's own word about an object is not taken for it; what nobody acted on is not taken for done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Apply, Converged, Failed, Get, NeedGraph, Refused, Waiting
from graphcore.converge.safety.attempt import Member, Options
from graphcore.converge.safety.mark import read_mark
from graphcore.graph.model import Resource
from tests.support.graphs import APP, CONFIG_MAP, graph, node
from tests.support.worlds import World

WIDGET = Resource("example.com/v1", "Widget", "widgets", True)
UNKNOWN = Refused(404, "", "the API server does not serve it now")
NO = Refused(500, "InternalError", "no")


def world_of(*nodes: Any, **rest: Any) -> World:
    world = World(graph(*nodes, **rest))
    world.api.kinds["Widget.example.com"] = WIDGET
    world.instance()
    world.run()
    return world


def refuse_get(world: World, kind: str, answer: Refused) -> None:
    world.api.refuse = lambda effect: answer if isinstance(effect, Get) and effect.resource.kind == kind else None


@pytest.mark.parametrize("crd", ["exists", "refused", "gone"])
def test_an_instance_whose_kind_a_server_does_not_know_is_gone_only_with_its_crd(crd: str) -> None:
    world = world_of(node("a"))
    refusals = {"App": UNKNOWN, **({names.CRD_KIND: NO} if crd == "refused" else {})}
    if crd == "gone":
        world.api.delete(names.CRD_KIND, "apps.kro.run")
    world.api.refuse = lambda effect: refusals.get(effect.resource.kind) if isinstance(effect, Get) else None
    outcome = world.run("demo", None, Member(CONFIG_MAP, "demo-a", "default"))
    if crd == "gone":
        assert outcome == Converged(gone=True)
        assert world.api.all("ConfigMap") == []
    else:
        assert isinstance(outcome, Failed)
        assert outcome.retry_after == 3.0
        assert world.api.find("ConfigMap", "demo-a")
    assert world.api.writes == (crd == "gone")


def unlisted(world: World, answers: dict[str, Any], listed: bool) -> None:
    """The kind of a child is not known to the server that is asked; discovery may know it all the same."""
    world.api.unserved.add(WIDGET.api_version)
    if not listed:
        del world.api.kinds["Widget.example.com"]
    world.api.refuse = lambda effect: answers.get(type(effect).__name__) if getattr(effect, "resource", None) != APP else None


@pytest.mark.parametrize(
    ("listed", "crd", "answers", "released"),
    [
        (False, False, {}, True),
        (False, True, {}, False),
        (False, False, {"Get": NO}, False),
        (False, False, {"Get": UNKNOWN}, False),
        (True, False, {}, False),
        (True, True, {}, False),
    ],
    ids=["CRD gone", "CRD there", "CRD refused", "CRD unknown", "discovery knows it", "both"],
)
def test_only_a_kind_that_is_gone_holds_up_no_deletion(listed: bool, crd: bool, answers: dict[str, Any], released: bool) -> None:
    world = world_of(node("a"), node("w", WIDGET))
    assert world.api.find("Widget", "demo-w")
    world.api.delete("App", "demo")
    if crd:
        world.api.create({"apiVersion": "apiextensions.k8s.io/v1", "kind": names.CRD_KIND, "metadata": {"name": "widgets.example.com"}})
    unlisted(world, answers, listed)
    outcome = world.run()
    if released:
        assert outcome == Converged(gone=True)
        assert world.api.find("App", "demo") is None
    else:
        assert isinstance(outcome, Failed)
        assert outcome.retry_after == 3.0
        assert names.FINALIZER in world.demo()["metadata"]["finalizers"]
    # Once its kind is served again, nothing of it stays.
    world.api.unserved.clear()
    world.api.kinds["Widget.example.com"] = WIDGET
    world.api.refuse = lambda _: None
    if not released:
        assert world.run() == Converged(gone=True)
        assert world.api.find("Widget", "demo-w") is None


def test_an_external_object_of_a_kind_that_is_not_known_is_asked_for_again() -> None:
    world = World(graph(node("x", WIDGET, "shared", external=True), node("a", after=["x"])))
    world.api.kinds["Widget.example.com"] = WIDGET
    world.instance()
    refuse_get(world, "Widget", UNKNOWN)
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after == 3.0
    world.api.refuse = lambda _: None
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after is None


@pytest.mark.parametrize("interval", [3.0, 0.0])
@pytest.mark.parametrize(
    ("refused", "repeats"),
    [
        (lambda effect: NO if isinstance(effect, Get) and effect.resource.kind == names.CRD_KIND else None, True),
        (lambda effect: UNKNOWN if isinstance(effect, Get) and effect.resource.kind == names.CRD_KIND else None, True),
        (lambda effect: Refused(403, "Forbidden", "no") if isinstance(effect, NeedGraph) else None, True),
        (lambda effect: NO if isinstance(effect, NeedGraph) else None, True),
        (lambda effect: Refused(422, "Invalid", "does not compile") if isinstance(effect, NeedGraph) else None, False),
    ],
    ids=["CRD", "CRD not served", "revision forbidden", "revision", "does not compile"],
)
def test_a_graph_that_cannot_be_read_now_is_asked_for_again(
    refused: Callable[[Any], Refused | None], repeats: bool, interval: float
) -> None:
    world = World(graph(node("a")), options=Options(requeue_interval=interval))
    world.instance()
    world.api.refuse = refused
    outcome = world.run()
    assert isinstance(outcome, Waiting)
    assert (outcome.retry_after is not None) == (repeats and interval > 0)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {"tier": "gold"}},
        {"annotations": {"note": "x"}},
        {"finalizers": [names.FINALIZER, "example.com/hold"]},
        {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}]},
        {"labels": {names.RGD_NAME: "app", "tier": None, "other": "y"}},
    ],
    ids=["label", "annotation", "finalizer", "owner", "another label"],
)
def test_whatever_of_the_instance_changes_during_a_repair_is_acted_on(change: dict[str, Any]) -> None:
    """A repair leaves the status as it was, so the run ends with a look; what that shows is rendered, not only noted."""
    world = world_of(node("a", fields={"data.tier": lambda s: str(sorted(s["schema"]["metadata"].get("labels") or {}))}))
    world.api.edit("ConfigMap", "demo-a", {"data": {"tier": "by hand"}})
    done: list[bool] = []

    def meanwhile(effect: Any) -> None:
        if isinstance(effect, Apply) and effect.resource == CONFIG_MAP and not done:
            done.append(True)
            world.api.edit("App", "demo", {"metadata": change})

    world.api.refuse = meanwhile  # type: ignore[assignment]
    assert world.run() == Converged()
    assert done
    reads = [name for verb, kind, name in world.api.log if (verb, kind) == ("GET", "App")]
    assert len(reads) >= 3, "read, looked at, read again"
    data = world.api.get("ConfigMap", "demo-a")["data"]
    assert data == {"tier": str(sorted(world.demo()["metadata"]["labels"]))}


@pytest.mark.parametrize(
    ("named", "recorded", "reached"),
    [(None, 1, 2), (None, None, 2), (None, 2, 2), (None, 9, 2), (1, 1, 1), (2, 1, 2)],
)
def test_nobody_serves_himself_an_older_graph(named: int | None, recorded: int | None, reached: int) -> None:
    """A process that has nothing cached, and an event that names nothing, take the revision that the kind serves."""
    world = world_of(node("a", fields={"data.v": "1"}))
    world.activate(graph(node("a", fields={"data.v": "2"})), 2)
    mark = replace(read_mark(world.demo()), revision=recorded)
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: mark.to_text()}}})
    world.revision = named  # type: ignore[assignment]
    assert world.run() == Converged()
    assert read_mark(world.demo()).revision == reached
    assert world.api.get("ConfigMap", "demo-a")["data"] == {"v": str(reached)}


def test_a_leftover_that_cannot_be_read_now_is_not_acknowledged() -> None:
    world = world_of(node("a"))
    world.api.edit("App", "demo", {"metadata": {"finalizers": None}})
    world.api.delete("App", "demo")
    refuse_get(world, "ConfigMap", NO)
    assert "other writers" in world.run("demo", None, Member(CONFIG_MAP, "demo-a", "default")).message
    world.api.refuse = lambda _: None
    assert world.run("demo", None, Member(CONFIG_MAP, "demo-a", "default")) == Converged(gone=True)
    assert world.api.all("ConfigMap") == []
