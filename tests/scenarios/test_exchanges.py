"""Both servers answer the same requests as a real kube-apiserver 1.36 did when they were recorded: codes, bodies, warnings.

On the real server this shows that the recording is true; on the emulator, that the emulator is. What differs there is a row of
docs/reference/fidelity.md, and a strict expected failure here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
import pytest

from tests.exchanges.known import KNOWN, row_of
from tests.exchanges.recording import SUITES, Answers, recorded, told
from tests.support.backends import Backend

CASES = [(suite, name) for suite in SUITES for name in recorded(suite)]


@pytest.fixture(scope="session")
def answers(backend: Backend) -> Callable[[str], Answers]:
    """What the server answers to a suite; each is asked once."""

    @cache
    def of(suite: str) -> Answers:
        access = backend.access
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        with httpx.Client(
            base_url=access.server, headers=headers, verify=False, cert=access.certificate, timeout=30, trust_env=False
        ) as client:
            return told(suite, client)

    return of


@pytest.mark.parametrize("suite", SUITES)
def test_every_request_is_recorded(suite: str) -> None:
    names = [ask.name for ask in SUITES[suite]()]
    assert names == list(recorded(suite)), "run `python -m tests.exchanges record SERVER TOKEN` against a real server"
    assert len(names) == len(set(names))


def test_known_differences_are_requests() -> None:
    named = {(suite, name) for suites in KNOWN.values() for suite, names in suites.items() for name in names}
    assert named <= set(CASES)


@pytest.mark.parametrize(
    ("suite", "name"),
    [
        pytest.param(suite, name, marks=[pytest.mark.differs(row)] if (row := row_of(suite, name)) else [], id=f"{suite}: {name}")
        for suite, name in CASES
    ],
)
def test_same_answer_as_recorded(suite: str, name: str, answers: Callable[[str], Answers]) -> None:
    expected: dict[str, Any] = recorded_of(suite)[name]
    assert answers(suite)[name] == expected


@cache
def recorded_of(suite: str) -> Answers:
    return recorded(suite)
