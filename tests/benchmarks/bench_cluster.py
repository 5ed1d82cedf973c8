"""Time from applying an instance to Ready on a real kube-apiserver: the web app and a chain of ten ConfigMaps.

``python -m tests.benchmarks.bench_cluster`` prints medians, the requests of the functions per instance, and a bare server-side apply of a
ConfigMap in the same run, because the machine decides the absolute numbers.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.build import ToolsUnavailable
from tests.scenarios.conftest import World
from tests.scenarios.test_main_job import Kubelet, chain_of_ten, web_app
from tests.support.backends import Backend, FunctionProcesses, start_backend
from tests.support.client import Client, Object

ROUNDS = 9


def main() -> int:
    try:
        with (
            tempfile.TemporaryDirectory() as directory,
            start_backend("real", Path(directory)) as backend,
            FunctionProcesses(backend) as functions,
        ):
            _measure(backend, functions)
    except ToolsUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _measure(backend: Backend, functions: FunctionProcesses) -> None:
    client = backend.admin("bench")
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}})
    world = World(backend, functions, client, "bench", "bench")
    single = median(lambda number: lambda: client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"bare-{number}"}}))
    print(f"{'one bare server-side apply':<32}{single:8.1f} ms")
    with Kubelet(world, pause=0.01):
        for name, make in (("web app (3 children, waiting)", web_app), ("chain of ten ConfigMaps", chain_of_ten)):
            rgd, instance = make(world)
            world.install(rgd)
            since = world.accounting.mark()
            took = median(
                lambda number, instance=instance: _ready(client, {**instance, "metadata": {**instance["metadata"], "name": f"b{number}"}})
            )
            time.sleep(1)
            counts = world.accounting.counts(since, agent="krofn-instance")
            print(
                f"{name:<32}{took:8.1f} ms  {took / single:6.1f} bare applies  {counts['all'] / ROUNDS:5.1f} requests, {counts['writes'] / ROUNDS:4.1f} writes each"
            )


def _ready(client: Client, instance: Object) -> Callable[[], object]:
    def action() -> object:
        client.apply(instance)
        return client.wait_condition(instance, timeout=30)

    return action


def median(make: Callable[[int], Callable[[], object]]) -> float:
    """Milliseconds."""
    times = []
    for number in range(ROUNDS):
        action = make(number)
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
