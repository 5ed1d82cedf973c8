"""Reading the children of an instance: one list per (kind, namespace) that the inventory names, by ApplySet membership.

Children are never read one by one and never found by what the graph wants; what the inventory does not cover does not exist for us (and
a create that meets an object there finds out by its precondition).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphcore import names
from graphcore.converge.effects import FindKinds, Kinds, List, Listed, Missing, Refused
from graphcore.converge.fence import Place, unique
from graphcore.converge.metadata import annotations_of, identity, labels_of, recorded_inventory, reference
from graphcore.converge.session import Identity, Object, Session, Steps, one
from graphcore.graph.model import Resource

DEFAULT_NAMESPACE = "default"


@dataclass(slots=True)
class Members:
    """Children as they are. places: where they were looked for. unread: places that the API server would not list, with its message."""

    objects: dict[Identity, Object] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    unread: dict[Place, str] = field(default_factory=dict)

    def resource_of(self, obj: Object) -> Resource:
        """How to address a child that was listed. Raises KeyError for any other object."""
        group, kind, *_ = identity(obj)
        return next(place.resource for place in self.places if (place.resource.group, place.resource.kind) == (group, kind))


def recorded_places(session: Session, known: Mapping[str, Resource]) -> Steps[tuple[Place, ...]]:
    """Everywhere members may be. known: resources by group-kind, from the graph, so that discovery is asked only about strangers."""
    inventory = recorded_inventory(session.instance)
    places = list(session.mark.places)
    exact = {place.resource.group_kind: place.resource for place in places}
    covered = {place.namespace for place in places}
    unplaced = inventory.group_kinds - exact.keys()
    elsewhere = inventory.namespaces - covered
    if unplaced or elsewhere:
        resources = yield from _resolve(inventory.group_kinds, {**known, **exact})
        own = {session.namespace or DEFAULT_NAMESPACE}
        for group_kind, resource in sorted(resources.items()):
            spaces = own | inventory.namespaces if group_kind in unplaced else elsewhere
            places += [Place(resource, namespace) for namespace in sorted(spaces)] if resource.namespaced else [Place(resource, "")]
    member = session.request.member
    if member is not None:
        places.append(Place(member.resource, (member.namespace or "") if member.resource.namespaced else ""))
    return unique([*places, *session.created.places])


def _resolve(group_kinds: Iterable[str], known: Mapping[str, Resource]) -> Steps[dict[str, Resource]]:
    found = {name: known[name] for name in group_kinds if name in known}
    strangers = tuple(sorted(set(group_kinds) - found.keys()))
    if strangers:
        result = yield from one(FindKinds(strangers))
        if isinstance(result, Kinds):
            found |= result.resources
    return found


def read_members(session: Session, places: tuple[Place, ...]) -> Steps[Members]:
    """All children in ``places``, in one batch. A kind that no longer exists has none."""
    members = Members(places=places)
    if not places:
        return members
    selector = f"{names.APPLYSET_PART_OF}={session.set_id}"
    results = yield tuple(List(place.resource, place.namespace or None, labels=selector) for place in places)
    for place, result in zip(places, results, strict=True):
        match result:
            case Listed():
                members.objects |= {identity(item): item for item in result.items}
            case Missing():
                pass
            case Refused():
                members.unread[place] = result.message
            case _:
                raise TypeError(f"unexpected result {type(result).__name__}")
    return members


def is_member(session: Session, obj: Object) -> bool:
    """Whether an object belongs to this instance's ApplySet."""
    return labels_of(obj).get(names.APPLYSET_PART_OF) == session.set_id


def deletion_wave(obj: Object) -> int:
    """Apply order of a child; what has none, or nonsense, comes last (0)."""
    text = annotations_of(obj).get(names.APPLY_ORDER, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def describe(obj: Object) -> str:
    """``Kind namespace/name``, and the finalizers that hold it if it is going."""
    text = f"{obj.get('kind', '')} {reference(obj)}"
    metadata = obj.get("metadata") or {}
    if metadata.get("deletionTimestamp") and metadata.get("finalizers"):
        text += f" (finalizers: {', '.join(sorted(metadata['finalizers']))})"
    return text
