"""Nothing is lost on the whole way of a change: schedules of faults against the real bridge, functions and fan-out, in virtual time.

Each test plays a part of the seeds, so that the workers of a test run share them. A seed that fails is printed with its plan; see
``python -m tests.simulation.way --help`` for how to replay and shorten it.
"""

from __future__ import annotations

import os

import pytest

from tests.simulation.way.mended import MENDED
from tests.simulation.way.mutants import FOUND, MUTANTS
from tests.simulation.way.plan import draw
from tests.simulation.way.schedule import prepared_for, run

pytestmark = pytest.mark.way

SCHEDULES = int(os.environ.get("KROFN_WAY_SCHEDULES", "3000"))
PART = 50


@pytest.mark.parametrize("first", range(0, SCHEDULES, PART))
def test_everything_is_right_and_quiet_whatever_went_wrong(first: int) -> None:
    for seed in range(first, min(first + PART, SCHEDULES)):
        result = run(draw(seed))
        assert not result.faults, f"{result.plan}\n" + "\n".join(result.faults)


@pytest.mark.parametrize("loss", sorted(MENDED))
def test_what_was_lost_once_is_not_lost_again(loss: str) -> None:
    result = run(MENDED[loss])
    assert not result.faults, "\n".join(result.faults)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_loss_that_is_brought_back_is_found(name: str) -> None:
    plan = draw(FOUND[name])
    prepared_for(plan)
    with MUTANTS[name].apply():
        broken = run(plan)
    assert broken.faults, MUTANTS[name].loss
    result = run(plan)
    assert not result.faults, f"{result.plan}\n" + "\n".join(result.faults)


def test_a_schedule_is_the_same_each_time() -> None:
    seed = 3
    first, second = run(draw(seed)), run(draw(seed))
    assert (first.runs, first.requests, first.seconds) == (second.runs, second.requests, second.seconds)
