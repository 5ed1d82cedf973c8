"""Which instance an object belongs to, whatever others have made of its labels.

The labels of a child name its instance, but anybody who may write the child can change them, mostly without meaning to: a client that
rewrites one label and writes the object back. So a change is told to the instance that the object *was* known to belong to, until the
object is gone or its labels name another instance that exists, without contradiction.

Remembered is only where labels and owner differ, which is never more than the objects that are followed; everything else is read from the
labels of the last known state, which the follower keeps anyway. After a restart the labels are all there is: then the instance of the id
label counts, that of the ApplySet label, and the one that the other labels name, each in its own right. Of an object that has lost them
all while no bridge ran, nothing tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.bridge.watcher import Change
from graphcore.converge.metadata import applyset_id
from graphcore.graph.model import Resource
from graphcore.names import (
    APPLYSET_PART_OF,
    INSTANCE_GROUP,
    INSTANCE_ID,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
)

Labels = Mapping[str, str]
ROUTING = (INSTANCE_GROUP, INSTANCE_VERSION, INSTANCE_KIND, INSTANCE_NAMESPACE, INSTANCE_NAME, INSTANCE_ID)


@dataclass(frozen=True, slots=True)
class Owner:
    """An instance. version: "" where nobody has said it; namespace: "" for a cluster-scoped one; uid: "" where it is not known."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> str:
        """What orders the events for this instance: different instances never share one, whatever labels say."""
        return self.uid or "/".join(self.identity)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.group, self.kind, self.namespace, self.name)

    def routed(self, labels: Labels) -> dict[str, str]:
        """``labels`` with those that route an event naming this instance."""
        ours = dict(
            zip(ROUTING, (self.group, self.version, self.kind, self.namespace, self.name, self.uid), strict=True),
        )
        return {name: value for name, value in labels.items() if name not in ROUTING} | {
            name: value for name, value in ours.items() if value
        }


class Owners:
    """Knows the instances of the followed kinds. serving: how a kind of instances (group, kind) is addressed; None if not followed."""

    def __init__(self, serving: Callable[[str, str], Resource | None]) -> None:
        self._serving = serving
        self._instances: dict[str, Owner] = {}
        self._sets: dict[str, Owner] = {}
        self._strayed: dict[str, tuple[Resource, Owner]] = {}

    def __len__(self) -> int:
        """Objects whose labels do not name their owner."""
        return len(self._strayed)

    def record(self, resource: Resource, metadata: Mapping[str, Any], *, gone: bool) -> None:
        """Takes note of an instance as it is now."""
        owner = Owner(
            resource.group,
            resource.version,
            resource.kind,
            str(metadata.get("namespace") or ""),
            str(metadata.get("name") or ""),
            str(metadata["uid"]),
        )
        if not gone:
            self._instances[owner.uid] = self._sets[_set_of(owner)] = owner
            return
        self._remove(owner)

    def forget(self, resource: Resource, *, followed: bool = False) -> None:
        """A kind is no kind of instances any more, and no longer followed at all unless ``followed``."""
        if not followed:
            self._strayed = {uid: entry for uid, entry in self._strayed.items() if entry[0] != resource}
        kind = (resource.group, resource.kind)
        for owner in [owner for owner in self._instances.values() if (owner.group, owner.kind) == kind]:
            self._remove(owner)

    def of(self, change: Change) -> list[Owner]:
        """Every instance that has to hear of a change of what may be its child, the owner first; takes note of what it shows."""
        uid = str(change.metadata.get("uid", ""))
        labels: Labels = change.metadata.get("labels") or {}
        former: Labels = (change.before or {}).get("labels") or {}
        believed = self._strayed[uid][1] if uid in self._strayed else next(iter(self._named(former)), None)
        found = self._named(labels)
        proven = next((owner for owner in found if self._proves(labels, owner)), None)
        # What the labels point to first is what will be believed after them; anything else has to be remembered.
        if change.kind == "deleted" or proven is not None or believed is None or found[:1] == [believed]:
            self._strayed.pop(uid, None)
        else:
            self._strayed[uid] = (change.resource, believed)
        told = [owner for owner in (proven, believed) if owner is not None] + ([] if proven else found)
        # Where an instance is known to have to do with it, one that nobody knows but by a label does not come into it.
        known = [owner for owner in told if self._exists(owner)]
        return [owner for owner in dict.fromkeys(known or told[:1]) if owner.version]

    def _named(self, labels: Labels) -> list[Owner]:
        """The instances that labels point to, each in its own right, the surest first; if there is none, the one that they write of."""
        if INSTANCE_ID not in labels and INSTANCE_NAME not in labels and APPLYSET_PART_OF not in labels:
            return []
        written = self._written(labels) if all(labels.get(key) for key in (INSTANCE_GROUP, INSTANCE_KIND, INSTANCE_NAME)) else None
        by_name = self._sets.get(_set_of(written)) if written else None
        found = [self._instances.get(labels.get(INSTANCE_ID, "")), self._sets.get(labels.get(APPLYSET_PART_OF, "")), by_name]
        known = list(dict.fromkeys(owner for owner in found if owner is not None))
        return known or ([written] if written else [])

    def _written(self, labels: Labels) -> Owner:
        """The instance that labels name, followed or not; where the kind is followed, in the version that is followed."""
        group, kind = labels[INSTANCE_GROUP], labels[INSTANCE_KIND]
        resource = self._serving(group, kind)
        version = resource.version if resource else labels.get(INSTANCE_VERSION, "")
        return Owner(group, version, kind, labels.get(INSTANCE_NAMESPACE, ""), labels[INSTANCE_NAME], labels.get(INSTANCE_ID, ""))

    def _proves(self, labels: Labels, owner: Owner) -> bool:
        """Whether all that labels say is that the object belongs to this instance, which exists."""
        named = (labels.get(INSTANCE_GROUP, ""), labels.get(INSTANCE_KIND), labels.get(INSTANCE_NAMESPACE, ""), labels.get(INSTANCE_NAME))
        return (
            self._exists(owner)
            and labels.get(INSTANCE_ID) == owner.uid
            and named == owner.identity
            and labels.get(APPLYSET_PART_OF) == _set_of(owner)
        )

    def _exists(self, owner: Owner) -> bool:
        return self._instances.get(owner.uid) == owner

    def _remove(self, owner: Owner) -> None:
        known = self._instances.pop(owner.uid, None) or owner
        set_id = _set_of(known)
        # A namesake may have taken its place.
        if self._sets.get(set_id) == known:
            del self._sets[set_id]
        if self._strayed:
            self._strayed = {uid: entry for uid, entry in self._strayed.items() if entry[1] != known}


def _set_of(owner: Owner) -> str:
    metadata = {"name": owner.name, "namespace": owner.namespace}
    return applyset_id({"apiVersion": f"{owner.group}/{owner.version}", "kind": owner.kind, "metadata": metadata})
