"""A log line about an error holds names and places, never a value that the error repeats."""

from __future__ import annotations

import asyncio
import json

import pytest

from functions.fanout.telling import RefusedError
from functions.platform.cluster import ClusterError
from functions.platform.driver import DeadlineError
from functions.platform.telemetry import first_line

MARKER = "zq7hunter2"


def key() -> None:
    {}[MARKER]  # type: ignore[index]


def number() -> None:
    int(MARKER)


def text() -> None:
    MARKER.encode().hex().encode("ascii").decode("ascii")
    (MARKER + "\udcff").encode()


def document() -> None:
    json.loads(f'"{MARKER}')


def several() -> None:
    async def fail() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(number))

    asyncio.run(fail())


def attribute() -> None:
    getattr(MARKER, MARKER)


@pytest.mark.parametrize("fault", [key, number, text, document, several, attribute], ids=lambda fault: fault.__name__)
def test_what_nobody_expected_is_logged_by_type_and_place(fault: object) -> None:
    with pytest.raises(Exception) as raised:
        fault()  # type: ignore[operator]
    line = first_line(raised.value)
    assert MARKER not in line
    assert MARKER[:6] not in line
    assert line.startswith(f"{type(raised.value).__name__} at ")
    assert ".py:" in line


@pytest.mark.parametrize("error", [ClusterError("no answer\nmore"), DeadlineError("not done within 12 s"), RefusedError("no answer")])
def test_our_own_errors_are_told_in_one_line(error: Exception) -> None:
    assert first_line(error) == f"{type(error).__name__}: {str(error).splitlines()[0]}"


def test_an_error_that_was_never_raised_is_its_type() -> None:
    assert first_line(KeyError(MARKER)) == "KeyError"
