"""Where we answer differently from the corpus, each with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.corpus import Case


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers recorded with settings that kro does not have; they say nothing about kro's environment."""

    reason: str
    applies: Callable[[Case], bool]


def _any_error(*texts: str) -> Callable[[Case], bool]:
    return lambda case: any(text in error for error in case.recorded_errors for text in texts)


RECORDED_OTHERWISE = (
    Recorded("recorded with the syntax of optionals and of quoted fields switched off in the parser", _any_error("unsupported syntax")),
    Recorded("recorded without the macros of two variables", lambda case: case.suite == "comprehension" or case.area == "macros2"),
    Recorded("recorded with a depth limit of 32", _any_error("recursion limit exceeded: 32", "max recursion depth exceeded")),
    Recorded("recorded with a limit of 4 for what error recovery may try", _any_error("limit exceeded: 4")),
)

CHECKER_DIFFERENCES = {
    "checking: encode('hello')": "functions are not looked up in the container: kro's environment has none",
    "parsing: [].existsOne(__result__, __result__)": (
        "recorded with a parser that has an existsOne of one variable; it is not among cel-go's standard macros, so not in kro"
    ),
    "parsing: func{{a}}": "after two syntax errors in one object literal we stop; cel-go's error recovery adds a third",
}
"""By case: why the type or the error texts are not those that were recorded."""

_UNCHECKED = "names with dots, and containers, are resolved by the checker; kro has neither"
_REPEATED = "cel-go, and so kro, lets the last of equal keys win (cel-go skips this case in its own run)"
_KINDS = "cel-go takes 0 and 0u for two keys and finds the int (and skips this case in its own run); here they are one, and the last wins"
_OFFSET = "cel-go answers -1 (and skips this case in its own run, as waiting for a change of the specification)"
_TOO_LONG = "newer than cel-go v0.31, whose durations end at about 292 years"
_PARAMETER = "newer than cel-go v0.31, which gives a parameter inside of a type no value"
_DECAY = "newer than cel-go v0.31, which takes one type value for as good as another"
_FIELDS = "fields/qualified_identifier_resolution: "
_CONVERSION = "timestamps/duration_conversions: "
_ARITHMETIC = "timestamps/timestamp_arithmetic: "
_RANGE = "timestamps/timestamp_range: "
_PARAMETERS = "type_deductions/type_parameters_in_type_type: "
_DECAYS = "type_deductions/type_decay: "

EVALUATION_DIFFERENCES = {
    f"conformance/{case}": reason
    for case, reason in {
        _FIELDS + "qualified_identifier_resolution_unchecked": _UNCHECKED,
        _FIELDS + "map_value_repeat_key": _REPEATED,
        _FIELDS + "map_value_repeat_key_heterogeneous": _KINDS,
        "namespace/namespace: self_eval_container_lookup_unchecked": _UNCHECKED,
        "string_ext/value_errors: indexof_out_of_range": _OFFSET,
        "string_ext/value_errors: lastindexof_out_of_range": _OFFSET,
        _CONVERSION + "toString_duration_max": _TOO_LONG,
        _CONVERSION + "toString_duration_min": _TOO_LONG,
        _CONVERSION + "from_string_max": _TOO_LONG,
        _CONVERSION + "from_string_min": _TOO_LONG,
        _ARITHMETIC + "add_max_duration_to_min_time": _TOO_LONG,
        _ARITHMETIC + "subtract_max_duration_from_max_time": _TOO_LONG,
        _ARITHMETIC + "add_duration_to_duration_max": _TOO_LONG,
        _ARITHMETIC + "subtract_duration_from_duration_min": _TOO_LONG,
        _RANGE + "sub_time_duration_over": _TOO_LONG,
        _RANGE + "sub_time_duration_under": _TOO_LONG,
        "timestamps/duration_converters: get_milliseconds": (
            "cel-go gives the whole duration in milliseconds (and skips this case in its own run)"
        ),
        "type_deductions/legacy_nullable_types: null_assignable_to_abstract_parameter_candidate": (
            "cel-go deduces null where the specification wants optional_type(int) (and skips this case in its own run)"
        ),
        _PARAMETERS + "type_param_in_type_type_int": _PARAMETER,
        _PARAMETERS + "type_param_in_type_type_string": _PARAMETER,
        _PARAMETERS + "composite_type_param_in_type_type": _PARAMETER,
        _PARAMETERS + "nested_type_param_in_type_type": _PARAMETER,
        _DECAYS + "type_list_decay": _DECAY,
        _DECAYS + "type_ternary_decay": _DECAY,
        _DECAYS + "type_free_param_list_decay": _DECAY,
        _DECAYS + "type_free_param_list_decay_order_independent": _DECAY,
        _DECAYS + "type_nested_list_decay": _DECAY,
        _DECAYS + "type_free_param_list_concat": _DECAY,
    }.items()
}
"""By case: why the value or the deduced type is not the one specified."""

CEL_GO_AS_WE = frozenset(case for case, reason in EVALUATION_DIFFERENCES.items() if reason not in (_UNCHECKED, _KINDS, _PARAMETER))
"""Those of them that cel-go v0.31 answers as we do, which is asserted. (So it does those that declare functions, but it cannot be asked.)"""
