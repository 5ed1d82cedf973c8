"""An event that came back undelivered shows on its instance, whatever the run that it wakes comes to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.instance.main import request_of
from functions.platform.events import EVENT_CONVERGE, Event, Reference, Role
from functions.platform.platform import assemble
from functions.platform.settings import Settings
from graphcore.converge import converge_instance
from graphcore.converge.effects import Apply, Refused
from graphcore.converge.safety.attempt import InstanceRequest
from tests.support.graphs import APP, CONFIG_MAP, graph, node
from tests.support.memory import drive
from tests.support.worlds import World
from tests.unit.functions.fakes import Scripted

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = Reference(APP.api_version, APP.kind, "default", "demo")


def told(world: World, failed: str, name: str = "demo") -> list[tuple[str, str, str, bool]]:
    """(type, reason, message, whether once) of the Events of one run."""
    world.api.events.clear()
    drive(converge_instance(InstanceRequest(APP, name, "default", revision=world.revision, failed=failed), NOW, world.options), world.api)
    assert all(event.regarding["name"] == name for event in world.api.events)
    return [(event.type, event.reason, event.message, event.once) for event in world.api.events if event.reason == "DeliveryFailed"]


def converged() -> World:
    world = World(graph(node("a", CONFIG_MAP)))
    world.instance()
    world.run()
    return world


def refused(world: World) -> None:
    world.api.refuse = lambda effect: Refused(403, "Forbidden", "no") if isinstance(effect, Apply) else None
    world.api.delete("ConfigMap", "demo-a")


def deleted(world: World) -> None:
    world.api.delete("App", "demo")


STATES: dict[str, Any] = {"converged": lambda _: None, "refused": refused, "being deleted": deleted}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("failed", "words"), [("503", "answered 503"), ("0", "gave no answer in time"), ("502", "answered 502")])
def test_events_that_came_back_show_in_an_event_of_their_instance(failed: str, words: str, state: str) -> None:
    """The same Event for the same obstacle, so that the API server keeps it once."""
    world = converged()
    STATES[state](world)
    first = told(world, failed)
    assert [(kind, reason, once) for kind, reason, _, once in first] == [("Warning", "DeliveryFailed", True)]
    assert words in first[0][2]
    if state != "being deleted":
        assert told(world, failed) == first


def test_what_was_delivered_or_is_gone_shows_nothing_and_costs_nothing() -> None:
    world = converged()
    assert told(world, "") == []
    assert told(world, "503", "nobody") == []


@pytest.mark.parametrize(("several", "failed"), [(("", "503"), "503"), (("502", ""), "502"), (("502", "0"), "0"), (("", ""), "")])
def test_a_run_for_several_events_says_what_the_last_that_came_back_says(several: tuple[str, ...], failed: str) -> None:
    events = tuple(Event(EVENT_CONVERGE, Role.INSTANCE, TARGET, "u", {}, (), failed=one) for one in several)

    class Nowhere:
        async def send(self, *_: Any) -> Any: ...
        async def close(self) -> None: ...

    platform = assemble("instance", Settings(), Scripted(), Nowhere())  # type: ignore[arg-type]
    assert request_of(platform, TARGET, events).failed == failed
