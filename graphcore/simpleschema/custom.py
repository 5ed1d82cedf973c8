"""Custom types (``schema.types``): what they depend on, in which order they can be built, and which never can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.simpleschema.builder import MAX_DEPTH, UNKNOWN, Builder, Place
from graphcore.simpleschema.documents import members
from graphcore.simpleschema.grammar import GrammarError, custom_names, parse_type


@dataclass(frozen=True, slots=True)
class _Use:
    """One mention of a custom type inside another one's definition."""

    name: str
    path: str
    text: str


def load_types(definitions: Mapping[Any, Any], builder: Builder) -> None:
    """Build every type, used or not, into ``builder.types``; faulty ones are reported once."""
    types = dict(members(definitions))
    uses = {name: list(_uses(definition, f"types.{name}")) for name, definition in types.items()}
    for cycle, knot in _knots({name: {use.name for use in found} & types.keys() for name, found in uses.items()}):
        _report_cycle(cycle, uses, builder)
        builder.types.update(dict.fromkeys(knot, UNKNOWN))
    for name, found in uses.items():
        missing = [use for use in found if use.name not in types]
        for use in {use.name: use for use in reversed(missing)}.values():
            place = Place(use.path)
            builder.report(
                place,
                f"node {use.name} does not exist",
                "unknown-type",
                text=use.text,
                column=use.text.find(use.name),
                hint=_define(use.name),
            )
        if missing:
            builder.types[name] = UNKNOWN
    for name in types:
        _build(name, types, uses, builder)


def _build(root: str, types: Mapping[str, Any], uses: Mapping[str, list[_Use]], builder: Builder) -> None:
    """Build ``root`` after everything it uses; iterative, as chains of types may be long. Cycles are already marked faulty."""
    stack = [root]
    while stack:
        name = stack[-1]
        if name in builder.types:
            stack.pop()
            continue
        waiting = sorted({use.name for use in uses[name]} - builder.types.keys())
        if waiting:
            stack.extend(waiting)
            continue
        place = Place(f"types.{name}", f"building schema for {name}: ")
        built, _ = builder.any(types[name], place)
        builder.types[name] = built


def _uses(definition: Any, path: str, depth: int = 0) -> Iterator[_Use]:
    """Custom types mentioned below a definition, in order of field names; what is no type is left to the build, which reports it."""
    if isinstance(definition, Mapping):
        if depth < MAX_DEPTH:
            for name, member in members(definition):
                yield from _uses(member, f"{path}.{name}", depth + 1)
    elif isinstance(definition, str):
        try:
            for name in custom_names(parse_type(definition.partition("|")[0])):
                yield _Use(name, path, definition)
        except GrammarError:
            return


def _define(name: str) -> str:
    return f"define {name} under schema.types, or correct the name"


def _report_cycle(cycle: tuple[str, ...], uses: Mapping[str, list[_Use]], builder: Builder) -> None:
    first = cycle[0]
    follower = cycle[1 % len(cycle)]
    use = next(use for use in uses[first] if use.name == follower)
    if len(cycle) == 1:
        message = f"type {first}: self references are not allowed"
    else:
        message = f"cyclic dependency in type {first}: graph contains a cycle: {' -> '.join((*cycle, first))}"
    hint = "break the cycle: use object for the part that refers back"
    builder.report(Place(use.path), message, "cyclic-type", text=use.text, column=use.text.find(follower), hint=hint)


def _knots(graph: Mapping[str, set[str]]) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """Knots: types that all lead to one another, each with one cycle in it that starts at its smallest name."""
    users: dict[str, set[str]] = {name: set() for name in graph}
    for name, used in graph.items():
        for other in used:
            users[other].add(name)
    found: list[tuple[tuple[str, ...], frozenset[str]]] = []
    tied: set[str] = set()
    for start in sorted(graph):
        cycle = None if start in tied else _shortest_cycle(start, graph)
        if cycle is not None:
            knot = frozenset(_reached(start, graph) & _reached(start, users))
            tied |= knot
            found.append((cycle, knot))
    return found


def _shortest_cycle(start: str, graph: Mapping[str, set[str]]) -> tuple[str, ...] | None:
    came_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following: list[str] = []
        for name in frontier:
            for neighbour in sorted(graph[name]):
                if neighbour == start:
                    way = [name]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return tuple(reversed(way))
                if neighbour not in came_from:
                    came_from[neighbour] = name
                    following.append(neighbour)
        frontier = following
    return None


def _reached(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    """Everything that ``start`` leads to, itself included."""
    seen = {start}
    frontier = [start]
    while frontier:
        following = graph[frontier.pop()] - seen
        seen |= following
        frontier.extend(following)
    return seen
