"""One list of requests for both APIs, and what a real kube-apiserver 1.36 answered to them.

``python -m tests.emulator.exchanges SERVER TOKEN`` asks a running real server (fresh, without a controller manager) and rewrites the
recording; the test replays it against the emulator, request by request, because later ones see what earlier ones did.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).parent / "exchanges.jsonl"
APPLY, MERGE, STRATEGIC, JSON = (
    f"application/{kind}" for kind in ("apply-patch+yaml", "merge-patch+json", "strategic-merge-patch+json", "json-patch+json")
)
MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FOOS = "/apis/example.krofn.dev/v1/namespaces/default/foos"
STRANGER = "11111111-1111-1111-1111-111111111111"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
PARTIALS = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; ``pause``: seconds a real server needs before it (to establish or clean up)."""

    name: str
    method: str
    path: str
    body: Any = None
    media: str = "application/json"
    accept: str = "application/json"
    pause: float = 0.0
    code_only: bool = False


def config_map(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"a": "1"}}


def foo(name: str, spec: Any = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "example.krofn.dev/v1",
        "kind": "Foo",
        "metadata": {"name": name, **metadata},
        "spec": {} if spec is None else spec,
    }


SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["color"],
            "properties": {"color": {"type": "string", "default": "red"}, "replicas": {"type": "integer", "default": 1, "minimum": 0}},
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"replicas": {"type": "integer"}}},
    },
}
VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
    "selectableFields": [{"jsonPath": ".spec.color"}],
    "additionalPrinterColumns": [
        {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
    ],
    "schema": {"openAPIV3Schema": SCHEMA},
}


def definition(plural: str, **names: Any) -> dict[str, Any]:
    spec = {
        "group": "example.krofn.dev",
        "scope": "Namespaced",
        "names": {"plural": plural, "kind": "Foo", "shortNames": ["fo"], **names},
        "versions": [deepcopy(VERSION)],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.krofn.dev"},
        "spec": spec,
    }


def asks() -> Iterator[Ask]:
    """All requests, in order."""
    yield from _paths()
    yield from _creation()
    yield from _updates()
    yield from _applies()
    yield from _lists()
    yield from _deletion()
    yield from _custom()


def _paths() -> Iterator[Ask]:
    yield Ask("a resource that no core group has", "GET", "/api/v1/foos")
    yield Ask("a namespaced resource that no core group has", "GET", "/api/v1/namespaces/default/foos/x")
    yield Ask("a resource that apps has not", "GET", "/apis/apps/v1/foos")
    yield Ask("a group that nobody serves", "GET", "/apis/nope.io/v1/foos")
    yield Ask("discovery of a group that nobody serves", "GET", "/apis/nope.io")
    yield Ask("discovery of a version that nobody serves", "GET", "/apis/nope.io/v1")
    yield Ask("a path of no API", "GET", "/foo")
    yield Ask("a collection with PUT", "PUT", MAPS, config_map("p1"))
    yield Ask("an object with POST", "POST", MAPS + "/p1", config_map("p1"))
    yield Ask("create without namespace", "POST", "/api/v1/configmaps", config_map("p1"))
    yield Ask("discovery of apps", "GET", "/apis/apps")


def _creation() -> Iterator[Ask]:
    yield Ask("get absent", "GET", MAPS + "/x")
    yield Ask("create", "POST", MAPS, config_map("p1"))
    yield Ask("create again", "POST", MAPS, config_map("p1"))
    yield Ask("create with resourceVersion", "POST", MAPS, config_map("p2", resourceVersion="5"))
    yield Ask("create without name", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    yield Ask("create with a bad name", "POST", MAPS, config_map("Bad_Name"))
    yield Ask("create for another namespace", "POST", MAPS, config_map("p3", namespace="kube-system"))
    yield Ask("create another kind", "POST", MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})
    yield Ask("create another version", "POST", MAPS, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "x"}})
    yield Ask("create without kind", "POST", MAPS, {"metadata": {"name": "x"}})
    yield Ask("create garbage", "POST", MAPS, "{nope", code_only=True)
    yield Ask("create text", "POST", MAPS, "x", media="text/plain")
    yield Ask("create in an absent namespace", "POST", "/api/v1/namespaces/nons/configmaps", config_map("p1"))
    yield Ask("create with unknown fields", "POST", MAPS + "?fieldValidation=Warn", {**config_map("w1"), "foo": 1})
    yield Ask("create with unknown fields, strict", "POST", MAPS + "?fieldValidation=Strict", {**config_map("w2"), "foo": 1})
    yield Ask("create with a validation nobody knows", "POST", MAPS + "?fieldValidation=Nope", config_map("w2"))
    yield Ask("dry run", "POST", MAPS + "?dryRun=All", config_map("dry"))
    yield Ask("dry run left nothing", "GET", MAPS + "/dry")
    yield Ask("a dry run nobody knows", "POST", MAPS + "?dryRun=x", config_map("dry"))
    yield Ask("a long manager", "POST", MAPS + "?fieldManager=" + "x" * 130, config_map("dry"))
    yield Ask("a bad label name", "POST", MAPS, config_map("lb", labels={"a b": "c"}))
    yield Ask("a bad label value", "POST", MAPS, config_map("lb", labels={"a": "c d"}))
    yield Ask("a label that is a number", "POST", MAPS, config_map("lb", labels={"a": 1}))


def _updates() -> Iterator[Ask]:
    yield Ask("put absent", "PUT", MAPS + "/absent", config_map("absent"))
    yield Ask("put another name", "PUT", MAPS + "/p1", config_map("p9"))
    yield Ask("put with an old resourceVersion", "PUT", MAPS + "/p1", config_map("p1", resourceVersion="1"))
    yield Ask("put with another uid", "PUT", MAPS + "/p1", config_map("p1", uid=STRANGER))
    yield Ask("put with a bad resourceVersion", "PUT", MAPS + "/p1", config_map("p1", resourceVersion="abc"))
    yield Ask("put without change", "PUT", MAPS + "/p1", config_map("p1"))
    yield Ask("put a change", "PUT", MAPS + "/p1", {**config_map("p1"), "data": {"a": "2", "b": "3"}})
    yield Ask("merge absent", "PATCH", MAPS + "/absent", {"data": {"a": "1"}}, MERGE)
    yield Ask("merge", "PATCH", MAPS + "/p1", {"data": {"b": None, "c": "4"}}, MERGE)
    yield Ask("merge with an old resourceVersion", "PATCH", MAPS + "/p1", {"metadata": {"resourceVersion": "1"}}, MERGE)
    yield Ask("merge with another uid", "PATCH", MAPS + "/p1", {"metadata": {"uid": STRANGER}, "data": {"a": "2"}}, MERGE)
    yield Ask("merge another name", "PATCH", MAPS + "/p1", {"metadata": {"name": "zz"}}, MERGE)
    yield Ask("merge a list", "PATCH", MAPS + "/p1", [1], MERGE)
    yield Ask("patch of no format", "PATCH", MAPS + "/p1", {"data": {"a": "2"}})
    yield Ask("json patch", "PATCH", MAPS + "/p1", [{"op": "replace", "path": "/data/a", "value": "9"}], JSON)
    yield Ask("json patch whose test fails", "PATCH", MAPS + "/p1", [{"op": "test", "path": "/data/a", "value": "8"}], JSON, code_only=True)
    yield Ask("json patch that is no list", "PATCH", MAPS + "/p1", {"a": 1}, JSON)
    yield Ask("strategic merge", "PATCH", MAPS + "/p1", {"data": {"a": "1"}}, STRATEGIC)


def _applies() -> Iterator[Ask]:
    one = MAPS + "/ap?fieldManager=m"
    yield Ask("apply without manager", "PATCH", MAPS + "/ap", config_map("ap"), APPLY)
    yield Ask("apply creates", "PATCH", one, config_map("ap"), APPLY)
    yield Ask("apply again changes nothing", "PATCH", one, config_map("ap"), APPLY)
    yield Ask("apply create-only of an existing object", "PATCH", one, config_map("ap", resourceVersion="1"), APPLY)
    yield Ask("apply create-only of an absent object", "PATCH", MAPS + "/ap1?fieldManager=m", config_map("ap1", resourceVersion="1"), APPLY)
    yield Ask(
        "apply with a resourceVersion of an absent object",
        "PATCH",
        MAPS + "/ap7?fieldManager=m",
        config_map("ap7", resourceVersion="7"),
        APPLY,
    )
    yield Ask("apply with the uid of an absent object", "PATCH", MAPS + "/ap2?fieldManager=m", config_map("ap2", uid=STRANGER), APPLY)
    yield Ask("apply with another object's uid", "PATCH", one, config_map("ap", uid=STRANGER), APPLY)
    yield Ask("apply over another manager", "PATCH", MAPS + "/ap?fieldManager=m2", {**config_map("ap"), "data": {"a": "2"}}, APPLY)
    yield Ask(
        "apply over another manager by force",
        "PATCH",
        MAPS + "/ap?fieldManager=m2&force=true",
        {**config_map("ap"), "data": {"a": "2"}},
        APPLY,
    )
    yield Ask("apply of what one shares", "PATCH", MAPS + "/ap?fieldManager=m3", {**config_map("ap"), "data": {"a": "2"}}, APPLY)
    yield Ask("apply another name", "PATCH", one, config_map("other"), APPLY)
    yield Ask("apply with managedFields", "PATCH", one, config_map("ap", managedFields=[{"manager": "x"}]), APPLY)
    yield Ask("apply with an unknown field", "PATCH", one, {**config_map("ap"), "foo": 1}, APPLY)
    yield Ask("apply without kind", "PATCH", one, {"metadata": {"name": "ap"}}, APPLY)
    yield Ask("another manager's update takes the field", "PATCH", MAPS + "/ap?fieldManager=hand", {"data": {"a": "3"}}, MERGE)


def _lists() -> Iterator[Ask]:
    yield Ask("list", "GET", MAPS)
    yield Ask("list metadata", "GET", MAPS, accept=PARTIALS)
    yield Ask("get metadata", "GET", MAPS + "/p1", accept=PARTIAL)
    yield Ask("list what has no label", "GET", MAPS + "?labelSelector=x%3Dy")
    yield Ask("list by name", "GET", MAPS + "?fieldSelector=metadata.name%3Dp1")
    yield Ask("list by a broken selector", "GET", MAPS + "?labelSelector=a%20in%20(b")
    yield Ask("list by an unknown field", "GET", MAPS + "?fieldSelector=foo%3Dbar")
    yield Ask("list from a broken token", "GET", MAPS + "?limit=1&continue=zzz", code_only=True)
    yield Ask("list at a revision to come", "GET", MAPS + "?resourceVersion=99999999", code_only=True)
    yield Ask("list with a rule without revision", "GET", MAPS + "?resourceVersionMatch=Exact")
    yield Ask("watch with a rule", "GET", MAPS + "?watch=1&resourceVersionMatch=NotOlderThan&timeoutSeconds=1")
    yield Ask("watch from initial events without rule", "GET", MAPS + "?watch=1&sendInitialEvents=true&timeoutSeconds=1")
    yield Ask("watch from a bad revision", "GET", MAPS + "?watch=1&resourceVersion=abc&timeoutSeconds=1")
    yield Ask("list in a form nobody has", "GET", MAPS, accept="text/html", code_only=True)


def _deletion() -> Iterator[Ask]:
    yield Ask("delete another uid", "DELETE", MAPS + "/p1", {"preconditions": {"uid": "nope"}})
    yield Ask("delete another revision", "DELETE", MAPS + "/p1", {"preconditions": {"resourceVersion": "1"}})
    yield Ask("delete with a policy nobody knows", "DELETE", MAPS + "/p1", {"propagationPolicy": "x"})
    yield Ask("delete absent", "DELETE", MAPS + "/zz")
    yield Ask("delete in a dry run", "DELETE", MAPS + "/p1?dryRun=All")
    yield Ask("add a finalizer", "PATCH", MAPS + "/p1", {"metadata": {"finalizers": ["a.b/c"]}}, MERGE)
    yield Ask("a finalizer without domain", "PATCH", MAPS + "/p1", {"metadata": {"finalizers": ["abc"]}}, MERGE)
    yield Ask("delete what has a finalizer", "DELETE", MAPS + "/p1")
    yield Ask("delete it again", "DELETE", MAPS + "/p1")
    yield Ask("add a finalizer to what is going", "PATCH", MAPS + "/p1", {"metadata": {"finalizers": ["a.b/c", "a.b/d"]}}, MERGE)
    yield Ask("remove the last finalizer", "PATCH", MAPS + "/p1", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("it is gone", "GET", MAPS + "/p1")
    yield Ask("delete in the foreground", "DELETE", MAPS + "/w1?propagationPolicy=Foreground")
    yield Ask("delete", "DELETE", MAPS + "/ap1")
    yield Ask("delete a collection", "DELETE", MAPS + "?labelSelector=x%3Dy")
    yield Ask("delete the default namespace", "DELETE", "/api/v1/namespaces/default")
    yield Ask("the default namespace", "GET", "/api/v1/namespaces/default")
    yield Ask("scale of an absent deployment", "GET", "/apis/apps/v1/namespaces/default/deployments/x/scale")


def _custom() -> Iterator[Ask]:
    yield Ask("create a CRD", "POST", CRDS, definition("foos"))
    yield Ask("create a CRD of another name", "POST", CRDS, {**definition("foos"), "metadata": {"name": "x.example.krofn.dev"}})
    yield Ask("it is established", "GET", CRDS + "/foos.example.krofn.dev", pause=2.0)
    yield Ask("discovery of its group", "GET", "/apis/example.krofn.dev")
    yield Ask("discovery of its version", "GET", "/apis/example.krofn.dev/v1")
    yield Ask("another resource of its group", "GET", "/apis/example.krofn.dev/v1/bars")
    yield Ask("another version of its group", "GET", "/apis/example.krofn.dev/v2/foos")
    yield Ask("create an instance", "POST", FOOS, {**foo("a"), "status": {"replicas": 3}})
    yield Ask("create a wrong instance", "POST", FOOS, foo("b", {"color": 1, "replicas": -1}), code_only=True)
    yield Ask("create with unknown fields, strictly", "POST", FOOS + "?fieldValidation=Strict", foo("b", {"color": "x", "zip": 1}))
    yield Ask("create with unknown fields, with a warning", "POST", FOOS + "?fieldValidation=Warn", foo("b", {"color": "x", "zip": 1}))
    yield Ask("create an instance of another kind", "POST", FOOS, {**foo("c"), "kind": "Bar"})
    yield Ask("create an instance of another version", "POST", FOOS, {**foo("c"), "apiVersion": "example.krofn.dev/v2"})
    yield Ask("create an instance without kind", "POST", FOOS, {"metadata": {"name": "c"}}, code_only=True)
    yield Ask("an instance with a number as label", "POST", FOOS, foo("c", labels={"a": 1}))
    yield Ask("put an instance without resourceVersion", "PUT", FOOS + "/a", foo("a", {"color": "blue"}))
    yield Ask("apply an instance with an unknown field", "PATCH", FOOS + "/s?fieldManager=m", foo("s", {"color": "x", "zip": 1}), APPLY)
    yield Ask("apply an instance with a wrong type", "PATCH", FOOS + "/s?fieldManager=m", foo("s", {"color": 1}), APPLY)
    yield Ask("apply an instance", "PATCH", FOOS + "/s?fieldManager=m", foo("s", {"color": "x"}), APPLY)
    yield Ask("strategic merge of an instance", "PATCH", FOOS + "/a", {"spec": {"color": "x"}}, STRATEGIC)
    yield Ask("merge spec and status", "PATCH", FOOS + "/a", {"spec": {"color": "x"}, "status": {"replicas": 5}}, MERGE)
    yield Ask("merge status and spec", "PATCH", FOOS + "/a/status", {"spec": {"color": "zzz"}, "status": {"replicas": 5}}, MERGE)
    yield Ask("scale", "GET", FOOS + "/a/scale")
    yield Ask("merge scale", "PATCH", FOOS + "/a/scale", {"spec": {"replicas": 7}}, MERGE)
    yield Ask("the instance afterwards", "GET", FOOS + "/a")
    yield Ask("a subresource that it has not", "GET", FOOS + "/a/foo")
    yield Ask("list instances by a field", "GET", FOOS + "?fieldSelector=spec.color%3Dx")
    yield Ask("list instances by a field that is not selectable", "GET", FOOS + "?fieldSelector=spec.foo%3Dx")
    yield Ask("delete an instance", "DELETE", FOOS + "/a")
    yield Ask("create a CRD with taken names", "POST", CRDS, definition("bars"))
    yield Ask("it is not established", "GET", CRDS + "/bars.example.krofn.dev", pause=1.0)
    yield Ask("delete it", "DELETE", CRDS + "/bars.example.krofn.dev", code_only=True)
    yield Ask("hold an instance", "PATCH", FOOS + "/s", {"metadata": {"finalizers": ["a.b/c"]}}, MERGE, pause=1.0)
    yield Ask("delete the CRD", "DELETE", CRDS + "/foos.example.krofn.dev", code_only=True)
    yield Ask("it waits for its instance", "GET", CRDS + "/foos.example.krofn.dev", pause=1.5)
    yield Ask("create while it is going", "POST", FOOS, foo("new"))
    yield Ask("the instance is going", "GET", FOOS + "/s")
    yield Ask("let the instance go", "PATCH", FOOS + "/s", {"metadata": {"finalizers": None}}, MERGE)


_VOLATILE = (
    (re.compile(r'("resourceVersion":)"\d+"'), r'\1"#"'),
    (re.compile(r"ResourceVersion in record \(\d+\)"), "ResourceVersion in record (#)"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
)


def normal(text: str) -> Any:
    """An answer without what differs between runs; JSON decoded, so that key order does not count."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(value, dict) and isinstance(value.get("metadata"), dict) and value["metadata"].get("continue") == "":
        del value["metadata"]["continue"]
    return _unordered(value)


def _unordered(value: Any) -> Any:
    """CRD conditions in one order: two controllers of a real server race for it."""
    if isinstance(value, dict):
        return {
            key: sorted(item, key=lambda c: str(c.get("type"))) if key == "conditions" and isinstance(item, list) else _unordered(item)
            for key, item in value.items()
        }
    return [_unordered(item) for item in value] if isinstance(value, list) else value


def body_of(ask: Ask) -> bytes | None:
    if ask.body is None or isinstance(ask.body, str):
        return ask.body.encode() if ask.body else None
    return json.dumps(ask.body).encode()


def record(server: str, token: str, say: Callable[[str], None] = print) -> None:
    import httpx

    lines = []
    with httpx.Client(base_url=server, verify=False, timeout=30) as client:
        for ask in asks():
            time.sleep(ask.pause)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": ask.media, "Accept": ask.accept, "User-Agent": "recorder/1.0"}
            answer = client.request(ask.method, ask.path, content=body_of(ask), headers=headers)
            line = {"name": ask.name, "code": answer.status_code, "warnings": answer.headers.get_list("warning")}
            lines.append(json.dumps(line if ask.code_only else {**line, "body": normal(answer.text)}, sort_keys=True))
    RECORDING.write_text("\n".join(lines) + "\n")
    say(f"{len(lines)} answers recorded")


if __name__ == "__main__":
    record(*sys.argv[1:3])
