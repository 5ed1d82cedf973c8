"""The ``instance`` function: wakes on an instance, on a member of one, and on converge events; looks at that one instance only."""

from __future__ import annotations

from collections.abc import Iterator

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.platform.delivery import Function, application
from functions.platform.driver import Sight
from functions.platform.events import Event, Reference, Role
from functions.platform.merging import UNSETTLED, best_known
from functions.platform.outcomes import report
from functions.platform.platform import Platform, opener
from functions.platform.runs import Report, Run
from graphcore.converge import InstanceRequest, Member, Options, converge_instance
from graphcore.graph.model import Resource
from graphcore.names import RGD_NAME
from graphcore.names.plural import pluralize


def make(platform: Platform) -> Run:
    """A run of one instance on a platform."""
    settings = platform.settings
    options = Options(
        version_label=settings.version_label,
        requeue_interval=settings.instance_requeue_interval,
        run_deadline=settings.run_deadline,
        condition_events=settings.feature_gates.get("InstanceConditionEvents", False),
    )

    async def run(target: Reference, events: tuple[Event, ...]) -> Report:
        sight = Sight()
        request = request_of(platform, target, events)
        outcome = await platform.driver.drive(converge_instance(request, platform.now(), options), sight, settings.run_deadline)
        return report(platform.telemetry, target, outcome, sight, settings.service_accounts.get("instance", ""))

    return run


def request_of(platform: Platform, target: Reference, events: tuple[Event, ...]) -> InstanceRequest:
    """What the events and the cache know about the instance; every part of it is a hint."""
    naming = best_known(events)
    newest = platform.graphs.newest(target.group, target.kind, "" if naming.definition == UNSETTLED else naming.definition)
    labels = next((event.metadata.get("labels") or {} for event in reversed(events) if event.role is Role.INSTANCE), {})
    return InstanceRequest(
        # Every generated CRD has the plural that kro's rules give its kind.
        resource=Resource(target.api_version, target.kind, pluralize(target.kind.lower()), namespaced=bool(target.namespace)),
        name=target.name,
        namespace=target.namespace or None,
        definition=newest[0] if newest else labels.get(RGD_NAME),
        revision=max((number for number in (naming.revision, newest[1] if newest else None) if number is not None), default=None),
        members=tuple(dict.fromkeys(found for event in events for found in _members(target, event))),
        definition_uid=naming.definition,
        failed=next((event.failed for event in reversed(events) if event.failed), ""),
    )


def _members(target: Reference, event: Event) -> Iterator[Member]:
    """Every object that an event stands for, except the instance itself and what is said to be gone."""
    own = (target.group, target.kind, target.namespace, target.name)
    for change in event.changes:
        child = change.subject
        if child is not None and not change.deleted and (child.group, child.kind, child.namespace, child.name) != own:
            path = change.plural or pluralize(child.kind.lower())
            yield Member(
                Resource(child.api_version, child.kind, path, namespaced=bool(child.namespace)), child.name, child.namespace or None
            )


function = Function(make, opener("instance"))


@functions_framework.aio.http  # type: ignore[untyped-decorator]
async def instance(request: Request) -> Response:
    """The target."""
    return await function.handle(request)


app = application(instance, function)
