"""What a generator is told: one result for each effect of a batch (:mod:`graphcore.converge.effects`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from graphcore.graph.model import Resource

if TYPE_CHECKING:
    from graphcore.graph.graph import Graph
    from graphcore.openapi import Schemas

Object: TypeAlias = Mapping[str, Any]
"""A Kubernetes object as decoded JSON. Nobody changes one that came out of, or went into, an effect."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object, as stored after the effect."""

    object: Object


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such object, kind or revision."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Objects in the API server's order, each with ``apiVersion`` and ``kind`` filled in."""

    items: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """A compiled graph with the revision it was asked for. definition_uid: UID of the definition that controls the revision."""

    graph: Graph
    revision: int
    definition_uid: str


@dataclass(frozen=True, slots=True)
class Documents:
    """schemas: the documents that were found, ready to be asked for kinds."""

    schemas: Schemas


@dataclass(frozen=True, slots=True)
class Kinds:
    """``Kind.group`` → resource at the server's preferred version; kinds that no longer exist are left out."""

    resources: Mapping[str, Resource]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An Event was written, or not."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The API server said no. code: HTTP status. reason, message, details: from its Status object.

    What says that the server is busy (429, 502, 503, 504) is retried by the driver first, within the run's deadline.
    """

    code: int
    reason: str
    message: str
    details: Mapping[str, Any] | None = None

    @property
    def conflict(self) -> bool:
        """A precondition failed: another writer was first, the name is taken, or the object of that UID is gone."""
        return self.code == 409 or (self.code == 422 and self.message.find("metadata.uid") >= 0)

    @property
    def unserved(self) -> bool:
        """The kind itself is not served: such a 404 names nothing, while that of an object or of a namespace says which."""
        return self.code == 404 and not (self.details or {}).get("kind")

    @property
    def namespace_gone(self) -> str:
        """Name of a namespace that does not exist although the write was for an object in it; "" where the refusal says nothing of it.

        Every create and update in such a namespace is refused so, whatever it is, finalizers, status and Events included; reads and
        deletes pass (measured on a kube-apiserver 1.36).
        """
        details = self.details or {}
        said = self.code == 404 and details.get("kind") == "namespaces" and not details.get("group")
        return str(details.get("name") or "") if said else ""

    @property
    def cause(self) -> str:
        """Why, for people."""
        if self.unserved:
            return "the API server does not serve this kind; its CustomResourceDefinition is missing or not established yet"
        return self.message


Result: TypeAlias = Found | Missing | Listed | Served | Documents | Kinds | Recorded | Refused
