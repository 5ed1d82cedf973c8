"""The rules of correctness, each attacked by a simulation of its own. ``KROFN_SEEDS`` (default 12) seeds each, from ``KROFN_SEED``.

Every simulation ends with the same demands: the children are what the newest intent says, none is missing from the inventory, nothing
foreign was touched, the recorded revision never fell, and looking once more writes nothing.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Converged
from graphcore.converge.metadata import applyset_id
from graphcore.converge.safety.mark import read_mark
from tests.simulation.simulator import Faults, Simulation
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.worlds import World

FIRST = int(os.environ.get("KROFN_SEED", "1"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("KROFN_SEEDS", "12")))


def definition(revision: int = 1, **extra: Any) -> Any:
    """Children say which revision and which spec they were rendered from."""

    def value(s: Any) -> str:
        return f"{revision}:{s['schema']['spec']['v']}"

    return graph(
        node("a", fields={"data.v": value}),
        node("b", SECRET, after=["a"], fields={"data.v": lambda s: s["a"]["data"]["v"]}),
        node("items", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: f"item-{s['n']}", fields={"data.v": value}),
        node("opt", DEPLOYMENT, include=lambda s: s["schema"]["spec"]["on"], fields={"spec.v": value}),
        status={"v": lambda s: s["b"]["data"]["v"]},
        **extra,
    )


def world_of(spec: dict[str, Any] | None = None, graph_: Any = None) -> World:
    world = World(graph_ or definition())
    world.instance(spec=spec or {"v": "0", "names": ["x", "y"], "on": True})
    return world


def edit(world: World, **spec: Any) -> Any:
    def act() -> None:
        if world.api.find("App", "demo"):
            world.api.edit("App", "demo", {"spec": spec})

    return act


def quietly(world: World, what: str, kind: str, name: str, *patch: Any, **rest: Any) -> Any:
    """An action on an object that may not exist at that moment."""

    def act() -> None:
        if world.api.find(kind, name):
            getattr(world.api, what)(kind, name, *patch, **rest)

    return act


def settled(simulation: Simulation, *, resync: bool = False) -> None:
    """The demands of every simulation on an instance that still exists."""
    world = simulation.world
    if resync:
        simulation.resync()
    spec = world.demo()["spec"]
    active = int(world.api.get(names.CRD_KIND, "apps.kro.run")["metadata"]["annotations"][names.ACTIVE_REVISION])
    wanted = f"{active}:{spec['v']}"
    found = {
        (item["kind"], item["metadata"]["name"]): (item.get("data") or item["spec"])["v"]
        for kind in ("ConfigMap", "Secret", "Deployment")
        for item in ours(world, kind)
    }
    expected = {("ConfigMap", "demo-a"): wanted, ("Secret", "demo-b"): wanted}
    expected |= {("ConfigMap", f"item-{name}"): wanted for name in spec["names"]}
    expected |= {("Deployment", "demo-opt"): wanted} if spec["on"] else {}
    assert found == expected, simulation.verdict()
    assert world.demo()["status"]["v"] == wanted, simulation.verdict()
    assert world.demo()["status"]["state"] == "ACTIVE", simulation.verdict()
    assert simulation.violations == [], simulation.verdict()
    assert simulation.orphans() == [], simulation.verdict()
    assert world.run() == Converged(), simulation.verdict()
    assert world.counts[1] == 0, simulation.verdict()


def ours(world: World, kind: str) -> list[Any]:
    """Members of the instance's ApplySet, whether the instance exists or not."""
    demo = applyset_id({"apiVersion": "kro.run/v1alpha1", "kind": "App", "metadata": {"name": "demo", "namespace": "default"}})
    return [item for item in world.api.all(kind) if (item["metadata"].get("labels") or {}).get(names.APPLYSET_PART_OF) == demo]


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed={seed}")
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_level_not_edge(seed: int) -> None:
    """1: duplicated, reordered and stale events; nothing but their arrival counts."""
    world = world_of()
    edits = [edit(world, v=str(i), names=["x", "y", "z"][: i % 4]) for i in range(1, 7)]
    simulation = Simulation(world, seed, edits, Faults(duplicate=0.4))
    simulation.run()
    settled(simulation)


def test_waves_in_one_pass_survive_being_cut_off(seed: int) -> None:
    """2: a run killed between any two effects leaves nothing that the next one does not finish."""
    world = world_of()
    simulation = Simulation(world, seed, [edit(world, v="1"), edit(world, on=False), edit(world, v="2")], Faults(crash=0.08), workers=2)
    simulation.run()
    settled(simulation)


def test_only_differences_and_all_of_them(seed: int) -> None:
    """3: hands in children while several runs correct them."""
    world = world_of()
    hands = [
        quietly(world, "edit", "ConfigMap", "demo-a", {"data": {"v": "by hand"}}),
        quietly(world, "edit", "Secret", "demo-b", {"data": {"v": "by hand"}}, manager="kubectl"),
        quietly(world, "delete", "ConfigMap", "item-x"),
        quietly(world, "delete", "Secret", "demo-b"),
        quietly(world, "edit", "ConfigMap", "item-y", {"metadata": {"labels": {names.NODE_ID: "else"}}}),
        quietly(world, "edit", "ConfigMap", "item-y", {"metadata": {"labels": {names.APPLYSET_PART_OF: None}}}),
        edit(world, v="1"),
        quietly(world, "edit", "ConfigMap", "demo-a", {"data": {"v": "by hand"}}, manager="kubectl"),
        quietly(world, "edit", "Secret", "demo-b", {"data": {"v": "by hand"}}),
    ]
    simulation = Simulation(world, seed, hands, Faults(duplicate=0.2))
    simulation.run()
    settled(simulation)


def test_membership_is_fenced(seed: int) -> None:
    """4: kinds and items come and go while invocations of older and newer intents overlap and die; also: an item wanted again while pruned."""
    world = world_of()
    edits = [edit(world, on=bool(i % 2), names=["x", "y", "z"][i % 3 : i % 3 + 2]) for i in range(8)]
    simulation = Simulation(world, seed, edits, Faults(crash=0.05, duplicate=0.3), workers=4)
    simulation.run()
    settled(simulation)


def test_revisions_only_rise(seed: int) -> None:
    """5: revisions activated while invocations of the one before are under way, with events that still name it."""
    world = world_of()

    def activate(number: int) -> Any:
        return lambda: world.activate(definition(number), number)

    simulation = Simulation(
        world, seed, [edit(world, v="1"), activate(2), edit(world, v="2"), activate(3)], Faults(crash=0.04, duplicate=0.3)
    )
    simulation.run()
    settled(simulation)
    assert read_mark(world.demo()).revision == 3


def test_a_definition_that_goes_leaves_nobody_served(seed: int) -> None:
    """5: its CRD says so while invocations are under way with its graph; a namesake that is accepted starts at revision 1."""
    world = world_of()

    def retire() -> None:
        world.api.edit(names.CRD_KIND, "apps.kro.run", {"metadata": {"annotations": {names.ACTIVE_REVISION: str(names.NO_REVISION)}}})

    actions = [edit(world, v="1"), retire, edit(world, v="2", names=["z"]), edit(world, v="3", on=False)]
    simulation = Simulation(world, seed, actions, Faults(crash=0.04, duplicate=0.3))
    simulation.run()
    children = {kind: ours(world, kind) for kind in ("ConfigMap", "Secret", "Deployment")}
    assert world.condition(names.GRAPH_RESOLVED)["status"] == "False", simulation.verdict()
    assert world.condition(names.READY)["observedGeneration"] == world.demo()["metadata"]["generation"], simulation.verdict()
    assert read_mark(world.demo()).revision is None, simulation.verdict()
    edit(world, v="4")()
    simulation.run(chaos=0)
    assert {kind: ours(world, kind) for kind in children} == children, simulation.verdict()
    assert simulation.violations == [], simulation.verdict()
    simulation.reached.clear()
    world.activate(definition(1), 1, uid="namesake")
    simulation.run(chaos=0)
    settled(simulation)


def test_no_blind_overwrite(seed: int) -> None:
    """6: names taken by nobody's and by others' objects, at any moment; others' stay as they are, nobody's keep their other fields."""
    world = world_of({"v": "0", "names": [], "on": False})
    labels = {names.APPLYSET_PART_OF: "applyset-other-v1"}

    def make(name: str, labels: dict[str, str]) -> Any:
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "default", "labels": labels},
            "data": {"mine": "x"},
        }
        return lambda: world.api.create(body) if world.api.find("ConfigMap", name) is None else None

    simulation = Simulation(world, seed, [make("item-free", {}), make("item-foreign", labels)], Faults(crash=0.03))
    simulation.actions += [edit(world, names=["free", "foreign"], v="1"), edit(world, v="2")]
    simulation.foreign[("ConfigMap", "item-foreign")] = True
    simulation.run()
    assert world.api.get("ConfigMap", "item-foreign")["data"] == {"mine": "x"}, simulation.verdict()
    assert world.api.get("ConfigMap", "item-free")["data"] == {"mine": "x", "v": "1:2"}, simulation.verdict()
    assert simulation.violations == [], simulation.verdict()
    assert simulation.orphans() == [], simulation.verdict()
    world.api.edit("App", "demo", {"spec": {"names": ["free"]}})
    simulation.run(chaos=0)
    settled(simulation)
    assert world.api.get("ConfigMap", "item-foreign")["data"] == {"mine": "x"}


def test_the_last_writer_checks(seed: int) -> None:
    """7: edits right behind each other with no event but their own, deliveries never repeated: nobody finishes on an old intent."""
    world = world_of()
    simulation = Simulation(world, seed, [edit(world, v=str(i)) for i in range(12)], Faults(), workers=2)
    simulation.run(chaos=0)
    settled(simulation)


def test_an_instance_deleted_under_way_leaves_nothing(seed: int) -> None:
    """7 and 8: deletion while invocations create, in waves, crash included."""
    world = world_of()
    actions = [edit(world, v="1"), quietly(world, "delete", "App", "demo")]
    simulation = Simulation(world, seed, actions, Faults(crash=0.06, duplicate=0.3))
    deleted: list[str] = []
    simulation.checks.append(lambda what, obj: iter(deleted.append(obj["kind"]) or [] if what == "delete" else []))
    simulation.run()
    assert world.api.find("App", "demo") is None, simulation.verdict()
    assert [item for kind in ("ConfigMap", "Secret", "Deployment") for item in ours(world, kind)] == [], simulation.verdict()


def test_an_instance_torn_away_and_made_again(seed: int) -> None:
    """7 and 11: the finalizer is removed by force while invocations create; a namesake may follow. No child stays behind unowned."""
    world = world_of()

    def tear() -> None:
        if world.api.find("App", "demo"):
            world.api.edit("App", "demo", {"metadata": {"finalizers": None}})
            world.api.delete("App", "demo")

    def again() -> None:
        if world.api.find("App", "demo") is None:
            world.instance(spec={"v": "9", "names": ["y"], "on": False})

    actions = [edit(world, v="1"), tear, again]
    simulation = Simulation(world, seed, actions, Faults(duplicate=0.2))
    simulation.run(chaos=100)
    simulation.queue += [
        (name, member, revision) for _, obj in world.api.history for name, member, revision in simulation._deliveries(obj) if member
    ]
    simulation.run(chaos=0)
    spec = world.demo()["spec"]
    left = {item["metadata"]["name"] for kind in ("ConfigMap", "Secret", "Deployment") for item in ours(world, kind)}
    assert left >= {"demo-a", "demo-b", *(f"item-{name}" for name in spec["names"])}, simulation.verdict()
    assert simulation.orphans() == [], simulation.verdict()
    assert simulation.violations == [], simulation.verdict()


def test_prune_and_delete_never_guess(seed: int) -> None:
    """8: nothing is pruned while a node is unresolved; here one is, on and off, by another's status."""
    graph_ = graph(
        node("web", DEPLOYMENT, ready=lambda s: s["web"]["status"]["ok"] == "yes"),
        node("items", each={"n": lambda s: s["schema"]["spec"]["names"]}, name=lambda s: f"item-{s['n']}", fields={"data.v": "1"}),
        node("late", SECRET, after=["web"], fields={"data.v": lambda s: s["web"]["status"]["value"]}),
    )
    world = world_of({"names": ["x", "y"]}, graph_)

    def status(**values: Any) -> Any:
        return quietly(world, "edit", "Deployment", "demo-web", {"status": values}, manager="kubelet", subresource="status")

    def pruned(what: str, obj: dict[str, Any]) -> Any:
        if what == "delete" and obj["kind"] == "Secret":
            yield "a Secret that was only unresolved was deleted"

    actions = [
        status(ok="yes", value="1"),
        edit(world, names=["y"]),
        status(ok="no"),
        edit(world, names=["y", "z"]),
        status(ok="yes", value=None),
        edit(world, names=["z"]),
    ]
    simulation = Simulation(world, seed, [*actions, status(ok="yes", value="2")], Faults(crash=0.03, duplicate=0.2))
    simulation.checks.append(pruned)
    simulation.run()
    if world.api.get("Deployment", "demo-web").get("status") != {"ok": "yes", "value": "2"}:
        status(ok="yes", value="2")()
        simulation.run(chaos=0)
    assert simulation.violations == [], simulation.verdict()
    assert [item["metadata"]["name"] for item in ours(world, "ConfigMap")] == ["item-z"], simulation.verdict()
    assert world.api.get("Secret", "demo-late")["data"] == {"v": "2"}, simulation.verdict()
    assert simulation.orphans() == [], simulation.verdict()


def test_every_wait_has_a_waker(seed: int) -> None:
    """10: a referenced object that appears, changes and goes at any moment always finds the instance; no resync, no retry."""
    graph_ = graph(
        node("ref", CONFIG_MAP, "shared", external=True),
        node("copy", SECRET, after=["ref"], fields={"data.v": lambda s: s["ref"]["data"]["v"]}),
    )
    world = world_of({}, graph_)

    def appear() -> None:
        metadata = {"name": "shared", "namespace": "default"}
        world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"v": "1"}})

    actions = [
        appear,
        quietly(world, "edit", "ConfigMap", "shared", {"data": {"v": "2"}}),
        quietly(world, "edit", "ConfigMap", "shared", {"data": {"v": "3"}}),
    ]
    simulation = Simulation(world, seed, actions, Faults(crash=0.04))
    simulation.run(chaos=60)
    assert world.api.get("Secret", "demo-copy")["data"] == {"v": "3"}, simulation.verdict()
    assert world.demo()["status"]["state"] == "ACTIVE", simulation.verdict()


def test_a_resync_repairs_what_was_missed(seed: int) -> None:
    """11: half of all events are lost for good."""
    world = world_of()
    edits = [edit(world, v=str(i), on=bool(i % 2), names=["x", "y", "z"][: i % 4]) for i in range(1, 6)]
    simulation = Simulation(world, seed, edits, Faults(drop=0.5, crash=0.05))
    simulation.run()
    settled(simulation, resync=True)


def test_a_seed_replays_exactly() -> None:
    logs = []
    for _ in range(2):
        world = world_of()
        simulation = Simulation(world, 7, [edit(world, v="1"), edit(world, on=False)], Faults(crash=0.1, duplicate=0.3))
        simulation.run()
        logs.append([(what, obj) for what, obj in world.api.history])
    assert logs[0] == logs[1]
