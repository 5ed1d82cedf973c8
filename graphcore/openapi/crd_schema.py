"""A CRD's schema as a document: what may be written where, list and map types, and the shape of validation rules.

Source: apiextensions-apiserver 0.36 ``apis/apiextensions/validation/validation.go``. Rules themselves are compiled by ``crd_rules``, and
only where nothing else is wrong at their place or below, because their types come from the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import forbidden, in_order, invalid, key, not_supported, required
from graphcore.openapi.pruning import META

Schema = Mapping[str, Any]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_LIST_TYPES = ("atomic", "set", "map")
_NEWLINES = re.compile(r"[\n\r]")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")


@dataclass(frozen=True, slots=True)
class Position:
    """What the surroundings of a schema say about it.

    forbidden_defaults: why defaults are not allowed. inside_meta: within apiVersion, kind or metadata. uncorrelatable: path of the
    outermost list around it whose old and new items cannot be matched, where rules cannot use ``oldSelf``.
    cardinality: how often the value can occur in one object, None if unbounded. rules: whether rules are to be compiled here.
    """

    forbidden_defaults: str | None = None
    inside_meta: bool = False
    uncorrelatable: str | None = None
    cardinality: int | None = 1
    rules: bool = True


class RuleChecker(Protocol):
    """Compiles the rules of one schema and says what is wrong with them."""

    def check(self, schema: Schema, path: str, position: Position, *, root: bool) -> list[Problem]: ...


def schema_faults(schema: Schema, path: str, rules: RuleChecker | None) -> list[Problem]:
    """Faults of a root schema: those of the document first, then those of rules. rules: None where rules cannot be looked at."""
    found, rule_faults = _check(schema, path, Position(rules=rules is not None), rules, root=True)
    return found + rule_faults


def _check(
    schema: Schema, path: str, position: Position, rules: RuleChecker | None, *, root: bool = False
) -> tuple[list[Problem], list[Problem]]:
    found = _own_faults(schema, path, position)
    rule_faults: list[Problem] = []
    for part, place, inner in _parts(schema, path, position, root):
        below, rules_below = _check(part, place, inner, rules)
        found += below
        rule_faults += rules_below
    found += _extension_faults(schema, path) + _list_faults(schema, path)
    validations = schema.get("x-kubernetes-validations") or ()
    found += [fault for index, rule in enumerate(validations) for fault in _rule_shape(rule, f"{path}.x-kubernetes-validations[{index}]")]
    if validations and not found and rules is not None and position.rules:
        rule_faults += rules.check(schema, path, position, root=root)
    return found, rule_faults


def _own_faults(schema: Schema, path: str, position: Position) -> list[Problem]:
    found = []
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        found.append(not_supported(f"{path}.type", kind, _TYPES))
    if schema.get("default") is not None and position.forbidden_defaults is not None:
        found.append(forbidden(f"{path}.default", f"must not be set {position.forbidden_defaults}"))
    found += [forbidden(f"{path}.{member}", f"{member} is not supported") for member in _UNSUPPORTED if schema.get(member)]
    if kind == "null":
        found.append(forbidden(f"{path}.type", "type cannot be set to null, use nullable as an alternative"))
    if isinstance(schema.get("items"), list):
        found.append(forbidden(f"{path}.items", "items must be a schema object and not an array"))
    if position.inside_meta and schema.get("x-kubernetes-embedded-resource"):
        found.append(forbidden(f"{path}.x-kubernetes-embedded-resource", "must not be used inside of resource meta"))
    if schema.get("uniqueItems"):
        words = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        found.append(forbidden(f"{path}.uniqueItems", words))
    additional = schema.get("additionalProperties")
    if schema.get("properties") and additional is not None and additional is not True:
        found.append(forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive"))
    return found


def _parts(schema: Schema, path: str, position: Position, root: bool) -> list[tuple[Schema, str, Position]]:
    """Schemas inside this one, with their places."""
    parts: list[tuple[Schema, str, Position]] = []
    inner = replace(position, cardinality=_times(position.cardinality, _most_entries(schema)))
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        reason = "inside additionalProperties applying to object metadata" if position.inside_meta else position.forbidden_defaults
        parts.append((additional, f"{path}.additionalProperties", replace(inner, forbidden_defaults=reason)))
    for name, member in in_order(schema.get("properties")):
        below = inner
        if (root or schema.get("x-kubernetes-embedded-resource")) and name in META:
            below = replace(below, inside_meta=True)
            if root:
                below = replace(below, forbidden_defaults=f"in top-level {name}")
        parts.append((member, key(f"{path}.properties", name), below))
    nested = replace(position, rules=False)
    if isinstance(schema.get("not"), Mapping):
        parts.append((schema["not"], f"{path}.not", nested))
    for junctor in ("allOf", "oneOf", "anyOf"):
        parts += [(part, f"{path}.{junctor}[{index}]", nested) for index, part in enumerate(schema.get(junctor) or ())]
    if isinstance(schema.get("items"), Mapping):
        matched = schema.get("x-kubernetes-list-type") == "map"
        below = inner if matched else replace(inner, uncorrelatable=position.uncorrelatable or path)
        parts.append((schema["items"], f"{path}.items", below))
    return parts


def _most_entries(schema: Schema) -> int | None:
    """By how much a list or map multiplies its contents; None if it sets no bound."""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not None:
        limit = schema.get("maxProperties")
    elif schema.get("type") == "array":
        limit = schema.get("maxItems")
    else:
        return 1
    return None if limit is None else max(int(limit), 0)


def _times(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left * right


def _extension_faults(schema: Schema, path: str) -> list[Problem]:
    found = []
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        found.append(invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined"))
    kind = schema.get("type") or ""
    map_type = schema.get("x-kubernetes-map-type")
    if map_type is not None:
        if kind != "object":
            words = "must be object if x-kubernetes-map-type is specified"
            found.append(invalid(f"{path}.type", kind, words) if kind else required(f"{path}.type", words))
        if map_type not in ("atomic", "granular"):
            found.append(not_supported(f"{path}.x-kubernetes-map-type", map_type, ("atomic", "granular")))
    return found


def _list_faults(schema: Schema, path: str) -> list[Problem]:
    list_type = schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys") or []
    kind = schema.get("type") or ""
    items = schema.get("items")
    found = []
    if list_type is not None and kind != "array":
        words = "must be array if x-kubernetes-list-type is specified"
        found.append(invalid(f"{path}.type", kind, words) if kind else required(f"{path}.type", words))
    elif list_type == "set" and isinstance(items, Mapping):
        words = "must be atomic as item of a list with x-kubernetes-list-type=set"
        inner = items.get("x-kubernetes-list-type")
        if items.get("type") == "array" and inner not in (None, "atomic"):
            found.append(invalid(f"{path}.items.x-kubernetes-list-type", inner, words))
        elif items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
            found.append(invalid(f"{path}.items.x-kubernetes-map-type", inner, words))
    if list_type is not None and list_type not in _LIST_TYPES:
        found.append(not_supported(f"{path}.x-kubernetes-list-type", list_type, _LIST_TYPES))
    if keys and list_type != "map":
        words = "must be map if x-kubernetes-list-map-keys is non-empty"
        place = f"{path}.x-kubernetes-list-type"
        found.append(required(place, words) if list_type is None else invalid(place, list_type, words))
    if list_type == "map":
        found += _map_list_faults(keys, items, path)
    if list_type in ("set", "map") and isinstance(items, Mapping):
        found += _set_or_map_items(list_type, keys, items, f"{path}.items")
    return found


def _map_list_faults(keys: list[str], items: Any, path: str) -> list[Problem]:
    found = []
    place = f"{path}.x-kubernetes-list-map-keys"
    if not keys:
        found.append(required(place, "must not be empty if x-kubernetes-list-type is map"))
    if items is None:
        found.append(required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map"))
    if not isinstance(items, Mapping):
        return found
    if items.get("type") != "object":
        words = "must be object if parent array's x-kubernetes-list-type is map"
        found.append(invalid(f"{path}.items.type", items.get("type") or "", words))
        return found
    properties = items.get("properties") or {}
    for index, name in enumerate(keys):
        if name not in properties:
            found.append(invalid(place, keys, "entries must all be names of item properties"))
        elif properties[name].get("type") in ("array", "object"):
            words = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            found.append(invalid(f"{key(f'{path}.items.properties', name)}.type", items["type"], words))
        if name in keys[:index]:
            found.append(invalid(place, keys, "must not contain duplicate entries"))
    return found


def _set_or_map_items(list_type: str, keys: list[str], items: Schema, path: str) -> list[Problem]:
    found = []
    if items.get("nullable"):
        found.append(forbidden(f"{path}.nullable", f"cannot be nullable when x-kubernetes-list-type is {list_type}"))
    if list_type == "set":
        return found
    properties = items.get("properties") or {}
    for name in keys:
        if name not in properties:
            continue
        place = key(f"{path}.properties", name)
        if name not in (items.get("required") or ()) and properties[name].get("default") is None:
            words = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            found.append(required(f"{place}.default", words))
        if properties[name].get("nullable"):
            found.append(forbidden(f"{place}.nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
    return found


def _rule_shape(rule: Schema, path: str) -> list[Problem]:
    """Everything about a rule but the expressions themselves."""
    text, message = rule.get("rule") or "", rule.get("message") or ""
    found = []
    if not text.strip():
        found.append(required(f"{path}.rule", "rule is not specified"))
    elif message and not message.strip():
        found.append(invalid(f"{path}.message", message, "must be non-empty if specified"))
    elif _NEWLINES.search(message.strip()):
        found.append(invalid(f"{path}.message", message, "must not contain line breaks"))
    elif _NEWLINES.search(text.strip()) and not message.strip():
        found.append(required(f"{path}.message", "message must be specified if rule contains line breaks"))
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        found.append(required(f"{path}.messageExpression", "messageExpression must be non-empty if specified"))
    if rule.get("reason") is not None and rule["reason"] not in _REASONS:
        found.append(not_supported(f"{path}.reason", rule["reason"], _REASONS))
    field_path = rule.get("fieldPath") or ""
    if field_path and not field_path.strip():
        found.append(invalid(f"{path}.fieldPath", field_path, "must be non-empty if specified"))
    if _NEWLINES.search(field_path):
        found.append(invalid(f"{path}.fieldPath", field_path, "must not contain line breaks"))
    return found
