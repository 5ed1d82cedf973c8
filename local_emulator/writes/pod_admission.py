"""What admission adds to a new Pod and refuses: LimitRanges, its ServiceAccount, its priority and tolerations.

These are the plugins LimitRanger, ServiceAccount, Priority and DefaultTolerationSeconds of a kube-apiserver with its usual settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from local_emulator.core import status
from local_emulator.core.status import ApiError
from local_emulator.core.store import CollectionKey, Store
from local_emulator.objects.model.quantity import canonical, parse

Object = dict[str, Any]
LIMITS: CollectionKey = ("", "limitranges")
ACCOUNTS: CollectionKey = ("", "serviceaccounts")
CLASSES: CollectionKey = ("scheduling.k8s.io", "priorityclasses")
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_UNREACHABLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def admit_pod(store: Store, obj: Object) -> Object:
    """The Pod as admission leaves it; ApiError 403 for one that it refuses."""
    namespace = obj["metadata"]["namespace"]
    limits = [limit for entry in store.scan(LIMITS, namespace) for limit in (entry.object().get("spec") or {}).get("limits") or ()]
    obj = _limited(obj, limits)
    spec = _account(store, obj)
    spec = _priority(store, spec, obj["metadata"]["name"])
    spec["tolerations"] = [*spec.get("tolerations", ()), *(_grace(key) for key in _UNREACHABLE if not _tolerates(spec, key))]
    obj = {**obj, "spec": spec}
    faults = sorted(set(_exceeded(spec, limits)))
    if faults:
        raise _forbidden(obj["metadata"]["name"], faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]")
    return obj


def _forbidden(name: str, why: str) -> ApiError:
    return status.forbidden("", "pods", name, why)


def _limited(obj: Object, limits: list[Object]) -> Object:
    """Requests and limits of containers that say none, from the LimitRanges of the namespace."""
    defaults: dict[str, Object] = {"limits": {}, "requests": {}}
    for limit in limits:
        if limit.get("type") == "Container":
            defaults["limits"] |= limit.get("default") or {}
            defaults["requests"] |= limit.get("defaultRequest") or {}
    if not any(defaults.values()):
        return obj
    spec, told = dict(obj["spec"]), []
    for member, word in (("containers", "container"), ("initContainers", "init container")):
        done = []
        for container in spec.get(member) or ():
            resources = dict(container.get("resources") or {})
            for part, kind in (("requests", "request"), ("limits", "limit")):
                missing = {name: value for name, value in sorted(defaults[part].items()) if name not in (resources.get(part) or {})}
                if missing:
                    resources[part] = {**(resources.get(part) or {}), **missing}
                    told.append(f"{', '.join(missing)} {kind} for {word} {container['name']}")
            done.append({**container, "resources": resources})
        if done:
            spec[member] = done
    metadata = obj["metadata"]
    if told:
        note = {"kubernetes.io/limit-ranger": "LimitRanger plugin set: " + "; ".join(told)}
        metadata = {**metadata, "annotations": {**(metadata.get("annotations") or {}), **note}}
    return {**obj, "metadata": metadata, "spec": spec}


def _exceeded(spec: Object, limits: list[Object]) -> Iterator[str]:
    """What the LimitRanges of the namespace do not allow a container."""
    for limit in limits:
        if limit.get("type") != "Container":
            continue
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            resources = container.get("resources") or {}
            requests, maxima = resources.get("requests") or {}, resources.get("limits") or {}
            for name, least in (limit.get("min") or {}).items():
                if name not in requests:
                    yield f"minimum {name} usage per Container is {least}.  No request is specified"
                elif _number(requests[name]) < _number(least):
                    yield f"minimum {name} usage per Container is {least}, but request is {canonical(str(requests[name]))}"
                if name in maxima and _number(maxima[name]) < _number(least):
                    yield f"minimum {name} usage per Container is {least}, but limit is {canonical(str(maxima[name]))}"
            for name, most in (limit.get("max") or {}).items():
                if name not in maxima:
                    yield f"maximum {name} usage per Container is {most}.  No limit is specified"
                elif _number(maxima[name]) > _number(most):
                    yield f"maximum {name} usage per Container is {most}, but limit is {canonical(str(maxima[name]))}"
                if name in requests and _number(requests[name]) > _number(most):
                    yield f"maximum {name} usage per Container is {most}, but request is {canonical(str(requests[name]))}"


def _number(quantity: Any) -> Decimal:
    return parse(str(quantity))[0]


def _account(store: Store, obj: Object) -> Object:
    """The spec with its ServiceAccount and, unless told otherwise, the account's token mounted in every container."""
    spec, metadata = dict(obj["spec"]), obj["metadata"]
    name = spec.get("serviceAccountName") or "default"
    namespace = metadata["namespace"]
    entry = store.get(ACCOUNTS, (namespace, name))
    if entry is None:
        raise _forbidden(metadata["name"], f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found')
    account: Any = entry.object()
    spec |= {"serviceAccountName": name, "serviceAccount": name}
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = account["imagePullSecrets"]
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount_token(store, spec)
    return spec


def _mount_token(store: Store, spec: Object) -> None:
    seed = int(store.new_uid().replace("-", ""), 16)
    volume = "kube-api-access-" + "".join(_ALPHABET[(seed >> (5 * i)) % len(_ALPHABET)] for i in range(5))
    mount = {"name": volume, "readOnly": True, "mountPath": MOUNT}
    mounted = False
    for member in ("initContainers", "containers"):
        if member not in spec:
            continue
        done = []
        for container in spec[member]:
            mounts = container.get("volumeMounts") or []
            if not any(one.get("mountPath") == MOUNT for one in mounts):
                container, mounted = {**container, "volumeMounts": [*mounts, mount]}, True
            done.append(container)
        spec[member] = done
    if mounted:
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": volume, "projected": {"sources": _SOURCES, "defaultMode": 420}}]


_SOURCES: list[Object] = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
]


def _priority(store: Store, spec: Object, pod: str) -> Object:
    name = spec.get("priorityClassName")
    if not name:
        for each in store.scan(CLASSES):
            found: Any = each.object()
            if found.get("globalDefault"):
                return {**spec, "priorityClassName": each.key[1], **_class(found)}
        return {"priority": 0, "preemptionPolicy": "PreemptLowerPriority", **spec}
    entry = store.get(CLASSES, ("", name))
    if entry is None:
        raise _forbidden(pod, f"no PriorityClass with name {name} was found")
    return {**spec, **_class(entry.object())}


def _class(found: Object) -> Object:
    return {"priority": found["value"], "preemptionPolicy": found.get("preemptionPolicy") or "PreemptLowerPriority"}


def _grace(key: str) -> Object:
    """Five minutes on a node that is gone."""
    return {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}


def _tolerates(spec: Object, key: str) -> bool:
    return any(one.get("key") in (key, None) and one.get("effect") in ("NoExecute", None) for one in spec.get("tolerations", ()))
