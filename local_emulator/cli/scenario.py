"""The demonstration as a script over the Kubernetes API, without a screen: what is done, and what can be seen while it takes effect.

The same steps run in ``krofn demo`` against real processes and in the tests in process; whoever shows them gets a :class:`Snapshot` for
each look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeAlias

import yaml

from functions.platform.cluster import APPLY_PATCH, MERGE_PATCH, Answer, Cluster, Request
from functions.platform.paths import DEFINITIONS, collection, member
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE, INSTANCE_ID, NODE_ID, READY, RGD_ACTIVE
from graphcore.names.plural import pluralize

MANAGER = "krofn-demo"
LOOK_EVERY = 0.05
State: TypeAlias = Literal["waiting", "excluded", "progressing", "ready", "deleting"]


class ScenarioError(Exception):
    """A step did not come true in time, or was refused; one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One node of the instance. object: ``Kind name`` if it exists. detail: what it waits for, or how far it is."""

    node: str
    kind: str
    name: str
    state: State
    detail: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The instance as one look showed it. fields: what its status projects. ready: its condition of that name is True at its generation."""

    kind: str
    name: str
    state: str
    ready: bool
    message: str
    fields: Mapping[str, Any]
    rows: tuple[Row, ...]

    def row(self, node: str) -> Row:
        return next(row for row in self.rows if row.node == node)


Look: TypeAlias = Callable[[Snapshot], None]
Until: TypeAlias = Callable[[Snapshot], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One act of the demonstration. title: what is done, in the user's words. act: does it. until: holds when it has taken effect."""

    title: str
    command: str
    act: Callable[[], Awaitable[None]]
    until: Until


@dataclass(frozen=True, slots=True)
class WebApp:
    """The example on a cluster."""

    cluster: Cluster
    definition: Mapping[str, Any]
    instance: Mapping[str, Any]
    within: float = 60.0

    @property
    def resource(self) -> Resource:
        schema = self.definition["spec"]["schema"]
        return Resource(
            f"{schema.get('group', 'kro.run')}/{schema['apiVersion']}", schema["kind"], pluralize(schema["kind"].lower()), namespaced=True
        )

    async def define(self) -> None:
        """Applies the definition and returns when it is Active."""
        await self._apply(DEFINITIONS, self.definition)
        end = time.monotonic() + self.within
        while True:
            found = await self._send(Request("GET", member(DEFINITIONS, None, self.definition["metadata"]["name"])))
            status = found.body.get("status") or {}
            if status.get("state") == RGD_ACTIVE and _condition(found.body, READY).get("status") == "True":
                return
            if time.monotonic() > end:
                raise ScenarioError(
                    f"the definition is not Active after {self.within:g} s: {_condition(found.body, READY).get('message', '')}"
                )
            await asyncio.sleep(LOOK_EVERY)

    async def timed_define(self) -> float:
        """:meth:`define`; the seconds it took."""
        began = time.monotonic()
        await self.define()
        return time.monotonic() - began

    def steps(self) -> Sequence[Step]:
        """Create, edit, and repair; in this order."""
        removed: list[str] = []

        async def create() -> None:
            await self._apply(self.resource, self.instance)

        async def edit() -> None:
            spec = {"message": "Hello again", "replicas": 3, "ingress": {"enabled": True, "host": "hello.example.com"}}
            await self._send(Request("PATCH", self._path(), {"fieldManager": MANAGER}, {"spec": spec}, MERGE_PATCH))

        async def remove() -> None:
            removed.append((await self.look()).row("service").uid)
            service = Resource("v1", "Service", "services", namespaced=True)
            await self._send(Request("DELETE", member(service, self._namespace, self.instance["metadata"]["name"])))

        name = self.instance["metadata"]["name"]
        return (
            Step("Create an instance", "kubectl apply -f examples/web-app/instance.yaml", create, lambda seen: seen.ready),
            Step(
                "Edit it: another message, a third replica, an Ingress",
                f"kubectl edit webapp {name}",
                edit,
                lambda seen: seen.ready and seen.row("ingress").state == "ready" and seen.fields.get("availableReplicas") == 3,
            ),
            Step(
                "Delete a child by hand",
                f"kubectl delete service {name}",
                remove,
                lambda seen: seen.ready and seen.row("service").state == "ready" and seen.row("service").uid not in removed,
            ),
        )

    async def perform(self, step: Step, look: Look) -> float:
        """Does a step and looks until it has taken effect; the seconds that took. Raises ScenarioError, ClusterError."""
        began = time.monotonic()
        await step.act()
        while True:
            snapshot = await self.look()
            look(snapshot)
            if step.until(snapshot):
                return time.monotonic() - began
            if time.monotonic() - began > self.within:
                raise ScenarioError(f"{step.title}: not done after {self.within:g} s; {snapshot.state}: {snapshot.message}")
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> Snapshot:
        """The instance and its children now."""
        answer = await self.cluster.send(Request("GET", self._path()))
        instance = answer.body if answer.ok else {}
        uid = str((instance.get("metadata") or {}).get("uid", ""))
        status = instance.get("status") or {}
        nodes = self.definition["spec"]["resources"]
        found = await asyncio.gather(*(self._child(uid, node) for node in nodes))
        rows: list[Row] = []
        for node, child in zip(nodes, found, strict=True):
            rows.append(_row(node, child, rows))
        ready = _condition(instance, READY)
        return Snapshot(
            kind=self.resource.kind,
            name=f"{self._namespace}/{self.instance['metadata']['name']}",
            state=str(status.get("state", "")),
            ready=bool(instance)
            and ready.get("status") == "True"
            and status.get("state") == ACTIVE
            and ready.get("observedGeneration") == instance["metadata"].get("generation"),
            message=str(ready.get("message") or ""),
            fields={key: value for key, value in status.items() if key not in ("conditions", "state")},
            rows=tuple(rows),
        )

    async def _child(self, uid: str, node: Mapping[str, Any]) -> dict[str, Any] | None:
        template = node["template"]
        resource = Resource(template["apiVersion"], template["kind"], pluralize(template["kind"].lower()), namespaced=True)
        query = {"labelSelector": f"{INSTANCE_ID}={uid},{NODE_ID}={node['id']}"}
        answer = await self.cluster.send(Request("GET", collection(resource, self._namespace), query))
        items = answer.body.get("items") or () if answer.ok and uid else ()
        return {**items[0], "kind": template["kind"]} if items else None

    @property
    def _namespace(self) -> str:
        return str(self.instance["metadata"].get("namespace", "default"))

    def _path(self) -> str:
        return member(self.resource, self._namespace, self.instance["metadata"]["name"])

    async def _apply(self, resource: Resource, body: Mapping[str, Any]) -> None:
        path = member(resource, body["metadata"].get("namespace"), body["metadata"]["name"])
        await self._send(Request("PATCH", path, {"fieldManager": MANAGER, "force": "true"}, body, APPLY_PATCH))

    async def _send(self, request: Request) -> Answer:
        answer = await self.cluster.send(request)
        if not answer.ok:
            raise ScenarioError(f"{request.verb} {request.path}: {answer.message}")
        return answer


def web_app(cluster: Cluster, within: float = 60.0) -> WebApp:
    """The example of ``examples/web-app`` on a cluster."""
    return WebApp(cluster, example("rgd.yaml"), example("instance.yaml"), within)


def example(name: str) -> dict[str, Any]:
    """A file of the example, from the repository or the installed package."""
    loaded: dict[str, Any] = yaml.safe_load((resources.files("local_emulator") / "examples" / "web-app" / name).read_text(encoding="utf-8"))
    return loaded


def _row(node: Mapping[str, Any], child: Mapping[str, Any] | None, before: Sequence[Row]) -> Row:
    kind = str(node["template"]["kind"])
    if child is None:
        if node.get("includeWhen"):
            return Row(node["id"], kind, "", "excluded", "not asked for")
        late = [row.node for row in before if row.state != "ready" and f"{row.node}." in yaml.safe_dump(node["template"])]
        return Row(node["id"], kind, "", "waiting", f"waits for {' and '.join(late)}" if late else "")
    metadata = child["metadata"]
    state, detail = _progress(child)
    return Row(node["id"], kind, str(metadata["name"]), state, detail, str(metadata["uid"]))


def _progress(child: Mapping[str, Any]) -> tuple[State, str]:
    if child["metadata"].get("deletionTimestamp"):
        return "deleting", ""
    if child["kind"] == "Deployment":
        wanted = child["spec"].get("replicas", 1)
        status = child.get("status") or {}
        available = status.get("availableReplicas", 0)
        settled = status.get("observedGeneration", 0) >= child["metadata"].get("generation", 0)
        return ("ready" if available == wanted and settled else "progressing"), f"{available} of {wanted} replicas available"
    return "ready", ""


def _condition(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((entry for entry in (item.get("status") or {}).get("conditions") or () if entry.get("type") == name), {})
