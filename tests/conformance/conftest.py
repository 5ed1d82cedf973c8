"""The corpus comes from npm: without it the tests are skipped, unless ``KROFN_REQUIRE_CONFORMANCE=1`` says that it must be there."""

from __future__ import annotations

import os

import pytest

from tests.conformance.corpus import CASES, Case, load


@pytest.fixture(scope="session")
def corpus() -> list[Case]:
    if not CASES.exists():
        reason = "the cases of @bufbuild/cel-spec are not installed: run make test-conformance"
        if os.environ.get("KROFN_REQUIRE_CONFORMANCE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return load()
