"""CustomResourceDefinitions and their instances."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.exchanges.asking import APPLY, MERGE, PARTIAL, PARTIALS, STRATEGIC, TABLE, Ask
from tests.exchanges.objects_of import CRDS, GROUP, STRANGER, definition, established, foo, grouped, has_condition

FOOS = grouped("customs", f"{GROUP}/v1", "foos")
SINK_GROUP = "sink.krofn.dev"
SINKS = grouped("customs", f"{SINK_GROUP}/v1", "sinks")
CRD = f"{CRDS}/foos.{GROUP}"
SINK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "default": {},
            "properties": {
                "text": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
                "color": {"type": "string", "enum": ["red", "green"]},
                "count": {"type": "integer", "minimum": 1, "maximum": 10, "multipleOf": 2},
                "above": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "format": "int32"},
                "ratio": {"type": "number", "maximum": 1.5, "exclusiveMaximum": True},
                "flag": {"type": "boolean", "default": True},
                "when": {"type": "string", "format": "date-time"},
                "address": {"type": "string", "format": "ipv4"},
                "id": {"type": "string", "format": "uuid"},
                "port": {"x-kubernetes-int-or-string": True},
                "maybe": {"type": "string", "nullable": True},
                "maybeDefault": {"type": "string", "nullable": True, "default": "x"},
                "notNull": {"type": "string", "default": "x"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "anything": {"x-kubernetes-preserve-unknown-fields": True},
                "map": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2, "minProperties": 1},
                "list": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
                "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "keyed": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "port"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "port": {"type": "integer", "default": 80}, "value": {"type": "string"}},
                    },
                },
                "atomic": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
                "nested": {
                    "type": "object",
                    "required": ["a"],
                    "properties": {"a": {"type": "string"}, "b": {"type": "object", "default": {"c": "d"}, "properties": {"c": {"type": "string"}, "e": {"type": "string", "default": "f"}}}},
                },
                "either": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
                "any": {"type": "integer", "anyOf": [{"minimum": 10}, {"maximum": 3}]},
                "none": {"type": "string", "not": {"enum": ["bad"]}},
                "embedded": {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
            },
        },
        "status": {"type": "object", "properties": {"phase": {"type": "string"}, "conditions": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "status": {"type": "string"}}}}}},
    },
}  # fmt: skip


def asks() -> Iterator[Ask]:
    yield from _definitions()
    yield from _instances()
    yield from _values()
    yield from _ownership()
    yield from _changes()
    yield from _end()


def sink(name: str, spec: Any, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": f"{SINK_GROUP}/v1", "kind": "Sink", "metadata": {"name": name, **metadata}, "spec": spec}


def _definitions() -> Iterator[Ask]:
    yield Ask("create a CRD in a dry run", "POST", CRDS + "?dryRun=All", definition("foos"))
    yield Ask("create a CRD", "POST", CRDS, definition("foos"))
    yield Ask("create a CRD again", "POST", CRDS, definition("foos"))
    yield Ask("create a CRD of another name", "POST", CRDS, {**definition("foos"), "metadata": {"name": "x.example.krofn.dev"}})
    yield Ask(
        "create a CRD of nothing",
        "POST",
        CRDS,
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}},
    )
    yield Ask("it is established", "GET", CRD, until=established)
    yield Ask("the CRD as a table", "GET", CRD, accept=TABLE)
    yield Ask("discovery of its group", "GET", f"/apis/{GROUP}", until=lambda code, _: code == 200)
    yield Ask("discovery of its version", "GET", f"/apis/{GROUP}/v1", until=lambda code, _: code == 200)
    yield Ask("another resource of its group", "GET", f"/apis/{GROUP}/v1/bars")
    yield Ask("another version of its group", "GET", f"/apis/{GROUP}/v2/foos")
    kitchen = definition("sinks", SINK_GROUP, SINK, kind="Sink", shortNames=["si"])
    yield Ask("create a CRD of everything", "POST", CRDS, kitchen)
    yield Ask("that is established too", "GET", f"{CRDS}/sinks.{SINK_GROUP}", until=established)
    yield Ask("it is served", "GET", SINKS, until=lambda code, _: code == 200)
    taken = definition("bars")
    yield Ask("create a CRD with taken names", "POST", CRDS, taken)
    yield Ask("it is not established", "GET", f"{CRDS}/bars.{GROUP}", until=lambda _, body: has_condition(body, "NamesAccepted", "False"))
    yield Ask("delete it", "DELETE", f"{CRDS}/bars.{GROUP}", only=("code",))
    yield Ask("another kind for an established CRD", "PATCH", CRD, {"spec": {"names": {"kind": "Baz"}}}, MERGE)
    yield Ask("another scope for an established CRD", "PATCH", CRD, {"spec": {"scope": "Cluster"}}, MERGE)
    yield Ask("another group for an established CRD", "PATCH", CRD, {"spec": {"group": "other.dev"}}, MERGE)
    yield Ask("another short name", "PATCH", CRD, {"spec": {"names": {"shortNames": ["fooz"]}}}, MERGE, only=("code",))
    yield Ask("it is accepted", "GET", CRD, until=lambda _, body: "fooz" in str((body.get("status") or {}).get("acceptedNames")))
    yield Ask(
        "its stored version is gone",
        "PATCH",
        CRD,
        {"spec": {"versions": [{**deepcopy(definition("foos")["spec"]["versions"][0]), "name": "v2"}]}},
        MERGE,
    )


def _instances() -> Iterator[Ask]:
    yield Ask("create an instance", "POST", FOOS, {**foo("a"), "status": {"replicas": 3}})
    yield Ask("create an instance again", "POST", FOOS, foo("a"))
    yield Ask("create a wrong instance", "POST", FOOS, foo("b", {"replicas": -1}))
    yield Ask("create without spec", "POST", FOOS + "?dryRun=All", {k: v for k, v in foo("b").items() if k != "spec"})
    yield Ask("create with a spec of text", "POST", FOOS, foo("b", "text"))
    yield Ask("create with a null spec", "POST", FOOS + "?dryRun=All", {**foo("b"), "spec": None})
    yield Ask(
        "create with unknown fields, strictly", "POST", FOOS + "?fieldValidation=Strict", foo("b", {"color": "x", "zip": 1, "zap": 2})
    )
    yield Ask("create with unknown fields, with a warning", "POST", FOOS + "?fieldValidation=Warn", foo("b", {"color": "x", "zip": 1}))
    yield Ask("create with unknown metadata, strictly", "POST", FOOS + "?fieldValidation=Strict", foo("c", nope=1))
    yield Ask("create with unknown members, with a warning", "POST", FOOS + "?dryRun=All", {**foo("c"), "nope": 1})
    twice = '{"apiVersion":"example.krofn.dev/v1","kind":"Foo","metadata":{"name":"tw"},"spec":{"color":"a","color":"b"}}'
    yield Ask("create with a key twice, strictly", "POST", FOOS + "?fieldValidation=Strict", twice)
    yield Ask("create with a key twice, with a warning", "POST", FOOS + "?dryRun=All", twice)
    yield Ask("create an instance of another kind", "POST", FOOS, {**foo("c"), "kind": "Bar"})
    yield Ask("create an instance of another version", "POST", FOOS, {**foo("c"), "apiVersion": "example.krofn.dev/v2"})
    yield Ask("create an instance of another group", "POST", FOOS, {**foo("c"), "apiVersion": "other.dev/v1"})
    yield Ask("create an instance without kind", "POST", FOOS, {"metadata": {"name": "c"}}, only=("code", "reason"))
    yield Ask("create an instance without version", "POST", FOOS, {"kind": "Foo", "metadata": {"name": "c"}})
    yield Ask("create an instance without name", "POST", FOOS, {"apiVersion": "example.krofn.dev/v1", "kind": "Foo", "spec": {}})
    yield Ask("create an instance with a bad name", "POST", FOOS, foo("A_b"))
    yield Ask("create an instance with a long name", "POST", FOOS, foo("x" * 254))
    yield Ask("generate an instance's name", "POST", FOOS + "?dryRun=All", {**foo(""), "metadata": {"generateName": "gen-"}})
    yield Ask("create an instance in an absent namespace", "POST", f"/apis/{GROUP}/v1/namespaces/nons/foos", foo("c"))
    yield Ask("create an instance for another namespace", "POST", FOOS, foo("c", namespace="default"))
    yield Ask("create an instance with resourceVersion", "POST", FOOS, foo("c", resourceVersion="4"))
    yield Ask("an instance with a number as label", "POST", FOOS, foo("c", labels={"a": 1}))
    yield Ask("an instance with a bad label", "POST", FOOS, foo("c", labels={"a b": "c"}))
    yield Ask("an instance with a bad finalizer", "POST", FOOS + "?dryRun=All", foo("c", finalizers=["abc"]))
    yield Ask("an instance with labels of text", "POST", FOOS, foo("c", labels="x"))
    yield Ask("an instance with a bad owner", "POST", FOOS, foo("c", ownerReferences=[{"kind": "X"}]))
    yield Ask("put an instance without resourceVersion", "PUT", FOOS + "/a", foo("a", {"color": "blue"}))
    yield Ask("put an instance with an old resourceVersion", "PUT", FOOS + "/a", foo("a", {"color": "blue"}, resourceVersion="1"))
    yield Ask("read it", "GET", FOOS + "/a", keep="a")
    yield Ask("put an instance", "PUT", FOOS + "/a", foo("a", {"color": "blue"}, resourceVersion="<<a.resourceVersion>>"), keep="a")
    yield Ask("put the same", "PUT", FOOS + "/a", foo("a", {"color": "blue"}, resourceVersion="<<a.resourceVersion>>"))
    yield Ask(
        "put with another uid",
        "PUT",
        FOOS + "/a",
        foo("a", resourceVersion="<<a.resourceVersion>>", uid=STRANGER),
        only=("code", "reason", "details"),
    )
    yield Ask("put an absent instance", "PUT", FOOS + "/zz", foo("zz", resourceVersion="5"))
    yield Ask("strategic merge of an instance", "PATCH", FOOS + "/a", {"spec": {"color": "x"}}, STRATEGIC)
    yield Ask("merge spec and status", "PATCH", FOOS + "/a", {"spec": {"color": "x"}, "status": {"replicas": 5}}, MERGE)
    yield Ask("merge status and spec", "PATCH", FOOS + "/a/status", {"spec": {"color": "zzz"}, "status": {"replicas": 5}}, MERGE)
    yield Ask(
        "merge status and labels",
        "PATCH",
        FOOS + "/a/status",
        {"metadata": {"labels": {"x": "y"}, "annotations": {"x": "y"}, "finalizers": ["a.b/c"]}},
        MERGE,
    )
    yield Ask("merge a label", "PATCH", FOOS + "/a", {"metadata": {"labels": {"x": "y"}}}, MERGE)
    yield Ask("merge a bad label", "PATCH", FOOS + "/a", {"metadata": {"labels": {"x": "y z"}}}, MERGE)
    yield Ask("merge another uid", "PATCH", FOOS + "/a", {"metadata": {"uid": STRANGER}}, MERGE)
    yield Ask("merge an unknown field", "PATCH", FOOS + "/a", {"spec": {"zip": 1}}, MERGE)
    yield Ask("merge an unknown field, strictly", "PATCH", FOOS + "/a?fieldValidation=Strict", {"spec": {"zip": 1}}, MERGE)
    yield Ask("merge a wrong value", "PATCH", FOOS + "/a", {"spec": {"replicas": -1}}, MERGE)
    yield Ask("merge a null for a default", "PATCH", FOOS + "/a", {"spec": {"color": None}}, MERGE)
    yield Ask("merge another kind", "PATCH", FOOS + "/a", {"kind": "Bar"}, MERGE)
    yield Ask("the instance afterwards", "GET", FOOS + "/a")
    yield Ask("instances as a table", "GET", FOOS, accept=TABLE)
    yield Ask("an instance as a table", "GET", FOOS + "/a", accept=TABLE)
    yield Ask("instances", "GET", FOOS)
    yield Ask("a subresource that it has not", "GET", FOOS + "/a/foo")
    yield Ask("post to its status", "POST", FOOS + "/a/status", {})
    yield Ask("list instances by a field", "GET", FOOS + "?fieldSelector=spec.color%3Dx", accept=PARTIALS)
    yield Ask("list instances by a field that is not selectable", "GET", FOOS + "?fieldSelector=spec.foo%3Dx")
    yield Ask("watch instances by a field", "GET", FOOS + "?fieldSelector=spec.color%3Dred&watch=1&timeoutSeconds=1", accept=PARTIAL)


def _values() -> Iterator[Ask]:
    table: list[tuple[str, Any]] = [
        ("nothing", {}),
        ("a short text", {"text": "a"}),
        ("a long text", {"text": "abcdef"}),
        ("a text off its pattern", {"text": "ABC"}),
        ("a text that is wrong twice", {"text": "ABCDEFG"}),
        ("a value off its enum", {"color": "blue"}),
        ("a number as text", {"text": 5}),
        ("a small number", {"count": 0}),
        ("a big number", {"count": 12}),
        ("a number off its multiple", {"count": 3}),
        ("a fraction as integer", {"count": 2.5}),
        ("a whole fraction as integer", {"count": 2.0}),
        ("a number at its exclusive bound", {"above": 1}),
        ("a number that does not fit", {"above": 3000000000}),
        ("a ratio at its exclusive bound", {"ratio": 1.5}),
        ("an integer as number", {"ratio": 1}),
        ("a text as number", {"ratio": "1"}),
        ("a text as boolean", {"flag": "true"}),
        ("a bad time", {"when": "yesterday"}),
        ("a bad address", {"address": "1.2.3"}),
        ("a bad uuid", {"id": "x"}),
        ("an integer port", {"port": 80}),
        ("a text port", {"port": "http"}),
        ("a boolean port", {"port": True}),
        ("a null where it may be", {"maybe": None, "maybeDefault": None}),
        ("a null where it is defaulted", {"notNull": None}),
        ("a null where it may not be", {"text": None}),
        ("a null in a map", {"map": {"a": None}}),
        ("a null in a list", {"list": [None]}),
        ("a null for a list", {"keyed": None}),
        ("free fields", {"free": {"a": {"b": [1, None, {"c": "d"}]}}, "anything": [1, "a", None]}),
        ("anything of text", {"anything": "x"}),
        ("an empty map", {"map": {}}),
        ("a big map", {"map": {"a": 1, "b": 2, "c": 3}}),
        ("a map with a wrong value", {"map": {"a": "x"}}),
        ("an empty list", {"list": []}),
        ("a long list", {"list": ["a", "b", "c", "d"]}),
        ("a list with a wrong item", {"list": ["a", 1]}),
        ("a set with a duplicate", {"set": ["a", "b", "a"]}),
        ("a keyed list with a duplicate", {"keyed": [{"name": "a"}, {"name": "a", "port": 80}]}),
        ("a keyed list without duplicate", {"keyed": [{"name": "a"}, {"name": "a", "port": 81}]}),
        ("a keyed list without key", {"keyed": [{"value": "x"}]}),
        ("a keyed list of text", {"keyed": ["x"]}),
        ("an unknown field in a list", {"keyed": [{"name": "a", "zip": 1}]}),
        ("a missing field below", {"nested": {}}),
        ("defaults below", {"nested": {"a": "x"}}),
        ("defaults below a null", {"nested": {"a": "x", "b": None}}),
        ("an empty struct with defaults", {"nested": {"a": "x", "b": {}}}),
        ("neither of two", {"either": {}}),
        ("both of two", {"either": {"a": "x", "b": "y"}}),
        ("none of two ranges", {"any": 5}),
        ("a value that is excluded", {"none": "bad"}),
        ("an embedded object", {"embedded": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "foo": 1}, "data": {"a": 1}}}),
        ("an embedded object without kind", {"embedded": {"metadata": {"name": "x"}}}),
        ("an embedded object with bad labels", {"embedded": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a b": "c"}}}}),
        ("an embedded object with a bad name", {"embedded": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A_"}}}),
        ("a list as spec", []),
    ]  # fmt: skip
    for name, spec in table:
        yield Ask(f"instance: {name}", "POST", SINKS + "?dryRun=All", sink("v", spec))
    yield Ask("instance: no spec", "POST", SINKS + "?dryRun=All", {k: v for k, v in sink("v", 0).items() if k != "spec"})
    yield Ask("instance: an integer that needs 64 bits", "POST", SINKS + "?dryRun=All", sink("v", {"anything": 9007199254740993}))
    yield Ask(
        "instance: a number with an exponent",
        "POST",
        SINKS + "?dryRun=All",
        '{"apiVersion":"sink.krofn.dev/v1","kind":"Sink","metadata":{"name":"v"},"spec":{"ratio":1e-3,"anything":1e3}}',
    )


def _ownership() -> Iterator[Ask]:
    one = SINKS + "/own"

    def apply(manager: str, spec: Any, extra: str = "") -> tuple[str, str, Any, str]:
        body = {"apiVersion": f"{SINK_GROUP}/v1", "kind": "Sink", "metadata": {"name": "own"}, "spec": spec}
        return "PATCH", f"{one}?fieldManager={manager}{extra}", body, APPLY

    yield Ask("apply an instance with an unknown field", *apply("m", {"zip": 1}))
    yield Ask("apply an instance with an unknown field, strictly", *apply("m", {"zip": 1}, "&fieldValidation=Strict"))
    yield Ask("apply an instance with a wrong type", *apply("m", {"text": 1}))
    yield Ask(
        "apply an instance",
        *apply(
            "m",
            {
                "text": "abc",
                "set": ["a"],
                "keyed": [{"name": "x", "value": "1"}],
                "list": ["l"],
                "atomic": {"a": "1"},
                "map": {"k": 1},
                "port": 80,
            },
        ),
    )
    yield Ask("apply more of it", *apply("n", {"set": ["b"], "keyed": [{"name": "y", "value": "2"}], "map": {"l": 2}}))
    yield Ask("apply a list that is atomic", *apply("n", {"list": ["m"]}))
    yield Ask("apply a map that is atomic", *apply("n", {"atomic": {"b": "2"}}))
    yield Ask("apply a keyed value", *apply("o", {"keyed": [{"name": "x", "value": "9"}]}))
    yield Ask("apply a keyed value by force", *apply("o", {"keyed": [{"name": "x", "value": "9"}]}, "&force=true"))
    yield Ask("apply a port of text", *apply("o", {"port": "http"}))
    yield Ask("apply a duplicate", *apply("p", {"set": ["a", "a"]}))
    yield Ask("apply a keyed duplicate", *apply("p", {"keyed": [{"name": "z"}, {"name": "z"}]}))
    yield Ask("apply a keyed item with its default", *apply("p", {"keyed": [{"name": "x", "port": 80}]}))
    yield Ask("apply a null", *apply("p", {"maybe": None}))
    yield Ask("apply an empty spec", *apply("n", {}))
    body = {"apiVersion": f"{SINK_GROUP}/v1", "kind": "Sink", "status": {"conditions": [{"type": "A", "status": "True"}]}}
    yield Ask("apply a status", "PATCH", one + "/status?fieldManager=s", body, APPLY)
    other = {"apiVersion": f"{SINK_GROUP}/v1", "kind": "Sink", "status": {"phase": "x", "conditions": [{"type": "B", "status": "True"}]}}
    yield Ask("apply another status", "PATCH", one + "/status?fieldManager=t", other, APPLY)
    yield Ask("apply a status on the main path", "PATCH", one + "?fieldManager=u", other, APPLY)
    yield Ask("apply a status of an absent instance", "PATCH", SINKS + "/zz/status?fieldManager=t", other, APPLY)
    yield Ask("what became of it", "GET", one)


def _changes() -> Iterator[Ask]:
    more = deepcopy(definition("foos")["spec"]["versions"][0])
    more["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"] = {"type": "string", "default": "big"}
    yield Ask("a new field with a default", "PATCH", CRD, {"spec": {"versions": [more]}}, MERGE, only=("code",))
    yield Ask("it shows in old instances", "GET", FOOS + "/a", until=lambda _, body: "size" in body.get("spec", {}))
    second = {**deepcopy(more), "name": "v1beta1", "storage": False}
    second["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"].pop("size")
    del more["selectableFields"], second["selectableFields"]
    yield Ask("a second version", "PATCH", CRD, {"spec": {"versions": [more, second]}}, MERGE, only=("code",))
    beta = grouped("customs", f"{GROUP}/v1beta1", "foos")
    yield Ask("the instance in it", "GET", beta + "/a", until=lambda code, _: code == 200)
    yield Ask("discovery of both", "GET", f"/apis/{GROUP}", until=lambda _, body: len(body.get("versions", ())) == 2)
    yield Ask("write in it", "PATCH", beta + "/a", {"spec": {"color": "beta"}}, MERGE)
    yield Ask("read it in the other", "GET", FOOS + "/a")


def _end() -> Iterator[Ask]:
    yield Ask("delete an instance", "DELETE", FOOS + "/a")
    yield Ask("an instance to hold", "POST", FOOS, foo("s", finalizers=["a.b/c"]), only=("code",))
    yield Ask("delete the CRD", "DELETE", CRD, only=("code",))
    yield Ask("it waits for its instance", "GET", CRD, until=lambda _, body: "InstanceDeletionInProgress" in str(body["status"]))
    yield Ask("create while it is going", "POST", FOOS, foo("new"))
    yield Ask("apply while it is going", "PATCH", FOOS + "/new?fieldManager=m", foo("new", {"color": "x"}), APPLY)
    yield Ask("the instance is going", "GET", FOOS + "/s", until=lambda _, body: "deletionTimestamp" in body.get("metadata", {}))
    yield Ask("let the instance go", "PATCH", FOOS + "/s", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("the CRD is gone", "GET", CRD, until=lambda code, _: code == 404)
    yield Ask("its instances are not served", "GET", FOOS, until=lambda code, _: code == 404)
    yield Ask("delete the other CRD", "DELETE", f"{CRDS}/sinks.{SINK_GROUP}", only=("code",))
    yield Ask("that is gone too", "GET", f"{CRDS}/sinks.{SINK_GROUP}", until=lambda code, _: code == 404)
