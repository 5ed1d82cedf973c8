"""Orders of the graph: topological order, deletion waves, and the cycle when there is none.

All of them are stable: ties are broken by the position in ``spec.resources``.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence


def topological_order(dependencies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Dependencies before dependents; of those that are free, the one declared first. ``dependencies``: acyclic, in declaration order."""
    position = {name: index for index, name in enumerate(dependencies)}
    waiting = {name: len(set(needs)) for name, needs in dependencies.items()}
    dependents = _dependents(dependencies)
    names = list(dependencies)
    free = [position[name] for name in names if not waiting[name]]
    heapq.heapify(free)
    order = []
    while free:
        name = names[heapq.heappop(free)]
        order.append(name)
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heapq.heappush(free, position[dependent])
    return tuple(order)


def deletion_waves(dependencies: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Node → value of ``internal.kro.run/apply-order``: nodes nobody depends on have the highest number and are deleted first."""
    dependents = _dependents(dependencies)
    layer: dict[str, int] = {}
    for name in reversed(topological_order(dependencies)):
        layer[name] = 1 + max((layer[dependent] for dependent in dependents[name]), default=-1)
    deepest = max(layer.values(), default=-1) + 1
    return {name: deepest - layer[name] for name in dependencies}


def find_cycle(dependencies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A cycle beginning and ending with its first declared member, or nothing. Iterative: definitions may be long chains."""
    done: set[str] = set()
    for start in dependencies:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                path.pop()
                on_path.discard(name)
                done.add(name)
            elif name in on_path:
                return _rotate(path[path.index(name) :], list(dependencies))
            elif name not in done and name in dependencies:
                path.append(name)
                on_path.add(name)
                stack.append((name, True))
                stack.extend((needed, False) for needed in reversed(dependencies[name]))
    return ()


def _rotate(cycle: list[str], declared: list[str]) -> tuple[str, ...]:
    first = min(range(len(cycle)), key=lambda index: declared.index(cycle[index]))
    turned = cycle[first:] + cycle[:first]
    return (*turned, turned[0])


def _dependents(dependencies: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    dependents: dict[str, list[str]] = {name: [] for name in dependencies}
    for name, needs in dependencies.items():
        for needed in dict.fromkeys(needs):
            dependents[needed].append(name)
    return dependents
