"""What a generated CRD serves, and which kinds have to be followed because of it, and because of what instances have recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from functions.bridge.watcher import Watched
from functions.platform.graphs import Kinds
from functions.platform.merging import UNSETTLED
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS
from graphcore.converge.metadata import active_revision as revision_of
from graphcore.graph.model import Resource
from graphcore.names import NO_REVISION, OWNED

SELECT_OWNED = f"{OWNED}=true"
MOST_PER_INSTANCE = 256
"""Kinds of one instance's places that are followed although no served revision has them. Whoever may edit an instance may name any."""
MOST_LEFT_OVER = 1_000
"""Such kinds of all instances together."""


@dataclass(frozen=True, slots=True)
class Served:
    """What one generated CRD serves; at :data:`graphcore.names.NO_REVISION` nothing, and its instances have to ask it.

    asof: resourceVersion of the CRD in which that was first seen.
    """

    definition: str
    definition_uid: str
    revision: int
    kinds: Kinds
    asof: str = field(default="", compare=False)

    @property
    def naming(self) -> dict[str, Any]:
        """What events for instances say of it: their ``definition``, ``revision`` and ``asof``."""
        if self.revision == NO_REVISION:
            return {"definition": UNSETTLED, "revision": None, "asof": self.asof}
        return {"definition": self.definition_uid, "revision": self.revision, "asof": self.asof}


def watched(served: Collection[Served], places: Iterable[frozenset[Resource]]) -> list[Watched]:
    """What is always followed, the kinds of the served revisions, and those of what is left of other revisions.

    places: kinds that an instance has recorded, per instance. Where a kind has several parts to play (definitions and CRDs can be members,
    too), the widest selection wins.
    """
    selectors = {resource: SELECT_OWNED for item in served for resource in item.kinds.members}
    selectors |= dict.fromkeys(_left_over(places, selectors.keys()), SELECT_OWNED)
    for item in served:
        for resource in (item.kinds.instance, *item.kinds.references):
            selectors[resource] = ""
    selectors |= dict.fromkeys((DEFINITIONS, REVISIONS, CRDS), "")
    return [
        Watched(resource, selector)
        for resource, selector in sorted(selectors.items(), key=lambda pair: (pair[0].api_version, pair[0].plural))
    ]


def _left_over(places: Iterable[frozenset[Resource]], covered: Collection[Resource]) -> list[Resource]:
    """Kinds that only instances name: the first of each before the second of any, so that one with many takes nobody's place."""
    rows = [sorted(kinds.difference(covered), key=lambda kind: (kind.api_version, kind.plural)) for kinds in places]
    rows = [row for row in rows if row]
    found: dict[Resource, None] = {}
    for rank in range(min(MOST_PER_INSTANCE, max(map(len, rows), default=0))):
        for row in rows:
            if rank < len(row):
                found[row[rank]] = None
                if len(found) == MOST_LEFT_OVER:
                    return list(found)
    return list(found)


def active_revision(metadata: dict[str, Any] | None) -> int | None:
    """The revision that a generated CRD serves, by its metadata."""
    return revision_of({"metadata": metadata or {}})
