"""What there is to see of a graph, independent of how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from graphcore.graph import Graph, NodeType


@dataclass(frozen=True, slots=True)
class Shape:
    """One node. title: its id. kind: ``Deployment (apps/v1)``. marks: what makes it special, in words. details: label → lines."""

    id: str
    title: str
    kind: str
    type: NodeType | None
    marks: tuple[str, ...]
    details: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """name: of the definition. shapes: the instance first, then nodes in topological order. edges: (dependent, dependency)."""

    name: str
    shapes: tuple[Shape, ...]
    edges: tuple[tuple[str, str], ...]


def picture_of(graph: Graph) -> Picture:
    """The instance's node ``schema`` has edges to the nodes that read it and need nothing else; almost every node reads it."""
    shapes = [
        Shape(
            "schema",
            graph.instance.kind,
            f"instance, {graph.instance.api_version}",
            None,
            () if graph.instance.namespaced else ("cluster-scoped",),
            (("status", tuple(f"{expression.path.removeprefix('status.')}: {expression.shown}" for _, expression in graph.status.fields)),),
        )
    ]
    edges: list[tuple[str, str]] = []
    for node in graph.nodes:
        expressions = [expression for _, expression in node.fields]
        conditions = [*node.include_when, *(expression for _, expression in node.for_each)]
        details = (
            ("includeWhen", tuple(expression.shown for expression in node.include_when)),
            ("forEach", tuple(f"{name} in {expression.shown}" for name, expression in node.for_each)),
            ("readyWhen", tuple(expression.shown for expression in node.ready_when)),
            ("fields", tuple(f"{expression.path}: {expression.shown}" for expression in expressions)),
        )
        marks = {
            NodeType.COLLECTION: ("collection",),
            NodeType.EXTERNAL: ("external",),
            NodeType.EXTERNAL_COLLECTION: ("external", "selector"),
        }.get(node.type, ())
        if node.include_when:
            marks = (*marks, "conditional")
        kind = f"{node.resource.kind} ({node.resource.api_version})"
        shapes.append(Shape(node.id, node.id, kind, node.type, marks, tuple(item for item in details if item[1])))
        if not node.dependencies and any("schema" in expression.program.references for expression in [*expressions, *conditions]):
            edges.append((node.id, "schema"))
        edges.extend((node.id, dependency) for dependency in node.dependencies)
    return Picture(graph.rgd_name, tuple(shapes), tuple(edges))
