"""Ownership: field sets, server-side apply and the record of other writes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from local_emulator.core.status import ApiError
from local_emulator.objects.apply import fieldsets
from local_emulator.objects.apply.fieldsets import Node, difference, display, intersection, ordered, paths, recursive_difference, union
from local_emulator.objects.apply.server_side import record_update, server_side_apply
from local_emulator.objects.apply.typed import TypedSchema
from local_emulator.objects.apply.walk import compare, everything, field_set, merge
from tests.emulator.client import Client

Object = dict[str, Any]
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"

CUSTOM = TypedSchema.from_crd(
    {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "n": {"type": "integer"},
                    "map": {"type": "object", "additionalProperties": {"type": "string"}},
                    "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
                    "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                    "list": {"type": "array", "items": {"type": "string"}},
                    "keyed": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["k", "p"],
                        "items": {
                            "type": "object",
                            "properties": {
                                "k": {"type": "string"},
                                "p": {"type": "string", "default": "TCP"},
                                "v": {"type": "integer"},
                                "w": {"type": "integer"},
                            },
                        },
                    },
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                },
            }
        },
    }
)


def thing(**spec: Any) -> Object:
    return {"apiVersion": "e/v1", "kind": "E", "metadata": {"name": "x"}, "spec": spec}


def apply(live: Object | None, manager: str, *, force: bool = False, now: str = NOW, **spec: Any) -> Object:
    return server_side_apply(live, thing(**spec), manager=manager, force=force, typed=CUSTOM, now=now)


def update(live: Object | None, manager: str, *, now: str = NOW, **spec: Any) -> Object:
    metadata = live["metadata"] if live else {"name": "x"}
    return record_update(live, {**thing(**spec), "metadata": metadata}, manager=manager, typed=CUSTOM, now=now)


def owned(obj: Object, manager: str, operation: str = "Apply") -> Any:
    for entry in obj["metadata"].get("managedFields", ()):
        if (entry["manager"], entry["operation"]) == (manager, operation):
            return entry["fieldsV1"].get("f:spec", {})
    return None


def conflicts(refused: pytest.ExceptionInfo[ApiError]) -> list[str]:
    assert refused.value.details is not None
    return [cause["field"] for cause in refused.value.details["causes"]]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"n": 1}, {"f:n": {}}),
        ({"map": {"a": "1"}}, {"f:map": {"f:a": {}}}),
        ({"map": {}}, {"f:map": {}}),
        ({"whole": {"a": "1"}}, {"f:whole": {}}),
        ({"set": ["a", "b"]}, {"f:set": {'v:"a"': {}, 'v:"b"': {}}}),
        ({"list": ["a"]}, {"f:list": {}}),
        ({"list": []}, {"f:list": {}}),
        ({"set": []}, None),
        ({"keyed": [{"k": "a", "v": 1}]}, {"f:keyed": {'k:{"k":"a","p":"TCP"}': {".": {}, "f:k": {}, "f:v": {}}}}),
        ({"free": {"a": {"b": [1], "c": {}}}}, {"f:free": {"f:a": {".": {}, "f:b": {}, "f:c": {}}}}),
        ({"n": None}, {"f:n": {}}),
    ],
)
def test_what_an_applied_configuration_claims(spec: Object, expected: Node) -> None:
    assert owned(apply(None, "m", **spec), "m") == expected


@pytest.mark.parametrize(
    ("first", "second", "stored"),
    [
        ({"n": 1, "map": {"a": "1", "b": "2"}}, {"map": {"b": "2"}}, {"map": {"b": "2"}}),
        ({"set": ["a", "b"]}, {"set": ["b"]}, {"set": ["b"]}),
        ({"keyed": [{"k": "a", "v": 1, "w": 2}, {"k": "b"}]}, {"keyed": [{"k": "a", "w": 2}]}, {"keyed": [{"k": "a", "w": 2}]}),
        ({"list": ["a", "b"]}, {"list": ["b"]}, {"list": ["b"]}),
        ({"whole": {"a": "1", "b": "2"}}, {"whole": {"a": "1"}}, {"whole": {"a": "1"}}),
        ({"keyed": [{"k": "a", "p": "TCP", "v": 1}]}, {"keyed": [{"k": "a", "v": 1}]}, {"keyed": [{"k": "a", "v": 1}]}),
        ({"n": 1, "free": {"a": {"b": 1}}}, {"n": 1}, {"n": 1}),
    ],
)
def test_what_a_manager_no_longer_applies_is_removed(first: Object, second: Object, stored: Object) -> None:
    result = apply(apply(None, "m", **first), "m", **second)
    assert result["spec"] == stored


def test_what_another_manager_owns_stays() -> None:
    obj = apply(apply(None, "a", map={"x": "1", "y": "2"}), "b", map={"x": "1"})
    obj = apply(obj, "a", map={"y": "2"})
    assert obj["spec"] == {"map": {"x": "1", "y": "2"}}
    assert owned(obj, "a") == {"f:map": {"f:y": {}}}
    assert owned(obj, "b") == {"f:map": {"f:x": {}}}
    assert apply(obj, "b", n=1)["spec"] == {"n": 1, "map": {"y": "2"}}


def test_an_update_protects_what_it_changed() -> None:
    obj = update(apply(None, "a", map={"x": "1"}, n=1), "editor", map={"x": "2"}, n=1)
    assert owned(obj, "a") == {"f:n": {}}
    assert owned(obj, "editor", "Update") == {"f:map": {"f:x": {}}}
    assert apply(obj, "a", n=1)["spec"] == {"map": {"x": "2"}, "n": 1}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"n": 2}, [".spec.n"]),
        ({"map": {"a": "9"}}, [".spec.map.a"]),
        ({"map": {"z": "9"}}, []),
        ({"keyed": [{"k": "a", "v": 9}]}, ['.spec.keyed[k="a",p="TCP"].v']),
        ({"keyed": [{"k": "a", "w": 9}]}, []),
        ({"set": ["b"]}, []),
        ({"list": ["b"]}, [".spec.list"]),
        ({"whole": {"b": "1"}}, [".spec.whole"]),
        ({"n": 1}, []),
        ({"n": 2, "map": {"a": "9"}}, [".spec.map.a", ".spec.n"]),
    ],
)
def test_conflicts(spec: Object, fields: list[str]) -> None:
    live = apply(None, "a", n=1, map={"a": "1"}, keyed=[{"k": "a", "v": 1}], set=["a"], list=["a"], whole={"a": "1"})
    if not fields:
        apply(live, "b", **spec)
        return
    with pytest.raises(ApiError) as refused:
        apply(live, "b", **spec)
    assert conflicts(refused) == fields
    forced = apply(live, "b", force=True, **spec)
    for element in (f"f:{name}" for name in spec):
        before, after = live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"][element], owned(forced, "a").get(element)
        assert after != before


def test_messages_name_managers_as_the_api_server_does() -> None:
    live = update(apply(None, "a", n=1, map={"x": "1"}), "e", n=2, map={"x": "1"})
    with pytest.raises(ApiError) as refused:
        apply(live, "b", n=3)
    assert refused.value.message == 'Apply failed with 1 conflict: conflict with "e" using e/v1: .spec.n'
    with pytest.raises(ApiError) as refused:
        apply(live, "b", n=3, map={"x": "3"})
    assert refused.value.message == (
        'Apply failed with 2 conflicts: conflicts with "a":\n- .spec.map.x\nconflicts with "e" using e/v1:\n- .spec.n'
    )


def test_an_apply_that_changes_nothing_returns_the_object_itself() -> None:
    live = apply(None, "a", n=1, keyed=[{"k": "a"}])
    assert apply(live, "a", now=LATER, n=1, keyed=[{"k": "a"}]) is live


def test_only_the_writers_time_moves() -> None:
    live = apply(apply(None, "a", n=1), "b", now=LATER, map={"x": "1"})
    assert {entry["manager"]: entry["time"] for entry in live["metadata"]["managedFields"]} == {"a": NOW, "b": LATER}


def test_the_order_of_a_keyed_list_follows_the_configuration() -> None:
    live = apply(None, "a", keyed=[{"k": name} for name in "abc"])
    merged = apply(live, "b", keyed=[{"k": name} for name in "cxa"])
    assert [item["k"] for item in merged["spec"]["keyed"]] == ["b", "c", "x", "a"]


def test_fields_that_nobody_recorded_belong_to_before_first_apply() -> None:
    live = thing(n=1, map={"x": "1"})
    result = apply(live, "a", map={"x": "1"})
    assert owned(result, "before-first-apply", "Update") == {".": {}, "f:map": {".": {}, "f:x": {}}, "f:n": {}}
    with pytest.raises(ApiError):
        apply(live, "a", n=2)


def test_what_was_inside_a_value_that_became_another_kind_of_value_is_nobodys() -> None:
    live = apply(None, "a", free={"x": {"y": 1}})
    changed = update(live, "e", free={"x": 1})
    assert owned(changed, "a") == {"f:free": {}} or owned(changed, "a") is None
    assert owned(changed, "e", "Update") == {"f:free": {"f:x": {}}}
    back = update(changed, "f", free={"x": {"y": 1}})
    assert owned(back, "f", "Update") == {"f:free": {"f:x": {".": {}, "f:y": {}}}}


@pytest.mark.parametrize("given_fields", [[], [{}]])
def test_a_client_can_forget_all_managers(given_fields: list[Any]) -> None:
    live = apply(None, "a", n=1)
    cleared = {**live, "metadata": {"name": "x", "managedFields": given_fields}}
    result = record_update(live, cleared, manager="e", typed=CUSTOM, now=NOW)
    assert "managedFields" not in result["metadata"]


def test_a_client_that_omits_managed_fields_keeps_them() -> None:
    live = apply(None, "a", n=1)
    result = record_update(live, thing(n=2), manager="e", typed=CUSTOM, now=LATER)
    assert owned(result, "e", "Update") == {"f:n": {}}
    assert owned(result, "a") is None


def test_entries_of_updates_are_capped() -> None:
    live = apply(None, "a", n=0)
    for number in range(15):
        live = record_update(
            live,
            {**live, "spec": {**live["spec"], "map": {**live["spec"].get("map", {}), f"k{number:02}": ""}}},
            manager=f"m{number:02}",
            typed=CUSTOM,
            now=f"2026-01-01T00:00:{number:02}Z",
        )
    updates = [entry for entry in live["metadata"]["managedFields"] if entry["operation"] == "Update"]
    assert len(updates) == 10
    assert updates[0]["manager"] == "ancient-changes"
    assert {f"f:k{number:02}" for number in range(6)} <= updates[0]["fieldsV1"]["f:spec"]["f:map"].keys()


def test_the_main_endpoint_never_owns_status() -> None:
    reset: Node = {"f:status": fieldsets.MEMBER}
    patch = {**thing(n=1), "status": {"phase": "x"}}
    result = server_side_apply(None, patch, manager="a", force=False, typed=CUSTOM, now=NOW, reset=reset)
    assert result["metadata"]["managedFields"][0]["fieldsV1"] == {"f:spec": {"f:n": {}}}


@pytest.mark.parametrize("replicas", [2, None])
def test_scaling_is_recorded_only_if_somebody_owned_the_number(client: Client, replicas: int | None) -> None:
    path, labels = "/apis/apps/v1/namespaces/default/deployments/w", {"a": "b"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template, **({"replicas": replicas} if replicas else {})}
    client.apply(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": spec})
    client.merge(path + "/scale?fieldManager=s", {"spec": {"replicas": 5}})
    entries = client.get(path).body["metadata"]["managedFields"]
    scaled = [entry["fieldsV1"] for entry in entries if entry.get("subresource") == "scale"]
    assert scaled == ([{"f:spec": {"f:replicas": {}}}] if replicas else [])


def test_kubectl_takes_over_what_it_applied_client_side() -> None:
    from local_emulator.core.registry import Resource
    from local_emulator.writes.engine import Engine, custom_model

    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"n": {"type": "integer"}, "m": {"type": "integer"}}}},
    }
    resource = Resource("", "v1", "E", "es", "e", True, custom=True, model=custom_model("", "v1", "E", schema))
    last = '{"apiVersion":"v1","kind":"E","metadata":{"name":"x"},"spec":{"n":1}}'
    body: Object = {"apiVersion": "v1", "kind": "E", "metadata": {"name": "x", "annotations": {annotation: last}}, "spec": {"n": 1, "m": 1}}
    engine = Engine()
    live = engine.record_update(resource, None, body, "kubectl-client-side-apply", "", NOW)
    patch: Object = {"apiVersion": "v1", "kind": "E", "metadata": {"name": "x"}, "spec": {"n": 2}}
    taken = engine.apply(resource, live, patch, "kubectl", False, "", LATER)
    assert taken["spec"] == {"n": 2, "m": 1}
    assert '"n":2' in taken["metadata"]["annotations"][annotation]
    with pytest.raises(ApiError):
        engine.apply(resource, live, {**patch, "spec": {"m": 2}}, "kubectl", False, "", LATER)
    with pytest.raises(ApiError):
        engine.apply(resource, live, patch, "other", False, "", LATER)


# ---- laws

_NAMES = st.sampled_from("abc")
_KEYED = st.lists(
    st.fixed_dictionaries({"k": _NAMES}, optional={"v": st.integers(0, 2), "w": st.integers(0, 2)}),
    max_size=3,
    unique_by=lambda item: item["k"],
)
_SPECS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(0, 2),
        "map": st.dictionaries(_NAMES, st.sampled_from("12"), max_size=3),
        "whole": st.dictionaries(_NAMES, st.sampled_from("12"), max_size=2),
        "set": st.lists(_NAMES, max_size=3, unique=True),
        "list": st.lists(_NAMES, max_size=3),
        "keyed": _KEYED,
        "free": st.dictionaries(_NAMES, st.dictionaries(_NAMES, st.integers(0, 1), max_size=2), max_size=2),
    },
)
LAW = settings(max_examples=150, deadline=None)


@LAW
@given(_SPECS, _SPECS)
def test_applying_twice_changes_nothing(first: Object, second: Object) -> None:
    live = apply(apply(None, "a", **first), "b", force=True, **second)
    assert apply(live, "b", now=LATER, **second) == live


@LAW
@given(_SPECS, _SPECS)
def test_an_applied_value_is_what_is_stored_and_owned(first: Object, second: Object) -> None:
    live = apply(apply(None, "a", **first), "b", force=True, **second)
    claimed = field_set(CUSTOM, thing(**second))
    mine = next((e["fieldsV1"] for e in live["metadata"]["managedFields"] if e["manager"] == "b"), None)
    assert difference(claimed, {"f:metadata": {"f:name": {}}, "f:kind": {}, "f:apiVersion": {}}) == mine
    changed, _ = compare(CUSTOM, live, merge(CUSTOM, live, thing(**second)))
    assert changed is None


@LAW
@given(_SPECS, _SPECS, _SPECS)
def test_removed_fields_vanish_only_if_nobody_else_owns_them(mine: Object, others: Object, next_time: Object) -> None:
    live = apply(apply(None, "a", force=True, **mine), "b", force=True, **others)
    after = apply(live, "a", force=True, **next_time)
    had, has = (set(paths(everything(CUSTOM, obj))) for obj in (live, after))
    theirs = set(paths(next((e["fieldsV1"] for e in live["metadata"]["managedFields"] if e["manager"] == "b"), None)))
    gone = {path for path in had - has if path[0] == "f:spec"}
    kept_by_others = {path[:size] for path in theirs for size in range(1, len(path) + 1)}
    taken = set(paths(field_set(CUSTOM, thing(**next_time))))
    assert not {path for path in gone & kept_by_others if path not in taken and not _under_taken(path, taken)}


def _under_taken(path: tuple[str, ...], taken: set[tuple[str, ...]]) -> bool:
    """Whether a configuration replaced a whole above the path."""
    return any(path[:size] in taken for size in range(1, len(path)))


@LAW
@given(_SPECS, _SPECS)
def test_two_managers_applying_without_conflict_give_the_union(first: Object, second: Object) -> None:
    live = apply(None, "a", **first)
    try:
        both = apply(live, "b", **second)
    except ApiError:
        return
    assert compare(CUSTOM, both["spec"], merge(CUSTOM.fields["spec"], first, second))[0] is None or both["spec"] == merge(
        CUSTOM.fields["spec"], live["spec"], second
    )
    assert owned(both, "a") == owned(live, "a")


@LAW
@given(_SPECS, _SPECS)
def test_every_changed_field_has_its_writer(first: Object, second: Object) -> None:
    before = apply(None, "a", **first)
    assume(before["metadata"].get("managedFields"))  # without managers nothing is recorded
    live = update(before, "e", **second)
    changed, removed = compare(CUSTOM, thing(**first), thing(**second))
    mine = next((e["fieldsV1"] for e in live["metadata"].get("managedFields", ()) if e["manager"] == "e"), None)
    assert mine == changed
    theirs = next((e["fieldsV1"] for e in live["metadata"].get("managedFields", ()) if e["manager"] == "a"), None)
    assert intersection(theirs, changed) is None
    assert intersection(theirs, removed) is None


_SETS = st.deferred(
    lambda: st.dictionaries(_NAMES.map("f:".__add__), st.just({}) | _SETS | _SETS.map(lambda n: {".": {}, **n}), min_size=1, max_size=2)
)


def _members(node: Node | None) -> set[tuple[str, ...]]:
    return set(paths(node))


@LAW
@given(_SETS, _SETS)
def test_set_operations_are_those_of_sets_of_paths(a: Node, b: Node) -> None:
    before = deepcopy((a, b))
    assert _members(union(a, b)) == _members(a) | _members(b)
    assert _members(difference(a, b)) == _members(a) - _members(b)
    assert _members(intersection(a, b)) == _members(a) & _members(b)
    below = {path for path in _members(a) if any(path[:size] in _members(b) for size in range(1, len(path) + 1))}
    assert _members(recursive_difference(a, b)) == _members(a) - below
    assert ordered(a) == a
    assert (a, b) == before


def test_sets_are_ordered_as_the_api_server_orders_them() -> None:
    node = {"v:2": {}, 'k:{"p":9}': {}, "f:b": {}, ".": {}, 'k:{"p":10}': {}, "f:a": {}, "v:10": {}}
    assert list(ordered(node)) == [".", "f:a", "f:b", 'k:{"p":9}', 'k:{"p":10}', "v:2", "v:10"]


def test_paths_are_shown_as_the_api_server_shows_them() -> None:
    assert display(("f:a", 'k:{"n":1,"p":"x"}', "f:s", 'v:"q"')) == '.a[n=1,p="x"].s[="q"]'


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}])
def test_what_no_schema_describes_is_granular_in_maps_and_whole_in_lists(schema: Object) -> None:
    typed = TypedSchema.from_crd(schema)
    patch = thing(a={"b": 1}, c=[{"d": 1}])
    result = server_side_apply(None, patch, manager="m", force=False, typed=typed, now=NOW)
    assert owned(result, "m") == {".": {}, "f:a": {".": {}, "f:b": {}}, "f:c": {}}
    assert typed.fields["metadata"].fields["ownerReferences"].keys == ("uid",)


def test_everything_names_containers_too() -> None:
    assert everything(CUSTOM.fields["spec"], {"map": {"a": "1"}}) == {".": {}, "f:map": {".": {}, "f:a": {}}}
