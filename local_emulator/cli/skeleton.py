"""A commented instance to start from: every field of the generated CRD with its default, or a placeholder, and its constraints.

``##`` begins what is to be read, ``#`` an optional field that may be used by taking the sign away. The text is YAML of the same instance
with all comments removed, and YAML with the signs of any optional fields removed: so an object of which no field is needed is written with
braces around its fields.
"""

from __future__ import annotations

import json
import re
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
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_INSTRUCTION = "## Required fields say so. Optional ones that have no default are commented out: take the # away to use one."


def skeleton(crd: Mapping[str, Any], *, name: str = "example") -> str:
    """YAML of an instance of the CRD's first version. Optional fields without default are commented out."""
    spec = crd["spec"]
    version = spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]["properties"].get("spec") or {}
    lines = [f"apiVersion: {spec['group']}/{version['name']}", f"kind: {spec['names']['kind']}", "metadata:", f"  name: {name}"]
    if spec.get("scope") != "Cluster":
        lines.append("  namespace: default")
    if schema.get("properties"):
        lines.append(_INSTRUCTION)
    lines += _field("spec", schema, "", flow=False, plain=False)
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


def _fields(schema: Mapping[str, Any], indent: str, *, flow: bool, plain: bool) -> Iterator[str]:
    """One field after the other, required ones first, each below what is to be known about it. plain: nothing is commented out."""
    properties = schema.get("properties") or {}
    needed = set(schema.get("required") or ())
    for name in sorted(properties, key=lambda name: (name not in needed, name)):
        part = properties[name]
        optional = not plain and name not in needed and part.get("default") is None
        body = [f"{indent}## {line}" for line in _notes(part, name in needed)]
        body += _field(name, part, indent, flow=flow, plain=plain or optional)
        yield from ([_commented(line, indent) for line in body] if optional else body)


def _commented(line: str, indent: str) -> str:
    rest = line.removeprefix(indent)
    return line if rest.startswith("##") else f"{indent}# {rest}"


def _field(name: str, schema: Mapping[str, Any], indent: str, *, flow: bool, plain: bool) -> Iterator[str]:
    """A field on one line, or an object on several. flow: between braces, where a comma ends the field."""
    key, comma = _scalar(name, flow=flow and not _WORD.match(name)), "," if flow else ""
    if not schema.get("properties"):
        yield f"{indent}{key}: {_scalar(starting_value(schema), flow=flow)}{comma}"
        return
    braces = flow or not (plain or _needs(schema))
    yield f"{indent}{key}: {{" if braces else f"{indent}{key}:"
    yield from _fields(schema, indent + "  ", flow=braces, plain=plain)
    if braces:
        yield f"{indent}}}{comma}"


def _needs(schema: Mapping[str, Any]) -> bool:
    """Whether some field of an object stands there without a comment sign."""
    needed = schema.get("required") or ()
    return any(name in needed or part.get("default") is not None for name, part in schema["properties"].items())


def _scalar(value: Any, *, flow: bool = False) -> str:
    """A value on one line of YAML."""
    if isinstance(value, str) and not flow:
        text = yaml.safe_dump(value, default_style=None, width=1 << 20).removesuffix("...\n").strip()
        return text if "\n" not in text else json.dumps(value)
    return json.dumps(value, ensure_ascii=isinstance(value, str))


def _notes(schema: Mapping[str, Any], needed: bool) -> Iterator[str]:
    """Description, then type and constraints; nothing of it can end a comment."""
    yield from (schema.get("description") or "").splitlines()
    facts = [_type(schema), "required" if needed else "optional"]
    if schema.get("enum"):
        facts.append(f"one of {', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}")
    facts += [words.format(schema[member]) for member, words in _LIMITS if schema.get(member) is not None]
    for rule in schema.get("x-kubernetes-validations") or ():
        facts.append("immutable" if rule.get("rule") == "self == oldSelf" else f"rule {' '.join(rule.get('rule', '').split())}")
    yield "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in ", ".join(facts))


def _type(schema: Mapping[str, Any]) -> str:
    """The type as SimpleSchema writes it."""
    kind = schema.get("type")
    if kind == "array":
        return f"[]{_type(schema.get('items') or {})}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map[string]{_type(schema['additionalProperties'])}"
    return {"number": "float", None: "any"}.get(kind, str(kind))
