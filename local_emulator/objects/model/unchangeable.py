"""Fields of built-in kinds that never change once written, and how the API server says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from local_emulator.core.status import Cause
from local_emulator.objects.model.wording import forbidden, invalid

Struct = dict[str, Any]

_STATEFUL_SET = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
_POD = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates")

_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Secret"): ("type",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "volumeBindingMode"),
}


def check_unchanged(group: str, kind: str, obj: Struct, old: Struct) -> Iterator[Cause]:
    """A cause for every field that changed and may not."""
    for path in _FIELDS.get((group, kind), ()):
        new = _at(obj, path)
        if new != _at(old, path):
            words = "may not be changed in an update." if kind == "PriorityClass" else "field is immutable"
            yield forbidden(path, words) if kind == "PriorityClass" else invalid(path, new, words)
    special = _SPECIAL.get((group, kind))
    if special is not None:
        yield from special(obj, old)


def _at(obj: Struct, path: str) -> Any:
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _without(spec: Struct, names: tuple[str, ...]) -> Struct:
    return {name: value for name, value in spec.items() if name not in names}


def _stateful_set(obj: Struct, old: Struct) -> Iterator[Cause]:
    if _without(obj["spec"], _STATEFUL_SET) != _without(old["spec"], _STATEFUL_SET):
        names = ", ".join(f"'{name}'" for name in _STATEFUL_SET[:-1])
        yield forbidden("spec", f"updates to statefulset spec for fields other than {names} and '{_STATEFUL_SET[-1]}' are forbidden")


def _pod(obj: Struct, old: Struct) -> Iterator[Cause]:
    if _frozen_pod(obj["spec"]) != _frozen_pod(old["spec"]):
        yield forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
            "(allow it to be set to 1 if it was previously negative)",
        )


def _frozen_pod(spec: Struct) -> Struct:
    """What stays as it is: everything but images, and a few fields that may change in one direction."""
    frozen = _without(spec, (*_POD, "containers", "initContainers", "nodeName"))
    for member in ("containers", "initContainers"):
        frozen[member] = [_without(container, ("image",)) for container in spec.get(member) or ()]
    return frozen


def _claim(obj: Struct, old: Struct) -> Iterator[Cause]:
    def fixed(spec: Struct) -> Struct:
        bound_later = ("volumeName", "volumeAttributesClassName", "resources")
        return _without(spec, bound_later)

    if fixed(obj["spec"]) != fixed(old["spec"]):
        words = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        yield forbidden("spec", words)


def _job(obj: Struct, old: Struct) -> Iterator[Cause]:
    new, was = obj["spec"], old["spec"]
    if new.get("completionMode") != "Indexed" and new.get("completions") != was.get("completions"):
        yield invalid("spec.completions", new.get("completions"), "field is immutable")
    # Selector and labels are added when a Job is created; a client that leaves the selector out means the same.
    for member in ("selector", "template", "completionMode"):
        if member in new and new[member] != was.get(member):
            yield invalid(f"spec.{member}", new[member], "field is immutable")


def _role_binding(obj: Struct, old: Struct) -> Iterator[Cause]:
    if obj["roleRef"] != old["roleRef"]:
        shown = {"APIGroup": obj["roleRef"]["apiGroup"], "Kind": obj["roleRef"]["kind"], "Name": obj["roleRef"]["name"]}
        yield invalid("roleRef", shown, "cannot change roleRef")


_SPECIAL: dict[tuple[str, str], Callable[[Struct, Struct], Iterator[Cause]]] = {
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
}
