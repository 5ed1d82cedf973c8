"""What a definition is by its own CRD: types of fields, fields that nobody knows, required ones, rules and names.

In a cluster the API server has checked all that before anybody reads the object; a file on the command line comes as it is. As there, null
stands for an absent field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphcore import names
from graphcore.errors import Problem
from graphcore.errors.paths import child
from graphcore.errors.suggestions import did_you_mean
from graphcore.graph.definition_schema import DEFINITION
from graphcore.graph.node import SCHEMA
from graphcore.graph.templates import PRESERVE
from graphcore.openapi.compat_rules import RULES
from graphcore.openapi.metadata import OBJECT_META
from graphcore.openapi.object_names import metadata_faults, subdomain_faults
from graphcore.openapi.pruning import META, apply_defaults
from graphcore.openapi.rule_values import rule_faults
from graphcore.openapi.values import type_of, validate_value
from graphcore.simpleschema.documents import type_name

_PYTHON: Mapping[str, Any] = {"string": str, "integer": int, "array": list, "object": Mapping, "boolean": bool}
_ARTICLES = {"string": "a string", "integer": "an integer", "array": "an array", "object": "an object", "boolean": "a boolean"}
_WHOLE = {**DEFINITION, "properties": {**DEFINITION["properties"], "metadata": OBJECT_META, "status": {"type": "object", PRESERVE: True}}}
_BODY = {**DEFINITION, "properties": {name: part for name, part in DEFINITION["properties"].items() if name not in META}}
_HINTS = {
    "spec.schema.apiVersion": "use a version such as v1alpha1, without group",
    "spec.schema.scope": "write Namespaced or Cluster",
}
# What the authors of other tools write for a field of a definition.
_MEANT = {
    "dependsOn": "remove it: what a resource waits for follows from the expressions in its template",
    "spec.types": "move it to spec.schema.types",
    "spec.status": "move it to spec.schema.status",
    "spec.spec": "move it to spec.schema.spec",
    "spec.kind": "move it to spec.schema.kind",
    "spec.apiVersion": "move it to spec.schema.apiVersion",
    "spec.group": "move it to spec.schema.group",
    "spec.scope": "move it to spec.schema.scope",
}


def _judging(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without rules that compare with an old value, which a new object keeps, and the one that the graph tells better."""
    kept = [rule for rule in schema.get(RULES, ()) if "oldSelf" not in rule["rule"] and "self.template" not in rule["rule"]]
    found = {key: value for key, value in schema.items() if key != RULES} | ({RULES: kept} if kept else {})
    if "properties" in found:
        found["properties"] = {name: _judging(part) for name, part in found["properties"].items()}
    if isinstance(found.get("items"), dict):
        found["items"] = _judging(found["items"])
    return found


_NAMED = {"type": "object", "properties": {"name": {"type": "string"}}}
_RULED = _judging({**DEFINITION, "properties": {**DEFINITION["properties"], "metadata": _NAMED}})


def shape_faults(definition: Any) -> list[Problem]:
    """Every field that cannot be read because its value has another type, in order."""
    return list(_types(definition, _WHOLE, ""))


def definition_faults(definition: Mapping[str, Any]) -> list[Problem]:
    """Why the API server would refuse a definition whose types are right: unknown fields, then names, then its schema and rules."""
    found = list(_unknown(definition, _WHOLE, ""))
    found.extend(_names(definition))
    given = apply_defaults({name: value for name, value in definition.items() if name not in (*META, "status")}, _BODY)
    faults: Iterable[Problem] = validate_value(given, _BODY, "")
    if not faults:
        faults = rule_faults({**given, "apiVersion": "", "kind": "", "metadata": {"name": _name(definition)}}, _RULED, "")
    for problem in faults:
        path = (problem.path or "").removeprefix(".") or "metadata.name"
        found.append(Problem("definition-refused", f"{path}: {problem.message}", path=path, hint=_HINTS.get(path)))
    return found


def beside(faults: Iterable[Problem], others: Iterable[Problem], ids: Sequence[str]) -> list[Problem]:
    """Those faults of the definition that are not told, with more to say, among the others. ids: of the resources, in order."""
    said = set()
    for problem in others:
        path = problem.path or ""
        said.add(path)
        if problem.node == SCHEMA:
            said.add(f"spec.schema.{path}")
        elif problem.node in ids:
            said.add(f"spec.resources[{ids.index(problem.node)}]{'.' if path else ''}{path}")
    return [problem for problem in faults if problem.path not in said]


def _name(definition: Mapping[str, Any]) -> str:
    return str((definition.get("metadata") or {}).get("name") or "")


def _types(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[Problem]:
    kind = schema.get("type")
    if kind is None or schema.get(PRESERVE):
        return  # what is written in SimpleSchema, and templates, are read elsewhere
    if not isinstance(value, _PYTHON[kind]) or (kind == "integer" and isinstance(value, bool)):
        message = f"the definition cannot be read: {path or 'it'} must be {_ARTICLES[kind]}, got {type_name(value)}"
        yield Problem("malformed-definition", message, path=path or None, hint=f"write {_ARTICLES[kind]}")
    elif kind == "object":
        for name, member in value.items():
            inner = _member(schema, str(name))
            if member is not None and inner is not None:
                yield from _types(member, inner, child(path, str(name)))
    elif kind == "array":
        for index, item in enumerate(value):
            # A missing object in a list cannot be passed over; the API server refuses it as well.
            if item is not None or schema["items"].get("type") == "object":
                yield from _types(item, schema["items"], f"{path}[{index}]")


def _member(schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    found = (schema.get("properties") or {}).get(name, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _unknown(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Fields that the API server drops, or refuses where the client asks for that, as kubectl does."""
    if schema.get(PRESERVE) or not schema.keys() & {"properties", "additionalProperties", "items"}:
        return
    if isinstance(value, Mapping):
        for name, member in value.items():
            place = child(path, str(name))
            inner = _member(schema, str(name))
            if inner is None:
                known = schema.get("properties") or {}
                hint = _MEANT.get(place) or _MEANT.get(str(name)) if str(name) not in known else None
                otherwise = f"remove it; known here: {', '.join(known)}" if known else "remove it"
                message = f"unknown field {place}: nothing reads it, and kubectl refuses it"
                yield Problem("unknown-definition-field", message, path=place, hint=hint or did_you_mean(str(name), known, otherwise))
            else:
                yield from _unknown(member, inner, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, schema["items"], f"{path}[{index}]")


def _names(definition: Mapping[str, Any]) -> Iterator[Problem]:
    """apiVersion, and what the API server demands of the metadata of any object."""
    version = definition.get("apiVersion")
    if definition.get("kind") == names.RGD_KIND and version != names.API_VERSION:
        message = f"no kind {names.RGD_KIND} is served in version {version}" if version else "apiVersion is missing"
        yield Problem("unknown-api-version", message, path="apiVersion", hint=f"write apiVersion: {names.API_VERSION}")
    metadata = definition.get("metadata") or {}
    name = _name(definition)
    if not name:
        yield Problem("invalid-name", "metadata.name is missing: a definition needs one", path="metadata.name", hint="add metadata.name")
    for fault in subdomain_faults(name) if name else ():
        yield Problem("invalid-name", f"metadata.name: {fault}", path="metadata.name", hint=f"write {_proper(name)}")
    texts = {key: metadata.get(key) for key in ("labels", "annotations") if type_of(metadata.get(key)) == "object"}
    for problem in metadata_faults(texts):
        yield Problem("definition-refused", f"{problem.path}: {problem.message}", path=problem.path)


def _proper(name: str) -> str:
    """A name like ``name`` that the API server takes."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-.") else "-" for char in name.lower())
    return kept.strip("-.")[:63].strip("-.") or "another name, of lower-case letters, digits and dashes"
