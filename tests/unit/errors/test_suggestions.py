from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcore.errors.suggestions import closest, did_you_mean

KINDS = ["ConfigMap", "CronJob", "Deployment", "DaemonSet", "Ingress", "Job", "Secret", "Service", "ServiceAccount", "StatefulSet"]
FIELDS = ["externalRef", "forEach", "id", "includeWhen", "readyWhen", "template"]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("readywhen", FIELDS, "readyWhen"),
        ("ready_when", FIELDS, "readyWhen"),
        ("for-each", FIELDS, "forEach"),
        ("tempalte", FIELDS, "template"),
        ("templates", FIELDS, "template"),
        ("deployment", KINDS, "Deployment"),
        ("Deploy", KINDS, "Deployment"),
        ("Ingres", KINDS, "Ingress"),
        ("StatefullSets", KINDS, "StatefulSet"),
        ("validate", ["default", "validation"], "validation"),
        ("desc", ["default", "description"], "description"),
        ("ports", ["port", "parts"], "port"),
        # Two candidates are equally near: the first in order.
        ("ab", ["ac", "aa"], "ac"),
        # Nothing is near, or too much could be meant.
        ("Serv", KINDS, None),
        ("Pod", KINDS, None),
        ("x", ["y", "z"], None),
        ("", KINDS, None),
        ("Widget", KINDS, None),
    ],
)
def test_the_near_name_is_found(word: str, known: list[str], meant: str | None) -> None:
    assert closest(word, known) == meant


def test_the_hint_shows_the_name_as_it_is_written_there() -> None:
    assert did_you_mean("siz", ["size"], shown="{}()") == "did you mean size()?"
    assert did_you_mean("Widget", KINDS, "check the spelling") == "check the spelling"
    assert did_you_mean("Widget", KINDS) is None


@given(st.text(min_size=3, max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_a_name_that_is_known_is_its_own_nearest(word: str, others: list[str]) -> None:
    found = closest(word, [word, *others])
    assert found == word or not word.replace("-", "").replace("_", "")


def test_a_long_word_costs_nothing() -> None:
    assert closest("a" * 100_000, ["a" * 99_999] * 1000) is None
