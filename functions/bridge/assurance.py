"""Nothing falls between what a run has read and what the bridge knows: who is owed a look because a kind came, or a record, too late.

Rule 10 (docs/explanation/concurrency.md): for each kind that an instance refers to or has among its places, a run began after the bridge
followed the kind *and* knew the record, or nothing there changed in between. A change that the bridge sees finds
the instance: a member by its labels, a referred object by the instance's record. So what can be lost is

* what happened before the first list of a kind (or before the first that shows every object of it, where objects without kro's label are
  referred to): so whoever has the kind in its record, and was not told since, is told then;
* what happened before the record was known: the watches of two kinds have no order, and the record's own event is an echo. So the event
  that shows a new reference says also which objects it fits, at which version, and which it fitted a while ago. Whether the run saw them
  is judged where all echoes are; nothing is asked of anybody if it did;
* what came and went between the break of a watch and the list after it, which nobody ever knew: a child that a run made there, say. So
  whoever had an event delivered about that time, and has the kind in its record, is told after that list. Where a watch breaks again and
  again, each is told at most every :data:`HOLD` seconds, and once after the last break.

*Told* means by an event that is never an echo, so that a run begins after it; the first telling of an instance is always one. An instance
found by a first list is told only when the lists of the kinds in its record are in, or have been awaited for :data:`HOLD` seconds: so a
bridge that starts tells everybody once. The order of events in this process is all that is compared, never times or resourceVersions.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from functions.bridge.watcher import Change
from functions.platform.subjects import UNKNOWN, Changed
from functions.platform.waiting import Clock
from graphcore.converge.references import Reference, recorded
from graphcore.graph.model import Resource

HOLD = 30.0
"""Seconds for which the first telling waits for lists, at most."""
DEPARTED = 600.0
"""Seconds for which an object that is gone, or has other labels, is remembered: more than a watch lasts, and so can be behind another."""
DEPARTED_KEPT = 10_000
BEHIND = 60.0
"""Seconds by which a watch may have been behind when it broke, and which an event may take until its run is done."""

Metadata = dict[str, Any]


class Following(Protocol):
    """What is known of the watches."""

    def coming(self, resource: Resource, *, whole: bool) -> bool:
        """Whether a list is awaited that shows the kind's objects of instances, or all of them."""
        ...

    def whole(self, resource: Resource) -> bool: ...

    def known(self, resource: Resource) -> Iterable[Metadata]: ...


class Saying(NamedTuple):
    """What the event of a change of an instance says.

    event: whether there is to be one; else the instance has been told, or will be. echo: whether it may be judged as one. missed: what it
    stands for besides the change.
    """

    event: bool = True
    echo: bool = True
    missed: tuple[Changed, ...] = ()


SAID = Saying()


@dataclass(slots=True)
class _Instance:
    """told: when it was told last, 0 for never. asked, looked: by the clock, when an event was last on its way to it, and when
    it was last told because of a gap.
    """

    resource: Resource
    metadata: Metadata
    places: frozenset[Resource] = frozenset()
    references: tuple[Reference, ...] = ()
    told: int = 0
    asked: float = -math.inf
    looked: float = -math.inf

    @property
    def kinds(self) -> Iterator[tuple[Resource, bool]]:
        """Each kind, and whether all objects of it matter."""
        yield from ((place, False) for place in self.places)
        yield from ((reference.resource, True) for reference in self.references)


@dataclass(slots=True)
class _Since:
    """When a kind's first list was in: of members, and of all objects; 0 for not yet."""

    members: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True)
class _Gap:
    """A list after a break.

    heard, until: by the clock, when the server was last heard before, and when it may be forgotten. at: its turn.
    """

    heard: float
    until: float
    at: int

    def concerns(self, item: _Instance) -> bool:
        """Whether a run of the instance may have done something in the gap, and none began since."""
        return item.told < self.at and item.asked >= self.heard - BEHIND


class Assurance:
    """tell: has an instance look, by an event that is no echo. clock: asked only for what may be forgotten."""

    def __init__(self, tell: Callable[[Resource, Metadata], None], following: Following, clock: Clock) -> None:
        self._tell = tell
        self._following = following
        self._clock = clock
        self._instances: dict[str, _Instance] = {}
        self._held: dict[str, _Instance] = {}
        self._since: dict[Resource, _Since] = {}
        self._gaps: dict[Resource, _Gap] = {}
        self._postponed: set[str] = set()
        self._now = 0
        self._departed: OrderedDict[tuple[Resource, str, int], tuple[float, Metadata, Changed]] = OrderedDict()
        self._forgotten: dict[Resource, float] = {}

    def __len__(self) -> int:
        """Instances known, and objects that are gone and remembered."""
        return len(self._instances) + len(self._departed)

    @property
    def holding(self) -> bool:
        """Whether somebody's telling waits."""
        return bool(self._held or self._postponed)

    # instances

    def knows(self, uid: str) -> bool:
        return uid in self._instances

    def see(self, change: Change, places: frozenset[Resource]) -> Saying:
        """Takes note of an instance as it is now, with the kinds among its places."""
        uid, metadata = str(change.metadata["uid"]), change.metadata
        if change.kind == "deleted":
            self._instances.pop(uid, None)
            self._held.pop(uid, None)
            return SAID
        known = self._instances.get(uid)
        before, kinds = (known.references, {kind for kind, _ in known.kinds}) if known else ((), set())
        item = known or _Instance(change.resource, metadata)
        item.resource, item.metadata, item.places, item.references = change.resource, metadata, places, recorded({"metadata": metadata})
        self._instances[uid] = item
        if known is None:
            if change.kind == "listed" and self._waits(item):
                self._held[uid] = item
                return Saying(event=False)
            return Saying(echo=False)
        if uid in self._held:
            return SAID
        if any(self._owed(item, kind, whole=whole) or (kind not in kinds and self._missed(item, kind)) for kind, whole in item.kinds):
            return Saying(echo=False)
        return Saying(missed=tuple(self._fitting([reference for reference in item.references if reference not in before])))

    def told(self, uid: str) -> None:
        """An event that is no echo is on its way to an instance: a run begins after it."""
        item = self._instances.get(uid)
        if item is not None:
            self._now += 1
            item.told = self._now

    def asked(self, uid: str) -> None:
        """Any event is on its way to an instance: a run may follow."""
        item = self._instances.get(uid)
        if item is not None:
            item.asked = self._clock()

    def will_look(self, uid: str, kind: Resource) -> bool:
        """Whether an instance looks after the first list of a kind of members, so that what that list shows is no news."""
        item = self._instances.get(uid)
        if item is None:
            return False
        if uid in self._held:
            return True
        if self._following.coming(kind, whole=False):
            return kind in item.places
        return item.told > self._since.get(kind, _Since()).members > 0

    def release(self) -> None:
        """The lists have been awaited for long enough; whoever has one that is still to come is told again when it is in."""
        postponed, self._postponed = self._postponed, set()
        self._look({uid: item for uid, item in self._instances.items() if uid in postponed})
        self._let_go(self._held)

    # kinds

    def listed(self, kind: Resource, *, members: bool, whole: bool) -> None:
        """A kind's list is in; by it the kind's members, or all its objects, are followed for the first time."""
        self._now += 1
        since = self._since.setdefault(kind, _Since())
        since.members, since.whole = (self._now if members else since.members), (self._now if whole else since.whole)
        named = (kind.group, kind.kind)
        owed = {
            uid: item
            for uid, item in self._instances.items()
            if uid not in self._held
            and any((found.group, found.kind) == named and (whole if wide else members) for found, wide in item.kinds)
        }
        self._let_go(owed)
        self.advance()

    def gap(self, kind: Resource, heard: float) -> None:
        """A kind's list is in after a break. heard: when the server was last heard before."""
        self._now += 1
        gap = self._gaps[kind] = _Gap(heard, self._clock() + BEHIND, self._now)
        named = (kind.group, kind.kind)
        concerned = {
            uid: item
            for uid, item in self._instances.items()
            if uid not in self._held and gap.concerns(item) and any((found.group, found.kind) == named for found, _ in item.kinds)
        }
        lately = {uid for uid, item in concerned.items() if self._clock() - item.looked < HOLD}
        self._postponed |= lately
        self._look({uid: item for uid, item in concerned.items() if uid not in lately})

    def advance(self) -> None:
        """A list is in, or will not come: tells those who waited for no other."""
        self._let_go({uid: item for uid, item in self._held.items() if not self._waits(item)})

    def dropped(self, kind: Resource, *, followed: bool = False) -> None:
        """A kind is no kind of instances any more, and no longer followed at all unless ``followed``."""
        for uid in [uid for uid, item in self._instances.items() if item.resource == kind]:
            del self._instances[uid]
            self._held.pop(uid, None)
        if not followed:
            self._since.pop(kind, None)
            self._gaps.pop(kind, None)
            self._forgotten.pop(kind, None)
            for key in [key for key in self._departed if key[0] == kind]:
                del self._departed[key]

    # objects that instances may refer to

    def depart(self, change: Change) -> None:
        """An object changed of which every kind's object is followed: what it was may have fitted a record that is still on its way."""
        before = change.before or change.metadata
        gone = change.kind == "deleted"
        if change.kind == "listed" or not (gone or (before.get("labels") or {}) != (change.metadata.get("labels") or {})):
            return
        uid, version, now = str(change.metadata["uid"]), str(change.metadata.get("resourceVersion", "")), self._clock()
        while self._departed and next(iter(self._departed.values()))[0] <= now:
            self._departed.popitem(last=False)
        self._now += 1
        kept: Metadata = {key: value for key, value in before.items() if key in ("name", "namespace", "labels")}
        self._departed[(change.resource, uid, self._now)] = (now + DEPARTED, kept, Changed(uid, version, gone))
        while len(self._departed) > DEPARTED_KEPT:
            (kind, _, _), (until, _, _) = self._departed.popitem(last=False)
            self._forgotten[kind] = until

    def _fitting(self, references: Iterable[Reference]) -> Iterator[Changed]:
        """What a run that recorded these may have missed, if it did not see it."""
        now = self._clock()
        for reference in references:
            kind = reference.resource
            if not self._following.whole(kind):
                continue
            if self._forgotten.get(kind, 0.0) > now:
                yield UNKNOWN
            for metadata in self._following.known(kind):
                if reference.name and reference.name != metadata.get("name"):
                    continue
                if reference.matches(kind, {"metadata": metadata}):
                    yield Changed(str(metadata["uid"]), str(metadata.get("resourceVersion", "")))
            for (departed, _, _), (until, metadata, changed) in self._departed.items():
                if departed == kind and until > now and reference.matches(kind, {"metadata": metadata}):
                    yield changed

    def _waits(self, item: _Instance) -> bool:
        return any(self._following.coming(kind, whole=whole) for kind, whole in item.kinds)

    def _owed(self, item: _Instance, kind: Resource, *, whole: bool) -> bool:
        since = self._since.get(kind, _Since())
        return item.told < (since.whole if whole else since.members)

    def _look(self, items: Mapping[str, _Instance]) -> None:
        for item in items.values():
            item.looked = self._clock()
        self._let_go(items)

    def _missed(self, item: _Instance, kind: Resource) -> bool:
        """Whether a kind that is new in an instance's record has had a gap lately in which a run may have done something."""
        gap = self._gaps.get(kind)
        return gap is not None and gap.until > self._clock() and gap.concerns(item)

    def _let_go(self, items: Mapping[str, _Instance]) -> None:
        for uid, item in sorted(items.items(), key=lambda pair: (pair[1].resource.group_kind, pair[0])):
            self._held.pop(uid, None)
            self._tell(item.resource, item.metadata)
