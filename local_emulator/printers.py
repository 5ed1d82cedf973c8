"""Cells of the built-in kinds that people look at. A kind without an entry shows its name and creation time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_emulator.durations import age, human, parse_time
from local_emulator.registry import Column
from local_emulator.store import CollectionKey

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


def _field(path: str, default: Any = "") -> Cell:
    return lambda body, _now: at(body, path, default)


def _count(path: str) -> Cell:
    return lambda body, _now: len(at(body, path, ()))


def _age(body: Body, now: datetime) -> str:
    return age(at(body, "metadata.creationTimestamp"), now)


def _since(path: str, absent: str = "<unknown>") -> Cell:
    return lambda body, now: age(at(body, path), now) if at(body, path) else absent


def _selector(path: str) -> Cell:
    def cell(body: Body, _now: datetime) -> str:
        selector = at(body, path, {})
        labels = selector.get("matchLabels", {}) if "matchLabels" in selector or "matchExpressions" in selector else selector
        return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"

    return cell


def _containers(field: str, base: str = "spec.template.spec.containers") -> Cell:
    return lambda body, _now: ",".join(str(container.get(field, "")) for container in at(body, base, ()))


def _pod_status(body: Body, _now: datetime) -> str:
    if at(body, "metadata.deletionTimestamp"):
        return "Terminating"
    for state in at(body, "status.containerStatuses", ()):
        waiting = at(state, "state.waiting.reason") or at(state, "state.terminated.reason")
        if waiting:
            return str(waiting)
    return str(at(body, "status.reason") or at(body, "status.phase", "Unknown"))


def _pod_ready(body: Body, _now: datetime) -> str:
    statuses = at(body, "status.containerStatuses", ())
    return f"{sum(bool(s.get('ready')) for s in statuses)}/{len(at(body, 'spec.containers', ()))}"


def _restarts(body: Body, _now: datetime) -> str:
    return str(sum(s.get("restartCount", 0) for s in at(body, "status.containerStatuses", ())))


def _ratio(ready: str, wanted: str) -> Cell:
    return lambda body, _now: f"{at(body, ready, 0)}/{at(body, wanted, 0)}"


def _ports(body: Body, _now: datetime) -> str:
    shown = []
    for port in at(body, "spec.ports", ()):
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _external(body: Body, _now: datetime) -> str:
    kind = at(body, "spec.type", "ClusterIP")
    if kind == "ExternalName":
        return str(at(body, "spec.externalName", "<none>"))
    addresses = [entry.get("ip") or entry.get("hostname") or "" for entry in at(body, "status.loadBalancer.ingress", ())]
    addresses += at(body, "spec.externalIPs", ())
    return ",".join(addresses) or ("<pending>" if kind == "LoadBalancer" else "<none>")


def _node_status(body: Body, _now: datetime) -> str:
    ready = next((c["status"] for c in at(body, "status.conditions", ()) if c.get("type") == "Ready"), "Unknown")
    shown = {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")
    return shown + (",SchedulingDisabled" if at(body, "spec.unschedulable") else "")


def _node_roles(body: Body, _now: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    return ",".join(sorted(key[len(prefix) :] for key in at(body, "metadata.labels", {}) if key.startswith(prefix))) or "<none>"


def _node_address(kind: str) -> Cell:
    return lambda body, _now: next((a["address"] for a in at(body, "status.addresses", ()) if a.get("type") == kind), "<none>")


def _access(path: str) -> Cell:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return lambda body, _now: ",".join(short.get(mode, mode) for mode in at(body, path, ()))


def _deleting_or(path: str) -> Cell:
    return lambda body, _now: "Terminating" if at(body, "metadata.deletionTimestamp") else at(body, path, "")


def _hosts(body: Body, _now: datetime) -> str:
    return ",".join(rule["host"] for rule in at(body, "spec.rules", ()) if rule.get("host")) or "*"


def _load_balancer(body: Body, _now: datetime) -> str:
    return ",".join(entry.get("ip") or entry.get("hostname") or "" for entry in at(body, "status.loadBalancer.ingress", ()))


def _job_status(body: Body, _now: datetime) -> str:
    for condition in ("Complete", "Failed", "Suspended", "FailureTarget"):
        if any(c.get("type") == condition and c.get("status") == "True" for c in at(body, "status.conditions", ())):
            return condition
    return "Terminating" if at(body, "metadata.deletionTimestamp") else "Running"


def _duration(body: Body, now: datetime) -> str:
    start, end = parse_time(at(body, "status.startTime", "")), parse_time(at(body, "status.completionTime", ""))
    return human(((end or now) - start).total_seconds()) if start else ""


def _completions(body: Body, _now: datetime) -> str:
    return f"{at(body, 'status.succeeded', 0)}/{at(body, 'spec.completions', 1)}"


def _reference(body: Body, _now: datetime) -> str:
    target = at(body, "spec.scaleTargetRef", {})
    return f"{target.get('kind', '')}/{target.get('name', '')}"


def _targets(body: Body, _now: datetime) -> str:
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


def _role(body: Body, _now: datetime) -> str:
    return f"{at(body, 'roleRef.kind')}/{at(body, 'roleRef.name')}"


def _subjects(kind: str) -> Cell:
    def cell(body: Body, _now: datetime) -> str:
        found = [s for s in at(body, "subjects", ()) or () if s.get("kind") == kind]
        return ", ".join(f"{s.get('namespace', '')}/{s['name']}" if kind == "ServiceAccount" else s["name"] for s in found)

    return cell


def _event_object(body: Body, _now: datetime) -> str:
    target = at(body, "involvedObject") or at(body, "regarding", {})
    return f"{str(target.get('kind', '')).lower()}/{target.get('name', '')}"


def _event_seen(*paths: str) -> Cell:
    def cell(body: Body, now: datetime) -> str:
        found = next((at(body, path) for path in paths if at(body, path)), None)
        return age(found, now)

    return cell


def _event_source(body: Body, _now: datetime) -> str:
    source = at(body, "source", {}) or at(body, "deprecatedSource", {})
    parts = [source.get("component") or at(body, "reportingComponent") or at(body, "reportingController", ""), source.get("host", "")]
    return ", ".join(part for part in parts if part)


def _endpoints(body: Body, _now: datetime) -> str:
    found = [
        f"{address['ip']}:{port['port']}" if subset.get("ports") else address["ip"]
        for subset in at(body, "subsets", ())
        for port in subset.get("ports") or [{}]
        for address in subset.get("addresses", ())
    ]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else "<none>"


def _slice_ports(body: Body, _now: datetime) -> str:
    return ",".join(str(port.get("port", "*")) for port in at(body, "ports", ()) or ()) or "<unset>"


def _slice_endpoints(body: Body, _now: datetime) -> str:
    found = [address for endpoint in at(body, "endpoints", ()) or () for address in endpoint.get("addresses", ())]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else "<unset>"


def _controller(body: Body, _now: datetime) -> str:
    owner = next((o for o in at(body, "metadata.ownerReferences", ()) if o.get("controller")), None)
    return f"{owner['kind'].lower()}.{owner['apiVersion'].partition('/')[0]}/{owner['name']}" if owner else "<none>"


def _config_data(body: Body, _now: datetime) -> int:
    return len(at(body, "data", {})) + len(at(body, "binaryData", {}))


def _printer(*entries: tuple[str, Cell] | tuple[str, Cell, str]) -> Printer:
    """Columns written ``Name``, ``Name*`` for wide output; an optional third member is the type."""
    columns = tuple(Column(e[0].rstrip("*"), e[2] if len(e) > 2 else "string", "", "", int(e[0].endswith("*"))) for e in entries)
    return Printer(columns, tuple(e[1] for e in entries))


_AGE: tuple[str, Cell] = ("Age", _age)
_TEMPLATE: tuple[tuple[str, Cell], ...] = (("Containers*", _containers("name")), ("Images*", _containers("image")))
_TEMPLATE_SELECTOR = (*_TEMPLATE, ("Selector*", _selector("spec.selector")))
_BINDING: tuple[tuple[str, Cell], ...] = (
    ("Role", _role), _AGE, ("Users*", _subjects("User")), ("Groups*", _subjects("Group")), ("ServiceAccounts*", _subjects("ServiceAccount")),
)  # fmt: skip
_REPLICAS = (
    ("Desired", _field("spec.replicas", 0), "integer"),
    ("Current", _field("status.replicas", 0), "integer"),
    ("Ready", _field("status.readyReplicas", 0), "integer"),
)

PRINTERS: dict[CollectionKey, Printer] = {
    ("", "configmaps"): _printer(("Data", _config_data), _AGE),
    ("", "endpoints"): _printer(("Endpoints", _endpoints), _AGE),
    ("", "events"): _printer(
        ("Last Seen", _event_seen("lastTimestamp", "series.lastObservedTime", "eventTime", "deprecatedLastTimestamp")), ("Type", _field("type")),
        ("Reason", _field("reason")), ("Object", _event_object), ("Subobject*", _field("involvedObject.fieldPath")), ("Source*", _event_source),
        ("Message", lambda body, _now: str(at(body, "message") or at(body, "note", "")).strip()), ("First Seen*", _event_seen("firstTimestamp", "eventTime")),
        ("Count*", lambda body, _now: str(at(body, "series.count") or at(body, "count") or 1)), ("Name*", _field("metadata.name")),
    ),
    ("", "namespaces"): _printer(("Status", _field("status.phase")), _AGE),
    ("", "nodes"): _printer(
        ("Status", _node_status), ("Roles", _node_roles), _AGE, ("Version", _field("status.nodeInfo.kubeletVersion")),
        ("Internal-IP*", _node_address("InternalIP")), ("External-IP*", _node_address("ExternalIP")),
        ("OS-Image*", _field("status.nodeInfo.osImage", "<unknown>")), ("Kernel-Version*", _field("status.nodeInfo.kernelVersion", "<unknown>")),
        ("Container-Runtime*", _field("status.nodeInfo.containerRuntimeVersion", "<unknown>")),
    ),
    ("", "persistentvolumeclaims"): _printer(
        ("Status", _deleting_or("status.phase")), ("Volume", _field("spec.volumeName")), ("Capacity", _field("status.capacity.storage")),
        ("Access Modes", _access("status.accessModes")), ("StorageClass", _field("spec.storageClassName")),
        ("VolumeAttributesClass", _field("spec.volumeAttributesClassName", "<unset>")), _AGE, ("VolumeMode*", _field("spec.volumeMode", "<unset>")),
    ),
    ("", "persistentvolumes"): _printer(
        ("Capacity", _field("spec.capacity.storage")), ("Access Modes", _access("spec.accessModes")), ("Reclaim Policy", _field("spec.persistentVolumeReclaimPolicy")),
        ("Status", _deleting_or("status.phase")),
        ("Claim", lambda body, _now: "/".join(filter(None, (at(body, "spec.claimRef.namespace", ""), at(body, "spec.claimRef.name", ""))))),
        ("StorageClass", _field("spec.storageClassName")), ("VolumeAttributesClass", _field("spec.volumeAttributesClassName", "<unset>")),
        ("Reason", _field("status.reason")), _AGE, ("VolumeMode*", _field("spec.volumeMode", "<unset>")),
    ),
    ("", "pods"): _printer(
        ("Ready", _pod_ready), ("Status", _pod_status), ("Restarts", _restarts), _AGE, ("IP*", _field("status.podIP", "<none>")),
        ("Node*", _field("spec.nodeName", "<none>")), ("Nominated Node*", _field("status.nominatedNodeName", "<none>")),
        ("Readiness Gates*", lambda body, _now: "<none>"),
    ),
    ("", "replicationcontrollers"): _printer(*_REPLICAS, _AGE, *_TEMPLATE_SELECTOR),
    ("", "secrets"): _printer(("Type", _field("type")), ("Data", _count("data")), _AGE),
    ("", "serviceaccounts"): _printer(_AGE),
    ("", "services"): _printer(
        ("Type", _field("spec.type")), ("Cluster-IP", _field("spec.clusterIP", "<none>")), ("External-IP", _external), ("Port(s)", _ports), _AGE,
        ("Selector*", _selector("spec.selector")),
    ),
    ("apps", "controllerrevisions"): _printer(("Controller", _controller), ("Revision", _field("revision", 0)), _AGE),
    ("apps", "daemonsets"): _printer(
        ("Desired", _field("status.desiredNumberScheduled", 0), "integer"), ("Current", _field("status.currentNumberScheduled", 0), "integer"),
        ("Ready", _field("status.numberReady", 0), "integer"), ("Up-to-date", _field("status.updatedNumberScheduled", 0), "integer"),
        ("Available", _field("status.numberAvailable", 0), "integer"), ("Node Selector", _selector("spec.template.spec.nodeSelector")), _AGE, *_TEMPLATE_SELECTOR,
    ),
    ("apps", "deployments"): _printer(
        ("Ready", _ratio("status.readyReplicas", "spec.replicas")), ("Up-to-date", _field("status.updatedReplicas", 0)),
        ("Available", _field("status.availableReplicas", 0)), _AGE, *_TEMPLATE_SELECTOR,
    ),
    ("apps", "replicasets"): _printer(*_REPLICAS, _AGE, *_TEMPLATE_SELECTOR),
    ("apps", "statefulsets"): _printer(("Ready", _ratio("status.readyReplicas", "spec.replicas")), _AGE, *_TEMPLATE),
    ("autoscaling", "horizontalpodautoscalers"): _printer(
        ("Reference", _reference), ("Targets", _targets), ("MinPods", lambda body, _now: str(at(body, "spec.minReplicas", "<unset>"))),
        ("MaxPods", _field("spec.maxReplicas")), ("Replicas", _field("status.currentReplicas", 0)), _AGE,
    ),
    ("batch", "cronjobs"): _printer(
        ("Schedule", _field("spec.schedule")), ("Timezone", _field("spec.timeZone", "<none>")), ("Suspend", lambda body, _now: str(at(body, "spec.suspend", "<unset>")), "boolean"),
        ("Active", _count("status.active"), "integer"), ("Last Schedule", _since("status.lastScheduleTime", "<none>")), _AGE,
        ("Containers*", _containers("name", "spec.jobTemplate.spec.template.spec.containers")), ("Images*", _containers("image", "spec.jobTemplate.spec.template.spec.containers")),
        ("Selector*", _selector("spec.jobTemplate.spec.selector")),
    ),
    ("batch", "jobs"): _printer(("Status", _job_status), ("Completions", _completions), ("Duration", _duration), _AGE, *_TEMPLATE_SELECTOR),
    ("coordination.k8s.io", "leases"): _printer(("Holder", _field("spec.holderIdentity")), _AGE),
    ("discovery.k8s.io", "endpointslices"): _printer(("AddressType", _field("addressType")), ("Ports", _slice_ports), ("Endpoints", _slice_endpoints), _AGE),
    ("networking.k8s.io", "ingressclasses"): _printer(
        ("Controller", _field("spec.controller")), ("Parameters", lambda body, _now: at(body, "spec.parameters.name", "<none>")), _AGE
    ),
    ("networking.k8s.io", "ingresses"): _printer(
        ("Class", _field("spec.ingressClassName", "<none>")), ("Hosts", _hosts), ("Address", _load_balancer),
        ("Ports", lambda body, _now: "80, 443" if at(body, "spec.tls") else "80"), _AGE,
    ),
    ("networking.k8s.io", "networkpolicies"): _printer(("Pod-Selector", _selector("spec.podSelector")), _AGE),
    ("policy", "poddisruptionbudgets"): _printer(
        ("Min Available", lambda body, _now: str(at(body, "spec.minAvailable", "N/A"))), ("Max Unavailable", lambda body, _now: str(at(body, "spec.maxUnavailable", "N/A"))),
        ("Allowed Disruptions", _field("status.disruptionsAllowed", 0), "integer"), _AGE,
    ),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): _printer(*_BINDING),
    ("rbac.authorization.k8s.io", "rolebindings"): _printer(*_BINDING),
    ("scheduling.k8s.io", "priorityclasses"): _printer(
        ("Value", _field("value", 0), "integer"), ("Global-Default", _field("globalDefault", False), "boolean"), _AGE, ("PreemptionPolicy", _field("preemptionPolicy"))
    ),
    ("storage.k8s.io", "storageclasses"): _printer(
        ("Provisioner", _field("provisioner")), ("ReclaimPolicy", _field("reclaimPolicy")), ("VolumeBindingMode", _field("volumeBindingMode")),
        ("AllowVolumeExpansion", _field("allowVolumeExpansion", False)), _AGE,
    ),
}  # fmt: skip
