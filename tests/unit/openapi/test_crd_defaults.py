"""Defaults against the limits and rules of their own schema, as the API server judges them."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.openapi.crd_defaults import default_faults

STRUCT = {"type": "object", "properties": {"name": {"type": "string", "default": "q"}, "n": {"type": "integer"}}}


def said(schema: dict[str, Any], *rules: str) -> list[str]:
    field = {**schema, **({"x-kubernetes-validations": [{"rule": rule, "message": "no"} for rule in rules]} if rules else {})}
    return [str(problem) for problem in default_faults({"type": "object", "properties": {"f": field}}, "s")]


@pytest.mark.parametrize(
    ("schema", "rule", "message"),
    [
        ({"type": "integer", "default": 0}, "1 / self > 0", 'Invalid value: "integer": division by zero evaluating rule: no'),
        ({"type": "string", "default": "a"}, "int(self) > 3", "evaluating rule: no"),
        ({"type": "array", "items": {"type": "string"}, "default": []}, "self[0] == 'a'", "evaluating rule: no"),
        ({**STRUCT, "default": {}}, "self.name == 'q'", 'Invalid value: "object": no such key: name evaluating rule: no'),
        ({**STRUCT, "default": {"name": "w"}}, "self.n > 1", "no such key: n evaluating rule: no"),
    ],
)
def test_a_default_on_which_a_rule_cannot_be_evaluated_is_refused(schema: dict[str, Any], rule: str, message: str) -> None:
    assert [message in found for found in said(schema, rule)] == [True]


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        ({**STRUCT, "default": {"name": "q"}}, "self.name == 'q'"),
        ({**STRUCT, "default": {}}, "!has(self.n) || self.n > 1"),
        # Strings of some formats are other values to a rule; what it makes of them is left to the API server.
        ({"type": "string", "format": "duration", "default": "1h"}, "self > duration('1s')"),
    ],
)
def test_a_default_that_keeps_its_rule_is_fine(schema: dict[str, Any], rule: str) -> None:
    assert said(schema, rule) == []


@pytest.mark.parametrize("limit", [{"minimum": 1.5}, {"maximum": 9.5}, {"maximum": 1e21}])
def test_limits_of_an_integer_with_a_default_are_integers(limit: dict[str, float]) -> None:
    word = next(iter(limit)).capitalize()
    message = f'Invalid value: "": {word} boundary value must be of type integer (default format) in '
    assert said({"type": "integer", "default": 5, **limit}) == [message]
    assert said({"type": "number", "default": 5, **limit}) == []
    assert said({"type": "integer", **limit}) == []
