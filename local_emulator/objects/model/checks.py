"""What the API server refuses in the usual built-in kinds: the rules that people meet, in its words and mostly in its order.

Each function takes a struct as it is read (defaults applied) and its path, and yields causes. Kinds without an entry are accepted
as their schema reads them. Names, labels and other metadata are checked elsewhere; so are immutable fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from graphcore.openapi.selectors import is_empty, labels_match
from local_emulator.core.status import Cause
from local_emulator.objects.builtin.facts import ENUMS
from local_emulator.objects.model.labels import check_labels, check_selector
from local_emulator.objects.model.networks import check_ingress, check_network_policy, check_service
from local_emulator.objects.model.pods import check_pod_spec, check_template
from local_emulator.objects.model.quantity import parse
from local_emulator.objects.model.unchangeable import check_unchanged
from local_emulator.objects.model.wording import (
    SUBDOMAIN,
    SUBDOMAIN_TEXT,
    forbidden,
    invalid,
    key_fault,
    not_negative,
    required,
    unsupported,
)

Struct = dict[str, Any]
Check = Callable[[Struct], Iterator[Cause]]


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
    faults = list(check_selector(selector or {}, "spec.selector"))
    empty = selector is not None and is_empty(selector)
    yield from faults
    if selector is None:
        yield required("spec.selector")
    elif empty:
        yield invalid("spec.selector", selector, "empty selector is invalid for deployment")
    elif faults:
        yield invalid("spec.selector", selector, "invalid label selector")
    yield from check_labels(labels, "spec.template.labels")
    if not faults and not empty and not labels_match(selector, labels):
        yield invalid("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
    claims = {claim["metadata"].get("name", "") for claim in spec.get("volumeClaimTemplates") or () if "metadata" in claim}
    yield from check_template(spec["template"], "spec.template", restart, claims=claims)


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
    asked = spec["resources"].get("requests", {}).get("storage")
    if asked is None:
        yield required("spec.resources[storage]")
    elif parse(asked)[0] <= 0:
        yield invalid("spec.resources[storage]", asked, "must be greater than zero")
    if spec.get("storageClassName") and not SUBDOMAIN.match(spec["storageClassName"]):
        yield invalid("spec.storageClassName", spec["storageClassName"], SUBDOMAIN_TEXT)
    if spec["volumeMode"] not in ("Block", "Filesystem"):
        yield unsupported("spec.volumeMode", spec["volumeMode"], ("Block", "Filesystem"))


def _budget(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    yield from _one_of("PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy", spec.get("unhealthyPodEvictionPolicy"), "spec.")


def _one_of(fact: str, value: str | None, where: str = "") -> Iterator[Cause]:
    """A member of which only some values are possible. fact: its type and name."""
    if value is not None and value not in ENUMS[fact]:
        yield unsupported(f"{where}{fact.partition('.')[2]}", value, ENUMS[fact])


def _storage_class(obj: Struct) -> Iterator[Cause]:
    for member in ("reclaimPolicy", "volumeBindingMode"):
        yield from _one_of(f"StorageClass.{member}", obj.get(member))


def _quota(obj: Struct) -> Iterator[Cause]:
    scopes = (obj.get("spec") or {}).get("scopes") or []
    if any(scope not in ENUMS["ResourceQuotaSpec.scopes[]"] for scope in scopes):
        yield invalid("spec.scopes", scopes, "unsupported scope")


def _role_binding(obj: Struct) -> Iterator[Cause]:
    reference = obj["roleRef"]
    if reference["apiGroup"] != "rbac.authorization.k8s.io":
        yield unsupported("roleRef.apiGroup", reference["apiGroup"], ("rbac.authorization.k8s.io",))
    everywhere = obj["kind"] == "ClusterRoleBinding"
    allowed = ("ClusterRole",) if everywhere else ("ClusterRole", "Role")
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
        elif everywhere and subject["kind"] == "ServiceAccount" and not subject.get("namespace"):
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
    yield from _one_of("PriorityClass.preemptionPolicy", obj.get("preemptionPolicy"))


_CHECKS: dict[tuple[str, str], Check] = {
    ("", "ConfigMap"): _data("data", "binaryData"),
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ResourceQuota"): _quota,
    ("", "Pod"): _pod,
    ("", "Secret"): _secret,
    ("", "Service"): check_service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("batch", "CronJob"): _cron_job,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): check_ingress,
    ("networking.k8s.io", "NetworkPolicy"): check_network_policy,
    ("policy", "PodDisruptionBudget"): _budget,
    ("rbac.authorization.k8s.io", "ClusterRole"): _role,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "Role"): _role,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    ("storage.k8s.io", "StorageClass"): _storage_class,
}
