"""The view of a schema that ownership needs: which maps and lists are leaves, and how list items are told apart.

Built once per kind from a resolved OpenAPI schema (built-in or the structural schema of a CRD) and then read by every apply.
Where a schema is silent the rules are the API server's: a list without list type is one leaf, a map is granular, and what no
schema describes is granular in maps and a leaf in lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_emulator.objects.apply.fieldsets import key_element, value_element
from local_emulator.objects.builtin.schemas import schema_for

SCALAR = "scalar"
MAP = "map"
LIST = "list"
DEDUCED = "deduced"


@dataclass(slots=True, eq=False)
class TypedSchema:
    """One node. ``shape`` is one of SCALAR, MAP, LIST, DEDUCED (decided by the value). ``atomic`` maps and lists are leaves.

    ``fields`` are declared properties, ``element`` describes all other keys of a map or the items of a list (None: nothing is
    allowed there). ``keys`` (sorted) tell the items of a list apart, with ``key_defaults`` for those left out; a granular list without
    keys is a set of scalars. ``scalar`` is the declared type of a scalar: string, numeric, boolean, or empty where anything goes.
    """

    shape: str
    atomic: bool = False
    fields: dict[str, TypedSchema] = field(default_factory=dict)
    element: TypedSchema | None = None
    keys: tuple[str, ...] = ()
    key_defaults: dict[str, Any] = field(default_factory=dict)
    scalar: str = ""

    @classmethod
    def from_builtin(cls, group: str, version: str, kind: str) -> TypedSchema:
        """The view of a built-in kind. Raises KeyError for an unknown one."""
        return _Builder(zeros=True).node(schema_for(group, version, kind))

    @classmethod
    def from_crd(cls, schema: Mapping[str, Any]) -> TypedSchema:
        """The view of a CRD version's ``openAPIV3Schema``; metadata is an ObjectMeta whatever the schema says."""
        built = _Builder().node(schema)
        metadata = _Builder(zeros=True).node(schema_for("", "v1", "ConfigMap")["properties"]["metadata"])
        fields = {**built.fields, "apiVersion": SCALAR_NODE, "kind": SCALAR_NODE, "metadata": metadata}
        return cls(MAP, fields=fields, element=built.element if built.shape == MAP else DEDUCED_NODE)

    def item_element(self, item: Any) -> str:
        """The path element of an item of this granular list."""
        if not self.keys:
            return value_element(item)
        if not isinstance(item, dict):
            return value_element(item)
        names, values = self.keys, [item.get(key, self.key_defaults.get(key)) for key in self.keys]
        if None in values:
            names = tuple(name for name, value in zip(names, values, strict=True) if value is not None)
            values = [value for value in values if value is not None]
        return key_element(names, *values)

    def child(self, name: str) -> TypedSchema:
        """The view of what a map holds under a key."""
        return self.fields.get(name) or self.element or DEDUCED_NODE


SCALAR_NODE = TypedSchema(SCALAR)
_STRING = TypedSchema(SCALAR, scalar="string")
_NUMERIC = TypedSchema(SCALAR, scalar="numeric")
_SCALAR_NODES = {"string": _STRING, "integer": _NUMERIC, "number": _NUMERIC, "boolean": TypedSchema(SCALAR, scalar="boolean")}
DEDUCED_NODE = TypedSchema(DEDUCED)
_DEDUCED_MAP = TypedSchema(MAP, element=DEDUCED_NODE)
_DEDUCED_LIST = TypedSchema(LIST, atomic=True)


def resolve(node: TypedSchema, value: Any) -> TypedSchema:
    """The node that applies to a value: a deduced one takes the value's own shape, and so does a value that the schema does not fit."""
    if isinstance(value, dict):
        return node if node.shape == MAP else _DEDUCED_MAP
    if isinstance(value, list):
        return node if node.shape == LIST else _DEDUCED_LIST
    return node if value is None else SCALAR_NODE


class _Builder:
    """Builds nodes once per shared sub-schema. ``zeros``: required keys default to their zero, as fields of Go structs do."""

    def __init__(self, *, zeros: bool = False) -> None:
        self.zeros = zeros
        self.built: dict[int, TypedSchema] = {}

    def node(self, schema: Mapping[str, Any]) -> TypedSchema:
        known = self.built.get(id(schema))
        if known is None:
            known = self.built[id(schema)] = self._build(schema)
        return known

    def _build(self, schema: Mapping[str, Any]) -> TypedSchema:
        if schema.get("x-kubernetes-int-or-string") or ("oneOf" in schema and "type" not in schema):
            return SCALAR_NODE
        kind = schema.get("type")
        if kind == "array":
            return self._list(schema)
        if kind == "object" or "properties" in schema:
            return self._map(schema)
        return _SCALAR_NODES.get(kind, SCALAR_NODE) if kind else DEDUCED_NODE

    def _map(self, schema: Mapping[str, Any]) -> TypedSchema:
        properties = schema.get("properties") or {}
        extra = schema.get("additionalProperties")
        element: TypedSchema | None = None
        if isinstance(extra, Mapping):
            element = self.node(extra)
        elif extra is True or schema.get("x-kubernetes-preserve-unknown-fields") or not properties:
            element = DEDUCED_NODE
        return TypedSchema(
            MAP,
            atomic=schema.get("x-kubernetes-map-type") == "atomic",
            fields={name: self.node(value) for name, value in properties.items()},
            element=element,
        )

    def _list(self, schema: Mapping[str, Any]) -> TypedSchema:
        items = schema.get("items") or {}
        kind = schema.get("x-kubernetes-list-type") or "atomic"
        keys = tuple(sorted(schema.get("x-kubernetes-list-map-keys") or ())) if kind == "map" else ()
        properties = items.get("properties") or {}
        defaults = {key: properties[key]["default"] for key in keys if "default" in properties.get(key, {})}
        if self.zeros:
            required = [key for key in keys if key in (items.get("required") or ()) and key not in defaults]
            defaults.update({key: "" if properties[key].get("type") == "string" else 0 for key in required})
        return TypedSchema(LIST, atomic=kind == "atomic", element=self.node(items), keys=keys, key_defaults=defaults)
