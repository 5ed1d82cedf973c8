"""Random schemas and rules: the validation of CRDs and the comparison always answer, and never contradict themselves."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcore.graph import synthesize_crd
from graphcore.openapi.compat import compare
from graphcore.openapi.crd_validation import validate_crd

QUIET = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(["a", "b", "a-b", "metadata", "kind", "", "a.b", "if"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
RULES = st.lists(
    st.sampled_from(["self", "oldSelf", ".", "a", "size(", ")", "==", " ", "'x'", "1", "&&", "all(x, ", "[", "]", "{", "}", "?", ":", "matches(", "+", "in", "!"]),
    max_size=10,
).map("".join)  # fmt: skip
COUNTS = st.integers(-2, 2**63)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "default": JSON,
    "enum": st.lists(JSON, max_size=3),
    "pattern": st.sampled_from(["^a$", "[", "(?=x)", ""]),
    "format": st.sampled_from(["byte", "date-time", "int32", "duration", "x"]),
    "nullable": st.booleans(),
    "minimum": st.integers(-5, 5) | st.floats(-5, 5),
    "maximum": st.integers(-5, 5),
    "minLength": COUNTS,
    "maxLength": COUNTS,
    "minItems": COUNTS,
    "maxItems": COUNTS,
    "maxProperties": COUNTS,
    "required": st.lists(NAMES, max_size=3),
    "x-kubernetes-preserve-unknown-fields": st.booleans(),
    "x-kubernetes-int-or-string": st.booleans(),
    "x-kubernetes-embedded-resource": st.booleans(),
    "x-kubernetes-list-type": st.sampled_from(["set", "map", "atomic", "x"]),
    "x-kubernetes-list-map-keys": st.lists(NAMES, max_size=2),
    "x-kubernetes-map-type": st.sampled_from(["atomic", "granular", "x"]),
    "x-kubernetes-validations": st.lists(st.fixed_dictionaries({"rule": RULES}, optional={"message": st.text(max_size=3), "messageExpression": RULES}), max_size=2),
}  # fmt: skip
TYPE = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "x", ""])


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    def grow(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        parts: dict[str, st.SearchStrategy[Any]] = {
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "additionalProperties": inner | st.booleans(),
            "items": inner,
            "allOf": st.lists(inner, max_size=2),
            "anyOf": st.lists(inner, max_size=2),
            "oneOf": st.lists(inner, max_size=2),
            "not": inner,
        }
        return st.fixed_dictionaries({"type": TYPE}, optional={**OPTIONAL, **parts})

    return st.recursive(st.fixed_dictionaries({"type": TYPE}, optional=OPTIONAL), grow, max_leaves=6)


def crd(spec: dict[str, Any]) -> dict[str, Any]:
    return synthesize_crd({"apiVersion": "v1", "kind": "Thing"}, "rgd", "", spec, None, "devel")


@QUIET
@given(schemas())
def test_validation_always_answers_and_repeats_itself(schema: dict[str, Any]) -> None:
    problems = validate_crd(crd(schema))
    assert problems == validate_crd(crd(schema))
    assert all(problem.path and problem.message and problem.code.startswith("FieldValue") for problem in problems)


@QUIET
@given(schemas(), schemas())
def test_comparison_always_answers(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert not compare(crd(old), crd(old))
    changes = compare(crd(old), crd(new))
    assert bool(changes) or crd(old)["spec"] == crd(new)["spec"] or _without_noise(old) == _without_noise(new)


def _without_noise(schema: Any) -> Any:
    """Members that say nothing: empty, false, null, repetitions in sets; and what a change of type hides is not looked at."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if value is not None and (key == "default" or value not in (False, "", [], {}))}
        return {key: _as_set(value) if key in ("enum", "required") else _without_noise(value) for key, value in kept.items()}
    return [_without_noise(item) for item in schema] if isinstance(schema, list) else schema


def _as_set(values: Any) -> Any:
    return sorted({json.dumps(value, sort_keys=True) for value in values}) if isinstance(values, list) else values
