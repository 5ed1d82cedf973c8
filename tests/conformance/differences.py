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
        "recorded with a parser that has an existsOne of one variable; it is not among cel-go's standard macros, so not in kro (kro/cel.md §2)"
    ),
    "parsing: func{{a}}": "after two syntax errors in one object literal we stop; cel-go's error recovery adds a third",
}
"""By case: why the type or the error texts are not those that were recorded."""

_UNCHECKED = "names with dots, and containers, are resolved by the checker; kro has neither"
_REPEATED = "cel-go, and so kro, lets the last of equal keys win (cel-go skips this case in its own run)"
_OFFSET = "cel-go answers -1 (and skips this case in its own run, as waiting for a change of the specification)"
_PRESENCE = "needs cel-go's EnableErrorOnBadPresenceTest, which kro does not set: selecting from an optional that holds no map gives none"
_FIELDS = "conformance/fields/qualified_identifier_resolution: "

EVALUATION_DIFFERENCES = {
    _FIELDS + "qualified_identifier_resolution_unchecked": _UNCHECKED,
    _FIELDS + "map_value_repeat_key": _REPEATED,
    _FIELDS + "map_value_repeat_key_heterogeneous": _REPEATED,
    "conformance/namespace/namespace: self_eval_container_lookup_unchecked": _UNCHECKED,
    "conformance/optionals/optionals: map_null_entry_no_such_key": _PRESENCE,
    "conformance/optionals/optionals: map_present_key_invalid_field": _PRESENCE,
    "conformance/string_ext/value_errors: indexof_out_of_range": _OFFSET,
    "conformance/string_ext/value_errors: lastindexof_out_of_range": _OFFSET,
    "conformance/type_deductions/legacy_nullable_types: null_assignable_to_abstract_parameter_candidate": (
        "cel-go deduces null where the specification wants optional_type(int) (and skips this case in its own run)"
    ),
}
"""By case: why the value or the deduced type is not the one specified."""
