"""What the API server asks of the usual built-in kinds beyond their schemas, as far as it is certain from what is written down.

Each function takes the object and yields faults in the API server's words. What is absent counts as a fault only inside an object that is
written: who writes no ``spec`` at all may mean an object that somebody else has made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.builtin_pods import labels, missing, negative, pod_spec, port
from graphcore.openapi.fielderrors import forbidden, invalid, not_supported, required
from graphcore.openapi.object_names import data_key_faults, label_1123_faults, subdomain_faults
from graphcore.openapi.partial import UNKNOWN, Part
from graphcore.openapi.quantities import positive
from graphcore.openapi.selectors import is_empty, labels_match

Faults = Iterator[Problem]


def kind_faults(group: str, kind: str, obj: Any) -> Faults:
    """Faults of an object of a built-in kind; none for kinds that are not looked at. obj: with UNKNOWN for what is computed."""
    check = _CHECKS.get((group, kind))
    if check is not None:
        yield from check(Part("", obj))


def _workload(obj: Part) -> Faults:
    """Deployments and the like: selector, template, and that they fit."""
    spec = obj["spec"]
    if not spec.written:
        return
    if spec["selector"].unset:
        yield required("spec.selector")
    elif spec["selector"].absent:
        yield invalid("spec.selector", spec["selector"].value, "empty selector is invalid for deployment")
    yield from missing(spec, "template")
    yield from negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    selector, template = spec["selector"], spec["template"]
    yield from labels(selector["matchLabels"])
    yield from labels(template.at("metadata.labels"))
    found = template.at("metadata.labels")
    if template.written and selector.written and not is_empty(selector.value) and (found.written or found.absent):
        sides = [selector["matchLabels"], selector["matchExpressions"]]
        if all(side.value is not UNKNOWN for side in sides) and _certainly_differ(selector, found):
            yield invalid(found.path, found.value if found.written else None, "`selector` does not match template `labels`")
    yield from pod_spec(template["spec"], restart=("Always",), claims=obj["kind"].text == "StatefulSet")


def _certainly_differ(selector: Part, found: Part) -> bool:
    values = dict(found.value) if found.written else {}
    return labels_match(selector.value, values, UNKNOWN) is False


def _deployment(obj: Part) -> Faults:
    yield from _workload(obj)
    strategy = obj.at("spec.strategy")
    if strategy["type"].text == "Recreate" and strategy["rollingUpdate"].written:
        yield forbidden(strategy["rollingUpdate"].path, "may not be specified when strategy `type` is 'Recreate'")


def _pod(obj: Part) -> Faults:
    yield from pod_spec(obj["spec"])


def _job(obj: Part) -> Faults:
    yield from _job_spec(obj["spec"])


def _job_spec(spec: Part) -> Faults:
    if not spec.written:
        return
    yield from missing(spec, "template")
    yield from negative(spec, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    inner = spec.at("template.spec")
    if inner.written and inner["restartPolicy"].absent:
        yield required(inner["restartPolicy"].path, 'valid values: "OnFailure", "Never"')
    yield from pod_spec(inner, restart=("OnFailure", "Never"))


def _cron_job(obj: Part) -> Faults:
    spec = obj["spec"]
    if not spec.written:
        return
    yield from missing(spec, "schedule", "jobTemplate")
    yield from negative(spec, "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    schedule = spec["schedule"].text
    if schedule and not schedule.startswith("@") and "TZ" not in schedule and len(schedule.split()) != 5:
        yield invalid(
            "spec.schedule", schedule, f"expected exactly 5 fields, found {len(schedule.split())}: [{' '.join(schedule.split())}]"
        )
    yield from _job_spec(spec.at("jobTemplate.spec"))


def _service(obj: Part) -> Faults:
    spec = obj["spec"]
    if not spec.written:
        return
    kind, ports = spec["type"], spec["ports"]
    plain = kind.absent or kind.text in ("ClusterIP", "NodePort", "LoadBalancer")
    if plain and ports.absent and (spec["clusterIP"].absent or spec["clusterIP"].text not in (None, "None")):
        yield required("spec.ports")
    if kind.text == "ExternalName":
        yield from missing(spec, "externalName")
    yield from labels(spec["selector"])
    several = sum(item.written for item in ports.items) > 1
    names: set[str] = set()
    for item in ports.items:
        if not item.written:
            continue
        if several and item["name"].absent:
            yield required(item["name"].path)
        name = item["name"].text
        if name:
            yield from (invalid(item["name"].path, name, fault) for fault in label_1123_faults(name)[:1])
            if name in names:
                yield Problem("FieldValueDuplicate", f'Duplicate value: "{name}"', path=item["name"].path)
            names.add(name)
        yield from missing(item, "port")
        yield from port(item["port"], named=False)
        yield from port(item["targetPort"])
        if item["nodePort"].number and (kind.absent or kind.text == "ClusterIP"):
            yield forbidden(item["nodePort"].path, "may not be used when `type` is 'ClusterIP'")


def _ingress(obj: Part) -> Faults:
    spec = obj["spec"]
    if not spec.written:
        return
    if spec["rules"].absent and spec["defaultBackend"].absent:
        yield invalid("spec", None, "either `defaultBackend` or `rules` must be specified")
    yield from _backend(spec["defaultBackend"])
    for rule in spec["rules"].items:
        host = rule["host"].text
        if host and not host.startswith("*"):
            yield from (invalid(rule["host"].path, host, fault) for fault in subdomain_faults(host))
        if rule["http"].written:
            yield from missing(rule["http"], "paths")
        for path in rule.at("http.paths").items:
            if not path.written:
                continue
            yield from missing(path, "pathType")
            text = path["path"].text if not path["path"].absent else ""
            if path["pathType"].text in ("Exact", "Prefix") and text is not None and not text.startswith("/"):
                yield invalid(path["path"].path, text, "must be an absolute path")
            yield from missing(path, "backend")
            yield from _backend(path["backend"])


def _backend(backend: Part) -> Faults:
    service = backend["service"]
    if backend.written and service.absent and backend["resource"].absent:
        yield required(backend.path, "port name or number is required")
    if service.written:
        yield from missing(service, "name")
        if service["port"].absent:
            yield required(service["port"].path, "port name or number is required")
        yield from port(service.at("port.number"), named=False)


def _network_policy(obj: Part) -> Faults:
    for member in ("ingress", "egress"):
        for rule in obj["spec"][member].items:
            for item in rule["ports"].items:
                yield from port(item["port"])
            for peer in (*rule["from"].items, *rule["to"].items):
                yield from _ip_block(peer["ipBlock"])
    for item in obj.at("spec.policyTypes").items:
        if item.text is not None and item.text not in ("Ingress", "Egress"):
            yield not_supported(item.path, item.text, ("Egress", "Ingress"))


def _ip_block(block: Part) -> Faults:
    if not block.written:
        return
    cidr = block["cidr"]
    whole = _network(cidr.text or "")
    if cidr.absent or (cidr.text is not None and whole is None):
        yield invalid(cidr.path, cidr.text or "", "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
    for item in block["except"].items if whole else ():
        if item.text is None:
            continue
        inner = _network(item.text)
        if inner is None or inner == whole or inner.version != whole.version or not inner.subnet_of(whole):  # type: ignore[union-attr,arg-type]
            yield invalid(item.path, item.text, "must be a strict subset of `cidr`")


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _data(*members: str) -> Callable[[Part], Faults]:
    """Keys of ConfigMaps and Secrets: they are written literally, whatever the values are."""

    def check(obj: Part) -> Faults:
        for member in members:
            for name, entry in obj[member].members:
                yield from (invalid(entry.path, name, fault) for fault in data_key_faults(name))

    return check


_SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def _secret(obj: Part) -> Faults:
    yield from _data("data", "stringData")(obj)
    data, texts = obj["data"], obj["stringData"]
    if any(part.value is UNKNOWN for part in (data, texts)):
        return
    for name in _SECRET_KEYS.get(obj["type"].text or "", ()):
        if not any(part.written and name in part.value for part in (data, texts)):
            yield required(f"data[{name}]")


def _claim(obj: Part) -> Faults:
    spec = obj["spec"]
    if not spec.written:
        return
    if spec["accessModes"].absent:
        yield required("spec.accessModes", "at least 1 access mode is required")
    asked = spec.at("resources.requests")
    if spec["resources"].absent or asked.absent or (asked.written and "storage" not in asked.value):
        yield required("spec.resources[storage]")
    for fault in positive(asked["storage"]):
        yield replace(fault, path="spec.resources[storage]")


def _autoscaler(obj: Part) -> Faults:
    spec = obj["spec"]
    if not spec.written:
        return
    least, most = spec["minReplicas"], spec["maxReplicas"]
    if least.number is not None and least.number < 0:
        yield invalid(least.path, least.number, "must be greater than or equal to 1")
    if most.absent or (most.number is not None and most.number < 1):
        yield invalid(most.path, most.number or 0, "must be greater than 0")
    elif most.number is not None and least.number is not None and most.number < least.number:
        yield invalid(most.path, most.number, "must be greater than or equal to `minReplicas`")
    yield from missing(spec, "scaleTargetRef")
    if spec["scaleTargetRef"].written:
        target = spec["scaleTargetRef"]
        yield from missing(target, "kind", "name")
        version, kind = target["apiVersion"], target["kind"]
        grouped = "/" in (version.text or "") or not (version.unset or version.text is not None)
        if not grouped and kind.text not in (None, "ReplicationController"):
            yield invalid(version.path, version.text or "", "apiVersion must specify API group")


def _budget(obj: Part) -> Faults:
    spec = obj["spec"]
    if all(type(spec[name].value) in (int, str) for name in ("minAvailable", "maxUnavailable")):
        yield invalid("spec", "", "minAvailable and maxUnavailable cannot be both set")


def _role_binding(obj: Part) -> Faults:
    reference = obj["roleRef"]
    kind = reference["kind"].text
    everywhere = obj["kind"].text == "ClusterRoleBinding"
    allowed = ("ClusterRole",) if everywhere else ("ClusterRole", "Role")
    if kind and kind not in allowed:
        yield not_supported(reference["kind"].path, kind, allowed)
    if reference.written:
        yield from missing(reference, "name")
    for subject in obj["subjects"].items:
        if subject.written:
            yield from missing(subject, "name")
            if subject["kind"].text == "ServiceAccount":
                # In a RoleBinding the API server lets it be absent.
                yield from missing(subject, *(["namespace"] if everywhere else []))
            elif subject["kind"].text is not None and subject["kind"].text not in ("User", "Group"):
                yield not_supported(subject["kind"].path, subject["kind"].text, ("Group", "ServiceAccount", "User"))


def _role(obj: Part) -> Faults:
    for rule in obj["rules"].items:
        if not rule.written:
            continue
        if rule["verbs"].absent:
            yield required(rule["verbs"].path, "verbs must contain at least one value")
        if rule["nonResourceURLs"].absent:
            if rule["apiGroups"].absent:
                yield required(rule["apiGroups"].path, "resource rules must supply at least one api group")
            if rule["resources"].absent:
                yield required(rule["resources"].path, "resource rules must supply at least one resource")


_CHECKS: dict[tuple[str, str], Callable[[Part], Faults]] = {
    ("", "ConfigMap"): _data("data", "binaryData"),
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _workload,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _workload,
    ("apps", "StatefulSet"): _workload,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("batch", "CronJob"): _cron_job,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("policy", "PodDisruptionBudget"): _budget,
    ("rbac.authorization.k8s.io", "ClusterRole"): _role,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "Role"): _role,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
}
