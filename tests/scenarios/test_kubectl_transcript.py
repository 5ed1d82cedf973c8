"""An unmodified kubectl prints the same on both servers as it did on a real one when the session was recorded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cluster.build import find
from tests.exchanges.kubectl import commands, configure, recorded, session
from tests.support.backends import Backend

LINES = [f"{number:03d} {command.line}" for number, command in enumerate(commands(), 1)]


@pytest.fixture(scope="session")
def printed(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    binary = find("kubectl")
    if binary is None:
        if os.environ.get("KROFN_REQUIRE_CLUSTER"):
            pytest.fail("kubectl is not built: run `make cluster-tools`")
        pytest.skip("kubectl is not built: run `make cluster-tools`")
    kubeconfig = tmp_path_factory.mktemp("kubectl") / "kubeconfig"
    configure(kubeconfig, backend.access.server, backend.access.token)
    return session(binary, kubeconfig)


def test_every_command_is_recorded() -> None:
    assert list(recorded()) == LINES, "run `python -m tests.exchanges record SERVER TOKEN kubectl` against a real server"


@pytest.mark.parametrize("line", LINES)
def test_prints_the_same(line: str, printed: Mapping[str, Any]) -> None:
    assert printed[line] == recorded()[line]
