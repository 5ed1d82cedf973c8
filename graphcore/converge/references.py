"""What an instance waits for without owning it, recorded on the instance so that the object's change finds the instance.

Each reference is recorded *before* it is read (rule 10): whatever changes later finds the record. The annotation
``krofn.kro.run/references`` says exactly what is referred to; a label per referenced kind lets a list of instances be narrowed to those
that may care.

A reference that is *awaited* is no part of the definition: it names the one object whose change or end an instance waits for although its
kind is not followed as a whole, or the object has left what is followed of it: a child that has lost its label, an object of somebody else
in the place of one that is wanted. The bridge follows such objects by name. It is recorded when the wait begins, not at each try.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphcore import names
from graphcore.converge import addresses, selectors
from graphcore.converge.metadata import LABEL_VALUE_LIMIT, annotations_of, labels_of, meta, namespace_of
from graphcore.graph.model import Resource

Object = Mapping[str, Any]
Identity: TypeAlias = tuple[str, str, str, str]
MOST_OBSTACLES = 10
"""Objects of others that one instance records; for the rest the repeats have to do."""


@dataclass(frozen=True, slots=True)
class Reference:
    """namespace: "" means all of them (selector) or a cluster-scoped kind. name: "" for a selector. selector: label selector text.

    awaited: this one object is waited for, whatever the definition says.
    """

    resource: Resource
    namespace: str
    name: str
    selector: str = ""
    awaited: bool = False

    def matches(self, resource: Resource, obj: Object, former_labels: Mapping[str, str] | None = None) -> bool:
        """Whether a change of ``obj`` concerns this reference; by metadata alone. former_labels: before the change, if known."""
        if (resource.group, resource.kind) != (self.resource.group, self.resource.kind):
            return False
        if self.namespace and namespace_of(obj) != self.namespace:
            return False
        if self.name:
            return bool(meta(obj).get("name") == self.name)
        return any(selectors.matches(self.selector, held) for held in (labels_of(obj), former_labels or {}))

    @property
    def identity(self) -> Identity:
        """As :func:`graphcore.converge.metadata.identity` of the object of that name."""
        return (self.resource.group, self.resource.kind, self.namespace, self.name)

    def to_json(self) -> list[Any]:
        kind = self.resource
        entry = [kind.api_version, kind.kind, kind.plural, kind.namespaced, self.namespace, self.name, self.selector]
        return [*entry, True] if self.awaited else entry


def index_label(resource: Resource) -> str:
    """The label that every instance referring to ``resource`` carries (value ``true``)."""
    name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    if len(name) > LABEL_VALUE_LIMIT:
        name = f"{resource.plural[:40].rstrip('.-')}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return names.REFERS_PREFIX + name


def record(references: Iterable[Reference]) -> tuple[dict[str, str], dict[str, str]]:
    """(labels, annotations) that record ``references``; both empty for none."""
    ordered = sorted(set(references), key=lambda item: json.dumps(item.to_json()))
    if not ordered:
        return {}, {}
    text = json.dumps([item.to_json() for item in ordered], separators=(",", ":"))
    return {index_label(item.resource): "true" for item in ordered}, {names.REFERENCES: text}


def recorded(instance: Object) -> tuple[Reference, ...]:
    """The references recorded on an instance; an annotation that cannot be read counts as none."""
    try:
        entries = json.loads(annotations_of(instance).get(names.REFERENCES, "[]"))
        return tuple(
            Reference(
                addresses.resource_of(version, kind, plural, namespaced=bool(namespaced)),
                addresses.namespace_of(namespace),
                addresses.name_of(name) if name else "",
                addresses.plain(selector),
                awaited == [True],
            )
            for version, kind, plural, namespaced, namespace, name, selector, *awaited in entries
        )
    except (ValueError, TypeError, RecursionError):
        return ()


def renewed(known: Iterable[Reference], awaited: Iterable[Reference], members: Collection[Identity]) -> set[Reference]:
    """``known`` with what is ``awaited`` now, without obstacles of before. members: children, which are awaited as long as they last."""
    return {*(item for item in known if not item.awaited or item.identity in members), *awaited}


def unheard(objects: Iterable[tuple[Object, Resource]]) -> tuple[Reference, ...]:
    """Awaited references to those children, each with how it is addressed, that have lost the label by which children are followed."""
    return tuple(
        Reference(resource, namespace_of(obj), str(meta(obj).get("name", "")), awaited=True)
        for obj, resource in objects
        if labels_of(obj).get(names.OWNED) != "true"
    )
