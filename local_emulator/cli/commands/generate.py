"""``krofn generate``: what definitions make of themselves: their CRDs, instances to start from, a schema for editors.

Definitions are compiled completely first. If one is refused, the report goes to stderr, nothing to stdout, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import yaml

from graphcore.graph import render
from local_emulator.cli.console import Misuse, Refusal, escape, talk
from local_emulator.cli.definitions import Sources, source_options, verdicts
from local_emulator.cli.editor_schema import editor_schema
from local_emulator.cli.skeleton import skeleton

_F = TypeVar("_F", bound=Callable[..., Any])


def _format(default: str) -> Callable[[_F], _F]:
    choice = click.Choice(["yaml", "json"])
    return click.option("-o", "--output", type=choice, default=default, show_default=True, help="Form of the result on stdout.")


@click.group("generate")
def command() -> None:
    """Print what definitions generate: CRDs, instances, or a JSON Schema."""


@command.command("crd")
@source_options
@_format("yaml")
def crd_command(sources: Sources, output: str) -> None:
    """The CustomResourceDefinitions that serve the definitions' instances."""
    _write(compiled_crds(sources), output)


@command.command("instance")
@source_options
@_format("yaml")
def instance_command(sources: Sources, output: str) -> None:
    """Instances to start from: every field with its default and constraints (JSON has no comments)."""
    texts = [skeleton(crd) for crd in compiled_crds(sources)]
    if output == "json":
        _write([yaml.safe_load(text) for text in texts], "json")
    else:
        sys.stdout.write("---\n".join(texts))


@command.command("schema")
@source_options
@click.option("--name", metavar="NAME", help="Which definition, if the files have several.")
@_format("json")
def schema_command(sources: Sources, name: str | None, output: str) -> None:
    """A JSON Schema of one definition's instances, for editors."""
    crds = compiled_crds(sources, name)
    if not crds:
        raise Misuse(f"no definition is called {name}")
    if len(crds) > 1:
        raise Misuse("more than one definition, and a JSON Schema describes the instances of one: choose it with --name")
    _write([editor_schema(crds[0])], output)


def compiled_crds(sources: Sources, name: str | None = None) -> list[Mapping[str, Any]]:
    """The CRDs of all definitions in the files, in order, or of those with a name.

    Raises Refusal, after the report on stderr, if one is refused.
    """
    found: list[Mapping[str, Any]] = []
    refused = 0
    for verdict in verdicts(sources):
        if name not in (None, verdict.name):
            continue
        if verdict.graph is not None and verdict.graph.crd is not None:
            found.append(verdict.graph.crd)
            continue
        refused += 1
        talk(f"[bold]{escape(verdict.name or verdict.file)}[/]")
        for problem in verdict.problems:
            if problem.severity == "error":
                talk(f"  {escape(render(problem))}")
    if refused:
        raise Refusal("the definition is refused" if refused == 1 else f"{refused} definitions are refused")
    return found


def _write(values: Sequence[Any], output: str) -> None:
    """One value as it is; several as YAML documents or a JSON list object."""
    if output == "json":
        value = values[0] if len(values) == 1 else {"apiVersion": "v1", "kind": "List", "items": list(values)}
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump_all(values, sort_keys=False, allow_unicode=True, width=1 << 20))
