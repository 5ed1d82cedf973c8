"""Compiling costs work in proportion to nodes and edges: counted in function calls, so that the machine does not matter."""

from __future__ import annotations

import sys
from collections.abc import Callable

from graphcore.graph import compile_graph, graph_from_facts
from local_emulator.cli.offline import offline_schemas
from tests.benchmarks.bench_compile import pods


def calls(action: Callable[[], object]) -> int:
    """Python function calls that ``action`` makes."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    action()
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def test_a_graph_four_times_as_large_costs_about_four_times_the_work() -> None:
    small, large = pods(50), pods(200)
    cold = [calls(lambda rgd=rgd: compile_graph(rgd, offline_schemas())) for rgd in (small, large)]
    assert cold[1] <= 4.4 * cold[0], cold
    facts = [compile_graph(rgd, offline_schemas()).facts() for rgd in (small, large)]
    warm = [
        calls(lambda rgd=rgd, fact=fact: graph_from_facts("thing", rgd["spec"], fact))
        for rgd, fact in ((small, facts[0]), (large, facts[1]))
    ]
    assert warm[1] <= 4.4 * warm[0], warm


def test_a_warm_start_costs_a_fraction_of_the_compile() -> None:
    rgd = pods(20)
    facts = compile_graph(rgd, offline_schemas()).facts()
    cold, warm = calls(lambda: compile_graph(rgd, offline_schemas())), calls(lambda: graph_from_facts("thing", rgd["spec"], facts))
    assert warm * 3 <= cold, (warm, cold)
