"""The API server's no has the same words whenever the cause is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.platform.cluster import Answer
from functions.platform.refusals import refusal

Fault = tuple[str, str]


def invalid(faults: list[Fault], told: list[Fault] | None = None) -> Answer:
    """As the API server puts it together: equal faults are listed once in the message, each time in the causes."""
    parts = list(dict.fromkeys(f"{field}: {message}" for field, message in (faults if told is None else told)))
    listed = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": field} for field, message in faults]
    body: dict[str, Any] = {"reason": "Invalid", "message": f'Web.kro.run "a" is invalid: {listed}', "details": {"causes": causes}}
    return Answer(422, body)


FAULTS: list[tuple[str, list[Fault], str]] = [
    ("fields", [("spec.b", "Required value"), ("spec.a", "Required value")], "[spec.a: Required value, spec.b: Required value]"),
    (
        "one field, brackets and commas",
        [("spec.x[1]", "Too long: may not be [more], or so"), ("spec.x[1]", 'Invalid value: ", "')],
        '[spec.x[1]: Invalid value: ", ", spec.x[1]: Too long: may not be [more], or so]',
    ),
    ("a fault told twice", [("spec", "b"), ("spec", "a"), ("spec", "b")], "[spec: a, spec: b]"),
    ("one", [("spec", "b")], "spec: b"),
    ("one, twice", [("spec", "b"), ("spec", "b")], "spec: b"),
    ("no field", [("spec", "b"), ("<nil>", "a")], "[<nil>: a, spec: b]"),
]


@pytest.mark.parametrize(("faults", "told"), [(faults, told) for _, faults, told in FAULTS], ids=[name for name, _, _ in FAULTS])
def test_the_faults_of_an_invalid_object_are_told_in_one_order(faults: list[Fault], told: str) -> None:
    found = refusal(invalid(faults))
    assert found == refusal(invalid(faults[::-1]))
    assert found.message == f'Web.kro.run "a" is invalid: {told}'
    assert found.details is not None
    assert len(found.details["causes"]) == len(faults)


@given(st.lists(st.tuples(st.text("ab.[]", min_size=1), st.text('ab, []:"', min_size=1)), min_size=1, max_size=5), st.randoms())
def test_any_order_is_the_same_refusal(faults: list[Fault], chance: Any) -> None:
    found = refusal(invalid(faults))
    chance.shuffle(faults)
    assert refusal(invalid(faults)) == found


@pytest.mark.parametrize(
    "told",
    [[("spec", "a")], [("spec", "a"), ("spec", "another")], [("spec", "b"), ("spec", "a"), ("spec", "c")]],
    ids=["fewer", "others", "more"],
)
def test_a_message_that_does_not_list_its_causes_stays_as_it_is(told: list[Fault]) -> None:
    answer = invalid([("spec", "b"), ("spec", "a")], told)
    assert refusal(answer).message == answer.message


@pytest.mark.parametrize("details", [None, "x", {"causes": "x"}, {"causes": ["x", "y"]}, {"causes": None}, {"kind": "Web"}])
def test_details_of_any_shape_are_taken(details: Any) -> None:
    found = refusal(Answer(422, {"reason": "Invalid", "message": "no", "details": details}))
    assert (found.code, found.reason, found.message) == (422, "Invalid", "no")
