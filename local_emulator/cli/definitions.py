"""Definitions in files, and the kinds they are compiled against: what ``validate``, ``lint``, ``graph`` and ``generate`` have in common."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from functions.platform.settings import SettingsError, load
from graphcore.errors import Problem, ProblemsError
from graphcore.errors.suggestions import closest
from graphcore.graph import Graph, compile_graph, group_versions
from graphcore.names import CRD_KIND, GROUP, RGD_KIND
from graphcore.openapi import Schemas
from local_emulator.cli.console import Misuse, Refusal, escape, talk
from local_emulator.cli.files import Document, Files, Stray
from local_emulator.cli.keys import key_warnings
from local_emulator.cli.offline import offline_schemas

_F = TypeVar("_F", bound=Callable[..., Any])
_UNKNOWN = frozenset({"unknown-kind", "unknown-group-version"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a definition in a file is worth. graph: None when it is refused. problems: its faults, then its warnings."""

    file: str
    name: str
    graph: Graph | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where definitions and the kinds that they use come from, as the options of a command name them."""

    files: tuple[str, ...]
    crds: tuple[str, ...] = ()
    live: bool = False
    kubeconfig: str | None = None
    context: str | None = None


def source_options(function: _F) -> _F:
    """``-f``, ``--crds``, ``--live``, ``--kubeconfig``, ``--context``; the command gets them as ``sources``."""

    @functools.wraps(function)
    def packed(
        *arguments: Any,
        files: tuple[str, ...],
        crds: tuple[str, ...],
        live: bool,
        kubeconfig: str | None,
        context: str | None,
        **others: Any,
    ) -> Any:
        return function(*arguments, sources=Sources(files, crds, live, kubeconfig, context), **others)

    command: Any = packed
    for option in (
        click.option("--context", metavar="NAME", help="Context of the kubeconfig; implies --live."),
        click.option("--kubeconfig", metavar="FILE", help="Kubeconfig of that cluster; implies --live."),
        click.option("--live", is_flag=True, help="Use the kinds that the cluster of the kubeconfig serves."),
        click.option(
            "--crds",
            metavar="PATH",
            multiple=True,
            help="CustomResourceDefinitions that the definitions use: a file, a directory, or - for stdin. Repeatable.",
        ),
        click.option(
            "-f",
            "--filename",
            "files",
            metavar="PATH",
            multiple=True,
            required=True,
            help="YAML or JSON with definitions or lists of them: a file, a directory with all below it, or - for stdin. Repeatable.",
        ),
    ):
        command = option(command)
    return command  # type: ignore[no-any-return]


def verdicts(sources: Sources) -> list[Verdict]:
    """A verdict per definition, and one per file of a directory that cannot be read. Raises Misuse and Refusal, with one line."""
    files = Files()
    found, strays = files.documents(sources.files)
    kinds, useless = files.documents(sources.crds)
    for stray in useless:
        _tell(stray)
    definitions = [item for item in found if item.object.get("kind") == RGD_KIND]
    unreadable = [stray for stray in strays if stray.unreadable]
    if not definitions and not unreadable:
        raise Misuse(_nothing(sources.files, found))
    for stray in strays:
        if not stray.unreadable:
            _tell(stray)
    if sources.live or sources.kubeconfig or sources.context:
        wanted = sorted({version for item in definitions for version in group_versions(item.object.get("spec") or {})})
        schemas = asyncio.run(_live_schemas(sources.kubeconfig, sources.context, tuple(wanted)))
    else:
        schemas = offline_schemas()
    for item in [*found, *kinds]:
        if item.object.get("kind") == CRD_KIND:
            schemas = _with_crd(schemas, item, named=item.file in (*sources.files, *sources.crds))
    found_here = judge(definitions, schemas)
    live = sources.live or bool(sources.kubeconfig or sources.context)
    return [_unreadable(stray) for stray in unreadable] + (found_here if live else [_offline(verdict) for verdict in found_here])


def _offline(verdict: Verdict) -> Verdict:
    """Without a cluster, a kind that is unknown may only be unknown here."""
    hint = "name the file or directory of its CRD with --crds, or use --live"
    problems = [
        replace(problem, hint=hint) if problem.code in _UNKNOWN and (problem.hint or "").startswith("install the CRD") else problem
        for problem in verdict.problems
    ]
    return replace(verdict, problems=tuple(problems))


def _tell(stray: Stray) -> None:
    talk(escape(f"{stray.file}: {stray.reason}; passed over"))


def _unreadable(stray: Stray) -> Verdict:
    hint = "correct the file, or keep it out of the directory"
    return Verdict(stray.file, "", None, (Problem("unreadable-file", f"{stray.file}: {stray.reason}", hint=hint),))


def _nothing(files: Sequence[str], found: Sequence[Document]) -> str:
    text = f"{', '.join(files)}: no {RGD_KIND} in it"
    for kind in sorted({str(item.object.get("kind")) for item in found}):
        near = closest(kind, [RGD_KIND])
        if near is not None:
            return f"{text}, but {kind}; did you mean {near}?"
    return text


def judge(definitions: Sequence[Document], schemas: Schemas) -> list[Verdict]:
    """A verdict per definition, in the order given. A refused one is judged again when another has brought a kind.

    Of two definitions of one kind, or of one name, the second is refused: a cluster serves one of them.
    Limits and feature gates are the functions' own, from the same environment variables. Raises Misuse when one of them is malformed.
    """
    try:
        limits = load(os.environ).limits
    except SettingsError as error:
        raise Misuse(str(error)) from None
    rivals = _rivals(definitions)
    verdicts: dict[int, Verdict] = {}
    pending = list(range(len(definitions)))
    while pending:
        brought = False
        for index in pending:
            item = definitions[index]
            name = str(_part(item.object, "metadata").get("name") or "")
            hints = tuple(key_warnings(item.object, item.changed))
            try:
                graph = compile_graph(item.object, schemas, limits)
            except ProblemsError as error:
                verdicts[index] = Verdict(item.file, name, None, (*rivals.get(index, ()), *error.problems, *hints))
                continue
            if index in rivals:
                verdicts[index] = Verdict(item.file, name, None, (*rivals[index], *graph.warnings, *hints))
                continue
            verdicts[index] = Verdict(item.file, name, graph, (*graph.warnings, *hints))
            if graph.crd is not None:
                schemas, brought = schemas.with_crd(graph.crd), True
        pending = [index for index in pending if verdicts[index].graph is None and index not in rivals] if brought else []
    return [verdicts[index] for index in range(len(definitions))]


def _rivals(definitions: Sequence[Document]) -> dict[int, tuple[Problem, ...]]:
    """What is wrong with definitions that claim a name or a kind which an earlier one has."""
    names: dict[str, int] = {}
    kinds: dict[tuple[str, str], int] = {}
    found: dict[int, tuple[Problem, ...]] = {}
    for index, item in enumerate(definitions):
        name = _part(item.object, "metadata").get("name")
        schema = _part(_part(item.object, "spec"), "schema")
        kind = (str(schema.get("group") or GROUP), str(schema.get("kind") or ""))
        problems = []
        if isinstance(name, str) and name and (first := names.setdefault(name, index)) != index:
            message = f"two definitions are called {name}; the other one is in {definitions[first].file}"
            problems.append(
                Problem("duplicate-name", message, path="metadata.name", hint="rename or remove one; applied, it replaces the other")
            )
        elif kind[1] and (first := kinds.setdefault(kind, index)) != index:
            other = definitions[first]
            shown = _part(other.object, "metadata").get("name") or "another definition"
            message = f"two definitions of the kind {kind[1]} ({kind[0]}); the other one is {shown} in {other.file}"
            problems.append(Problem("duplicate-kind", message, path="spec.schema.kind", hint="choose another kind or group, or remove one"))
        if problems:
            found[index] = tuple(problems)
    return found


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = value.get(name) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}


async def _live_schemas(kubeconfig: str | None, context: str | None, group_versions: tuple[str, ...]) -> Schemas:
    from functions.platform.cluster import ClusterError
    from functions.platform.schemas import ClusterSchemas
    from graphcore.converge.effects import Refused
    from local_emulator.cli.install import connect

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


def _with_crd(schemas: Schemas, item: Document, *, named: bool) -> Schemas:
    """The kinds with those of a CRD. Raises Misuse for an incomplete one in a file that the user named; another one is passed over."""
    try:
        return schemas.with_crd(item.object)
    except (KeyError, TypeError, AttributeError):
        name = _part(item.object, "metadata").get("name", "a CRD")
        reason = f"{name}: not a complete {CRD_KIND}"
        if named:
            raise Misuse(f"{item.file}: {reason}") from None
        _tell(Stray(item.file, reason, unreadable=False))
        return schemas
