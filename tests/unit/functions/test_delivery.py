"""Requests to a function: what is answered, and that nothing is ever answered with a body or 500."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from functions.platform import post as words
from functions.platform.delivery import Function, application
from functions.platform.events import EVENT_UPDATE, FUNCTION_ROLES, Changed, Event, EventError, Progress, Reference, Role, encode, parse
from functions.platform.platform import Platform, assemble
from functions.platform.post import Sent
from functions.platform.runs import Report
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from graphcore.names import INSTANCE_GROUP, INSTANCE_KIND, INSTANCE_NAME, INSTANCE_NAMESPACE, INSTANCE_VERSION, RGD_NAME
from local_emulator.hosting.inprocess import call
from tests.unit.functions.fakes import Scripted

EVENT = Event(
    EVENT_UPDATE,
    Role.INSTANCE,
    Reference("kro.run/v1", "Web", "ns", "a"),
    "u",
    {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "3"},
    (
        Changed("u", "3", False, Reference("kro.run/v1", "Web", "ns", "a"), "webs"),
        Changed("c", "4", True, Reference("v1", "ConfigMap", "ns", "c"), "configmaps"),
    ),
    7,
    "definition-uid",
    "webs",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "id-1",
    "77",
    Progress(("crd", "2"), "webs.kro.run", "token", 3, (("webs.kro.run", "ns", "a", "u"),)),
)


@dataclass
class Kept:
    """answers: to what is posted, then 204."""

    sent: list[tuple[str, Event, Mapping[str, str]]] = field(default_factory=list)
    answers: list[Sent] = field(default_factory=list)

    async def send(self, url: str, event: Event, headers: Mapping[str, str] | None = None) -> Sent:
        self.sent.append((url, event, headers or {}))
        return self.answers.pop(0) if self.answers else Sent(204)

    async def close(self) -> None:
        return


def serve(
    end: Report | Exception,
    requests: Callable[[Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]], Awaitable[None]],
    answers: tuple[Sent, ...] = (),
    **settings: str,
) -> tuple[Kept, list[str]]:
    """Plays requests against a function whose every run ends as given; (what it posted, what it logged). answers: to what it posts."""
    post, lines = Kept(answers=list(answers)), []

    async def run(_target: Reference, _events: tuple[Event, ...]) -> Report:
        if isinstance(end, Exception):
            raise end
        return end

    def platform() -> Platform:
        return assemble("instance", Settings(**settings), Scripted(), post, Telemetry("instance", lines.append))  # type: ignore[arg-type]

    function = Function(lambda _: run, platform)

    async def target(request: Request) -> Response:
        return await function.handle(request)

    app = application(target, function)

    async def play() -> None:
        async def ask(headers: Mapping[str, str], body: bytes, verb: str = "POST", path: str = "/") -> tuple[int, dict[str, str], bytes]:
            return await call(app, verb, path, headers, body)

        await requests(ask)

    asyncio.run(play())
    return post, lines


@pytest.mark.parametrize(
    ("end", "status", "retry_after"),
    [
        (Report("converged"), 204, None),
        (Report("waiting", 3.0), 204, "3"),
        (Report("failed", 0.2), 204, "1"),
        (Report("failed"), 204, None),
        (Report("retry"), 503, None),
        (RuntimeError("secret value"), 503, None),
    ],
)
def test_the_end_of_a_run_is_a_status_without_a_body(end: Report | Exception, status: int, retry_after: str | None) -> None:
    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        code, headers, body = await ask(*encode(EVENT, "test"))
        assert (code, body) == (status, b"")
        if retry_after is None:
            assert "retry-after" not in headers
        else:
            assert int(headers["retry-after"]) in (int(retry_after), int(retry_after) + 1)

    serve(end, requests)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"x" * (1024 * 1024 + 1), json.dumps({"metadata": []}).encode()],
    ids=["nothing", "no JSON", "too long", "wrong data"],
)
def test_what_is_no_event_is_refused_for_good(body: bytes) -> None:
    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        code, _, answered = await ask({"content-type": "application/json"}, body)
        assert (code, answered) == (400, b"")

    serve(Report("converged"), requests)


def test_metrics_and_health_answer_to_get() -> None:
    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        assert (await ask({}, b"", "GET"))[0] == 204
        await ask(*encode(EVENT, "test"))
        code, _, body = await ask({}, b"", "GET", "/metrics")
        assert code == 200
        assert b'krofn_deliveries_total{answer="done",role="instance",function="instance"} 1' in body

    serve(Report("converged"), requests)


def test_with_a_broker_in_between_the_bridge_is_asked_to_come_back() -> None:
    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        await ask(*encode(EVENT, "test"))

    post, _ = serve(Report("waiting", 30.0), requests, bridge_url="http://bridge")
    ((url, event, headers),) = post.sent
    assert (url, event.target, 30 <= int(headers["Retry-After"]) <= 33) == ("http://bridge", EVENT.target, True)
    post, _ = serve(Report("waiting", 30.0), requests)
    assert post.sent == []


@pytest.mark.parametrize(
    "end", [Report("waiting", 30.0), Report("failed", 5.0), Report("failed", untold=True)], ids=["waits", "fails", "untold"]
)
@pytest.mark.parametrize("refusal", [Sent(0), Sent(503), Sent(500), Sent(404), Sent(401), Sent(302)], ids=lambda sent: str(sent.status))
def test_a_reminder_that_the_bridge_did_not_take_is_not_acknowledged(refusal: Sent, end: Report) -> None:
    """Nobody would come back; whoever delivered does, and the next time the bridge is asked again, without another run."""

    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        status, headers, body = await ask(*encode(EVENT, "test"))
        assert (status, headers.get("retry-after"), body) == (503, None, b"")
        assert headers["krofn-answer"] == "again"
        status, headers, _ = await ask(*encode(EVENT, "test"))
        assert status == 204
        _, _, body = await ask({}, b"", "GET", "/metrics")
        assert b'krofn_reminders_refused_total{function="instance"} 1' in body

    post, _ = serve(end, requests, answers=(refusal,), bridge_url="http://bridge")
    assert [url for url, _, _ in post.sent] == ["http://bridge"] * 2


def test_an_event_survives_its_journey_in_both_modes() -> None:
    headers, body = encode(EVENT, "test")
    assert headers["ce-subject"] == "/apis/kro.run/v1/namespaces/ns/webs/a"
    assert (headers["ce-krorole"], headers["ce-partitionkey"], headers["ce-krorevision"]) == ("instance", "u", "7")
    assert parse(headers, body) == EVENT
    attributes = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
    structured = json.dumps({**attributes, "datacontenttype": "application/json", "data": json.loads(body)}).encode()
    assert parse({"content-type": "application/cloudevents+json"}, structured) == EVENT


def test_nothing_but_metadata_is_read_from_a_whole_object() -> None:
    headers, _ = encode(EVENT, "test")
    whole = {
        "kind": "Secret",
        "data": {"password": "x"},
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "3", "annotations": {"x": "y"}},
    }
    event = parse(headers, json.dumps(whole).encode())
    assert dict(event.metadata) == {"name": "a", "uid": "u", "resourceVersion": "3"}
    assert event.changes == (Changed("u", "3", subject=Reference("kro.run/v1", "Web", "ns", "a"), plural="webs"),)
    assert "password" not in repr(event)


def test_a_member_and_a_revision_name_what_to_converge() -> None:
    labels = {INSTANCE_GROUP: "kro.run", INSTANCE_VERSION: "v1", INSTANCE_KIND: "Web", INSTANCE_NAME: "w", INSTANCE_NAMESPACE: "ns"}
    child = Reference("v1", "ConfigMap", "other", "c")
    assert Event("t", Role.MEMBER, child, "u", {"labels": labels}, ()).target == Reference("kro.run/v1", "Web", "ns", "w")
    revision = Event("t", Role.REVISION, child, "u", {"labels": {RGD_NAME: "web"}}, ())
    assert revision.target == Reference("kro.run/v1alpha1", "ResourceGraphDefinition", "", "web")
    with pytest.raises(EventError, match=INSTANCE_GROUP):
        _ = Event("t", Role.MEMBER, child, "u", {}, ()).target


def test_every_role_has_exactly_one_function() -> None:
    assert sorted(role for roles in FUNCTION_ROLES.values() for role in roles) == sorted(Role)


@pytest.mark.parametrize(
    ("end", "word", "header"),
    [
        (Report("failed", 30.0, backs_off=True, untold=True), "untold", True),
        (Report("failed", None, backs_off=True, untold=True), "untold", False),
        (Report("failed", 30.0), "done", True),
    ],
    ids=["untold", "untold and never repeated", "told"],
)
def test_a_run_that_could_not_tell_its_object_says_so_to_whoever_can(end: Report, word: str, header: bool) -> None:
    """Without a broker in the answer, else to the bridge, which has the definition ask for missing rights."""

    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        code, headers, _ = await ask(*encode(EVENT, "test"))
        assert (code, headers["krofn-answer"]) == (204, word)
        assert ("retry-after" in headers) == header

    post, _ = serve(end, requests, bridge_url="http://bridge")
    ((_, _, headers),) = post.sent
    assert headers["Krofn-Answer"] == word
    assert ("Retry-After" in headers) == header


def test_the_page_of_answers_knows_every_word_and_its_status() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "answers.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.M))
    assert set(told) == {words.DONE, words.ECHO, words.AGAIN, words.REFUSED, words.UNTOLD}
    given: dict[str, str] = {}

    async def requests(ask: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]) -> None:
        # The second time it is an echo, where the run has seen the version.
        for headers, body in (encode(EVENT, "test"), encode(EVENT, "test"), ({"content-type": "application/json"}, b"")):
            code, answered, _ = await ask(headers, body)
            given[answered["krofn-answer"]] = str(code)

    for end in (
        Report("converged", seen={"u": "3"}, ended=frozenset({"c"}), graph=("definition-uid", 7)),
        Report("failed", 30.0, untold=True),
        Report("retry"),
    ):
        serve(end, requests)
    assert given == told
