"""The ``definition`` function: wakes on a definition, a revision of one, or a generated CRD; looks at that one definition only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.platform.delivery import Function, application
from functions.platform.driver import Sight
from functions.platform.events import Event, Reference
from functions.platform.outcomes import report
from functions.platform.platform import Platform, opener
from functions.platform.runs import Report, Run
from functions.platform.settings import ACCOUNT_ROLES, UNKNOWN_ACCOUNTS
from graphcore.converge import DefinitionOptions, DefinitionRequest, converge_definition
from graphcore.converge.definition.rights import Identity
from graphcore.graph import Graph, compile_graph
from graphcore.openapi import Schemas


def make(platform: Platform) -> Run:
    """A run of one definition on a platform."""
    settings = platform.settings
    options = DefinitionOptions(
        version_label=settings.version_label,
        max_revisions=settings.rgd_max_graph_revisions,
        allow_crd_deletion=settings.allow_crd_deletion,
        retry_interval=settings.rgd_progress_requeue_delay,
        identities=identities(settings.service_accounts),
    )

    def compiled(definition: Mapping[str, Any], schemas: Schemas) -> Graph:
        platform.telemetry.count("compiles_total")
        return compile_graph(definition, schemas, settings.limits)

    async def run(target: Reference, events: tuple[Event, ...]) -> Report:
        sight = Sight()
        request = DefinitionRequest(target.name, rights=any(event.refused for event in events))
        generator = converge_definition(request, compiled, platform.now(), options)
        outcome = await platform.driver.drive(generator, sight, settings.run_deadline)
        return report(platform.telemetry, target, outcome, sight)

    return run


def identities(accounts: Mapping[str, str]) -> tuple[Identity, ...]:
    """Whose rights a definition asks for: those of the ServiceAccounts that are named, or its own where none is."""
    if UNKNOWN_ACCOUNTS in accounts:
        return ()
    return tuple(Identity(role, accounts.get(role, "")) for role in ACCOUNT_ROLES if not accounts or role in accounts)


function = Function(make, opener("definition"))


@functions_framework.aio.http  # type: ignore[untyped-decorator]
async def definition(request: Request) -> Response:
    """The target."""
    return await function.handle(request)


app = application(definition, function)
