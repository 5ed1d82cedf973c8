"""The ``krofn`` command line.

Data goes to stdout, talk to stderr. Exit codes: 0 done; 1 refused or failed (a faulty definition, an API that does not answer); 2 wrong
usage (an option, a missing file, a file that is no YAML). Nobody ever sees a traceback for something that they did.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

import click

from graphcore.errors.suggestions import did_you_mean
from local_emulator.cli.console import Misuse, talk

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("local_emulator.cli.commands.demo", "Watch a web app converge on a local API, from definition to deletion of a child."),
    "up": ("local_emulator.cli.commands.up", "Run a local Kubernetes API with the functions beside it."),
    "run": ("local_emulator.cli.commands.run", "Run bridge and functions against any cluster."),
    "validate": ("local_emulator.cli.commands.validate", "Check definitions completely, without a cluster or against one."),
    "lint": ("local_emulator.cli.commands.lint", "Show what compiles and still hurts its users later."),
    "graph": ("local_emulator.cli.commands.graph", "Draw a definition: tree, Mermaid, DOT, SVG or HTML."),
    "generate": ("local_emulator.cli.commands.generate", "Print what definitions generate: CRDs, instances, a JSON Schema."),
    "version": ("local_emulator.cli.commands.version", "Print the version."),
}
"""Command → (module, one-line help).

The module has an attribute ``command``; it is imported when its command is asked for, because some are heavy.
"""


class _Table(click.Group):
    """Looks commands up in :data:`COMMANDS`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name][0]).command
        return command

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            if Path(name).exists():
                raise Misuse(f"{name} is a file, not a command: krofn validate -f {name}")
            near = did_you_mean(name, COMMANDS, f"there are {', '.join(COMMANDS)}")
            raise Misuse(f"no such command {name}; {near}")
        return super().resolve_command(context, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.group(cls=_Table, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
def group() -> None:
    """kro's ResourceGraphDefinitions, served by stateless, event-driven functions."""


def main() -> None:
    """Console script."""
    try:
        group(prog_name="krofn")
    except BrokenPipeError:
        # Whoever read our output has seen enough (krofn … | head).
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        talk("interrupted")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
