"""How the command line talks: results on stdout, everything else on stderr, colours only where a terminal wants them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import click
from rich.console import Console

_F = TypeVar("_F", bound=Callable[..., Any])


class Refusal(click.ClickException):
    """Done, and the answer is no; or something outside failed. One line, exit code 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - click's signature
        talk(f"[bold red]error[/]: {escape(self.message)}")


class Misuse(Refusal):
    """The command was given something that it cannot use. One line, exit code 2."""

    exit_code = 2


@cache
def stdout() -> Console:
    """For results."""
    return Console(highlight=False, soft_wrap=True)


@cache
def stderr() -> Console:
    """For talk."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def talk(text: str) -> None:
    """A line of rich markup on stderr."""
    stderr().print(text)


def escape(text: str) -> str:
    """Text that is not markup."""
    return text.replace("[", r"\[")


def output_option(function: _F) -> _F:
    """``-o text|json``."""
    option = click.option(
        "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the result on stdout."
    )
    return option(function)


def print_json(value: Any) -> None:
    """A JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
