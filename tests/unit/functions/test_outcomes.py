"""How the end of a run is told: when to come again, to whom, and what the log and the metrics say."""

from __future__ import annotations

import json

import pytest

from functions.platform.driver import Sight
from functions.platform.events import Reference
from functions.platform.outcomes import report
from functions.platform.runs import Report
from functions.platform.telemetry import Telemetry
from graphcore.converge.effects import Conflict, Converged, Failed, Outcome, Waiting
from graphcore.errors import Problem

TARGET = Reference("g/v1", "K", "ns", "a")
FAULT = (Problem("code", "the message names what is in it", "node"),)


@pytest.mark.parametrize(
    ("outcome", "told", "counted", "event"),
    [
        (Converged(), Report("converged"), "converged", "converged"),
        (Converged(gone=True), Report("converged"), "gone", "gone"),
        (Waiting(("x",), 3.0, prompt=True), Report("waiting", 3.0, prompt=True), "waiting", "waiting"),
        (Waiting(("x",), 3.0, backs_off=True), Report("waiting", 3.0, backs_off=True), "waiting", "waiting"),
        (Failed(FAULT, 3.0, prompt=True), Report("failed", 3.0, prompt=True), "failed", "failed"),
        (Failed(FAULT, 3.0, backs_off=True, untold=True), Report("failed", 3.0, backs_off=True, untold=True), "failed", "failed"),
        (Failed(FAULT), Report("failed"), "failed", "failed"),
        (Failed(FAULT, 300.0, vanished="ns"), Report("failed", 300.0), "namespace_gone", "namespace gone"),
        (Failed(FAULT, None, vanished="ns"), Report("failed"), "namespace_gone", "namespace gone"),
        (Conflict("again"), Report("retry", detail="again"), "conflict", "conflict"),
    ],
    ids=lambda value: type(value).__name__.lower() if not isinstance(value, str) else "",
)
def test_an_outcome_is_reported_logged_and_counted(outcome: Outcome, told: Report, counted: str, event: str) -> None:
    lines: list[str] = []
    telemetry = Telemetry("instance", lines.append)
    assert report(telemetry, TARGET, outcome, Sight()) == told
    assert f'krofn_runs_total{{outcome="{counted}",function="instance"}} 1' in telemetry.exposition()
    (line,) = map(json.loads, lines)
    assert line["event"] == event
    assert line["object"] == str(TARGET)
    assert line.get("namespace") == ("ns" if event == "namespace gone" else None)
    assert "what is in it" not in lines[0]
