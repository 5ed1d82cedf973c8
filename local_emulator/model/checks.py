"""What the API server refuses in the usual built-in kinds: the rules that people meet, in its words and mostly in its order.

Each function takes a struct as it is read (defaults applied) and its path, and yields causes. Kinds without an entry are accepted
as their schema reads them. Names, labels and other metadata are checked elsewhere; so are immutable fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from local_emulator.builtin.facts import ENUMS
from local_emulator.codec import encode
from local_emulator.model.pods import check_pod_spec, check_template, labels_match
from local_emulator.model.unchangeable import check_unchanged
from local_emulator.model.wording import (
    SUBDOMAIN,
    SUBDOMAIN_TEXT,
    duplicate,
    forbidden,
    invalid,
    key_fault,
    not_negative,
    port_number,
    required,
    unsupported,
)
from local_emulator.status import Cause

Struct = dict[str, Any]
Check = Callable[[Struct], Iterator[Cause]]

_PORT_NAME_ALPHABET = re.compile(r"^[a-z0-9-]*$")


def check_builtin(group: str, kind: str, obj: Struct, old: Struct | None) -> list[Cause]:
    """Everything wrong with the object; nothing for kinds that are not looked at."""
    check = _CHECKS.get((group, kind))
    found = list(check(obj)) if check is not None else []
    if old is not None:
        found.extend(check_unchanged(group, kind, obj, old))
    return found


def _selected(spec: Struct, restart: tuple[str, ...] = ("Always",)) -> Iterator[Cause]:
    """Selector and template of a workload."""
    selector, labels = spec.get("selector"), (spec.get("template") or {}).get("metadata", {}).get("labels", {})
    if selector is None:
        yield required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid("spec.selector", selector, "empty selector is invalid for deployment")
    if not labels_match(selector, labels):
        yield invalid("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
    yield from check_template(spec["template"], "spec.template", restart)


def _deployment(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from not_negative(spec, "spec", "replicas")
    yield from _selected(spec)
    strategy = spec["strategy"]
    if strategy["type"] not in ENUMS["DeploymentStrategy.type"]:
        shown = {"Type": strategy["type"], "RollingUpdate": strategy.get("rollingUpdate")}
        yield unsupported("spec.strategy", shown, ("Recreate", "RollingUpdate"))
    elif strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
        yield forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif strategy["type"] == "RollingUpdate":
        rolling = strategy["rollingUpdate"]
        if rolling["maxUnavailable"] in (0, "0%") and rolling["maxSurge"] in (0, "0%"):
            yield invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")
    yield from not_negative(spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        yield invalid("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], "must be greater than minReadySeconds")


def _replica_set(obj: Struct) -> Iterator[Cause]:
    yield from not_negative(obj["spec"], "spec", "replicas", "minReadySeconds")
    yield from _selected(obj["spec"])


def _stateful_set(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if spec["podManagementPolicy"] not in ENUMS["StatefulSetSpec.podManagementPolicy"]:
        yield invalid("spec.podManagementPolicy", spec["podManagementPolicy"], "must be 'OrderedReady' or 'Parallel'")
    if spec["updateStrategy"]["type"] not in ENUMS["StatefulSetUpdateStrategy.type"]:
        yield invalid("spec.updateStrategy", spec["updateStrategy"], "must be 'RollingUpdate' or 'OnDelete'")
    yield from not_negative(spec, "spec", "replicas", "minReadySeconds")
    yield from _selected(spec)


def _daemon_set(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from _selected(spec)
    if spec["updateStrategy"]["type"] not in ENUMS["DaemonSetUpdateStrategy.type"]:
        yield unsupported("spec.updateStrategy.type", spec["updateStrategy"]["type"], ("RollingUpdate", "OnDelete"))
    yield from not_negative(spec, "spec", "minReadySeconds", "revisionHistoryLimit")


def _pod(obj: Struct) -> Iterator[Cause]:
    yield from check_pod_spec(obj["spec"], "spec")


def _job_spec(spec: Struct, where: str) -> Iterator[Cause]:
    yield from not_negative(spec, where, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    if spec.get("completionMode", "NonIndexed") not in ENUMS["JobSpec.completionMode"]:
        yield unsupported(f"{where}.completionMode", spec["completionMode"], ENUMS["JobSpec.completionMode"])
    yield from check_template(spec["template"], f"{where}.template", ("OnFailure", "Never"), job=True)


def _job(obj: Struct) -> Iterator[Cause]:
    yield from _job_spec(obj["spec"], "spec")


_CRON_FIELD = re.compile(r"^[\w*/,?-]+$")


def _cron_job(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    schedule = spec.get("schedule", "")
    if not schedule:
        yield required("spec.schedule")
    else:
        fields = schedule.split()
        macro = schedule.startswith("@")
        if not macro and len(fields) != 5:
            yield invalid("spec.schedule", schedule, f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
        elif not macro and not all(_CRON_FIELD.match(part) for part in fields):
            yield invalid("spec.schedule", schedule, "failed to parse schedule")
    if spec["concurrencyPolicy"] not in ENUMS["CronJobSpec.concurrencyPolicy"]:
        yield unsupported("spec.concurrencyPolicy", spec["concurrencyPolicy"], ENUMS["CronJobSpec.concurrencyPolicy"])
    yield from not_negative(spec, "spec", "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from _job_spec(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")


def _service(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    ports, kind = spec.get("ports", []), spec["type"]
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    if kind == "ExternalName" and not spec.get("externalName"):
        yield required("spec.externalName")
    names: set[str] = set()
    seen: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        where = f"spec.ports[{index}]"
        name = port.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{where}.name")
        elif name:
            fault = key_fault(name, label=True)
            if fault:
                yield invalid(f"{where}.name", name, fault)
            if name in names:
                yield duplicate(f"{where}.name", name)
            names.add(name)
        yield from port_number(f"{where}.port", port["port"])
        if port["protocol"] not in ENUMS["ServicePort.protocol"]:
            yield unsupported(f"{where}.protocol", port["protocol"], ENUMS["ServicePort.protocol"])
        yield from _target_port(f"{where}.targetPort", port["targetPort"])
    if spec["sessionAffinity"] not in ENUMS["ServiceSpec.sessionAffinity"]:
        yield unsupported("spec.sessionAffinity", spec["sessionAffinity"], ENUMS["ServiceSpec.sessionAffinity"])
    if kind not in ENUMS["ServiceSpec.type"]:
        yield unsupported("spec.type", kind, ENUMS["ServiceSpec.type"])
    for index, port in enumerate(ports):
        key = (port["protocol"], port["port"])
        if key in seen:
            shown = {"protocol": port["protocol"], "port": port["port"]}
            yield Cause(f"spec.ports[{index}]", f"Duplicate value: {encode(shown).decode()}", "FieldValueDuplicate")
        seen.add(key)
        if port.get("nodePort") and kind not in ("NodePort", "LoadBalancer"):
            yield forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")


def _target_port(where: str, value: Any) -> Iterator[Cause]:
    if isinstance(value, int):
        yield from port_number(where, value)
        return
    if len(value) > 15:
        yield invalid(where, value, "must be no more than 15 characters")
    if not _PORT_NAME_ALPHABET.match(value):
        yield invalid(where, value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", value):
        yield invalid(where, value, "must contain at least one letter (a-z)")
    if value.startswith("-") or value.endswith("-"):
        yield invalid(where, value, "must not begin or end with a hyphen")
    if "--" in value:
        yield invalid(where, value, "must not contain consecutive hyphens")


def _data(*members: str) -> Check:
    """Keys of ConfigMaps and Secrets."""

    def check(obj: Struct) -> Iterator[Cause]:
        size = 0
        for member in members:
            for key, value in obj.get(member, {}).items():
                fault = key_fault(key)
                if fault:
                    yield invalid(f"{member}[{key}]", key, fault)
                size += len(value)
        if "binaryData" in members:
            for key in sorted(obj.get("binaryData", {}).keys() & obj.get("data", {}).keys()):
                yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        if size > 1024 * 1024:
            yield Cause("", "Too long: may not be more than 1048576 bytes", "FieldValueTooLong")

    return check


def _secret(obj: Struct) -> Iterator[Cause]:
    yield from _data("data")(obj)
    needed = {
        "kubernetes.io/tls": ("tls.crt", "tls.key"),
        "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
        "kubernetes.io/dockercfg": (".dockercfg",),
        "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    }
    for key in needed.get(obj["type"], ()):
        if key not in obj.get("data", {}):
            yield required(f"data[{key}]")


def _ingress_backend(backend: Struct, where: str) -> Iterator[Cause]:
    service = backend.get("service")
    if service is None and "resource" not in backend:
        yield required(where, "port name or number is required")
    if service is not None:
        if not service.get("name"):
            yield required(f"{where}.service.name")
        port = service["port"]
        if not port.get("name") and not port.get("number"):
            yield required(where, "port name or number is required")
        elif port.get("number"):
            yield from port_number(f"{where}.service.port.number", port["number"])


def _ingress(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("rules") and "defaultBackend" not in spec:
        yield invalid("spec", [], "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _ingress_backend(spec["defaultBackend"], "spec.defaultBackend")
    name = spec.get("ingressClassName")
    if name is not None and not SUBDOMAIN.match(name):
        yield invalid("spec.ingressClassName", name, SUBDOMAIN_TEXT)
    for index, rule in enumerate(spec.get("rules", ())):
        http = rule.get("http")
        if http is not None and not http.get("paths"):
            yield required(f"spec.rules[{index}].http.paths")
        for position, path in enumerate((http or {}).get("paths") or ()):
            where = f"spec.rules[{index}].http.paths[{position}]"
            kind = path.get("pathType")
            if kind is None:
                yield required(f"{where}.pathType", "pathType must be specified")
                continue
            if kind not in ENUMS["HTTPIngressPath.pathType"]:
                yield unsupported(f"{where}.pathType", kind, ("Exact", "ImplementationSpecific", "Prefix"))
            elif kind != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                yield invalid(f"{where}.path", path.get("path", ""), "must be an absolute path")
            yield from _ingress_backend(path["backend"], f"{where}.backend")


def _autoscaler(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if spec.get("minReplicas", 1) < 1:
        yield invalid("spec.minReplicas", spec["minReplicas"], "must be greater than or equal to 1")
    if spec.get("maxReplicas", 0) < 1:
        yield invalid("spec.maxReplicas", spec.get("maxReplicas", 0), "must be greater than 0")
    elif spec["maxReplicas"] < spec.get("minReplicas", 1):
        yield invalid("spec.maxReplicas", spec["maxReplicas"], "must be greater than or equal to `minReplicas`")
    for member in ("kind", "name"):
        if not spec["scaleTargetRef"].get(member):
            yield required(f"spec.scaleTargetRef.{member}")
    target = spec["scaleTargetRef"]
    if "/" not in target.get("apiVersion", "") and target.get("kind") != "ReplicationController":
        yield invalid("spec.scaleTargetRef.apiVersion", target.get("apiVersion", ""), "apiVersion must specify API group")


def _claim(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    modes = spec.get("accessModes", [])
    if not modes:
        yield required("spec.accessModes", "at least 1 access mode is required")
    for mode in modes:
        if mode not in ENUMS["PersistentVolumeClaimSpec.accessModes[]"]:
            yield unsupported("spec.accessModes", mode, ENUMS["PersistentVolumeClaimSpec.accessModes[]"])
    if "storage" not in spec["resources"].get("requests", {}):
        yield required("spec.resources[storage]")


def _budget(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")


def _role_binding(obj: Struct) -> Iterator[Cause]:
    reference = obj["roleRef"]
    if reference["apiGroup"] != "rbac.authorization.k8s.io":
        yield unsupported("roleRef.apiGroup", reference["apiGroup"], ("rbac.authorization.k8s.io",))
    allowed = ("ClusterRole",) if obj["kind"] == "ClusterRoleBinding" else ("ClusterRole", "Role")
    if reference["kind"] not in allowed:
        yield unsupported("roleRef.kind", reference["kind"], allowed)
    if not reference["name"]:
        yield required("roleRef.name")
    for index, subject in enumerate(obj.get("subjects", ())):
        where = f"subjects[{index}]"
        if not subject.get("name"):
            yield required(f"{where}.name")
        if subject.get("kind") not in ("ServiceAccount", "User", "Group"):
            yield unsupported(f"{where}.kind", subject.get("kind", ""), ("Group", "ServiceAccount", "User"))
        elif subject["kind"] == "ServiceAccount" and not subject.get("namespace"):
            yield required(f"{where}.namespace")


def _role(obj: Struct) -> Iterator[Cause]:
    for index, rule in enumerate(obj.get("rules") or ()):
        where = f"rules[{index}]"
        if not rule.get("verbs"):
            yield required(f"{where}.verbs", "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            if obj["kind"] == "Role":
                yield invalid(f"{where}.nonResourceURLs", rule["nonResourceURLs"], "namespaced rules cannot apply to non-resource URLs")
            continue
        if not rule.get("apiGroups"):
            yield required(f"{where}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            yield required(f"{where}.resources", "resource rules must supply at least one resource")


def _priority_class(obj: Struct) -> Iterator[Cause]:
    if obj["value"] > 1_000_000_000 and not obj["metadata"].get("name", "").startswith("system-"):
        words = "maximum allowed value of a user defined priority is 1000000000"
        yield forbidden("value", words)


def _network_policy(obj: Struct) -> Iterator[Cause]:
    for index, kind in enumerate(obj["spec"].get("policyTypes", ())):
        if kind not in ("Ingress", "Egress"):
            yield unsupported(f"spec.policyTypes[{index}]", kind, ("Egress", "Ingress"))


_CHECKS: dict[tuple[str, str], Check] = {
    ("", "ConfigMap"): _data("data", "binaryData"),
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
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
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
}
