"""Cells of the built-in kinds that people look at. A kind without an entry shows its name and creation time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_emulator.core.durations import age, human, parse_time
from local_emulator.core.registry import Column

Body = Mapping[str, Any]
Cell = Callable[[Body, datetime], Any]


@dataclass(frozen=True, slots=True)
class Printer:
    """Columns after the name, and the function that computes each one's cell."""

    columns: tuple[Column, ...]
    functions: tuple[Cell, ...]

    @property
    def names_itself(self) -> bool:
        """Whether the name is one of these columns (Events show it last) and not put in front."""
        return any(column.name == "Name" for column in self.columns)

    def cells(self, body: Body, now: datetime) -> list[Any]:
        return [function(body, now) for function in self.functions]


def at(body: Any, path: str, default: Any = None) -> Any:
    """The value at a dotted path, or the default where a step is absent or null."""
    for part in path.split("."):
        body = body.get(part) if isinstance(body, Mapping) else None
    return default if body is None else body


def field(path: str, default: Any = "") -> Cell:
    return lambda body, _now: at(body, path, default)


def count(path: str) -> Cell:
    return lambda body, _now: len(at(body, path, ()))


def own_age(body: Body, now: datetime) -> str:
    return age(at(body, "metadata.creationTimestamp"), now)


def since(path: str, absent: str = "<unknown>") -> Cell:
    return lambda body, now: age(at(body, path), now) if at(body, path) else absent


def selector(path: str) -> Cell:
    def cell(body: Body, _now: datetime) -> str:
        selector = at(body, path, {})
        labels = selector.get("matchLabels", {}) if "matchLabels" in selector or "matchExpressions" in selector else selector
        return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"

    return cell


def containers(field: str, base: str = "spec.template.spec.containers") -> Cell:
    return lambda body, _now: ",".join(str(container.get(field, "")) for container in at(body, base, ()))


def pod_status(body: Body, _now: datetime) -> str:
    if at(body, "metadata.deletionTimestamp"):
        return "Terminating"
    for state in at(body, "status.containerStatuses", ()):
        waiting = at(state, "state.waiting.reason") or at(state, "state.terminated.reason")
        if waiting:
            return str(waiting)
    return str(at(body, "status.reason") or at(body, "status.phase", "Unknown"))


def pod_ready(body: Body, _now: datetime) -> str:
    statuses = at(body, "status.containerStatuses", ())
    return f"{sum(bool(s.get('ready')) for s in statuses)}/{len(at(body, 'spec.containers', ()))}"


def restarts(body: Body, _now: datetime) -> str:
    return str(sum(s.get("restartCount", 0) for s in at(body, "status.containerStatuses", ())))


def ratio(ready: str, wanted: str) -> Cell:
    return lambda body, _now: f"{at(body, ready, 0)}/{at(body, wanted, 0)}"


def ports(body: Body, _now: datetime) -> str:
    shown = []
    for port in at(body, "spec.ports", ()):
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def external(body: Body, _now: datetime) -> str:
    kind = at(body, "spec.type", "ClusterIP")
    if kind == "ExternalName":
        return str(at(body, "spec.externalName", "<none>"))
    addresses = [entry.get("ip") or entry.get("hostname") or "" for entry in at(body, "status.loadBalancer.ingress", ())]
    addresses += at(body, "spec.externalIPs", ())
    return ",".join(addresses) or ("<pending>" if kind == "LoadBalancer" else "<none>")


def node_status(body: Body, _now: datetime) -> str:
    ready = next((c["status"] for c in at(body, "status.conditions", ()) if c.get("type") == "Ready"), "Unknown")
    shown = {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")
    return shown + (",SchedulingDisabled" if at(body, "spec.unschedulable") else "")


def node_roles(body: Body, _now: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    return ",".join(sorted(key[len(prefix) :] for key in at(body, "metadata.labels", {}) if key.startswith(prefix))) or "<none>"


def node_address(kind: str) -> Cell:
    return lambda body, _now: next((a["address"] for a in at(body, "status.addresses", ()) if a.get("type") == kind), "<none>")


def access(path: str) -> Cell:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return lambda body, _now: ",".join(short.get(mode, mode) for mode in at(body, path, ()))


def deleting_or(path: str) -> Cell:
    return lambda body, _now: "Terminating" if at(body, "metadata.deletionTimestamp") else at(body, path, "")


def hosts(body: Body, _now: datetime) -> str:
    return ",".join(rule["host"] for rule in at(body, "spec.rules", ()) if rule.get("host")) or "*"


def load_balancer(body: Body, _now: datetime) -> str:
    return ",".join(entry.get("ip") or entry.get("hostname") or "" for entry in at(body, "status.loadBalancer.ingress", ()))


def job_status(body: Body, _now: datetime) -> str:
    for condition in ("Complete", "Failed", "Suspended", "FailureTarget"):
        if any(c.get("type") == condition and c.get("status") == "True" for c in at(body, "status.conditions", ())):
            return condition
    return "Terminating" if at(body, "metadata.deletionTimestamp") else "Running"


def duration(body: Body, now: datetime) -> str:
    start, end = parse_time(at(body, "status.startTime", "")), parse_time(at(body, "status.completionTime", ""))
    return human(((end or now) - start).total_seconds()) if start else ""


def completions(body: Body, _now: datetime) -> str:
    return f"{at(body, 'status.succeeded', 0)}/{at(body, 'spec.completions', 1)}"


def reference(body: Body, _now: datetime) -> str:
    target = at(body, "spec.scaleTargetRef", {})
    return f"{target.get('kind', '')}/{target.get('name', '')}"


def targets(body: Body, _now: datetime) -> str:
    current = at(body, "status.currentMetrics", ())
    shown = []
    for index, metric in enumerate(at(body, "spec.metrics", ())):
        source = metric.get(str(metric.get("type", "")).lower()) or {}
        wanted = at(source, "target.averageUtilization")
        now_value = at(
            current[index] if index < len(current) else {}, f"{str(metric.get('type', '')).lower()}.current.averageUtilization", "<unknown>"
        )
        text = (
            f"{now_value}{'%' if isinstance(now_value, int) else ''}/{wanted}%"
            if wanted is not None
            else f"<unknown>/{at(source, 'target.averageValue', '<auto>')}"
        )
        shown.append(f"{source['name']}: {text}" if metric.get("type") == "Resource" and source.get("name") else text)
    return ", ".join(shown) or "<none>"


def role(body: Body, _now: datetime) -> str:
    return f"{at(body, 'roleRef.kind')}/{at(body, 'roleRef.name')}"


def subjects(kind: str) -> Cell:
    def cell(body: Body, _now: datetime) -> str:
        found = [s for s in at(body, "subjects", ()) or () if s.get("kind") == kind]
        return ", ".join(f"{s.get('namespace', '')}/{s['name']}" if kind == "ServiceAccount" else s["name"] for s in found)

    return cell


def event_object(body: Body, _now: datetime) -> str:
    target = at(body, "involvedObject") or at(body, "regarding", {})
    return f"{str(target.get('kind', '')).lower()}/{target.get('name', '')}"


def event_seen(*paths: str) -> Cell:
    def cell(body: Body, now: datetime) -> str:
        found = next((at(body, path) for path in paths if at(body, path)), None)
        return age(found, now)

    return cell


def event_source(body: Body, _now: datetime) -> str:
    source = at(body, "source", {}) or at(body, "deprecatedSource", {})
    parts = [source.get("component") or at(body, "reportingComponent") or at(body, "reportingController", ""), source.get("host", "")]
    return ", ".join(part for part in parts if part)


def endpoints(body: Body, _now: datetime) -> str:
    found = [
        f"{address['ip']}:{port['port']}" if subset.get("ports") else address["ip"]
        for subset in at(body, "subsets", ())
        for port in subset.get("ports") or [{}]
        for address in subset.get("addresses", ())
    ]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else "<none>"


def slice_ports(body: Body, _now: datetime) -> str:
    return ",".join(str(port.get("port", "*")) for port in at(body, "ports", ()) or ()) or "<unset>"


def slice_endpoints(body: Body, _now: datetime) -> str:
    found = [address for endpoint in at(body, "endpoints", ()) or () for address in endpoint.get("addresses", ())]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else "<unset>"


def controller(body: Body, _now: datetime) -> str:
    owner = next((o for o in at(body, "metadata.ownerReferences", ()) if o.get("controller")), None)
    return f"{owner['kind'].lower()}.{owner['apiVersion'].partition('/')[0]}/{owner['name']}" if owner else "<none>"


def config_data(body: Body, _now: datetime) -> int:
    return len(at(body, "data", {})) + len(at(body, "binaryData", {}))


def printer(*entries: tuple[str, Cell] | tuple[str, Cell, str]) -> Printer:
    """Columns written ``Name``, ``Name*`` for wide output; an optional third member is the type."""
    columns = tuple(Column(e[0].rstrip("*"), e[2] if len(e) > 2 else "string", "", "", int(e[0].endswith("*"))) for e in entries)
    return Printer(columns, tuple(e[1] for e in entries))


def param_kind(body: Body, _now: datetime) -> str:
    kind = at(body, "spec.paramKind")
    return f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else "<unset>"


def param_reference(body: Body, _now: datetime) -> str:
    given = at(body, "spec.paramRef")
    if not given:
        return "<unset>"
    return f"{given['namespace']}/{given.get('name', '')}" if given.get("namespace") else f"*/{given.get('name', '')}"
