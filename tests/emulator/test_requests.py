"""Request log and audit log, protobuf bodies, and requests that no client should send."""

from __future__ import annotations

import json

import pytest

from local_emulator.core.requestlog import RequestLog
from local_emulator.core.requests import parse_path
from local_emulator.protocol.api import Api
from local_emulator.protocol.server import Settings, create_app
from tests.emulator.client import APPLY, MERGE, Client, config_map

MAPS = "/api/v1/namespaces/default/configmaps"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def test_every_request_is_logged_with_its_verb(client: Client) -> None:
    client.api.log.clear()
    agent = {"user_agent": "krofn-instance/1"}
    client.call("POST", MAPS, config_map("a"), **agent)
    client.call("GET", MAPS, **agent)
    client.call("GET", MAPS + "/a", **agent)
    client.call("GET", MAPS + "?watch=1", **agent)
    client.call("PATCH", MAPS + "/a?fieldManager=m&force=true", config_map("a"), APPLY, **agent)
    client.call("PATCH", MAPS + "/a", {}, MERGE, **agent)
    client.call("PUT", MAPS + "/a", config_map("a"), **agent)
    client.call("DELETE", MAPS + "/a", **agent)
    client.call("DELETE", MAPS, **agent)
    client.call("GET", "/apis", **agent)
    client.call("GET", MAPS, user_agent="kubectl/1")
    verbs = ("create", "list", "get", "watch", "apply", "patch", "update", "delete", "deletecollection")
    assert client.api.log.counts("krofn-") == dict.fromkeys(verbs, 1)
    assert client.api.log.counts() == {**dict.fromkeys(verbs, 1), "list": 2}
    entry = client.api.log.entries[2]
    assert (entry.resource, entry.namespace, entry.name, entry.code, entry.user) == ("configmaps", "default", "a", 200, "kubernetes-admin")


def test_refusals_are_logged_with_their_code(client: Client) -> None:
    client.get(MAPS + "/absent")
    assert client.api.log.entries[-1].code == 404


def test_audit_lines_have_the_shape_of_a_real_servers() -> None:
    lines: list[bytes] = []
    api: Api = create_app(settings=Settings(schedule=lambda seconds, step: None), log=RequestLog(sink=lines.append)).api
    client = Client.__new__(Client)
    client.api = api
    client.call("PATCH", "/apis/apps/v1/namespaces/default/deployments/x/scale?fieldManager=m", {}, APPLY)
    event = json.loads(lines[-1])
    assert (event["kind"], event["stage"], event["verb"], event["userAgent"]) == ("Event", "ResponseComplete", "patch", "tester/1.0")
    assert event["objectRef"] == {
        "resource": "deployments",
        "namespace": "default",
        "name": "x",
        "apiGroup": "apps",
        "subresource": "scale",
    }
    assert event["responseStatus"]["code"] == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/pods", ("", "v1", "pods", "", "", "")), ("/api/v1/namespaces", ("", "v1", "namespaces", "", "", "")),
        ("/api/v1/namespaces/x", ("", "v1", "namespaces", "x", "x", "")), ("/api/v1/namespaces/x/finalize", ("", "v1", "namespaces", "x", "x", "finalize")),
        ("/api/v1/namespaces/x/pods", ("", "v1", "pods", "x", "", "")), ("/apis/apps/v1/namespaces/x/deployments/y/scale", ("apps", "v1", "deployments", "x", "y", "scale")),
        ("/apis/apps/v1/deployments", ("apps", "v1", "deployments", "", "", "")), ("/apis/rbac/v1/roles/a%2Fb", ("rbac", "v1", "roles", "", "a/b", "")),
        ("/apis/apps/v1", ("", "", "", "", "", "")),
    ],
)  # fmt: skip
def test_paths(path: str, expected: tuple[str, ...]) -> None:
    target = parse_path(path)
    assert (target.group, target.version, target.plural, target.namespace, target.name, target.subresource) == expected


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (b"", "application/json", 400), (b"[]", "application/json", 400), (b"null", "application/json", 422), (b"\xff\xfe", "application/json", 400),
        (b'{"metadata": 3}', "application/json", 400), (b"[" * 100_000, "application/json", 400), (b"a: &a [*a]", "application/yaml", 400),
        (b"x" * (3 * 1024 * 1024 + 1), "application/json", 413), (b"k8s", PROTOBUF, 400), (b"k8s\x00\xff\xff\xff", PROTOBUF, 400), (b"", PROTOBUF, 400),
        (b"{}", "application/cbor", 415), (b"date: 2026-01-01", "application/yaml", 422),
    ],
)  # fmt: skip
def test_strange_bodies_are_refused(client: Client, body: bytes, media: str, code: int) -> None:
    assert client.call("POST", MAPS, body, media).code == code


def test_expanding_yaml_is_refused(client: Client) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert client.call("POST", MAPS, "\n".join(lines), "application/yaml").code == 400
