"""Bodies in protobuf: every message of the table is read by the names that JSON has for its fields."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local_emulator.objects.builtin.schemas import definitions
from local_emulator.objects.protobuf import generate
from local_emulator.objects.protobuf.decoding import decode_message, decode_object
from tests.emulator.client import Client
from tests.exchanges.asking import normal
from tests.tools.protobuf_bodies import objects, recorded

MAPS = "/api/v1/namespaces/default/configmaps"
PROTOBUF = "application/vnd.kubernetes.protobuf"
TABLE: Mapping[str, Mapping[str, tuple[str, str]]] = json.loads(gzip.decompress(generate.TARGET.read_bytes()))
LISTS = (".ExtraValue", ".Verbs")


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _length(data: bytes) -> bytes:
    return _varint(len(data)) + data


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


def names(message: str) -> set[str]:
    """The fields of a message as JSON shows them, those of inlined messages among them."""
    found: set[str] = set()
    for name, kind in TABLE[message].values():
        found |= {name} if name else names(kind)
    return found


def test_every_message_has_the_field_names_of_the_api_reference() -> None:
    checked, wrong = 0, {}
    for message in TABLE.keys() - generate.UNTAGGED:
        properties = definitions().get(message.replace("k8s.io.", "io.k8s.", 1), {}).get("properties")
        if properties is None:
            continue
        checked += 1
        # apiVersion and kind travel in the envelope, except where they are fields like others.
        if difference := (names(message) ^ properties.keys()) - {"apiVersion", "kind"}:
            wrong[message] = difference
    assert wrong == {}
    assert checked > 450


VALUES: Mapping[str, tuple[int, bytes, Any]] = {
    "string": (2, _length(b"text"), "text"),
    "bytes": (2, _length(b"\x00\x01"), "AAE="),
    "bool": (0, b"\x01", True),
    "int": (0, b"\x07", 7),
    "double": (1, struct.pack("<d", 1.5), 1.5),
}
"""Wire type, bytes and what they stand for, by type."""


def full(message: str) -> tuple[bytes, dict[str, Any]]:
    """A message with every field set once, messages in it being empty, and the object that it stands for."""
    data, expected = b"", {}
    for number, (name, kind) in TABLE[message].items():
        bare = kind.lstrip("*{}")
        wire, raw, value = VALUES[bare] if bare in VALUES else (2, _length(b""), decode_message(bare, b""))
        if kind.startswith("{}"):
            wire, raw, value = 2, _length(field(1, b"k") + _varint(2 << 3 | wire) + raw), {"k": value}
        elif kind.startswith("*"):
            value = [value]
        if not name:
            raw, value = full(bare)
            data += _varint(int(number) << 3 | 2) + _length(raw)
            expected |= value
            continue
        data += _varint(int(number) << 3 | wire) + raw
        expected[name] = value
    return data, expected


def test_every_message_is_read_with_every_field() -> None:
    wrong = {}
    for message in TABLE.keys() - generate.UNTAGGED:
        data, expected = full(message)
        if decode_message(message, data) != (expected["items"] if message.endswith(LISTS) else expected):
            wrong[message] = expected
    assert wrong == {}


@pytest.mark.parametrize("line", recorded(), ids=lambda line: line["answer"]["kind"])
def test_what_a_real_server_answers_in_protobuf_is_what_it_answers_in_json(line: dict[str, Any]) -> None:
    assert _said(decode_object(base64.b64decode(line["protobuf"]))) == _said(line["answer"])


@pytest.mark.parametrize("line", recorded(), ids=lambda line: line["answer"]["kind"])
def test_an_object_created_in_protobuf_is_the_one_created_in_json(client: Client, line: dict[str, Any]) -> None:
    path = line["path"] + "?dryRun=All"
    bodies = [(base64.b64decode(line["protobuf"]), PROTOBUF), (line["answer"], "application/json")]
    first, second = (_said({**client.create(path, body, media=media)}, "managedFields") for body, media in bodies)
    assert first == second


def test_every_object_is_recorded() -> None:
    assert [(line["path"], line["sent"]) for line in recorded()] == objects()


def _said(value: Any, *without: str) -> Any:
    """What an object says: without what differs between runs, and without what is empty, which protobuf may leave out."""
    shown = normal(json.dumps(value))
    for template in (shown.get("spec") or {}).get("volumeClaimTemplates") or ():
        # JSON says of which kind an object within an object is, protobuf does not.
        template.pop("apiVersion", None)
        template.pop("kind", None)
    return _full(shown, {"uid", "creationTimestamp", *without})


def _full(value: Any, without: set[str]) -> Any:
    if isinstance(value, dict):
        shown = {key: _full(item, without) for key, item in value.items() if key not in without}
        return {key: item for key, item in shown.items() if item not in ("", None, 0, False) and item not in ({}, [])}
    return [_full(item, without) for item in value] if isinstance(value, list) else value


def test_the_protobuf_table_is_what_its_generator_makes(go_modules: Path) -> None:
    assert generate.table(go_modules) == TABLE


@pytest.fixture
def go_modules() -> Path:
    try:
        cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no Go toolchain")
    path = Path(cache)
    if not (path / "k8s.io" / f"api@{generate.VERSION}").is_dir():
        pytest.skip(f"k8s.io/api {generate.VERSION} is not in the module cache")
    return path
