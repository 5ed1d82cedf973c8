"""Plurals are flect's: ``tests/data/plurals/flect.txt`` holds what gobuffalo/flect 1.0.3 answered for each word."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcore.names.plural import pluralize

pytestmark = pytest.mark.feature(4)

ANSWERS = [line.split() for line in (Path(__file__).parents[2] / "data" / "plurals" / "flect.txt").read_text().splitlines()]


def test_equals_flect_on_every_recorded_word() -> None:
    assert len(ANSWERS) >= 500
    assert [(word, pluralize(word)) for word, plural in ANSWERS if pluralize(word) != plural] == []


@pytest.mark.parametrize(
    ("word", "plural"),
    [
        ("webapp", "webapps"),
        ("policy", "policies"),
        ("ingress", "ingresses"),
        ("myperson", "mypeople"),
        ("myalias", "myalias"),
        ("gpus", "gpuses"),
        ("octopus", "octupuses"),
        ("kubernetes", "kubernetes"),
        ("y", "ies"),
        ("dns", "dnsDNSes"),
        ("mydns", "mydns"),
        ("", ""),
    ],
)
def test_precedence(word: str, plural: str) -> None:
    assert pluralize(word) == plural
