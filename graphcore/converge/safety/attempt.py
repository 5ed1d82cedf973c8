"""One attempt of one invocation: what it is based on, what it has done, and how somebody else ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from graphcore import names
from graphcore.converge.effects import Found, Missing, Record, Refused, Resource
from graphcore.converge.metadata import (
    Inventory,
    applyset_id,
    instance_labels,
    labels_of,
    meta,
    recorded_inventory,
    regarding,
)
from graphcore.converge.safety.mark import Mark, Place, read_mark

Object: TypeAlias = Mapping[str, Any]
Identity: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a run.

    version_label: of this program. requeue_interval: seconds before a run that nothing else wakes is repeated; 0: never.
    run_deadline: seconds that an invocation may take. condition_events: feature gate ``InstanceConditionEvents``.
    """

    version_label: str = "devel"
    requeue_interval: float = 3.0
    run_deadline: float = 12.0
    condition_events: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A child that an event is about; only ever a hint."""

    resource: Resource
    name: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceRequest:
    """Which instance, and what the event and the process know about it besides.

    definition: name of its definition, if known. definition_uid: of the definition whose revision the event names. revision: highest active
    revision that the event names or the process has cached. members: the children that events are about, those said to be gone left out.
    failed: HTTP status for which events came back undelivered several times in a row, "0" for no answer; "" if they did not.
    """

    resource: Resource
    name: str
    namespace: str | None = None
    definition: str | None = None
    revision: int | None = None
    members: tuple[Member, ...] = ()
    definition_uid: str = ""
    failed: str = ""


class Restart(Exception):
    """Somebody else changed what this attempt was based on: read everything again."""


class Blocked(Exception):
    """The instance itself cannot be written. message: for the condition. retry: nothing watched will tell of a cure."""

    def __init__(self, message: str, *, retry: bool) -> None:
        self.message = message
        self.retry = retry
        super().__init__(message)


class Vanished(Exception):
    """The instance's namespace does not exist: nothing in it can be written any more, only deleted."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        super().__init__(namespace)


@dataclass(slots=True)
class Created:
    """Objects that this invocation created, over all its attempts: UID → (resource, object as created)."""

    objects: dict[str, tuple[Resource, Object]] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(Place(resource, meta(obj).get("namespace") or "") for resource, obj in self.objects.values())


@dataclass(slots=True)
class Session:
    """One attempt.

    instance: newest state this attempt has read or written. wrote: anything at all was written. lineage: of the instance, once it was
    read.
    """

    request: InstanceRequest
    options: Options
    now: datetime
    created: Created
    instance: Object
    definition: str = ""
    definition_uid: str = ""
    revision: int | None = None
    mark: Mark = field(default_factory=Mark)
    fenced: bool = False
    wrote: bool = False
    events: list[Record] = field(default_factory=list)
    lineage: tuple[Identity, ...] = ()

    def __post_init__(self) -> None:
        self.mark = read_mark(self.instance)

    @property
    def resource(self) -> Resource:
        return self.request.resource

    @property
    def namespace(self) -> str:
        """The instance's namespace, "" for a cluster-scoped one."""
        return meta(self.instance).get("namespace") or ""

    @property
    def set_id(self) -> str:
        return applyset_id(self.instance)

    @property
    def managed(self) -> bool:
        """Finalizer and labels are as they should be. The version label alone is no reason to write."""
        if names.FINALIZER not in (meta(self.instance).get("finalizers") or ()):
            return False
        held = labels_of(self.instance)
        wanted = instance_labels(self.definition, self.definition_uid, self.options.version_label)
        wanted.pop(names.KRO_VERSION)
        return names.KRO_VERSION in held and names.APPLYSET_ID in held and all(held.get(key) == value for key, value in wanted.items())

    def event(self, kind: str, reason: str, message: str, about: Object | None = None, *, once: bool = False) -> None:
        """Remember a Kubernetes Event; sent with the last batch of the attempt."""
        found = Record(regarding(about or self.instance), "Warning" if kind == "Warning" else "Normal", reason, message, once)
        if found not in self.events:
            self.events.append(found)

    def check_namespace(self, result: Found | Missing | Refused) -> None:
        """Raises Vanished where a write was refused because the instance's own namespace is gone."""
        gone = result.namespace_gone if isinstance(result, Refused) else ""
        if gone and gone == self.namespace:
            raise Vanished(gone)

    def covered(self, places: Iterable[Place]) -> bool:
        """Whether the recorded inventory, in both its forms, already has these places."""
        wanted = tuple(places)
        known = {place.key for place in self.mark.places}
        inventory = Inventory.of(wanted, self.namespace)
        return all(place.key in known for place in wanted) and recorded_inventory(self.instance).covers(inventory)


def undelivered(instance: Object, status: str) -> Record:
    """Told before anything is done: what made the deliveries fail may end this run, too."""
    answer = "gave no answer in time" if status == "0" else f"answered {status}"
    message = f"events for this instance came back undelivered, because the function {answer}; each is repeated after at most five minutes"
    return Record(regarding(instance), "Warning", "DeliveryFailed", message, once=True)
