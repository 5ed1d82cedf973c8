"""Watches: replay of a collection's events from a revision on, filtered, until time-out, disconnection or shutdown.

A watcher holds no queue: it keeps its position in the collection's event log and sleeps until the log grows. If it falls behind so far that
events it has not seen were dropped, it ends with 410 and the client lists again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import islice
from typing import Any

from local_emulator.core import numerals, status
from local_emulator.core.codec import encode
from local_emulator.core.registry import Resource
from local_emulator.core.selectors import Matcher, exact_name, matcher
from local_emulator.core.status import Cause
from local_emulator.core.store import Collection, Event, Store
from local_emulator.protocol.lists import parse_revision
from local_emulator.protocol.tables import cells
from local_emulator.protocol.views import View, metadata_of, partial, table

DEFAULT_TIMEOUT = 3000.0
BOOKMARK_INTERVAL = 60.0


class Watch:
    """One watch request; iterate ``events()``. ``stop()`` ends it from outside."""

    def __init__(self, store: Store, resource: Resource, namespace: str, query: Mapping[str, str], view: View) -> None:
        self.store, self.resource, self.namespace, self.view = store, resource, namespace, view
        self.match: Matcher | None = matcher(resource, query.get("labelSelector", ""), query.get("fieldSelector", ""))
        self.name = exact_name(query.get("fieldSelector", ""))
        revision, rule = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
        initial = query.get("sendInitialEvents")
        self._check(rule, initial)
        self.bookmarks = _truthy(query.get("allowWatchBookmarks"))
        self.start = parse_revision(revision) if revision not in ("", "0") else 0
        self.initial = _truthy(initial) if initial is not None else self.start == 0
        self.from_now = initial is not None and not self.initial and self.start == 0
        self.initial_end = initial is not None and _truthy(initial) and self.bookmarks
        timeout = numerals.signed(query.get("timeoutSeconds") or "0")
        self.timeout = float(timeout) if timeout > 0 else DEFAULT_TIMEOUT
        self.changed = asyncio.Event()
        self.stopped = False
        self.headers = True

    @staticmethod
    def _check(rule: str, initial: str | None) -> None:
        text = ""
        if initial is None and rule:
            text = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        elif initial is not None and rule != "NotOlderThan":
            text = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        if text:
            causes = [Cause("resourceVersionMatch", text, "FieldValueForbidden")]
            if initial is not None and rule:
                listed = f'Unsupported value: "{rule}": supported values: "NotOlderThan"'
                causes.append(Cause("resourceVersionMatch", listed, "FieldValueNotSupported"))
            raise status.invalid("meta.k8s.io", "ListOptions", "", causes)

    def stop(self) -> None:
        self.stopped = True
        self.changed.set()

    async def events(self) -> AsyncIterator[bytes]:
        """Lines of the answer, several events a chunk where they are ready together."""
        collection = self.store.collection(self.resource.storage)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout
        next_bookmark = loop.time() + BOOKMARK_INTERVAL
        collection.wakers.append(self.changed.set)
        try:
            if not self.initial and not self.from_now and self.start < collection.compacted:
                yield self._gone(self.start, collection.compacted)
                return
            position = collection.first + len(collection.events)
            if self.initial:
                lines = [self._line("ADDED", e.tail) for e in self._selected()]
                if self.initial_end:
                    lines.append(self._bookmark({"k8s.io/initial-events-end": "true"}))
                if lines:
                    yield b"".join(lines)
            elif not self.from_now:
                position = self._position(collection)
            while not self.stopped:
                self.changed.clear()
                if position < collection.first:
                    yield self._gone(self.start, collection.compacted)
                    return
                fresh = list(islice(collection.events, position - collection.first, None))
                position += len(fresh)
                lines = [line for event in fresh for line in self._lines(event)]
                if lines:
                    yield b"".join(lines)
                    continue
                now = loop.time()
                retired = self.store.collections.get(self.resource.storage) is not collection
                if retired or now >= deadline:
                    return
                if self.bookmarks and now >= next_bookmark:
                    next_bookmark = now + BOOKMARK_INTERVAL
                    yield self._bookmark({})
                    continue
                wake_at = min(deadline, next_bookmark) if self.bookmarks else deadline
                handle = loop.call_at(wake_at, self.changed.set)
                await self.changed.wait()
                handle.cancel()
        finally:
            if self.changed.set in collection.wakers:
                collection.wakers.remove(self.changed.set)

    def _selected(self) -> list[Any]:
        if self.name is not None and (self.namespace or not self.resource.namespaced):
            found = self.store.get(self.resource.storage, (self.namespace, self.name))
            return [found] if found and (self.match is None or self.match(found)) else []
        return [e for e in self.store.scan(self.resource.storage, self.namespace) if self.match is None or self.match(e)]

    def _position(self, collection: Collection) -> int:
        """Sequence number of the first event after the start revision."""
        position = collection.first + len(collection.events)
        for event in reversed(collection.events):
            if event.revision <= self.start:
                break
            position -= 1
        return position

    def _lines(self, event: Event) -> list[bytes]:
        key = event.new.key
        if (self.namespace and key[0] != self.namespace) or (self.name is not None and key[1] != self.name):
            return []
        if self.match is None:
            return [self._line(event.type, event.new.tail)]
        was = event.old is not None and self.match(event.old)
        now = event.type != "DELETED" and self.match(event.new)
        if was and not now and event.old is not None:
            body = event.new.object() if event.type == "DELETED" else event.old.object()
            body["metadata"]["resourceVersion"] = str(event.revision)
            return [self._line("DELETED", encode(body)[1:])]
        if now:
            return [self._line("MODIFIED" if was else "ADDED", event.new.tail)]
        return []

    def _line(self, kind: str, tail: bytes) -> bytes:
        if self.view.shape == "object":
            shown = self.resource.show(tail)
        elif self.view.shape == "partial":
            shown = partial(tail)
        else:
            revision = metadata_of(tail).get("resourceVersion", "")
            shown = table(self.resource, [tail], {"resourceVersion": revision}, self.view, self.store.now(), self.headers)
            self.headers = False
        return b'{"type":"' + kind.encode() + b'","object":' + shown + b"}\n"

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(self.store.revision)}
        if annotations:
            metadata["annotations"] = annotations
        kind, api_version = self.resource.kind, self.resource.api_version
        if self.view.shape == "partial":
            kind, api_version = "PartialObjectMetadata", "meta.k8s.io/v1"
        shown: dict[str, Any] = {"kind": kind, "apiVersion": api_version, "metadata": metadata}
        if self.view.shape == "table":
            row = {
                "cells": cells(self.resource, {"metadata": {}}, self.store.now()),
                "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata},
            }
            shown = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": metadata["resourceVersion"]},
                "columnDefinitions": None,
                "rows": [row],
            }
        return encode({"type": "BOOKMARK", "object": shown}) + b"\n"

    @staticmethod
    def _gone(asked: int, oldest: int) -> bytes:
        error = status.expired(f"too old resource version: {asked} ({oldest})")
        return encode({"type": "ERROR", "object": error.body()}) + b"\n"


def _truthy(text: str | None) -> bool:
    return text not in (None, "", "0", "false", "False", "F", "f")
