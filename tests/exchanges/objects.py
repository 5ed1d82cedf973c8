"""Creating and updating: who refuses what, and what is done to metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import MERGE, Ask
from tests.exchanges.objects_of import STRANGER, config_map, core, maps

MAPS = maps("objects")
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": STRANGER}


def asks() -> Iterator[Ask]:
    yield from _creation()
    yield from _metadata()
    yield from _decoding()
    yield from _updates()
    yield from _update_metadata()


def _raw(name: str, rest: str) -> str:
    return f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},{rest}}}'


def _creation() -> Iterator[Ask]:
    yield Ask("create", "POST", MAPS, config_map("p1"), keep="p1")
    yield Ask("create again", "POST", MAPS, config_map("p1"))
    yield Ask("create with resourceVersion", "POST", MAPS, config_map("p2", resourceVersion="5"))
    yield Ask("create with resourceVersion zero", "POST", MAPS, config_map("p0", resourceVersion="0"))
    yield Ask("create without name", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    yield Ask("create with an empty name", "POST", MAPS, config_map(""))
    yield Ask("create with a bad name", "POST", MAPS, config_map("Bad_Name"))
    yield Ask("create with a long name", "POST", MAPS, config_map("x" * 254))
    yield Ask("create with a name of dots", "POST", MAPS, config_map(".."))
    yield Ask("create for another namespace", "POST", MAPS, config_map("p3", namespace="kube-system"))
    yield Ask("create another kind", "POST", MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})
    yield Ask("create another version", "POST", MAPS, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "x"}})
    yield Ask("create another group", "POST", MAPS, {"apiVersion": "apps/v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    yield Ask("create a kind nobody knows", "POST", MAPS, {"apiVersion": "v1", "kind": "Nope", "metadata": {"name": "x"}})
    yield Ask("create without kind", "POST", MAPS + "?dryRun=All", {"metadata": {"name": "x"}})
    yield Ask("create in an absent namespace", "POST", "/api/v1/namespaces/nons/configmaps", config_map("p1"))
    yield Ask("create with unknown fields", "POST", MAPS + "?fieldValidation=Warn", {**config_map("w1"), "foo": 1})
    yield Ask("create with unknown fields, strict", "POST", MAPS + "?fieldValidation=Strict", {**config_map("w2"), "foo": 1, "bar": {}})
    yield Ask("create with unknown fields, ignored", "POST", MAPS + "?fieldValidation=Ignore&dryRun=All", {**config_map("w2"), "foo": 1})
    yield Ask("create with a validation nobody knows", "POST", MAPS + "?fieldValidation=Nope", config_map("w2"))
    yield Ask("unknown fields of metadata", "POST", MAPS + "?fieldValidation=Strict", config_map("w2", nope=1, other={"a": 1}))
    yield Ask("dry run", "POST", MAPS + "?dryRun=All", config_map("dry"))
    yield Ask("dry run left nothing", "GET", MAPS + "/dry")
    yield Ask("dry run of an existing name", "POST", MAPS + "?dryRun=All", config_map("p1"))
    yield Ask("a dry run nobody knows", "POST", MAPS + "?dryRun=x", config_map("dry"))
    yield Ask("a long manager", "POST", MAPS + "?fieldManager=" + "x" * 130, config_map("dry"))
    yield Ask("a manager with a control character", "POST", MAPS + "?dryRun=All&fieldManager=a%00b", config_map("dry"))
    yield Ask("a manager of its own", "POST", MAPS + "?dryRun=All&fieldManager=mine", config_map("dry"))
    yield Ask("generate a name", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "gen-"}})
    bad = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "Bad_"}}
    yield Ask("generate a bad name", "POST", MAPS + "?dryRun=All", bad, only=("code", "reason"))
    both = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "both", "generateName": "gen-"}}
    yield Ask("a name and a stem", "POST", MAPS + "?dryRun=All", both)
    yield Ask("a namespace with a bad name", "POST", "/api/v1/namespaces", _namespace("a.b"))
    yield Ask("a namespace with a long name", "POST", "/api/v1/namespaces", _namespace("a" * 64))
    yield Ask("a namespace that exists", "POST", "/api/v1/namespaces", _namespace("default"))
    yield Ask("a namespace in a dry run", "POST", "/api/v1/namespaces?dryRun=All", _namespace("dry"))
    yield Ask("a cluster-scoped object with a namespace", "POST", "/api/v1/namespaces?dryRun=All", _namespace("dry", namespace="x"))


def _namespace(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def _metadata() -> Iterator[Ask]:
    table: list[tuple[str, dict[str, Any]]] = [
        ("a bad label name", {"labels": {"a b": "c"}}),
        ("a bad label value", {"labels": {"a": "c d"}}),
        ("a long label value", {"labels": {"a": "c" * 64}}),
        ("a label with two slashes", {"labels": {"a/b/c": "d"}}),
        ("a label with an empty prefix", {"labels": {"/b": "d"}}),
        ("a label with a bad prefix", {"labels": {"A_B/b": "d"}}),
        ("a label without name", {"labels": {"": "d"}}),
        ("a long label name", {"labels": {"x" * 64: "d"}}),
        ("a long label prefix", {"labels": {"x" * 254 + "/a": "d"}}),
        ("a label that is a number", {"labels": {"a": 1}}),
        ("a label that is null", {"labels": {"a": None}}),
        ("labels that are a list", {"labels": ["a"]}),
        ("a bad annotation", {"annotations": {"a b": "c"}}),
        ("a capital annotation", {"annotations": {"A.b/C": "c"}}),
        ("an annotation that is a boolean", {"annotations": {"a": True}}),
        ("annotations too long", {"annotations": {"a": "x" * 262145}}),
        ("a finalizer without domain", {"finalizers": ["abc"]}),
        ("a bad finalizer", {"finalizers": ["a b"]}),
        ("an empty finalizer", {"finalizers": [""]}),
        ("a finalizer twice", {"finalizers": ["a.b/c", "a.b/c"]}),
        ("standard finalizers", {"finalizers": ["foregroundDeletion", "orphan"]}),
        ("an owner without uid", {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o"}]}),
        ("an owner without anything", {"ownerReferences": [{}]}),
        ("an owner with a bad version", {"ownerReferences": [{**OWNER, "apiVersion": "a/b/c"}]}),
        ("an event as owner", {"ownerReferences": [{**OWNER, "kind": "Event"}]}),
        ("an owner twice", {"ownerReferences": [OWNER, OWNER]}),
        ("two controllers", {"ownerReferences": [{**OWNER, "controller": True}, {**OWNER, "name": "p", "controller": True}]}),
        ("an owner with an unknown field", {"ownerReferences": [{**OWNER, "foo": 1}]}),
        ("a uid", {"uid": STRANGER}),
        ("a creation time", {"creationTimestamp": "2020-01-01T00:00:00Z"}),
        ("a bad creation time", {"creationTimestamp": "yesterday"}),
        ("a null creation time", {"creationTimestamp": None}),
        ("a deletion time", {"deletionTimestamp": "2020-01-01T00:00:00Z"}),
        ("a generation", {"generation": 7}),
        ("a negative generation", {"generation": -7}),
        ("a self link", {"selfLink": "/x"}),
        ("managed fields", {"managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a": {}}}}]}),
        ("managed fields that are wrong", {"managedFields": [{"manager": "x", "operation": "Nope"}]}),
    ]  # fmt: skip
    for name, metadata in table:
        yield Ask(f"create with {name}", "POST", MAPS + "?dryRun=All", config_map("md", **metadata))
    for name, metadata in (("null", None), ("text", "x"), ("a list", [])):
        yield Ask(f"metadata that is {name}", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def _decoding() -> Iterator[Ask]:
    base = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "de"}}
    for name, rest in (
        ("a number as data", {"data": {"a": 1}}),
        ("a null as data", {"data": {"a": None}}),
        ("a list as data", {"data": ["a"]}),
        ("text as data", {"data": "a"}),
        ("null data", {"data": None}),
        ("a capital member", {"Data": {"a": "1"}}),
        ("text that should be true", {"immutable": "true"}),
        ("bad base64", {"binaryData": {"a": "%%%"}}),
        ("good base64", {"binaryData": {"a": "aGk="}}),
        ("one key twice in data and binaryData", {"binaryData": {"a": "aGk="}, "data": {"a": "1"}}),
        ("a bad key", {"data": {"a/b": "1"}}),
        ("a key of dots", {"data": {"..": "1"}}),
    ):
        yield Ask(f"create with {name}", "POST", MAPS + "?dryRun=All&fieldValidation=Strict", {**base, **rest})
    for how in ("Strict", "Warn", "Ignore"):
        yield Ask(
            f"duplicate keys, {how}",
            "POST",
            f"{MAPS}?dryRun=All&fieldValidation={how}",
            _raw("du", '"data":{"a":"1","b":"2","a":"3"},"data":{"c":"4"}'),
        )
    yield Ask("duplicate and unknown keys", "POST", MAPS + "?dryRun=All&fieldValidation=Strict", _raw("du", '"foo":1,"foo":2'))
    nested = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"du"},"spec":{"ports":[{"port":1,"port":2},{"port":3,"name":"b","name":"c"}]}}'
    yield Ask("duplicate keys in a list", "POST", core("objects", "services") + "?dryRun=All&fieldValidation=Strict", nested)
    yield Ask("duplicate keys in YAML", "POST", MAPS + "?dryRun=All&fieldValidation=Strict", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: du}\ndata:\n  a: '1'\n  a: '2'\n", "application/yaml")  # fmt: skip


def _updates() -> Iterator[Ask]:
    yield Ask("put absent", "PUT", MAPS + "/absent", config_map("absent"))
    yield Ask("put another name", "PUT", MAPS + "/p1", config_map("p9"))
    yield Ask("put another namespace", "PUT", MAPS + "/p1", config_map("p1", namespace="kube-system"))
    yield Ask("put without name", "PUT", MAPS + "/p1", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    yield Ask("put with an old resourceVersion", "PUT", MAPS + "/p1", config_map("p1", resourceVersion="1"))
    yield Ask("put with another uid", "PUT", MAPS + "/p1", config_map("p1", uid=STRANGER), only=("code", "reason", "details"))
    yield Ask("put with a bad resourceVersion", "PUT", MAPS + "/p1", config_map("p1", resourceVersion="abc"))
    yield Ask("put with resourceVersion zero", "PUT", MAPS + "/p1", config_map("p1", resourceVersion="0"))
    yield Ask("put without change", "PUT", MAPS + "/p1", config_map("p1"))
    yield Ask("put a change", "PUT", MAPS + "/p1", {**config_map("p1"), "data": {"a": "2", "b": "3"}})
    yield Ask("put a change in a dry run", "PUT", MAPS + "/p1?dryRun=All", {**config_map("p1"), "data": {"a": "9"}})
    yield Ask("put with unknown fields, strict", "PUT", MAPS + "/p1?fieldValidation=Strict", {**config_map("p1"), "foo": 1})
    yield Ask("put another kind", "PUT", MAPS + "/p1", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "p1"}})
    yield Ask("put as another manager", "PUT", MAPS + "/p1?fieldManager=two", {**config_map("p1"), "data": {"a": "2", "b": "4"}})
    yield Ask("put what makes it immutable", "PUT", MAPS + "/p1", {**config_map("p1"), "immutable": True})
    yield Ask("change what is immutable", "PUT", MAPS + "/p1", {**config_map("p1"), "data": {"a": "7"}, "immutable": True})
    yield Ask("make it mutable again", "PUT", MAPS + "/p1", config_map("p1"))


def _update_metadata() -> Iterator[Ask]:
    yield Ask("create to change metadata", "POST", MAPS, config_map("m1", labels={"a": "b"}))
    for name, metadata in (
        ("labels", {"labels": {"a": "c"}}),
        ("a bad label", {"labels": {"a": "c d"}}),
        ("a creation time", {"creationTimestamp": "2020-01-01T00:00:00Z"}),
        ("a deletion time", {"deletionTimestamp": "2020-01-01T00:00:00Z"}),
        ("a generation", {"generation": 7}),
        ("a stem", {"generateName": "x-"}),
        ("no managed fields", {"managedFields": []}),
        ("an empty managed field", {"managedFields": [{}]}),
        ("a wrong operation", {"managedFields": [{"manager": "x", "operation": "Nope", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}]}),
        ("an owner", {"ownerReferences": [OWNER]}),
        ("no owner", {"ownerReferences": None}),
        ("a namespace", {"namespace": "kube-system"}),
        ("an annotation", {"annotations": {"x": "y"}}),
        ("no annotation", {"annotations": {"x": None}}),
    ):  # fmt: skip
        # An owner that does not exist is the end of an object.
        dry = "?dryRun=All" if "owner" in name else ""
        yield Ask(f"merge {name}", "PATCH", MAPS + "/m1" + dry, {"metadata": metadata}, MERGE)
    yield Ask("it as a whole", "GET", MAPS + "/m1")
