"""Pictures made of characters: a tree for the terminal, Mermaid and DOT for other tools."""

from __future__ import annotations

from local_emulator.cli.pictures.model import Picture, Shape


def tree(picture: Picture) -> str:
    """Nodes in the order in which they are created, each with what it waits for."""
    needs: dict[str, list[str]] = {}
    for dependent, dependency in picture.edges:
        if dependency != "schema":
            needs.setdefault(dependent, []).append(dependency)
    root, *nodes = picture.shapes
    lines = [f"{root.title}  {root.kind}"]
    for index, shape in enumerate(nodes):
        last = index == len(nodes) - 1
        marks = f"  [{', '.join(shape.marks)}]" if shape.marks else ""
        lines.append(f"{'└─' if last else '├─'} {shape.title}  {shape.kind}{marks}")
        stem = "   " if last else "│  "
        if shape.id in needs:
            lines.append(f"{stem}   after {', '.join(needs[shape.id])}")
        for label, texts in shape.details:
            if label != "fields":
                lines.extend(f"{stem}   {label} {' '.join(text.split())}" for text in texts)
    return "\n".join(lines) + "\n"


def mermaid(picture: Picture) -> str:
    """A flowchart; arrows point from what is needed to what needs it."""
    lines = ["flowchart LR"]
    for shape in picture.shapes:
        left, right = (
            ("([", "])")
            if shape.type is None
            else ("[[", "]]")
            if "collection" in shape.marks
            else ("[/", "/]")
            if "external" in shape.marks
            else ("[", "]")
        )
        lines.append(f'  {_safe(shape.id)}{left}"{_escape(shape.title)}<br/>{_escape(shape.kind)}"{right}')
    lines.extend(f"  {_safe(dependency)} --> {_safe(dependent)}" for dependent, dependency in picture.edges)
    return "\n".join(lines) + "\n"


def _safe(name: str) -> str:
    """Mermaid takes ``end`` and the like as words of its own."""
    return f"n_{name}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def dot(picture: Picture) -> str:
    """A digraph for Graphviz."""
    lines = [f'digraph "{_quote(picture.name)}" {{', "  rankdir=LR;", '  node [shape=box, style="rounded", fontname="sans-serif"];']
    lines.extend(f'  "{shape.id}" [label="{_quote(shape.title)}\\n{_quote(shape.kind)}"{_style(shape)}];' for shape in picture.shapes)
    lines.extend(f'  "{dependency}" -> "{dependent}";' for dependent, dependency in picture.edges)
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _style(shape: Shape) -> str:
    if shape.type is None:
        return ", shape=ellipse"
    if "external" in shape.marks:
        return ', style="rounded,dashed"'
    return ", peripheries=2" if "collection" in shape.marks else ""
