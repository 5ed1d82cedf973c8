"""Labels of children that others change or take away, on both APIs, with the resync off: their instance hears of them all the same."""

from __future__ import annotations

import time

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, stored
from tests.support.client import Object

PREFIX = "kro.run/instance-"
ROUTING = tuple(PREFIX + name for name in ("group", "version", "kind", "namespace", "name", "id"))
PART_OF, OWNED = "applyset.kubernetes.io/part-of", "kro.run/owned"
CHANGES: dict[str, dict[str, str | None]] = {
    **{f"{key.partition('/')[2]} changed": {key: "forged"} for key in ROUTING},
    "all lost": {**dict.fromkeys(ROUTING, None), PART_OF: None},
    "another instance's": {PREFIX + "name": "other"},
}


def relabelled(values: dict[str, str | None]) -> Object:
    return {"metadata": {"labels": values}}


def started(world: World) -> tuple[Object, Object]:
    rgd = world.rgd("Labelled", resources=[config_map("a", "${schema.metadata.name}")])
    world.install(rgd)
    for name in ("mine", "other"):
        world.create(world.instance(rgd, name))
    return world.instance(rgd, "mine"), stored(world, "mine")


def test_labels_come_back_and_the_deletion_of_a_relabelled_child_is_noticed(world: World) -> None:
    _, child = started(world)
    other = world.client.refresh(stored(world, "other"))
    labels = (world.client.refresh(child) or {})["metadata"]["labels"]
    longest = 0.0
    for name, values in CHANGES.items():
        began = time.monotonic()
        before = (world.client.refresh(child) or {})["metadata"]["uid"]
        world.client.patch(child, relabelled(values))
        world.client.wait(child, lambda found: (found or {})["metadata"]["labels"] == labels, what=f"relabelled after: {name}")
        world.client.patch(child, relabelled(values))
        world.client.delete(child)
        world.client.wait(
            child,
            lambda found, before=before: found is not None and found["metadata"]["uid"] != before and found["metadata"]["labels"] == labels,
            what=f"made again after: {name}",
        )
        longest = max(longest, time.monotonic() - began)
    print(f"\nlabels changed and come back, then the child deleted and made again, on {world.backend.name}: at most {longest:.2f} s")
    assert world.client.refresh(stored(world, "other")) == other


@pytest.mark.parametrize(
    "changes",
    [
        [{key: "forged"} for key in ROUTING],
        [{key: None} for key in ROUTING],
        [{OWNED: None}],
        [{**dict.fromkeys(ROUTING, None), OWNED: None}],
    ],
    ids=["one by one", "one by one lost", "owned lost", "all at once"],
)
def test_a_deletion_ends_when_a_child_goes_whose_labels_were_changed(world: World, changes: list[dict[str, str | None]]) -> None:
    instance, child = started(world)
    world.client.patch(child, {"metadata": {"finalizers": ["example.com/hold"]}})
    world.client.delete(instance)
    world.client.wait(child, lambda found: "deletionTimestamp" in (found or {})["metadata"], what="going")
    for values in changes:
        world.client.patch(child, relabelled(values))
    assert world.client.refresh(instance) is not None
    world.client.patch(child, {"metadata": {"finalizers": None}})
    world.client.wait_gone(instance)
    assert world.client.refresh(child) is None
    assert world.client.refresh(stored(world, "other")) is not None
