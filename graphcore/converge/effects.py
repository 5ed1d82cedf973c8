"""What a generator may ask for, what it is told, and how it ends: the whole contract between decisions and the network.

``converge`` never talks to anything. It yields a *batch* of effects, is sent one result per effect in the same order, and returns an
outcome. The effects of one batch are independent of each other: a driver may run them at once, in any order. The same generator is
driven by the cluster client in a function, by a store in memory in tests, by a dry driver that only collects writes, and by the
simulator that interleaves, repeats and breaks things. Whatever a generator needs besides (the time of the run, settings, the event) is
an argument.

A refusal of the API server is a result like any other. What is no answer at all (no connection, a time limit) is raised by the driver
and ends the run; that is always safe, because every run may be cut off between any two effects.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from graphcore.converge.results import Documents, Found, Kinds, Listed, Missing, Object, Recorded, Refused, Result, Served
from graphcore.errors import Problem
from graphcore.graph.model import Resource
from graphcore.names import (
    API_VERSION,
    CRD_API_VERSION,
    CRD_KIND,
    CRD_PLURAL,
    INTERNAL_API_VERSION,
    MANAGER,
    REVISION_KIND,
    REVISION_PLURAL,
    RGD_KIND,
    RGD_PLURAL,
)

__all__ = [
    "CRDS",
    "DEFINITIONS",
    "REVISIONS",
    "Apply",
    "Asking",
    "Batch",
    "Conflict",
    "Converged",
    "Create",
    "Delete",
    "Documents",
    "Effect",
    "Failed",
    "FetchSchemas",
    "FindKinds",
    "Found",
    "Get",
    "Kinds",
    "List",
    "Listed",
    "Missing",
    "NeedGraph",
    "Object",
    "Outcome",
    "Patch",
    "Record",
    "Recorded",
    "Refused",
    "Replace",
    "Resource",
    "Result",
    "Run",
    "Served",
    "Waiting",
    "Write",
]

DEFINITIONS = Resource(API_VERSION, RGD_KIND, RGD_PLURAL, namespaced=False)
CRDS = Resource(CRD_API_VERSION, CRD_KIND, CRD_PLURAL, namespaced=False)
REVISIONS = Resource(INTERNAL_API_VERSION, REVISION_KIND, REVISION_PLURAL, namespaced=False)


R_co = TypeVar("R_co", bound=Result, covariant=True)


class Asking(Generic[R_co]):
    """An effect, by the results that it can have."""

    __slots__ = ()


# Effects that read.


@dataclass(frozen=True, slots=True)
class Get(Asking[Found | Missing | Refused]):
    """Read one object, consistently. metadata_only: a PartialObjectMetadata suffices. Result: Found, Missing or Refused (with code 404: the
    API server that answered does not know the kind, which says nothing about the object).

    look: only to find out whether something moved; whatever it shows has not been acted on, so its event is no echo.
    """

    resource: Resource
    name: str
    namespace: str | None = None
    metadata_only: bool = False
    look: bool = False


@dataclass(frozen=True, slots=True)
class List(Asking[Listed | Missing | Refused]):
    """Read all objects that match, consistently, every page. Result: Listed, Missing (the API server has no such kind) or Refused.

    namespace: None means all. labels, fields: selectors in the API's own syntax, "" means everything.
    """

    resource: Resource
    namespace: str | None = None
    labels: str = ""
    fields: str = ""
    metadata_only: bool = False


@dataclass(frozen=True, slots=True)
class NeedGraph(Asking[Served | Missing | Refused]):
    """The compiled graph of one revision of a definition, from wherever the driver keeps it. Result: Served, Missing or Refused.

    definition_uid: if known, a graph kept from another life of the definition (same name, same number, other UID) must not answer without
    the revision having been read again.
    """

    definition: str
    revision: int
    definition_uid: str = ""


@dataclass(frozen=True, slots=True)
class FetchSchemas(Asking[Documents | Refused]):
    """The OpenAPI documents of these group versions, as the API server serves them now (those it lacks are left out). Result: Documents."""

    group_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindKinds(Asking[Kinds | Refused]):
    """How the API server addresses kinds of which only ``Kind`` or ``Kind.group`` is known (inventories written by kro). Result: Kinds."""

    group_kinds: tuple[str, ...]


# Effects that write. Preconditions travel where the API server looks for them.


@dataclass(frozen=True, slots=True)
class Apply(Asking[Found | Refused]):
    """Server-side apply. ``body`` is complete; preconditions are its ``metadata.uid`` and ``metadata.resourceVersion``.

    ``resourceVersion: "1"`` means: create only. dry_run: everything but storing it. Result: Found (the object as stored) or Refused.
    """

    resource: Resource
    name: str
    namespace: str | None
    body: Object
    manager: str
    force: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Patch(Asking[Found | Missing | Refused]):
    """JSON merge patch; precondition: ``metadata.resourceVersion`` (and ``uid``) in ``body``. Result: Found, Missing or Refused."""

    resource: Resource
    name: str
    namespace: str | None
    body: Object
    subresource: str | None = None
    manager: str = MANAGER


@dataclass(frozen=True, slots=True)
class Replace(Asking[Found | Missing | Refused]):
    """Update of an object or a subresource with ``body``, which carries ``metadata.resourceVersion``. Result: Found, Missing or Refused.

    Used for status: a merge patch could neither write a null nor replace the whole.
    """

    resource: Resource
    name: str
    namespace: str | None
    body: Object
    subresource: str | None = None
    manager: str = MANAGER


@dataclass(frozen=True, slots=True)
class Create(Asking[Found | Refused]):
    """Result: Found (the object as stored) or Refused (``AlreadyExists`` where the name is taken)."""

    resource: Resource
    namespace: str | None
    body: Object
    manager: str = MANAGER


@dataclass(frozen=True, slots=True)
class Delete(Asking[Found | Missing | Refused]):
    """Delete with preconditions. propagation: None leaves it to the API server's default for the kind. dry_run: everything but doing it.

    Result: Missing (gone now, or before), Found (accepted, but held by finalizers or a grace period) or Refused (``Conflict``).
    """

    resource: Resource
    name: str
    namespace: str | None
    uid: str
    resource_version: str | None
    propagation: Literal["Background", "Foreground", "Orphan"] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Record(Asking[Recorded]):
    """A Kubernetes Event about ``regarding``; best effort, never a reason to fail. Result: Recorded.

    regarding: apiVersion, kind, namespace, name, uid and resourceVersion of the object, as an ObjectReference. once: not again while an
    Event of the same object, reason and message is kept.
    """

    regarding: Mapping[str, str]
    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    once: bool = False


Write: TypeAlias = Apply | Patch | Replace | Create | Delete
Effect: TypeAlias = Get | List | NeedGraph | FetchSchemas | FindKinds | Write | Record
Batch: TypeAlias = tuple[Effect, ...]


# Outcomes.


@dataclass(frozen=True, slots=True)
class Converged:
    """Nothing is left to do until somebody changes something. gone: the object does not exist (any more)."""

    gone: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Done for now, something is still missing. on: what is waited for, one phrase each, deterministic.

    retry_after: seconds after which to look again because no watched event will tell; None where one will. prompt: that look is not to be
    held up by those at other objects: it is the first, or much is known to change in a moment. backs_off: no object remembers since when
    it has been so, so whoever repeats the run lets the wait grow with the time.
    """

    on: tuple[str, ...]
    retry_after: float | None = None
    prompt: bool = False
    backs_off: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The user has to change something; the object's status says the same. retry_after, prompt, backs_off: as for Waiting.

    untold: the object's status could not be written. vanished: the namespace of the object, where it does not exist any more.
    """

    problems: tuple[Problem, ...]
    retry_after: float | None = None
    prompt: bool = False
    backs_off: bool = False
    untold: bool = False
    vanished: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Other writers were faster every time within this run: deliver again (answered retryable)."""

    message: str


Outcome: TypeAlias = Converged | Waiting | Failed | Conflict
Run: TypeAlias = Generator[Batch, Sequence[Result], Outcome]
"""One invocation. Drive it with ``next`` and ``send``; ``StopIteration.value`` is the outcome."""
