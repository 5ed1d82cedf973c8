"""Where objects live: JSON bytes in memory under one global revision, and the history that watches replay.

Identity is (group, plural, namespace, name); a stored object is its JSON *without* ``kind`` and ``apiVersion``, so that serving it in any
version of its kind, as a list item or inside a watch event is concatenation of bytes, never decoding. Everything is synchronous: the
server runs on one event loop, so that a handler that does not await between its read and its write is a transaction.

Each collection keeps the newest events. The state at an older revision is the current one with the later events undone, which gives
consistent pages of a chunked list and ``resourceVersionMatch=Exact``; what lies before the oldest event kept is compacted (410 Gone).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from local_emulator.core.codec import decode, encode

FIRST_REVISION = 100  # above 1: an apply that carries resourceVersion "1" means create-only and must never match
HISTORY = 20_000

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Key = tuple[str, str]  # namespace ("" for cluster scope), name
CollectionKey = tuple[str, str]  # group, plural


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored object. ``tail`` is its JSON without the opening brace, kind and apiVersion: ``"metadata":{…},…}``."""

    key: Key
    tail: bytes
    revision: int
    uid: str
    labels: Mapping[str, str]
    owners: tuple[str, ...]  # uids of ownerReferences

    def object(self) -> dict[str, Any]:
        """A fresh decoded copy, without kind and apiVersion."""
        body: dict[str, Any] = decode(b"{" + self.tail)
        return body


def entry_of(key: Key, revision: int, tail: bytes, metadata: Mapping[str, Any]) -> Entry:
    """An entry with what is indexed taken from its metadata."""
    owners = tuple(reference["uid"] for reference in metadata.get("ownerReferences") or ())
    return Entry(key, tail, revision, metadata["uid"], metadata.get("labels") or {}, owners)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a collection. ``old`` is absent for ADDED; for DELETED ``new`` is the last state, at the revision of the deletion."""

    revision: int
    type: EventType
    old: Entry | None
    new: Entry


@dataclass(slots=True)
class Collection:
    """The objects of one resource, in key order, and its newest events."""

    entries: dict[Key, Entry] = field(default_factory=dict)
    ordered: list[Key] | None = None
    events: deque[Event] = field(default_factory=deque)
    first: int = 0  # sequence number of events[0]
    compacted: int = 0  # events at or below this revision are gone
    latest: int = 0  # revision of the newest event ever
    wakers: list[Callable[[], None]] = field(default_factory=list)

    def keys(self) -> list[Key]:
        if self.ordered is None:
            self.ordered = sorted(self.entries, key=storage_path)
        return self.ordered


Listener = Callable[[CollectionKey, Event], None]


def storage_path(key: Key) -> str:
    """What lists are ordered by, as in etcd: ``a-b/x`` comes before ``a/x``."""
    namespace, name = key
    return f"{namespace}/{name}" if namespace else name


class Store:
    """All collections of one API server.

    now: source of timestamps (UTC). new_uid: source of uids and of the suffixes of generated names. Both are injected, so
    that a run can be repeated exactly.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_uid: Callable[[], str] = lambda: str(uuid4()),
        history: int = HISTORY,
    ) -> None:
        self.now = now
        self.new_uid = new_uid
        self.revision = FIRST_REVISION
        self.history = history
        self.collections: dict[CollectionKey, Collection] = {}
        self.dependents: dict[str, dict[tuple[CollectionKey, Key], None]] = {}
        self.by_uid: dict[str, tuple[CollectionKey, Key]] = {}
        self.listeners: list[Listener] = []

    def collection(self, key: CollectionKey) -> Collection:
        found = self.collections.get(key)
        if found is None:
            found = self.collections[key] = Collection()
        return found

    def get(self, collection: CollectionKey, key: Key) -> Entry | None:
        found = self.collections.get(collection)
        return found.entries.get(key) if found else None

    def put(self, collection: CollectionKey, key: Key, body: dict[str, Any]) -> Entry:
        """Stores an object under the next revision; sets metadata.resourceVersion in ``body``; kind and apiVersion must be absent."""
        self.revision += 1
        metadata = body["metadata"]
        metadata["resourceVersion"] = str(self.revision)
        entry = entry_of(key, self.revision, encode(body)[1:], metadata)
        target = self.collection(collection)
        old = target.entries.get(key)
        if old is None:
            target.ordered = None
        target.entries[key] = entry
        self._index(collection, old, entry)
        self._record(collection, target, Event(self.revision, "MODIFIED" if old else "ADDED", old, entry))
        return entry

    def remove(self, collection: CollectionKey, key: Key, last: dict[str, Any] | None = None) -> Entry:
        """Deletes an object; ``last`` is the state shown in the DELETED event (default: the stored one)."""
        target = self.collection(collection)
        old = target.entries.pop(key)
        target.ordered = None
        self.revision += 1
        body = old.object() if last is None else last
        metadata = body["metadata"]
        metadata["resourceVersion"] = str(self.revision)
        entry = Entry(key, encode(body)[1:], self.revision, old.uid, metadata.get("labels") or {}, old.owners)
        self._index(collection, old, None)
        self._record(collection, target, Event(self.revision, "DELETED", old, entry))
        return entry

    def restore(self, collection: CollectionKey, entry: Entry) -> None:
        """Puts an entry back as it was, without an event: for filling a store before it is served."""
        target = self.collection(collection)
        target.ordered = None
        target.entries[entry.key] = entry
        target.latest = max(target.latest, entry.revision)
        self._index(collection, None, entry)

    def rewrite(self, collection: CollectionKey, entry: Entry, body: dict[str, Any]) -> None:
        """Shows an object otherwise from now on, at the same revision and without an event: its kind reads it otherwise."""
        self.collection(collection).entries[entry.key] = replace(entry, tail=encode(body)[1:])

    def scan(self, collection: CollectionKey, namespace: str = "", after: Key | None = None) -> Iterator[Entry]:
        """Entries in key order, of one namespace or of all, from behind the key ``after``. The collection must not change meanwhile."""
        found = self.collections.get(collection)
        if found is None:
            return
        keys = found.keys()
        begin = after if after is not None else (namespace, "") if namespace else None
        start = bisect_right(keys, storage_path(begin), key=storage_path) if begin is not None else 0
        for index in range(start, len(keys)):
            key = keys[index]
            if namespace and key[0] != namespace:
                if storage_path(key) > storage_path((namespace, "")):
                    return
                continue
            yield found.entries[key]

    def at(self, collection: CollectionKey, revision: int) -> list[Entry] | None:
        """Every entry as it was at ``revision``, in key order; None if that state is compacted."""
        found = self.collection(collection)
        if revision < found.compacted:
            return None
        state = dict(found.entries)
        for event in reversed(found.events):
            if event.revision <= revision:
                break
            if event.old is None:
                del state[event.new.key]
            else:
                state[event.new.key] = event.old
        return [state[key] for key in sorted(state, key=storage_path)]

    def compact(self, revision: int | None = None) -> None:
        """Forgets events up to ``revision`` (default: all), as etcd's compaction does; lists and watches from before it answer 410."""
        limit = self.revision if revision is None else revision
        for collection in self.collections.values():
            while collection.events and collection.events[0].revision <= limit:
                collection.events.popleft()
                collection.first += 1
            collection.compacted = max(collection.compacted, limit)

    def drop(self, collection: CollectionKey) -> None:
        """Forgets a collection and its history: its resource is no longer served."""
        found = self.collections.pop(collection, None)
        for entry in found.entries.values() if found else ():
            self._index(collection, entry, None)
        for wake in found.wakers if found else ():
            wake()

    def _index(self, collection: CollectionKey, old: Entry | None, new: Entry | None) -> None:
        before = old.owners if old else ()
        after = new.owners if new else ()
        key = (collection, (new or old).key)  # type: ignore[union-attr]
        if before != after:
            for uid in before:
                holders = self.dependents.get(uid)
                if holders is not None:
                    holders.pop(key, None)
                    if not holders:
                        del self.dependents[uid]
            for uid in after:
                self.dependents.setdefault(uid, {})[key] = None
        if new is None and old is not None:
            self.by_uid.pop(old.uid, None)
        elif new is not None and old is None:
            self.by_uid[new.uid] = key

    def _record(self, key: CollectionKey, target: Collection, event: Event) -> None:
        target.events.append(event)
        target.latest = event.revision
        if len(target.events) > self.history:
            target.compacted = target.events.popleft().revision
            target.first += 1
        for listener in self.listeners:
            listener(key, event)
        for wake in target.wakers:
            wake()
