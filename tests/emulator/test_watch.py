"""Watches: where they start, what they filter, how they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from tests.emulator.client import PARTIAL, TABLE, Client, config_map

MAPS = "/api/v1/namespaces/default/configmaps"


class Stream:
    """Events of one open watch, through the ASGI application."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[Any] = asyncio.Queue()
        self.hang_up = asyncio.Event()
        self.rest = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            *lines, self.rest = (self.rest + message.get("body", b"")).split(b"\n")
            for line in lines:
                self.lines.put_nowait(json.loads(line))
            if not message.get("more_body"):
                self.lines.put_nowait(None)

    async def receive(self) -> Any:
        await self.hang_up.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> Any:
        return await asyncio.wait_for(self.lines.get(), 5)

    async def take(self, number: int) -> list[tuple[str, str]]:
        """(type, name) of the next events."""
        events = [await self.next() for _ in range(number)]
        return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


@asynccontextmanager
async def watching(client: Client, path: str, query: str = "", accept: str = "application/json") -> AsyncIterator[Stream]:
    stream = Stream()
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": f"watch=1&{query}".encode(),
        "headers": [(b"accept", accept.encode())],
    }
    task = asyncio.ensure_future(client.app(scope, stream.receive, stream.send))
    await asyncio.sleep(0)
    try:
        yield stream
    finally:
        stream.hang_up.set()
        await asyncio.wait_for(task, 5)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 20))


def test_from_now_shows_what_exists_then_what_changes(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        async with watching(client, MAPS) as stream:
            assert await stream.take(1) == [("ADDED", "a")]
            client.create(MAPS, config_map("b"))
            client.merge(MAPS + "/a", {"data": {"a": "2"}})
            client.delete(MAPS + "/b")
            assert await stream.take(3) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]

    run(scenario())


def test_from_a_revision_shows_what_came_after_it(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        revision = client.get(MAPS).body["metadata"]["resourceVersion"]
        client.create(MAPS, config_map("b"))
        async with watching(client, MAPS, f"resourceVersion={revision}") as stream:
            assert await stream.take(1) == [("ADDED", "b")]

    run(scenario())


def test_from_a_compacted_revision_ends_with_410(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        client.store.compact()
        async with watching(client, MAPS, "resourceVersion=1") as stream:
            event = await stream.next()
            assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
            assert await stream.next() is None

    run(scenario())


def test_initial_events_end_with_a_bookmark(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        async with watching(client, MAPS, query) as stream:
            assert await stream.take(1) == [("ADDED", "a")]
            event = await stream.next()
            assert event["type"] == "BOOKMARK"
            assert event["object"]["metadata"] == {
                "resourceVersion": str(client.store.revision),
                "annotations": {"k8s.io/initial-events-end": "true"},
            }

    run(scenario())


def test_gaining_and_losing_a_label_is_adding_and_deleting(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        async with watching(client, MAPS, "labelSelector=x%3Dy") as stream:
            client.merge(MAPS + "/a", {"metadata": {"labels": {"x": "y"}}})
            client.merge(MAPS + "/a", {"data": {"a": "2"}})
            client.merge(MAPS + "/a", {"metadata": {"labels": {"x": "z"}}})
            assert [await stream.take(1) for _ in range(3)] == [[("ADDED", "a")], [("MODIFIED", "a")], [("DELETED", "a")]]

    run(scenario())


def test_a_deleted_event_of_a_filter_shows_the_last_match_at_the_new_revision(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a", labels={"x": "y"}))
        async with watching(client, MAPS, "labelSelector=x%3Dy") as stream:
            await stream.take(1)
            after = client.merge(MAPS + "/a", {"metadata": {"labels": {"x": None}}}).body["metadata"]["resourceVersion"]
            shown = (await stream.next())["object"]["metadata"]
            assert (shown["labels"], shown["resourceVersion"]) == ({"x": "y"}, after)

    run(scenario())


def test_one_object(client: Client) -> None:
    async def scenario() -> None:
        async with watching(client, MAPS, "fieldSelector=metadata.name%3Da") as stream:
            client.create(MAPS, config_map("b"))
            client.create(MAPS, config_map("a"))
            assert await stream.take(1) == [("ADDED", "a")]

    run(scenario())


def test_other_namespaces_are_not_seen(client: Client) -> None:
    async def scenario() -> None:
        async with watching(client, MAPS) as stream:
            client.create("/api/v1/namespaces/kube-public/configmaps", config_map("x"))
            client.create(MAPS, config_map("y"))
            assert await stream.take(1) == [("ADDED", "y")]

    run(scenario())


def test_metadata_only(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        async with watching(client, MAPS, accept=PARTIAL) as stream:
            shown = (await stream.next())["object"]
            assert (shown["kind"], shown["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
            assert set(shown) == {"kind", "apiVersion", "metadata"}

    run(scenario())


def test_only_the_first_table_has_columns(client: Client) -> None:
    async def scenario() -> None:
        client.create(MAPS, config_map("a"))
        client.create(MAPS, config_map("b"))
        async with watching(client, MAPS, accept=TABLE) as stream:
            first, second = (await stream.next())["object"], (await stream.next())["object"]
            assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
            assert second["columnDefinitions"] is None
            assert second["rows"][0]["cells"][:2] == ["b", 1]

    run(scenario())


def test_the_time_out_ends_it(client: Client) -> None:
    async def scenario() -> None:
        async with watching(client, MAPS, "timeoutSeconds=1") as stream:
            assert await stream.next() is None

    run(scenario())


def test_closing_the_server_ends_it(client: Client) -> None:
    async def scenario() -> None:
        async with watching(client, MAPS) as stream:
            client.app.close()
            assert await stream.next() is None

    run(scenario())


def test_hanging_up_forgets_it(client: Client) -> None:
    async def scenario() -> None:
        async with watching(client, MAPS):
            assert len(client.store.collection(("", "configmaps")).wakers) == 1
        assert client.store.collection(("", "configmaps")).wakers == []
        assert client.app.watches == set()

    run(scenario())


def test_a_watcher_that_fell_behind_ends_with_410(client: Client) -> None:
    async def scenario() -> None:
        client.store.history = 2
        async with watching(client, MAPS) as stream:
            for name in "abcd":
                client.create(MAPS, config_map(name))
            assert (await stream.next())["object"]["code"] == 410

    run(scenario())
