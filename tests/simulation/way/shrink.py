"""A failing plan made shorter: steps are left out, and trouble made shorter, for as long as something still goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.simulation.way.plan import Plan

BUDGET = 300
"""Schedules played at most."""


def shrink(plan: Plan, fails: Callable[[Plan], bool], budget: int = BUDGET) -> Plan:
    """The shortest plan found that still fails; ``plan`` does."""
    while True:
        for smaller in _smaller(plan):
            budget -= 1
            if budget < 0:
                return plan
            if fails(smaller):
                plan = smaller
                break
        else:
            return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    """First without halves and quarters, then without single steps, at last with less trouble."""
    steps = plan.steps
    size = len(steps) // 2
    while size >= 1:
        for start in range(0, len(steps), size):
            yield replace(plan, steps=steps[:start] + steps[start + size :])
        size //= 2
    for index, step in enumerate(steps):
        if step.arguments.get("seconds", 0.0) > 0.5:
            shorter = {**step.arguments, "seconds": round(step.arguments["seconds"] / 2, 3)}
            yield replace(plan, steps=(*steps[:index], replace(step, arguments=shorter), *steps[index + 1 :]))
    if plan.broker:
        yield replace(plan, broker=False)
