"""Reading the children of an instance: one list per (kind, namespace) that the inventory names, by ApplySet membership.

Children are never read one by one and never found by what the graph wants; what the inventory does not cover does not exist for us (and
a create that meets an object there finds out by its precondition).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphcore import names
from graphcore.converge.effects import CRDS, FindKinds, Get, List, Listed, Missing, Refused
from graphcore.converge.metadata import annotations_of, identity, labels_of, recorded_inventory, reference
from graphcore.converge.safety.attempt import Blocked, Identity, Object, Session
from graphcore.converge.safety.mark import Place, unique
from graphcore.converge.steps import Steps, every, one
from graphcore.graph.model import Resource
from graphcore.numbers import whole

DEFAULT_NAMESPACE = "default"
_LAST_WAVE = 10**9 - 1


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
    # Where the graph knows the kind, in the version that it uses: the recorded one may no longer be served.
    places = [Place(known.get(place.resource.group_kind, place.resource), place.namespace) for place in session.mark.places]
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
    return unique([*places, *session.created.places])


def _resolve(group_kinds: Iterable[str], known: Mapping[str, Resource]) -> Steps[dict[str, Resource]]:
    found = {name: known[name] for name in group_kinds if name in known}
    strangers = tuple(sorted(set(group_kinds) - found.keys()))
    if strangers:
        result = yield from one(FindKinds(strangers))
        if isinstance(result, Refused):
            raise Blocked(f"looking up {', '.join(strangers)} failed: {result.message}", retry=True)
        found |= result.resources
    return found


def list_places(places: tuple[Place, ...], selector: str, *, metadata_only: bool = False) -> Steps[list[tuple[Place, Listed | Refused]]]:
    """What matches in each place, in one batch. Raises Blocked.

    A version that is not served (any more) is replaced by one that is; a kind that is gone has nothing.
    """
    if not places:
        return []
    results = yield from every(List(place.resource, place.namespace or None, selector, "", metadata_only) for place in places)
    found: list[tuple[Place, Listed | Refused]] = []
    unserved: list[Place] = []
    for place, result in zip(places, results, strict=True):
        if isinstance(result, Missing):
            unserved.append(place)
        else:
            found.append((place, result))
    if unserved:
        found += yield from _list_elsewhere(unserved, selector, metadata_only=metadata_only)
    return found


def _list_elsewhere(unserved: list[Place], selector: str, *, metadata_only: bool) -> Steps[list[tuple[Place, Listed | Refused]]]:
    """Places whose version this API server does not serve: listed at another version, left out where the kind is gone, or refused."""
    resources = yield from _resolve({place.resource.group_kind for place in unserved}, {})
    moved: list[Place] = []
    found: list[tuple[Place, Listed | Refused]] = []
    existing: dict[str, str | None] = {}
    for place in unserved:
        resource = resources.get(place.resource.group_kind)
        if resource is not None and resource != place.resource:
            moved.append(Place(resource, place.namespace))
            continue
        if resource is None and place.resource.group_kind not in existing:
            existing[place.resource.group_kind] = yield from kind_gone(place.resource)
        # Known to discovery, or its CRD exists, or nobody can tell: the objects are still there.
        if resource is not None or existing[place.resource.group_kind] is not None:
            found.append((place, _not_now(place.resource)))
    if moved:
        results = yield from every(List(place.resource, place.namespace or None, selector, "", metadata_only) for place in moved)
        for place, result in zip(moved, results, strict=True):
            found.append((place, _not_now(place.resource) if isinstance(result, Missing) else result))
    return found


def kind_gone(resource: Resource) -> Steps[str | None]:
    """None if a kind that an API server did not know is gone, by its CRD; else why it is not, or why that cannot be told."""
    name = f"{resource.plural}.{resource.group}"
    read = yield from one(Get(CRDS, name, metadata_only=True, look=True))
    if isinstance(read, Missing):
        return None
    return read.message if isinstance(read, Refused) else f"CustomResourceDefinition {name} exists"


def _not_now(resource: Resource) -> Refused:
    return Refused(404, "", f"{resource.plural}.{resource.group} is not served at the moment")


def read_members(session: Session, places: tuple[Place, ...]) -> Steps[Members]:
    """All children in ``places``, in one batch. A kind that no longer exists has none."""
    members = Members()
    for place, result in (yield from list_places(places, f"{names.APPLYSET_PART_OF}={session.set_id}")):
        members.places = (*members.places, place)
        if isinstance(result, Refused):
            members.unread[place] = result.message
        else:
            members.objects |= {identity(item): item for item in result.items}
    return members


def is_member(session: Session, obj: Object) -> bool:
    """Whether an object belongs to this instance's ApplySet."""
    return labels_of(obj).get(names.APPLYSET_PART_OF) == session.set_id


def deletion_wave(obj: Object) -> int:
    """Apply order of a child; what has none, or nonsense, comes last (0)."""
    return whole(annotations_of(obj).get(names.APPLY_ORDER), most=_LAST_WAVE) or 0


def describe(obj: Object) -> str:
    """``Kind namespace/name``, and the finalizers that hold it if it is going."""
    text = f"{obj.get('kind', '')} {reference(obj)}"
    metadata = obj.get("metadata") or {}
    if metadata.get("deletionTimestamp") and metadata.get("finalizers"):
        text += f" (finalizers: {', '.join(sorted(metadata['finalizers']))})"
    return text
