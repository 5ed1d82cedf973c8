"""The generated CRD: made, compared as a whole, changed only when that breaks nobody, and handed over when its owner is gone.

The CRD carries the active revision in an annotation that is written in the same request as the schema it serves; so whoever learns of a
revision can rely on its schema, and a refused change leaves both as they were: instances stay on the last graph that was accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphcore import names
from graphcore.converge.effects import CRDS, DEFINITIONS, Create, Found, Get, Missing, Patch, Record, Refused
from graphcore.converge.metadata import active_revision, annotations_of, labels_of, meta, regarding
from graphcore.converge.safety.attempt import Object, Restart
from graphcore.converge.steps import Steps, one
from graphcore.openapi.compat import Changes, compare


@dataclass(frozen=True, slots=True)
class Serving:
    """The kind is served with this graph. kind: as the API server accepted it. changed: something was written."""

    kind: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Unserved:
    """The kind is not, or not yet, served with this graph.

    message: for KindReady; None while merely waiting. waiting: for what. retry: nothing will wake us. taken: name of the CRD, where
    somebody else has it.
    """

    message: str | None
    waiting: str = ""
    retry: bool = False
    taken: str = ""


def ensure_crd(
    definition: Object, desired: Mapping[str, Any], revision: int, accepted: Callable[[int], Mapping[str, Any] | None]
) -> Steps[Serving | Unserved]:
    """Bring the CRD to ``desired`` and mark ``revision`` active. Raises Restart.

    accepted: gives the CRD of an earlier revision, if it can still be told.
    """
    wanted = with_revision(desired, revision)
    name = meta(wanted)["name"]
    read = yield from one(Get(CRDS, name))
    match read:
        case Missing():
            return (yield from _create(wanted))
        case Refused():
            return Unserved(f"failed to check for existing CRD: {read.message}", retry=True)
        case Found():
            existing = read.object
    if meta(existing).get("deletionTimestamp"):
        text = f"CRD {name} is being deleted with all its instances; it is created anew when it is gone"
        own = labels_of(existing).get(names.RGD_NAME) == meta(definition)["name"]
        return Unserved(text, waiting=f"CRD {name} to be gone", taken="" if own else name)
    refusal = yield from _foreign(definition, existing)
    if refusal is not None:
        return refusal
    base = _base(existing, definition, revision, accepted)
    changes = Changes()
    if base is not None:
        changes = compare(base, wanted)
        if changes.breaking and annotations_of(definition).get(names.ALLOW_BREAKING_CHANGES) != "true":
            if not _same_life(existing, definition):
                # What it serves is a predecessor's, who is gone: nobody is made by that any more.
                yield from retire(existing)
            return Unserved(f"cannot update CRD {name}: {changes.summary}")
    if is_current(existing, wanted):
        return _served(existing, changed=False)
    result = yield from _update(existing, wanted)
    if changes.cautions:
        told = "; ".join(f"{change}: {change.remedy}" for change in changes.cautions)
        yield (Record(regarding(definition), "Warning", "ChangesRestricted", f"CRD {name} was changed: {told}"),)
    return result


def with_revision(desired: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """The CRD with the annotation that makes a revision the active one."""
    notes = {**annotations_of(desired), names.ACTIVE_REVISION: str(revision)}
    return {**desired, "metadata": {**meta(desired), "annotations": notes}}


def _create(wanted: Mapping[str, Any]) -> Steps[Serving | Unserved]:
    name = meta(wanted)["name"]
    result = yield from one(Create(CRDS, None, wanted))
    if isinstance(result, Refused):
        if result.conflict:
            raise Restart
        return Unserved(f"failed to create CRD: {result.message}", retry=True)
    created = result.object
    if not _condition(created, "Established"):
        read = yield from one(Get(CRDS, name))
        if not isinstance(read, Found):
            raise Restart
        created = read.object
    return _served(created, changed=True)


def _foreign(definition: Object, existing: Object) -> Steps[Unserved | None]:
    """Why the CRD is not ours to change; None if it is, or was its dead owner's."""
    name, held = meta(existing)["name"], labels_of(existing)
    owned = held[names.OWNED] == "true" if names.OWNED in held else held.get(names.MANAGED_BY) == names.MANAGED_BY_KRO
    if not owned:
        return Unserved(f"failed to update CRD {name}: CRD already exists and is not owned by KRO", retry=True, taken=name)
    owner = held.get(names.RGD_NAME, "")
    if owner == meta(definition)["name"]:
        return None
    if not owner or isinstance((yield from one(Get(DEFINITIONS, owner, metadata_only=True))), Missing):
        return None
    return Unserved(f"failed to update CRD {name}: CRD is owned by another ResourceGraphDefinition {owner}", retry=True, taken=name)


def _same_life(existing: Object, definition: Object) -> bool:
    """Whether the CRD serves this very definition, and not one that had its name before."""
    held = labels_of(existing)
    return bool(held.get(names.RGD_NAME) == meta(definition)["name"] and held.get(names.RGD_ID) == meta(definition)["uid"])


def retire(crd: Object) -> Steps[str | None]:
    """Say on a generated CRD that no revision is active any more; why the API server refuses it, if it does. Raises Restart."""
    if not active_revision(crd) or meta(crd).get("deletionTimestamp"):
        return None
    metadata = {"resourceVersion": meta(crd)["resourceVersion"], "annotations": {names.ACTIVE_REVISION: str(names.NO_REVISION)}}
    result = yield from one(Patch(CRDS, meta(crd)["name"], None, {"metadata": metadata}))
    if isinstance(result, Refused):
        if result.conflict:
            raise Restart
        return f"changing CRD {meta(crd)['name']} failed: {result.message}"
    return None


def _base(
    existing: Object, definition: Object, revision: int, accepted: Callable[[int], Mapping[str, Any] | None]
) -> Mapping[str, Any] | None:
    """What the new CRD has to be compatible with: the last accepted definition, so that a hand-made change is drift and no judge.

    None where the CRD already serves this very revision. Raises Restart when it serves a newer one.
    """
    active = active_revision(existing)
    if not active or not _same_life(existing, definition):
        return existing
    if active > revision:
        raise Restart
    if active == revision:
        return None
    return accepted(active) or existing


def _update(existing: Object, wanted: Mapping[str, Any]) -> Steps[Serving | Unserved]:
    name = meta(wanted)["name"]
    spec = dict(wanted["spec"])
    spec["names"] = {"shortNames": None, "categories": None, **spec["names"]}
    metadata = {
        "resourceVersion": meta(existing)["resourceVersion"],
        "labels": labels_of(wanted),
        "annotations": annotations_of(wanted),
    }
    result = yield from one(Patch(CRDS, name, None, {"metadata": metadata, "spec": spec}))
    match result:
        case Found():
            return _served(result.object, changed=True)
        case Refused() if not result.conflict:
            return Unserved(f"cannot update CRD {name}: {result.message}", retry=True)
        case _:
            raise Restart


def _served(crd: Object, *, changed: bool) -> Serving | Unserved:
    accepted = (crd.get("status") or {}).get("acceptedNames") or {}
    if _condition(crd, "Established"):
        return Serving(accepted.get("kind") or crd["spec"]["names"]["kind"], changed)
    for item in (crd.get("status") or {}).get("conditions") or ():
        if item.get("type") == "NamesAccepted" and item.get("status") == "False":
            return Unserved(f"CRD {meta(crd)['name']} is not accepted: {item.get('message', '')}")
    return Unserved(None, waiting=f"CRD {meta(crd)['name']} to be established")


def _condition(crd: Object, kind: str) -> bool:
    conditions: Sequence[Mapping[str, Any]] = (crd.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == kind and item.get("status") == "True" for item in conditions)


def is_current(existing: Object, wanted: Mapping[str, Any]) -> bool:
    """Whether the whole CRD is as wanted: our labels and annotations, and the spec but for what the API server fills in or leaves out."""
    for held, ours in ((labels_of(existing), labels_of(wanted)), (annotations_of(existing), annotations_of(wanted))):
        if any(held.get(key) != value for key, value in ours.items() if key != names.KRO_VERSION):
            return False
    found = {key: value for key, value in existing["spec"].items() if key not in ("conversion", "preserveUnknownFields")}
    return bool(_plain(found) == _plain(wanted["spec"]))


def _plain(value: Any) -> Any:
    """A part of a CRD without members that mean nothing; names chosen by the author (``properties``) and data stay as they are."""
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if key == "properties" and isinstance(item, Mapping):
                plain[key] = {name: _plain(schema) for name, schema in item.items()}
            else:
                plain[key] = item if key in ("default", "enum", "example") else _plain(item)
        return {key: item for key, item in plain.items() if not _void(item) or key == "default"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _void(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
