"""``krofn validate``: the whole compile of definitions, offline against the built-in kinds or against what a cluster serves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from functions.platform.graphs import group_versions
from graphcore.errors import Problem, ProblemsError
from graphcore.graph.compile import compile_graph
from graphcore.graph.graph import Graph
from graphcore.graph.model import Limits
from graphcore.graph.report import render
from graphcore.names import CRD_KIND, RGD_KIND
from graphcore.openapi import Schemas
from local_emulator.builtin import schemas as builtin
from local_emulator.console import Misuse, Refusal, escape, output_option, print_json, read_documents, stdout


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a definition in a file is worth. graph: None when it is refused."""

    file: str
    name: str
    graph: Graph | None
    problems: tuple[Problem, ...]


@click.command("validate")
@click.option(
    "-f", "--filename", "files", metavar="FILE", multiple=True, required=True, help="YAML or JSON with definitions; - is stdin. Repeatable."
)
@click.option("--crds", metavar="DIR", help="Directory of CustomResourceDefinitions that the definitions use.")
@click.option("--live", is_flag=True, help="Use the kinds that the cluster of the kubeconfig serves.")
@click.option("--kubeconfig", metavar="FILE", help="Kubeconfig of that cluster; implies --live.")
@click.option("--context", metavar="NAME", help="Context of the kubeconfig; implies --live.")
@output_option
def command(files: tuple[str, ...], crds: str | None, live: bool, kubeconfig: str | None, context: str | None, output: str) -> None:
    """Check definitions completely: schema, expressions, types, dependencies, and the CRD that would be generated.

    Reports every fault at once and exits with 1 if there is any. Definitions may use the kinds of other definitions in the same files.
    """
    found = [(file, document) for file in files for document in read_documents(file)]
    definitions = [(file, item) for file, item in found if item.get("kind") == RGD_KIND]
    if not definitions:
        raise Misuse(f"{', '.join(files)}: no {RGD_KIND} in it")
    custom = [item for _, item in found if item.get("kind") == CRD_KIND] + (_crds_in(crds) if crds else [])
    if live or kubeconfig or context:
        wanted = sorted({version for _, item in definitions for version in group_versions(item.get("spec") or {})})
        schemas = asyncio.run(_live_schemas(kubeconfig, context, tuple(wanted)))
    else:
        schemas = Schemas(_BuiltinDocuments())
    for crd in custom:
        schemas = _with_crd(schemas, crd)
    verdicts = judge(definitions, schemas)
    if output == "json":
        print_json({"definitions": [_json(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            _show(verdict)
    refused = sum(1 for verdict in verdicts if verdict.graph is None)
    if refused:
        raise Refusal(f"{refused} of {len(verdicts)} definitions refused" if len(verdicts) > 1 else "the definition is refused")


def judge(definitions: Sequence[tuple[str, Mapping[str, Any]]], schemas: Schemas) -> list[Verdict]:
    """A verdict per definition, in the order given. A refused one is judged again when another has brought a kind."""
    verdicts: dict[int, Verdict] = {}
    pending = list(range(len(definitions)))
    while pending:
        brought = False
        for index in pending:
            file, definition = definitions[index]
            name = str((definition.get("metadata") or {}).get("name") or "")
            try:
                graph = compile_graph(definition, schemas, Limits(omit=True))
            except ProblemsError as error:
                verdicts[index] = Verdict(file, name, None, error.problems)
                continue
            verdicts[index] = Verdict(file, name, graph, graph.warnings)
            if graph.crd is not None:
                schemas, brought = schemas.with_crd(graph.crd), True
        pending = [index for index in pending if verdicts[index].graph is None] if brought else []
    return [verdicts[index] for index in range(len(definitions))]


class _BuiltinDocuments(Mapping[str, Mapping[str, Any]]):
    """The embedded OpenAPI documents, each made when it is first asked for."""

    def __getitem__(self, group_version: str) -> Mapping[str, Any]:
        document = builtin.openapi_document(group_version)
        if document is None:
            raise KeyError(group_version)
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(builtin.group_versions())

    def __len__(self) -> int:
        return len(builtin.group_versions())


async def _live_schemas(kubeconfig: str | None, context: str | None, group_versions: tuple[str, ...]) -> Schemas:
    from functions.platform.cluster import ClusterError
    from functions.platform.schemas import ClusterSchemas
    from graphcore.converge.effects import Refused
    from local_emulator.install import connect

    cluster = await connect(kubeconfig, context)
    try:
        found = await ClusterSchemas(cluster).documents(group_versions)
    except ClusterError as error:
        raise Refusal(str(error)) from None
    finally:
        await cluster.close()
    if isinstance(found, Refused):
        raise Refusal(f"cannot read the OpenAPI documents: {found.message}")
    return found.schemas


def _crds_in(directory: str) -> list[dict[str, Any]]:
    path = Path(directory)
    if not path.is_dir():
        raise Misuse(f"{directory}: no such directory")
    files = sorted(item for item in path.rglob("*") if item.suffix in (".yaml", ".yml", ".json"))
    return [item for file in files for item in read_documents(str(file)) if item.get("kind") == CRD_KIND]


def _with_crd(schemas: Schemas, crd: Mapping[str, Any]) -> Schemas:
    try:
        return schemas.with_crd(crd)
    except (KeyError, TypeError, AttributeError):
        raise Misuse(f"{(crd.get('metadata') or {}).get('name', 'a CRD')}: not a complete CustomResourceDefinition") from None


def _show(verdict: Verdict) -> None:
    out = stdout()
    if verdict.graph is not None:
        kind = verdict.graph.instance
        order = " → ".join(verdict.graph.topological_order) or "no resources"
        out.print(f"[bold green]✓[/] [bold]{escape(verdict.name)}[/]  {kind.kind} ({kind.api_version})  {escape(order)}")
    else:
        count = len(verdict.problems)
        out.print(f"[bold red]✗[/] [bold]{escape(verdict.name or verdict.file)}[/]  {count} {'problem' if count == 1 else 'problems'}")
    for problem in verdict.problems:
        _show_problem(problem)


def _show_problem(problem: Problem) -> None:
    out = stdout()
    place = " · ".join(part for part in (problem.node and f"node {problem.node}", problem.path) if part)
    colour = "yellow" if problem.severity == "warning" else "red"
    out.print(f"  [{colour}]{problem.severity}[/] {escape(place or 'definition')}  [dim]{problem.code}[/]")
    out.print(f"    {escape(problem.message)}")
    if problem.expression:
        for number, line in enumerate(problem.expression.splitlines() or [""], 1):
            out.print(f"      [cyan]{escape(line)}[/]")
            if problem.line == number and problem.column is not None:
                out.print(f"      {' ' * problem.column}[{colour}]^[/]")
    if problem.hint:
        out.print(f"    [dim]hint:[/] {escape(problem.hint)}")


def _json(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "name": verdict.name,
        "valid": verdict.graph is not None,
        "message": "; ".join(render(problem) for problem in verdict.problems if problem.severity == "error"),
        "problems": [
            {
                key: getattr(problem, key)
                for key in ("severity", "code", "message", "node", "path", "expression", "line", "column", "hint")
                if getattr(problem, key) is not None
            }
            for problem in verdict.problems
        ],
    }
