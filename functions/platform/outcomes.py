"""How the end of a run is told: to the deliveries that waited for it, and to the log."""

from __future__ import annotations

from functions.platform.driver import Sight
from functions.platform.events import Reference
from functions.platform.runs import Report
from functions.platform.telemetry import Telemetry
from graphcore.converge.effects import Conflict, Converged, Failed, Outcome, Waiting

SHOWN = 5
"""Problems spelled out in a log line; the object's status has them all."""


def report(telemetry: Telemetry, target: Reference, outcome: Outcome, sight: Sight, account: str = "") -> Report:
    """The report of a run that ended. account: ServiceAccount of this function, where it is known.

    Everything but a conflict is acknowledged: the status says what is missing, a waker brings the next run.
    """
    seen, ended = dict(sight.seen), frozenset(sight.ended)
    for event in sight.told:
        # An Event may not be written, and is gone after an hour.
        if event.type == "Warning":
            telemetry.log("warning", event.reason, object=str(target), message=event.message)
    for verb, kind, namespace in sight.forbidden:
        telemetry.once("warning", "forbidden", verb=verb, resource=kind, namespace=namespace, account=account)
    match outcome:
        case Converged(gone=gone):
            telemetry.count("runs_total", outcome="gone" if gone else "converged")
            telemetry.log("info", "gone" if gone else "converged", object=str(target))
            return Report("converged", None, seen, ended, sight.graph)
        case Waiting(on=on, retry_after=retry_after, prompt=prompt, backs_off=backs_off):
            telemetry.count("runs_total", outcome="waiting")
            telemetry.log("info", "waiting", object=str(target), on="; ".join(on[:SHOWN]))
            return Report("waiting", retry_after, seen, ended, sight.graph, prompt=prompt, backs_off=backs_off)
        case Failed(vanished=namespace, retry_after=retry_after) if namespace:
            telemetry.count("runs_total", outcome="namespace_gone")
            telemetry.log("warning", "namespace gone", object=str(target), namespace=namespace)
            return Report("failed", retry_after, seen, ended, sight.graph)
        case Failed(problems=problems, retry_after=retry_after, prompt=prompt, backs_off=backs_off, untold=untold):
            telemetry.count("runs_total", outcome="failed")
            codes = ", ".join(f"{problem.code} at {problem.node or 'definition'}" for problem in problems[:SHOWN])
            telemetry.log("warning", "failed", object=str(target), problems=codes)
            return Report("failed", retry_after, seen, ended, sight.graph, prompt=prompt, backs_off=backs_off, untold=untold)
        case Conflict(message=message):
            telemetry.count("runs_total", outcome="conflict")
            telemetry.log("info", "conflict", object=str(target), reason=message)
            return Report("retry", detail=message)
