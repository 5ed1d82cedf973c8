"""Whatever others write on instances, children, definitions, CRDs and revisions: no task of the bridge ends, and the neighbours are served.

What each name may hold, and that each reader takes it alone, :mod:`tests.unit.converge.test_foreign_texts` shows; here it goes the whole way.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.platform.cluster import MERGE_PATCH, Request
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS, member
from graphcore import names
from graphcore.graph.model import Resource
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, delete, path_of, play, read, ready
from tests.emulator.test_bridge_in_process import CONFIG, INSTANCE, THING, restart
from tests.support.foreign import texts
from tests.unit.converge.test_foreign_texts import KEYS, TEXTS, WORST

HOSTILE: Object = {**THING, "metadata": {"name": "hostile"}}
HOSTILE["spec"] = {**THING["spec"], "schema": {**THING["spec"]["schema"], "kind": "Hostile"}}
MINE: Object = {**INSTANCE, "metadata": {"name": "mine", "namespace": "default"}}
OTHERS: Object = {**INSTANCE, "kind": "Hostile", "metadata": {"name": "theirs", "namespace": "default"}}
CONFIGS = Resource("v1", "ConfigMap", "configmaps", namespaced=True)
WRITABLE: dict[str, str] = {
    "an instance of the same kind": path_of(MINE),
    "its child": member(CONFIGS, "default", "mine"),
    "another definition": member(DEFINITIONS, None, "hostile"),
    "its CRD": member(CRDS, None, "hostiles.kro.run"),
    "its revision": member(REVISIONS, None, "hostile-r00001"),
    "an instance of it": path_of(OTHERS),
}
LABEL = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
WRITES = st.sampled_from(sorted(TEXTS)).flatmap(
    lambda name: st.tuples(st.sampled_from(sorted(WRITABLE)), st.just(name), texts(TEXTS[name], keys=KEYS))
)


def write(name: str, text: str) -> dict[str, Any]:
    """A patch that sets an annotation and, where the API server takes it, the label of that name."""
    return {"metadata": {"annotations": {name: text}} | ({"labels": {name: text}} if LABEL.fullmatch(text) else {})}


async def served(host: Host) -> None:
    """The neighbour's child comes back, and a new neighbour is served."""
    client = host.client()
    await delete(client, CONFIG)
    while await read(client, CONFIG) is None:
        await asyncio.sleep(0.01)
    fresh = {**INSTANCE, "metadata": {"name": "fresh", "namespace": "default"}}
    await apply(client, fresh)
    while not ready(await read(client, fresh)):
        await asyncio.sleep(0.01)
    await delete(client, fresh)
    while await read(client, fresh) is not None:
        await asyncio.sleep(0.01)


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WRITES, min_size=1, max_size=8))
@example([(where, name, text) for where in WRITABLE for name, text in WORST if where != "its revision"])
@example(
    [
        ("its revision", names.COMPILED, "H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA=="),
        ("its CRD", names.ACTIVE_REVISION, "7"),
        ("another definition", names.WAITS_FOR, '{"crds": ["things.kro.run"]}'),
    ]
)
def test_neighbours_are_served_whatever_others_write(writes: list[tuple[str, str, str]]) -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        for each in (THING, HOSTILE, INSTANCE, MINE, OTHERS):
            await apply(client, each)
            await host.quiet(0.02)
        for where, name, text in writes:
            answer = await client.send(Request("PATCH", WRITABLE[where], {"fieldManager": "test"}, write(name, text), MERGE_PATCH))
            assert answer.ok or answer.status in (404, 422), answer.message
        await served(host)
        await restart(host)
        await served(host)
        assert host.inlet is not None
        assert not any(task.done() for task in host.inlet.bridge.tasks)
        assert host.inlet.bridge.queue.counts["bridge_errors"] == 0
        told = [line for line in host.lines if "unexpected" in line or "run failed" in line]
        assert not told, told[0]

    play(scene, resync_period=3600.0)
