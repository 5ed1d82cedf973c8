"""What the lane installs and builds: without it the tests are skipped, unless ``KROFN_REQUIRE_CONFORMANCE=1`` says it must be there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.build import find
from tests.conformance.corpus import RECORDED, SPECIFICATION, Case, load
from tests.conformance.fuzz.oracle import Oracle


def _missing(what: str) -> None:
    reason = f"{what} is missing: run make test-conformance"
    if os.environ.get("KROFN_REQUIRE_CONFORMANCE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _load(path: Path) -> list[Case]:
    if not path.exists():
        _missing(path.name)
    return load(path)


@pytest.fixture(scope="session")
def specification() -> list[Case]:
    return _load(SPECIFICATION)


@pytest.fixture(scope="session")
def recorded() -> list[Case]:
    return _load(RECORDED)


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """cel-go v0.31 with the libraries that kro registers, except its own."""
    binary = find("celoracle")
    if binary is None:
        _missing("celoracle")
        return
    with Oracle(binary) as running:
        yield running
