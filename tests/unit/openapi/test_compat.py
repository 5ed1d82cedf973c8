"""Every row of kro's compatibility table in both directions, and the changes that kro does not see."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from graphcore.graph import synthesize_crd
from graphcore.openapi.compat import Changes, compare
from graphcore.simpleschema import to_openapi

pytestmark = pytest.mark.feature(110)

TEXT = {"type": "string"}


def crd(spec: Any = None, status: Any = None, types: Any = None, **schema: Any) -> dict[str, Any]:
    block = {"apiVersion": "v1", "kind": "Thing", **schema}
    return synthesize_crd(block, "rgd", "uid", to_openapi(spec, types), status, "devel")


def changes(old: Any, new: Any) -> Changes:
    return compare(crd({"f": old} if old is not None else {}), crd({"f": new} if new is not None else {}))


def codes(found: Changes) -> tuple[list[str], list[str]]:
    return [change.code for change in found.breaking], [change.code for change in found.compatible if change.code != "default-changed"]


@pytest.mark.parametrize(
    ("old", "new", "breaking", "back"),
    [
        # old → new breaks with this code; new → old is compatible with that one
        ("string", None, "property-removed", "property-added"),
        ("string", "string | required=true", "required-added", "required-removed"),
        ("string | default=a required=true", "string | required=true", "required-default-removed", None),
        ('string | enum="a,b"', 'string | enum="a"', "enum-restricted", "enum-expanded"),
        ("string", "string | pattern=a", "pattern-added", "pattern-removed"),
        ("integer", "integer | minimum=1", "minimum-added", "minimum-removed"),
        ("integer | minimum=1", "integer | minimum=2", "minimum-increased", "minimum-decreased"),
        ("integer", "integer | maximum=9", "maximum-added", "maximum-removed"),
        ("integer | maximum=9", "integer | maximum=8.5", "maximum-decreased", "maximum-increased"),
        ("string", "string | minLength=1", "minlength-added", "minlength-removed"),
        ("string | minLength=1", "string | minLength=2", "minlength-increased", "minlength-decreased"),
        ("string", "string | maxLength=9", "maxlength-added", "maxlength-removed"),
        ("string | maxLength=9", "string | maxLength=8", "maxlength-decreased", "maxlength-increased"),
        ("[]string", "[]string | minItems=1", "minitems-added", "minitems-removed"),
        ("[]string | minItems=1", "[]string | minItems=2", "minitems-increased", "minitems-decreased"),
        ("[]string", "[]string | maxItems=9", "maxitems-added", "maxitems-removed"),
        ("[]string | maxItems=9", "[]string | maxItems=8", "maxitems-decreased", "maxitems-increased"),
    ],
)
def test_tightening_breaks_and_relaxing_does_not(old: str | None, new: str | None, breaking: str, back: str | None) -> None:
    assert codes(changes(old, new)) == ([breaking], [])
    assert codes(changes(new, old)) == ([], [back] if back else [])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("string", "integer", "type-changed"),
        ("[]string", "[]integer", "type-changed"),
        ("[]string", "map[string]string", "type-changed"),
        ("string | pattern=a", "string | pattern=b", "pattern-changed"),
        ('string | enum="a"', 'string | enum="b"', "enum-restricted"),
    ],
)
def test_changes_that_break_both_ways(old: str, new: str, code: str) -> None:
    assert codes(changes(old, new))[0] == [code]
    assert codes(changes(new, old))[0] == [code]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("string", "string | description=x", "description-changed"),
        ("string | default=a", "string | default=b", "default-changed"),
        ("integer | default=1", "integer | default=1 minimum=0", "minimum-added"),
    ],
)
def test_other_changes_of_the_table(old: str, new: str, code: str) -> None:
    found = changes(old, new)
    assert code in [change.code for change in (*found.breaking, *found.compatible)]


def test_a_new_required_field_breaks_unless_it_has_a_default() -> None:
    assert codes(changes(None, "string | required=true"))[0] == ["property-added"]
    assert codes(changes(None, "string | required=true default=a")) == ([], ["property-added"])


def test_a_change_of_type_ends_the_comparison() -> None:
    assert codes(changes("string | pattern=a maxLength=3", "integer | minimum=1")) == (["type-changed"], [])


TYPES = {"Struct": {"a": "string", "b": "string"}, "Other": {"a": "string"}, "Empty": {}, "Numbers": {"a": "integer"}}


@pytest.mark.difference("65")
@pytest.mark.parametrize(
    ("old", "new", "breaking", "back"),
    [
        # What kro overlooks is judged by the same rule: old → new can make a stored object invalid, new → old cannot.
        ("string", 'string | enum="a"', ["enum-added"], ["enum-removed"]),
        ("integer", 'integer | enum="1,2" minimum=1', ["minimum-added", "enum-added"], ["minimum-removed", "enum-removed"]),
        ("[]string", '[]Level', ["enum-added"], ["enum-removed"]),
        ("map[string]string", "map[string]Level", ["enum-added"], ["enum-removed"]),
        ("string", "string | validation=\"self != ''\"", ["rule-added"], ["rule-removed"]),
        ("Struct", 'Struct | validation="self.a != self.b"', ["rule-added"], ["rule-removed"]),
        ("string | validation=\"self != ''\"", "string | validation=\"self != ''\" validation=\"self != 'a'\"", ["rule-added"], ["rule-removed"]),
        ("[]string", "[]string | listType=set", ["x-kubernetes-list-type-changed"], ["x-kubernetes-list-type-changed"]),
        ("[]string", "[]string | uniqueItems=true", ["x-kubernetes-list-type-changed"], ["x-kubernetes-list-type-changed"]),
        ("map[string]Struct", "map[string]Other", ["property-removed"], ["property-added"]),
        ("object", "Empty", ["x-kubernetes-preserve-unknown-fields-changed"], ["x-kubernetes-preserve-unknown-fields-changed"]),
    ],
)  # fmt: skip
def test_what_can_make_a_stored_object_invalid_breaks_where_kro_overlooks_it_too(
    old: str, new: str, breaking: list[str], back: list[str]
) -> None:
    types = {**TYPES, "Level": 'string | enum="low,high"'}
    before, after = crd({"f": old}, types=types), crd({"f": new}, types=types)
    found = compare(before, after)
    assert codes(found) == (breaking, [])
    assert all(change.remedy for change in found.breaking)
    assert codes(compare(after, before)) == ([], back)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("map[string]string", "map[string]integer"),
        ("[]map[string]string", "[]map[string]object"),
        ("string | validation=\"self != ''\"", "string | validation=\"self != 'a'\""),
        ("object", "Numbers"),
        ("map[string]string", "Numbers"),
    ],
)
def test_what_kro_overlooks_and_breaks_both_ways(old: str, new: str) -> None:
    before, after = crd({"f": old}, types=TYPES), crd({"f": new}, types=TYPES)
    assert compare(before, after).breaking
    assert compare(after, before).breaking or old == "object"


@pytest.mark.difference("65")
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("string", "string | immutable=true", "immutable-added"),
        ("map[string]string", "map[string]string | immutable=true", "immutable-added"),
        ("Struct", "Struct | immutable=true", "immutable-added"),
        ("integer", 'integer | validation="self >= oldSelf"', "transition-rule-added"),
        ("string", "string | validation=\"self == oldSelf || self != ''\"", "transition-rule-added"),
    ],
)
def test_a_rule_that_judges_changes_only_is_applied_with_a_warning(old: str, new: str, code: str) -> None:
    before, after = crd({"f": old}, types=TYPES), crd({"f": new}, types=TYPES)
    found = compare(before, after)
    assert found.breaking == ()
    assert [(change.code, change.path) for change in found.cautions] == [(code, "spec.f")]
    assert all(change in found.compatible and change.remedy for change in found.cautions)
    assert codes(compare(after, before)) == ([], ["rule-removed"])
    assert compare(after, before).cautions == ()


def test_a_rule_whose_message_alone_changes_does_not_break() -> None:
    before, after = (crd({"f": "string | validation=\"self != ''\""}) for _ in range(2))
    schema = after["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["f"]
    schema["x-kubernetes-validations"] = [{**schema["x-kubernetes-validations"][0], "message": "must not be empty"}]
    assert codes(compare(before, after)) == ([], ["x-kubernetes-validations-changed"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string"}, {"type": "string", "format": "date-time"}),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "integer"}}),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"type": "object", "properties": {"a": {"type": "integer"}}}),
    ],
)
def test_the_status_is_written_anew_so_only_what_kro_judges_counts_in_it(old: Any, new: Any) -> None:
    before, after = ({"type": "object", "properties": {"f": schema}} for schema in (old, new))
    found = compare(crd(status=before), crd(status=after))
    assert (found.breaking, bool(found.compatible)) == ((), True)


@pytest.mark.difference("47")
@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("additionalPrinterColumns", [{"name": "A", "type": "string", "jsonPath": ".spec.a"}], "additionalPrinterColumns"),
        ("shortNames", ["th"], "names.shortNames"),
        ("categories", ["all"], "names.categories"),
        ("metadata", {"labels": {"team": "a"}}, "metadata.labels[team]"),
        ("metadata", {"annotations": {"note": "a"}}, "metadata.annotations[note]"),
    ],
)
def test_changes_outside_the_schema_are_found(member: str, value: Any, path: str) -> None:
    found = compare(crd(), crd(**{member: value}))
    assert found.breaking == ()
    assert [change.path for change in found.compatible] == [path]


def test_the_status_schema_counts_as_well() -> None:
    old, new = ({"type": "object", "properties": {"a": {"type": kind}}} for kind in ("string", "integer"))
    found = compare(crd(status=old), crd(status=new))
    assert [(change.path, change.message) for change in found.breaking] == [("status.a", "Type changed from string to integer")]


def test_a_crd_of_a_recreated_definition_gets_the_new_id() -> None:
    old = crd()
    old["metadata"]["labels"]["kro.run/resource-graph-definition-id"] = "gone"
    assert [change.path for change in compare(old, crd()).compatible] == ["metadata.labels[kro.run/resource-graph-definition-id]"]


def test_what_the_api_server_adds_is_no_change() -> None:
    served = copy.deepcopy(crd({"a": "string | default=x"}))
    served["metadata"] |= {"uid": "1", "generation": 1, "labels": {**served["metadata"]["labels"], "other": "tool"}}
    served["spec"]["conversion"] = {"strategy": "None"}
    served["status"] = {"storedVersions": ["v1"]}
    served["spec"]["versions"][0]["additionalPrinterColumns"][0]["priority"] = 0
    assert not compare(served, crd({"a": "string | default=x"}))


def test_versions_and_identity() -> None:
    assert compare(crd(), crd(apiVersion="v2")).breaking[0].message == "Type changed from v1 to v2"
    assert compare(crd(), crd(scope="Cluster")).breaking[0].path == "scope"
    unserved = crd()
    unserved["spec"]["versions"][0]["served"] = False
    assert [change.path for change in compare(crd(), unserved).breaking] == ["version.served"]
    bare = crd()
    del bare["spec"]["versions"][0]["subresources"]
    assert [change.path for change in compare(crd(), bare).breaking] == ["version.subresources.status"]


@pytest.mark.difference("32")
def test_every_breaking_change_is_told_in_order_with_path_and_remedy() -> None:
    old = {"a": "string", "b": {"c": "integer | maximum=5", "d": "[]D"}, "e": 'string | enum="x,y"', "z": "string"}
    new = {"a": "integer", "b": {"c": "integer | maximum=4", "d": "[]D"}, "e": 'string | enum="x"'}
    found = compare(crd(old, types={"D": {"x": "string"}}), crd(new, types={"D": {"y": "string | required=true"}}))
    assert found.summary.splitlines() == [
        "breaking changes detected:",
        "- spec.a: Type changed from string to integer; keep the type, and add a field of another name for the new one",
        "- spec.b.c: Maximum was decreased from 5 to 4; keep the old limit or a wider one",
        "- spec.b.d[].x: Property x was removed; keep the field; a field that no template uses does no harm",
        "- spec.b.d[].y: Required property y was added; give it a default, or do not require it",
        '- spec.e: Enum value "y" was removed; keep the value',
        "- spec.z: Property z was removed; keep the field; a field that no template uses does no harm",
        'Do so, or annotate the definition with kro.run/allow-breaking-changes: "true" to apply the change all the same',
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"a": "string"}, {}, "spec.a: Property a was removed; keep the field"),
        ({"a": "string"}, {"a": "string | required=true"}, "spec.a: Field a is newly required; do not require it"),
        ({"a": "integer"}, {"a": "integer | minimum=3"}, "spec.a: Minimum constraint 3 was added; leave the limit out"),
        ({"a": "[]string"}, {"a": "[]integer"}, "spec.a[]: Type changed from string to integer; keep the type"),
        ({"a": 'string | pattern="a"'}, {"a": 'string | pattern="b"'}, "spec.a: Validation pattern changed from a to b; keep the pattern"),
    ],
)
def test_one_breaking_change_is_told_in_one_line_with_both_remedies(old: Any, new: Any, words: str) -> None:
    summary = compare(crd(old), crd(new)).summary
    assert summary.startswith(f"breaking changes detected: {words}")
    assert summary.endswith(', or annotate the definition with kro.run/allow-breaking-changes: "true" to apply the change all the same')
    assert "\n" not in summary


def test_very_many_breaking_changes_are_counted() -> None:
    summary = compare(crd({f"f{number}": "string" for number in range(60)}), crd()).summary
    assert "and 40 more" in summary
    assert len(summary) < 3000


def test_a_number_written_otherwise_is_no_change() -> None:
    assert not compare(crd({"a": "float | default=1"}), crd({"a": "float | default=1.0"}))
    assert compare(crd({"a": 'object | default={"x":1}'}), crd({"a": 'object | default={"x":true}'})).compatible


def test_equal_crds_have_no_changes() -> None:
    spec = {"a": "string | default=x", "m": "map[string]integer", "l": "[]string | listType=set"}
    assert not compare(crd(spec), crd(spec))
    assert compare(crd(spec), crd(spec)).summary == ""
