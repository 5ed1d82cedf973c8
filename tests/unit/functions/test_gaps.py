"""Who looks after a list that follows the break of a watch: whoever may have done something in the gap, and nobody without end."""

from __future__ import annotations

from typing import Any

import pytest

from functions.bridge.assurance import BEHIND, HOLD, Assurance
from functions.bridge.watcher import Change
from graphcore.converge.references import Reference, record
from graphcore.graph.model import Resource
from tests.support.graphs import APP, CONFIG_MAP, SECRET

NOBODY: frozenset[Resource] = frozenset()


class Everything:
    """Watches that are all in."""

    def coming(self, resource: Resource, *, whole: bool) -> bool:
        return False

    def whole(self, resource: Resource) -> bool:
        return True

    def known(self, resource: Resource) -> list[dict[str, Any]]:
        return []


class Scene:
    def __init__(self, places: frozenset[Resource], references: tuple[Reference, ...] = ()) -> None:
        self.now = 1000.0
        self.told: list[str] = []
        self.assurance = Assurance(self._tell, Everything(), lambda: self.now)
        _, annotations = record(references)
        metadata = {"uid": "u1", "name": "a", "namespace": "ns", "resourceVersion": "1", "annotations": annotations}
        self.assurance.see(Change("added", APP, metadata), places)
        self.assurance.told("u1")
        self.told.clear()

    def _tell(self, _resource: Resource, metadata: dict[str, Any]) -> None:
        self.told.append(metadata["uid"])
        self.assurance.told(metadata["uid"])
        self.assurance.asked(metadata["uid"])


@pytest.mark.parametrize(
    ("places", "references", "asked_ago", "told"),
    [
        (frozenset({CONFIG_MAP}), (), 0.0, True),
        (frozenset({CONFIG_MAP}), (), BEHIND, True),
        (frozenset({CONFIG_MAP}), (), BEHIND + 1.0, False),
        (frozenset({SECRET}), (), 0.0, False),
        (NOBODY, (Reference(CONFIG_MAP, "ns", "shared"),), 0.0, True),
        (NOBODY, (), 0.0, False),
    ],
    ids=["just now", "as long as a watch may be behind", "long before", "no such children", "refers to it", "neither"],
)
def test_whoever_ran_about_a_break_and_has_the_kind_in_its_record_looks(
    places: frozenset[Resource], references: tuple[Reference, ...], asked_ago: float, told: bool
) -> None:
    scene = Scene(places, references)
    scene.assurance.asked("u1")
    scene.now += asked_ago
    scene.assurance.gap(CONFIG_MAP, heard=scene.now)
    assert scene.told == (["u1"] if told else [])


@pytest.mark.parametrize("breaks", [2, 5, 50])
def test_a_watch_that_breaks_again_and_again_has_each_look_once_now_and_once_later(breaks: int) -> None:
    scene = Scene(frozenset({CONFIG_MAP}))
    scene.assurance.asked("u1")
    for _ in range(breaks):
        scene.assurance.gap(CONFIG_MAP, heard=scene.now)
        scene.now += 0.2
    assert scene.told == ["u1"]
    assert scene.assurance.holding
    scene.now += HOLD
    scene.assurance.release()
    assert scene.told == ["u1", "u1"]
    assert not scene.assurance.holding


def test_an_instance_that_is_gone_looks_no_more() -> None:
    scene = Scene(frozenset({CONFIG_MAP}))
    scene.assurance.asked("u1")
    for _ in range(2):
        scene.assurance.gap(CONFIG_MAP, heard=scene.now)
    scene.assurance.see(Change("deleted", APP, {"uid": "u1", "name": "a", "namespace": "ns"}), NOBODY)
    scene.assurance.release()
    assert scene.told == ["u1"]
