"""Options that all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

APIS = ("emulator", "real")


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
