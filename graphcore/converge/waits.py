"""What a definition waits for, recorded on it so that a kind or a name that appears wakes those that wait for it and nobody else.

A definition that does not compile waits for the custom kinds that it names: that a missing one is served, or that another schema makes the
rest right. One whose CRD is somebody else's waits for that name. The annotation ``krofn.kro.run/waits-for`` says so, and is there only
while the definition waits. Kinds of the API server itself are not recorded: they change with the server alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphcore import names
from graphcore.converge.conditions import seconds_since
from graphcore.converge.metadata import annotations_of, meta
from graphcore.errors import Problem
from graphcore.names.plural import pluralize

Object = Mapping[str, Any]
MISSING = frozenset({"unknown-kind", "unknown-group-version"})
"""Codes of the problems that the appearance of a kind, or of a version of it, cures."""
LONGEST = 16 * 1024
"""Bytes of the annotation; beyond, nothing is recorded and the repeats stand in."""
FRESH = 60.0
"""Seconds after the last sign of a CRD's change in which its kind may be served but not yet be described in ``/openapi/v3``; one second
is usual."""
SOON = 1.0


@dataclass(frozen=True, slots=True)
class Waits:
    """kinds: (group, kind). crds: names of CustomResourceDefinitions that have to become free."""

    kinds: frozenset[tuple[str, str]] = frozenset()
    crds: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.crds)

    def to_text(self) -> str:
        """Canonical JSON; empty where there is nothing to say, or too much."""
        value = {"kinds": sorted(map(list, self.kinds)), "crds": sorted(self.crds)}
        text = json.dumps({key: items for key, items in value.items() if items}, separators=(",", ":"))
        return text if self and len(text) <= LONGEST else ""


def recorded(definition: Object) -> Waits:
    """What is recorded on a definition; what cannot be read counts as nothing."""
    text = annotations_of(definition).get(names.WAITS_FOR)
    if not text:
        return Waits()
    try:
        value = json.loads(text)
        kinds = frozenset((str(group), str(kind)) for group, kind in value.get("kinds", ()))
        return Waits(kinds, frozenset(map(str, value.get("crds", ()))))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Waits()


def custom_kinds(spec: Mapping[str, Any]) -> Waits:
    """The custom kinds that the resources of a definition name: a CRD's group has a dot, the groups of the API server mostly have none."""
    return Waits(frozenset((version.rpartition("/")[0], kind) for _, version, kind in _bodies(spec) if "." in version.rpartition("/")[0]))


def missing_kinds(spec: Mapping[str, Any], problems: Iterable[Problem]) -> tuple[tuple[str, str], ...]:
    """(apiVersion, kind) of the custom kinds that the compile did not find, in order."""
    nodes = {problem.node for problem in problems if problem.code in MISSING}
    found = {(version, kind) for node, version, kind in _bodies(spec) if node in nodes and "." in version.rpartition("/")[0]}
    return tuple(sorted(found))


def crd_name(api_version: str, kind: str) -> str:
    """Name of the CRD of a kind by kro's rules for plurals: right for every generated one, and for nearly all others."""
    return f"{pluralize(kind.lower())}.{api_version.rpartition('/')[0]}"


def soon_described(crd: Object, api_version: str, kind: str, now: datetime) -> bool:
    """Whether the API server serves this kind already, since so short a time that its description is still to come."""
    spec, status = crd.get("spec") or {}, crd.get("status") or {}
    if (spec.get("names") or {}).get("kind") != kind:
        return False
    version = api_version.rpartition("/")[2]
    if not any(item.get("name") == version and item.get("served") for item in spec.get("versions") or ()):
        return False
    established = [item for item in status.get("conditions") or () if item.get("type") == "Established" and item.get("status") == "True"]
    stamps = [item.get("lastTransitionTime") for item in established]
    stamps += [entry.get("time") for entry in meta(crd).get("managedFields") or ()]
    return bool(established) and min(seconds_since(stamp, now) for stamp in stamps if stamp) < FRESH


def _bodies(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(node, apiVersion, kind) of each resource that names its kind literally."""
    for resource in spec.get("resources") or ():
        if not isinstance(resource, Mapping):
            continue
        body = resource.get("template") if resource.get("template") is not None else resource.get("externalRef")
        if not isinstance(body, Mapping):
            continue
        version, kind = body.get("apiVersion"), body.get("kind")
        if isinstance(version, str) and isinstance(kind, str) and "${" not in version + kind:
            yield str(resource.get("id") or ""), version, kind
