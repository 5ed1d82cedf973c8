"""What has to be true when nothing goes wrong any more: the model's word against what the API server holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from functions.platform.events import Reference
from functions.platform.paths import CRDS, DEFINITIONS
from graphcore import names
from graphcore.graph.model import Resource
from tests.simulation.way.shapes import CONFIG, INSTANCES, KINDS, WIDGET_CRD, Object, wanted

if TYPE_CHECKING:
    from tests.simulation.way.schedule import Schedule

EVENTS = Resource("v1", "Event", "events", namespaced=True)


def faults(schedule: Schedule) -> list[str]:
    """Everything that is wrong now, in a fixed order."""
    world = schedule.world
    found: list[str] = [*_foreign(schedule)]
    live = {item["metadata"]["uid"]: item for item in schedule.instances()}
    belonging: set[str] = set()
    for item in live.values():
        found += _instance(schedule, item, belonging)
    for kind in KINDS.values():
        for obj in world.all(kind):
            found += _orphan(schedule, obj, live, belonging)
    for edition in schedule.editions.values():
        body = world.get(DEFINITIONS, None, edition.name) or {"metadata": {}}
        if not _ready(body) and not (edition.name == "maker" and world.get(CRDS, None, WIDGET_CRD["metadata"]["name"]) is None):
            found.append(f"definition {edition.name} is not ready: {_messages(body)}")
    return found


def noise(schedule: Schedule, runs: Counter[Reference]) -> Iterator[str]:
    """What goes on although everything is right. runs: begun lately, by object."""
    for target, number in sorted(runs.items(), key=str):
        kind = next((kind for kind in INSTANCES.values() if kind.kind == target.kind), None)
        body = schedule.world.get(kind, target.namespace, target.name) if kind else None
        most = 0 if body is not None and _ready(body) else 12
        if target.namespace and not schedule.world.has_namespace(target.namespace):
            most = 1
        if number > most:
            yield f"{number} runs of {target} while nothing happened"


def _name(obj: Object) -> str:
    metadata = obj["metadata"]
    return f"{obj['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def _condition(obj: Object) -> Mapping[str, Any]:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item.get("type") == names.READY), {})


def _ready(obj: Object) -> bool:
    found = _condition(obj)
    return found.get("status") == "True" and found.get("observedGeneration") == obj["metadata"].get("generation")


def _messages(obj: Object) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return "; ".join(str(item.get("message")) for item in conditions if item.get("status") != "True")


def _labels(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def _foreign(schedule: Schedule) -> Iterator[str]:
    for _, event in schedule.world.history:
        if event.type == "DELETED" and event.new.uid in schedule.foreign and event.new.uid not in schedule.removed:
            yield f"foreign {event.new.key} was deleted"


def _instance(schedule: Schedule, item: Object, belonging: set[str]) -> Iterator[str]:
    world, metadata = schedule.world, item["metadata"]
    namespace = metadata["namespace"]
    edition = schedule.editions[item["kind"].lower()]

    def labelled(team: str) -> list[str]:
        return [obj["metadata"]["name"] for obj in world.all(CONFIG) if _labels(obj).get("team") == team]

    model = wanted(edition, item, lambda plural, place, name: world.get(KINDS[plural], place, name), labelled)
    keys = {(kind, namespace, name) for kind, name in model.children}
    for kind, place, name in keys:
        obj = world.get(KINDS[kind], place, name)
        if obj is not None:
            belonging.add(obj["metadata"]["uid"])
    if not world.has_namespace(namespace):
        return
    if metadata.get("deletionTimestamp"):
        yield f"{_name(item)} is not deleted: {_messages(item)}"
        return
    if _condition(item).get("observedGeneration") != metadata["generation"]:
        yield f"{_name(item)} says nothing of generation {metadata['generation']}"
    obstructed = [
        key for key in keys if (world.get(KINDS[key[0]], *key[1:]) or {"metadata": {"uid": ""}})["metadata"]["uid"] in schedule.foreign
    ]
    if obstructed or model.missing:
        if _ready(item):
            yield f"{_name(item)} is ready although {obstructed or model.missing} is in its way"
        return
    if not _ready(item):
        yield f"{_name(item)} is not ready: {_messages(item)}"
    for (kind, name), holds in model.children.items():
        yield from _child(item, kind, name, world.get(KINDS[kind], namespace, name), holds)
    for kind_of in KINDS.values():
        for obj in world.all(kind_of):
            key = (kind_of.plural, obj["metadata"]["namespace"], obj["metadata"]["name"])
            mine = _labels(obj).get(names.INSTANCE_ID) == metadata["uid"]
            known = key in keys or obj["metadata"]["uid"] in schedule.foreign | schedule.tampered
            if mine and not known and not _reported(schedule, obj):
                yield f"{_name(obj)} is a stray of {_name(item)}"


def _child(item: Object, kind: str, name: str, obj: Object | None, holds: Mapping[str, Any]) -> Iterator[str]:
    if obj is None:
        yield f"{_name(item)} lacks {kind} {name}"
        return
    if obj["metadata"].get("deletionTimestamp"):
        yield f"{_name(obj)} is being deleted"
    labels = _labels(obj)
    for label, value in (
        (names.INSTANCE_ID, item["metadata"]["uid"]),
        (names.INSTANCE_NAME, item["metadata"]["name"]),
        (names.INSTANCE_KIND, item["kind"]),
        (names.OWNED, "true"),
    ):
        if labels.get(label) != value:
            yield f"{_name(obj)} has {label}={labels.get(label)!r} and not {value!r}"
    for path, value in holds.items():
        held: Any = obj
        for part in path.split("."):
            held = (held or {}).get(part)
        # Fields that somebody else has added are theirs.
        mine = {key: held.get(key) for key in value} if isinstance(held, dict) else held
        if mine != value:
            yield f"{_name(obj)} holds {path}={held!r} and not {value!r}"


def _orphan(schedule: Schedule, obj: Object, live: Mapping[str, Object], belonging: set[str]) -> Iterator[str]:
    labels, uid = _labels(obj), obj["metadata"]["uid"]
    if names.INSTANCE_NAME not in labels or uid in belonging or uid in schedule.foreign | schedule.tampered:
        return
    if labels.get(names.INSTANCE_ID) in live or not schedule.world.has_namespace(obj["metadata"]["namespace"]):
        return
    if not _reported(schedule, obj):
        yield f"{_name(obj)} is an orphan of {labels[names.INSTANCE_NAME]}"


def _reported(schedule: Schedule, obj: Object) -> bool:
    """Rule 11: what is older than an interrupted run can explain is told, and stays."""
    uid = obj["metadata"]["uid"]
    return any(
        event.get("reason") == "Orphaned" and (event.get("involvedObject") or {}).get("uid") == uid for event in schedule.world.all(EVENTS)
    )
