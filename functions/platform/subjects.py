"""What an event stands for, and how that is written into its data: objects that changed, and how far a fan-out has got.

Whoever reads the data may be older or newer than who wrote it. What is not understood counts as news: a change of which nobody says
whether it was a deletion is seen only by the object's end, and progress that cannot be read means that the fan-out begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphcore.converge import addresses
from graphcore.numbers import whole


@dataclass(frozen=True, slots=True)
class Reference:
    """Identity of an object; ``namespace`` is empty for cluster-scoped ones."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def addressable(self) -> bool:
        """Whether there can be such an object: whatever posts events writes this."""
        try:
            addresses.resource_of(self.api_version, self.kind, "any", namespaced=bool(self.namespace))
            addresses.namespace_of(self.namespace)
            addresses.name_of(self.name)
        except ValueError:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Changed(NamedTuple):
    """One object that a delivery stands for. version: its newest resourceVersion known. deleted: it is said to be gone.

    subject and plural: which object; None and "" where the sender did not say.
    """

    uid: str
    version: str
    deleted: bool = False
    subject: Reference | None = None
    plural: str = ""


UNKNOWN = Changed("", "", deleted=True)
"""Something changed that cannot be told any closer; no run has ever seen it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fan-out has got; it travels in the event that asks for the rest.

    about: what it tells of; where that has moved on, the telling begins anew. kind: ``plural.group`` of the instances that come next, ""
    for the first. position: the list's continue token, "" for its beginning. told: objects passed so far. left: (``plural.group``,
    namespace, name, uid) of objects that were passed but not told yet, because their events were not taken.
    """

    about: tuple[str, ...]
    kind: str = ""
    position: str = ""
    told: int = 0
    left: tuple[tuple[str, str, str, str], ...] = ()


def changes_to_data(changes: tuple[Changed, ...]) -> list[dict[str, Any]]:
    """``changes`` of an event's data. An older reader knows only uid and resourceVersion."""
    items = []
    for change in changes:
        item: dict[str, Any] = {"uid": change.uid, "resourceVersion": change.version, "deleted": change.deleted}
        if change.subject:
            item |= {
                "apiVersion": change.subject.api_version,
                "kind": change.subject.kind,
                "plural": change.plural,
                "namespace": change.subject.namespace,
                "name": change.subject.name,
            }
        items.append(item)
    return items


def changes_from_data(listed: Any, uid: str, subject: Reference, plural: str, *, deleted: bool) -> tuple[Changed, ...]:
    """The changes that an event's data lists. uid, subject, plural: of the event itself; deleted: it is a deletion by its type."""
    if not isinstance(listed, list):
        return ()
    return tuple(_change(item, uid, subject, plural, deleted=deleted, alone=len(listed) == 1) for item in listed)


def changed(uid: str, version: str, deleted: bool, subject: Reference | None, plural: str) -> Changed:
    """A change as a sender tells it, without a subject that there can be no request for."""
    if subject is None or not subject.addressable or not (plural == "" or addresses.is_plural(plural)):
        return Changed(uid, version, deleted)
    return Changed(uid, version, deleted, subject, plural)


def _change(item: Any, uid: str, subject: Reference, plural: str, *, deleted: bool, alone: bool) -> Changed:
    if not isinstance(item, dict) or not item.get("uid"):
        return UNKNOWN
    known = item.get("deleted")
    # Among several changes of an older sender may be a deletion, and the type says nothing about each.
    gone = known if isinstance(known, bool) else deleted or not alone
    own = str(item["uid"])
    about, path = (subject, plural) if own == uid else (None, "")
    if item.get("kind") and item.get("name"):
        about = Reference(*(str(item.get(key, "")) for key in ("apiVersion", "kind", "namespace", "name")))
        path = str(item.get("plural", ""))
    return changed(own, str(item.get("resourceVersion", "")), gone, about, path)


def progress_to_data(progress: Progress) -> dict[str, Any]:
    return {
        "about": list(progress.about),
        "kind": progress.kind,
        "continue": progress.position,
        "told": progress.told,
        "left": [list(item) for item in progress.left],
    }


def progress_from_data(value: Any) -> Progress | None:
    """None for what is no progress: then everything is told again."""
    if not isinstance(value, Mapping) or not isinstance(value.get("about"), list):
        return None
    told, left = whole(value.get("told")), value.get("left")
    if told is None or not isinstance(left, list) or any(not isinstance(item, list) or len(item) != 4 for item in left):
        return None
    return Progress(
        tuple(map(str, value["about"])),
        str(value.get("kind", "")),
        str(value.get("continue", "")),
        told,
        tuple((str(kind), str(namespace), str(name), str(uid)) for kind, namespace, name, uid in left),
    )
