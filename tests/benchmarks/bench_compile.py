"""How long compiling a definition takes: kro's three bench shapes, and a graph that grows.

``python -m tests.benchmarks.bench_compile`` prints medians of CPU time, cold (against schemas) and warm (from stored facts), and the blocks
allocated. kro's own figures on a machine with two cores: Pod+ConfigMap 1.1 ms, 20 Pods 6.9 ms, forEach collection 0.83 ms.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable

from graphcore.graph import compile_graph, graph_from_facts
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object, config_map, definition, resource

ROUNDS = 15


def pod(id: str, name: str, config: str) -> Object:
    container = {"name": "main", "image": "${schema.spec.image}", "env": [{"name": "KEY", "value": config}]}
    return resource(
        id,
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}},
        readyWhen=[f"${{{id}.status.phase == 'Running'}}"],
    )


def pod_and_config() -> Object:
    return definition(
        config_map("config", "${schema.metadata.name}", {"key": "${schema.spec.image}"}),
        pod("pod", "${schema.metadata.name}", "${config.data.key}"),
        spec={"image": "string | default=nginx"},
        status={"phase": "${pod.status.phase}"},
    )


def pods(count: int) -> Object:
    items = [pod(f"pod{n}", f"${{schema.metadata.name}}-{n}", f"${{pod{n - 1}.metadata.name}}" if n else "first") for n in range(count)]
    return definition(*items, spec={"image": "string | default=nginx"}, status={"last": f"${{pod{count - 1}.status.phase}}"})


def collection() -> Object:
    return definition(
        config_map("value", "${schema.metadata.name}-${x}", {"value": "${x}"}, forEach=[{"x": "${schema.spec.values}"}]),
        spec={"values": "[]string"},
        status={"names": "${value.map(i, i.metadata.name)}"},
    )


SHAPES: dict[str, tuple[Callable[[], Object], float | None]] = {
    "Pod and ConfigMap": (pod_and_config, 1.1),
    "20 Pods": (lambda: pods(20), 6.9),
    "forEach collection": (collection, 0.83),
    "50 Pods": (lambda: pods(50), None),
    "200 Pods": (lambda: pods(200), None),
}


def median(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds of CPU time."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        action()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def allocations(action: Callable[[], object]) -> int:
    """Blocks still held at the peak, roughly the objects a compile makes."""
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    kept = action()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    del kept
    return sum(item.count_diff for item in after.compare_to(before, "filename"))


def main() -> None:
    print(f"{'definition':<20}{'cold ms':>10}{'kro ms':>9}{'ratio':>8}{'warm ms':>10}{'blocks':>10}")
    for name, (make, kro) in SHAPES.items():
        rgd = make()
        schemas = offline_schemas()
        graph = compile_graph(rgd, schemas)
        facts = graph.facts()
        rounds = ROUNDS if len(graph.nodes) < 100 else 5
        cold = median(lambda rgd=rgd, schemas=schemas: compile_graph(rgd, schemas), rounds)
        warm = median(lambda rgd=rgd, facts=facts: graph_from_facts("thing", rgd["spec"], facts), rounds)
        blocks = allocations(lambda rgd=rgd, schemas=schemas: compile_graph(rgd, schemas))
        print(f"{name:<20}{cold:>10.2f}{kro or 0:>9.2f}{cold / kro if kro else 0:>8.1f}{warm:>10.2f}{blocks:>10}")


if __name__ == "__main__":
    main()
