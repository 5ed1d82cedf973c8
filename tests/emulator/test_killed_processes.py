"""Each process killed: functions at random points of the demonstration, which still ends converged, and the API with all its objects."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from pathlib import Path

import pytest

from functions.platform.cluster import Cluster
from local_emulator.cli.commands.up import Up, local_cluster
from local_emulator.cli.install import connect
from local_emulator.cli.scenario import Snapshot, WebApp, web_app
from local_emulator.cli.supervisor import FUNCTIONS

ROUNDS = 3
LAST_POINT = 1.5
"""Seconds into a round within which the kills fall; undisturbed, a round takes about two and a half."""


def ignore(_: Snapshot) -> None:
    return


def in_group(app: WebApp, number: int) -> WebApp:
    """The same demonstration under a kind of its own, so that every round begins with nothing."""
    group = f"round{number}.example.com"
    schema = {**app.definition["spec"]["schema"], "group": group}
    definition = {**app.definition, "metadata": {"name": f"web-app-{number}"}, "spec": {**app.definition["spec"], "schema": schema}}
    metadata = {**app.instance["metadata"], "name": f"hello-{number}"}
    return WebApp(app.cluster, definition, {**app.instance, "apiVersion": f"{group}/v1alpha1", "metadata": metadata}, app.within)


async def demonstrate(app: WebApp) -> None:
    await app.define()
    for step in app.steps():
        await app.perform(step, ignore)


async def kill(up: Up, name: str, after: float) -> None:
    await asyncio.sleep(after)
    process = up.children[name].process
    if process is not None and process.returncode is None:
        process.kill()


async def one_round(up: Up, cluster: Cluster, number: int, points: dict[str, float]) -> None:
    app = in_group(web_app(cluster, within=60.0), number)
    kills = [asyncio.create_task(kill(up, name, after)) for name, after in points.items()]
    await demonstrate(app)
    await asyncio.gather(*kills)
    last = await app.look()
    assert last.state == "ACTIVE"
    assert {row.state for row in last.rows} == {"ready"}


@pytest.mark.timeout(240)
def test_each_function_killed_at_three_random_points_still_ends_converged(tmp_path: Path) -> None:
    seed = int(os.environ.get("KROFN_TEST_SEED") or secrets.randbelow(10**6))
    print(f"KROFN_TEST_SEED={seed}")
    chance = random.Random(seed)

    async def scene() -> None:
        async with local_cluster(tmp_path, say=print) as up:
            cluster = await connect(str(up.kubeconfig), None)
            try:
                for number in range(ROUNDS):
                    points = {name: chance.uniform(0.0, LAST_POINT) for name in FUNCTIONS}
                    print(f"round {number}:", {name: round(after, 2) for name, after in points.items()})
                    before = {name: up.children[name].starts for name in FUNCTIONS}
                    await one_round(up, cluster, number, points)
                    for name in FUNCTIONS:
                        assert up.children[name].starts > before[name], f"{name} was not started again"
            finally:
                await cluster.close()

    asyncio.run(scene())


@pytest.mark.timeout(240)
def test_an_api_that_lost_its_memory_says_so_and_serves_definitions_again(tmp_path: Path) -> None:
    said: list[str] = []

    async def scene() -> None:
        async with local_cluster(tmp_path, say=said.append) as up:
            cluster = await connect(str(up.kubeconfig), None)
            try:
                await demonstrate(in_group(web_app(cluster, within=60.0), 1))
                process = up.children["api"].process
                assert process is not None
                process.kill()
                while not any("are gone" in line for line in said):
                    await asyncio.sleep(0.05)
                # The same definition and instance are new ones: nothing that a process remembers of the old ones counts.
                for number in (1, 2):
                    await demonstrate(in_group(web_app(cluster, within=60.0), number))
            finally:
                await cluster.close()

    asyncio.run(scene())
    assert said[0] == "api ended with code -9; starting it again"
    assert "--data-dir" in said[1]
    assert len(said) == 2


@pytest.mark.timeout(240)
def test_an_api_that_keeps_its_objects_loses_none(tmp_path: Path) -> None:
    said: list[str] = []

    async def scene() -> None:
        async with local_cluster(tmp_path, say=said.append, options=("--data-dir", str(tmp_path / "data"))) as up:
            cluster = await connect(str(up.kubeconfig), None)
            try:
                app = in_group(web_app(cluster, within=60.0), 1)
                await demonstrate(app)
                process = up.children["api"].process
                assert process is not None
                process.kill()
                while up.children["api"].starts < 2 or not (tmp_path / "api.ready").exists():
                    await asyncio.sleep(0.05)
                last = await app.look()
                assert last.state == "ACTIVE"
                await demonstrate(in_group(web_app(cluster, within=60.0), 2))
            finally:
                await cluster.close()

    asyncio.run(scene())
    assert said == ["api ended with code -9; starting it again"]
