"""Effects become requests, answers become results."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from functions.platform import driver as module
from functions.platform.cluster import APPLY_PATCH, MERGE_PATCH, METADATA, Answer, Cluster, ClusterError
from functions.platform.driver import DeadlineError, Driver, Sight, request_of
from graphcore.converge.effects import (
    Apply,
    Converged,
    Create,
    Delete,
    Effect,
    Found,
    Get,
    List,
    Listed,
    Missing,
    Outcome,
    Patch,
    Record,
    Recorded,
    Refused,
    Replace,
    Result,
    Run,
)
from graphcore.graph import Resource
from tests.unit.functions.fakes import Scripted, failure, obj

CONFIG = Resource("v1", "ConfigMap", "configmaps", namespaced=True)
WEB = Resource("kro.run/v1", "Web", "webs", namespaced=False)


def driver(cluster: Cluster) -> Driver:
    return Driver(cluster, None, lambda: "2026-01-02T03:04:05.000006Z", "krofn-test")  # type: ignore[arg-type]


def perform(cluster: Cluster, *effects: Effect) -> tuple[list[Result], Sight]:
    """One batch."""
    got: list[Result] = []
    sight = Sight()

    def run() -> Run:
        got.extend((yield effects))
        return Converged()

    asyncio.run(driver(cluster).drive(run(), sight, 5.0))
    return got, sight


@pytest.mark.parametrize(
    ("effect", "verb", "path", "query", "content_type"),
    [
        (Get(CONFIG, "a", "ns"), "GET", "/api/v1/namespaces/ns/configmaps/a", {}, "application/json"),
        (Get(WEB, "a:b"), "GET", "/apis/kro.run/v1/webs/a%3Ab", {}, "application/json"),
        (
            Apply(CONFIG, "a", "ns", {"x": 1}, "m"),
            "PATCH",
            "/api/v1/namespaces/ns/configmaps/a",
            {"fieldManager": "m", "force": "true"},
            APPLY_PATCH,
        ),
        (Apply(WEB, "a", None, {}, "m", force=False), "PATCH", "/apis/kro.run/v1/webs/a", {"fieldManager": "m"}, APPLY_PATCH),
        (Patch(WEB, "a", None, {}, "status"), "PATCH", "/apis/kro.run/v1/webs/a/status", {"fieldManager": "kro"}, MERGE_PATCH),
        (Replace(WEB, "a", None, {}, "status"), "PUT", "/apis/kro.run/v1/webs/a/status", {"fieldManager": "kro"}, "application/json"),
        (Create(CONFIG, "ns", {}), "POST", "/api/v1/namespaces/ns/configmaps", {"fieldManager": "kro"}, "application/json"),
        (Delete(CONFIG, "a", "ns", "u", "7"), "DELETE", "/api/v1/namespaces/ns/configmaps/a", {}, "application/json"),
    ],
)
def test_an_effect_is_one_request(effect: Any, verb: str, path: str, query: dict[str, str], content_type: str) -> None:
    request = request_of(effect)
    assert (request.verb, request.path, dict(request.query), request.content_type) == (verb, path, query, content_type)


def test_a_delete_carries_its_preconditions() -> None:
    body = request_of(Delete(CONFIG, "a", "ns", "u", "7", "Foreground")).body
    assert body["preconditions"] == {"uid": "u", "resourceVersion": "7"}
    assert body["propagationPolicy"] == "Foreground"
    assert request_of(Delete(CONFIG, "a", "ns", "u", None)).body["preconditions"] == {"uid": "u"}
    assert request_of(Get(CONFIG, "a", "ns", metadata_only=True)).accept == METADATA


GONE = failure(404, "NotFound", name="a")
REFUSED = failure(422, "Invalid", "metadata.uid: no", kind="x")
GOING = obj(deletionTimestamp="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("effect", "answer", "result"),
    [
        (Get(CONFIG, "a", "ns"), Answer(200, obj()), Found(obj())),
        (Get(CONFIG, "a", "ns"), GONE, Missing()),
        (Get(CONFIG, "a", "ns"), failure(403, "Forbidden", "not you"), Refused(403, "Forbidden", "not you")),
        (Apply(CONFIG, "a", "ns", {}, "m"), failure(404, "NotFound"), Refused(404, "NotFound", "no")),
        (Apply(CONFIG, "a", "ns", {}, "m"), REFUSED, Refused(422, "Invalid", "metadata.uid: no", {"kind": "x"})),
        (Create(CONFIG, "ns", {}), failure(409, "AlreadyExists"), Refused(409, "AlreadyExists", "no")),
        (Patch(CONFIG, "a", "ns", {}), GONE, Missing()),
        (Delete(CONFIG, "a", "ns", "u", "5"), GONE, Missing()),
        (Delete(CONFIG, "a", "ns", "u", "5"), failure(409, "Conflict"), Refused(409, "Conflict", "no")),
        (Delete(CONFIG, "a", "ns", "u", "5"), Answer(200, {"kind": "Status", "status": "Success"}), Missing()),
        (Delete(CONFIG, "a", "ns", "u", "5"), Answer(200, obj()), Missing()),
        (Delete(CONFIG, "a", "ns", "u", "5"), Answer(200, {**GOING, "metadata": {**GOING["metadata"], "finalizers": ["x"]}}), None),
        (
            Delete(CONFIG, "a", "ns", "u", "5"),
            Answer(202, {**GOING, "metadata": {**GOING["metadata"], "deletionGracePeriodSeconds": 30}}),
            None,
        ),
        (Delete(CONFIG, "a", "ns", "u", "5"), Answer(200, {**GOING, "spec": {"finalizers": ["kubernetes"]}}), None),
        (List(CONFIG, "ns"), failure(404, "NotFound"), Missing()),
    ],
)
def test_an_answer_is_one_result(effect: Effect, answer: Answer, result: Result | None) -> None:
    (got,), _ = perform(Scripted(answer), effect)
    assert got == (result if result is not None else Found(answer.body))


def test_a_list_reads_every_page_and_begins_again_when_its_beginning_is_gone() -> None:
    def page(name: str, position: str) -> Answer:
        return Answer(200, {"metadata": {"continue": position}, "items": [{"metadata": obj(name, uid=name)["metadata"]}]})

    cluster = Scripted(page("a", "p1"), failure(410, "Expired"), page("a", "p2"), page("b", ""))
    (got,), sight = perform(cluster, List(CONFIG, "ns", labels="x=y", fields="metadata.name=a"))
    assert isinstance(got, Listed)
    assert [(item["kind"], item["apiVersion"], item["metadata"]["name"]) for item in got.items] == [
        ("ConfigMap", "v1", "a"),
        ("ConfigMap", "v1", "b"),
    ]
    assert [request.query.get("continue") for request in cluster.requests] == [None, "p1", None, "p2"]
    assert cluster.requests[0].query == {"limit": "500", "labelSelector": "x=y", "fieldSelector": "metadata.name=a"}
    assert "resourceVersion" not in cluster.requests[0].query
    assert sight.seen == {"a": "5", "b": "5"}


def test_sight_remembers_the_newest_version() -> None:
    sight = Sight()
    for version in ("9", "10", "8"):
        sight.note(obj(version=version))
    assert sight.seen == {"u": "10"}


@pytest.mark.parametrize(
    ("effect", "body", "ended"),
    [
        (Delete(CONFIG, "a", "ns", "u", "5"), {"kind": "Status"}, True),
        (Delete(CONFIG, "a", "ns", "u", "5"), obj(), True),
        (Delete(CONFIG, "a", "ns", "u", "5"), GOING, True),
        (Delete(CONFIG, "a", "ns", "u", "5"), obj(deletionTimestamp="t", finalizers=["x"]), False),
        (Delete(CONFIG, "a", "ns", "u", "5"), {**GOING, "spec": {"finalizers": ["kubernetes"]}}, False),
        (Patch(CONFIG, "a", "ns", {}), GOING, True),
        (Patch(CONFIG, "a", "ns", {}), obj(deletionTimestamp="t", finalizers=["x"]), False),
        (Patch(CONFIG, "a", "ns", {}), obj(), False),
        # What can be read is there: a Namespace that is going shows no finalizers in its metadata.
        (Get(CONFIG, "a", "ns"), GOING, False),
        (List(CONFIG, "ns"), {"metadata": {}, "items": [GOING]}, False),
    ],
)
def test_only_a_write_that_nothing_held_ends_an_object(effect: Effect, body: dict[str, Any], ended: bool) -> None:
    _, sight = perform(Scripted(Answer(200, body)), effect)
    assert sight.ended == ({"u"} if ended else set())


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_within_the_run(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    cluster = Scripted(failure(status, "x"), Answer(200, obj()))
    (got,), _ = perform(cluster, Get(CONFIG, "a", "ns"))
    assert got == Found(obj())
    assert len(cluster.requests) == 2
    always = Scripted(*[failure(status, "x")] * 3)
    (refused,), _ = perform(always, Get(CONFIG, "a", "ns"))
    assert isinstance(refused, Refused)
    assert refused.code == status


def test_an_event_record_never_fails_and_says_whom_it_is_about() -> None:
    record = Record({"kind": "Web", "name": "a", "namespace": "ns", "uid": "u"}, "Warning", "Reason", "m" * 2000)
    for cluster in (Scripted(Answer(201, {})), Scripted(failure(403, "Forbidden")), Scripted(ClusterError("away"))):
        (got,), _ = perform(cluster, record)
        assert got == Recorded()
        request = cluster.requests[0]
        assert request.path == "/api/v1/namespaces/ns/events"
        assert (request.body["involvedObject"]["uid"], request.body["type"], len(request.body["message"])) == ("u", "Warning", 1024)


def test_a_cluster_that_cannot_be_reached_and_a_deadline_end_the_run() -> None:
    closed: list[bool] = []

    def run() -> Run:
        try:
            yield (Get(CONFIG, "a", "ns"), Get(CONFIG, "b", "ns"))
        finally:
            closed.append(True)
        return Converged()

    with pytest.raises(ClusterError, match="away"):
        asyncio.run(driver(Scripted(ClusterError("away"), Answer(200, obj()))).drive(run(), Sight(), 5.0))

    class Slow(Scripted):
        async def send(self, request: Any) -> Answer:
            await asyncio.sleep(5)
            return Answer(200, {})

    with pytest.raises(DeadlineError):
        asyncio.run(driver(Slow()).drive(run(), Sight(), 0.02))
    assert closed == [True, True]


def test_the_outcome_is_what_the_run_returns() -> None:
    def run() -> Run:
        yield ()
        return Converged(gone=True)

    outcome: Outcome = asyncio.run(driver(Scripted()).drive(run(), Sight(), 1.0))
    assert outcome == Converged(gone=True)


NOT_SERVED = Refused(404, "", "the API server does not serve webs.kro.run at version v1 now")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {"kind": "Status", "message": "not an answer of the Kubernetes API: 404 page not found", "reason": ""}),
        failure(404, "NotFound", "the server could not find the requested resource"),
        failure(404, "NotFound", 'namespaces "other" not found', name="other"),
        failure(404, "", name="a"),
        Answer(404, {}),
    ],
    ids=["plain", "no such resource", "another object", "no reason", "empty"],
)
@pytest.mark.parametrize(
    "effect", [Get(WEB, "a"), Patch(WEB, "a", None, {}), Delete(WEB, "a", None, "u", "5"), Replace(WEB, "a", None, {}, "status")]
)
def test_a_404_that_is_not_the_objects_own_does_not_mean_that_it_is_gone(effect: Effect, answer: Answer) -> None:
    (got,), sight = perform(Scripted(answer), effect)
    assert got == NOT_SERVED
    assert not sight.ended


@pytest.mark.parametrize("name", ["a", "ns"], ids=["another name", "the namespace's own name"])
@pytest.mark.parametrize("write", [Patch, Replace, Apply, Create])
def test_a_namespace_that_is_gone_is_not_taken_for_the_objects_end(write: type, name: str) -> None:
    answer = failure(404, "NotFound", 'namespaces "ns" not found', name="ns", kind="namespaces")
    body = {"metadata": {"name": name}}
    effects = {
        Patch: Patch(CONFIG, name, "ns", body),
        Replace: Replace(CONFIG, name, "ns", body, "status"),
        Apply: Apply(CONFIG, name, "ns", body, "m"),
        Create: Create(CONFIG, "ns", body),
    }
    (got,), sight = perform(Scripted(answer), effects[write])
    assert isinstance(got, Refused)
    assert (got.namespace_gone, sight.ended) == ("ns", set())
    namespace = Resource("v1", "Namespace", "namespaces", namespaced=False)
    (got,), _ = perform(Scripted(answer), Patch(namespace, "ns", None, {}))
    assert got == Missing()


def test_what_was_only_looked_at_is_not_seen() -> None:
    _, sight = perform(
        Scripted(Answer(200, obj()), Answer(200, obj("b", "7", "v"))), Get(CONFIG, "a", "ns", look=True), Get(CONFIG, "b", "ns")
    )
    assert sight.seen == {"v": "7"}
