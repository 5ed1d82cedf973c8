"""Definitions in files, and the kinds they are compiled against: what ``validate``, ``lint``, ``graph`` and ``generate`` have in common."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from functions.platform.settings import SettingsError, load
from graphcore.errors import Problem, ProblemsError
from graphcore.graph import Graph, compile_graph, group_versions
from graphcore.names import CRD_KIND, RGD_KIND
from graphcore.openapi import Schemas
from local_emulator.console import Misuse, Refusal, read_documents
from local_emulator.offline import offline_schemas

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a definition in a file is worth. graph: None when it is refused."""

    file: str
    name: str
    graph: Graph | None
    problems: tuple[Problem, ...]


def source_options(function: _F) -> _F:
    """``-f``, ``--crds``, ``--live``, ``--kubeconfig``, ``--context``: where definitions and kinds come from."""
    for option in (
        click.option("--context", metavar="NAME", help="Context of the kubeconfig; implies --live."),
        click.option("--kubeconfig", metavar="FILE", help="Kubeconfig of that cluster; implies --live."),
        click.option("--live", is_flag=True, help="Use the kinds that the cluster of the kubeconfig serves."),
        click.option("--crds", metavar="DIR", help="Directory of CustomResourceDefinitions that the definitions use."),
        click.option(
            "-f",
            "--filename",
            "files",
            metavar="FILE",
            multiple=True,
            required=True,
            help="YAML or JSON with definitions; - is stdin. Repeatable.",
        ),
    ):
        function = option(function)
    return function


def verdicts(files: Sequence[str], crds: str | None, live: bool, kubeconfig: str | None, context: str | None) -> list[Verdict]:
    """A verdict per definition in the files. Raises Misuse and Refusal, with one line."""
    found = [(file, document) for file in files for document in read_documents(file)]
    definitions = [(file, item) for file, item in found if item.get("kind") == RGD_KIND]
    if not definitions:
        raise Misuse(f"{', '.join(files)}: no {RGD_KIND} in it")
    custom = [item for _, item in found if item.get("kind") == CRD_KIND] + (_crds_in(crds) if crds else [])
    if live or kubeconfig or context:
        wanted = sorted({version for _, item in definitions for version in group_versions(item.get("spec") or {})})
        schemas = asyncio.run(_live_schemas(kubeconfig, context, tuple(wanted)))
    else:
        schemas = offline_schemas()
    for crd in custom:
        schemas = _with_crd(schemas, crd)
    return judge(definitions, schemas)


def judge(definitions: Sequence[tuple[str, Mapping[str, Any]]], schemas: Schemas) -> list[Verdict]:
    """A verdict per definition, in the order given. A refused one is judged again when another has brought a kind.

    Limits and feature gates are the functions' own, from the same environment variables. Raises Misuse when one of them is malformed.
    """
    try:
        limits = load(os.environ).limits
    except SettingsError as error:
        raise Misuse(str(error)) from None
    verdicts: dict[int, Verdict] = {}
    pending = list(range(len(definitions)))
    while pending:
        brought = False
        for index in pending:
            file, definition = definitions[index]
            name = str((definition.get("metadata") or {}).get("name") or "")
            try:
                graph = compile_graph(definition, schemas, limits)
            except ProblemsError as error:
                verdicts[index] = Verdict(file, name, None, error.problems)
                continue
            verdicts[index] = Verdict(file, name, graph, graph.warnings)
            if graph.crd is not None:
                schemas, brought = schemas.with_crd(graph.crd), True
        pending = [index for index in pending if verdicts[index].graph is None] if brought else []
    return [verdicts[index] for index in range(len(definitions))]


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
