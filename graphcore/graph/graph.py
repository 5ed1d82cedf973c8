"""The compiled definition: immutable, the same for every instance of a revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphcore.errors import Problem
from graphcore.graph.model import Limits, Resource
from graphcore.graph.node import Node
from graphcore.graph.status import ConditionProgram, StatusProgram


@dataclass(frozen=True)
class Graph:
    """One revision of a definition, ready to converge instances.

    nodes: in topological order. conditions: None when the author declares none. crd: the generated CustomResourceDefinition; None on a
    warm start, which needs none. facts: what a warm start is made from (see ``graphcore.graph.facts``).
    """

    rgd_name: str
    revision_hash: str
    instance: Resource
    nodes: tuple[Node, ...]
    status: StatusProgram
    conditions: tuple[ConditionProgram, ...] | None
    crd: dict[str, Any] | None
    fact_sheet: Mapping[str, Any]
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[Problem, ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    def node(self, name: str) -> Node:
        """The node with an id. Raises KeyError."""
        return self._by_id[name]

    @property
    def topological_order(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.nodes)

    def facts(self) -> dict[str, Any]:
        """A JSON value from which, with the definition's spec, the same graph is made again without schemas."""
        return dict(self.fact_sheet)
