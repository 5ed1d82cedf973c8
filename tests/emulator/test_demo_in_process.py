"""The demonstration without a port: what the API holds, which events were delivered, and exactly what it cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from functions.platform.cluster import Request
from functions.platform.events import Role, from_object
from functions.platform.paths import CRDS, REVISIONS, member
from graphcore.graph import Resource
from graphcore.names import ACTIVE_REVISION, EVENT_CONVERGE
from local_emulator.cli.scenario import Snapshot, web_app
from local_emulator.hosting.host import Host
from local_emulator.hosting.inprocess import AsgiCluster
from tests.emulator.hosting import Object, apply, delete, patch, play, read, ready

WEBAPPS = Resource("kro.run/v1alpha1", "WebApp", "webapps", namespaced=True)
WRITES = {"PATCH", "PUT", "POST", "DELETE"}


@dataclass
class Meter:
    """What a function asked since the last reading."""

    cluster: AsgiCluster
    mark: int = 0

    def read(self) -> tuple[int, int]:
        """(reads, writes)."""
        asked = self.cluster.requests[self.mark :]
        self.mark = len(self.cluster.requests)
        writes = sum(1 for request in asked if request.verb in WRITES)
        return len(asked) - writes, writes


def told(host: Host, since: int) -> list[tuple[str, str, str]]:
    """(type, krorole, kind) of the deliveries, all of which were acknowledged."""
    delivered = host.deliveries[since:]
    assert {item.status for item in delivered} <= {204}
    return [(item.event.type.rpartition(".")[2], item.event.role.value, item.event.subject.kind) for item in delivered]


def ignore(_: Snapshot) -> None:
    return


@pytest.mark.feature(55, 83, 84, 90, 97, 98, 101)
def test_the_demonstration_ends_as_it_says_and_every_event_is_of_the_contract() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        app = web_app(client, within=20)
        await app.define()
        await host.quiet()
        definition = await read(client, dict(app.definition))
        crd = (await client.send(Request("GET", member(CRDS, None, "webapps.kro.run")))).body
        revision = (await client.send(Request("GET", member(REVISIONS, None, "web-app-r00001")))).body
        assert definition is not None
        assert definition["status"]["topologicalOrder"] == ["config", "deployment", "service", "ingress"]
        assert crd["metadata"]["annotations"][ACTIVE_REVISION] == "1"
        assert revision["metadata"]["ownerReferences"][0]["uid"] == definition["metadata"]["uid"]
        assert told(host, 0)[0] == ("add", "definition", "ResourceGraphDefinition")
        assert {item.event.partition for item in host.deliveries} == {definition["metadata"]["uid"]}

        since = len(host.deliveries)
        create, edit, remove = app.steps()
        await app.perform(create, ignore)
        await host.quiet()
        instance = await read(client, dict(app.instance))
        assert instance is not None
        assert ready(instance)
        assert instance["status"]["state"] == "ACTIVE"
        assert {key: instance["status"][key] for key in ("availableReplicas", "address")} == {
            "availableReplicas": 2,
            "address": "hello.default.svc",
        }
        assert "url" not in instance["status"]
        assert told(host, since)[0] == ("add", "instance", "WebApp")

        await app.perform(edit, ignore)
        await app.perform(remove, ignore)
        await host.quiet()
        last = await app.look()
        assert {row.node: row.state for row in last.rows} == dict.fromkeys(("config", "deployment", "service", "ingress"), "ready")
        assert last.fields["url"] == "http://hello.example.com"
        assert ("delete", "member", "Service") in told(host, since)
        for item in host.deliveries[since:]:
            event = item.event
            assert event.partition == instance["metadata"]["uid"]
            assert event.role in (Role.INSTANCE, Role.MEMBER)
            assert (event.revision, event.definition) == (1, definition["metadata"]["uid"])
            assert event.traceparent.startswith("00-")
            assert event.target.name == "hello"

        await delete(client, dict(app.instance))
        await host.quiet()
        assert await read(client, dict(app.instance)) is None
        for kind in ("/api/v1/namespaces/default/configmaps", "/apis/apps/v1/namespaces/default/deployments"):
            found = (await client.send(Request("GET", kind, {"labelSelector": "kro.run/owned=true"}))).body["items"]
            assert found == []

    play(scene, ready_after=0.05)


WEB: Object = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "ResourceGraphDefinition",
    "metadata": {"name": "plain-web"},
    "spec": {
        "schema": {
            "apiVersion": "v1alpha1",
            "kind": "WebApp",
            "spec": {"message": "string", "replicas": "integer | default=1"},
            "status": {"address": "${service.metadata.name}"},
        },
        "resources": [
            {
                "id": "config",
                "template": {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "${schema.metadata.name}"},
                    "data": {"message": "${schema.spec.message}"},
                },
            },
            {
                "id": "deployment",
                "template": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": "${config.metadata.name}"},
                    "spec": {
                        "replicas": "${schema.spec.replicas}",
                        "selector": {"matchLabels": {"app": "web"}},
                        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}},
                    },
                },
            },
            {
                "id": "service",
                "template": {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": "${deployment.metadata.name}"},
                    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
                },
            },
        ],
    },
}
INSTANCE: Object = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "WebApp",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"message": "hello"},
}
CONFIG: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "default"}}
SERVICE: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}}
KINDS = 3


@pytest.mark.feature(83, 99)
def test_the_cost_budget_of_a_web_app_holds_to_the_request() -> None:
    """Follow-up events included: whatever the instance function asked until everything was quiet."""

    async def scene(host: Host) -> None:
        client = host.client()
        meter = Meter(host.clusters["instance"])
        await apply(client, WEB)
        await host.quiet()
        assert meter.read() == (0, 0)

        created = await apply(client, INSTANCE)
        await host.quiet()
        # The instance, its CRD and its revision; then labels and finalizer, three children, the status.
        assert meter.read() == (3, 5)
        assert ready(await read(client, INSTANCE))

        look_again = from_object(EVENT_CONVERGE, Role.INSTANCE, WEBAPPS, created["metadata"], traceparent="")
        assert host.inlet is not None
        host.inlet.take(look_again, None)
        await host.quiet()
        assert meter.read() == (1 + KINDS, 0)

        await patch(client, CONFIG, {"data": {"message": "drift"}})
        await host.quiet()
        reads, writes = meter.read()
        assert (reads, writes) == (2 + KINDS, 1)
        config = await read(client, CONFIG)
        assert config is not None
        assert config["data"] == {"message": "hello"}

        await delete(client, SERVICE)
        await host.quiet()
        assert meter.read() == (2 + KINDS, 2)
        assert await read(client, SERVICE) is not None

        await delete(client, INSTANCE)
        await host.quiet()
        reads, writes = meter.read()
        assert reads + writes <= 3 + 3 + (3 + 1) * KINDS
        assert await read(client, INSTANCE) is None

    play(scene)


@pytest.mark.parametrize(("named", "more"), [(1, 1), (None, 2)])
def test_a_lost_cache_costs_reads_and_no_write(named: int | None, more: int) -> None:
    """The revision is read again; where nobody names one, what the kind serves is asked first."""

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, WEB)
        await host.quiet()
        created = await apply(client, INSTANCE)
        await host.quiet()
        host.lose("instance")
        host.boot("instance")
        meter = Meter(host.clusters["instance"], len(host.clusters["instance"].requests))
        event = from_object(EVENT_CONVERGE, Role.INSTANCE, WEBAPPS, created["metadata"], traceparent="")
        host.inlet.take(replace(event, revision=named), None)  # type: ignore[union-attr]
        await host.quiet()
        assert meter.read() == (1 + KINDS + more, 0)

    play(scene)


def test_one_event_for_each_instance_when_another_revision_is_served() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, WEB)
        await host.quiet()
        names = [f"web-{number}" for number in range(5)]
        for name in names:
            await apply(client, {**INSTANCE, "metadata": {**INSTANCE["metadata"], "name": name}})
        await host.quiet()
        since = len(host.deliveries)
        changed = {**WEB, "spec": {**WEB["spec"], "resources": [dict(item) for item in WEB["spec"]["resources"]]}}
        template = changed["spec"]["resources"][0]["template"]
        changed["spec"]["resources"][0]["template"] = {**template, "data": {"message": "${schema.spec.message + '!'}"}}
        await apply(client, changed)
        await host.quiet(0.2)
        fanned = Counter(item.event.target.name for item in host.deliveries[since:] if item.event.revision == 2)
        assert set(fanned) == set(names)
        assert ("update", "activation", "CustomResourceDefinition") in told(host, since)
        for name in names:
            config = await read(client, {**CONFIG, "metadata": {**CONFIG["metadata"], "name": name}})
            assert config is not None
            assert config["data"] == {"message": "hello!"}

    play(scene)
