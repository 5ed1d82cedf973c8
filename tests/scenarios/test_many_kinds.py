"""More kinds than a pool of connections holds: each has its watch, and everything else goes on beside them.

``KROFN_TEST_KINDS`` sets how many; the figures on the page of limits were taken with 300.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map
from tests.support.client import Object

KINDS = int(os.environ.get("KROFN_TEST_KINDS", "130"))
WITHIN = 60.0 * max(1, KINDS / 130)
FEW = KINDS // 2
"""More connections than a bridge has that follows nothing of anybody: three watches, idle ones of requests and deliveries, its own port."""


def sockets(pid: int) -> int:
    """Connections that a process holds."""
    found = 0
    for item in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += item.readlink().name.startswith("socket:")
        except OSError:
            continue
    return found


def memory(pid: int) -> int:
    """Resident megabytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def until(holds: Callable[[], bool], what: str) -> float:
    """Seconds until ``holds``."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < WITHIN, f"not {what} within {WITHIN:g} s"
        time.sleep(0.2)
    return time.monotonic() - started


def test_every_one_of_many_kinds_is_served_followed_and_let_go(world: World) -> None:
    client, kinds = world.client, [f"Many{number}" for number in range(KINDS)]
    node = config_map("note", "${schema.metadata.name}", {"v": "${schema.spec.v}"})
    definitions = [world.rgd(kind, spec={"v": "string | default=x"}, resources=[node]) for kind in kinds]
    instances = [world.instance(rgd, rgd["spec"]["schema"]["kind"].lower()) for rgd in definitions]
    world.backend.grant(world.group, definitions[0])
    world.cleanup += [*definitions, *instances]
    bridge = world.functions.pid("bridge")
    assert bridge is not None
    figures: dict[str, str] = {"bridge at rest": f"{memory(bridge)} MB"}

    def of_ours(state: str) -> int:
        found = client.list("kro.run/v1alpha1", "ResourceGraphDefinition")
        mine = {rgd["metadata"]["name"] for rgd in definitions}
        return sum(each["metadata"]["name"] in mine and (each.get("status") or {}).get("state") == state for each in found)

    def note(each: Object) -> Object | None:
        return client.refresh({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": each["metadata"]["name"]}})

    def says(each: Object, value: str) -> bool:
        return ((note(each) or {}).get("data") or {}).get("v") == value

    started = time.monotonic()
    client.apply(*definitions)
    until(lambda: of_ours("Active") == KINDS, "all Active")
    figures["definitions applied until all Active"] = f"{time.monotonic() - started:.1f} s"

    started = time.monotonic()
    client.apply(*instances)
    until(lambda: all(says(each, "x") for each in instances), "all made")
    for each in instances:
        client.wait(each, lambda found: ((found or {}).get("status") or {}).get("state") == "ACTIVE", what="ACTIVE", timeout=WITHIN)
    figures["instances applied until all ACTIVE"] = f"{time.monotonic() - started:.1f} s"
    assert sockets(bridge) > KINDS
    figures["connections of the bridge"] = str(sockets(bridge))
    figures["bridge with all kinds"] = f"{memory(bridge)} MB"

    # A CRD whose schema changes ends the watches of its kind.
    started = time.monotonic()
    fields = {"v": "string | default=x", "w": "string | default=y"}
    edited = [{**rgd, "spec": {**rgd["spec"], "schema": {**rgd["spec"]["schema"], "spec": fields}}} for rgd in definitions]
    client.apply(*edited)
    for number, each in enumerate(instances):
        client.wait(
            each,
            lambda found: ((found or {}).get("spec") or {}).get("w") == "y",
            what=f"served with the new schema, as number {number}",
            timeout=WITHIN,
        )
    until(lambda: of_ours("Active") == KINDS, "all Active again")
    figures["schemas of all changed"] = f"{time.monotonic() - started:.1f} s"

    for each in (instances[0], instances[-1]):
        client.apply({**each, "spec": {"v": "edited"}})
        seconds = until(lambda each=each: says(each, "edited"), "edited")  # type: ignore[misc]
        figures[f"edit of {each['kind']}"] = f"{seconds:.1f} s"
        found = note(each)
        assert found is not None
        client.patch(found, {"data": {"v": "by hand"}})
        until(lambda each=each: says(each, "edited"), "repaired")  # type: ignore[misc]
        client.delete(found)
        seconds = until(lambda each=each: says(each, "edited"), "made again")  # type: ignore[misc]
        figures[f"child of {each['kind']} deleted"] = f"{seconds:.1f} s"

    started = time.monotonic()
    for each in definitions:
        client.delete(each)
    for each in instances:
        client.delete(each)
    until(lambda: not any(client.refresh(each) for each in (*definitions, *instances)), "all gone")
    until(lambda: sockets(bridge) < FEW, "let go")
    figures["all deleted and let go"] = f"{time.monotonic() - started:.1f} s"
    figures["connections left"] = str(sockets(bridge))

    # The CRDs are still there for a bridge that knows nothing.
    world.functions.kill("bridge")
    until(lambda: world.functions.pid("bridge") not in (None, bridge), "started again")
    client.apply(edited[0])
    client.wait_condition(edited[0], timeout=WITHIN)
    bridge = world.functions.pid("bridge")
    assert bridge is not None
    until(lambda: sockets(bridge) < FEW, "let go after a restart")
    # One definition stands for all: it takes the grant and the CRDs of the whole group along.
    world.cleanup[:] = [definitions[0]]
    print(f"\n{KINDS} kinds on {world.backend.name}:", *(f"  {name:40} {value}" for name, value in figures.items()), sep="\n")
