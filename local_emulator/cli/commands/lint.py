"""``krofn lint``: what compiles and still hurts its users later."""

from __future__ import annotations

import click

from local_emulator.cli.console import Refusal, output_option, print_json
from local_emulator.cli.definitions import Sources, source_options, verdicts
from local_emulator.cli.reports import as_json, show


@click.command("lint")
@source_options
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@output_option
def command(sources: Sources, strict: bool, output: str) -> None:
    """Show faults and warnings: volatile names, optional fields read as if they were there, names that can grow too long and the like.

    Exits with 1 if a definition is refused; with --strict also if there are warnings.
    """
    found = verdicts(sources)
    if output == "json":
        print_json({"definitions": [as_json(verdict) for verdict in found]})
    else:
        for verdict in found:
            show(verdict)
    refused = sum(1 for verdict in found if verdict.graph is None)
    warned = sum(len(verdict.problems) for verdict in found if verdict.graph is not None)
    if refused:
        raise Refusal(f"{refused} of {len(found)} definitions refused" if len(found) > 1 else "the definition is refused")
    if strict and warned:
        raise Refusal("1 warning" if warned == 1 else f"{warned} warnings")
