"""A commented instance to start from: every field of the generated CRD with its default, or a placeholder, and its constraints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_PLACEHOLDERS: dict[str, Any] = {"string": "", "integer": 0, "number": 0.0, "boolean": False, "array": [], "object": {}}
_LIMITS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "matches {}"),
)


def skeleton(crd: Mapping[str, Any], *, name: str = "example") -> str:
    """YAML of an instance of the CRD's first version. Optional fields without default are commented out."""
    spec = crd["spec"]
    version = spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]["properties"].get("spec") or {}
    lines = [f"apiVersion: {spec['group']}/{version['name']}", f"kind: {spec['names']['kind']}", "metadata:", f"  name: {name}"]
    if spec.get("scope") != "Cluster":
        lines.append("  namespace: default")
    fields = list(_fields(schema, "  "))
    lines += ["spec:", *fields] if fields else ["spec: {}"]
    if fields and all(line.lstrip().startswith("#") for line in fields):
        lines[lines.index("spec:")] = "spec: {}"
    return "\n".join(lines) + "\n"


def starting_value(schema: Mapping[str, Any]) -> Any:
    """The default, else the first allowed value, else the smallest value of the type; objects with their required fields."""
    if schema.get("default") is not None and not schema.get("properties"):
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("properties"):
        members = schema["properties"]
        needed = schema.get("required") or ()
        return {member: starting_value(part) for member, part in members.items() if member in needed or part.get("default") is not None}
    value = _PLACEHOLDERS.get(schema.get("type") or "object", "")
    if schema.get("minimum") is not None and schema.get("type") in ("integer", "number"):
        value = max(value, schema["minimum"])
    return value


def _fields(schema: Mapping[str, Any], indent: str, *, plain: bool = False) -> Iterator[str]:
    """One field after the other, required ones first, each below what is to be known about it. plain: nothing is commented out."""
    properties = schema.get("properties") or {}
    needed = set(schema.get("required") or ())
    for name in sorted(properties, key=lambda name: (name not in needed, name)):
        part = properties[name]
        yield from (f"{indent}# {line}" for line in _notes(part, name in needed))
        optional = not plain and name not in needed and part.get("default") is None
        body = list(_field(name, part, indent, plain=plain or optional))
        yield from ([f"{indent}# {line.removeprefix(indent)}" for line in body] if optional else body)


def _field(name: str, schema: Mapping[str, Any], indent: str, *, plain: bool) -> Iterator[str]:
    key = _scalar(name)
    if schema.get("properties"):
        inner = list(_fields(schema, indent + "  ", plain=plain))
        if all(line.lstrip().startswith("#") for line in inner):
            yield f"{indent}{key}: {{}}"
        else:
            yield f"{indent}{key}:"
        yield from inner
    else:
        yield f"{indent}{key}: {_scalar(starting_value(schema))}"


def _scalar(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, str):
        text = yaml.safe_dump(value, default_style=None, width=1 << 20).removesuffix("...\n").strip()
        return text if "\n" not in text else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)


def _notes(schema: Mapping[str, Any], needed: bool) -> Iterator[str]:
    """Description, then type and constraints."""
    yield from (schema.get("description") or "").splitlines()
    facts = [_type(schema), "required" if needed else "optional"]
    if schema.get("enum"):
        facts.append(f"one of {', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}")
    facts += [words.format(schema[member]) for member, words in _LIMITS if schema.get(member) is not None]
    for rule in schema.get("x-kubernetes-validations") or ():
        facts.append("immutable" if rule.get("rule") == "self == oldSelf" else f"rule {' '.join(rule.get('rule', '').split())}")
    yield ", ".join(facts)


def _type(schema: Mapping[str, Any]) -> str:
    """The type as SimpleSchema writes it."""
    kind = schema.get("type")
    if kind == "array":
        return f"[]{_type(schema.get('items') or {})}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map[string]{_type(schema['additionalProperties'])}"
    return {"number": "float", None: "any"}.get(kind, str(kind))
