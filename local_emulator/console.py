"""How the command line talks: results on stdout, everything else on stderr, colours only where a terminal wants them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml
from rich.console import Console

from local_emulator.yamltext import read_all

LARGEST_FILE = 16 * 1024 * 1024

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


def read_documents(path: str) -> list[dict[str, Any]]:
    """The YAML or JSON objects in a file (``-`` is stdin), in order, empty documents left out. Raises Misuse with one line."""
    try:
        if path == "-":
            text = sys.stdin.read(LARGEST_FILE + 1)
        else:
            file = Path(path)
            if file.is_file() and file.stat().st_size > LARGEST_FILE:
                raise Misuse(f"{path}: larger than {LARGEST_FILE} bytes")
            text = file.read_text(encoding="utf-8")
        documents = [document for document in read_all(text) if document is not None]
    except FileNotFoundError:
        raise Misuse(f"{path}: no such file") from None
    except IsADirectoryError:
        raise Misuse(f"{path}: is a directory") from None
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path}: not UTF-8 text") from None
    except RecursionError:
        raise Misuse(f"{path}: nested too deeply") from None
    except yaml.YAMLError as error:
        raise Misuse(f"{path}: {_yaml_fault(error)}") from None
    except ValueError as error:
        raise Misuse(f"{path}: {error}") from None
    for document in documents:
        if not isinstance(document, dict):
            raise Misuse(f"{path}: not a Kubernetes object but {_kind_of(document)}")
    return documents


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "cannot be read"
    return f"line {mark.line + 1}, column {mark.column + 1}: not YAML: {problem}" if mark else f"not YAML: {problem}"


def _kind_of(value: object) -> str:
    return {list: "a list", str: "text", int: "a number", float: "a number", bool: "a truth value"}.get(type(value), "something else")
