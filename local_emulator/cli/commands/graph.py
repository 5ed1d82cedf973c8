"""``krofn graph``: a picture of a definition."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from graphcore.graph import render_all
from local_emulator.cli.console import Misuse, Refusal, escape, talk
from local_emulator.cli.definitions import Sources, source_options, verdicts
from local_emulator.cli.pictures import Picture, dot, html, mermaid, picture_of, svg, tree

FORMS: Mapping[str, Callable[[Picture], str]] = {"tree": tree, "mermaid": mermaid, "dot": dot, "svg": svg, "html": html}


@click.command("graph")
@source_options
@click.option("-o", "--output", "form", type=click.Choice(list(FORMS)), default="tree", show_default=True, help="Form of the picture.")
@click.option("--name", metavar="NAME", help="Which definition, if the files have several.")
@click.option("--to", "target", metavar="FILE", help="Write it there instead of stdout.")
def command(sources: Sources, form: str, name: str | None, target: str | None) -> None:
    """Draw a definition: its nodes, what they need, their conditions and loops."""
    found = []
    for verdict in verdicts(sources):
        if not verdict.name and verdict.graph is None and len(verdict.problems) == 1:
            talk(escape(verdict.problems[0].message))
        elif name in (None, verdict.name):
            found.append(verdict)
    if not found:
        raise Misuse(f"no definition is called {name}")
    if len(found) > 1:
        raise Misuse(f"several definitions, choose one with --name: {', '.join(verdict.name for verdict in found)}")
    graph = found[0].graph
    if graph is None:
        raise Refusal(render_all(found[0].problems))
    picture = FORMS[form](picture_of(graph))
    if target is None:
        sys.stdout.write(picture)
        return
    try:
        Path(target).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"{target}: {error.strerror or error}") from None
    talk(f"written to {target}")
