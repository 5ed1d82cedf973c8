"""Templates that no API server applies, and their nearest neighbours that it does: one table for the compile and for both APIs.

Expressions stand for what is computed. Where an API server is asked, they are texts or numbers of the right type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.definitions import Object

LABELS = {"app": "x"}
BIG = "${schema.spec.text}"


def obj(api_version: str, kind: str, name: Any = "x", **rest: Any) -> Object:
    metadata = {"name": name} if name is not None else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, **rest.pop("metadata", {})}, **rest}


def container(**changes: Any) -> Object:
    return _changed({"name": "main", "image": "nginx"}, changes)


def _changed(base: Object, changes: Mapping[str, Any]) -> Object:
    return {key: value for key, value in {**base, **changes}.items() if value is not ...}


def pod(*containers: Object, **spec: Any) -> Object:
    return obj("v1", "Pod", spec=_changed({"containers": list(containers) or [container()]}, spec))


def workload(
    kind: str = "Deployment", *, labels: Any = LABELS, selects: Any = LABELS, pod_spec: Object | None = None, **spec: Any
) -> Object:
    template: Object = {"spec": pod_spec or {"containers": [container()]}}
    if labels is not ...:
        template["metadata"] = {"labels": labels}
    body = {"selector": {"matchLabels": selects}, "template": template}
    return obj("apps/v1", kind, spec=_changed(body, spec))


def service(*ports: Object, **spec: Any) -> Object:
    return obj("v1", "Service", spec=_changed({"selector": LABELS, "ports": list(ports) or [{"port": 80}]}, spec))


def job(**changes: Any) -> Object:
    return {"template": {"spec": _changed({"containers": [container()], "restartPolicy": "Never"}, changes)}}


def ingress(**path: Any) -> Object:
    base = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "x", "port": {"number": 80}}}}
    return obj("networking.k8s.io/v1", "Ingress", spec={"rules": [{"http": {"paths": [_changed(base, path)]}}]})


def policy(**block: Any) -> Object:
    return obj("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "ingress": [{"from": [{"ipBlock": block}]}]})


def scales(**target: Any) -> Object:
    return scaler(scaleTargetRef=_changed({"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}, target))


def claim(**spec: Any) -> Object:
    base = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return obj("v1", "PersistentVolumeClaim", spec=_changed(base, spec))


def scaler(**spec: Any) -> Object:
    base = {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}
    return obj("autoscaling/v2", "HorizontalPodAutoscaler", spec=_changed(base, spec))


def role(*rules: Object) -> Object:
    return obj("rbac.authorization.k8s.io/v1", "Role", rules=list(rules))


def binding(kind: str = "RoleBinding", **changes: Any) -> Object:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"}
    return obj("rbac.authorization.k8s.io/v1", kind, **{"roleRef": reference, **changes})


_TEXT = {"type": "string"}
PROBES: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "probes.refusals.example.com"},
    "spec": {
        "group": "refusals.example.com",
        "names": {"kind": "Probe", "listKind": "ProbeList", "plural": "probes", "singular": "probe"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {
                                    "size": {"type": "integer", "minimum": 1, "maximum": 10},
                                    "level": {"type": "string", "enum": ["low", "high"], "default": "low"},
                                    "text": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                                    "names": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 2, "x-kubernetes-list-type": "set"},
                                    "parts": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["key", "kind"],
                                        "items": {
                                            "type": "object",
                                            "required": ["key", "value"],
                                            "properties": {"key": _TEXT, "kind": {"type": "string", "default": "a"}, "value": _TEXT},
                                        },
                                    },
                                    "pair": {
                                        "type": "object",
                                        "properties": {"least": {"type": "integer"}, "most": {"type": "integer", "default": 5}},
                                        "x-kubernetes-validations": [{"rule": "!has(self.least) || self.least <= self.most", "message": "least is above most"}],
                                    },
                                    "either": {
                                        "type": "object",
                                        "properties": {"a": _TEXT, "b": _TEXT},
                                        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                                    },
                                    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 1},
                                    "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"count": {"type": "integer"}}},
                                    "nothing": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string", "nullable": True}}},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}  # fmt: skip

EXISTING: Object = {**service(), "metadata": {"name": "existing"}}
"""An object that is there before: a template may add to it without saying all that it needs."""


def probe(**spec: Any) -> Object:
    return obj("refusals.example.com/v1", "Probe", spec=_changed({"size": 3}, spec))


REFUSED: dict[str, tuple[Object, str, str]] = {
    # name → template, path, words
    "no name": (obj("v1", "ConfigMap", None), "metadata.name", "name is required"),
    "an empty name": (obj("v1", "ConfigMap", ""), "metadata.name", "name is required"),
    "a generated name": (obj("v1", "ConfigMap", None, metadata={"generateName": "x-"}), "metadata.name", "name is required"),
    "a name in upper case": (obj("v1", "ConfigMap", "MyMap"), "metadata.name", "RFC 1123 subdomain"),
    "a name with an underscore": (obj("v1", "Secret", "my_secret"), "metadata.name", "RFC 1123 subdomain"),
    "a Service with a dot": (obj("v1", "Service", "a.b", spec={"ports": [{"port": 80}]}), "metadata.name", "must not contain dots"),
    "a Namespace that is too long": (obj("v1", "Namespace", "a" * 64), "metadata.name", "must be no more than 63"),
    "a role with a slash": (obj("rbac.authorization.k8s.io/v1", "Role", "a/b"), "metadata.name", "may not contain '/'"),
    "a custom resource in upper case": ({**probe(), "metadata": {"name": "X"}}, "metadata.name", "RFC 1123 subdomain"),
    "a driver in upper case": (obj("storage.k8s.io/v1", "CSIDriver", "Csi.Example.com", spec={}), "metadata.name", "RFC 1123 subdomain"),
    "a namespace in upper case": (obj("v1", "ConfigMap", metadata={"namespace": "Prod"}), "metadata.namespace", "RFC 1123 label"),
    "a label's value": (obj("v1", "ConfigMap", metadata={"labels": {"a": "b c"}}), "metadata.labels", "a valid label must be"),
    "a label's key": (obj("v1", "ConfigMap", metadata={"labels": {"a b": "c"}}), "metadata.labels", "name part must consist of"),
    "an annotation's key": (obj("v1", "ConfigMap", metadata={"annotations": {"a/b/c": "d"}}), "metadata.annotations", "valid label key"),
    "other labels than selected": (workload(labels={"app": "y"}), "spec.template.metadata.labels", "`selector` does not match"),
    "no labels where some are selected": (workload(labels=...), "spec.template.metadata.labels", "`selector` does not match"),
    "a label less than selected": (workload("DaemonSet", selects={"app": "x", "tier": "y"}), "spec.template.metadata.labels", "`selector` does not match"),
    "labels that an expression excludes": (
        workload("StatefulSet", selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}),
        "spec.template.metadata.labels",
        "`selector` does not match",
    ),
    "no selector": (workload(selector=...), "spec.selector", "Required value"),
    "an empty selector": (workload("ReplicaSet", selector={}), "spec.selector", "empty selector"),
    "no template": (workload(template=...), "spec.template", "Required value"),
    "a pod template's label": (workload(labels={"app": "x", "b": "c d"}), "spec.template.metadata.labels", "a valid label must be"),
    "fewer than no replicas": (workload(replicas=-1), "spec.replicas", "greater than or equal to 0"),
    "a strategy of its own": (workload(strategy={"type": "BlueGreen"}), "spec.strategy.type", "supported values"),
    "a restart policy that is not possible": (workload(pod_spec={"containers": [container()], "restartPolicy": "Never"}), "spec.template.spec.restartPolicy", "supported values"),
    "no containers": (workload(pod_spec={"containers": []}), "spec.template.spec.containers", "Required value"),
    "no image": (workload(pod_spec={"containers": [container(image=...)]}), "spec.template.spec.containers[0].image", "Required value"),
    "no image in a pod": (pod(container(image=...)), "spec.containers[0].image", "Required value"),
    "a container without name": (pod(container(name=...)), "spec.containers[0].name", "Required value"),
    "a container in upper case": (pod(container(name="Main")), "spec.containers[0].name", "RFC 1123 label"),
    "two containers of one name": (pod(container(), container()), "spec.containers[1]", "Duplicate value"),
    "a container port out of range": (pod(container(ports=[{"containerPort": 70000}])), "spec.containers[0].ports[0].containerPort", "between 1 and 65535"),
    "a container port of nothing": (pod(container(ports=[{"name": "http"}])), "spec.containers[0].ports[0].containerPort", "Required value"),
    "a port's name that is too long": (pod(container(ports=[{"containerPort": 80, "name": "a-very-long-port-name"}])), "spec.containers[0].ports[0].name", "no more than 15"),
    "a protocol of its own": (pod(container(ports=[{"containerPort": 80, "protocol": "HTTP"}])), "spec.containers[0].ports[0].protocol", "supported values"),
    "a pull policy of its own": (pod(container(imagePullPolicy="Sometimes")), "spec.containers[0].imagePullPolicy", "supported values"),
    "a variable without name": (pod(container(env=[{"value": "x"}])), "spec.containers[0].env[0].name", "Required value"),
    "a variable twice": (pod(container(env=[{"name": "a", "value": "x"}, {"name": "a", "value": BIG}])), "spec.containers[0].env[1]", "Duplicate value"),
    "a variable from two sides": (pod(container(env=[{"name": "a", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])), "spec.containers[0].env[0].valueFrom", "may not be specified"),
    "a reference to no key": (pod(container(env=[{"name": "a", "valueFrom": {"configMapKeyRef": {"name": "x"}}}])), "spec.containers[0].env[0].valueFrom.configMapKeyRef.key", "Required value"),
    "a mount of no volume": (pod(container(volumeMounts=[{"name": "data", "mountPath": "/x"}])), "spec.containers[0].volumeMounts[0].name", "Not found"),
    "a mount to nowhere": (pod(container(volumeMounts=[{"name": "v"}]), volumes=[{"name": "v", "emptyDir": {}}]), "spec.containers[0].volumeMounts[0].mountPath", "Required value"),
    "a volume of two kinds": (pod(volumes=[{"name": "v", "emptyDir": {}, "hostPath": {"path": "/x"}}]), "spec.volumes[0].hostPath", "more than 1 volume type"),
    "a volume of no claim": (pod(volumes=[{"name": "v", "persistentVolumeClaim": {"readOnly": True}}]), "spec.volumes[0].persistentVolumeClaim.claimName", "Required value"),
    "a probe of nothing": (pod(container(livenessProbe={"periodSeconds": 5})), "spec.containers[0].livenessProbe", "must specify a handler type"),
    "a probe of two kinds": (pod(container(readinessProbe={"httpGet": {"port": 80}, "tcpSocket": {"port": 80}})), "spec.containers[0].readinessProbe.tcpSocket", "more than 1 handler"),
    "a probe of a port out of range": (pod(container(livenessProbe={"httpGet": {"port": 0}})), "spec.containers[0].livenessProbe.httpGet.port", "between 1 and 65535"),
    "a service port out of range": (service({"port": 70000}), "spec.ports[0].port", "between 1 and 65535"),
    "a target port out of range": (service({"port": 80, "targetPort": 70000}), "spec.ports[0].targetPort", "between 1 and 65535"),
    "a service port of nothing": (service({"name": "http", "targetPort": 80}), "spec.ports[0].port", "Required value"),
    "no service ports": (service(ports=...), "spec.ports", "Required value"),
    "several ports without name": (service({"port": 80}, {"port": 81, "name": "b"}), "spec.ports[0].name", "Required value"),
    "a service of its own type": (service(type="Internal"), "spec.type", "supported values"),
    "an external service without name": (service(type="ExternalName", ports=...), "spec.externalName", "Required value"),
    "a node port of a cluster's service": (service({"port": 80, "nodePort": 30080}), "spec.ports[0].nodePort", "may not be used"),
    "a service that selects what cannot be": (service(selector={"app": "a b"}), "spec.selector", "a valid label must be"),
    "an ingress of nothing": (obj("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "x"}), "spec", "either `defaultBackend` or `rules`"),
    "an ingress path without type": (ingress(pathType=...), "spec.rules[0].http.paths[0].pathType", "Required value"),
    "an ingress path from nowhere": (ingress(path="x"), "spec.rules[0].http.paths[0].path", "must be an absolute path"),
    "an ingress to no service": (ingress(backend={}), "spec.rules[0].http.paths[0].backend", "Required value"),
    "an ingress to a port out of range": (ingress(backend={"service": {"name": "x", "port": {"number": 0x20000}}}), "spec.rules[0].http.paths[0].backend.service.port.number", "between 1 and 65535"),
    "a claim of no size": (claim(resources=...), "spec.resources[storage]", "Required value"),
    "a claim in megabytes": (claim(resources={"requests": {"storage": "512mb"}}), "spec.resources.requests.storage", "quantities must match"),
    "a claim of less than nothing": (claim(resources={"requests": {"storage": "-1Gi"}}), "spec.resources[storage]", "greater than zero"),
    "a claim of no bytes": (claim(resources={"requests": {"storage": "0"}}), "spec.resources[storage]", "greater than zero"),
    "a limit in kilobytes": (pod(container(resources={"limits": {"memory": "100K"}})), "spec.containers[0].resources.limits.memory", "quantities must match"),
    "an empty amount": (pod(container(resources={"limits": {"cpu": ""}})), "spec.containers[0].resources.limits.cpu", "quantities must match"),
    "a request above its limit": (workload(pod_spec={"containers": [container(resources={"requests": {"cpu": "1.5"}, "limits": {"cpu": "1200m"}})]}), "spec.template.spec.containers[0].resources.requests", "less than or equal to cpu limit of 1200m"),
    "a limit below nothing": (pod(container(resources={"limits": {"cpu": "-1"}})), "spec.containers[0].resources.limits[cpu]", "greater than or equal to 0"),
    "a volume's limit in bytes": (pod(volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1GiB"}}]), "spec.volumes[0].emptyDir.sizeLimit", "quantities must match"),
    "a claim of no access": (claim(accessModes=...), "spec.accessModes", "at least 1 access mode"),
    "a claim of an access of its own": (claim(accessModes=["ReadWriteAlways"]), "spec.accessModes[0]", "supported values"),
    "a scaler without limit": (scaler(maxReplicas=...), "spec.maxReplicas", "must be greater than 0"),
    "a scaler upside down": (scaler(minReplicas=5), "spec.maxReplicas", "greater than or equal to `minReplicas`"),
    "a scaler of nothing": (scaler(scaleTargetRef={"kind": "Deployment", "apiVersion": "apps/v1"}), "spec.scaleTargetRef.name", "Required value"),
    "a job that always restarts": (obj("batch/v1", "Job", spec=job(restartPolicy="Always")), "spec.template.spec.restartPolicy", "supported values"),
    "a job without restart policy": (obj("batch/v1", "Job", spec=job(restartPolicy=...)), "spec.template.spec.restartPolicy", "Required value"),
    "a schedule of four fields": (obj("batch/v1", "CronJob", spec={"schedule": "* * * *", "jobTemplate": {"spec": job()}}), "spec.schedule", "expected exactly 5 fields"),
    "no schedule": (obj("batch/v1", "CronJob", spec={"jobTemplate": {"spec": job()}}), "spec.schedule", "Required value"),
    "a ConfigMap's key": (obj("v1", "ConfigMap", data={"a/b": BIG}), 'data["a/b"]', "a valid config key"),
    "a Secret's key": (obj("v1", "Secret", stringData={"a b": BIG}), 'stringData["a b"]', "a valid config key"),
    "a Secret that is no base64": (obj("v1", "Secret", data={"a": "not base64!"}), "data.a", "illegal base64"),
    "a certificate without key": (obj("v1", "Secret", type="kubernetes.io/tls", data={"tls.crt": ""}), "data[tls.key]", "Required value"),
    "a budget of both": (obj("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1, "maxUnavailable": 1, "selector": {"matchLabels": LABELS}}), "spec", "cannot be both set"),
    "a rule without verbs": (role({"apiGroups": [""], "resources": ["pods"]}), "rules[0].verbs", "Required value"),
    "a rule without groups": (role({"verbs": ["get"], "resources": ["pods"]}), "rules[0].apiGroups", "Required value"),
    "a binding to another kind": (binding(roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "x"}), "roleRef.kind", "supported values"),
    "a subject of nowhere": (binding("ClusterRoleBinding", subjects=[{"kind": "ServiceAccount", "name": "x"}]), "subjects[0].namespace", "Required value"),
    "a policy port out of range": (obj("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "ingress": [{"ports": [{"port": 99999}]}]}), "spec.ingress[0].ports[0].port", "between 1 and 65535"),
    "a stateful set's container without image": (workload("StatefulSet", pod_spec={"containers": [container(image=...)]}), "spec.template.spec.containers[0].image", "Required value"),
    "a strategy with what is another's": (workload(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}), "spec.strategy.rollingUpdate", "may not be specified"),
    "more replicas than a number holds": (workload(replicas=2**31), "spec.replicas", "must fit int32"),
    "a selector that cannot be": (workload(selects={"app": "a b"}), "spec.selector.matchLabels", "a valid label must be"),
    "an init container without name": (pod(initContainers=[container(name=...)]), "spec.initContainers[0].name", "Required value"),
    "two volumes of one name": (pod(volumes=[{"name": "v", "emptyDir": {}}, {"name": "v", "secret": {"secretName": BIG}}]), "spec.volumes[1]", "Duplicate value"),
    "a volume of no map": (pod(volumes=[{"name": "v", "configMap": {"optional": True}}]), "spec.volumes[0].configMap.name", "Required value"),
    "a volume of no secret": (pod(volumes=[{"name": "v", "secret": {"optional": True}}]), "spec.volumes[0].secret.secretName", "Required value"),
    "a volume in upper case": (pod(volumes=[{"name": "V", "emptyDir": {}}]), "spec.volumes[0].name", "RFC 1123 label"),
    "a volume without name": (pod(volumes=[{"emptyDir": {}}]), "spec.volumes[0].name", "Required value"),
    "a host port out of range": (pod(container(ports=[{"containerPort": 80, "hostPort": 70000}])), "spec.containers[0].ports[0].hostPort", "between 1 and 65535"),
    "a reference to no secret": (pod(container(env=[{"name": "a", "valueFrom": {"secretKeyRef": {"key": "x"}}}])), "spec.containers[0].env[0].valueFrom.secretKeyRef.name", "Required value"),
    "a probe without port": (pod(container(startupProbe={"httpGet": {"path": "/"}})), "spec.containers[0].startupProbe.httpGet.port", "Required value"),
    "a probe of a port's long name": (pod(container(livenessProbe={"tcpSocket": {"port": "a-very-long-port-name"}})), "spec.containers[0].livenessProbe.tcpSocket.port", "no more than 15"),
    "a probe before its time": (pod(container(livenessProbe={"tcpSocket": {"port": 80}, "periodSeconds": -1})), "spec.containers[0].livenessProbe.periodSeconds", "greater than or equal to 0"),
    "a toleration of its own": (pod(tolerations=[{"key": "a", "operator": "Like"}]), "spec.tolerations[0].operator", "supported values"),
    "two ports of one name": (service({"port": 80, "name": "a"}, {"port": 81, "name": "a"}), "spec.ports[1].name", "Duplicate value"),
    "a port in upper case": (service({"port": 80, "name": "HTTP"}), "spec.ports[0].name", "RFC 1123 label"),
    "an affinity of its own": (service(sessionAffinity="Cookie"), "spec.sessionAffinity", "supported values"),
    "an ingress to a service without port": (ingress(backend={"service": {"name": "x"}}), "spec.rules[0].http.paths[0].backend.service.port", "port name or number is required"),
    "an ingress to a service without name": (ingress(backend={"service": {"port": {"number": 80}}}), "spec.rules[0].http.paths[0].backend.service.name", "Required value"),
    "an ingress of no paths": (obj("networking.k8s.io/v1", "Ingress", spec={"rules": [{"http": {"paths": []}}]}), "spec.rules[0].http.paths", "Required value"),
    "an ingress of a host that cannot be": (obj("networking.k8s.io/v1", "Ingress", spec={"rules": [{"host": "My_Host"}]}), "spec.rules[0].host", "RFC 1123 subdomain"),
    "a scaler to nothing": (scaler(maxReplicas=0), "spec.maxReplicas", "must be greater than 0"),
    "a scaler from less than nothing": (scaler(minReplicas=-1), "spec.minReplicas", "greater than or equal to 1"),
    "a scaler without target": (scaler(scaleTargetRef=...), "spec.scaleTargetRef", "Required value"),
    "a job without template": (obj("batch/v1", "Job", spec={"parallelism": 1}), "spec.template", "Required value"),
    "a job that ends before it begins": (obj("batch/v1", "Job", spec={**job(), "activeDeadlineSeconds": -1}), "spec.activeDeadlineSeconds", "greater than or equal to 0"),
    "a concurrency of its own": (obj("batch/v1", "CronJob", spec={"schedule": "* * * * *", "concurrencyPolicy": "Never", "jobTemplate": {"spec": job()}}), "spec.concurrencyPolicy", "supported values"),
    "a ssh Secret without key": (obj("v1", "Secret", type="kubernetes.io/ssh-auth", stringData={"other": BIG}), "data[ssh-privatekey]", "Required value"),
    "a registry's Secret without configuration": (obj("v1", "Secret", type="kubernetes.io/dockerconfigjson"), "data[.dockerconfigjson]", "Required value"),
    "a rule without resources": (role({"verbs": ["get"], "apiGroups": [""]}), "rules[0].resources", "Required value"),
    "a binding of everywhere to a role of somewhere": (binding("ClusterRoleBinding", roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}), "roleRef.kind", "supported values"),
    "a binding to no name": (binding(roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role"}), "roleRef.name", "Required value"),
    "a subject without name": (binding(subjects=[{"kind": "User", "apiGroup": "rbac.authorization.k8s.io"}]), "subjects[0].name", "Required value"),
    "a subject of its own kind": (binding(subjects=[{"kind": "Robot", "name": "x"}]), "subjects[0].kind", "supported values"),
    "a policy about no network": (policy(cidr="10.0.0.1"), "spec.ingress[0].from[0].ipBlock.cidr", "a valid CIDR value"),
    "a policy about a network that is none": (policy(cidr="10.0.0.0/33"), "spec.ingress[0].from[0].ipBlock.cidr", "a valid CIDR value"),
    "a policy that leaves out what is elsewhere": (policy(cidr="10.0.0.0/8", **{"except": ["11.0.0.0/24"]}), "spec.ingress[0].from[0].ipBlock.except[0]", "a strict subset"),
    "a policy that leaves out all of it": (policy(cidr="10.0.0.0/8", **{"except": ["10.0.0.0/8"]}), "spec.ingress[0].from[0].ipBlock.except[0]", "a strict subset"),
    "a scaler of a kind without group": (scales(apiVersion="v1"), "spec.scaleTargetRef.apiVersion", "must specify API group"),
    "a scaler of a kind of no version": (scales(apiVersion=...), "spec.scaleTargetRef.apiVersion", "must specify API group"),
    "an owner without uid": (obj("v1", "ConfigMap", metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "Secret", "name": "x"}]}), "metadata.ownerReferences[0].uid", "must not be empty"),
    "an owner without version": (obj("v1", "ConfigMap", metadata={"ownerReferences": [{"kind": "Secret", "name": "x", "uid": "u"}]}), "metadata.ownerReferences[0].apiVersion", "version must not be empty"),
    "an owner without name": (obj("refusals.example.com/v1", "Probe", spec={"size": 3}, metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "Secret", "uid": "u"}]}), "metadata.ownerReferences[0].name", "must not be empty"),
    "a finalizer without domain": (obj("v1", "ConfigMap", metadata={"finalizers": ["mine"]}), "metadata.finalizers[0]", "nor is it fully qualified"),
    "a finalizer that is no name": (obj("v1", "ConfigMap", metadata={"finalizers": ["example.com/a b"]}), "metadata.finalizers[0]", "name part must consist of"),
    "a policy of its own type": (obj("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "policyTypes": ["Both"]}), "spec.policyTypes[0]", "supported values"),
    "a claim of no storage": (claim(resources={"requests": {"cpu": "1"}}), "spec.resources[storage]", "Required value"),
    "a quota's scope of its own": (obj("v1", "ResourceQuota", spec={"hard": {"pods": "1"}, "scopes": ["Sometimes"]}), "spec.scopes[0]", "supported values"),
    "a class that reclaims in its own way": (obj("storage.k8s.io/v1", "StorageClass", provisioner="x.example.com", reclaimPolicy="Recover"), "reclaimPolicy", "supported values"),
    "a binding of a class in its own way": (obj("storage.k8s.io/v1", "StorageClass", provisioner="x.example.com", volumeBindingMode="Later"), "volumeBindingMode", "supported values"),
    "a priority that preempts in its own way": (obj("scheduling.k8s.io/v1", "PriorityClass", value=1, preemptionPolicy="Maybe"), "preemptionPolicy", "supported values"),
    "a budget's policy of its own": (obj("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1, "selector": {"matchLabels": LABELS}, "unhealthyPodEvictionPolicy": "Maybe"}), "spec.unhealthyPodEvictionPolicy", "supported values"),
    "a CRD by another name": (obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things", spec={**PROBES["spec"], "group": "other.example.com"}), "metadata.name", "must be spec.names.plural"),
    "a custom field that is required": (probe(size=..., text=BIG), "spec.size", "Required value"),
    "a custom field out of range": (probe(size=11), "spec.size", "should be less than or equal to 10"),
    "a custom enum": (probe(level="middle", text=BIG), "spec.level", "supported values"),
    "a custom pattern": (probe(text="A1"), "spec.text", "should match"),
    "a custom text that is too long": (probe(text="abcdef"), "spec.text", "may not be more than 5"),
    "a custom list that is empty": (probe(names=[]), "spec.names", "should have at least 1 items"),
    "a custom list that is too long": (probe(names=["a", "b", "c"]), "spec.names", "must have at most 2 items"),
    "a custom set with one thing twice": (probe(names=["a", "a"]), "spec.names[1]", "Duplicate value"),
    "a custom list with one key twice": (probe(parts=[{"key": "a", "value": BIG}, {"key": "a", "kind": "a", "value": "y"}]), "spec.parts[1]", "Duplicate value"),
    "a custom list with a part missing": (probe(parts=[{"key": BIG}]), "spec.parts[0].value", "Required value"),
    "a custom rule": (probe(pair={"least": 7}), "spec.pair", "least is above most"),
    "neither of two": (probe(either={}), "spec.either", "oneOf"),
    "both of two": (probe(either={"a": "x", "b": "y"}), "spec.either", "oneOf"),
    "a custom map that is too large": (probe(map={"a": 1, "b": 2}), "spec.map", "must have at most 1 item"),
    "a declared field among unknown ones": (probe(open={"count": "x", "other": 1}), "spec.open.count", "must be of type integer"),
}  # fmt: skip
"""Refused by the compile and by any API server; no other fault is in them."""

TAKEN: dict[str, Object] = {
    "amounts of every spelling": pod(container(resources={"limits": {"cpu": "1e3", "memory": " 1Gi ", "ephemeral-storage": "1.5G"}, "requests": {"cpu": "999999m", "memory": "1073741824", "ephemeral-storage": ".5k"}})),
    "a request without limit": pod(container(resources={"requests": {"cpu": "5", "memory": "0"}, "limits": {"memory": "1"}})),
    "a name with a dot": obj("v1", "ConfigMap", "a.b"),
    "a name of digits": obj("v1", "Secret", "0"),
    "a role with a colon": obj("rbac.authorization.k8s.io/v1", "ClusterRole", "system:My_Role"),
    "a label without value": obj("v1", "ConfigMap", metadata={"labels": {"a": "", "example.com/b": "C_d"}, "annotations": {"A.io/b": "c d"}}),
    "more labels than selected": workload(labels={"app": "x", "tier": "y"}),
    "labels by an expression": workload(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}, {"key": "no", "operator": "NotIn", "values": ["x"]}]}),
    "a stateful set with its own claims": workload("StatefulSet", serviceName="x", pod_spec={"containers": [container(volumeMounts=[{"name": "data", "mountPath": "/x"}])]}, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": claim()["spec"]}]),
    "a stateful set without service": workload("StatefulSet"),
    "an object without spec": obj("v1", "Service", EXISTING["metadata"]["name"], metadata={"labels": {"a": "b"}}),
    "the same port twice by protocol": pod(container(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}])),
    "a headless service without ports": service(ports=..., clusterIP="None"),
    "an external service without ports": service(ports=..., type="ExternalName", externalName="example.com"),
    "a node port": service({"port": 80, "nodePort": 30111}, type="NodePort"),
    "a port by name": service({"port": 80, "targetPort": "http"}),
    "an init container's volume": pod(container(), initContainers=[container(name="init", volumeMounts=[{"name": "v", "mountPath": "/x"}])], volumes=[{"name": "v", "configMap": {"name": "x"}}]),
    "a volume without source": pod(volumes=[{"name": "v"}]),
    "a probe by name": pod(container(livenessProbe={"httpGet": {"port": "http"}}, ports=[{"name": "http", "containerPort": 80}])),
    "an empty protocol": pod(container(ports=[{"containerPort": 80, "protocol": ""}])),
    "an ingress with a wildcard": obj("networking.k8s.io/v1", "Ingress", spec={"rules": [{"host": "*.example.com"}]}),
    "an ingress of any path": ingress(pathType="ImplementationSpecific", path=...),
    "a schedule by name": obj("batch/v1", "CronJob", spec={"schedule": "@hourly", "jobTemplate": {"spec": job()}}),
    "a claim with a status": workload("StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": claim()["spec"], "status": {"phase": "Odd"}}]),
    "base64 in lines": obj("v1", "Secret", data={"a": "YWJj\nZGVm\n"}),
    "a key of dots and dashes": obj("v1", "ConfigMap", data={"a.b_c-d": "x", ".hidden": "y"}),
    "a certificate in text": obj("v1", "Secret", type="kubernetes.io/tls", stringData={"tls.crt": "x", "tls.key": "y"}),
    "a role without rules": obj("rbac.authorization.k8s.io/v1", "ClusterRole", "aggregated"),
    "a rule about paths": obj("rbac.authorization.k8s.io/v1", "ClusterRole", "paths", rules=[{"nonResourceURLs": ["/x"], "verbs": ["get"]}]),
    "a binding to nobody": binding(),
    "an account of no namespace": binding(subjects=[{"kind": "ServiceAccount", "name": "x"}]),
    "a policy without selector": obj("networking.k8s.io/v1", "NetworkPolicy", spec={"policyTypes": ["Ingress"]}),
    "a policy about a network": policy(cidr="10.0.0.0/8", **{"except": ["10.1.0.0/16", "10.2.0.0/24"]}),
    "a policy about a network of version 6": policy(cidr="2001:db8::/64"),
    "a scaler of a replication controller": scales(apiVersion="v1", kind="ReplicationController"),
    "an owner": obj("v1", "ConfigMap", metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "Secret", "name": "x", "uid": "u"}]}),
    "a finalizer with a domain": obj("v1", "ConfigMap", "held", metadata={"finalizers": ["example.com/mine"]}),
    "a priority without value": obj("scheduling.k8s.io/v1", "PriorityClass", "low"),
    "a budget without selector": obj("policy/v1", "PodDisruptionBudget", spec={"minAvailable": "50%"}),
    "custom defaults": probe(),
    "custom parts that differ in a default": probe(parts=[{"key": "a", "value": "x"}, {"key": "a", "kind": "b", "value": "y"}]),
    "a custom rule that a default keeps": probe(pair={"least": 5}),
    "one of two": probe(either={"b": "x"}),
    "unknown fields where they are taken": probe(open={"other": [1, "x"]}),
    "null where it is taken": probe(nothing={"x": None}),
}  # fmt: skip
"""Accepted by any API server, and so by the compile."""

COMPUTED: dict[str, Object] = {
    "a limit of an expression": pod(container(resources={"requests": {"cpu": "5"}, "limits": {"cpu": BIG}})),
    "a request of an expression": pod(container(resources={"requests": {"memory": "${schema.spec.text}Mi"}, "limits": {"memory": "1"}})),
    "a claim of an expression": claim(resources={"requests": {"storage": "${schema.spec.text}Gi"}}),
    "a network of an expression": policy(cidr=BIG, **{"except": [BIG]}),
    "a scaler of a computed version": scales(apiVersion=BIG),
    "an owner of expressions": obj("v1", "ConfigMap", metadata={"ownerReferences": [{"apiVersion": BIG, "kind": BIG, "name": BIG, "uid": BIG}]}),
    "a finalizer of an expression": obj("v1", "ConfigMap", metadata={"finalizers": [BIG]}),
    "a name with an expression": obj("v1", "ConfigMap", "x-${schema.spec.text}"),
    "a name of an expression": obj("v1", "Service", BIG, spec={"ports": [{"port": 80}]}),
    "a namespace of an expression": obj("v1", "ConfigMap", metadata={"namespace": "${schema.spec.text}-x"}),
    "labels of an expression": workload(labels="${schema.spec.map}"),
    "a selector of an expression": workload(selects="${schema.spec.map}"),
    "a label of an expression": workload(labels={"app": BIG}),
    "a selected label of an expression": workload(selects={"app": BIG}),
    "a port of an expression": service({"port": "${schema.spec.count}", "targetPort": "${schema.spec.count}"}),
    "ports of an expression": service(ports="${schema.spec.ports}"),
    "a type of an expression": service(ports=..., type=BIG),
    "containers of an expression": pod(containers="${schema.spec.names.map(n, {'name': n, 'image': n})}"),
    "a container of an expression": pod(containers=["${{'name': schema.spec.text, 'image': schema.spec.text}}"]),
    "an image of an expression": pod(container(image=BIG)),
    "volumes of an expression": pod(container(volumeMounts=[{"name": "v", "mountPath": "/x"}]), volumes="${schema.spec.names.map(n, {'name': n, 'emptyDir': {}})}"),
    "a volume's name of an expression": pod(container(volumeMounts=[{"name": "v", "mountPath": "/x"}]), volumes=[{"name": BIG, "emptyDir": {}}]),
    "names that may be the same": pod(container(name=BIG), container(name="${schema.spec.text}")),
    "a strategy of an expression": workload(strategy={"type": BIG}),
    "a spec of an expression": obj("refusals.example.com/v1", "Probe", spec="${schema.spec.object}"),
    "a custom required field": probe(size="${schema.spec.count}"),
    "a custom rule about an expression": probe(pair={"least": "${schema.spec.count}", "most": 1}),
    "a custom list of an expression": probe(names="${schema.spec.names}"),
    "a custom list with an expression": probe(names=["a", BIG]),
    "parts with keys of expressions": probe(parts=[{"key": BIG, "value": "x"}, {"key": BIG, "value": "y"}]),
    "one of two by an expression": probe(either={"a": BIG}),
    "a Secret's data of an expression": obj("v1", "Secret", type="kubernetes.io/tls", data="${schema.spec.map}"),
}  # fmt: skip
"""What decides is computed, so the compile refuses nothing."""
