"""Identity written into labels and annotations: the ApplySet of an instance, its inventory, and what every child carries.

Values are kro's to the byte, so that an instance and its children can be handed from one to the other.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore import names
from graphcore.errors import Problem
from graphcore.graph.model import Resource
from graphcore.numbers import whole

LABEL_VALUE_LIMIT = 63
TOOLING_PREFIX = "kro/"

Object = Mapping[str, Any]


def meta(obj: Object) -> Mapping[str, Any]:
    """``metadata``, or nothing."""
    return obj.get("metadata") or {}


def labels_of(obj: Object) -> Mapping[str, str]:
    return meta(obj).get("labels") or {}


def annotations_of(obj: Object) -> Mapping[str, str]:
    return meta(obj).get("annotations") or {}


def active_revision(crd: Object) -> int | None:
    """The revision that a generated CRD serves; None where nobody has said so yet."""
    return whole(annotations_of(crd).get(names.ACTIVE_REVISION))


def namespace_of(obj: Object) -> str:
    """Namespace, "" for a cluster-scoped object."""
    return meta(obj).get("namespace") or ""


def reference(obj: Object) -> str:
    """``namespace/name`` or ``name``, as messages name an object."""
    return "/".join(part for part in (namespace_of(obj), meta(obj).get("name", "")) if part)


def identity(obj: Object) -> tuple[str, str, str, str]:
    """(group, kind, namespace, name): what makes two manifests the same object, whatever version they are written in."""
    return (str(obj.get("apiVersion", "")).rpartition("/")[0], obj.get("kind", ""), namespace_of(obj), meta(obj).get("name", ""))


def regarding(obj: Object) -> dict[str, str]:
    """An ObjectReference to ``obj``."""
    found = {"apiVersion": obj.get("apiVersion", ""), "kind": obj.get("kind", "")}
    found |= {key: meta(obj).get(key, "") for key in ("namespace", "name", "uid", "resourceVersion")}
    return {key: value for key, value in found.items() if value}


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def applyset_id(instance: Object) -> str:
    """ID of the ApplySet whose parent is ``instance`` (KEP-3659): from its name, namespace, kind and group."""
    group, kind, namespace, name = identity(instance)
    digest = hashlib.sha256(f"{name}.{namespace}.{kind}.{group}".encode()).digest()
    return f"applyset-{_b64url(digest)}-v1"


def tooling(version_label: str) -> str:
    return TOOLING_PREFIX + version_label


@dataclass(frozen=True, slots=True)
class Inventory:
    """Where members may be: the ApplySet's group-kinds and the namespaces besides the parent's own, as the annotations hold them."""

    group_kinds: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @classmethod
    def of(cls, places: Iterable[tuple[Resource, str]], parent_namespace: str) -> Inventory:
        """The inventory that covers (kind, namespace) pairs; "" is the namespace of a cluster-scoped kind."""
        pairs = tuple(places)
        elsewhere = frozenset(namespace for _, namespace in pairs if namespace and namespace != parent_namespace)
        return cls(frozenset(resource.group_kind for resource, _ in pairs), elsewhere)

    def union(self, other: Inventory) -> Inventory:
        return Inventory(self.group_kinds | other.group_kinds, self.namespaces | other.namespaces)

    def covers(self, other: Inventory) -> bool:
        return self.group_kinds >= other.group_kinds and self.namespaces >= other.namespaces

    def hash(self, set_id: str) -> str:
        joined = "\0".join((set_id, ",".join(sorted(self.group_kinds)), ",".join(sorted(self.namespaces))))
        return "sha256:" + _b64url(hashlib.sha256(joined.encode()).digest())

    def annotations(self, set_id: str, version_label: str) -> dict[str, str]:
        """The four ApplySet annotations of a parent."""
        return {
            names.APPLYSET_TOOLING: tooling(version_label),
            names.APPLYSET_GROUP_KINDS: ",".join(sorted(self.group_kinds)),
            names.APPLYSET_NAMESPACES: ",".join(sorted(self.namespaces)),
            names.INVENTORY_HASH: self.hash(set_id),
        }


def recorded_inventory(instance: Object) -> Inventory:
    """What the annotations hold; absent means empty. Entries are taken as they are: :func:`inventory_fault` judges them."""
    held = annotations_of(instance)
    return Inventory(_entries(held.get(names.APPLYSET_GROUP_KINDS, "")), _entries(held.get(names.APPLYSET_NAMESPACES, "")))


def _entries(raw: str) -> frozenset[str]:
    return frozenset(entry.strip() for entry in raw.split(",")) if raw else frozenset()


def has_inventory(instance: Object) -> bool:
    """Whether anything of an ApplySet parent is on the instance."""
    held = annotations_of(instance)
    keys = (names.APPLYSET_TOOLING, names.APPLYSET_GROUP_KINDS, names.APPLYSET_NAMESPACES, names.INVENTORY_HASH)
    return names.APPLYSET_ID in labels_of(instance) or any(key in held for key in keys)


def inventory_fault(instance: Object) -> str | None:
    """Why the recorded inventory cannot be trusted to find every member, in kro's words; None when it can."""
    expected, actual = applyset_id(instance), labels_of(instance).get(names.APPLYSET_ID, "")
    if actual != expected:
        return f'invalid {names.APPLYSET_ID} label: got "{actual}", want "{expected}"'
    held = annotations_of(instance)
    by = held.get(names.APPLYSET_TOOLING, "")
    if not by.startswith(TOOLING_PREFIX):
        return f'invalid {names.APPLYSET_TOOLING} annotation: "{by}" is not owned by kro'
    for key in (names.APPLYSET_GROUP_KINDS, names.APPLYSET_NAMESPACES):
        if key not in held:
            return f"missing required {key} annotation"
    inventory = recorded_inventory(instance)
    for entry in sorted(inventory.group_kinds):
        kind, _, group = entry.partition(".")
        if not kind or any(c.isspace() for c in entry) or (entry.endswith(".") and not group):
            return f'invalid {names.APPLYSET_GROUP_KINDS} annotation: invalid entry "{entry}"'
    for entry in sorted(inventory.namespaces):
        if not entry or not all(c.isascii() and (c.isalnum() or c == "-") for c in entry) or entry != entry.lower():
            return f'invalid {names.APPLYSET_NAMESPACES} annotation: invalid namespace "{entry}"'
    recorded = held.get(names.INVENTORY_HASH)
    if recorded is not None and recorded != inventory.hash(expected):
        return f'invalid {names.INVENTORY_HASH} annotation: got "{recorded}", want "{inventory.hash(expected)}"'
    return None


def name_problem(instance: Object) -> Problem | None:
    """A name that cannot be a label value: no child could carry it."""
    name = meta(instance).get("name", "")
    if len(name) <= LABEL_VALUE_LIMIT:
        return None
    return Problem(
        "name-too-long",
        f"metadata.name has {len(name)} characters; at most {LABEL_VALUE_LIMIT} are possible, because every child carries it as a label",
        "schema",
        "metadata.name",
        hint="give the instance a shorter name",
    )


def instance_labels(definition: str, definition_uid: str, version_label: str) -> dict[str, str]:
    """The four labels of a managed instance."""
    return {
        names.OWNED: "true",
        names.KRO_VERSION: version_label,
        names.RGD_ID: definition_uid,
        names.RGD_NAME: definition,
    }


@dataclass(frozen=True, slots=True)
class Position:
    """Place of an item in its collection."""

    index: int
    size: int


def decorate(desired: Object, instance: Object, node_id: str, wave: int, version_label: str, position: Position | None) -> dict[str, Any]:
    """``desired`` with everything a child carries; ours win over the template's."""
    group, kind, namespace, name = identity(instance)
    ours = {
        names.INSTANCE_ID: meta(instance).get("uid", ""),
        names.INSTANCE_NAME: name,
        names.INSTANCE_GROUP: group,
        names.INSTANCE_VERSION: str(instance.get("apiVersion", "")).rpartition("/")[2],
        names.INSTANCE_KIND: kind,
        names.MANAGED_BY: names.MANAGED_BY_KRO,
        names.OWNED: "true",
        names.KRO_VERSION: version_label,
        names.NODE_ID: node_id,
        names.APPLYSET_PART_OF: applyset_id(instance),
    }
    if namespace:
        ours[names.INSTANCE_NAMESPACE] = namespace
    if position:
        ours |= {names.COLLECTION_INDEX: str(position.index), names.COLLECTION_SIZE: str(position.size)}
    metadata = dict(meta(desired))
    metadata["labels"] = {**(metadata.get("labels") or {}), **ours}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), names.APPLY_ORDER: str(wave)}
    return {**desired, "metadata": metadata}
