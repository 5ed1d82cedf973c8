"""Generated expressions mean to graphcore what they mean to cel-go v0.31 with Kubernetes' libraries: verdict, messages, type, value.

``KROFN_FUZZ_SEED`` repeats a run, ``KROFN_FUZZ_COUNT`` sets how many expressions there are. Where celoracle is not built (``make
cluster-tools``), ``test_peer.py`` compares a smaller number with cel-expr-python instead.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from graphcore.cel.library import registry
from graphcore.cel.syntax.macros import MACROS
from tests.cluster.build import find
from tests.conformance.fuzz.differential import CLASSES, DECLARED, Class, Difference, judge
from tests.conformance.fuzz.grammar import question, templates
from tests.conformance.fuzz.oracle import Oracle
from tests.unit.cel.library_table import KRO

BINARY = find("celoracle")
SEED = int(os.environ.get("KROFN_FUZZ_SEED") or random.SystemRandom().randrange(2**32))
COUNT = int(os.environ.get("KROFN_FUZZ_COUNT") or 20_000)

pytestmark = pytest.mark.skipif(BINARY is None, reason="celoracle is not built (make cluster-tools); test_peer.py runs instead")


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    assert BINARY is not None
    with Oracle(BINARY, DECLARED) as running:
        yield running


def explain(difference: Difference) -> str:
    return f"{difference.aspect} differs\n{json.dumps(difference.question, ensure_ascii=False)}\nhere:   {difference.ours}\ncel-go: {difference.theirs}"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("count", "shrinking"), [(COUNT, False), (COUNT // 10, True)], ids=["many", "shrinking"])
def test_generated_expressions(oracle: Oracle, capsys: pytest.CaptureFixture[str], count: int, shrinking: bool) -> None:
    """Many from independent choices, which is ten times as fast; some whose choices hypothesis controls and can reduce."""
    outcomes: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    @given(source=st.randoms(use_true_random=not shrinking))
    def agrees(source: random.Random) -> None:
        asked = question(source)
        difference, kind, theirs = judge(oracle, asked)
        outcomes[kind or next(key for key in ("issues", "error", "value", "too long") if key in theirs)] += 1
        assert difference is None or kind is not None, explain(difference)

    agrees()
    with capsys.disabled():
        print(f"\n  fuzz against cel-go: {sum(outcomes.values())} expressions, seed {SEED}: {dict(sorted(outcomes.items()))}")
    assert sum(outcomes.values()) >= count


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.name)
def test_documented_difference(oracle: Oracle, kind: Class) -> None:
    asked = {"expression": kind.example, "values": dict(kind.values)}
    outcomes = (judge(oracle, asked) for _ in range(100))  # in random order cel-go may happen to agree
    difference, found, _ = next(outcome for outcome in outcomes if outcome[0] is not None)
    assert difference is not None
    assert found == kind.name, explain(difference)


def test_every_function_and_macro_is_generated() -> None:
    called = {name for template in templates() for name in re.findall(r"([a-zA-Z][\w.]*)\(", template)}
    methods = {name.rpartition(".")[2] for name in called}
    callable_by_name = {name for name in registry.functions() if name[0].isalpha() and "@" not in name} - KRO
    macros = {name for name, _, _ in MACROS} - KRO
    assert sorted(name for name in callable_by_name | macros if name not in (called if "." in name else methods)) == []


def test_there_are_few_kinds_of_difference() -> None:
    assert len(CLASSES) <= 10
    assert len({kind.name for kind in CLASSES}) == len(CLASSES)
