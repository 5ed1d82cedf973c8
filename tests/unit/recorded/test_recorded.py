"""Same verdict and same CRD as kro, except where the differences page says why."""

from __future__ import annotations

import re

import pytest

from tests.unit.recorded.rows import DIFFERENCES, answer, deviations, rows, verdict

FAMILIES = "mcstnzeipdg"
"""One marker on one type, combinations, shapes, custom types, names, rest; expressions as fields and in the status, projections, Deployments, graphs."""
MINE = [row for row in rows() if row.family in FAMILIES]
REFUSED_BY_SERVER = [row for row in MINE if row.crd_refused]


@pytest.mark.parametrize("family", FAMILIES)
def test_deviations_are_exactly_those_listed(family: str) -> None:
    found = {row.case: verdict(row) for row in MINE if row.family == family and verdict(row) != "same"}
    listed = {case: entry["verdict"] for case, entry in deviations().items() if case[0] == family}
    assert found == listed


def test_at_least_95_percent_are_the_same() -> None:
    same = sum(verdict(row) == "same" for row in MINE)
    assert same / len(MINE) >= 0.95, f"{same} of {len(MINE)}"


def test_every_deviation_is_explained() -> None:
    page = DIFFERENCES.read_text()
    numbers = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.M)}
    assert [case for case, entry in deviations().items() if entry["difference"] not in numbers] == []


@pytest.mark.parametrize("row", REFUSED_BY_SERVER, ids=lambda row: row.case)
def test_what_the_api_server_would_refuse_is_refused_with_its_reason(row) -> None:
    """The recorded text may be cut off; type names of ``self`` carry a random number in the API server's answer."""
    wanted = re.sub(r"selfType\d+", "selfType", row.crd_refused).split(" is invalid: ", 1)[1].removeprefix("[")
    problems = answer(row.case).problems
    entries = [problem.message for problem in problems]
    assert entries
    assert all(problem.node == "schema" and problem.path for problem in problems)
    assert wanted[:200].startswith(entries[0][:200])
