"""An emulator for each test."""

from __future__ import annotations

import pytest

from tests.emulator.client import Client


@pytest.fixture
def client() -> Client:
    return Client()
