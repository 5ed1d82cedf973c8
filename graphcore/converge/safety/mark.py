"""Rule 4 and 5: the one annotation in which invocations of the same instance meet.

Before its first create or prune an invocation writes the instance under the resourceVersion that it read, raising a counter; the same
request makes the recorded inventory cover what it is about to create. So of two invocations that started from the same state only one
gets to act, and nothing is ever created that the inventory does not cover. The annotation also names the revision that this instance has
reached (nobody acts below it) and the UIDs that somebody is about to prune.

``krofn.kro.run/convergence`` = ``{"revision", "fence", "pruning", "places", "inside"}``. ``places`` are the exact (kind, namespace) pairs
that hold members, with what a request path needs: ApplySet annotations alone would have to be multiplied out and looked up in discovery.
``inside``, only of an instance that is a child, is its parent: whatever others do to its labels, it is never made a parent of what it is
inside of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphcore import names
from graphcore.converge import addresses
from graphcore.converge.metadata import annotations_of
from graphcore.converge.parents import Parent
from graphcore.graph.model import Resource
from graphcore.numbers import whole

Object = Mapping[str, Any]


class Place(NamedTuple):
    """Where members may be. namespace: "" for a cluster-scoped kind."""

    resource: Resource
    namespace: str

    @property
    def key(self) -> tuple[str, str]:
        """Two versions of a kind are the same place."""
        return (self.resource.group_kind, self.namespace)


@dataclass(frozen=True, slots=True)
class Mark:
    """Value of the annotation.

    revision: None where no run has recorded one. pruning: UIDs; empty when nobody prunes. inside: the instance that this one is a child of.
    """

    revision: int | None = None
    fence: int = 0
    pruning: frozenset[str] = frozenset()
    places: tuple[Place, ...] = ()
    inside: Parent | None = None

    def to_text(self) -> str:
        """Canonical JSON."""
        spread: dict[Resource, list[str]] = {}
        for place in self.places:
            spread.setdefault(place.resource, []).append(place.namespace)
        kinds = sorted(spread, key=lambda kind: (kind.group_kind, kind.api_version))
        value: dict[str, Any] = {
            "revision": self.revision,
            "fence": self.fence,
            "pruning": sorted(self.pruning),
            "places": [[kind.api_version, kind.kind, kind.plural, sorted(spread[kind]) if kind.namespaced else None] for kind in kinds],
        }
        if self.inside is not None:
            value["inside"] = self.inside.to_json()
        return json.dumps(value, separators=(",", ":"))


def read_mark(instance: Object) -> Mark:
    """The instance's mark; one that cannot be read counts as none, and everything is found again from the ApplySet annotations."""
    try:
        value = json.loads(annotations_of(instance).get(names.CONVERGENCE, "{}"))
        places = []
        for version, kind, plural, namespaces in value.get("places", ()):
            resource = addresses.resource_of(version, kind, plural, namespaced=namespaces is not None)
            places += [
                Place(resource, addresses.namespace_of(namespace)) for namespace in (namespaces if namespaces is not None else ("",))
            ]
        revision, fence = value.get("revision"), whole(value.get("fence", 0))
        if fence is None or (revision is not None and whole(revision) is None):
            return Mark()
        return Mark(
            whole(revision),
            fence,
            frozenset(str(uid) for uid in value.get("pruning", ())),
            tuple(places),
            Parent.of_json(value["inside"]) if value.get("inside") else None,
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Mark()


def unique(places: Iterable[Place]) -> tuple[Place, ...]:
    """Each place once, the first mention's version winning, in a stable order."""
    seen: dict[tuple[str, str], Place] = {}
    for place in places:
        seen.setdefault(place.key, place)
    return tuple(seen[key] for key in sorted(seen))
