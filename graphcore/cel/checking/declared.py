"""OpenAPI schemas as CEL types.

An object with properties becomes a named type, ``__type_<variable>.<path>`` (``.@idx`` for elements of a list, ``.@elem`` for values of a
map); its fields are worked out when somebody asks for them, since an expression reads a few of the thousands that a Deployment
has. A property without a type is dyn if it keeps unknown fields or names alternatives: it exists, and may hold any of them. Of any other
property without a type CEL knows nothing, nor of the list or the property that holds it.

Source: kro ``pkg/cel/schemas.go`` and ``types.go``; Kubernetes ``apiserver/pkg/cel/common/schemas.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphcore.cel.names import RESERVED, escape
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of, object_type

Schema = Mapping[str, Any]

PREFIX: Final = "__type_"
PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_SCALARS: Final = {"boolean": BOOL, "integer": INT, "number": DOUBLE, "string": STRING}
_FORMATS: Final = {"byte": BYTES, "duration": DURATION, "date": TIMESTAMP, "date-time": TIMESTAMP}
_STRING_SCHEMA: Final[Schema] = {"type": "string"}
_EMBEDDED_METADATA: Final[Schema] = {"type": "object", "properties": {"name": _STRING_SCHEMA, "generateName": _STRING_SCHEMA}}


class Declarations:
    """The object types of a set of variables; a ``TypeProvider``. Types are added with :meth:`declare`."""

    def __init__(self) -> None:
        self._schemas: dict[str, Schema] = {}  # by type name, of the objects met so far
        self._names: dict[str, dict[str, str]] = {}  # by type name: the property for each identifier
        self._types: dict[tuple[str, str], Type | None] = {}

    def declare(self, variable: str, schema: Schema) -> Type:
        """The type of a variable whose values follow ``schema``; DYN when the schema says nothing about them."""
        return self._type(PREFIX + variable, schema) or DYN

    def schema(self, type_name: str) -> Schema | None:
        """The schema behind an object type, or None when it is not declared here."""
        return self._schemas.get(type_name)

    def fields(self, type_name: str) -> dict[str, Type] | None:
        """Declared fields in schema order, or None when the type is not known."""
        if self.schema(type_name) is None:
            return None
        found = ((name, self.field(type_name, name)) for name in self._identifiers(type_name))
        return {name: kind for name, kind in found if kind is not None}

    def field(self, type_name: str, field: str) -> Type | None:
        """Type of one field; DYN for an undeclared field of an object that preserves unknown fields; None when undefined."""
        key = (type_name, field)
        if key not in self._types:
            self._types[key] = self._field(type_name, field)
        return self._types[key]

    def type_at(self, type_name: str, schema: Schema) -> Type:
        """The type of values that follow a part of a declared schema; type_name: ``__type_<variable>.<path>`` of that part."""
        return self._type(type_name, schema) or DYN

    def properties(self, type_name: str) -> Mapping[str, str]:
        """CEL identifier → real property name, for a declared object type."""
        return self._identifiers(type_name)

    def preserves_unknown(self, type_name: str) -> bool:
        """Whether values of the type may have fields that are not declared."""
        schema = self.schema(type_name)
        return schema is not None and schema.get(PRESERVE) is True

    def _field(self, type_name: str, field: str) -> Type | None:
        schema = self.schema(type_name)
        if schema is None:
            return None
        identifiers = self._identifiers(type_name)
        identifier = f"__{field}__" if field not in identifiers and field in RESERVED else field
        declared = None
        if identifier in identifiers:
            declared = self._type(f"{type_name}.{identifier}", schema["properties"][identifiers[identifier]])
        if declared is None and schema.get(PRESERVE) is True:
            return DYN
        return declared

    def _identifiers(self, type_name: str) -> dict[str, str]:
        names = self._names.get(type_name)
        if names is None:
            properties = self._schemas[type_name].get("properties") or {}
            names = {identifier: name for name in properties if (identifier := escape(name)) is not None}
            self._names[type_name] = names
        return names

    def _type(self, path: str, schema: Schema) -> Type | None:
        """The type of values that follow ``schema``; None when CEL cannot know them. Registers the objects it meets."""
        if schema.get("x-kubernetes-int-or-string"):
            return DYN
        kind = schema.get("type")
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), STRING)
        if kind == "array":
            items = schema.get("items")
            element = self._type(f"{path}.@idx", items) if isinstance(items, Mapping) else None
            return None if element is None else list_of(element)
        if kind == "object":
            return self._object(path, schema)
        if not kind and (schema.get(PRESERVE) is True or schema.get("oneOf") or schema.get("anyOf")):
            return DYN
        return _SCALARS.get(kind or "")

    def _object(self, path: str, schema: Schema) -> Type:
        if schema.get("x-kubernetes-embedded-resource"):
            schema = _embedded(schema)
        additional = schema.get("additionalProperties")
        if additional is True:
            schema = {**schema, PRESERVE: True}  # for Kubernetes' CEL no map, but an object, here with fields of any name
        elif isinstance(additional, Mapping):
            return map_of(STRING, self._type(f"{path}.@elem", additional) or DYN)
        self._schemas[path] = schema
        return object_type(path)


def _embedded(schema: Schema) -> Schema:
    """An embedded resource has apiVersion, kind and metadata with a name, whether its schema says so or not."""
    properties = schema.get("properties") or {}
    metadata = properties.get("metadata") or {}
    named = metadata.get("type") == "object" and {"name", "generateName"} <= (metadata.get("properties") or {}).keys()
    if named and {"apiVersion", "kind"} <= properties.keys():
        return schema
    added = {"apiVersion": _STRING_SCHEMA, "kind": _STRING_SCHEMA, "metadata": _EMBEDDED_METADATA}
    return {**schema, "properties": {**properties, **added}}


def declare(variable: str, schema: Schema) -> tuple[Type, Declarations]:
    """Type of one variable and the provider that knows its fields."""
    declarations = Declarations()
    return declarations.declare(variable, schema), declarations
