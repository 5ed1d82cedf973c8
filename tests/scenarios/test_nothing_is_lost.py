"""Every change finds its instance, whatever is killed, frozen, merged or comes late, on both APIs.

The resync is off, and the functions here never repeat a run by themselves: only an event can have woken whoever went on. What is waited
for comes within seconds (``docs/reference/limits.md`` has the figures); a wait that fails has lost something.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, stored
from tests.support.backends import Backend, FunctionProcesses
from tests.support.client import Object, condition

WITHIN = 60.0
NESTED = "[" * 50_000


@pytest.fixture(scope="module")
def functions(functions: FunctionProcesses, backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionProcesses]:
    """Without repeats, in place of the functions of the other scenarios, which start again when they are needed."""
    functions.stop()
    never = {"KROFN_RGD_PROGRESS_REQUEUE_DELAY": "0", "KROFN_INSTANCE_REQUEUE_INTERVAL": "0"}
    with FunctionProcesses(backend, tmp_path_factory.mktemp("lost"), **never) as processes:
        yield processes


class Watch:
    """Prints how long things took."""

    def __init__(self, world: World, what: str) -> None:
        self.title, self.started = f"{what} on {world.backend.name}", time.monotonic()

    def again(self) -> None:
        """Time counts from now."""
        self.started = time.monotonic()

    def until(self, holds: Callable[[], Iterable[object]], what: str) -> None:
        """Waits until ``holds`` names nothing that is still missing."""
        while missing := list(holds()):
            assert time.monotonic() - self.started < WITHIN, f"{self.title}: not {what} after {WITHIN:g} s: {missing[:5]}"
            time.sleep(0.05)
        print(f"\n{self.title}, until {what}: {time.monotonic() - self.started:.2f} s")


def noting(world: World, kind: str, **spec: Any) -> Object:
    """A definition with one ConfigMap named as the instance, which says ``spec.v``."""
    node = config_map("note", "${schema.metadata.name}", {"v": "${schema.spec.v}", **spec})
    return world.rgd(kind, spec={"v": "string | default=first"}, resources=[node])


def notes(world: World) -> dict[str, Object]:
    return {each["metadata"]["name"]: each for each in world.client.list("v1", "ConfigMap")}


def says(world: World, expected: dict[str, str], key: str = "v") -> Iterator[str]:
    """The names of the ConfigMaps that do not say what they should."""
    found = notes(world)
    return (name for name, value in expected.items() if (found.get(name, {}).get("data") or {}).get(key) != value)


def made(world: World, rgd: Object, names: Iterable[str], **spec: Any) -> list[Object]:
    """Instances that are applied, and not waited for."""
    instances = [world.instance(rgd, name, dict(spec)) for name in names]
    world.cleanup.extend(instances)
    world.client.apply(*instances)
    return instances


def restarted(world: World, function: str, before: int | None) -> None:
    deadline = time.monotonic() + WITHIN
    while world.functions.pid(function) in (None, before):
        assert time.monotonic() < deadline, f"{function} was not started again"
        time.sleep(0.02)


def test_edits_and_deletions_while_the_watches_come_back_after_an_outage_of_the_api_find_their_instances(world: World) -> None:
    if world.backend.outage is None:
        pytest.skip("this API server cannot be killed")
    definitions = [noting(world, f"Out{number}") for number in range(3)]
    for each in definitions:
        world.install(each)
    names = [f"n{number}" for number in range(8)]
    instances = [made(world, rgd, [f"{rgd['spec']['schema']['kind'].lower()}-{name}" for name in names]) for rgd in definitions]
    expected = {each["metadata"]["name"]: "first" for several in instances for each in several}
    watch = Watch(world, "API server gone for 10 s")
    watch.until(lambda: says(world, expected), "made")
    with world.backend.outage():
        time.sleep(10)
    uids = {name: each["metadata"]["uid"] for name, each in notes(world).items()}
    for number, each in enumerate(itertools.chain.from_iterable(zip(*instances, strict=True))):
        name = each["metadata"]["name"]
        if number % 2:
            world.client.apply({**each, "spec": {"v": "second"}})
            expected[name] = "second"
            uids.pop(name)
        else:
            world.client.delete(stored(world, name))
        time.sleep(0.15)
    deleted = {name: uid for name, uid in uids.items() if name in expected}
    watch.again()
    watch.until(lambda: says(world, expected), "edited and made again")
    assert not [name for name, each in notes(world).items() if each["metadata"]["uid"] == deleted.get(name)]


def test_a_fan_out_that_is_cut_after_each_page_and_overtaken_by_an_edit_tells_every_instance(world: World) -> None:
    rgd = noting(world, "Many")
    world.install(rgd)
    names = [f"n{number:03}" for number in range(205)]
    made(world, rgd, names)
    watch = Watch(world, f"fan-out to {len(names)} instances")
    watch.until(lambda: says(world, dict.fromkeys(names, "first")), "made")
    since = world.accounting.mark()

    def listed(page: int) -> int:
        calls = world.accounting.calls(since, agent="krofn-fanout")
        return sum(call.verb == "list" and call.resource == "manies" and ("continue=" in call.path) == (page > 1) for call in calls)

    def cut(page: int) -> None:
        """Kills the fan-out when it has listed a page (the first, or a later one) once more and is telling it."""
        before, known, deadline = world.functions.pid("fanout"), listed(page), time.monotonic() + WITHIN
        while listed(page) == known:
            assert time.monotonic() < deadline, f"page {page} is not listed again"
            time.sleep(0.005)
        assert world.functions.kill("fanout")
        restarted(world, "fanout", before)

    # The second edit comes while nobody serves the rest of the first one's telling.
    for edit in ("2", "3"):
        world.client.apply(noting(world, "Many", r=edit))
        for page in (1, 2):
            cut(page)
    watch.again()
    watch.until(lambda: says(world, dict.fromkeys(names, "3"), "r"), "all told, cut 4 times")
    world.client.call("DELETE", world.client.path(f"{world.group}/v1alpha1", "Many"))
    watch.until(lambda: world.client.list(f"{world.group}/v1alpha1", "Many"), "all gone")
    world.cleanup[:] = [rgd]


def test_references_that_come_while_the_bridge_is_away_wake_who_waits_for_them(world: World) -> None:
    reference = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ref-${schema.metadata.name}"}}
    rgd = world.rgd(
        "Refers",
        resources=[
            {"id": "ref", "externalRef": reference},
            config_map("note", "${schema.metadata.name}", {"v": "${string(ref.data.v)}"}),
        ],
    )
    world.install(rgd)
    early, late = [f"early-{number}" for number in range(12)], [f"late-{number}" for number in range(12)]
    for each in made(world, rgd, early):
        world.client.wait(each, lambda found: condition(found, "ResourcesReady").get("status") == "False", what="waiting", timeout=WITHIN)
    watch = Watch(world, "24 references while the bridge is away")
    before = world.functions.pid("bridge")
    assert world.functions.kill("bridge")
    for first, second in zip(early, late, strict=True):
        world.client.apply(secret(first))
        made(world, rgd, [second])
        world.client.apply(secret(second))
        time.sleep(0.25)
    restarted(world, "bridge", before)
    watch.again()
    watch.until(lambda: says(world, dict.fromkeys((*early, *late), "found")), "all referred to")


def secret(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"ref-{name}"}, "stringData": {"v": "found"}}


@pytest.mark.parametrize("bridge", ["running", "killed"])
def test_members_deleted_before_the_first_list_of_their_kind_are_made_again(world: World, bridge: str) -> None:
    """Each kind is followed because of its instance alone; nothing else in these scenarios has any."""
    kinds = {"running": ("ServiceAccount", "LimitRange", "Endpoints"), "killed": ("ServiceAccount", "PodTemplate", "ResourceQuota")}[bridge]
    specs: dict[str, Object] = {
        "LimitRange": {"spec": {"limits": []}},
        "ResourceQuota": {"spec": {"hard": {"pods": "5"}}},
        "PodTemplate": {"template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}},
    }
    children: dict[tuple[str, str], str] = {}
    definitions = {}
    for kind in kinds:
        template = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "${schema.metadata.name}"}, **specs.get(kind, {})}
        definitions[kind] = world.rgd(f"Has{kind}", resources=[{"id": "child", "template": template}])
    watch = Watch(world, f"members deleted before the first list, bridge {bridge}")
    for kind, rgd in definitions.items():
        if bridge == "killed":
            world.install(rgd)
            for each in made(world, rgd, [f"{kind.lower()}-{number}" for number in range(5)]):
                world.client.wait_condition(each, timeout=WITHIN)
        else:
            world.backend.grant(world.group, rgd)
            world.cleanup.append(rgd)
            world.client.apply(rgd)
            made(world, rgd, [f"{kind.lower()}-0"])
    before = world.functions.pid("bridge")
    if bridge == "killed":
        assert world.functions.kill("bridge")
    for number, kind in itertools.product(range(5 if bridge == "killed" else 1), kinds):
        child = {"apiVersion": "v1", "kind": kind, "metadata": {"name": f"{kind.lower()}-{number}"}}
        found = world.client.wait(child, lambda found: found is not None, what="made", timeout=WITHIN)
        children[kind, child["metadata"]["name"]] = (found or {})["metadata"]["uid"]
        world.client.delete(child)
        time.sleep(0.2 if bridge == "killed" else 0.0)
    if bridge == "killed":
        restarted(world, "bridge", before)
    watch.again()

    def missing() -> Iterator[str]:
        for kind in kinds:
            found = {each["metadata"]["name"]: each["metadata"]["uid"] for each in world.client.list("v1", kind)}
            yield from (name for (of, name), uid in children.items() if of == kind and found.get(name) in (None, uid))

    watch.until(missing, "made again")


def test_a_label_of_the_instance_changed_during_a_repair_is_rendered(world: World) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    choose = random.Random(seed)
    data = {"v": "kept", "tier": '${schema.metadata.?labels.?tier.orValue("none")}'}
    rgd = world.rgd("Tiered", resources=[config_map("note", "${schema.metadata.name}", data)])
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    watch, longest = Watch(world, "labels changed during 20 repairs"), 0.0
    for number in range(20):
        world.client.patch(stored(world, "a"), {"data": {"v": f"by hand {number}"}})
        time.sleep(choose.uniform(0, 0.06))
        world.client.patch(instance, {"metadata": {"labels": {"tier": str(number)}}})
        began = time.monotonic()
        world.client.wait(
            stored(world, "a"),
            lambda found, number=number: (found or {})["data"] == {"v": "kept", "tier": str(number)},
            what=f"of tier {number}",
            timeout=WITHIN,
        )
        longest = max(longest, time.monotonic() - began)
        # Four repairs in a row are made at once.
        if number % 3 == 2:
            world.client.delete(stored(world, "a"))
            world.client.wait(stored(world, "a"), lambda found: found is not None, what="made again", timeout=WITHIN)
    watch.until(lambda: (), f"all rendered (the longest {longest:.2f} s)")


def put_nested(world: World, instance: Object, depth: int) -> bool:
    """Applies an instance whose field ``any`` is nested so deep that its managedFields cannot be read either; whether the server takes it."""
    nested = '{"a":' * depth + "{}" + "}" * depth
    path = world.client.path(instance["apiVersion"], instance["kind"], instance["metadata"]["name"])
    content = json.dumps({**instance, "spec": {"any": 0}}).replace('"any": 0', f'"any": {nested}')
    headers = {"Content-Type": "application/apply-patch+yaml"}
    return world.client.http.patch(path, params={"fieldManager": "scenario"}, content=content, headers=headers).is_success


def test_instances_with_annotations_that_nobody_can_read_keep_nothing_from_healthy_ones(world: World) -> None:
    node = config_map("note", "${schema.metadata.name}", {"v": "${schema.spec.v}"})
    rgd = world.rgd("Beside", spec={"v": "string | default=first", "any": "object"}, resources=[node])
    world.install(rgd)
    made_deep = put_nested(world, world.instance(rgd, "deep"), 1_500)
    print(f"\nan instance nested 1500 levels deep on {world.backend.name}: {'made' if made_deep else 'refused'}")
    hostile = made(world, rgd, ["nested", "shapes", "healthy"])
    watch = Watch(world, "unreadable annotations beside healthy ones")
    watch.until(lambda: says(world, dict.fromkeys(("nested", "shapes", "healthy"), "first")), "made")
    unreadable = {
        "nested": {"krofn.kro.run/references": NESTED, "krofn.kro.run/convergence": NESTED},
        "shapes": {"krofn.kro.run/references": '[["v1", "A", "../b", 1, {}, [], null]]', "krofn.kro.run/convergence": '{"places": 5}'},
    }
    for each in hostile[:2]:
        world.client.patch(each, {"metadata": {"annotations": unreadable[each["metadata"]["name"]]}})
    for what in ("bridge running", "bridge killed"):
        if what == "bridge killed":
            before = world.functions.pid("bridge")
            assert world.functions.kill("bridge")
            restarted(world, "bridge", before)
        world.client.apply({**hostile[2], "spec": {"v": what}})
        made(world, rgd, [f"new-{what[7]}"])
        watch.again()
        watch.until(lambda what=what: says(world, {"healthy": what, f"new-{what[7]}": "first"}), f"edited and made, {what}")
        world.client.delete(stored(world, "healthy"))
        watch.again()
        watch.until(lambda what=what: says(world, {"healthy": what}), f"made again, {what}")
    if made_deep:
        reference = {"apiVersion": f"{world.group}/v1alpha1", "kind": "Beside", "metadata": {"name": "deep"}}
        note = config_map("note", "${schema.metadata.name}", {"v": "${other.spec.v}"})
        referring = world.rgd("Looking", resources=[{"id": "other", "externalRef": reference}, note])
        world.install(referring)
        (looking,) = made(world, referring, ["looking"])
        world.client.wait(looking, lambda found: "nested too deeply" in condition(found, "ResourcesReady").get("message", ""), what="told")
    for each in hostile:
        world.client.delete(each)
    watch.again()
    watch.until(lambda: (each for each in hostile if world.client.refresh(each) is not None), "deleted, the unreadable ones included")


def test_definitions_go_on_while_the_function_of_instances_is_frozen(world: World) -> None:
    first = noting(world, "Frozen0")
    world.install(first)
    names = [f"n{number}" for number in range(100)]
    watch = Watch(world, "the function of instances frozen")
    with world.functions.frozen("instance"):
        # More than there are deliveries under way at once.
        made(world, first, names)
        watch.again()
        for number in (1, 2, 3):
            world.install(noting(world, f"Frozen{number}"), timeout=WITHIN)
        world.client.apply(noting(world, "Frozen1", r="edited"))

        def unedited() -> Iterator[str]:
            found = world.client.refresh(noting(world, "Frozen1")) or {}
            if condition(found, "Ready").get("observedGeneration") != found["metadata"]["generation"]:
                yield "Frozen1"

        watch.until(unedited, "three definitions are Ready and one is edited")
        assert list(says(world, dict.fromkeys(names, "first"))) == names
    watch.again()
    watch.until(lambda: says(world, dict.fromkeys(names, "first")), "its 100 instances are made after it goes on")
