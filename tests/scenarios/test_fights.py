"""A field that another controller never gives up, on both APIs: counted writes, and nobody else waits."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from tests.scenarios.conftest import World
from tests.support.client import Object, Refused

REVISION = "deployment.kubernetes.io/revision"


def definition(world: World) -> Object:
    """A Deployment whose template sets an annotation that the Deployment controller keeps for itself, and a ConfigMap beside it."""
    labels = {"app": "web"}
    template = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {REVISION: "86420"}},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "web:1"}]}},
        },
    }
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}, "data": {"text": "${schema.spec.text}"}}
    return world.rgd(
        "Contested",
        spec={"text": "string | default=a"},
        resources=[{"id": "web", "template": template}, {"id": "notes", "template": notes}],
    )


def deployment(world: World) -> Object:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": world.namespace}}


@contextlib.contextmanager
def deployment_controller(world: World) -> Iterator[str]:
    """The real one where there is a real control plane, else one that is played; its field manager."""
    if world.backend.plane is not None:
        with world.backend.plane.controllers("deployment-controller"):
            yield "kube-controller-manager"
        return
    done = threading.Event()
    player = threading.Thread(target=_play, args=(world, done))
    player.start()
    try:
        yield "kube-controller-manager"
    finally:
        done.set()
        player.join()


def _play(world: World, done: threading.Event) -> None:
    client = world.backend.admin(world.namespace)
    while not done.wait(0.02):
        found = client.refresh(deployment(world))
        if found and found["metadata"]["annotations"].get(REVISION) != "1":
            with contextlib.suppress(Refused):
                client.patch(found, {"metadata": {"annotations": {REVISION: "1"}}}, manager="kube-controller-manager")
    client.close()


def test_a_fight_with_the_deployment_controller_is_damped_told_and_holds_up_nobody(world: World) -> None:
    rgd = definition(world)
    world.install(rgd)
    instance = world.instance(rgd, "a")
    with deployment_controller(world) as manager:
        mark, begin = world.accounting.mark(), time.monotonic()
        world.create(instance)
        # What is not fought over is repaired, edited and made again meanwhile.
        notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes", "namespace": world.namespace}}
        for text in ("b", "c"):
            world.client.patch(notes, {"data": {"text": "by hand"}})
            world.client.wait(notes, lambda found: (found or {}).get("data") == {"text": "a"}, what="repaired", timeout=5)
            world.client.delete(notes)
            world.client.wait(notes, lambda found: found is not None, what="made again", timeout=5)
            world.client.apply({**instance, "spec": {"text": text}})
            world.client.wait(notes, lambda found, text=text: (found or {}).get("data") == {"text": text}, what="edited", timeout=5)  # type: ignore[misc]
            world.client.apply({**instance, "spec": {"text": "a"}})
            world.client.wait(notes, lambda found: (found or {}).get("data") == {"text": "a"}, what="edited back", timeout=5)
        ready = world.client.wait_condition(instance)
        assert ready["status"]["state"] == "ACTIVE"
        event = told(world, instance)
        assert f'metadata.annotations["{REVISION}"] is changed by {manager}' in event["message"]
        assert "86420" not in event["message"]
        time.sleep(max(0.0, 15 - (time.monotonic() - begin)))
        applied = [
            call
            for call in world.accounting.calls(mark, agent="krofn-instance", namespace=world.namespace)
            # What the precondition refused (the controller had just written the object) changed nothing.
            if (call.verb, call.resource, call.subresource) == ("patch", "deployments", "") and call.code != 409
        ]
    # Its creation, four at once, and those after 1, 2, 4 and 8 s. (Without damping: six a second.)
    assert 6 <= len(applied) <= 1 + 4 + 4, [str(call) for call in applied]
    print(f"{len(applied)} writes of the Deployment in 15 s on {world.backend.name}")


def told(world: World, instance: Object) -> Object:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = [
            each
            for each in world.client.list("v1", "Event")
            if each["reason"] == "FieldContested" and each["involvedObject"]["name"] == instance["metadata"]["name"]
        ]
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError("nobody was told of the fight")


@pytest.mark.parametrize(
    ("what", "patch"),
    [
        ("replicas", {"spec": {"replicas": 3}}),
        ("an image", {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "web:2"}]}}}}),
        ("a label of the template", {"spec": {"template": {"metadata": {"labels": {"app": "web", "tier": None}}}}}),
    ],
)
def test_a_few_edits_by_hand_are_repaired_at_once(world: World, what: str, patch: Object) -> None:
    """Four in a row wait for nothing; the fifth is repaired as well, a second later."""
    rgd = definition(world)
    rgd["spec"]["resources"][0]["template"]["metadata"].pop("annotations")
    rgd["spec"]["resources"][0]["template"]["spec"]["template"]["metadata"]["labels"] = {"app": "web", "tier": "front"}
    world.install(rgd)
    world.create(world.instance(rgd, "a"))
    wanted = world.client.refresh(deployment(world))["spec"]  # type: ignore[index]
    for number in range(5):
        edited = world.client.patch(deployment(world), patch, manager="hand")
        assert edited["spec"] != wanted, what
        world.client.wait(
            deployment(world), lambda found: (found or {})["spec"] == wanted, timeout=10, what=f"repaired after edit {number + 1} of {what}"
        )
