"""What built-in kinds do beyond their schema: initial status, allocation, immutable fields, life after DELETE."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_emulator.core import status
from local_emulator.core.codec import encode
from local_emulator.core.registry import Resource
from local_emulator.core.status import Cause
from local_emulator.core.store import CollectionKey, Store
from local_emulator.core.writing import CRDS, NAMESPACES, Rules
from local_emulator.kinds.crds import CrdRules, Validate
from local_emulator.objects.metadata import timestamp
from local_emulator.writes.pod_admission import admit_pod

Object = dict[str, Any]
PROTECTED_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})
NAME_LABEL = "kubernetes.io/metadata.name"
SERVICES: CollectionKey = ("", "services")


def _child(obj: Object, name: str) -> Object:
    value = obj.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _immutable(resource: Resource, obj: Object, old: Object, *paths: str) -> None:
    causes = []
    for path in paths:
        new_value: Any = obj
        old_value: Any = old
        for part in path.split("."):
            new_value = new_value.get(part) if isinstance(new_value, dict) else None
            old_value = old_value.get(part) if isinstance(old_value, dict) else None
        if new_value != old_value:
            shown = encode(new_value).decode() if not isinstance(new_value, str) else f'"{new_value}"'
            causes.append(Cause(path, f"Invalid value: {shown}: field is immutable"))
    if causes:
        raise status.invalid(resource.group, resource.kind, obj["metadata"]["name"], causes)


class InitialStatus:
    """A kind whose status starts with fixed content and whose listed fields never change."""

    def __init__(self, initial: Object, *immutable: str) -> None:
        self.initial, self.immutable = initial, immutable

    def decoded(self, _resource: Resource, obj: Object) -> Object:
        return obj

    def on_create(self, _resource: Resource, obj: Object) -> Object:
        return {**obj, "status": dict(self.initial)}

    def on_update(self, resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
        if not subresource:
            _immutable(resource, obj, old, *self.immutable)
        return obj

    def on_delete(self, _resource: Resource, _obj: Object) -> Object | None:
        return None


class NamespaceRules(InitialStatus):
    """Namespaces: the name label, the ``kubernetes`` finalizer in spec, and Terminating."""

    def __init__(self) -> None:
        super().__init__({"phase": "Active"})

    def on_create(self, resource: Resource, obj: Object) -> Object:
        spec = _child(obj, "spec")
        spec["finalizers"] = ["kubernetes"]
        return super().on_create(resource, {**obj, "spec": spec})

    def on_update(self, _resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
        if subresource == "finalize":
            return {**obj, "status": old.get("status") or {}}
        return {**obj, "spec": old.get("spec") or {}}

    def decoded(self, _resource: Resource, obj: Object) -> Object:
        metadata = _child(obj, "metadata")
        metadata["labels"] = {**(metadata.get("labels") or {}), NAME_LABEL: metadata.get("name", "")}
        return {**obj, "metadata": metadata}

    def on_delete(self, _resource: Resource, obj: Object) -> Object | None:
        name = obj["metadata"]["name"]
        if name in PROTECTED_NAMESPACES:
            raise status.forbidden("", "namespaces", name, "this namespace may not be deleted")
        return {**obj, "status": {**_child(obj, "status"), "phase": "Terminating"}}


class ServiceRules(InitialStatus):
    """Services: a cluster IP from 10.96.0.0/16 (the lowest free address), and the fields that follow from it."""

    def __init__(self, store: Store) -> None:
        super().__init__({"loadBalancer": {}})
        self.store = store

    def on_create(self, resource: Resource, obj: Object) -> Object:
        return super().on_create(resource, {**obj, "spec": self._allocated(_child(obj, "spec"), {})})

    def on_update(self, _resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
        if subresource:
            return obj
        spec = self._allocated(_child(obj, "spec"), _child(old, "spec"))
        old_ip = _child(old, "spec").get("clusterIP")
        if old_ip and old_ip != "None" and spec.get("clusterIP") != old_ip and spec.get("type") != "ExternalName":
            cause = Cause("spec.clusterIPs[0]", f'Invalid value: ["{spec.get("clusterIP", "")}"]: may not change once set')
            raise status.invalid("", "Service", obj["metadata"]["name"], [cause])
        return {**obj, "spec": spec}

    def _allocated(self, spec: Object, old: Object) -> Object:
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("sessionAffinity", "None")
        if spec["type"] == "ExternalName":
            return spec
        if spec["type"] in ("NodePort", "LoadBalancer"):
            spec["ports"] = self._node_ports(spec.get("ports") or [], old.get("ports") or [])
            spec.setdefault("externalTrafficPolicy", "Cluster")
        if spec["type"] == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)
        if not spec.get("clusterIP"):
            spec["clusterIP"] = old.get("clusterIP") or self._free_address()
        spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", old.get("ipFamilies") or ["IPv4"])
        spec.setdefault("ipFamilyPolicy", old.get("ipFamilyPolicy") or "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
        return spec

    def _free_address(self) -> str:
        used = {_child(entry.object(), "spec").get("clusterIP") for entry in self.store.scan(SERVICES)}
        return next(text for n in range(1, 65534) if (text := f"10.96.{n >> 8}.{n & 255}") not in used)

    def _node_ports(self, ports: list[Object], old: list[Object]) -> list[Object]:
        used = {port.get("nodePort") for entry in self.store.scan(SERVICES) for port in _child(entry.object(), "spec").get("ports") or ()}
        held = {(port.get("port"), port.get("protocol", "TCP")): port.get("nodePort") for port in old}
        given = []
        for port in ports:
            wanted = port.get("nodePort") or held.get((port.get("port"), port.get("protocol", "TCP")))
            if not wanted:
                wanted = next(number for number in range(30000, 32768) if number not in used)
            used.add(wanted)
            given.append({**port, "nodePort": wanted})
        return given


class DataRules:
    """ConfigMaps and Secrets: ``immutable``, and a Secret's ``stringData`` and ``type``."""

    def __init__(self, secret: bool) -> None:
        self.secret = secret

    def on_create(self, _resource: Resource, obj: Object) -> Object:
        return obj

    def decoded(self, _resource: Resource, obj: Object) -> Object:
        if not self.secret:
            return obj
        obj = dict(obj)
        plain = obj.pop("stringData", None)
        if plain:
            encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
            obj["data"] = {**(obj.get("data") or {}), **encoded}
        obj.setdefault("type", "Opaque")
        return obj

    def on_update(self, resource: Resource, obj: Object, old: Object, _subresource: str) -> Object:
        if self.secret:
            _immutable(resource, obj, old, "type")
        if old.get("immutable"):
            causes = [
                Cause(member, "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden")
                for member in ("immutable", "data", "binaryData")
                if obj.get(member) != old.get(member)
            ]
            if causes:
                raise status.invalid("", resource.kind, obj["metadata"]["name"], causes)
        return obj

    def on_delete(self, _resource: Resource, _obj: Object) -> Object | None:
        return None


class JobRules(InitialStatus):
    """Jobs: the selector and labels that tie pods to the Job's uid."""

    def __init__(self) -> None:
        super().__init__({}, "spec.selector", "spec.template", "spec.completionMode")

    def on_create(self, resource: Resource, obj: Object) -> Object:
        spec, metadata = _child(obj, "spec"), obj["metadata"]
        if not spec.get("manualSelector"):
            uid, name = metadata["uid"], metadata.get("name", "")
            labels = {
                "batch.kubernetes.io/controller-uid": uid,
                "batch.kubernetes.io/job-name": name,
                "controller-uid": uid,
                "job-name": name,
            }
            template = _child(spec, "template")
            inner = _child(template, "metadata")
            inner["labels"] = {**(inner.get("labels") or {}), **labels}
            spec["template"] = {**template, "metadata": inner}
            spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
            if metadata.get("labels") == _child(_child(obj["spec"], "template"), "metadata").get("labels"):
                # Labels that came from the template are the template's in the API server, the same map.
                obj = {**obj, "metadata": {**metadata, "labels": inner["labels"]}}
        return super().on_create(resource, {**obj, "spec": spec})


class PodRules(InitialStatus):
    """Pods: Pending with a QoS class; of the spec almost nothing may change."""

    def __init__(self, store: Store) -> None:
        super().__init__({})
        self.store = store

    def on_create(self, _resource: Resource, obj: Object) -> Object:
        obj = admit_pod(self.store, obj)
        return {**obj, "status": {"phase": "Pending", "qosClass": _qos(obj["spec"])}}


class ProtectedRules(InitialStatus):
    """Claims and volumes: Pending, and kept by a finalizer while something uses them."""

    def __init__(self, finalizer: str, now: Callable[[], datetime] | None = None) -> None:
        super().__init__({"phase": "Pending"})
        self.finalizer, self.now = finalizer, now

    def on_create(self, resource: Resource, obj: Object) -> Object:
        metadata = obj["metadata"]
        held = list(metadata.get("finalizers") or ())
        kept = held if self.finalizer in held else [*held, self.finalizer]
        made = super().on_create(resource, {**obj, "metadata": {**metadata, "finalizers": kept}})
        return {**made, "status": {**made["status"], "lastPhaseTransitionTime": timestamp(self.now())}} if self.now else made


def _qos(spec: Object) -> str:
    guaranteed, any_set = True, False
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        any_set = any_set or bool(requests or limits)
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                guaranteed = False
    return "Guaranteed" if guaranteed and any_set else "Burstable" if any_set else "BestEffort"


def builtin_rules(store: Store, validate_crd: Validate) -> dict[CollectionKey, Rules]:
    """Rules by collection for a server over ``store``."""
    plain = InitialStatus({})
    selected = InitialStatus({}, "spec.selector")
    return {
        CRDS: CrdRules(validate_crd, store.now),
        NAMESPACES: NamespaceRules(),
        SERVICES: ServiceRules(store),
        ("", "configmaps"): DataRules(secret=False),
        ("", "secrets"): DataRules(secret=True),
        ("", "pods"): PodRules(store),
        ("", "nodes"): plain,
        ("", "persistentvolumeclaims"): ProtectedRules("kubernetes.io/pvc-protection"),
        ("", "persistentvolumes"): ProtectedRules("kubernetes.io/pv-protection", store.now),
        ("", "replicationcontrollers"): InitialStatus({"replicas": 0}),
        ("", "resourcequotas"): plain,
        ("apps", "deployments"): selected,
        ("apps", "daemonsets"): InitialStatus(
            {"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0}, "spec.selector"
        ),
        ("apps", "replicasets"): InitialStatus({"replicas": 0}, "spec.selector"),
        ("apps", "statefulsets"): InitialStatus(
            {"replicas": 0, "availableReplicas": 0}, "spec.selector", "spec.serviceName", "spec.podManagementPolicy"
        ),
        ("autoscaling", "horizontalpodautoscalers"): InitialStatus({"desiredReplicas": 0, "currentMetrics": None}),
        ("batch", "jobs"): JobRules(),
        ("batch", "cronjobs"): plain,
        ("networking.k8s.io", "ingresses"): InitialStatus({"loadBalancer": {}}),
        ("policy", "poddisruptionbudgets"): InitialStatus(
            {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
        ),
    }
