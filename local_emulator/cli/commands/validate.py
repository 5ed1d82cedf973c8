"""``krofn validate``: the whole compile of definitions, offline against the built-in kinds or against what a cluster serves."""

from __future__ import annotations

import click

from local_emulator.cli.console import Refusal, output_option, print_json
from local_emulator.cli.definitions import Sources, source_options, verdicts
from local_emulator.cli.reports import as_json, show


@click.command("validate")
@source_options
@output_option
def command(sources: Sources, output: str) -> None:
    """Check definitions completely: schema, expressions, types, dependencies, and the CRD that would be generated.

    Reports every fault at once and exits with 1 if there is any. Definitions may use the kinds of other definitions in the same files.
    """
    found = verdicts(sources)
    if output == "json":
        print_json({"definitions": [as_json(verdict) for verdict in found]})
    else:
        for verdict in found:
            show(verdict)
    refused = sum(1 for verdict in found if verdict.graph is None)
    if refused:
        raise Refusal(f"{refused} of {len(found)} definitions refused" if len(found) > 1 else "the definition is refused")
