"""Where the boxes go: columns by depth, rows by the middle of a box's neighbours. Deterministic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_emulator.pictures.model import Picture

BOX_HEIGHT = 52
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
    """boxes: by node id. width, height: of the whole picture."""

    boxes: Mapping[str, Box]
    width: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Left to right: what is needed stands left of what needs it."""
    needs: dict[str, list[str]] = {shape.id: [] for shape in picture.shapes}
    for dependent, dependency in picture.edges:
        needs[dependent].append(dependency)
    depth: dict[str, int] = {}
    for shape in picture.shapes:
        depth[shape.id] = max((depth[name] + 1 for name in needs[shape.id]), default=0 if shape.type is None else 1)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for shape in picture.shapes:
        columns[depth[shape.id]].append(shape.id)
    _untangle(columns, picture)
    widths = {shape.id: 28 + _CHARACTER * max(len(shape.title), len(shape.kind)) for shape in picture.shapes}
    tallest = max((len(column) for column in columns), default=1)
    height = 2 * MARGIN + tallest * BOX_HEIGHT + (tallest - 1) * ROW_GAP
    boxes: dict[str, Box] = {}
    x: float = MARGIN
    for column in columns:
        if not column:
            continue
        width = max(widths[name] for name in column)
        used = len(column) * BOX_HEIGHT + (len(column) - 1) * ROW_GAP
        y = (height - used) / 2
        for name in column:
            boxes[name] = Box(x, y, width, BOX_HEIGHT)
            y += BOX_HEIGHT + ROW_GAP
        x += width + COLUMN_GAP
    return Layout(boxes, x - COLUMN_GAP + MARGIN, height)


def _untangle(columns: list[list[str]], picture: Picture) -> None:
    """Sorts each column by the mean row of its neighbours, forth and back, which keeps crossings few."""
    neighbours: dict[str, list[str]] = {shape.id: [] for shape in picture.shapes}
    for dependent, dependency in picture.edges:
        neighbours[dependent].append(dependency)
        neighbours[dependency].append(dependent)
    for sweep in range(_SWEEPS):
        order = columns if sweep % 2 == 0 else columns[::-1]
        for column in order:
            row = {name: index / max(1, len(each) - 1) for each in columns for index, name in enumerate(each)}
            means = {
                name: sum(row[n] for n in neighbours[name]) / len(neighbours[name]) if neighbours[name] else row[name] for name in column
            }
            column.sort(key=lambda name: (means[name], name))
