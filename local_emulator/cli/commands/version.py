"""``krofn version``."""

from __future__ import annotations

import platform

import click

from functions.platform.settings import version
from local_emulator.cli.console import output_option, print_json, stdout


@click.command("version")
@output_option
def command(output: str) -> None:
    """Print the version of krofn and of Python."""
    if output == "json":
        print_json({"krofn": version(), "python": platform.python_version()})
    else:
        stdout().print(f"krofn {version()} (Python {platform.python_version()})")
