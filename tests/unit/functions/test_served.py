"""Which kinds are followed because instances have recorded them: bounded for each and for all, and one's many take nobody's place."""

from __future__ import annotations

import pytest

from functions.bridge.served import MOST_LEFT_OVER, MOST_PER_INSTANCE, SELECT_OWNED, Served, watched
from functions.bridge.watcher import Watched
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS
from graphcore.graph.model import Resource

APP = Resource("kro.run/v1alpha1", "App", "apps", True)
CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps", True)
SECRET = Resource("v1", "Secret", "secrets", True)
SERVED = Served("app", "uid", 1, Kinds(APP, frozenset({CONFIG_MAP}), frozenset({SECRET})))
ALWAYS = {APP: "", CONFIG_MAP: SELECT_OWNED, SECRET: "", DEFINITIONS: "", REVISIONS: "", CRDS: ""}


def made_up(count: int, group: str = "a.example.com") -> frozenset[Resource]:
    return frozenset(Resource(f"{group}/v1", f"Kind{number:05}", f"kind{number:05}s", True) for number in range(count))


def followed(*places: frozenset[Resource]) -> dict[Resource, str]:
    found = watched([SERVED], places)
    assert found == sorted(found, key=lambda item: (item.resource.api_version, item.resource.plural))
    return {item.resource: item.selector for item in found}


def test_what_a_revision_serves_is_followed_whatever_instances_have_recorded() -> None:
    assert followed() == followed(frozenset({CONFIG_MAP, SECRET})) == ALWAYS


def test_kinds_of_former_revisions_are_followed_by_label() -> None:
    assert followed(made_up(2)) == {**ALWAYS, **dict.fromkeys(made_up(2), SELECT_OWNED)}


@pytest.mark.parametrize("count", [MOST_PER_INSTANCE, MOST_PER_INSTANCE + 1, 20_000])
def test_one_instance_has_no_more_than_its_share_followed(count: int) -> None:
    assert len(followed(made_up(count))) == len(ALWAYS) + MOST_PER_INSTANCE


@pytest.mark.parametrize("crowds", [1, 50, MOST_LEFT_OVER - 1])
def test_many_kinds_of_some_take_no_place_of_another(crowds: int) -> None:
    theirs = [made_up(300, f"g{number}.example.com") for number in range(crowds)]
    neighbour = frozenset({Resource("z.example.com/v1", "Left", "lefts", True)})
    found = followed(*theirs, neighbour)
    assert neighbour <= found.keys()
    assert len(found) <= len(ALWAYS) + MOST_LEFT_OVER


def test_a_kind_that_several_have_takes_one_place() -> None:
    same = made_up(10)
    assert followed(*[same] * 500) == {**ALWAYS, **dict.fromkeys(same, SELECT_OWNED)}


def test_the_widest_selection_wins() -> None:
    assert Watched(SECRET, "") in watched([SERVED], [frozenset({SECRET})])
