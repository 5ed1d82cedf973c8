"""What a function's answer means to Knative's broker, and the product with a broker in between, wired as ``knative/`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from starlette.responses import Response

from functions.platform.events import EVENT_UPDATE, Changed, Event, Reference, Role, encode
from local_emulator.hosting.broker import Broker, Trigger
from local_emulator.hosting.host import BRIDGE_URL, Host, address
from local_emulator.hosting.inprocess import call
from tests.emulator.hosting import apply, play, read, ready
from tests.emulator.test_demo_in_process import INSTANCE, WEB

EVENT = Event(
    EVENT_UPDATE,
    Role.INSTANCE,
    Reference("g/v1", "K", "ns", "a"),
    "u",
    {"name": "a", "uid": "u"},
    (Changed("u", "1"),),
    plural="ks",
    id="1",
)
REPLY = {"ce-id": "r", "ce-type": "reply", "ce-source": "s", "ce-specversion": "1.0", "ce-krorole": "instance"}


def deliver(*answers: tuple[int, bytes, Mapping[str, str]], retry: int = 3) -> tuple[list[int], list[float], int]:
    """(status of each attempt, pauses, dead letters) for a subscriber that gives these answers, the last one for ever."""
    left = list(answers)
    pauses: list[float] = []
    dead = 0

    async def subscriber(scope: object, receive: object, send: object) -> None:
        status, body, headers = left.pop(0) if len(left) > 1 else left[0]
        await Response(body, status, dict(headers))(scope, receive, send)  # type: ignore[arg-type]

    async def cemetery(scope: object, receive: object, send: object) -> None:
        nonlocal dead
        dead += 1
        await Response(status_code=204)(scope, receive, send)  # type: ignore[arg-type]

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def scene() -> list[int]:
        trigger = Trigger("t", {"krorole": "instance"}, "http://subscriber", "http://cemetery/dead-letters", retry)
        broker = Broker({"http://subscriber": subscriber, "http://cemetery": cemetery}, [trigger], pause)
        status, _, _ = await call(broker.application(), "POST", "/", *encode(EVENT, "test"))
        assert status == 202
        await broker.idle()
        return [attempt.status for attempt in broker.log]

    return asyncio.run(asyncio.wait_for(scene(), 5)), pauses, dead


def test_204_is_the_end_of_it() -> None:
    assert deliver((204, b"", {})) == ([204], [], 0)


def test_success_with_a_body_that_is_no_event_runs_four_times_and_is_dead() -> None:
    assert deliver((200, b"OK", {})) == ([502] * 4, [0.2, 0.4, 0.8], 1)


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503])
def test_transient_answers_are_repeated_with_backoff(status: int) -> None:
    assert deliver((status, b"", {}), (204, b"", {})) == ([status, 204], [0.2], 0)
    assert deliver((status, b"", {})) == ([status] * 4, [0.2, 0.4, 0.8], 1)


@pytest.mark.parametrize("status", [400, 403, 413])
def test_other_client_errors_are_dead_at_once(status: int) -> None:
    assert deliver((status, b"", {})) == ([status], [], 1)


def test_a_reply_enters_again_until_its_time_to_live_is_used_up() -> None:
    attempts, _, dead = deliver((200, b"{}", REPLY))
    assert (len(attempts), dead) == (255, 0)


def triggers() -> list[Trigger]:
    """The Triggers of the base, with the addresses of the host."""
    found = []
    for item in yaml.safe_load_all((Path(__file__).parent.parent.parent / "knative" / "eventing.yaml").read_text()):
        if item["kind"] == "Trigger":
            name = item["spec"]["subscriber"]["ref"]["name"].removeprefix("krofn-")
            delivery = item["spec"]["delivery"]
            dead_letters = BRIDGE_URL + delivery["deadLetterSink"]["uri"]
            found.append(
                Trigger(item["metadata"]["name"], item["spec"]["filter"]["attributes"], address(name), dead_letters, delivery["retry"])
            )
    return found


def test_with_a_broker_in_between_everything_converges_and_nothing_is_dead() -> None:
    async def scene(host: Host) -> None:
        broker = Broker(host.apps, triggers())
        host.apps["http://broker.local"] = broker.application()
        await host.stop_bridge()
        await host.start_bridge(sink="http://broker.local")
        client = host.client()
        await apply(client, WEB)
        while not ready(await read(client, WEB)):
            await asyncio.sleep(0.01)
        host.lose("instance")
        await apply(client, INSTANCE)
        await asyncio.sleep(0.3)
        host.boot("instance")
        while not ready(await read(client, INSTANCE)):
            await asyncio.sleep(0.01)
        await broker.close()
        # Nobody was there for the first attempt, and nothing else failed.
        statuses = [attempt.status for attempt in broker.log]
        assert set(statuses) == {0, 204}

    play(scene)
