"""What several events for one object stand for together: the queue merges what waits, a function's run takes a batch.

Nothing that an event stands for is lost in a merged one: every object with whether it was deleted, and who serves the kind as the sender
knew who knew best. Events for different objects, or for different functions, have different keys and never meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.platform.events import EVENT_CONVERGE, EVENT_DELETE, FUNCTION_OF, Event, EventError, Role
from functions.platform.subjects import Changed, Progress
from graphcore.numbers import UINT64_MAX, whole

LISTED = 500
"""Changes in one event; what stands for more goes in several."""
UNSETTLED = "unsettled"
"""In place of a definition's UID: senders named different ones, and nothing tells who knew better; or it is known that none serves. No
definition has it, so whoever converges asks the CRD."""

Key = tuple[str, ...]


def key_of(event: Event) -> Key:
    """Events of one key may be merged: the same function is to look at the same object.

    An event whose target cannot be formed has a key of its own, so that its refusal is nobody else's.
    """
    function = FUNCTION_OF[event.role]
    if event.role is Role.EXTERNAL:
        # The changed object's metadata are what instances are matched with, before and after.
        return (event.role, *_identity(event), *(str(event.metadata.get(key, "")) for key in ("uid", "resourceVersion")))
    try:
        target = event.target
    except EventError:
        return (function, "", event.role, *_identity(event), event.partition)
    what = event.role if function == "fanout" else function
    return (what, target.api_version, target.kind, target.namespace, target.name)


def _identity(event: Event) -> Key:
    return (event.subject.api_version, event.subject.kind, event.subject.namespace, event.subject.name)


def merge(*events: Event) -> Event:
    """One event for several of the same key, oldest first: the newest one's content, the changes of all.

    If any is never an echo, neither is the merged one. If any change is a deletion, the merged event is one by its type: a reader that
    knows nothing else then takes all of it for news.
    """
    newest = events[-1]
    if len(events) == 1:
        return newest
    changes = combined(change for event in events for change in event.changes)
    kind = next((event.type for event in events if not event.watched), newest.type)
    if newest.watched and kind == newest.type:
        if not all(event.changes for event in events):
            kind = EVENT_CONVERGE
        elif any(change.deleted for change in changes):
            kind = EVENT_DELETE
    naming = best_known(events)
    return replace(
        newest,
        type=kind,
        changes=changes,
        revision=naming.revision,
        definition=naming.definition,
        asof=naming.asof,
        progress=least(newest.role, (event.progress for event in events)),
        refused=any(event.refused for event in events),
        failed=next((event.failed for event in reversed(events) if event.failed), ""),
    )


def split(event: Event, size: int = LISTED) -> tuple[Event, Event | None]:
    """The event with its first ``size`` changes, and one that stands for the others."""
    if len(event.changes) <= size:
        return event, None
    # Two events are two also to whoever tells events apart by their id.
    return replace(event, changes=event.changes[:size]), replace(event, changes=event.changes[size:], id=event.id and f"{event.id}+")


def combined(changes: Iterable[Changed]) -> tuple[Changed, ...]:
    """Each object once, in the order of their first mention: an end outlasts every version, of two versions the later one stands for both.

    Where the order of two versions is unknown both stay.
    """
    found: dict[tuple[str, str], Changed] = {}
    for change in changes:
        key = (change.uid, "" if change.deleted or _number(change.version) is not None else change.version)
        known = found.get(key)
        found[key] = change if known is None else _later(known, change)
    return tuple(found.values())


def _later(one: Changed, other: Changed) -> Changed:
    best = other if (other.deleted, _number(other.version) or 0) >= (one.deleted, _number(one.version) or 0) else one
    if best.subject is None:
        least_known = one if best is other else other
        return best._replace(subject=least_known.subject, plural=least_known.plural)
    return best


@dataclass(frozen=True, slots=True)
class Naming:
    """Who serves a kind, as a sender knew it; see :class:`functions.platform.events.Event`."""

    definition: str = ""
    revision: int | None = None
    asof: str = ""


def best_known(events: Iterable[Event]) -> Naming:
    """The newest definition that the events name, with its highest revision."""
    best = Naming()
    for event in events:
        best = _better(best, Naming(event.definition, event.revision, event.asof))
    return best


def _better(one: Naming, other: Naming) -> Naming:
    if not other.definition and other.revision is None:
        return one
    if not one.definition and one.revision is None:
        return other
    before, after = _number(one.asof), _number(other.asof)
    if one.definition == other.definition:
        revision = max((item.revision for item in (one, other) if item.revision is not None), default=None)
        return Naming(one.definition, revision, other.asof if (after or 0) > (before or 0) else one.asof)
    if before is None or after is None or before == after:
        return Naming(UNSETTLED)
    return other if after > before else one


def least(role: Role, found: Iterable[Progress | None]) -> Progress | None:
    """Where a fan-out that several events ask for goes on: nobody is left out.

    A resync is nobody's change, so one that is under way is not begun anew by the next tick.
    """
    known = list(found)
    several = [item for item in known if item is not None]
    if not several or (len(several) < len(known) and role is not Role.RESYNC):
        return None
    if len({item.about for item in several}) > 1:
        return None
    return min(several, key=lambda item: item.told)


def _number(text: str) -> int | None:
    return whole(text, most=UINT64_MAX)
