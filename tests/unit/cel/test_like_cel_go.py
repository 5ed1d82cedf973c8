"""What the comparison with cel-go (``tests/conformance/fuzz``) found, each by the behaviour that it guards."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.library.conditions import RUNTIME
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.runtime.values import TIMESTAMP_MIN, Duration, Timestamp, Uint
from graphcore.cel.runtime.views import decode_plan, decoder
from graphcore.cel.types import DOUBLE, DURATION, DYN, UINT, list_of

ENVIRONMENT = Environment({"o": DYN, "x": DYN, "lf": list_of(DOUBLE), "lu": list_of(UINT), "ld": list_of(DURATION)})
DATA: dict[str, Any] = {"o": {"l": [1, 2, 3]}, "x": 2**63, "lf": [1.5], "lu": [Uint(1)], "ld": [Duration(1)]}


def value(expression: str) -> Any:
    return ENVIRONMENT.compile(expression).evaluate(DATA)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[dyn(1), 'a', 3].max()", 3),
        ("[dyn('a'), 1].min()", "a"),
        ("[dyn(2), 'a', 1].isSorted()", True),
        ("[dyn(2), 1, 'a'].isSorted()", False),
    ],
)
def test_elements_that_cannot_be_compared_are_passed_over(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1_0", 10.0), ("1_000.5_0", 1000.5), ("0x_1p4", 16.0), ("1e1_0", 1e10), ("_1", None), ("1__0", None), ("1_", None), ("1_e5", None)],
)
def test_a_number_may_have_underscores_between_digits(text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(EvaluationError, match="type conversion"):
            value(f"double('{text}')")
    else:
        assert value(f"double('{text}')") == expected


@pytest.mark.parametrize("index", ["-9223372036854775808.0", "1e30", "1.5", "18446744073709551615u"])
def test_an_impossible_position_is_no_position_to_wait_for(index: str) -> None:
    with pytest.raises(EvaluationError) as failure:
        value(f"o.l[dyn({index})]")
    assert not failure.value.pending


def test_the_zone_of_an_instant_at_the_end_of_the_calendar() -> None:
    assert value("timestamp('9999-12-31T23:59:59Z').getMinutes('Asia/Kolkata')") == 29
    assert value("timestamp('0001-01-01T00:00:00Z').getHours('America/New_York')") == 19


def test_a_zone_is_less_than_a_day_away() -> None:
    with pytest.raises(EvaluationError, match="out of range"):
        value("timestamp(0).getHours('+25:00')")


def test_parts_of_a_duration_are_counted_as_doubles() -> None:
    assert value("(duration('2562047h') - duration('1m0.000000001s')).getSeconds()") == 9223369140
    # Milliseconds are an integer division there, so they do not round up.
    assert value("(duration('2562047h') - duration('1ns')).getMilliseconds()") == 9223369199999
    assert value("(duration('1ns') - duration('2562047h')).getMilliseconds()") == -9223369199999


def test_the_distance_of_two_instants_is_counted_in_whole_seconds_first() -> None:
    assert value("timestamp(0) - (timestamp(0) + duration('2562047h47m16s'))") == Duration(-9223372036 * 10**9)
    with pytest.raises(EvaluationError, match="integer overflow"):
        value("timestamp('1969-12-31T23:59:59.9Z') - (timestamp('1969-12-31T23:59:59.9Z') + duration('2562047h47m16.8s'))")


def test_the_smallest_int_taken_from_a_quantity_wraps_around_as_in_kubernetes() -> None:
    assert value("quantity('1').sub(-9223372036854775808).isLessThan(quantity('0'))") is True


def test_a_quantity_beyond_every_double_is_infinite() -> None:
    assert value("quantity('-1e400').add(quantity('1')).asApproximateFloat() < 0.0") is True


@pytest.mark.parametrize(("expression", "position"), [("o.l.map(v, 'a'.find('('))", 20), ("o.missing.findAll('a{2,1}', 1)", 18)])
def test_a_pattern_that_is_none_is_found_when_the_expression_is_compiled(expression: str, position: int) -> None:
    with pytest.raises(CelError) as refusal:
        ENVIRONMENT.compile(expression)
    (issue,) = refusal.value.issues
    assert issue.message.startswith("error parsing regexp")
    assert issue.column == position


@pytest.mark.parametrize("expression", ["o[b'a']", "o.x[null]", "o[?null]"])
def test_a_constant_that_is_no_key_is_found_when_the_expression_is_compiled(expression: str) -> None:
    with pytest.raises(CelError, match="invalid qualifier type"):
        ENVIRONMENT.compile(expression)


@pytest.mark.parametrize(("name", "expected"), [("lf", 0.0), ("lu", Uint(0)), ("ld", Duration(0))])
def test_the_sum_of_an_empty_list_has_the_type_of_the_list_after_a_warm_start_too(name: str, expected: Any) -> None:
    source = f"[1].map(i, {name}.filter(v, false).sum())"
    program = ENVIRONMENT.compile(source)
    again = compile_unchecked(source, program.zeros).evaluate(DATA)
    assert program.evaluate(DATA) == again == [expected]
    assert type(again[0]) is type(expected)


def test_only_sums_that_are_no_int_have_to_be_remembered() -> None:
    assert ENVIRONMENT.compile("[1].sum() + o.l.sum() + int(lf.max())").zeros == {}


@pytest.mark.parametrize(
    ("number", "text"),
    [(2.0**63, 9223372036854776000), (2.0**64, 18446744073709552000), (2.0**60, 1152921504606847000), (2.0**53, 9007199254740992)],
)
def test_a_large_double_is_written_with_the_fewest_digits_that_read_back(number: float, text: int) -> None:
    assert to_json(number) == text
    assert float(text) == number


def test_kubernetes_zero_time_is_written_as_null() -> None:
    assert to_json(Timestamp(TIMESTAMP_MIN)) is None
    assert value("json.marshal([timestamp('0001-01-01T00:00:00Z')])") == "[null]"


def test_a_percent_sign_at_the_end_is_an_unfinished_clause_whatever_the_arguments() -> None:
    with pytest.raises(CelError, match="unexpected end of string"):
        ENVIRONMENT.compile("'%'.format([])")


def test_a_precision_that_an_int_can_hold_is_too_large_and_not_out_of_range() -> None:
    with pytest.raises(CelError, match="exceeds maximum allowed precision 100"):
        ENVIRONMENT.compile("'%.9223372036854775807f'.format([1.0])")
    with pytest.raises(CelError, match="value out of range"):
        ENVIRONMENT.compile(f"'%.{'9' * 5000}f'.format([1.0])")


@pytest.mark.parametrize("source", ["isIP(!)", "a.?.b", "[1) , 2]", "{1: 2 3, 4: 5}", "[!]"])
def test_one_token_too_many_is_called_extraneous(source: str) -> None:
    with pytest.raises(CelError, match="extraneous input"):
        ENVIRONMENT.compile(source)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a-b": {"type": "string"}, "if": {"type": "integer"}, "day": {"type": "string", "format": "date"}},
}


def seen(expression: str, observed: dict[str, Any]) -> Any:
    program = compile_unchecked(expression)
    return program.evaluate({"o": decoder(decode_plan(SCHEMA, program.paths["o"]))(observed)})


def test_a_property_read_by_an_identifier_is_still_one_property() -> None:
    observed = {"a-b": "x", "if": 1}
    assert seen("size(dyn(o))", observed) == 2
    assert seen("dyn(o).map(k, k)", observed) == ["a-b", "if"]
    assert seen("[dyn(o)][0].a__dash__b + string([o][0].__if__) + string(has([o][0].a__dash__b))", observed) == "x1true"
    assert seen("has([o][0].a__dash__b)", {"if": 1}) is False


def test_an_object_is_marshalled_as_it_was_observed() -> None:
    assert seen("json.marshal(o)", {"day": "2024-02-29", "a-b": "x"}) == '{"a-b":"x","day":"2024-02-29"}'
    assert seen("json.marshal({'d': o.day})", {"day": "2024-02-29"}) == '{"d":"2024-02-29T00:00:00Z"}'


def test_what_is_merged_with_an_empty_map_stays_as_it_was_observed() -> None:
    schema = {"type": "object", "properties": {"data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}}}}
    for source in ("{}.deepMerge(o.data)", "o.data.deepMerge({})"):
        program = compile_unchecked(source)
        merged = program.evaluate({"o": decoder(decode_plan(schema, program.paths["o"]))({"data": {"a": "YQ=="}})})
        assert to_json(merged) == {"a": "YQ=="}


def test_faults_of_formats_in_formats_are_told_from_within() -> None:
    with pytest.raises(CelError) as refusal:
        ENVIRONMENT.compile("'%f'.format(['%s'.format([1, 2])])")
    assert [issue.message.split(" ")[0] for issue in refusal.value.issues] == ["too", "error"]


def test_what_an_open_type_holds_finds_its_overload_although_the_checker_settled_on_another() -> None:
    version = "dyn(optional.of(semver('1.2.3'))).value()"
    assert value(f"{version}.compareTo({version})") == 0
    assert value("string(dyn(optional.of(ip('10.0.0.1'))).value())") == "10.0.0.1"


def test_the_union_of_a_set_has_each_element_once() -> None:
    schema = {"type": "object", "properties": {"s": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}}}
    program = compile_unchecked("o.s + ['b', 'a', 'b']")
    assert program.evaluate({"o": decoder(decode_plan(schema, program.paths["o"]))({"s": ["a"]})}) == ["a", "b"]


CONDITION = "dyn(runtime.newCondition({type: 'Ready', status: 'True'}))"


@pytest.mark.parametrize(
    ("expression", "pending"),
    [("['nope']", True), ("[1]", False), (".?nope", True), ("[?'nope']", True), ("[?1]", False), (".nope", True)],
)
def test_a_condition_has_its_four_fields_and_no_other(expression: str, pending: bool) -> None:
    program = compile_unchecked(CONDITION + expression)
    with pytest.raises(EvaluationError) as failure:
        program.evaluate({"runtime": RUNTIME})
    assert failure.value.pending is pending


def test_a_field_of_a_condition_can_be_found_by_its_name() -> None:
    assert compile_unchecked(f"{CONDITION}['type'] + {CONDITION}[?'status'].value()").evaluate({"runtime": RUNTIME}) == "ReadyTrue"


def test_an_overflow_is_fatal() -> None:
    with pytest.raises(EvaluationError) as failure:
        value("9223372036854775807 + 1")
    assert failure.value.reason is Reason.OVERFLOW


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("optional.none()[?o.missing].hasValue()", None),
        ("[optional.none()].first().value()[?o.missing].hasValue()", None),
        ("[optional.none()][0].?a[?o.missing].hasValue()", None),
        ("[optional.none()][0][?0].hasValue()", None),
        ("[optional.none()][0][?o.missing].hasValue()", "no such key"),
        ("[optional.none()][0][o.missing].hasValue()", "no such key"),
        ("{'a': optional.none()}.a[?o.missing].hasValue()", "no such key"),
    ],
)
def test_an_index_into_nothing_is_looked_up_only_where_it_is_a_part_of_a_path(expression: str, error: str | None) -> None:
    if error is None:
        assert value(expression) is False
    else:
        with pytest.raises(EvaluationError, match=error):
            value(expression)
