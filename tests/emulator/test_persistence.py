"""Objects survive a restart; what was under way goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from local_emulator.core.persistence import Database
from tests.emulator.client import Client, config_map
from tests.emulator.test_controllers import owned
from tests.exchanges.objects_of import CRDS, FOOS, definition, foo

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], Client]:
    """Starts a server over the same directory, after the one before ended."""
    running: list[Database] = []

    def begin() -> Client:
        if running:
            running.pop().close()
        running.append(Database(tmp_path / "data"))
        client = Client(running[0].attach)
        client.store.new_uid = lambda: str(uuid4())
        return client

    return begin


def test_objects_and_revisions_go_on(start: Callable[[], Client]) -> None:
    first = start()
    made = first.create(MAPS, config_map("a"))
    first.create(MAPS, config_map("b"))
    first.delete(MAPS + "/b")
    last = first.store.revision
    second = start()
    assert second.get(MAPS + "/a").body == made
    assert second.get(MAPS + "/b").code == 404
    assert second.store.revision >= last
    assert len(second.get("/api/v1/namespaces").body["items"]) == 4


def test_the_file_never_lags_behind_nested_writes(start: Callable[[], Client]) -> None:
    first = start()
    first.create(CRDS, definition("foos"))
    before = first.get(CRDS + "/foos.example.krofn.dev").body
    assert start().get(CRDS + "/foos.example.krofn.dev").body == before


def test_custom_kinds_are_served_again(start: Callable[[], Client]) -> None:
    first = start()
    first.create(CRDS, definition("foos"))
    first.create(FOOS, foo("a"))
    second = start()
    assert second.get(FOOS + "/a").body["spec"] == {"color": "red", "replicas": 1}
    assert second.apply(FOOS + "/b", foo("b", {"color": "x"})).code == 201


def test_deletions_under_way_are_finished(start: Callable[[], Client]) -> None:
    first = start()
    parent = first.create(MAPS, config_map("parent"))
    first.create(MAPS, owned("child", parent))
    first.settle()
    first.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
    first.delete(MAPS + "/parent")
    first.delete("/api/v1/namespaces/team")
    second = start()
    second.settle()
    assert second.get(MAPS + "/child").code == 404
    assert second.get("/api/v1/namespaces/team").code == 404


def test_older_revisions_are_compacted(start: Callable[[], Client]) -> None:
    first = start()
    first.create(MAPS, config_map("a"))
    revision = first.store.revision
    first.create(MAPS, config_map("b"))
    second = start()
    assert second.get(f"{MAPS}?resourceVersion={revision}&resourceVersionMatch=Exact").code == 410
