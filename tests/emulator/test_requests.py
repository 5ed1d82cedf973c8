"""Request log and audit log, protobuf bodies, and requests that no client should send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_emulator.api import Api
from local_emulator.protobuf import generate
from local_emulator.protobuf.decoding import decode_object
from local_emulator.requestlog import RequestLog
from local_emulator.requests import parse_path
from local_emulator.server import Settings, create_app
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


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, api_version.encode()) + field(2, kind.encode())) + field(2, raw)


def test_protobuf_bodies() -> None:
    metadata = field(1, b"x") + field(3, b"default") + field(11, field(1, b"l") + field(2, b"v"))
    raw = field(1, metadata) + field(2, field(1, b"a") + field(2, b"1")) + field(3, field(1, b"b") + field(2, b"\x00"))
    assert decode_object(envelope("v1", "ConfigMap", raw)) == {
        "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x", "namespace": "default", "labels": {"l": "v"}},
        "data": {"a": "1"}, "binaryData": {"b": "AA=="},
    }  # fmt: skip


def test_protobuf_special_types() -> None:
    reference = field(1, field(1, b"secret")) + field(2, b"key")
    port = field(1, b"p") + field(3, 80)
    env = field(1, b"E") + field(3, field(4, reference))
    probe = field(1, field(2, field(2, field(1, 1) + field(3, b"http")))) + field(2, 5)
    container = (
        field(1, b"c")
        + field(6, port)
        + field(7, env)
        + field(10, probe)
        + field(8, field(1, field(1, b"cpu") + field(2, field(1, b"100m"))))
    )
    decoded = decode_object(envelope("v1", "Pod", field(2, field(2, container))))["spec"]["containers"][0]
    assert decoded == {
        "name": "c", "ports": [{"name": "p", "containerPort": 80}], "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "secret", "key": "key"}}}],
        "livenessProbe": {"httpGet": {"port": "http"}, "initialDelaySeconds": 5}, "resources": {"limits": {"cpu": "100m"}},
    }  # fmt: skip


def test_protobuf_create(client: Client) -> None:
    raw = field(1, field(1, b"x")) + field(2, field(1, b"a") + field(2, b"1"))
    made = client.create(MAPS, envelope("v1", "ConfigMap", raw), media=PROTOBUF)
    assert (made["metadata"]["namespace"], made["data"]) == ("default", {"a": "1"})


def test_protobuf_times() -> None:
    raw = field(1, field(8, b"\x08" + _varint(1767225600)) + field(9, b"\x08" + _varint(1767225600)))
    assert decode_object(envelope("v1", "ConfigMap", raw))["metadata"] == dict.fromkeys(
        ("creationTimestamp", "deletionTimestamp"), "2026-01-01T00:00:00Z"
    )


def test_the_protobuf_table_is_what_its_generator_makes(go_modules: Path) -> None:
    import gzip

    table: Mapping[str, object] = json.loads(gzip.decompress(generate.TARGET.read_bytes()))
    assert generate.table(go_modules) == table


@pytest.fixture
def go_modules() -> Path:
    import subprocess

    try:
        cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no Go toolchain")
    path = Path(cache)
    if not (path / "k8s.io" / f"api@{generate.VERSION}").is_dir():
        pytest.skip(f"k8s.io/api {generate.VERSION} is not in the module cache")
    return path
