"""Everybody is told, wherever the telling breaks off and whoever goes on with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.fanout.main import Fanout
from functions.fanout.telling import RefusedError
from functions.platform.cluster import Answer, Request
from functions.platform.events import EVENT_CONVERGE, EVENT_UPDATE, Event, Role, encode, from_object, parse
from functions.platform.merging import merge
from functions.platform.paths import CRDS
from functions.platform.platform import assemble
from functions.platform.post import Sent
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from graphcore.converge.references import Reference, record
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE_REVISION, RGD_ID, RGD_NAME
from tests.unit.functions.fakes import failure

WEB = Resource("kro.run/v1alpha1", "Web", "webs", namespaced=True)
PAGE = 3


@dataclass
class Place:
    """A kind with its CRD, a cluster that serves it and a sink: every list and every post may be made to fail.

    told: by instance, the highest revision that an accepted event named. asked: lists of instances. refuse: which posts are refused.
    """

    size: int = 8
    revision: int = 5
    told: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    handed: list[Event] = field(default_factory=list)
    refuse: Callable[[Event], Sent | None] = lambda _: None
    list_answer: Callable[[str], Answer | None] = lambda _: None
    crd_answer: Answer | None = None
    gone: bool = False

    def crd(self) -> dict[str, Any]:
        return {
            "metadata": {
                "name": "webs.kro.run",
                "uid": "crd",
                "resourceVersion": str(100 + self.revision),
                "labels": {RGD_NAME: "web", RGD_ID: "rgd"},
                "annotations": {ACTIVE_REVISION: str(self.revision)},
            },
            "spec": {
                "group": "kro.run",
                "scope": "Namespaced",
                "names": {"kind": "Web", "plural": "webs"},
                "versions": [{"name": "v1alpha1", "storage": True}],
            },
        }

    # the cluster

    async def send(self, request: Request) -> Answer:
        *_, last = request.path.split("/")
        if last == "webs":
            return self._list(request.query.get("continue", ""))
        if last == "webs.kro.run":
            if self.gone:
                return failure(404, "NotFound", name=last)
            return self.crd_answer or Answer(200, self.crd())
        if last == "customresourcedefinitions":
            return Answer(200, {"items": [self.crd()], "metadata": {}})
        assert last == "resourcegraphdefinitions"
        return Answer(200, {"items": [{"metadata": {"name": "web", "uid": "rgd"}}], "metadata": {}})

    def _list(self, token: str) -> Answer:
        self.asked += 1
        special = self.list_answer(token)
        if special:
            return special
        first = int(token or 0)
        # Each refers to its own CRD.
        _, refers = record((Reference(CRDS, "", "webs.kro.run"),))
        last = min(first + PAGE, self.size)
        items = [
            {"metadata": {"name": f"i{number}", "namespace": "ns", "uid": f"u{number}", "annotations": refers}}
            for number in range(first, last)
        ]
        more = {"continue": str(first + PAGE)} if first + PAGE < self.size else {}
        return Answer(200, {"items": items, "metadata": more})

    async def stream(self, _request: Request) -> AsyncIterator[dict[str, Any]]:
        yield {}

    async def close(self) -> None:
        return

    # one delivery, to a process that knows nothing

    def deliver(self, event: Event) -> Event | None:
        """What is left for another delivery; raises what the run raises."""
        rest: list[Event] = []
        place = self

        class Post:
            async def send(self, _url: str, sent: Event, _headers: Mapping[str, str] | None = None) -> Sent:
                refused = place.refuse(sent)
                if refused is not None:
                    return refused
                if sent.role is Role.INSTANCE:
                    name = sent.subject.name
                    place.told[name] = max(place.told.get(name, 0), sent.revision or 0)
                elif sent.role is not Role.DEFINITION:
                    rest.append(parse(*encode(sent, "test")))
                return Sent(204)

            async def close(self) -> None:
                return

        platform = assemble("fanout", Settings(bridge_url="http://bridge"), self, Post(), Telemetry("fanout", lambda _: None))
        asyncio.run(Fanout(platform, PAGE).run(event.target, (event,)))
        assert len(rest) <= 1
        return rest[0] if rest else None

    def whole(self, event: Event, most: int = 50) -> int:
        """Deliveries until nothing is left."""
        waiting: Event | None = event
        for number in range(most):
            if waiting is None:
                return number
            with contextlib.suppress(RefusedError):
                waiting = self.deliver(waiting)
        raise AssertionError("no end")

    def everyone(self, revision: int) -> dict[str, int]:
        return {f"i{number}": revision for number in range(self.size)}


def activation(place: Place) -> Event:
    return from_object(EVENT_UPDATE, Role.ACTIVATION, CRDS, place.crd()["metadata"], traceparent="")


@pytest.mark.parametrize(("size", "deliveries", "lists"), [(0, 1, 1), (1, 1, 1), (3, 1, 1), (4, 2, 2), (9, 3, 3), (10, 4, 4)])
def test_each_delivery_passes_a_page_and_hands_the_rest_on(size: int, deliveries: int, lists: int) -> None:
    place = Place(size)
    assert place.whole(activation(place)) == deliveries
    assert (place.told, place.asked) == (place.everyone(5), lists)


@pytest.mark.parametrize("cut", range(4))
def test_whom_an_older_activation_passed_is_told_of_the_newer_one(cut: int) -> None:
    place = Place(10)
    waiting: Event | None = activation(place)
    for _ in range(cut):
        assert waiting is not None
        waiting = place.deliver(waiting)
    place.revision = 6
    # The event of the newer activation is lost on the way: what goes on notices by itself.
    if waiting is not None:
        place.whole(waiting)
        assert place.told == place.everyone(6)
    place.revision = 7
    place.whole(merge(waiting, activation(place)) if waiting else activation(place))
    assert place.told == place.everyone(7)


def test_one_refused_event_holds_back_no_later_page() -> None:
    place = Place(10)
    broken = {"i1": 6}

    def refuse(event: Event) -> Sent | None:
        name = event.subject.name
        if event.role is Role.INSTANCE and broken.get(name, 0):
            broken[name] -= 1
            return Sent(503)
        return None

    place.refuse = refuse
    waiting: Event | None = activation(place)
    for _ in range(4):
        assert waiting is not None
        waiting = place.deliver(waiting)
    assert place.told == {name: 5 for name in place.everyone(5) if name != "i1"}
    assert waiting is not None
    assert place.whole(waiting) > 0
    assert place.told == place.everyone(5)


@pytest.mark.parametrize("answer", [Sent(0), Sent(503), Sent(403), Sent(413)])
def test_while_nobody_takes_anything_the_position_stays(answer: Sent) -> None:
    place = Place(5, refuse=lambda _: answer)
    event = activation(place)
    for _ in range(3):
        with pytest.raises(RefusedError):
            place.deliver(event)
    place.refuse = lambda _: None
    place.whole(event)
    assert place.told == place.everyone(5)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(410, {"kind": "Status", "reason": "Expired", "metadata": {"continue": "3"}}), 8),
        (Answer(410, {"kind": "Status", "reason": "Expired", "metadata": {}}), 8),
        (Answer(500, {"kind": "Status"}), 8),
        (Answer(404, {"kind": "Status", "message": "404 page not found"}), 8),
    ],
)
def test_a_list_that_breaks_in_the_middle_leaves_nobody_out(answer: Answer, told: int) -> None:
    place = Place(told)
    broken = [answer]
    place.list_answer = lambda token: broken.pop() if token == "3" and broken else None
    place.whole(activation(place))
    assert place.told == place.everyone(5)


@pytest.mark.parametrize("answer", [failure(404, "", "404 page not found"), failure(500, "InternalError"), failure(403, "Forbidden")])
def test_only_the_crds_own_absence_ends_a_telling(answer: Answer) -> None:
    place = Place(crd_answer=answer)
    with pytest.raises(RefusedError):
        place.deliver(activation(place))
    place.crd_answer = None
    place.gone = True
    place.list_answer = lambda _: failure(404, "", "404 page not found")
    assert place.deliver(activation(place)) is None


@pytest.mark.parametrize("role", [Role.RESYNC, Role.EXTERNAL])
def test_a_resync_and_the_telling_of_a_reference_have_positions_as_well(role: Role) -> None:
    place = Place(8)
    event = replace(activation(place), role=role, type=EVENT_CONVERGE)
    waiting: Event | None = event
    lists = []
    while waiting is not None:
        before = place.asked
        waiting = place.deliver(waiting)
        lists.append(place.asked - before)
    assert (place.told, lists) == (place.everyone(5), [1, 1, 1])


@given(st.integers(0, 11), st.lists(st.sampled_from(["go", "page", "post", "hand", "die", "activate", "double"]), max_size=12))
@settings(max_examples=150, deadline=None)
def test_every_instance_is_told_of_the_last_activation(size: int, steps: list[str]) -> None:
    """Pages and posts fail, processes die, events are lost only where another one for the same is on its way, or come twice."""
    place = Place(size)
    waiting: Event | None = activation(place)
    for step in steps:
        place.refuse, place.list_answer = (lambda _: None), (lambda _: None)
        if step == "activate":
            place.revision += 1
            waiting = merge(waiting, activation(place)) if waiting else activation(place)
        if waiting is None:
            continue
        if step == "page":
            place.list_answer = lambda _: failure(500, "InternalError")
        if step == "post":
            place.refuse = lambda event: Sent(503) if event.role is Role.INSTANCE and event.subject.name.endswith("1") else None
        if step == "hand":
            place.refuse = lambda event: Sent(0) if event.role is Role.ACTIVATION else None
        before = waiting
        try:
            rest = place.deliver(waiting)
        except RefusedError:
            continue
        if step == "die":
            # The answer never arrived: the same event comes again, beside what it had handed on.
            waiting = merge(before, rest) if rest else before
        elif step == "double":
            waiting = merge(rest, before) if rest else before
        else:
            waiting = rest
    place.refuse, place.list_answer = (lambda _: None), (lambda _: None)
    if waiting is not None:
        place.whole(waiting)
    assert place.told == place.everyone(place.revision)


@pytest.mark.parametrize("refused", [0.5, 0.9])
def test_a_position_holds_no_more_than_two_pages_of_those_who_could_not_be_told(refused: float) -> None:
    """However many are refused, and for however long; at the end everybody is told."""
    place, left, turn = Place(60), list[int](), 0

    def refuse(sent: Event) -> Sent | None:
        nonlocal turn
        turn += 1
        number = int(sent.subject.name[1:]) if sent.role is Role.INSTANCE else 0
        return Sent(503) if sent.role is Role.INSTANCE and turn < 300 and (number * 7919 % 100) < refused * 100 else None

    place.refuse = refuse  # type: ignore[method-assign]
    waiting: Event | None = activation(place)
    for _ in range(400):
        if waiting is None:
            break
        with contextlib.suppress(RefusedError):
            waiting = place.deliver(waiting)
        if waiting is not None and waiting.progress:
            left.append(len(waiting.progress.left))
    assert place.told == place.everyone(5)
    assert 0 < max(left) <= 2 * PAGE
