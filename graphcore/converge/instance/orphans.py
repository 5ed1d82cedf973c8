"""Rule 11: children of an instance that does not exist.

An invocation that finds its instance gone takes back what it created itself. Otherwise a child without instance is deleted only on an
event about that very child (one of all that a merged delivery stands for), and only if everything says that it is the left-over of an
interrupted invocation and nothing else: restored backups and manifests copied with their labels look almost the same. What may be
something else is reported, not deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from graphcore import names
from graphcore.converge.conditions import seconds_since
from graphcore.converge.effects import Converged, Delete, Found, Get, Missing, Outcome, Record, Refused, Resource
from graphcore.converge.instance.members import deletion_wave, kind_gone
from graphcore.converge.instance.ownership import applied_by_us
from graphcore.converge.metadata import applyset_id, labels_of, meta, namespace_of, reference, regarding
from graphcore.converge.safety.attempt import Created, InstanceRequest, Member, Object, Options, Restart, Session
from graphcore.converge.safety.mark import Place
from graphcore.converge.steps import Steps, every, one

RETRIES = 4
AT_ONCE = 32
"""Children read at the same time."""


def instance_gone(request: InstanceRequest, now: datetime, options: Options, created: Created) -> Steps[Outcome]:
    """The instance was not found: take back what this invocation created, then judge every child that the events are about."""
    for resource, obj in sorted(created.objects.values(), key=lambda pair: -deletion_wave(pair[1])):
        yield from _take_back(resource, obj)
    found = yield from _read(request.members)
    doubts = [(member, obj, _doubt(request, obj, now, options)) for member, obj in found]
    if any(doubt is None for *_, doubt in doubts):
        # Between our first look and now the instance may have been made again.
        again = yield from one(Get(request.resource, request.name, request.namespace, metadata_only=True, look=True))
        unknown = isinstance(again, Refused) and again.code == 404
        if isinstance(again, Missing) or (unknown and (yield from kind_gone(request.resource)) is None):
            yield tuple(_delete(member.resource, obj) for member, obj, doubt in doubts if doubt is None)
    what = f"{request.resource.kind} {'/'.join(part for part in (request.namespace, request.name) if part)}"
    kept = tuple(
        Record(regarding(obj), "Warning", "Orphaned", f"its {what} does not exist; kept, because {doubt}")
        for _, obj, doubt in doubts
        if doubt is not None and labels_of(obj).get(names.INSTANCE_NAME)
    )
    if kept:
        yield kept
    return Converged(gone=True)


def _read(members: Iterable[Member]) -> Steps[list[tuple[Member, Object]]]:
    """Those that exist and are not going. Raises Restart where the API server is in no state to tell."""
    found: list[tuple[Member, Object]] = []
    several = tuple(dict.fromkeys(members))
    for first in range(0, len(several), AT_ONCE):
        batch = several[first : first + AT_ONCE]
        results = yield from every(Get(member.resource, member.name, member.namespace) for member in batch)
        if any(isinstance(result, Refused) and result.code >= 500 for result in results):
            raise Restart
        found += [
            (member, result.object)
            for member, result in zip(batch, results, strict=True)
            if isinstance(result, Found) and not meta(result.object).get("deletionTimestamp")
        ]
    return found


def _take_back(resource: Resource, obj: Object) -> Steps[None]:
    current = obj
    for _ in range(RETRIES):
        result = yield from one(_delete(resource, current))
        if not (isinstance(result, Refused) and result.conflict):
            return
        read = yield from one(Get(resource, meta(obj)["name"], namespace_of(obj) or None))
        if not isinstance(read, Found) or meta(read.object)["uid"] != meta(obj)["uid"]:
            return
        if labels_of(read.object).get(names.INSTANCE_ID) != labels_of(obj).get(names.INSTANCE_ID):
            return
        current = read.object


def _delete(resource: Resource, obj: Object) -> Delete:
    metadata = meta(obj)
    return Delete(resource, metadata["name"], namespace_of(obj) or None, metadata["uid"], metadata["resourceVersion"])


def strays(session: Session, covered: Iterable[Place]) -> Steps[list[tuple[Place, Object]]]:
    """The children that the events are about, if they are this instance's and outside its inventory: left there by interrupted runs.

    With the same proofs as for a child without instance; what may be a copy, or an earlier namesake's, is reported and kept.
    """
    known = {place.key for place in covered}
    outside = {
        member: Place(member.resource, (member.namespace or "") if member.resource.namespaced else "") for member in session.request.members
    }
    found: list[tuple[Place, Object]] = []
    for member, obj in (yield from _read(member for member, place in outside.items() if place.key not in known)):
        doubt = _doubt(session.request, obj, session.now, session.options)
        if doubt is None and labels_of(obj).get(names.INSTANCE_ID) != meta(session.instance)["uid"]:
            doubt = "it was made for an earlier instance of that name"
        if doubt is None:
            found.append((outside[member], obj))
        else:
            session.event("Warning", "Orphaned", f"not in the inventory of {reference(session.instance)}; kept, because {doubt}", obj)
    return found


def _doubt(request: InstanceRequest, obj: Object, now: datetime, options: Options) -> str | None:
    """Why a child may be something else than a left-over; None if nothing speaks for that."""
    labels = labels_of(obj)
    instance = {
        "apiVersion": request.resource.api_version,
        "kind": request.resource.kind,
        "metadata": {"name": request.name, "namespace": request.namespace},
    }
    named = (labels.get(names.INSTANCE_GROUP), labels.get(names.INSTANCE_KIND), labels.get(names.INSTANCE_NAME))
    if named != (request.resource.group, request.resource.kind, request.name):
        return "its labels name another instance"
    if (labels.get(names.INSTANCE_NAMESPACE) or "") != (request.namespace or ""):
        return "its labels name another namespace"
    if labels.get(names.APPLYSET_PART_OF) != applyset_id(instance):
        return "it belongs to another ApplySet"
    if not applied_by_us(obj):
        return f"{names.MANAGER_APPLYSET} never applied it"
    if any(owner.get("controller") for owner in meta(obj).get("ownerReferences") or ()):
        return "a controller owns it"
    if seconds_since(meta(obj).get("creationTimestamp"), now) >= 2 * options.run_deadline:
        return "it is older than an interrupted run can explain"
    return None
