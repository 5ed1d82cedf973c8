"""Objects come out of the emulator as they come out of a real API server: recorded answers of one, and tables of single rules."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.objects.builtin.kinds import load_kinds
from local_emulator.objects.builtin.schemas import definition_name
from local_emulator.objects.model import quantity
from local_emulator.objects.model.custom import custom_checker, custom_reader
from local_emulator.objects.model.models import builtin_model
from local_emulator.objects.model.reading import reader_of
from local_emulator.objects.model.report import Mismatch, Report
from tests.emulator.client import Client
from tests.emulator.corpus import SCENARIOS, THING_CRD
from tests.emulator.golden import CONTENT_TYPES, CRDS, METHODS, USER_AGENT, golden, normalised

# Scenario and step → why the emulator answers otherwise. Strict: a step that begins to agree must leave the list.
KNOWN: dict[tuple[str, int], str] = {
    ("unchangeable", 9): "the real server shows the difference of the specs as Go structs",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_answers_are_those_of_the_real_server(name: str, client: Client) -> None:
    client.create(CRDS, THING_CRD)
    for index, ((verb, path, body), expected) in enumerate(zip(SCENARIOS[name], golden(name), strict=True)):
        answer = client.call(METHODS.get(verb, "PATCH"), path, body, CONTENT_TYPES[verb], user_agent=USER_AGENT)
        given = normalised(answer.body)
        if (name, index) in KNOWN:
            assert given != expected, f"step {index} agrees now: {KNOWN[name, index]}"
        else:
            assert given == expected, f"step {index}: {verb} {path}"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("0.5", "500m"),
        ("1", "1"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("1000m", "1"),
        ("100.5m", "100500u"),
        ("1024Mi", "1Gi"),
        ("1536Mi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1.5Ki", "1536"),
        ("0.1Ki", "102400m"),
        ("1e3", "1e3"),
        ("12e-1", "1200e-3"),
        ("-1Gi", "-1Gi"),
        ("128974848", "128974848"),
        (".5", "500m"),
        ("0.0000000001", "1n"),
        ("100Ki", "100Ki"),
    ],
)
def test_quantities_are_stored_canonically(given: str, stored: str) -> None:
    assert quantity.canonical(given) == stored
    assert quantity.canonical(stored) == stored


@pytest.mark.parametrize("given", ["", "a", "1.2.3", "1 Gi", "1GI", "--1", "1mm", "e3"])
def test_other_text_is_no_quantity(given: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        quantity.canonical(given)


@pytest.mark.parametrize("kind", [kind for kind in load_kinds() if kind.stored], ids=lambda kind: f"{kind.group_version}-{kind.kind}")
def test_reading_is_idempotent_for_every_kind(kind: Any) -> None:
    model = builtin_model(kind.group, kind.version, kind.kind)
    once = model.read({"apiVersion": kind.group_version, "kind": kind.kind, "metadata": {"name": "x"}}, Report())
    assert model.read(once, Report()) == once


def _read(kind: str, body: dict[str, Any]) -> tuple[Any, Report]:
    group, version = {"Deployment": ("apps", "v1"), "Job": ("batch", "v1")}.get(kind, ("", "v1"))
    name = definition_name(group, version, kind)
    assert name is not None
    report = Report()
    return reader_of(name)(body, "", report), report


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("localhost:5000/nginx", "Always"),
        ("localhost:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:00", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    pod, _ = _read("Pod", {"spec": {"containers": [{"name": "a", "image": image}]}})
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_unknown_fields_are_dropped_and_reported_with_their_place() -> None:
    pod, report = _read("Pod", {"spec": {"containers": [{"name": "a"}, {"name": "b", "imagee": 1}], "x": {}}, "metadata": {"labelz": {}}})
    assert report.unknown == ["spec.containers[1].imagee", "spec.x", "metadata.labelz"]
    assert "imagee" not in pod["spec"]["containers"][1]


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("ConfigMap", {"data": []}, "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string"),
        ("ConfigMap", {"immutable": "x"}, "json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool"),
        (
            "Deployment",
            {"spec": {"replicas": 1.5}},
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            "Deployment",
            {"spec": {"replicas": 2**31}},
            "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
    ],
)
def test_wrong_types_are_refused_as_by_go(kind: str, body: dict[str, Any], message: str) -> None:
    with pytest.raises(Mismatch) as refused:
        _read(kind, body)
    assert refused.value.message == message


RULES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "a": {"type": "integer", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "fixed"}]},
                "when": {"type": "string", "format": "date-time"},
                "ratio": {"type": "number"},
                "dash-ed": {"type": "string"},
                "items": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                    "items": {
                        "type": "object",
                        "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
                        "x-kubernetes-validations": [{"rule": "self.v >= oldSelf.v"}],
                    },
                },
            },
            "x-kubernetes-validations": [
                {
                    "rule": "!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')",
                    "reason": "FieldValueRequired",
                    "message": "later",
                },
                {"rule": "!has(self.ratio) || self.ratio * 2.0 < 3.0", "fieldPath": ".ratio"},
                {"rule": "!has(self.dash__dash__ed) || self.dash__dash__ed != 'x'"},
                {"rule": "oldSelf.hasValue() || self.a < 5", "optionalOldSelf": True, "message": "small first"},
            ],
        }
    },
}


@pytest.mark.parametrize(
    ("old", "new", "causes"),
    [
        (None, {"a": 1}, []),
        (None, {"a": 7}, [("spec", "Invalid value: small first")]),
        ({"a": 1}, {"a": 2}, [("spec.a", "Invalid value: 2: fixed")]),
        ({"a": 7}, {"a": 7}, []),
        (None, {"a": 1, "when": "2019-01-01T00:00:00Z"}, [("spec", "Required value: later")]),
        (None, {"a": 1, "ratio": 1}, []),
        (None, {"a": 1, "ratio": 2}, [("spec.ratio", "Invalid value: failed rule: !has(self.ratio) || self.ratio * 2.0 < 3.0")]),
        (None, {"a": 1, "dash-ed": "x"}, [("spec", "Invalid value: failed rule: !has(self.dash__dash__ed) || self.dash__dash__ed != 'x'")]),
        (
            {"a": 1, "items": [{"k": "x", "v": 2}, {"k": "y", "v": 2}]},
            {"a": 1, "items": [{"k": "y", "v": 1}, {"k": "z", "v": 0}, {"k": "x", "v": 3}]},
            [("spec.items[0]", "Invalid value: failed rule: self.v >= oldSelf.v")],
        ),
        ({"a": 1, "ratio": 2}, {"a": 1, "ratio": 2}, []),
    ],
)
def test_validation_rules(old: Any, new: Any, causes: list[tuple[str, str]]) -> None:
    def body(spec: Any) -> dict[str, Any]:
        return {"apiVersion": "e/v1", "kind": "E", "metadata": {}, "spec": spec}

    read, check = custom_reader(RULES), custom_checker(RULES)
    found = check(read(body(new), Report()), None if old is None else read(body(old), Report()), "")
    assert [(cause.field, cause.message) for cause in found] == causes


def test_an_update_is_not_refused_for_what_was_wrong_before() -> None:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}, "m": {"type": "integer"}}}},
    }
    check = custom_checker(schema)
    old = {"apiVersion": "e/v1", "kind": "E", "metadata": {}, "spec": {"n": 5}}
    assert check({**old, "spec": {"n": 5, "m": 1}}, old, "") == []
    assert [cause.field for cause in check({**old, "spec": {"n": 6}}, old, "")] == ["spec.n"]
