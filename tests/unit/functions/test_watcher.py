"""Following a kind: every change once, whatever the connection does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from functions.bridge import watcher as module
from functions.bridge.watcher import Change, Follower, Trouble, Watched
from functions.platform.cluster import METADATA_LIST, Answer, ClusterError
from graphcore.graph import Resource
from tests.unit.functions.fakes import Scripted, failure, obj

CONFIG = Resource("v1", "ConfigMap", "configmaps", namespaced=True)


def listed(version: str, *items: dict[str, Any], position: str = "") -> Answer:
    return Answer(200, {"metadata": {"resourceVersion": version, "continue": position}, "items": list(items)})


def event(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": item}


class Stop(Exception):
    pass


def follow(cluster: Scripted, monkeypatch: pytest.MonkeyPatch) -> tuple[list[tuple[str, str, str]], list[str]]:
    """(kind, name, version) of all changes until the script ends, and the troubles on the way."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
    changes: list[tuple[str, str, str]] = []
    troubles: list[str] = []

    def take(change: Change) -> None:
        changes.append((change.kind, change.metadata["name"], change.metadata["resourceVersion"]))
        assert "managedFields" not in change.metadata

    async def run() -> None:
        follower = Follower(cluster, Watched(CONFIG, "a=b"), take, lambda _, trouble: troubles.append(trouble.reason), lambda: 0.0)
        await follower.follow()

    with pytest.raises((Stop, IndexError)):
        asyncio.run(asyncio.wait_for(run(), 5))
    return changes, troubles


def test_what_is_there_then_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    first = obj("a", "1", "ua", managedFields=[{"manager": "x"}])
    cluster = Scripted(
        listed("5", first, position="more"),
        listed("5", obj("b", "2", "ub")),
        Stop(),
        streams=[
            [event("MODIFIED", obj("a", "6", "ua")), event("BOOKMARK", obj("", "9", "")), event("DELETED", obj("b", "10", "ub"))],
            [event("ADDED", obj("c", "11", "uc"))],
        ],
    )
    changes, _ = follow(cluster, monkeypatch)
    assert changes == [("listed", "a", "1"), ("listed", "b", "2"), ("updated", "a", "6"), ("deleted", "b", "10"), ("added", "c", "11")]
    assert [request.query.get("resourceVersion") for request in cluster.requests[:4]] == [None, None, "5", "10"]
    assert (cluster.requests[0].accept, cluster.requests[0].query["labelSelector"]) == (METADATA_LIST, "a=b")


@pytest.mark.parametrize("broken", ["410", "connection", "refused"])
def test_after_a_break_the_difference_is_told(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endings: dict[str, list[dict[str, Any]]] = {
        "410": [{"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}],
        "refused": [{"type": "ERROR", "object": {"code": 403, "message": "not you"}}],
    }
    after = [obj("b", "2", "ub"), obj("c", "7", "uc2"), obj("d", "8", "ud")]
    before = [obj("a", "1", "ua"), obj("b", "2", "ub"), obj("c", "3", "uc1")]
    streams = [endings[broken]] if broken in endings else []
    cluster = Scripted(listed("5", *before), listed("9", *after), Stop(), streams=streams)
    changes, troubles = follow(cluster, monkeypatch)
    assert changes[3:] == [("deleted", "a", "1"), ("deleted", "c", "3"), ("added", "c", "7"), ("added", "d", "8")]
    assert troubles[:1] == {"410": ["no more"], "connection": ["no more"], "refused": ["watch: not you"]}[broken][:1]


def test_a_kind_that_is_not_there_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Scripted(failure(404, "NotFound"), ClusterError("away"), listed("5", obj("a", "1", "ua")), Stop())
    changes, troubles = follow(cluster, monkeypatch)
    assert changes == [("listed", "a", "1")]
    assert troubles[:2] == ["the API server does not serve this kind", "away"]


@pytest.mark.parametrize("code", [404, 410])
def test_a_watch_that_ends_because_of_its_kind_or_its_age_is_no_trouble(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = [{"type": "ERROR", "object": {"code": code}}]
    cluster = Scripted(listed("5", obj("a", "1", "ua")), listed("6", obj("a", "1", "ua")), Stop(), streams=[ending])
    assert follow(cluster, monkeypatch)[1][:1] == ["no more"]


@pytest.mark.parametrize(
    ("code", "told"),
    [(429, "the API server takes no more requests of this user now (429; priority and fairness"), (403, "no"), (500, "no")],
)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_a_limit_of_the_server_is_named(verb: str, code: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = failure(code, "TooManyRequests" if code == 429 else "Other")
    if verb == "list":
        cluster = Scripted(refused, listed("5"), Stop())
    else:
        cluster = Scripted(listed("5"), Stop(), streams=[[{"type": "ERROR", "object": {**refused.body, "code": code}}]])
    assert follow(cluster, monkeypatch)[1][0].startswith(f"{verb}: {told}")


@pytest.mark.parametrize("absences", [1, 2, 3])
def test_a_kind_that_stays_away_takes_its_objects_along_and_its_return_is_told(absences: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
    told: list[Any] = []
    gone = [failure(404, "NotFound")] * absences
    cluster = Scripted(listed("5", obj("a", "1", "ua")), *gone, listed("9", obj("a", "8", "ub")), Stop(), streams=[[]])
    follower = Follower(
        cluster,
        Watched(CONFIG),
        lambda change: told.append((change.kind, change.metadata["uid"])),
        lambda _, trouble: told.append(trouble.reason),
        lambda: 0.0,
        on_synced=lambda _, appeared: told.append(appeared),
    )
    with pytest.raises((Stop, IndexError)):
        asyncio.run(asyncio.wait_for(follower.follow(), 5))
    assert [item for item in told if item != "no more"] == [
        ("listed", "ua"),
        False,
        "the API server does not serve this kind",
        ("deleted", "ua"),
        ("added", "ub"),
        True,
    ]


@pytest.mark.parametrize("kicks", [1, 5])
def test_a_kick_looks_at_once_however_long_the_kind_was_away(kicks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 600.0)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 600.0)
    cluster = Scripted(*[failure(404, "NotFound")] * kicks, listed("5", obj("a", "1", "ua")))
    changes: list[str] = []

    async def run() -> None:
        follower = Follower(cluster, Watched(CONFIG), lambda change: changes.append(change.kind), lambda *_: None, lambda: 0.0)
        task = asyncio.create_task(follower.follow())
        for number in range(kicks):
            while len(cluster.requests) <= number:
                await asyncio.sleep(0)
            follower.kick()
        await asyncio.wait_for(follower.synced.wait(), 5)
        task.cancel()

    asyncio.run(run())
    assert changes == ["listed"]


@pytest.mark.parametrize(
    ("answers", "streams", "pauses"),
    [
        ([failure(403, "Forbidden")] * 4, [], [0.2, 0.4, 0.8, 1.6]),
        ([listed("5")] * 4, [[{"type": "ERROR", "object": {"code": 403, "message": "not you"}}]] * 4, [0.2, 0.4, 0.8, 1.6]),
        ([listed("5")] * 4, [[{"type": "ERROR", "object": {"code": 410}}]] * 4, [0.2, 0.2, 0.2, 0.2]),
    ],
    ids=["no list", "a list but no watch", "compacted"],
)
def test_what_is_refused_backs_off_and_is_told_once(
    answers: list[Answer], streams: list[list[dict[str, Any]]], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is allowed achieves nothing while the watch is not: no reason to begin again at once, for ever."""
    slept: list[float] = []
    troubles: list[Trouble] = []

    async def kicked(_self: Follower, seconds: float) -> bool:
        slept.append(seconds / 0.75)
        return False

    monkeypatch.setattr(Follower, "_kicked", kicked)
    cluster = Scripted(*answers, Stop(), streams=streams)
    follower = Follower(cluster, Watched(CONFIG), lambda _: None, lambda _, trouble: troubles.append(trouble), lambda: 0.0)
    with pytest.raises(Stop):
        asyncio.run(follower.follow())
    assert slept == pytest.approx(pauses)
    refused = [trouble for trouble in troubles if trouble.code == 403]
    assert [trouble.again for trouble in refused] == [False, True, True, True][: len(refused)]
