"""A definition with an active revision and an instance of it, in the model of the API server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from graphcore import names
from graphcore.converge.instance.instance import converge_instance
from graphcore.converge.safety.attempt import InstanceRequest, Member, Options
from graphcore.graph.graph import Graph
from tests.support.graphs import APP, KINDS
from tests.support.memory import Api, drive

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """now moves by one second with every run, so that transition times tell runs apart."""

    graph: Graph
    api: Api = field(default_factory=lambda: Api(kinds=dict(KINDS)))
    now: datetime = START
    options: Options = field(default_factory=Options)
    outcome: Any = None
    revision: int = 0

    def __post_init__(self) -> None:
        self.activate(self.graph, 1)

    def activate(self, graph: Graph, revision: int, uid: str = "rgd-uid") -> None:
        """Make a revision the one that the generated CRD serves."""
        self.graph, self.revision = graph, revision
        self.api.graphs[(graph.rgd_name, revision)] = (graph, uid)
        kind = graph.instance
        name = f"{kind.plural}.{kind.group}"
        labels = {names.OWNED: "true", names.RGD_NAME: graph.rgd_name, names.RGD_ID: uid}
        note = {names.ACTIVE_REVISION: str(revision)}
        if self.api.find(names.CRD_KIND, name):
            self.api.edit(names.CRD_KIND, name, {"metadata": {"labels": labels, "annotations": note}})
        else:
            body = {
                "apiVersion": names.CRD_API_VERSION,
                "kind": names.CRD_KIND,
                "metadata": {"name": name, "labels": labels, "annotations": note},
            }
            self.api.create(body)

    def instance(self, name: str = "demo", namespace: str | None = "default", spec: Any = None, **metadata: Any) -> dict[str, Any]:
        kind = self.graph.instance
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, **metadata}, "spec": spec or {}}
        if namespace and kind.namespaced:
            body["metadata"]["namespace"] = namespace
        return self.api.create(body)

    def run(self, name: str = "demo", revision: int | None = None, *members: Member, namespace: str | None = "default") -> Any:
        """One invocation by a process that has the active revision cached; the request log afterwards is only its own."""
        self.now += timedelta(seconds=1)
        self.api.now = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.api.log.clear()
        kind = self.graph.instance
        warm = self.revision if revision is None else revision
        request = InstanceRequest(kind, name, namespace if kind.namespaced else None, revision=warm, members=members)
        self.outcome = drive(converge_instance(request, self.now, self.options), self.api)
        return self.outcome

    def demo(self, name: str = "demo") -> dict[str, Any]:
        return self.api.get(self.graph.instance.kind, name)

    def condition(self, kind: str, name: str = "demo") -> dict[str, Any]:
        found = [item for item in self.demo(name)["status"]["conditions"] if item["type"] == kind]
        assert len(found) == 1, self.demo(name)["status"]
        return found[0]

    @property
    def counts(self) -> tuple[int, int]:
        """(reads, writes) of the last run."""
        return self.api.reads, self.api.writes


__all__ = ["APP", "START", "World"]
