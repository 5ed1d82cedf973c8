"""Where the boxes go: columns by depth, rows by the middle of a box's neighbours. Deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from local_emulator.cli.pictures.model import Picture

BOX_HEIGHT = 52
LANE_HEIGHT = 8
ROW_GAP = 22
COLUMN_GAP = 70
MARGIN = 24
_CHARACTER = 7.4
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Box:
    """Position and size in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """boxes: by node id. lanes: for an edge (dependency, dependent) that passes columns, the points it goes through."""

    boxes: Mapping[str, Box]
    lanes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Left to right: what is needed stands left of what needs it; an edge that passes a column has a lane of its own in it."""
    needs: dict[str, list[str]] = {shape.id: [] for shape in picture.shapes}
    for dependent, dependency in picture.edges:
        needs[dependent].append(dependency)
    depth: dict[str, int] = {}
    for shape in picture.shapes:
        depth[shape.id] = max((depth[name] + 1 for name in needs[shape.id]), default=0 if shape.type is None else 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for shape in picture.shapes:
        columns[depth[shape.id]].append(shape.id)
    links: list[tuple[str, str]] = []
    passing: dict[tuple[str, str], list[str]] = {}
    for dependent, dependency in picture.edges:
        chain = [f"{dependency} {dependent} {column}" for column in range(depth[dependency] + 1, depth[dependent])]
        for column, name in enumerate(chain, depth[dependency] + 1):
            columns[column].append(name)
        links.extend(pairwise([dependency, *chain, dependent]))
        passing[dependency, dependent] = chain
    _untangle(columns, links)
    boxes, width, height = _place(columns, {shape.id: 28 + _CHARACTER * max(len(shape.title), len(shape.kind)) for shape in picture.shapes})
    lanes = {
        edge: tuple((boxes[name].x, boxes[name].y + boxes[name].height / 2) for name in chain) for edge, chain in passing.items() if chain
    }
    return Layout({shape.id: boxes[shape.id] for shape in picture.shapes}, lanes, width, height)


def _place(columns: list[list[str]], widths: Mapping[str, float]) -> tuple[dict[str, Box], float, float]:
    def tall(name: str) -> float:
        return BOX_HEIGHT if name in widths else LANE_HEIGHT

    used = [sum(tall(name) for name in column) + ROW_GAP * max(0, len(column) - 1) for column in columns]
    height = 2 * MARGIN + max(used, default=0.0)
    boxes: dict[str, Box] = {}
    x: float = MARGIN
    for column, total in zip(columns, used, strict=True):
        width = max((widths.get(name, 0.0) for name in column), default=0.0)
        y = (height - total) / 2
        for name in column:
            boxes[name] = Box(x, y, width, tall(name))
            y += tall(name) + ROW_GAP
        x += width + COLUMN_GAP if column else 0.0
    return boxes, x - COLUMN_GAP + MARGIN, height


def _untangle(columns: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Sorts each column by the mean row of its neighbours, forth and back, which keeps crossings few."""
    neighbours: dict[str, list[str]] = {name: [] for column in columns for name in column}
    for one, other in links:
        neighbours[one].append(other)
        neighbours[other].append(one)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            row = {name: index / max(1, len(each) - 1) for each in columns for index, name in enumerate(each)}
            means = {name: sum(row[n] for n in near) / len(near) if (near := neighbours[name]) else row[name] for name in column}
            column.sort(key=lambda name, means=means: (means[name], name))  # type: ignore[misc]
