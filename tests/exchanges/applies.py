"""Server-side apply: conflicts, sharing, leaving, list keys, subresources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, MERGE, Ask
from tests.exchanges.objects_of import STRANGER, config_map, core, deployment, grouped, maps

MAPS = maps("applies")
ONE = MAPS + "/ap?fieldManager=m"
WEB = grouped("applies", "apps/v1", "deployments/web")
SERVICE = core("applies", "services/svc")


def asks() -> Iterator[Ask]:
    yield from _maps()
    yield from _deployments()
    yield from _services()


def _data(**data: str) -> dict[str, Any]:
    return {**config_map("ap"), "data": data}


def _maps() -> Iterator[Ask]:
    yield Ask("apply without manager", "PATCH", MAPS + "/ap", config_map("ap"), APPLY)
    yield Ask("apply in an absent namespace", "PATCH", "/api/v1/namespaces/nons/configmaps/ap?fieldManager=m", config_map("ap"), APPLY)
    yield Ask("apply creates in a dry run", "PATCH", ONE + "&dryRun=All", config_map("ap"), APPLY)
    yield Ask("apply creates", "PATCH", ONE, config_map("ap"), APPLY)
    yield Ask("apply again changes nothing", "PATCH", ONE, config_map("ap"), APPLY)
    yield Ask("apply create-only of an existing object", "PATCH", ONE, config_map("ap", resourceVersion="1"), APPLY)
    yield Ask("apply create-only of an absent object", "PATCH", MAPS + "/ap1?fieldManager=m", config_map("ap1", resourceVersion="1"), APPLY)
    seven = config_map("ap7", resourceVersion="7")
    yield Ask("apply with a resourceVersion of an absent object", "PATCH", MAPS + "/ap7?fieldManager=m", seven, APPLY)
    yield Ask("apply with the uid of an absent object", "PATCH", MAPS + "/ap2?fieldManager=m", config_map("ap2", uid=STRANGER), APPLY)
    yield Ask("apply with another object's uid", "PATCH", ONE, config_map("ap", uid=STRANGER), APPLY)
    yield Ask("apply over another manager", "PATCH", MAPS + "/ap?fieldManager=m2", _data(a="2"), APPLY)
    yield Ask("apply over another manager by force, dry", "PATCH", MAPS + "/ap?fieldManager=m2&force=true&dryRun=All", _data(a="2"), APPLY)
    yield Ask("apply over another manager by force", "PATCH", MAPS + "/ap?fieldManager=m2&force=true", _data(a="2"), APPLY)
    yield Ask("apply of what one shares", "PATCH", MAPS + "/ap?fieldManager=m3", _data(a="2"), APPLY)
    yield Ask("apply another name", "PATCH", ONE, config_map("other"), APPLY)
    yield Ask("apply another namespace", "PATCH", ONE, config_map("ap", namespace="kube-system"), APPLY)
    yield Ask("apply without name", "PATCH", ONE, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"z": "1"}}, APPLY)
    yield Ask("apply another version", "PATCH", ONE, {**config_map("ap"), "apiVersion": "v2"}, APPLY)
    yield Ask("apply another kind", "PATCH", ONE, {**config_map("ap"), "kind": "Secret"}, APPLY)
    yield Ask("apply with managedFields", "PATCH", ONE, config_map("ap", managedFields=[{"manager": "x"}]), APPLY)
    yield Ask("apply with an unknown field", "PATCH", ONE, {**config_map("ap"), "foo": 1}, APPLY)
    yield Ask("apply with an unknown field, strictly", "PATCH", ONE + "&fieldValidation=Strict", {**config_map("ap"), "foo": 1}, APPLY)
    yield Ask("apply without kind", "PATCH", ONE, {"metadata": {"name": "ap"}}, APPLY)
    yield Ask("apply a list", "PATCH", ONE, [1], APPLY)
    yield Ask("apply text", "PATCH", ONE, "just text", APPLY)
    yield Ask("apply broken YAML", "PATCH", ONE, "a: [", APPLY)
    yield Ask(
        "apply YAML",
        "PATCH",
        MAPS + "/yaml?fieldManager=m",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: b}\n",
        APPLY,
    )
    twice = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"y2"},"data":{"a":"1","a":"2"}}'
    yield Ask("apply a key twice", "PATCH", MAPS + "/y2?fieldManager=m", twice, APPLY)
    yield Ask("apply a key twice, strictly", "PATCH", MAPS + "/y2?fieldManager=m&fieldValidation=Strict", twice, APPLY)
    yield Ask("apply a wrong type", "PATCH", ONE, {**config_map("ap"), "data": {"a": 1}}, APPLY)
    yield Ask("apply a null", "PATCH", ONE, {**config_map("ap"), "data": {"a": None}}, APPLY)
    yield Ask("apply a bad label", "PATCH", ONE + "&force=true", config_map("ap", labels={"a b": "c"}), APPLY)
    yield Ask("another manager's update takes the field", "PATCH", MAPS + "/ap?fieldManager=hand", {"data": {"a": "3"}}, MERGE)
    yield Ask(
        "two conflicts", "PATCH", MAPS + "/ap?fieldManager=m4", {**config_map("ap", labels={"x": "y"}), "data": {"a": "5", "b": "6"}}, APPLY
    )
    yield Ask("a conflict with two managers", "PATCH", MAPS + "/ap?fieldManager=m3&force=true", _data(a="4", c="5"), APPLY)
    yield Ask("each of them", "PATCH", MAPS + "/ap?fieldManager=m5", _data(a="9", c="9"), APPLY)
    yield Ask("leave a field", "PATCH", MAPS + "/ap?fieldManager=m3", _data(a="4"), APPLY)
    yield Ask("leave everything", "PATCH", MAPS + "/ap?fieldManager=m3", {"apiVersion": "v1", "kind": "ConfigMap"}, APPLY)
    yield Ask("an empty map", "PATCH", MAPS + "/ap?fieldManager=m6", {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}, APPLY)
    yield Ask("a creation time", "PATCH", ONE, config_map("ap", creationTimestamp=None), APPLY)
    yield Ask("a finalizer", "PATCH", MAPS + "/ap?fieldManager=m7", _meta(finalizers=["a.b/c"]), APPLY)
    yield Ask("another finalizer", "PATCH", MAPS + "/ap?fieldManager=m8", _meta(finalizers=["a.b/d"]), APPLY)
    yield Ask("a finalizer twice", "PATCH", MAPS + "/ap?fieldManager=m8", _meta(finalizers=["a.b/d", "a.b/d"]), APPLY)
    yield Ask("no finalizer", "PATCH", MAPS + "/ap?fieldManager=m7", _meta(), APPLY)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": STRANGER}
    yield Ask("an owner", "PATCH", MAPS + "/ow?fieldManager=m", _meta(name="ow", ownerReferences=[owner]), APPLY)
    yield Ask(
        "an owner without uid", "PATCH", MAPS + "/ow2?fieldManager=m", _meta(name="ow2", ownerReferences=[{**owner, "uid": ""}]), APPLY
    )


def _meta(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def _deployments() -> Iterator[Ask]:
    def containers(*items: Any) -> dict[str, Any]:
        return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": list(items)}}}}

    yield Ask("apply what is not complete", "PATCH", WEB + "?fieldManager=m", containers({"name": "c"}), APPLY)
    yield Ask("apply a deployment", "PATCH", WEB + "?fieldManager=m", deployment(), APPLY)
    yield Ask("apply the same", "PATCH", WEB + "?fieldManager=m", deployment(), APPLY)
    yield Ask(
        "another manager's container",
        "PATCH",
        WEB + "?fieldManager=side",
        containers({"name": "side", "image": "envoy", "ports": [{"containerPort": 1}]}),
        APPLY,
    )
    yield Ask("another manager's image", "PATCH", WEB + "?fieldManager=side2", containers({"name": "c", "image": "other"}), APPLY)
    yield Ask(
        "another manager's environment",
        "PATCH",
        WEB + "?fieldManager=env",
        containers({"name": "c", "env": [{"name": "A", "value": "1"}]}),
        APPLY,
    )
    yield Ask("without its container", "PATCH", WEB + "?fieldManager=side", {"apiVersion": "apps/v1", "kind": "Deployment"}, APPLY)
    yield Ask("a container twice", "PATCH", WEB + "?fieldManager=twice", containers({"name": "c"}, {"name": "c"}), APPLY)
    yield Ask("a container without name", "PATCH", WEB + "?fieldManager=nameless", containers({"image": "c"}), APPLY)
    yield Ask(
        "a port without protocol", "PATCH", WEB + "?fieldManager=port", containers({"name": "c", "ports": [{"containerPort": 80}]}), APPLY
    )
    yield Ask(
        "the same port with protocol",
        "PATCH",
        WEB + "?fieldManager=port2",
        containers({"name": "c", "ports": [{"containerPort": 80, "protocol": "TCP"}]}),
        APPLY,
    )
    yield Ask(
        "a quantity written otherwise",
        "PATCH",
        WEB + "?fieldManager=q",
        containers({"name": "c", "resources": {"limits": {"cpu": "1000m"}}}),
        APPLY,
    )
    yield Ask(
        "the same quantity", "PATCH", WEB + "?fieldManager=q2", containers({"name": "c", "resources": {"limits": {"cpu": "1"}}}), APPLY
    )
    yield Ask("an unknown field in a container", "PATCH", WEB + "?fieldManager=u", containers({"name": "c", "imagee": "x"}), APPLY)
    yield Ask(
        "a number of text",
        "PATCH",
        WEB + "?fieldManager=u",
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": "3"}},
        APPLY,
    )
    yield Ask("another selector", "PATCH", WEB + "?fieldManager=m&force=true", deployment(selector={"matchLabels": {"app": "x"}}), APPLY)
    status = {"apiVersion": "apps/v1", "kind": "Deployment", "status": {"replicas": 3}}
    yield Ask("apply a status on the main path", "PATCH", WEB + "?fieldManager=st", status, APPLY)
    yield Ask("apply a status", "PATCH", WEB + "/status?fieldManager=st", status, APPLY)
    yield Ask("apply another status", "PATCH", WEB + "/status?fieldManager=st2", {**status, "status": {"replicas": 4}}, APPLY)
    yield Ask("apply a spec on the status path", "PATCH", WEB + "/status?fieldManager=st3", {**status, "spec": {"replicas": 9}}, APPLY)
    yield Ask(
        "no replicas",
        "PATCH",
        WEB + "?fieldManager=m",
        {**deployment(), "spec": {k: v for k, v in deployment()["spec"].items() if k != "replicas"}},
        APPLY,
    )
    yield Ask("the deployment", "GET", WEB)


def _services() -> Iterator[Ask]:
    def service(*ports: Any, **spec: Any) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc"}, "spec": {"ports": list(ports), **spec}}

    yield Ask("a service", "PATCH", SERVICE + "?fieldManager=m", service({"name": "a", "port": 80}), APPLY)
    yield Ask("a second port", "PATCH", SERVICE + "?fieldManager=m2", service({"name": "b", "port": 81, "protocol": "TCP"}), APPLY)
    yield Ask("the same port for UDP", "PATCH", SERVICE + "?fieldManager=m3", service({"name": "c", "port": 80, "protocol": "UDP"}), APPLY)
    yield Ask("the same port again", "PATCH", SERVICE + "?fieldManager=m4", service({"port": 80, "targetPort": 8080}), APPLY)
    yield Ask("a selector", "PATCH", SERVICE + "?fieldManager=m5", service(selector={"app": "x"}), APPLY)
    yield Ask("the service", "GET", SERVICE)
