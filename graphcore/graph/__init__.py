"""The graph room: a ResourceGraphDefinition, completely compiled.

``compile_graph`` checks a definition against schemas and gives an immutable ``Graph``; ``graph_from_facts`` makes the same graph again from
what the compile found out, without schemas.
"""

from graphcore.graph.compile import compile_graph
from graphcore.graph.crd import synthesize_crd
from graphcore.graph.drafts import group_versions
from graphcore.graph.expression import NodeError
from graphcore.graph.facts import UnusableFacts, decode_facts, encode_facts, graph_from_facts
from graphcore.graph.graph import Graph
from graphcore.graph.model import Limits, NodeType, Resource
from graphcore.graph.node import Node
from graphcore.graph.report import render, render_all
from graphcore.graph.revision import revision_hash, revision_name
from graphcore.graph.status import ConditionProgram, StatusProgram, StatusResult

__all__ = [
    "ConditionProgram",
    "Graph",
    "Limits",
    "Node",
    "NodeError",
    "NodeType",
    "Resource",
    "StatusProgram",
    "StatusResult",
    "UnusableFacts",
    "compile_graph",
    "decode_facts",
    "encode_facts",
    "graph_from_facts",
    "group_versions",
    "render",
    "render_all",
    "revision_hash",
    "revision_name",
    "synthesize_crd",
]
