"""After a definition is gone: its instances are treated alike by every process, warm or cold, say so, and can be deleted."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.names import GRAPH_RESOLVED
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, condition, delete, play, read, ready
from tests.emulator.test_bridge_in_process import CONFIG, INSTANCE, THING, restart

QUIET: dict[str, Any] = {"instance_requeue_interval": 0.0, "rgd_progress_requeue_delay": 0.0}
BREAKING: Object = {**THING, "spec": {**THING["spec"], "schema": {**THING["spec"]["schema"], "spec": {"other": "string | default=hello"}}}}
BREAKING["spec"]["resources"] = [{**THING["spec"]["resources"][0]}]
BREAKING["spec"]["resources"][0]["template"] = {**THING["spec"]["resources"][0]["template"], "data": {"text": "${schema.spec.other}"}}
FRESH: Object = {**INSTANCE, "metadata": {"name": "fresh", "namespace": "default"}}


async def nothing(host: Host) -> None:
    """Every process has what it had."""


async def cold(host: Host) -> None:
    host.boot("instance")


async def all_new(host: Host) -> None:
    for name in ("instance", "definition", "fanout"):
        host.boot(name)
    await restart(host)
    await host.quiet()


async def unserved(client: Any, instance: Object) -> None:
    found = await read(client, instance) or {}
    assert condition(found, GRAPH_RESOLVED)["status"] == "False"
    assert "can be deleted" in condition(found)["message"]
    assert condition(found)["status"] == "False"
    assert condition(found)["observedGeneration"] == found["metadata"]["generation"]
    assert found["status"]["state"] == "ERROR"


@pytest.mark.parametrize("again", [False, True], ids=["gone", "refused again"])
@pytest.mark.parametrize("between", [nothing, cold, all_new])
def test_instances_of_a_deleted_definition_are_not_served_by_anybody(between: Any, again: bool) -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        for item in (THING, INSTANCE):
            await apply(client, item)
            await host.quiet()
        await delete(client, THING)
        await host.quiet()
        if again:
            await apply(client, BREAKING)
            await host.quiet()
            assert condition(await read(client, BREAKING), "KindReady")["status"] == "False"
        await unserved(client, INSTANCE)
        await between(host)
        await apply(client, {**INSTANCE, "spec": {"text": "edited"}})
        await apply(client, FRESH)
        await host.quiet()
        for instance in (INSTANCE, FRESH):
            await unserved(client, instance)
        assert (await read(client, CONFIG) or {})["data"] == {"text": "hello"}
        fresh = await read(client, FRESH) or {}
        assert "labels" not in fresh["metadata"]
        assert "finalizers" not in fresh["metadata"]
        assert await read(client, {**CONFIG, "metadata": FRESH["metadata"]}) is None
        for instance in (INSTANCE, FRESH):
            await delete(client, instance)
        await host.quiet()
        for item in (INSTANCE, FRESH, CONFIG):
            assert await read(client, item) is None

    play(scene, **QUIET)


@pytest.mark.parametrize("between", [nothing, cold, all_new])
def test_instances_go_on_when_a_definition_of_that_name_is_accepted(between: Any) -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        for item in (THING, INSTANCE):
            await apply(client, item)
            await host.quiet()
        await delete(client, THING)
        await host.quiet()
        await apply(client, FRESH)
        await host.quiet()
        await between(host)
        await apply(client, {**THING, "metadata": {**THING["metadata"], "labels": {"again": "yes"}}})
        await host.quiet()
        for instance in (INSTANCE, FRESH):
            assert ready(await read(client, instance))
            assert (await read(client, {**CONFIG, "metadata": instance["metadata"]}) or {})["data"] == {"text": "hello"}

    play(scene, **QUIET)
