"""The three patch formats, on kinds with keyed lists and on kinds without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import JSON, MERGE, STRATEGIC, Ask
from tests.exchanges.objects_of import STRANGER, config_map, deployment, grouped, maps

MAPS = maps("patches")
DEPLOYMENTS = grouped("patches", "apps/v1", "deployments")
ONE, WEB = MAPS + "/one", DEPLOYMENTS + "/web"


def asks() -> Iterator[Ask]:
    yield from _merge()
    yield from _json()
    yield from _strategic()


def _merge() -> Iterator[Ask]:
    yield Ask("create", "POST", MAPS, config_map("one", finalizers=["a.b/c"]))
    yield Ask("merge absent", "PATCH", MAPS + "/absent", {"data": {"a": "1"}}, MERGE)
    yield Ask("merge", "PATCH", ONE, {"data": {"b": None, "c": "4"}}, MERGE)
    yield Ask("merge nothing", "PATCH", ONE, {}, MERGE)
    yield Ask("merge with an old resourceVersion", "PATCH", ONE, {"metadata": {"resourceVersion": "1"}}, MERGE)
    yield Ask("merge with another uid", "PATCH", ONE, {"metadata": {"uid": STRANGER}, "data": {"a": "2"}}, MERGE)
    yield Ask("merge another name", "PATCH", ONE, {"metadata": {"name": "zz"}}, MERGE)
    yield Ask("merge another kind", "PATCH", ONE, {"kind": "Secret"}, MERGE, only=("code", "reason"))
    yield Ask("merge another version", "PATCH", ONE, {"apiVersion": "v2"}, MERGE)
    yield Ask("merge no kind", "PATCH", ONE, {"kind": None}, MERGE)
    yield Ask("merge no metadata", "PATCH", ONE, {"metadata": None}, MERGE)
    yield Ask("merge a list", "PATCH", ONE, [1], MERGE)
    yield Ask("merge garbage", "PATCH", ONE, "{nope", MERGE)
    yield Ask("merge empty", "PATCH", ONE, "", MERGE)
    yield Ask("merge a wrong type", "PATCH", ONE, {"data": {"a": 1}}, MERGE)
    yield Ask("merge an unknown field, strictly", "PATCH", ONE + "?fieldValidation=Strict", {"foo": 1}, MERGE)
    yield Ask("merge an unknown field, with a warning", "PATCH", ONE + "?fieldValidation=Warn", {"foo": 1}, MERGE)
    yield Ask("merge duplicate keys, strictly", "PATCH", ONE + "?fieldValidation=Strict", '{"data":{"a":"1","a":"2"}}', MERGE)
    yield Ask("merge by force", "PATCH", ONE + "?force=true", {"data": {"a": "2"}}, MERGE)
    yield Ask("merge in a dry run", "PATCH", ONE + "?dryRun=All", {"data": {"a": "dry"}}, MERGE)
    yield Ask("merge as another manager", "PATCH", ONE + "?fieldManager=second", {"data": {"a": "mine"}}, MERGE)
    yield Ask(
        "merge nulls everywhere", "PATCH", ONE, {"data": None, "immutable": None, "metadata": {"labels": None, "annotations": None}}, MERGE
    )


def _json() -> Iterator[Ask]:
    yield Ask("fill it", "PATCH", ONE, {"data": {"a": "1", "x/y~z": "2"}, "metadata": {"labels": {"l": "m"}}}, MERGE)
    table: list[tuple[str, Any]] = [
        ("replace", [{"op": "replace", "path": "/data/a", "value": "9"}]),
        ("replace absent", [{"op": "replace", "path": "/data/zzz", "value": "9"}]),
        ("add", [{"op": "add", "path": "/data/b", "value": "9"}]),
        ("add below nothing", [{"op": "add", "path": "/binaryData/b", "value": "aGk="}]),
        ("add to the end of a list", [{"op": "add", "path": "/metadata/finalizers/-", "value": "a.b/d"}]),
        ("add at a place in a list", [{"op": "add", "path": "/metadata/finalizers/0", "value": "a.b/e"}]),
        ("add beyond a list", [{"op": "add", "path": "/metadata/finalizers/9", "value": "a.b/f"}]),
        ("remove", [{"op": "remove", "path": "/data/b"}]),
        ("remove absent", [{"op": "remove", "path": "/data/zzz"}]),
        ("remove of a list", [{"op": "remove", "path": "/metadata/finalizers/0"}]),
        ("test that holds", [{"op": "test", "path": "/data/a", "value": "9"}, {"op": "replace", "path": "/data/a", "value": "10"}]),
        ("test that fails", [{"op": "test", "path": "/data/a", "value": "8"}]),
        ("test of absence", [{"op": "test", "path": "/data/zzz", "value": None}]),
        ("move", [{"op": "move", "from": "/data/a", "path": "/data/moved"}]),
        ("copy", [{"op": "copy", "from": "/data/moved", "path": "/data/a"}]),
        ("escapes", [{"op": "replace", "path": "/data/x~1y~0z", "value": "3"}]),
        ("an operation nobody knows", [{"op": "nope", "path": "/data/a"}]),
        ("no operation", [{"path": "/data/a"}]),
        ("no path", [{"op": "add", "value": "1"}]),
        ("a path without slash", [{"op": "add", "path": "data/a", "value": "1"}]),
        ("no list", {"a": 1}),
        ("a list of text", ["a"]),
        ("an empty list", []),
        ("a wrong result", [{"op": "add", "path": "/data/n", "value": 5}]),
        ("an unknown field", [{"op": "add", "path": "/foo", "value": 5}]),
        ("another uid", [{"op": "replace", "path": "/metadata/uid", "value": STRANGER}]),
        ("managed fields emptied", [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]),
        ("managed fields removed", [{"op": "remove", "path": "/metadata/managedFields"}]),
    ]
    for name, patch in table:
        yield Ask(f"json patch: {name}", "PATCH", ONE, patch, JSON)
    yield Ask("json patch: garbage", "PATCH", ONE, "{nope", JSON)
    yield Ask(
        "json patch: an unknown field, strictly",
        "PATCH",
        ONE + "?fieldValidation=Strict",
        [{"op": "add", "path": "/foo", "value": 5}],
        JSON,
    )
    yield Ask("json patch: absent", "PATCH", MAPS + "/absent", [{"op": "add", "path": "/data", "value": {}}], JSON)


def _strategic() -> Iterator[Ask]:
    yield Ask("strategic merge of a map", "PATCH", ONE, {"data": {"a": "1"}}, STRATEGIC)
    yield Ask("strategic merge of finalizers", "PATCH", ONE, {"metadata": {"finalizers": ["a.b/z"]}}, STRATEGIC)
    yield Ask(
        "strategic merge without a finalizer", "PATCH", ONE, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.b/z"]}}, STRATEGIC
    )
    yield Ask("strategic merge of a list", "PATCH", ONE, [1], STRATEGIC)
    yield Ask("create a deployment", "POST", DEPLOYMENTS, deployment())
    two = {
        "name": "d",
        "image": "busybox",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "ports": [{"containerPort": 80}],
    }

    def containers(*items: Any, **more: Any) -> dict[str, Any]:
        return {"spec": {"template": {"spec": {"containers": list(items), **more}}}}

    table: list[tuple[str, Any]] = [
        ("a second container", containers(two)),
        ("an image", containers({"name": "c", "image": "nginx:2"})),
        ("an environment in another order", containers({"name": "d", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}], "$setElementOrder/env": [{"name": "C"}, {"name": "B"}, {"name": "A"}]})),
        ("an entry less", containers({"name": "d", "env": [{"name": "A", "$patch": "delete"}]})),
        ("an entry replaced", containers({"name": "d", "$patch": "replace", "image": "alpine"})),
        ("a container less", containers({"name": "d", "$patch": "delete"})),
        ("all containers replaced", containers({"$patch": "replace"}, {"name": "e", "image": "one"})),
        ("containers in an order", containers({"name": "z", "image": "z"}, {"name": "e"}, **{"$setElementOrder/containers": [{"name": "z"}, {"name": "e"}]})),
        ("an order that misses one", containers({"name": "z", "image": "y"}, **{"$setElementOrder/containers": [{"name": "e"}]})),
        ("without the key", containers({"image": "x"})),
        ("a directive nobody knows", containers({"name": "z", "$patch": "nope"})),
        ("a strategy with retained keys", {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
        ("back to rolling", {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}}}}),
        ("a null", {"spec": {"replicas": None}}),
        ("a selector", {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
        ("labels replaced", {"metadata": {"labels": {"$patch": "replace", "a": "b"}}}),
        ("a port of a new kind", containers({"name": "e", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]})),
        ("tolerations", {"spec": {"template": {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}}}}),
        ("tolerations again", {"spec": {"template": {"spec": {"tolerations": [{"key": "b", "operator": "Exists"}]}}}}),
        ("a wrong type", {"spec": {"replicas": "two"}}),
        ("an unknown field", {"spec": {"nope": 1}}),
        ("a negative number", {"spec": {"replicas": -1}}),
    ]  # fmt: skip
    for name, patch in table:
        only = ("code", "reason") if name == "a wrong type" else ()  # the words are a Go type's
        yield Ask(f"strategic merge: {name}", "PATCH", WEB, patch, STRATEGIC, only=only)
    yield Ask("strategic merge: an unknown field, strictly", "PATCH", WEB + "?fieldValidation=Strict", {"spec": {"nope": 1}}, STRATEGIC)
    yield Ask("merge the containers", "PATCH", WEB, containers({"name": "only", "image": "x"}), MERGE)
    yield Ask("merge a status on the main path", "PATCH", WEB, {"status": {"replicas": 5}}, MERGE)
    yield Ask("merge a status", "PATCH", WEB + "/status", {"status": {"replicas": 5, "observedGeneration": 1}}, MERGE)
    yield Ask(
        "merge a spec on the status path",
        "PATCH",
        WEB + "/status",
        {"spec": {"replicas": 5}, "metadata": {"labels": {"x": "y"}, "annotations": {"x": "y"}}},
        MERGE,
    )
    conditions = {"status": {"conditions": [{"type": "Available", "status": "True"}]}}
    yield Ask("strategic merge of conditions", "PATCH", WEB + "/status", conditions, STRATEGIC)
    other = {"status": {"conditions": [{"type": "Progressing", "status": "True"}]}}
    yield Ask("strategic merge of other conditions", "PATCH", WEB + "/status", other, STRATEGIC)
    yield Ask("a negative status", "PATCH", WEB + "/status", {"status": {"replicas": -5}}, MERGE)
