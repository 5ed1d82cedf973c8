"""Which instance an object is a child of: what its labels say, in a form that can also be recorded.

Labels can be taken away by anybody who writes the object, so an instance that is a child records its parent besides, in the annotation of
its fence. Both count: where somebody has changed the labels, the record still says what the instance is inside of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphcore import names
from graphcore.converge import addresses
from graphcore.converge.metadata import applyset_id, labels_of
from graphcore.graph.model import Resource
from graphcore.names.plural import pluralize

Object = Mapping[str, Any]


class Parent(NamedTuple):
    """An instance. namespace: None for a cluster-scoped one."""

    resource: Resource
    name: str
    namespace: str | None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.resource.group, self.resource.kind, self.namespace or "", self.name)

    def to_json(self) -> list[str | None]:
        return [self.resource.api_version, self.resource.kind, self.namespace, self.name]

    @classmethod
    def of_json(cls, value: Any) -> Parent:
        """What :meth:`to_json` made. Raises ValueError, TypeError."""
        version, kind, namespace, name = value
        parent = cls.of(str(version), str(kind), None if namespace is None else str(namespace), str(name))
        kind_of = parent.resource
        addresses.resource_of(kind_of.api_version, kind_of.kind, kind_of.plural, namespaced=kind_of.namespaced)
        addresses.namespace_of(parent.namespace)
        addresses.name_of(parent.name)
        return parent

    @classmethod
    def of(cls, api_version: str, kind: str, namespace: str | None, name: str) -> Parent:
        return cls(Resource(api_version, kind, pluralize(kind.lower()), namespace is not None), name, namespace)


def labelled_parent(obj: Object) -> Parent | None:
    """The instance that an object's labels say it is a child of; None where they name nobody, or contradict each other."""
    labels = labels_of(obj)
    group, version, kind, name = (
        labels.get(key, "") for key in (names.INSTANCE_GROUP, names.INSTANCE_VERSION, names.INSTANCE_KIND, names.INSTANCE_NAME)
    )
    if not (group and version and kind and name):
        return None
    namespace = labels.get(names.INSTANCE_NAMESPACE) or None
    named = {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    if labels.get(names.APPLYSET_PART_OF) != applyset_id(named):
        return None
    return Parent.of(f"{group}/{version}", kind, namespace, name)
