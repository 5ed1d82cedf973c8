"""Options that all tests share."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings

from tests.support.rows import rows

APIS = ("emulator", "real")
_SCENARIO = re.compile(r"tests/scenarios/test_(?!exchanges|fidelity|kubectl_transcript).*[\[-](emulator|real)[\]-]")


# CI says the same twice about the same commit; whoever works on it explores.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "explore")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--api", default="emulator", help="which API the scenarios run against: emulator, real, or emulator,real")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "api_name" in metafunc.fixturenames:
        chosen = [name.strip() for name in str(metafunc.config.getoption("--api")).split(",") if name.strip()]
        unknown = sorted(set(chosen) - set(APIS))
        if unknown:
            raise pytest.UsageError(f"--api takes {' and '.join(APIS)}, not {', '.join(unknown)}")
        metafunc.parametrize("api_name", chosen, scope="session")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many scenarios ran against each API, and why any did not."""
    counts: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(outcome, ()):
            api = _SCENARIO.match(report.nodeid)
            if api is None:
                continue
            counts.setdefault(api[1], Counter())[outcome] += 1
            if outcome == "skipped":
                reasons[f"{api[1]}: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"] += 1
    for name in APIS:
        if name in counts:
            terminalreporter.write_line(f"scenarios on {name}: " + ", ".join(f"{count} {what}" for what, count in counts[name].items()))
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} skipped on {reason.replace('Skipped: ', '')}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked ``differs(row)`` shows a row of docs/reference/fidelity.md: it holds on a real server and fails on the emulator."""
    told = rows()
    for item in items:
        mark = item.get_closest_marker("differs")
        call = getattr(item, "callspec", None)
        if mark is not None and call is not None and call.params.get("api_name") == "emulator":
            item.add_marker(pytest.mark.xfail(strict=True, reason=f"{mark.args[0]}: {told.get(mark.args[0], 'no such row')}"))
