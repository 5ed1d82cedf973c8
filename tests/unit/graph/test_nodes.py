"""What compiled nodes do at run time: render, include, loop, be ready, project."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphcore.graph import Graph, Limits, NodeError, UnusableFacts, decode_facts, encode_facts, graph_from_facts
from tests.support.definitions import Object, compiled, config_map, definition, deployment, resource

INSTANCE: Object = {"apiVersion": "kro.run/v1alpha1", "kind": "Thing", "metadata": {"name": "i", "namespace": "ns"}, "spec": {}}


def scope(spec: Object | None = None, **observed: Any) -> Object:
    return {"schema": {**INSTANCE, "spec": spec or {}}, **observed}


def graphs(rgd: Object, limits: Limits | None = None) -> list[Graph]:
    """The cold compile and the warm start: everything must hold for both."""
    cold = compiled(rgd, limits)
    return [cold, graph_from_facts("thing", rgd["spec"], json.loads(json.dumps(cold.facts())), limits)]


@pytest.mark.feature(35, 36, 64)
def test_fields_take_native_values_templates_concatenate_and_namespaces_are_inherited() -> None:
    rgd = definition(
        deployment("d", "app-${schema.spec.name}", replicas="${schema.spec.n}", image="${schema.spec.name}:${schema.spec.tag}"),
        spec={"name": "string", "n": "integer", "tag": "string"},
    )
    for graph in graphs(rgd):
        made = graph.node("d").render(scope({"name": "x", "n": 3, "tag": "1"}))
        assert made["metadata"] == {"name": "app-x", "namespace": "ns"}
        assert made["spec"]["replicas"] == 3
        assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "x:1"


def test_the_sum_of_no_durations_is_no_int_after_a_warm_start() -> None:
    expression = "[duration('1s')].filter(d, schema.spec.on).sum() + duration('1m')"
    rgd = definition(
        config_map("a", data={"wait": f"${{string({expression})}}"}),
        spec={"on": "boolean"},
        status={"wait": f"${{string(a.metadata.generation) + string({expression})}}"},
    )
    for graph in graphs(rgd):
        assert graph.node("a").render(scope({"on": False}))["data"] == {"wait": "60s"}
    assert compiled(definition(config_map("a"))).facts().get("zeros") is None


@pytest.mark.feature(36, 37)
def test_literal_dollars_and_instance_data_are_never_evaluated() -> None:
    rgd = definition(
        config_map("a", data={"home": '${"${HOME}"}', "user": "${schema.spec.text}", "open": "${HOME"}), spec={"text": "string"}
    )
    for graph in graphs(rgd):
        assert graph.node("a").render(scope({"text": "${schema.spec.secret}"}))["data"] == {
            "home": "${HOME}",
            "user": "${schema.spec.secret}",
            "open": "${HOME",
        }


@pytest.mark.feature(70)
def test_missing_data_is_pending_and_names_the_place_and_a_wrong_operation_is_fatal() -> None:
    rgd = definition(
        config_map("a"), config_map("b", data={"x": "${a.data.key}", "y": "${string(1 / int(schema.spec.n))}"}), spec={"n": "integer"}
    )
    for graph in graphs(rgd):
        with pytest.raises(NodeError) as absent:
            graph.node("b").render(scope({"n": 1}))
        assert absent.value.pending
        with pytest.raises(NodeError) as pending:
            graph.node("b").render(scope({"n": 1}, a={"metadata": {}, "data": {}}))
        assert (pending.value.pending, pending.value.problem.path, pending.value.problem.node) == (True, "data.x", "b")
        with pytest.raises(NodeError) as fatal:
            graph.node("b").render(scope({"n": 0}, a={"metadata": {}, "data": {}}))
        assert not fatal.value.pending
        assert [problem.path for problem in fatal.value.problems] == ["data.y", "data.x"]


@pytest.mark.feature(71, 72)
def test_include_when_all_must_hold_and_absent_instance_fields_are_fatal_but_absent_data_is_pending() -> None:
    rgd = definition(
        config_map("a"),
        config_map("b", includeWhen=["${schema.spec.on}", "${schema.spec.count > 1}"]),
        config_map("c", includeWhen=["${a.data.?on.orValue('') == 'yes'}"]),
        config_map("d", includeWhen=["${schema.spec.?maybe}"]),
        spec={"on": "boolean", "count": "integer", "maybe": "boolean"},
    )
    for graph in graphs(rgd):
        assert graph.node("b").included(scope({"on": True, "count": 2}))
        assert not graph.node("b").included(scope({"on": True, "count": 1}))
        with pytest.raises(NodeError) as missing:
            graph.node("b").included(scope({"count": 2}))
        assert not missing.value.pending
        with pytest.raises(NodeError) as unobserved:
            graph.node("c").included(scope())
        assert unobserved.value.pending
        assert graph.node("c").include_dependencies == ("a",)
        assert graph.node("c").included(scope(a={"data": {"on": "yes"}}))
        assert not graph.node("d").included(scope({}))
        assert graph.node("d").included(scope({"maybe": True}))


@pytest.mark.feature(74, 75, 76, 77)
def test_collections_are_products_in_row_major_order_within_limits() -> None:
    rgd = definition(
        config_map("a", "${x}-${string(y)}", {"x": "${x}"}, forEach=[{"x": "${schema.spec.xs}"}, {"y": "${schema.spec.ys}"}]),
        spec={"xs": "[]string", "ys": "[]integer"},
    )
    for graph in graphs(rgd, Limits(collection_size=4)):
        node = graph.node("a")
        assert [item["metadata"]["name"] for item in node.render(scope({"xs": ["a", "b"], "ys": [1, 2]}))] == ["a-1", "a-2", "b-1", "b-2"]
        assert node.render(scope({"xs": [], "ys": [1]})) == []
        with pytest.raises(NodeError, match="collection size of 6 is over the maximum collection size of 4"):
            node.render(scope({"xs": ["a", "b"], "ys": [1, 2, 3]}))
        with pytest.raises(NodeError, match=r"identity collision: items 0 and 1 .* ConfigMap ns/a-1"):
            node.render(scope({"xs": ["a"], "ys": [1, 1]}))
        with pytest.raises(NodeError) as missing:
            node.render(scope({"xs": ["a"]}))
        assert missing.value.pending


@pytest.mark.feature(67, 68)
def test_readiness_of_objects_and_items() -> None:
    rgd = definition(
        deployment("d", readyWhen=["${d.status.availableReplicas == d.spec.replicas}"]),
        deployment("items", "${x}", forEach=[{"x": "${schema.spec.xs}"}], readyWhen=["${each.status.availableReplicas > 0}"]),
        spec={"xs": "[]string"},
    )
    ready, waiting = {"spec": {"replicas": 1}, "status": {"availableReplicas": 1}}, {"spec": {"replicas": 1}, "status": {}}
    rgd["spec"]["resources"][1]["id"] = "all"
    for graph in graphs(rgd):
        assert graph.node("d").is_ready(ready)
        assert not graph.node("d").is_ready(waiting)
        assert graph.node("all").ready([ready, ready])
        assert not graph.node("all").ready([ready, waiting])
        assert graph.node("all").ready([])


@pytest.mark.difference("19")
@pytest.mark.feature(81)
def test_selector_references_can_be_ready_as_a_list_or_item_by_item() -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"selector": {"matchLabels": {"app": "${schema.spec.app}"}}}}
    rgd = definition(
        resource("whole", externalRef=reference, readyWhen=["${whole.size() == 2}"]),
        resource("items1", externalRef=reference, readyWhen=["${each.data.?ready.orValue('') == 'yes'}"]),
        spec={"app": "string"},
    )
    good, bad = {"data": {"ready": "yes"}}, {"data": {}}
    for graph in graphs(rgd):
        assert graph.node("whole").render(scope({"app": "x"}))["metadata"] == {"selector": {"matchLabels": {"app": "x"}}}
        assert graph.node("whole").ready([good, bad])
        assert not graph.node("whole").ready([good])
        assert graph.node("items1").ready([good, good])
        assert not graph.node("items1").ready([good, bad])


@pytest.mark.feature(53)
def test_omit_removes_keys_and_elements_at_any_depth_and_null_stays() -> None:
    rgd = definition(
        config_map("a", data={"kept": "x", "gone": "${schema.spec.on ? omit() : 'y'}"}),
        deployment("d"),
        spec={"on": "boolean"},
    )
    container = rgd["spec"]["resources"][1]["template"]["spec"]["template"]["spec"]["containers"][0]
    container["args"] = ["first", "${schema.spec.on ? omit() : 'second'}"]
    container["command"] = None
    for graph in graphs(rgd, Limits(omit=True)):
        assert graph.node("a").render(scope({"on": True}))["data"] == {"kept": "x"}
        made = graph.node("d").render(scope({"on": True}))["spec"]["template"]["spec"]["containers"][0]
        assert made["args"] == ["first"]
        assert made["command"] is None
        assert graph.node("a").render(scope({"on": False}))["data"] == {"kept": "x", "gone": "y"}


@pytest.mark.difference("29")
@pytest.mark.feature(43)
def test_typed_values_are_the_same_in_every_position() -> None:
    """Secret data are bytes in templates, readyWhen, loops and status alike; bytes go into byte fields as base64."""
    secret = resource(
        "s",
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}},
        readyWhen=["${string(s.data.k) == 'v'}"],
    )
    rgd = definition(
        secret,
        config_map("a", data={"plain": "${string(s.data.k)}", "since": "${string(s.metadata.creationTimestamp.getFullYear())}"}),
        resource(
            "copy",
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "copy"},
                "data": {"k": "${s.data.k}", "l": "${bytes('w')}", "m": "${base64.encode(b'z')}"},
            },
        ),
        config_map("each1", "${string(x)}", forEach=[{"x": "${s.data.map(k, s.data[k])}"}]),
        status={"plain": "${string(s.data.k)}"},
    )
    stored = {"metadata": {"name": "s", "creationTimestamp": "2024-05-06T07:08:09Z"}, "data": {"k": "dg=="}}
    for graph in graphs(rgd):
        assert graph.node("s").is_ready(stored)
        assert graph.node("a").render(scope(s=stored))["data"] == {"plain": "v", "since": "2024"}
        assert graph.node("copy").render(scope(s=stored))["data"] == {"k": "dg==", "l": "dw==", "m": "eg=="}
        assert [item["metadata"]["name"] for item in graph.node("each1").render(scope(s=stored))] == ["v"]
        assert graph.status.evaluate(scope(s=stored)).values == {"plain": "v"}


@pytest.mark.difference("34")
@pytest.mark.feature(63)
@pytest.mark.parametrize(
    ("written", "carried"),
    [
        ({"kro.run/depends-on": "b"}, {"kro.run/depends-on": "b"}),
        ({"kro.run/depends-on": "${schema.metadata.name}", "x": "y"}, {"kro.run/depends-on": "i", "x": "y"}),
        ({"kro.run/reconcile": "suspended"}, {"kro.run/reconcile": "suspended"}),
        ("${schema.metadata.annotations}", {"x": "y"}),
    ],
)
def test_an_annotation_of_kros_that_the_template_writes_is_carried_and_a_copied_one_is_not(written: Any, carried: Object) -> None:
    rgd = definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": written}}))
    copied = {"kro.run/depends-on": "c", "kro.run/reconcile": "suspended", "x": "y"}
    found = {**INSTANCE, "metadata": {**INSTANCE["metadata"], "annotations": copied}}
    for graph in graphs(rgd):
        assert graph.node("a").render({"schema": found})["metadata"]["annotations"] == carried


@pytest.mark.difference("34")
def test_reserved_keys_from_whole_maps_are_stripped() -> None:
    template = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": "${schema.metadata.labels}"}}
    instance = {
        **INSTANCE,
        "metadata": {**INSTANCE["metadata"], "labels": {"mine": "1", "kro.run/owned": "true", "applyset.kubernetes.io/id": "x"}},
    }
    for graph in graphs(definition(resource("a", template))):
        assert graph.node("a").render({"schema": instance})["metadata"]["labels"] == {"mine": "1"}


@pytest.mark.feature(5, 65, 66)
def test_namespaces_of_cluster_scoped_instances_and_kinds() -> None:
    rgd = definition(
        resource("space", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "${schema.spec.space}"}}),
        resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "${schema.spec.space}"}}),
        spec={"space": "string"},
        scope="Cluster",
    )
    instance = {"metadata": {"name": "i"}, "spec": {"space": "x"}}
    for graph in graphs(rgd):
        assert graph.node("space").render({"schema": instance})["metadata"] == {"name": "x"}
        assert graph.node("a").render({"schema": instance})["metadata"] == {"name": "a", "namespace": "x"}
        with pytest.raises(NodeError, match=r"metadata\.namespace must not be empty"):
            graph.node("a").render({"schema": {"metadata": {"name": "i"}, "spec": {"space": ""}}})


@pytest.mark.feature(25, 27, 28, 29)
def test_status_writes_what_is_known_and_tells_pending_from_failed() -> None:
    rgd = definition(
        config_map("a"),
        spec={"n": "integer"},
        status={
            "name": "${a.metadata.name}",
            "deep": {"list": ["${a.data.x}", "${schema.spec.n}"]},
            "broken": "${1 / schema.spec.n}",
            "state": "${a.metadata.name}",
        },
    )
    for graph in graphs(rgd):
        result = graph.status.evaluate(scope({"n": 0}, a={"metadata": {"name": "a"}, "data": {}}))
        assert result.values == {"name": "a", "deep": {"list": [None, 0]}}
        assert [problem.path for problem in result.pending] == ["status.deep.list[0]"]
        assert [problem.path for problem in result.failed] == ["status.broken"]


@pytest.mark.feature(30, 31, 32)
def test_author_conditions_see_built_ins_and_may_be_lists() -> None:
    rgd = definition(
        config_map("a", "${x}", forEach=[{"x": "${['p', 'q']}"}]),
        status={
            "conditions": [
                "${runtime.newCondition({type: 'Up', status: runtime.condition(schema, 'ResourcesReady').status, reason: 'R'})}",
                "${a.map(c, runtime.newCondition({type: 'Item' + c.metadata.name, status: 'True'}))}",
                "${dyn(1)}",
            ]
        },
    )
    observed = scope(a=[{"metadata": {"name": "p"}}, {"metadata": {"name": "q"}}])
    for graph in graphs(rgd):
        assert graph.conditions is not None
        up, items, wrong = graph.conditions
        assert up.evaluate(observed, [{"type": "ResourcesReady", "status": "False"}]) == [
            {"type": "Up", "status": "False", "reason": "R", "message": ""}
        ]
        assert [condition["type"] for condition in items.evaluate(observed, [])] == ["Itemp", "Itemq"]
        assert up.types == ("Up",)
        with pytest.raises(NodeError) as malformed:
            wrong.evaluate(observed, [])
        assert not malformed.value.pending


def test_facts_survive_their_annotation_and_refuse_what_is_not_theirs() -> None:
    rgd = definition(config_map("a", data={"x": "${schema.spec.x}"}), spec={"x": "string"})
    facts = compiled(rgd).facts()
    text = encode_facts(facts)
    assert text is not None
    assert decode_facts(text) == facts
    assert encode_facts(facts) == text
    for broken in ("", "!", "aGVsbG8=", text[:-8]):
        with pytest.raises(UnusableFacts):
            decode_facts(broken)
    with pytest.raises(UnusableFacts):
        graph_from_facts("thing", rgd["spec"], {**facts, "format": 99})
    other = definition(config_map("a"))
    with pytest.raises(UnusableFacts):
        graph_from_facts("thing", other["spec"], facts)
