"""What converging needs to know and a definition does not say: plurals, scopes, order, and where objects hold typed values.

These facts are found once, when a definition is compiled against schemas, and stored with its revision. From them and the definition's
own text the same graph is made again without schemas, discovery or type checks (a *warm start*); the cold compile takes the same road for
its last step, so there is one way to make a graph.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphcore import names
from graphcore.cel import Program
from graphcore.cel.runtime.views import decoder, element_plan
from graphcore.graph.drafts import standalone
from graphcore.graph.expression import Expression, View
from graphcore.graph.graph import Graph
from graphcore.graph.model import Limits, NodeType, Resource
from graphcore.graph.node import EACH, SCHEMA, Node
from graphcore.graph.paths import format_path
from graphcore.graph.revision import revision_hash
from graphcore.graph.status import ConditionProgram, StatusProgram
from graphcore.graph.templates import fields_of
from graphcore.numbers import whole

FORMAT = 2
MAX_ENCODED = 200 * 1024
MAX_DECODED = 16 * 1024 * 1024

ProgramOf = Callable[[str, str], Program | None]
Facts = Mapping[str, Any]


class UnusableFacts(ValueError):
    """Facts of another format or of another definition: compile from schemas instead."""


def encode_facts(facts: Facts) -> str | None:
    """Facts as the annotation ``krofn.kro.run/compiled`` carries them: base64 of gzip of JSON, deterministic; None above 200 KiB."""
    packed = gzip.compress(json.dumps(facts, separators=(",", ":"), sort_keys=True).encode(), 6, mtime=0)
    encoded = base64.b64encode(packed).decode()
    return encoded if len(encoded) <= MAX_ENCODED else None


def decode_facts(text: str) -> Facts:
    """The reverse of :func:`encode_facts`. Raises UnusableFacts for anything that is not such a text, or would grow beyond 16 MiB."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_DECODED)
        facts = json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise UnusableFacts("the stored facts cannot be read") from error
    if not unpacker.eof or not isinstance(facts, dict):
        raise UnusableFacts("the stored facts cannot be read")
    return facts


def no_program(_node: str, _path: str) -> Program | None:
    """For warm starts: every program is made from its source when it is first needed."""
    return None


def graph_from_facts(rgd_name: str, spec: Mapping[str, Any], facts: Facts, limits: Limits | None = None) -> Graph:
    """A warm start. spec: of the definition (or of its revision's snapshot). Raises UnusableFacts."""
    if facts.get("format") != FORMAT:
        raise UnusableFacts(f"format {facts.get('format')!r} is not {FORMAT}")
    try:
        if facts.get("hash") != revision_hash(spec):
            raise UnusableFacts("the facts belong to another definition")
        _agree(spec, facts)
        return assemble(rgd_name, spec, facts, limits or Limits(), no_program)
    except UnusableFacts:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnusableFacts("the stored facts are not of the form that their format has") from error


def _agree(spec: Mapping[str, Any], facts: Facts) -> None:
    """Raises ValueError, or what comes of another form: with a node left out, or another's kind, children would be deleted."""
    resources = {str(resource["id"]): resource for resource in spec.get("resources") or ()}
    schema = spec["schema"]
    if tuple(facts["instance"][:2]) != (f"{schema.get('group') or names.GROUP}/{schema['apiVersion']}", schema["kind"]):
        raise ValueError("the facts belong to another kind of instances")
    seen: set[str] = set()
    for name in facts["order"]:
        fact, resource = facts["nodes"][name], resources[name]
        body = resource.get("template") or resource["externalRef"]
        named = (body["apiVersion"], body["kind"])
        wanted = {*fact["dependencies"], *fact.get("include", ())}
        if name in seen or not wanted <= seen or ("${" not in "".join(named) and named != tuple(fact["resource"][:2])):
            raise ValueError(f"the facts of {name} belong to another node")
        seen.add(name)
    if seen != resources.keys():
        raise ValueError("the order has other nodes than the definition")


def assemble(rgd_name: str, spec: Mapping[str, Any], facts: Facts, limits: Limits, program_of: ProgramOf) -> Graph:
    """Puts a graph together from a definition that is known to be right, its facts, and programs by node and path."""
    views: dict[str, View] = {name: decoder(plan) for name, plan in facts["views"].items()}
    instance = _resource(facts["instance"])
    resources = {str(resource["id"]): (index, resource) for index, resource in enumerate(spec.get("resources") or ())}
    make = _Maker(views, program_of, facts.get("zeros", {}))
    nodes = []
    for name in facts["order"]:
        index, resource = resources[name]
        nodes.append(_node(name, index, resource, facts["nodes"][name], facts["views"], make, limits, instance.namespaced))
    status = (spec.get("schema") or {}).get("status") or {}
    return Graph(
        rgd_name,
        str(facts["hash"]),
        instance,
        tuple(nodes),
        _status(status, make),
        _conditions(status, make, facts.get("conditions") or ()),
        None,
        facts,
        limits,
    )


class _Maker:
    """Makes expressions that share the views of their graph."""

    def __init__(self, views: Mapping[str, View], program_of: ProgramOf, zeros: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        self.views = views
        self.program_of = program_of
        self.zeros = zeros

    def expression(
        self, source: str, node: str, path: str, shown: str | None = None, views: Mapping[str, View] | None = None, base64: bool = False
    ) -> Expression:
        program = self.program_of(node, path)
        zeros = self.zeros.get(node, {}).get(path)
        views = self.views if views is None else views
        return Expression(source, node=node, path=path, shown=shown, program=program, views=views, base64=base64, zeros=zeros)


def _resource(fact: Sequence[Any]) -> Resource:
    return Resource(str(fact[0]), str(fact[1]), str(fact[2]), bool(fact[3]))


def _node(
    name: str,
    index: int,
    resource: Mapping[str, Any],
    fact: Mapping[str, Any],
    plans: Mapping[str, Any],
    make: _Maker,
    limits: Limits,
    instance_namespaced: bool,
) -> Node:
    type_ = NodeType(fact["type"])
    template = _template(resource, type_)
    fields, _ = fields_of(
        template if type_.external else {key: template[key] for key in template if key not in ("apiVersion", "kind")}, None
    )
    encoded = frozenset(fact.get("base64", ()))
    ready_views = make.views
    if type_.plural and name in plans:
        ready_views = {**make.views, EACH: decoder(element_plan(plans[name]))}
    return Node(
        name,
        index,
        type_,
        _resource(fact["resource"]),
        tuple(fact["dependencies"]),
        tuple(fact.get("include", ())),
        whole(fact["wave"]) or 0,
        template,
        tuple(
            (item.path, make.expression(item.expression, name, path, item.shown, base64=path in encoded))
            for item in fields
            for path in (format_path(item.path),)
        ),
        _entries(resource, "includeWhen", name, make, make.views),
        _entries(resource, "readyWhen", name, make, ready_views),
        _for_each(resource, name, make),
        limits,
        instance_namespaced,
    )


def _template(resource: Mapping[str, Any], type_: NodeType) -> dict[str, Any]:
    if not type_.external:
        return dict(resource["template"])
    reference = resource["externalRef"]
    metadata = {
        key: value
        for key, value in (reference.get("metadata") or {}).items()
        if key in ("name", "namespace", "selector") and value not in (None, "")
    }
    return {"apiVersion": reference["apiVersion"], "kind": reference["kind"], "metadata": metadata}


def _entries(resource: Mapping[str, Any], what: str, node: str, make: _Maker, views: Mapping[str, View]) -> tuple[Expression, ...]:
    return tuple(
        make.expression(str(standalone(text, what, what)), node, f"{what}[{index}]", views=views)
        for index, text in enumerate(resource.get(what) or ())
    )


def _for_each(resource: Mapping[str, Any], node: str, make: _Maker) -> tuple[tuple[str, Expression], ...]:
    return tuple(
        (name, make.expression(str(standalone(dimension[name], "forEach", "forEach")), node, f"forEach[{index}].{name}"))
        for index, dimension in enumerate(resource.get("forEach") or ())
        for name in sorted(dimension)
    )


def _status(status: Mapping[str, Any], make: _Maker) -> StatusProgram:
    tree = {key: value for key, value in status.items() if key != "conditions"}
    fields, _ = fields_of(tree, None)
    kept = [item for item in fields if item.path != ("state",)]
    return StatusProgram(
        tuple((item.path, make.expression(item.expression, SCHEMA, f"status.{format_path(item.path)}", item.shown)) for item in kept)
    )


def _conditions(status: Mapping[str, Any], make: _Maker, types: Sequence[Sequence[str]]) -> tuple[ConditionProgram, ...] | None:
    entries = status.get("conditions")
    if not entries:
        return None
    programs = []
    for index, text in enumerate(entries):
        path = f"status.conditions[{index}]"
        expression = make.expression(str(standalone(text, "condition", path)), SCHEMA, path)
        programs.append(ConditionProgram(expression, tuple(types[index]) if index < len(types) else ()))
    return tuple(programs)
