"""The picture as SVG, readable on light and dark pages."""

from __future__ import annotations

from html import escape

from local_emulator.cli.pictures.layout import Box, lay_out
from local_emulator.cli.pictures.model import Picture, Shape

_STYLE = """
text{font:600 13px ui-sans-serif,system-ui,sans-serif;fill:#1f2937}
text.kind{font-weight:400;font-size:11.5px;fill:#6b7280}
text.mark{font-weight:500;font-size:10px;fill:#7c3aed}
rect{fill:#fff;stroke:#94a3b8;stroke-width:1.3}
.schema rect{fill:#eef2ff;stroke:#6366f1}
.external rect{fill:#f8fafc;stroke-dasharray:5 4}
.collection rect.back{fill:#f1f5f9}
.conditional rect{stroke:#d97706}
path.edge{fill:none;stroke:#94a3b8;stroke-width:1.4}
"""
_ARROW = """<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#94a3b8"/></marker></defs>"""


def svg(picture: Picture, *, standalone: bool = True) -> str:
    """A complete SVG document, or with ``standalone`` off an element to put into a page. The arrow heads are defined inside."""
    layout = lay_out(picture)
    size = f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" width="{layout.width:.0f}" height="{layout.height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Graph of {escape(picture.name)}">',
        f"<style>{_STYLE}</style>",
        _ARROW,
    ]
    if standalone:
        parts.append(f'<rect width="{layout.width:.0f}" height="{layout.height:.0f}" style="fill:#fff;stroke:none"/>')
    for dependent, dependency in picture.edges:
        lane = layout.lanes.get((dependency, dependent), ())
        parts.append(
            _edge(
                layout.boxes[dependency], layout.boxes[dependent], lane, f'data-from="{escape(dependency)}" data-to="{escape(dependent)}"'
            )
        )
    parts.extend(_shape(shape, layout.boxes[shape.id]) for shape in picture.shapes)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _edge(start: Box, end: Box, lane: tuple[tuple[float, float], ...], attributes: str) -> str:
    """A curve through the points of its lane."""
    x, y = start.x + start.width, start.y + start.height / 2
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in (*lane, (end.x - 2, end.y + end.height / 2)):
        bend = max(18.0, (to_x - x) / 2)
        path += f" C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return f'<path class="edge" {attributes} marker-end="url(#arrow)" d="{path}"/>'


def _shape(shape: Shape, box: Box) -> str:
    classes = " ".join(["node", *(("schema",) if shape.type is None else shape.marks)])
    parts = [f'<g class="{classes}" data-id="{escape(shape.id)}" tabindex="0">']
    if "collection" in shape.marks:
        parts.append(f'<rect class="back" x="{box.x + 5:.1f}" y="{box.y + 5:.1f}" width="{box.width:.1f}" height="{box.height}" rx="9"/>')
    parts.append(f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height}" rx="9"/>')
    parts.append(f'<text x="{box.x + 14:.1f}" y="{box.y + 22:.1f}">{escape(shape.title)}</text>')
    parts.append(f'<text class="kind" x="{box.x + 14:.1f}" y="{box.y + 40:.1f}">{escape(shape.kind)}</text>')
    if shape.marks:
        parts.append(
            f'<text class="mark" text-anchor="end" x="{box.x + box.width - 10:.1f}" y="{box.y + 13:.1f}">'
            f"{escape(' · '.join(shape.marks))}</text>"
        )
    return "".join([*parts, "</g>"])
