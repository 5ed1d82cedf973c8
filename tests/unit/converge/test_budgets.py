"""The cost budget: exact numbers of requests, counted on the model of the API server."""

from __future__ import annotations

import pytest

from graphcore.converge.effects import Converged
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SERVICE, graph, node
from tests.support.worlds import World


def web_app() -> World:
    world = World(
        graph(
            node("config", fields={"data.text": lambda s: s["schema"]["spec"]["text"]}),
            node("web", DEPLOYMENT, after=["config"], fields={"spec.config": lambda s: s["config"]["metadata"]["name"]}),
            node("service", SERVICE, after=["web"], fields={"spec.target": lambda s: s["web"]["metadata"]["name"]}),
            status={"target": lambda s: s["service"]["spec"]["target"]},
        )
    )
    world.instance(spec={"text": "hello"})
    return world


def chain(length: int) -> World:
    nodes = [node("n0", fields={"data.v": "0"})]
    for i in range(1, length):
        nodes.append(node(f"n{i}", after=[f"n{i - 1}"], fields={"data.v": lambda s, i=i: s[f"n{i - 1}"]["data"]["v"] + str(i)}))
    world = World(graph(*nodes, status={"last": lambda s: s[f"n{length - 1}"]["data"]["v"]}))
    world.instance()
    return world


def two_config_maps() -> World:
    world = World(graph(node("a", fields={"data.v": "1"}), node("b", fields={"data.v": "1"})))
    world.instance()
    return world


@pytest.mark.parametrize(
    ("world", "reads", "writes"), [(web_app(), 2, 5), (chain(10), 2, 12), (two_config_maps(), 2, 4)], ids=["web app", "chain", "two"]
)
def test_creation(world: World, reads: int, writes: int) -> None:
    assert world.run() == Converged()
    assert world.counts == (reads, writes)
    assert world.demo()["status"]["state"] == "ACTIVE"


@pytest.mark.parametrize(("world", "groups"), [(web_app(), 3), (chain(10), 1), (two_config_maps(), 1)], ids=["web app", "chain", "two"])
def test_looking_again_costs_reads_only(world: World, groups: int) -> None:
    world.run()
    before = world.api.revision
    assert world.run() == Converged()
    assert world.counts == (1 + groups, 0)
    assert world.api.revision == before


def test_an_edited_child_costs_one_write() -> None:
    world = web_app()
    world.run()
    world.api.edit("ConfigMap", "demo-config", {"data": {"text": "changed by hand"}})
    assert world.run() == Converged()
    assert world.counts == (2 + 3, 1)
    assert world.api.get("ConfigMap", "demo-config")["data"] == {"text": "hello"}


def test_a_deleted_child_costs_two_writes() -> None:
    world = web_app()
    world.run()
    world.api.delete("Deployment", "demo-web")
    assert world.run() == Converged()
    assert world.counts == (2 + 3, 2)
    assert world.api.find("Deployment", "demo-web")


@pytest.mark.difference("27")
def test_a_spec_edit_reaches_the_end_of_a_chain_in_one_run() -> None:
    world = web_app()
    world.run()
    world.api.edit("App", "demo", {"spec": {"text": "again"}})
    assert world.run() == Converged()
    assert world.counts == (1 + 3, 2)
    assert world.condition("Ready")["observedGeneration"] == 2


@pytest.mark.parametrize(("length", "waves"), [(1, 1), (4, 4)])
def test_deletion(length: int, waves: int) -> None:
    world = chain(length)
    world.run()
    world.api.delete("App", "demo")
    assert world.run() == Converged(gone=True)
    reads, writes = world.counts
    assert reads + writes <= 3 + length + (waves + 1) * 1
    assert world.api.all("ConfigMap") == []
    assert world.api.find("App", "demo") is None


def test_deletion_of_several_kinds_stays_in_budget() -> None:
    world = web_app()
    world.run()
    world.api.delete("App", "demo")
    world.run()
    assert sum(world.counts) <= 3 + 3 + (3 + 1) * 3
    deleted = [kind for verb, kind, _ in world.api.log if verb == "DELETE"]
    assert deleted == [SERVICE.kind, DEPLOYMENT.kind, CONFIG_MAP.kind]
