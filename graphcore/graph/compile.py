"""ResourceGraphDefinition → :class:`Graph`.

parse → inspect → check → assemble, each a module with values between them. A definition is refused with *every* fault it has, in the order
in which kro would meet them; an expression with one fault is not examined further, so that no fault is reported twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphcore.cel import Environment, Program
from graphcore.cel.runtime.views import decode_plan
from graphcore.errors import Problem, ProblemsError
from graphcore.graph.checks import Typing, check_node, declare, takes_bytes
from graphcore.graph.crd import synthesize_crd
from graphcore.graph.crd_check import crd_problems
from graphcore.graph.drafts import Draft, draft_resources
from graphcore.graph.facts import FORMAT, assemble
from graphcore.graph.graph import Graph
from graphcore.graph.inspection import Position, Use, dependencies, judge, unused_iterators, uses_of
from graphcore.graph.lint import warnings_of
from graphcore.graph.model import Limits
from graphcore.graph.naming import check_names
from graphcore.graph.node import EACH, SCHEMA
from graphcore.graph.order import deletion_waves, find_cycle, topological_order
from graphcore.graph.paths import format_path
from graphcore.graph.projection import Projection, check_status, judge_status, literal_types, read_status
from graphcore.graph.recursion import UNKNOWN, own_children
from graphcore.graph.revision import revision_hash
from graphcore.graph.shape import beside, definition_faults, shape_faults
from graphcore.graph.unreadable import independent, readable
from graphcore.openapi import Schemas
from graphcore.openapi.metadata import OBJECT_META
from graphcore.simpleschema import read_schema


@dataclass(slots=True)
class Compilation:
    """Everything known about a definition while it is compiled."""

    drafts: list[Draft] = field(default_factory=list)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    edges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    projection: Projection = field(default_factory=Projection)
    programs: dict[Use, Program] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    faulty: set[Use] = field(default_factory=set)


def compile_graph(rgd: Mapping[str, Any], schemas: Schemas, limits: Limits | None = None) -> Graph:
    """Compiles a definition against the kinds an API server knows.

    rgd: the object, as an API server stores it or as it stands in a file.
    Raises ProblemsError with all problems (severity ``error``), in an order that is always the same.
    """
    limits = limits or Limits()
    if malformed := shape_faults(rgd):
        raise ProblemsError([*malformed, *_others(rgd, malformed, schemas, limits)])
    own = definition_faults(rgd)
    spec: Mapping[str, Any] = rgd.get("spec") or {}
    if not spec.get("schema"):
        raise ProblemsError(own)  # everything else would only follow from that
    block: Mapping[str, Any] = spec.get("schema") or {}
    name = str((rgd.get("metadata") or {}).get("name", ""))
    namespaced = block.get("scope") != "Cluster"

    work = Compilation(problems=list(check_names(spec, limits)))
    spec_schema, schema_faults = read_schema(block.get("spec"), block.get("types"))
    work.problems.extend(schema_faults)
    bare = synthesize_crd(block, name, _uid(rgd), spec_schema, None, limits.version_label)
    instance_schema = _instance_schema(bare, namespaced)

    work.drafts, found = draft_resources(spec, schemas, instance_namespaced=namespaced)
    work.problems.extend(found)
    work.drafts = list({draft.id: draft for draft in reversed(work.drafts)}.values())[::-1]
    declared = [str(resource.get("id") or "") for resource in spec.get("resources") or ()]

    plain = Environment({})
    _inspect(work, declared, plain, limits)
    _refuse_own_children(work, block, plain)
    work.projection, found = read_status(block.get("status"), plain)
    status_faults = [*found, *_judged(work, declared, plain)]

    typing = declare(instance_schema, work.drafts, declared, schema_known=not schema_faults)
    environment = typing.environment()
    for draft in work.drafts:
        _check(work, draft, typing, environment)
    work.problems.extend(status_faults)
    work.problems.extend(_check_status(work, typing, environment))

    if any(fault.path == "metadata.name" for fault in own):
        name = ""  # the CRD's label with a bad name is no second fault
    crd = synthesize_crd(block, name, _uid(rgd), spec_schema, work.projection.schema, limits.version_label)
    if not work.problems:
        work.problems.extend(crd_problems(crd, block))
    elif not schema_faults:
        # The status is not to be trusted, nor are names that are faulty; what the author wrote for spec is judged all the same.
        work.problems.extend(problem for problem in crd_problems(bare, block) if (problem.path or "").startswith(("spec.", "types.")))
    found = [*beside(own, work.problems, declared), *work.problems]
    if found:
        raise ProblemsError(found)
    return _graph(name, spec, crd, instance_schema, work, limits)


def _others(rgd: Mapping[str, Any], malformed: Sequence[Problem], schemas: Schemas, limits: Limits) -> list[Problem]:
    """The faults of a definition beside its malformed fields."""
    rest = readable(rgd, malformed)
    if rest is None:
        return []
    try:
        compile_graph(rest, schemas, limits)
    except ProblemsError as error:
        return list(independent(error.problems, malformed, rest))
    return []


def _uid(rgd: Mapping[str, Any]) -> str:
    return str((rgd.get("metadata") or {}).get("uid", ""))


def _instance_schema(crd: Mapping[str, Any], namespaced: bool) -> dict[str, Any]:
    """What the variable ``schema`` looks like: the instance without status, with the metadata that every object has."""
    root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    metadata = OBJECT_META
    if not namespaced:
        metadata = {**OBJECT_META, "properties": {key: value for key, value in OBJECT_META["properties"].items() if key != "namespace"}}
    properties = {key: value for key, value in root["properties"].items() if key != "status"}
    return {**root, "properties": {**properties, "metadata": metadata}}


def _inspect(work: Compilation, declared: Sequence[str], environment: Environment, limits: Limits) -> None:
    """Parses and judges the expressions of all resources, then the edges they make."""
    known = environment.function_names
    for draft in work.drafts:
        uses, problems = uses_of(draft, environment)
        work.uses[draft.id] = uses
        work.problems.extend(problems)
        for use in uses:
            found = judge(use, draft, declared, omit=limits.omit, known_functions=known)
            if found:
                work.faulty.add(use)
                work.problems.extend(found)
        unused = unused_iterators(draft, uses)
        unread = any(problem.node == draft.id and problem.path in ("metadata.name", "metadata.namespace") for problem in work.problems)
        if unused and not unread and not any(use in work.faulty for use in uses) and draft.kind is not None:
            work.problems.append(unused)
        work.edges[draft.id] = dependencies(uses, [other.id for other in work.drafts])
    cycle = find_cycle(work.edges)
    if cycle:
        text = " -> ".join(cycle)
        hint = "break it: let one of them take the value from schema, or move a check into readyWhen"
        edge = _edge(work, cycle)
        place, shown = (edge.path, edge.shown) if edge else (None, None)
        work.problems.append(Problem("cycle", f"graph contains a cycle: {text}", cycle[0], place, shown, hint=hint))


def _refuse_own_children(work: Compilation, block: Mapping[str, Any], environment: Environment) -> None:
    found = list(own_children(block, work.drafts, work.uses, environment))
    nodes = {problem.node for problem in found}
    work.problems = [problem for problem in work.problems if not (problem.node in nodes and problem.code in UNKNOWN)]
    work.problems.extend(found)


def _edge(work: Compilation, cycle: Sequence[str]) -> Use | None:
    """The expression that makes the first edge of a cycle."""
    for use in work.uses[cycle[0]]:
        if cycle[1] in use.references and use.position is not Position.READY_WHEN:
            return use
    return None


def _judged(work: Compilation, declared: Sequence[str], environment: Environment) -> list[Problem]:
    found = []
    for problem, use in judge_status(work.projection, declared, environment.function_names):
        work.faulty.add(use)
        found.append(problem)
    return found


def _check(work: Compilation, draft: Draft, typing: Typing, environment: Environment) -> None:
    uses = [use for use in work.uses[draft.id] if use not in work.faulty]
    programs, problems = check_node(draft, uses, typing, environment)
    work.programs |= programs
    work.problems.extend(problems)


def _check_status(work: Compilation, typing: Typing, environment: Environment) -> list[Problem]:
    return list(check_status(work.projection, environment, typing, work.faulty))


def _graph(
    name: str, spec: Mapping[str, Any], crd: dict[str, Any], instance_schema: Mapping[str, Any], work: Compilation, limits: Limits
) -> Graph:
    programs = work.programs | work.projection.programs
    facts = _facts(spec, crd, instance_schema, work, programs)
    by_place = {(use.node, use.path): program for use, program in programs.items()}
    graph = assemble(name, spec, facts, limits, lambda node, path: by_place.get((node, path)))
    warnings = warnings_of(
        work.drafts, work.uses, programs, work.edges, (spec.get("schema") or {}).get("spec"), instance_schema, work.projection
    )
    return replace(graph, crd=crd, warnings=tuple(warnings))


def _facts(
    spec: Mapping[str, Any], crd: Mapping[str, Any], instance_schema: Mapping[str, Any], work: Compilation, programs: Mapping[Use, Program]
) -> dict[str, Any]:
    """Facts as ``graphcore.graph.facts`` reads them; JSON, deterministic."""
    waves = deletion_waves(work.edges)
    group, version, plural = crd["spec"]["group"], crd["spec"]["versions"][0]["name"], crd["spec"]["names"]["plural"]
    zeros: dict[str, dict[str, Mapping[str, str]]] = {}
    for use, program in programs.items():
        if program.zeros:
            zeros.setdefault(use.node, {})[use.path] = program.zeros
    conditions = [sorted(literal_types(use.ast)) for use in work.projection.conditions or []]
    return {
        "format": FORMAT,
        "hash": revision_hash(spec),
        "instance": [f"{group}/{version}", crd["spec"]["names"]["kind"], plural, crd["spec"]["scope"] == "Namespaced"],
        "order": list(topological_order(work.edges)),
        "nodes": {draft.id: _node_fact(draft, work, waves[draft.id]) for draft in work.drafts},
        "views": _view_plans(instance_schema, work.drafts, programs),
        **({"conditions": conditions} if conditions else {}),
        **({"zeros": zeros} if zeros else {}),
    }


def _node_fact(draft: Draft, work: Compilation, wave: int) -> dict[str, Any]:
    kind = draft.kind
    if kind is None:
        raise AssertionError(f"node {draft.id} has no kind although the definition compiled")
    ids = [other.id for other in work.drafts]
    include = [name for use in work.uses[draft.id] if use.position is Position.INCLUDE_WHEN for name in use.references if name in ids]
    base64 = [format_path(item.path) for item in draft.fields if takes_bytes(item.schema)]
    return {
        "type": draft.type.value,
        "resource": [kind.api_version, kind.kind, kind.plural, kind.namespaced],
        "dependencies": list(work.edges[draft.id]),
        "wave": wave,
        **({"include": list(dict.fromkeys(include))} if include else {}),
        **({"base64": base64} if base64 else {}),
    }


def _view_plans(instance_schema: Mapping[str, Any], drafts: Sequence[Draft], programs: Mapping[Use, Program]) -> dict[str, Any]:
    """Variable → decode plan, for the variables of which some expression reads a typed value."""
    read: dict[str, set[tuple[str | None, ...]]] = {}
    plural = {draft.id for draft in drafts if draft.type.plural}
    for use, program in programs.items():
        for name, paths in program.paths.items():
            if name == EACH:
                read.setdefault(use.node, set()).update((None, *path) for path in paths)
            else:
                read.setdefault(name, set()).update(paths)
    plans = {}
    for name, schema in [(SCHEMA, instance_schema), *((draft.id, draft.kind.schema) for draft in drafts if draft.kind)]:
        whole = {"type": "array", "items": schema} if name in plural else schema
        plan = decode_plan(whole, sorted(read.get(name, ()), key=str))
        if plan is not None:
            plans[name] = plan
    return plans
