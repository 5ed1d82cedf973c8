"""Rule 2: a chain of any depth converges in one invocation."""

from __future__ import annotations

import pytest

from functions.platform.cluster import Request
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, play, read, ready

DEPTH = 10


def chain() -> Object:
    """ConfigMaps of which each carries a value of the one before."""
    resources = []
    for number in range(DEPTH):
        value = "${schema.spec.first}" if number == 0 else f"${{link{number - 1}.data.value + '-{number}'}}"
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"${{schema.metadata.name}}-{number}"},
            "data": {"value": value},
        }
        resources.append({"id": f"link{number}", "template": body})
    return {
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": {"name": "chain"},
        "spec": {
            "schema": {
                "apiVersion": "v1alpha1",
                "kind": "Chain",
                "spec": {"first": "string"},
                "status": {"last": f"${{link{DEPTH - 1}.data.value}}"},
            },
            "resources": resources,
        },
    }


INSTANCE: Object = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "Chain",
    "metadata": {"name": "ten", "namespace": "default"},
    "spec": {"first": "0"},
}


@pytest.mark.feature(67, 90)
def test_a_chain_of_ten_converges_in_one_invocation_and_fifteen_requests() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, chain())
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        instance = await read(client, INSTANCE)
        assert instance is not None
        assert ready(instance)
        assert instance["status"]["last"] == "-".join(str(number) for number in range(DEPTH))
        runs = [line for line in host.lines if '"component": "instance"' in line]
        assert len(runs) == 1
        asked: list[Request] = host.clusters["instance"].requests
        writes = [request for request in asked if request.verb != "GET"]
        assert len(writes) == DEPTH + 2
        assert len(asked) <= 15

    play(scene)


@pytest.mark.feature(67)
def test_an_edit_at_the_head_reaches_the_end_in_one_invocation() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, chain())
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        before = len(host.lines)
        await apply(client, {**INSTANCE, "spec": {"first": "x"}})
        await host.quiet()
        instance = await read(client, INSTANCE)
        assert instance is not None
        assert instance["status"]["last"].startswith("x-1-")
        assert sum('"component": "instance"' in line for line in host.lines[before:]) == 1

    play(scene)
