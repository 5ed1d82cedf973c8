"""The defaults of built-in kinds that no schema declares, by hand.

One function per definition (by the last part of its name, or by all of it where that is not enough), called with the freshly
read struct; nested structs have their defaults already. Each was compared with what a kube-apiserver 1.36 stores.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from local_emulator.objects.autoscalers import METRICS

Struct = dict[str, Any]
Default = Callable[[Struct], None]


def _set(**values: Any) -> Default:
    """Scalars that are set when absent."""
    pairs = tuple(values.items())

    def default(struct: Struct) -> None:
        for name, value in pairs:
            struct.setdefault(name, value)

    return default


def _pull_policy(image: str) -> str:
    """Always for images without a tag or with ``latest``, unless a digest pins them."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _container(struct: Struct) -> None:
    struct.setdefault("terminationMessagePath", "/dev/termination-log")
    struct.setdefault("terminationMessagePolicy", "File")
    struct.setdefault("imagePullPolicy", _pull_policy(struct.get("image", "")))


def _pod_spec(struct: Struct) -> None:
    struct.setdefault("restartPolicy", "Always")
    struct.setdefault("terminationGracePeriodSeconds", 30)
    struct.setdefault("dnsPolicy", "ClusterFirst")
    struct.setdefault("securityContext", {})
    struct.setdefault("schedulerName", "default-scheduler")
    if struct.get("serviceAccountName"):
        struct["serviceAccount"] = struct["serviceAccountName"]
    elif struct.get("serviceAccount"):
        struct["serviceAccountName"] = struct["serviceAccount"]


def _volume(struct: Struct) -> None:
    if len(struct) == 1:
        struct["emptyDir"] = {}


def _http_get(struct: Struct) -> None:
    struct.setdefault("path", "/")
    struct.setdefault("scheme", "HTTP")


def _rolling_update(surge: Any, unavailable: Any) -> Default:
    def default(struct: Struct) -> None:
        if struct.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = struct.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", unavailable)
            rolling.setdefault("maxSurge", surge)

    return default


def _daemon_set(struct: Struct) -> None:
    """A relic of extensions/v1beta1 that every DaemonSet carries."""
    annotations = struct["metadata"].get("annotations", {})
    struct["metadata"]["annotations"] = {"deprecated.daemonset.template.generation": "1", **annotations}


def _stateful_set_strategy(struct: Struct) -> None:
    if struct.setdefault("type", "RollingUpdate") == "RollingUpdate":
        struct.setdefault("rollingUpdate", {}).setdefault("partition", 0)


def _stateful_set(struct: Struct) -> None:
    struct.setdefault("replicas", 1)
    struct.setdefault("podManagementPolicy", "OrderedReady")
    struct.setdefault("revisionHistoryLimit", 10)
    retention = struct.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    for claim in struct.get("volumeClaimTemplates", ()):
        claim["apiVersion"], claim["kind"] = "v1", "PersistentVolumeClaim"
        claim["status"].setdefault("phase", "Pending")


def _service_port(struct: Struct) -> None:
    struct.setdefault("protocol", "TCP")
    if struct.get("targetPort") in (None, 0, ""):
        struct["targetPort"] = struct.get("port", 0)


def _service(struct: Struct) -> None:
    kind = struct.setdefault("type", "ClusterIP")
    if struct.setdefault("sessionAffinity", "None") == "ClientIP":
        struct.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
    if kind == "ExternalName":
        return
    if kind in ("NodePort", "LoadBalancer"):
        struct.setdefault("externalTrafficPolicy", "Cluster")
    struct.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        struct.setdefault("allocateLoadBalancerNodePorts", True)


def _job(obj: Struct) -> None:
    """Not in the template of a CronJob: that is defaulted when the Job is made."""
    struct, metadata = obj["spec"], obj["metadata"]
    if not metadata.get("labels") and struct["template"]["metadata"].get("labels"):
        metadata["labels"] = dict(struct["template"]["metadata"]["labels"])
    struct.setdefault("manualSelector", False)
    if "completions" not in struct and "parallelism" not in struct:
        struct["completions"] = 1
    struct.setdefault("parallelism", 1)
    if "backoffLimit" not in struct:
        struct["backoffLimit"] = 2**31 - 1 if "backoffLimitPerIndex" in struct else 6
    struct.setdefault("completionMode", "NonIndexed")
    struct.setdefault("suspend", False)
    struct.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in struct else "TerminatingOrFailed")


def _network_policy(struct: Struct) -> None:
    if "policyTypes" not in struct:
        struct["policyTypes"] = ["Ingress", "Egress"] if struct.get("egress") is not None else ["Ingress"]


def _rule(struct: Struct) -> None:
    struct.setdefault("kind", "")
    if not struct.get("apiGroup"):
        struct["apiGroup"] = "rbac.authorization.k8s.io"


def _subject(struct: Struct) -> None:
    if not struct.get("apiGroup") and struct.get("kind") in ("User", "Group"):
        struct["apiGroup"] = "rbac.authorization.k8s.io"


def _horizontal_pod_autoscaler(struct: Struct) -> None:
    struct.setdefault("minReplicas", 1)
    if not struct.get("metrics"):
        struct["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]


def _first_autoscaler(struct: Struct) -> None:
    """Version 1 knows other metrics by an annotation alone."""
    spec = struct["spec"]
    spec.setdefault("minReplicas", 1)
    if METRICS not in struct["metadata"].get("annotations", {}):
        spec.setdefault("targetCPUUtilizationPercentage", 80)


def _scaling_behavior(struct: Struct) -> None:
    up = {"selectPolicy": "Max", "policies": [_policy("Pods", 4), _policy("Percent", 100)], "stabilizationWindowSeconds": 0}
    down = {"selectPolicy": "Max", "policies": [_policy("Percent", 100)]}
    struct["scaleUp"] = {**up, **struct.get("scaleUp", {})}
    struct["scaleDown"] = {**down, **struct.get("scaleDown", {})}


def _policy(kind: str, value: int) -> Struct:
    return {"type": kind, "value": value, "periodSeconds": 15}


def _namespace(struct: Struct) -> None:
    name = struct["metadata"].get("name")
    if name:
        struct["metadata"]["labels"] = {**struct["metadata"].get("labels", {}), "kubernetes.io/metadata.name": name}


def _secret(struct: Struct) -> None:
    """``stringData`` is a way to write ``data``; it is never stored."""
    plain = struct.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        struct["data"] = {**struct.get("data", {}), **encoded}
    struct.setdefault("type", "Opaque")


def _crd_names(struct: Struct) -> None:
    kind = struct.get("kind", "")
    if kind:
        if not struct.get("singular"):
            struct["singular"] = kind.lower()
        if not struct.get("listKind"):
            struct["listKind"] = f"{kind}List"


def _crd(struct: Struct) -> None:
    struct.setdefault("conversion", {"strategy": "None"})


def _pod(struct: Struct) -> None:
    """Requests follow limits, and host ports the host network, but only in pods themselves, not in templates."""
    spec = struct["spec"]
    if spec.get("hostNetwork"):
        for container in [*(spec.get("containers") or ()), *spec.get("initContainers", ())]:
            for port in container.get("ports", ()):
                port.setdefault("hostPort", port.get("containerPort"))
    for container in [*(spec.get("containers") or ()), *spec.get("initContainers", ())]:
        limits = container["resources"].get("limits")
        if limits:
            container["resources"]["requests"] = {**limits, **container["resources"].get("requests", {})}
    if spec.get("enableServiceLinks") is None:
        spec["enableServiceLinks"] = True


def _endpoint_port(struct: Struct) -> None:
    struct.setdefault("protocol", "TCP")


def _limit(struct: Struct) -> None:
    if struct.get("type") != "Container":
        return
    default = {**struct.get("max", {}), **struct.get("default", {})}
    request = {**struct.get("min", {}), **default, **struct.get("defaultRequest", {})}
    struct.update({name: value for name, value in (("default", default), ("defaultRequest", request)) if value})


def _webhook(struct: Struct) -> None:
    struct.setdefault("failurePolicy", "Fail")
    struct.setdefault("matchPolicy", "Equivalent")
    struct.setdefault("namespaceSelector", {})
    struct.setdefault("objectSelector", {})
    struct.setdefault("timeoutSeconds", 10)


def _mutating_webhook(struct: Struct) -> None:
    _webhook(struct)
    struct.setdefault("reinvocationPolicy", "Never")


def _match_resources(struct: Struct) -> None:
    struct.setdefault("matchPolicy", "Equivalent")
    struct.setdefault("namespaceSelector", {})
    struct.setdefault("objectSelector", {})


_MODE = _set(defaultMode=0o644)

DEFAULTERS: dict[str, Default] = {
    "CSIDriverSpec": _set(
        attachRequired=True,
        podInfoOnMount=False,
        storageCapacity=False,
        fsGroupPolicy="ReadWriteOnceWithFSType",
        volumeLifecycleModes=["Persistent"],
        requiresRepublish=False,
        seLinuxMount=False,
    ),
    "ConfigMapVolumeSource": _MODE,
    "Container": _container,
    "ContainerPort": _set(protocol="TCP"),
    "CronJobSpec": _set(concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1),
    "CustomResourceDefinitionNames": _crd_names,
    "CustomResourceDefinitionSpec": _crd,
    "DaemonSet": _daemon_set,
    "DaemonSetSpec": _set(revisionHistoryLimit=10),
    "DaemonSetUpdateStrategy": _rolling_update(0, 1),
    "DeploymentSpec": _set(replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600),
    "DeploymentStrategy": _rolling_update("25%", "25%"),
    "DownwardAPIVolumeSource": _MODE,
    "EndpointPort": _endpoint_port,
    "EphemeralContainer": _container,
    "GRPCAction": _set(service=""),
    "HTTPGetAction": _http_get,
    "HorizontalPodAutoscalerBehavior": _scaling_behavior,
    "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler": _first_autoscaler,
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec": _horizontal_pod_autoscaler,
    "HostPathVolumeSource": _set(type=""),
    "ISCSIVolumeSource": _set(iscsiInterface="default"),
    "IngressClassParametersReference": _set(scope="Cluster"),
    "Job": _job,
    "LimitRangeItem": _limit,
    "MatchResources": _match_resources,
    "MutatingWebhook": _mutating_webhook,
    "Namespace": _namespace,
    "NetworkPolicyPort": _set(protocol="TCP"),
    "NetworkPolicySpec": _network_policy,
    "ObjectFieldSelector": _set(apiVersion="v1"),
    "PersistentVolumeClaimSpec": _set(volumeMode="Filesystem"),
    "PersistentVolumeSpec": _set(persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem"),
    "Pod": _pod,
    "PodSpec": _pod_spec,
    "PriorityClass": _set(preemptionPolicy="PreemptLowerPriority"),
    "Probe": _set(timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3),
    "ProjectedVolumeSource": _MODE,
    "ReplicaSetSpec": _set(replicas=1),
    "ReplicationControllerSpec": _set(replicas=1),
    "RoleRef": _rule,
    "RuleWithOperations": _set(scope="*"),
    "NamedRuleWithOperations": _set(scope="*"),
    "Secret": _secret,
    "SecretVolumeSource": _MODE,
    "ServiceAccountTokenProjection": _set(expirationSeconds=3600),
    "ServicePort": _service_port,
    "ServiceReference": _set(port=443),
    "ServiceSpec": _service,
    "StatefulSetSpec": _stateful_set,
    "StatefulSetUpdateStrategy": _stateful_set_strategy,
    "StorageClass": _set(reclaimPolicy="Delete", volumeBindingMode="Immediate"),
    "Subject": _subject,
    "ValidatingAdmissionPolicySpec": _set(failurePolicy="Fail"),
    "ValidatingWebhook": _webhook,
    "Volume": _volume,
    "io.k8s.api.discovery.v1.EndpointPort": _set(name="", protocol="TCP"),
}
