"""Every marker on every kind of type, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.errors import ProblemsError
from graphcore.simpleschema import to_openapi

pytestmark = pytest.mark.feature(16, 17, 18, 19, 20, 21, 22, 23)

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
BASE: dict[str, dict[str, Any]] = {
    "string": STRING,
    "integer": INTEGER,
    "boolean": {"type": "boolean"},
    "float": {"type": "number"},
    "object": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "[]string": {"type": "array", "items": STRING},
    "[]integer": {"type": "array", "items": INTEGER},
    "[][]string": {"type": "array", "items": {"type": "array", "items": STRING}},
    "[]object": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    "map[string]integer": {"type": "object", "additionalProperties": INTEGER},
    "map[string][]integer": {"type": "object", "additionalProperties": {"type": "array", "items": INTEGER}},
    "Struct": {"type": "object", "properties": {"name": STRING}, "required": ["name"]},
    "[]Struct": {"type": "array", "items": {"type": "object", "properties": {"name": STRING}, "required": ["name"]}},
    "Alias": {"type": "string", "maxLength": 9},
}
TYPES = {"Struct": {"name": "string | required=true"}, "Alias": "string | maxLength=9"}
LISTS = tuple(name for name in BASE if name.startswith("[]"))
TEXTS = ("string", "Alias")
IMMUTABLE = {"x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "field is immutable"}]}

# Marker text → what it adds to any type.
ANYWHERE: dict[str, dict[str, Any]] = {
    'description="what it is"': {"description": "what it is"},
    "description=": {},
    "minimum=1": {"minimum": 1},
    "maximum=9.5": {"maximum": 9.5},
    "minimum=0x10p0": {"minimum": 16},
    "maximum=1_000": {"maximum": 1000},
    "immutable=true": IMMUTABLE,
    "immutable=F": {},
    'validation="has(self)"': {"x-kubernetes-validations": [{"rule": "has(self)", "message": "validation failed"}]},
    "required=false": {},
    "": {},
}
# Marker text → (types that take it, what it adds, message elsewhere).
RESTRICTED: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    'pattern="^[a-z]+$"': (TEXTS, {"pattern": "^[a-z]+$"}, "pattern marker is only valid for string types, got type: {type}"),
    "minLength=1": (TEXTS, {"minLength": 1}, "minLength marker is only valid for string types, got type: {type}"),
    "maxLength=-1": (TEXTS, {"maxLength": -1}, "maxLength marker is only valid for string types, got type: {type}"),
    "minItems=1": (LISTS, {"minItems": 1}, "minItems marker is only valid for array types, got type: {type}"),
    "maxItems=2": (LISTS, {"maxItems": 2}, "maxItems marker is only valid for array types, got type: {type}"),
    "uniqueItems=true": (LISTS, {"x-kubernetes-list-type": "set"}, "uniqueItems marker is only valid for array types, got type: {type}"),
    "listType=atomic": (LISTS, {"x-kubernetes-list-type": "atomic"}, "listType marker only applies to array types"),
    "listType=map listMapKey=name": (
        LISTS,
        {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        "listType marker only applies to array types",
    ),
    'enum="1,2"': (("integer",), {"enum": [1, 2]}, "enum values only supported for string and integer types, got type: {type}"),
    'enum="a, b ,a"': (TEXTS, {"enum": ["a", "b", "a"]}, "enum values only supported for string and integer types, got type: {type}"),
}
# Wrong on any type.
NOWHERE = {
    "required=maybe": 'failed to parse required marker value: strconv.ParseBool: parsing "maybe": invalid syntax',
    "immutable=": 'failed to parse immutable marker value: strconv.ParseBool: parsing "": invalid syntax',
    "minimum=abc": 'failed to parse minimum value: "abc" is not a number',
    "maximum=NaN": 'failed to parse maximum value: "NaN" is not a number',
    "minimum=1e400": 'failed to parse minimum value: "1e400" is not a number',
    'enum="a,,b"': "empty enum values are not allowed",
    "pattern=": "pattern marker value cannot be empty",
    'validation=" "': "validation failed: the validation marker has no rule",
    "nullable=true": 'invalid marker key "nullable": unknown marker: nullable',
    "required": "marker key 'required' without a value",
    "minimum = 1": "marker key '1' without a value",
    'description="': "unclosed quote",
    "description={a": "unclosed bracket/brace",
    "description=a}": "unmatched closing bracket/brace",
    "=1": "empty marker key",
}


def schema_of(text: str) -> dict[str, Any]:
    return to_openapi({"f": text}, TYPES)["properties"]["f"]


def messages(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        to_openapi({"f": text}, TYPES)
    assert all(problem.path == "spec.f" and problem.expression == text and problem.hint for problem in caught.value.problems)
    return [problem.message.removeprefix("field f: ") for problem in caught.value.problems]


@pytest.mark.parametrize("kind", BASE)
@pytest.mark.parametrize("marker", ANYWHERE)
def test_markers_for_any_type(kind: str, marker: str) -> None:
    assert schema_of(f"{kind} | {marker}") == BASE[kind] | ANYWHERE[marker]


@pytest.mark.parametrize("kind", BASE)
@pytest.mark.parametrize("marker", RESTRICTED)
def test_markers_for_some_types(kind: str, marker: str) -> None:
    takes, effect, message = RESTRICTED[marker]
    if kind in takes:
        assert schema_of(f"{kind} | {marker}") == BASE[kind] | effect
    elif marker == 'enum="1,2"' and kind in TEXTS:
        assert schema_of(f"{kind} | {marker}") == BASE[kind] | {"enum": ["1", "2"]}
    elif marker == 'enum="a, b ,a"' and kind == "integer":
        assert messages(f"{kind} | {marker}") == ['failed to parse integer enum value: strconv.ParseInt: parsing "a": invalid syntax']
    else:
        assert messages(f"{kind} | {marker}")[0] == message.format(type=BASE[kind]["type"])


@pytest.mark.parametrize("kind", BASE)
@pytest.mark.parametrize("marker", NOWHERE)
def test_markers_that_are_wrong_anywhere(kind: str, marker: str) -> None:
    assert messages(f"{kind} | {marker}") == [NOWHERE[marker]]


@pytest.mark.parametrize("kind", BASE)
def test_required_lands_in_the_parent(kind: str) -> None:
    assert to_openapi({"f": f"{kind} | required=T"}, TYPES) == {"type": "object", "properties": {"f": BASE[kind]}, "required": ["f"]}


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ('string | default="x"', "x"),
        ("string | default=1", "1"),
        ("string | default={}", "{}"),
        ('string | default=""', ""),
        ("string | default=", ""),
        (r"string | default=a\nb", "a\nb"),
        (r'string | default="say \\\"hi\\\""', 'say "hi"'),
        ('string | default="${schema.spec.x}"', "${schema.spec.x}"),
        ("integer | default=-3", -3),
        ("float | default=0.5", 0.5),
        ("float | default=1e3", 1000.0),
        ('boolean | default="true"', True),
        ("boolean | default=0", 0),
        ('object | default={"a":{"b":1}}', {"a": {"b": 1}}),
        ("object | default=1", 1),
        ("[]string | default=[]", []),
        ('[]integer | default=[1, 2, "3"]', [1, 2, "3"]),
        ('map[string]integer | default={"a": 1}', {"a": 1}),
        ('Struct | default={"name":"n"}', {"name": "n"}),
        ("Alias | default=later default=last", "last"),
        ("[]string | default=x default=[]", []),
        ("integer | default=+5 default=5", 5),
        (r"string | default=\ud83d\ude00", "\U0001f600"),
        (r"string | default=a\ud83d", "a\ufffd"),
        (r'object | default={"a":["\udc00"]}', {"a": ["\ufffd"]}),
    ],
)
def test_defaults(text: str, default: Any) -> None:
    schema = to_openapi({"f": text}, TYPES)
    assert schema["properties"]["f"]["default"] == default
    assert type(schema["properties"]["f"]["default"]) is type(default)
    assert schema["default"] == {}


@pytest.mark.parametrize(
    "text",
    [
        "integer | default=1.5", "integer | default=3.0", "integer | default=", "integer | default=+5", "integer | default=007",
        "integer | default=9223372036854775808", "float | default=x", "float | default=.5", "float | default=1_0", "float | default=NaN",
        "float | default=Inf", "float | default=1e400", "boolean | default=T", "boolean | default=False", "boolean | default=yes",
        "string | default={\"a\":1}", "object | default=x", "[]string | default=[a]",
        "[]string | default=[1] x", "Struct | default={name:x}",
        "object | default=" + "[" * 100_000, "object | default=\" \"", "integer | default=5 default=+5",
    ],
)  # fmt: skip
def test_defaults_that_are_no_json(text: str) -> None:
    assert len(messages(text)) == 1


@pytest.mark.parametrize("text", ["object | default=", '[]string | default=""', "map[string]integer | default=null", "Struct | default="])
def test_an_empty_default_of_a_structure_is_none(text: str) -> None:
    schema = to_openapi({"f": text}, TYPES)
    assert "default" not in schema
    assert "default" not in schema["properties"]["f"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]string | uniqueItems=true listType=atomic", "listType attempting to overwrite set type of set, this can happen"),
        ("[]string | listType=map uniqueItems=true", "cannot set unique when listType is set to map"),
        ("[]string | listType=list", "unsupported value for listType list, needs to be one of atomic, set, or map"),
        ("[]string | listMapKey=a", "listMapKey set while listType is unset, listType must be set to map"),
        ("[]string | listType=set listMapKey=a", "listMapKey set while listType is set to set, listType must be set to map"),
        ("[]Struct | listType=map listMapKey=a listMapKey=a", "duplicate listMapKey marker, value a"),
        ("string | minLength=x", "failed to parse minLength value"),
        ('string | pattern="["', "invalid pattern regex: error parsing regexp: missing closing ]: `[`"),
        ('string | pattern="(?=x)"', "invalid pattern regex: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        (r'string | pattern="a\\C"', r"invalid pattern regex: error parsing regexp: invalid escape sequence: `\C`"),
        ('integer | enum="+1"', 'failed to parse integer enum value: "+1" is no JSON number'),
    ],
)
def test_contradictions(text: str, message: str) -> None:
    assert messages(text)[0].startswith(message)


@pytest.mark.parametrize("text", [r'string | pattern="\\\\C"', r'string | pattern="\\Q\\C\\E"', r'string | pattern="[C]"'])
def test_patterns_that_only_look_like_a_single_byte(text: str) -> None:
    assert "pattern" in schema_of(text)


@pytest.mark.parametrize("definition", ["boolean | default=T", "float | minimum=NaN", 'integer | enum="+1,2"', {"a": "Struct | default=z"}])
def test_a_value_without_a_json_form_is_a_fault_only_where_it_is_kept(definition: Any) -> None:
    types = {**TYPES, "Custom": definition, "Outer": {"inner": "[]Custom"}}
    assert "f" in to_openapi({"f": "string"}, types)["properties"]
    for use in ("Custom", "[]Custom", "Outer", "map[string]Outer"):
        with pytest.raises(ProblemsError) as caught:
            to_openapi({"f": use, "g": use}, types)
        assert {problem.path for problem in caught.value.problems} == {"types.Custom" if isinstance(definition, str) else "types.Custom.a"}


def test_a_use_replaces_a_value_without_a_json_form() -> None:
    schema = to_openapi({"f": "Custom | default=true"}, {"Custom": "boolean | default=T"})
    assert schema["properties"]["f"] == {"type": "boolean", "default": True}


def test_order_of_list_type_and_key_does_not_matter() -> None:
    assert schema_of("[]Struct | listMapKey=name listType=map") == schema_of("[]Struct | listType=map listMapKey=name")


def test_rules_are_appended() -> None:
    rules = schema_of('string | validation="self != \'\'" immutable=true validation="size(self) < 3"')["x-kubernetes-validations"]
    assert [rule["rule"] for rule in rules] == ["self != ''", "self == oldSelf", "size(self) < 3"]


def test_all_faults_of_a_field_are_reported_with_their_columns() -> None:
    with pytest.raises(ProblemsError) as caught:
        to_openapi({"f": "integer | minLength=1 requird=true\n  default=x"}, None)
    found = [(problem.line, problem.column, problem.hint) for problem in caught.value.problems]
    assert found == [
        (1, 22, "did you mean required?"),
        (1, 10, "remove minLength, or use validation= with a CEL rule"),
        (2, 2, "write a whole number without plus sign or leading zeros"),
    ]
