"""Compiled graphs without compiling: real nodes whose expressions are Python functions of the scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphcore.cel.library.conditions import Condition
from graphcore.errors import Problem
from graphcore.graph.expression import NodeError
from graphcore.graph.graph import Graph
from graphcore.graph.model import NodeType, Resource
from graphcore.graph.node import Node
from graphcore.graph.order import deletion_waves, topological_order
from graphcore.graph.status import ConditionProgram, StatusProgram

CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps", True)
SECRET = Resource("v1", "Secret", "secrets", True)
SERVICE = Resource("v1", "Service", "services", True)
DEPLOYMENT = Resource("apps/v1", "Deployment", "deployments", True)
NAMESPACE = Resource("v1", "Namespace", "namespaces", False)
APP = Resource("kro.run/v1alpha1", "App", "apps", True)
CLUSTER_APP = Resource("kro.run/v1alpha1", "ClusterApp", "clusterapps", False)
KINDS = {kind.group_kind: kind for kind in (CONFIG_MAP, SECRET, SERVICE, DEPLOYMENT, NAMESPACE, APP, CLUSTER_APP)}

Fn = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Fn1:
    """An expression: a missing key is pending data, a division by zero is fatal."""

    fn: Fn
    shown: str
    node: str = ""
    path: str = ""

    def value(self, scope: Mapping[str, Any]) -> Any:
        try:
            return self.fn(scope)
        except (KeyError, IndexError) as error:
            raise self._error("data-pending", f"no such key: {str(error)[1:-1]}", True) from None
        except ZeroDivisionError:
            raise self._error("evaluation-failed", "division by zero", False) from None

    json = value

    def failure(self, code: str, message: str, *, hint: str | None = None) -> NodeError:
        return self._error(code, message, False)

    def _error(self, code: str, message: str, pending: bool) -> NodeError:
        return NodeError((Problem(code, message, self.node, self.path, self.shown),), pending)


def expression(fn: Any, node: str, path: str = "", shown: str | None = None) -> Any:
    return Fn1(fn if callable(fn) else (lambda scope: fn), shown or f"{node}:{path}", node, path)


def node(
    id: str,
    kind: Resource = CONFIG_MAP,
    name: Any = None,
    *,
    after: Iterable[str] = (),
    fields: Mapping[str, Any] | None = None,
    template: Mapping[str, Any] | None = None,
    namespace: Any = None,
    ready: Fn | None = None,
    include: Fn | None = None,
    include_after: Iterable[str] = (),
    each: Mapping[str, Any] | None = None,
    external: bool = False,
    selector: Any = None,
) -> Node:
    """A node named ``<instance>-<id>`` unless ``name`` says otherwise. fields: dotted path → value or function of the scope."""
    computed: list[tuple[tuple[str, ...], Any]] = []
    metadata: dict[str, Any] = {}
    body: dict[str, Any] = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **(template or {})}
    body["metadata"] = metadata = {**(template or {}).get("metadata", {}), **metadata}
    if selector is not None:
        metadata["selector"] = None
        computed.append((("metadata", "selector"), expression(selector, id, "metadata.selector")))
    else:
        metadata["name"] = None
        computed.append(
            (("metadata", "name"), expression(name or (lambda s: f"{s['schema']['metadata']['name']}-{id}"), id, "metadata.name"))
        )
    if namespace is not None:
        if isinstance(namespace, str):
            metadata["namespace"] = namespace
        else:
            metadata["namespace"] = None
            computed.append((("metadata", "namespace"), expression(namespace, id, "metadata.namespace")))
    for path, value in (fields or {}).items():
        parts = tuple(path.split("."))
        place = body
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = None
        computed.append((parts, expression(value, id, path)))
    if external:
        type_ = NodeType.EXTERNAL if selector is None else NodeType.EXTERNAL_COLLECTION
    else:
        type_ = NodeType.COLLECTION if each else NodeType.RESOURCE
    return Node(
        id=id,
        index=0,
        type=type_,
        resource=kind,
        dependencies=tuple(dict.fromkeys([*after, *include_after])),
        include_dependencies=tuple(include_after),
        wave=0,
        template=body,
        fields=tuple(computed),
        include_when=(expression(include, id, "includeWhen[0]"),) if include else (),
        ready_when=(expression(ready, id, "readyWhen[0]", f"{id} is ready"),) if ready else (),
        for_each=tuple((key, expression(value, id, f"forEach.{key}")) for key, value in (each or {}).items()),
    )


def made(fn: Fn) -> Fn:
    """What ``runtime.newCondition`` returns, from dicts."""

    def convert(scope: Mapping[str, Any]) -> Any:
        found = fn(scope)
        return [Condition(**item) for item in found] if isinstance(found, list) else Condition(**found)

    return convert


def graph(
    *nodes: Node,
    status: Mapping[str, Any] | None = None,
    conditions: Iterable[Any] | None = None,
    instance: Resource = APP,
    name: str = "app",
) -> Graph:
    """Nodes in any order. status: dotted path → function of the scope. conditions: functions giving a condition, or several, as dicts."""
    edges = {item.id: item.dependencies for item in nodes}
    waves = deletion_waves(edges)
    by_id = {item.id: item for item in nodes}
    ordered = [
        replace(by_id[id], wave=waves[id], index=index, instance_namespaced=instance.namespaced)
        for index, id in enumerate(topological_order(edges))
    ]
    return Graph(
        rgd_name=name,
        revision_hash="0123456789abcdef",
        instance=instance,
        nodes=tuple(ordered),
        status=StatusProgram(tuple((tuple(path.split(".")), expression(fn, "schema", path)) for path, fn in (status or {}).items())),
        conditions=tuple(ConditionProgram(expression(made(fn), "schema", f"status.conditions[{i}]")) for i, fn in enumerate(conditions))
        if conditions is not None
        else None,
        crd={},
        fact_sheet={},
    )
