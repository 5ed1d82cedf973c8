"""Values of objects are taken out of texts about them, however they are written; everything else stays."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphcore.masking import MASK, WITHHELD, Budget, mask
from graphcore.masking.mask import MAX_TEXT

MARKER = "zq7hunter"


def config_map(value: Any, name: str = "demo", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", **metadata}, "data": {"key": value}}


def secret(value: str, name: str = "demo") -> dict[str, Any]:
    data = {"key": base64.b64encode(value.encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"}, "data": data}


def go_quoted(text: str) -> str:
    """As strconv.Quote writes it."""
    simple = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}
    out = []
    for char in text:
        if char in simple:
            out.append(simple[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        else:
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return '"' + "".join(out) + '"'


def go_json(text: str) -> str:
    """As encoding/json writes it, markup escaped."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


WRITTEN = {
    "as it is": lambda v: v,
    "in Go's quotes": go_quoted,
    "in JSON": go_json,
    "in ASCII JSON": json.dumps,
    "in JSON inside a quoted text": lambda v: go_quoted(go_json(v)),
    "in JSON inside JSON inside quotes": lambda v: go_quoted(go_json(json.dumps({"a": v}))),
    "in single quotes": lambda v: f"'{v}'",
    "in base64": lambda v: base64.b64encode(v.encode()).decode(),
    "in base64 for addresses": lambda v: base64.urlsafe_b64encode(v.encode()).decode().rstrip("="),
    "inside other text in base64": lambda v: base64.b64encode(f"a{v}b".encode()).decode(),
    "in hexadecimal digits": lambda v: v.encode().hex(),
    "as bytes": lambda v: f"[{' '.join(str(byte) for byte in v.encode())}]",
    "as Go writes bytes": lambda v: "[]byte{" + ", ".join(f"0x{byte:02x}" for byte in v.encode()) + "}",
    "in a list": lambda v: json.dumps(["a", v]),
    "glued to a word": lambda v: f"password{v}.",
}
SENTENCES = {
    "API server": 'ConfigMap "demo" is invalid: data[key]: Invalid value: {}: a valid value must be shorter',
    "policy": "configmaps \"demo\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: {} is not wanted",
    "webhook": 'admission webhook "w.example.com" denied the request: the value {} of data.key is not wanted',
    "conversion": 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: bad {}',
    "at the end": "not wanted: {}",
    "alone": "{}",
}
ASCII = st.text(st.sampled_from(string.ascii_letters + string.digits + string.punctuation + " \n\t"), max_size=12)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.mark.parametrize("written", WRITTEN)
@given(st.sampled_from(sorted(SENTENCES)), st.one_of(ASCII, ANY), st.one_of(ASCII, ANY), st.booleans())
@example("alone", "", "", False)
@example("policy", "", "", True)
@example("API server", '<"\\', "\n&'", False)
def test_a_value_is_nowhere_in_a_text_however_it_is_written(
    written: str, sentence: str, before: str, after: str, confidential: bool
) -> None:
    value = f"{before}{MARKER}{after}"
    shown = WRITTEN[written](value)
    text = SENTENCES[sentence].replace("{}", shown)
    masked = mask(text, [secret(value) if confidential else config_map(value)])
    assert MARKER not in masked
    for way in ("in base64", "in hexadecimal digits", "as bytes"):
        assert WRITTEN[way](MARKER)[:-4] not in masked
    if written != "as it is" and '"' not in value:
        assert masked != text


CUT = {
    "cut by dots": lambda v: f"{v[:6]}...",
    "cut by an ellipsis": lambda v: f"{v[:5]}… is not wanted",
    "cut in the middle": lambda v: f"'{v[:4]}...{v[-4:]}'",
    "cut by the end": lambda v: f"not wanted: {v[:5]}",
    "cut in quotes": lambda v: f'"{v[:6]}" is not wanted',
    "cut in base64": lambda v: base64.b64encode(v.encode()).decode()[:8] + "...",
    "a part of it": lambda v: f"not wanted: {v[1:9]}, nor anywhere",
}


@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("way", CUT)
def test_a_value_that_was_cut_short_is_masked(way: str, confidential: bool) -> None:
    value = "zq7xkwvjp2"
    shown = CUT[way](value)
    masked = mask(shown, [secret(value) if confidential else config_map(value)])
    assert MASK in masked
    assert not any(value[at : at + 4] in masked for at in range(len(value) - 3)), masked


ROWS = {
    "the name of the object, equal to a value": (
        'ConfigMap "demo" is invalid: data[key]: Invalid value: "demo-1": not wanted for demo',
        [config_map("demo", labels={"app": "demo", "rest": "demo-1"})],
        f'ConfigMap "demo" is invalid: data[key]: Invalid value: "{MASK}": not wanted for demo',
    ),
    "field paths, equal to values": (
        "spec.template.spec.containers[0].image: Required value, metadata.labels: Forbidden: field is immutable",
        [{"spec": {"template": {"spec": {"containers": [{"image": "spec.template"}]}}}, "metadata": {"labels": {"x": "metadata"}}}],
        "spec.template.spec.containers[0].image: Required value, metadata.labels: Forbidden: field is immutable",
    ),
    "short values outside quotes": (
        "spec.replicas: Invalid value: 3: must be less than 3 and not ab",
        [{"spec": {"replicas": 3, "mode": "ab"}}],
        "spec.replicas: Invalid value: 3: must be less than 3 and not ab",
    ),
    "short values in quotes": ('mode "ab" is not wanted', [{"spec": {"mode": "ab"}}], f'mode "{MASK}" is not wanted'),
    "truth values and null": (
        'spec.a: Invalid value: true: must be false, not "true" nor null',
        [{"spec": {"a": True, "b": "true", "c": None, "d": "null"}}],
        'spec.a: Invalid value: true: must be false, not "true" nor null',
    ),
    "numbers, but not parts of other numbers": (
        "port 30080 is taken, 130080 is not",
        [{"spec": {"nodePort": 30080}}],
        f"port {MASK} is taken, 130080 is not",
    ),
    "a limit that equals a value": (
        "spec.port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        [{"spec": {"port": 70000, "other": 65535}}],
        f"spec.port: Invalid value: {MASK}: must be between 1 and 65535, inclusive",
    ),
    "a word of which a value is a part": (
        "the latest product is not wanted",
        [config_map("test"), config_map("prod")],
        "the latest product is not wanted",
    ),
    "the values that would be right": (
        'spec.type: Unsupported value: "NodePortal": supported values: "ClusterIP", "NodePort"',
        [{"spec": {"type": "NodePortal", "was": "NodePort"}}],
        f'spec.type: Unsupported value: "{MASK}": supported values: "ClusterIP", "NodePort"',
    ),
    "a value that the API server made of it": (
        'spec.selector: Invalid value: {"matchLabels":{"app":"made-here"},"n":12345}: field is immutable',
        [{"spec": {"selector": {"matchLabels": {"app": "other"}, "n": 1}}}],
        f'spec.selector: Invalid value: {{"matchLabels":{{"app":"{MASK}"}},"n":{MASK}}}: field is immutable',
    ),
    "a Go value": (
        'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"x"}, Rest:[]v1.R(nil)}: field is immutable',
        [{"spec": {"selector": {"matchLabels": {"app": "y"}}}}],
        f'spec.selector: Invalid value: v1.LabelSelector{{MatchLabels:map[string]string{{"app":"{MASK}"}}, Rest:[]v1.R(nil)}}: field is immutable',
    ),
    "keys that only the server knows": (
        'Job.batch "demo" is invalid: spec.template: Invalid value: {"Spec":{"Volumes":null,"Args":["x"],"n":123456}}: field is immutable',
        [{"kind": "Job", "metadata": {"name": "demo"}, "spec": {"template": {"spec": {"args": ["x"]}}}}],
        f'Job.batch "demo" is invalid: spec.template: Invalid value: {{"Spec":{{"Volumes":null,"Args":["{MASK}"],"n":{MASK}}}}}: field is immutable',
    ),
    "a field whose name shares letters with a value": (
        "may not change fields other than `spec.terminationGracePeriodSeconds`",
        [{"spec": {"terminationMessagePath": "/dev/termination-log"}}],
        "may not change fields other than `spec.terminationGracePeriodSeconds`",
    ),
    "the type that stands for a value": (
        'spec: Invalid value: "object": no such key: a evaluating rule: x',
        [{"spec": {"a": 1}}],
        'spec: Invalid value: "object": no such key: a evaluating rule: x',
    ),
    "an object that is referred to and missing": (
        'pods "demo" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
        [{"kind": "Pod", "metadata": {"name": "demo", "namespace": "default"}, "spec": {"serviceAccountName": "robot"}}],
        f'pods "demo" is forbidden: error looking up service account default/{MASK}: serviceaccount "robot" not found',
    ),
    "the right that is missing": (
        'roles "demo" is forbidden: User "system:serviceaccount:a:b" cannot patch resource "roles" in API group "x.io" in the namespace "c"',
        [{"kind": "Role", "metadata": {"name": "demo"}, "rules": [{"resources": ["roles"], "apiGroups": ["x.io"], "verbs": ["patch"]}]}],
        'roles "demo" is forbidden: User "system:serviceaccount:a:b" cannot patch resource "roles" in API group "x.io" in the namespace "c"',
    ),
    "a field that is not known": (
        'strict decoding error: unknown field "spec.wrong"',
        [{"spec": {"wrong": "spec.wrong"}}],
        'strict decoding error: unknown field "spec.wrong"',
    ),
    "a Secret's value that equals the Secret's name": (
        'Secret "demo" is invalid: data[key]: Too long: may not be more than 4 bytes',
        [secret("demo")],
        f'Secret "{MASK}" is invalid: data[key]: Too long: may not be more than 4 bytes',
    ),
    "a Secret's short value": ("x1 is as short as x, x1x is not it", [secret("x1")], f"{MASK} is as short as x, x1x is not it"),
    "a line of a Secret's text": ("found pw=abc1 here", [secret("a file\npw=abc1\n")], f"found {MASK} here"),
    "words of a Secret that every text has": ("field is immutable", [secret("field"), secret("able")], "field is immutable"),
    "what kubectl keeps of a Secret": (
        f"not {MARKER}",
        [
            {
                **secret("other"),
                "metadata": {
                    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"stringData": {"k": MARKER}})},
                },
            }
        ],
        f"not {MASK}",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_stays_and_what_goes(row: str) -> None:
    text, objects, masked = ROWS[row]
    assert mask(text, objects) == masked


def test_secrets_of_the_same_run_count_for_a_text_about_another_object() -> None:
    text = 'deployments.apps "demo" is forbidden: env "ab" equals demo and ab'
    assert (
        mask(text, [config_map("x")], [secret("ab", "other")])
        == f'deployments.apps "demo" is forbidden: env "{MASK}" equals demo and {MASK}'
    )


HEAD = 'Pod "demo" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`\n'
DIFFERENCES = {
    "of Go values": (
        (
            '  core.PodSpec{\n  \t... // 3 identical fields\n- \t\t\tArgs: []string{"zq7a", "b"},\n+ \t\t\tArgs: []string{"c"},\n'
            '  \tDNSPolicy: "ClusterFirst",\n- \tGrace: &12345,\n  }\n'
        ),
        ("Args: []string{", "DNSPolicy: ", "3 identical fields"),
    ),
    "of JSON": (
        '@@ -1095,7 +95,7 @@\n    "Image": "zq7a",\n    "Args": [\n-    "b"\n+    "c"\n    ],\n  "DNSPolicy": "ClusterFirst",\n- "Grace": 12345,\n',
        ("@@ -1095,7 +95,7 @@", '"Image": ', '"Args": [', '"DNSPolicy": '),
    ),
}


@pytest.mark.parametrize("way", DIFFERENCES)
def test_the_difference_that_the_api_server_shows_of_a_pod_is_masked_line_by_line(way: str) -> None:
    difference, kept = DIFFERENCES[way]
    text = HEAD + difference
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "demo"}, "spec": {"containers": [{"args": ["c"]}]}}
    masked = mask(text, [pod])
    assert masked.startswith(HEAD.strip())
    assert all(part in masked for part in kept)
    assert not [value for value in ('"zq7a"', '"b"', '"c"', "ClusterFirst", "12345") if value in masked]


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.lists(st.text(max_size=20), max_size=5), st.booleans())
def test_any_text_and_any_value_can_be_masked_and_masking_again_changes_nothing_more(
    text: str, values: list[str], confidential: bool
) -> None:
    objects = [secret(value) if confidential else config_map(value) for value in values]
    once = mask(text, objects)
    assert mask(text, objects) == once
    assert not any(len(value) >= 8 and value in once and value not in MASK and not value.isalpha() for value in values)


def test_large_objects_and_texts_cost_a_bounded_number_of_characters_looked_at() -> None:
    large = {"spec": {f"k{number}": f"{number:0100}" for number in range(10_000)}}
    text = "a" * (64 * 1024 - 200) + f"{7:0100}" + " is not wanted"
    budget = Budget()
    assert MASK in mask(text, [large], budget=budget)
    spent = Budget().left - budget.left
    assert spent < 1.5 * 1024 * 1024
    assert mask(text, [large], budget=Budget(spent)) != WITHHELD
    assert mask(text, [large], budget=Budget(spent - 1)) == WITHHELD


def test_what_is_too_large_is_withheld_and_what_is_too_long_is_cut() -> None:
    assert mask("hello", [config_map("x" * 9_000_000)]) == WITHHELD
    assert len(mask("a b " * MAX_TEXT, [config_map("x")])) == MAX_TEXT + 1


NASTY = {
    "brackets and quotes": 'spec["' * 8_000,
    "open brackets": "[" * 60_000,
    "dots": "a." * 30_000 + '"',
    "ellipses": "..." * 20_000,
    "escapes": "\\" * 60_000,
    "the same letter": "a" * 64_000,
    "echoes": "Invalid value: {" * 4_000,
    "quotes": '"' * 60_000,
    "digits": "1 " * 30_000,
    "examples": "(e.g. '" + "x', '" * 12_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", NASTY)
def test_no_text_takes_long(text: str) -> None:
    """The test's own limit fails it; usually it is a fraction of a second."""
    assert mask(NASTY[text], [config_map("aaaaaaaaaaaaaaaaaaaaaaaaa"), secret("ab")])
