"""Names a definition may use: kinds, resource ids, iterators, and what is reserved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore.errors import Problem
from graphcore.graph.model import Limits

_LOWER_CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*\Z")
_UPPER_CAMEL = re.compile(r"[A-Z][a-zA-Z0-9]*\Z")

RESERVED = frozenset(
    [
        "apiVersion",
        "context",
        "dependency",
        "dependencies",
        "each",
        "externalRef",
        "externalReference",
        "externalRefs",
        "externalReferences",
        "graph",
        "instance",
        "item",
        "items",
        "kind",
        "kro",
        "metadata",
        "namespace",
        "object",
        "resource",
        "resourcegraphdefinition",
        "resourceGraphDefinition",
        "resources",
        "root",
        "runtime",
        "schema",
        "self",
        "serviceAccountName",
        "spec",
        "status",
        "this",
        "variables",
        "vars",
        "version",
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "return",
        "var",
        "void",
        "while",
    ]
)


def check_names(spec: Mapping[str, Any], limits: Limits) -> Iterator[Problem]:
    """Problems with the kind, the ids and the iterators of a definition, in the order they stand there."""
    kind = str((spec.get("schema") or {}).get("kind") or "")
    if not _UPPER_CAMEL.match(kind):
        yield Problem(
            "invalid-kind",
            f"naming convention violation: kind '{kind}' is not a valid KRO kind name: must be UpperCamelCase",
            path="spec.schema.kind",
            hint="start the kind with a capital letter and use letters and digits only",
        )
    resources: Sequence[Mapping[str, Any]] = spec.get("resources") or ()
    ids = [str(resource.get("id") or "") for resource in resources]
    seen: set[str] = set()
    for position, name in enumerate(ids):
        yield from _check_id(name, position, seen)
        seen.add(name)
    for position, resource in enumerate(resources):
        yield from _check_iterators(ids[position], position, resource.get("forEach") or (), seen, limits)


def _check_id(name: str, position: int, seen: set[str]) -> Iterator[Problem]:
    prefix, path = "naming convention violation: ", f"spec.resources[{position}].id"
    if name in RESERVED:
        yield Problem(
            "reserved-id", f"{prefix}id {name} is a reserved keyword in KRO", name, path, hint=f"rename it, for example to {name}1"
        )
    elif not _LOWER_CAMEL.match(name):
        yield Problem(
            "invalid-id",
            f"{prefix}id {name} is not a valid KRO resource id: must be lower camelCase",
            name,
            path,
            hint="start with a lower-case letter and use letters and digits only; the id is a variable in expressions",
        )
    elif name in seen:
        yield Problem(
            "duplicate-id", f"{prefix}found duplicate resource IDs {name}", name, path, hint="give every resource an id of its own"
        )


def _check_iterators(node: str, position: int, for_each: Sequence[Mapping[str, Any]], ids: set[str], limits: Limits) -> Iterator[Problem]:
    path = f"spec.resources[{position}].forEach"
    if len(for_each) > limits.collection_dimensions:
        yield Problem(
            "too-many-dimensions",
            f'resource "{node}": forEach cannot have more than {limits.collection_dimensions} dimensions, got {len(for_each)}',
            node,
            path,
            hint="combine lists in one expression, or raise rgd-max-collection-dimension-size",
        )
    seen: set[str] = set()
    for dimension, entry in enumerate(for_each):
        for name in sorted(entry):
            here = f"{path}[{dimension}]"
            subject = f'resource "{node}": forEach iterator name "{name}"'
            if not _LOWER_CAMEL.match(name):
                yield Problem("invalid-iterator", f"{subject} is not valid: must be lowerCamelCase", node, here, hint="rename the iterator")
            elif name in RESERVED:
                yield Problem("reserved-iterator", f"{subject} is a reserved keyword", node, here, hint="rename the iterator")
            elif name in ids:
                yield Problem("iterator-is-id", f"{subject} conflicts with resource ID", node, here, hint="rename the iterator")
            elif name in seen:
                yield Problem(
                    "duplicate-iterator",
                    f'resource "{node}": duplicate forEach iterator name "{name}"',
                    node,
                    here,
                    hint="rename the iterator",
                )
            seen.add(name)
