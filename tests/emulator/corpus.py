"""Requests whose answers are recorded from a real kube-apiserver and expected of the emulator.

Each scenario is a list of steps ``(verb, path, body)``; verbs are HTTP's, and ``apply``, ``merge``, ``json`` and ``strategic`` for the
four kinds of patch. Scenarios do not depend on each other: names are unique, and every object lives in the namespace ``default``.
"""

from __future__ import annotations

from typing import Any

Step = tuple[str, str, Any]

CORE = "/api/v1/namespaces/default"
NETWORKING = "/apis/networking.k8s.io/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"
THINGS = "/apis/ex.io/v1/namespaces/default/things"


def _object(api_version: str, kind: str, name: str, /, **members: Any) -> dict[str, Any]:
    labels = members.pop("labels", None)
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


def _create(path: str, body: dict[str, Any]) -> Step:
    return ("post", f"{path}?fieldManager=maker", body)


def _apply(path: str, body: dict[str, Any], manager: str = "applier", more: str = "") -> Step:
    return ("apply", f"{path}/{body['metadata']['name']}?fieldManager={manager}{more}", body)


def _template(*, restart: str = "", **container: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "main", "image": "nginx:1.27", **container}]}
    if restart:
        spec["restartPolicy"] = restart
    return {"metadata": {"labels": {"app": "web"}}, "spec": spec}


_SELECTOR = {"matchLabels": {"app": "web"}}
_RICH = _template(
    args=[],
    command=["sh", "-c"],
    ports=[{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP", "name": "dns"}],
    env=[{"name": "A", "value": ""}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    envFrom=[{"configMapRef": {"name": "cm"}}],
    resources={"limits": {"cpu": "0.5", "memory": "1024Mi"}, "requests": {"cpu": 0.1, "memory": "128974848"}},
    volumeMounts=[{"name": "cfg", "mountPath": "/etc/x", "readOnly": False}, {"name": "tmp", "mountPath": "/tmp/x"}],
    livenessProbe={"httpGet": {"port": 80}, "initialDelaySeconds": 0},
    readinessProbe={"exec": {"command": ["true"]}},
    lifecycle={"preStop": {"httpGet": {"path": "/bye", "port": "web"}}},
    securityContext={"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
)
_RICH["spec"] = {
    **_RICH["spec"],
    "hostNetwork": False,
    "serviceAccountName": "sa",
    "nodeSelector": {},
    "initContainers": [{"name": "init", "image": "busybox"}],
    "volumes": [
        {"name": "cfg", "configMap": {"name": "cm"}},
        {"name": "tmp", "emptyDir": {}},
        {"name": "sec", "secret": {"secretName": "s"}},
        {"name": "host", "hostPath": {"path": "/x"}},
        {"name": "proj", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}, {"downwardAPI": {"items": []}}]}},
    ],
    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}],
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}],
}

THING_CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.ex.io"},
    "spec": {
        "group": "ex.io",
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["name"],
                                "x-kubernetes-validations": [
                                    {"rule": "self.replicas < 10", "message": "too many"},
                                    {"rule": "self.replicas >= oldSelf.replicas", "message": "no shrink", "reason": "FieldValueForbidden"},
                                    {"rule": "self.name != 'bad'", "messageExpression": "'name is ' + self.name", "fieldPath": ".name"},
                                ],
                                "properties": {
                                    "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
                                    "replicas": {"type": "integer", "default": 1, "minimum": 1, "maximum": 20},
                                    "mode": {"type": "string", "enum": ["a", "b"]},
                                    "amount": {"x-kubernetes-int-or-string": True},
                                    "tags": {
                                        "type": "array",
                                        "maxItems": 3,
                                        "items": {"type": "string"},
                                        "x-kubernetes-list-type": "set",
                                    },
                                    "ports": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "required": ["port"],
                                            "properties": {
                                                "port": {"type": "integer"},
                                                "protocol": {"type": "string", "default": "TCP"},
                                                "name": {"type": "string"},
                                            },
                                        },
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["port", "protocol"],
                                    },
                                    "atoms": {
                                        "type": "array",
                                        "items": {"type": "object", "properties": {"a": {"type": "string"}}},
                                    },
                                    "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "choice": {
                                        "type": "object",
                                        "x-kubernetes-map-type": "atomic",
                                        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                                    },
                                    "nothing": {"type": "string", "nullable": True},
                                    "nested": {
                                        "type": "object",
                                        "default": {},
                                        "properties": {"x": {"type": "integer", "default": 5}},
                                    },
                                },
                            },
                            "status": {"type": "object", "properties": {"phase": {"type": "string"}, "n": {"type": "integer"}}},
                        },
                    }
                },
            }
        ],
    },
}


def _thing(name: str, /, **spec: Any) -> dict[str, Any]:
    return _object("ex.io/v1", "Thing", name, spec=spec)


def _deployment(name: str, **spec: Any) -> dict[str, Any]:
    return _object("apps/v1", "Deployment", name, spec=spec)


def _config(name: str, data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return _object("v1", "ConfigMap", name, **({"data": data} if data is not None else {}), **more)


def _service(name: str, **spec: Any) -> dict[str, Any]:
    return _object("v1", "Service", name, spec=spec)


_AB = {"matchLabels": {"a": "b"}}


def _container(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "image": "i:1", **members}


def _pods(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"a": "b"}, "annotations": {}}, "spec": {"containers": list(containers), **spec}}


def _owned_deployment(name: str, **spec: Any) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "11111111-1111-1111-1111-111111111111", "controller": True}
    body = _deployment(name, **spec)
    return {**body, "metadata": {"name": name, "ownerReferences": [{**owner, "blockOwnerDeletion": False}]}}


SCENARIOS: dict[str, list[Step]] = {
    "configmap": [
        _create(f"{CORE}/configmaps", _config("cm-a", {"a": "1", "b": ""}, labels={"x": "y"})),
        _apply(f"{CORE}/configmaps", _config("cm-a", {"c": "2"})),
        _apply(f"{CORE}/configmaps", _config("cm-a", {"a": "2"})),
        _apply(f"{CORE}/configmaps", _config("cm-a", {"a": "2", "c": "2"}), more="&force=true"),
        _apply(f"{CORE}/configmaps", _config("cm-a", {"a": "2"})),
        ("merge", f"{CORE}/configmaps/cm-a?fieldManager=merger", {"data": {"a": None, "z": "1"}, "metadata": {"labels": {"x": "n"}}}),
        ("json", f"{CORE}/configmaps/cm-a?fieldManager=jsoner", [{"op": "add", "path": "/data/q", "value": "1"}]),
        ("json", f"{CORE}/configmaps/cm-a?fieldManager=jsoner", [{"op": "test", "path": "/data/q", "value": "2"}]),
        ("put", f"{CORE}/configmaps/cm-a?fieldManager=putter", _config("cm-a", {"only": "this"})),
    ],
    "configmap-immutable": [
        _create(f"{CORE}/configmaps", _config("cm-b", {"a": "1"}, immutable=True)),
        _apply(f"{CORE}/configmaps", _config("cm-b", {"a": "2"}), more="&force=true"),
    ],
    "configmap-refused": [
        _create(f"{CORE}/configmaps", _config("Bad_Name", {})),
        _create(f"{CORE}/configmaps", _config("cm-c", {"bad key": "1"})),
        _create(f"{CORE}/configmaps", _config("cm-c", {"a": 1})),
        ("post", f"{CORE}/configmaps?fieldValidation=Strict", {**_config("cm-c"), "daata": {}}),
        _apply(f"{CORE}/configmaps", {**_config("cm-c"), "daata": {}}),
        _apply(f"{CORE}/configmaps", _config("cm-c", {"a": 1})),
    ],
    "apply-facts": [
        _apply(f"{CORE}/configmaps", {**_config("cm-d", {"a": "1"}), "metadata": {"name": "cm-d", "resourceVersion": "1"}}),
        _apply(f"{CORE}/configmaps", {**_config("cm-d", {"a": "1"}), "metadata": {"name": "cm-d", "resourceVersion": "1"}}),
        _apply(f"{CORE}/configmaps", _config("cm-d", {"a": "1"})),
        _apply(f"{CORE}/configmaps", {**_config("cm-e"), "metadata": {"name": "cm-e", "uid": "6f9619ff-8b86-d011-b42d-00cf4fc964ff"}}),
    ],
    "secret": [
        _create(f"{CORE}/secrets", _object("v1", "Secret", "sec-a", stringData={"u": "admin"}, data={"k": "djE="})),
        _apply(f"{CORE}/secrets", _object("v1", "Secret", "sec-b", stringData={"u": "admin"}, data={"k": "djE="})),
        _apply(f"{CORE}/secrets", _object("v1", "Secret", "sec-b", stringData={"u": "admin"}, data={"k": "djE="})),
        ("merge", f"{CORE}/secrets/sec-b?fieldManager=other", {"data": {"u": "eA=="}}),
        _create(f"{CORE}/secrets", _object("v1", "Secret", "sec-c", data={"k": "%%"})),
        _create(f"{CORE}/secrets", _object("v1", "Secret", "sec-c", type="kubernetes.io/tls", data={"tls.crt": ""})),
    ],
    "service": [
        _create(f"{CORE}/services", _service("svc-a", selector={"app": "web"}, ports=[{"port": 80}])),
        _apply(f"{CORE}/services", _service("svc-b", type="NodePort", ports=[{"port": 80, "targetPort": "http"}])),
        _apply(f"{CORE}/services", _service("svc-b", type="NodePort", ports=[{"port": 80, "targetPort": "http"}])),
        _create(f"{CORE}/services", _service("svc-c", clusterIP="None", selector={"app": "web"})),
        _create(
            f"{CORE}/services",
            _service("svc-d", type="LoadBalancer", sessionAffinity="ClientIP", ports=[{"port": 1, "name": "a"}, {"port": 2, "name": "b"}]),
        ),
        _create(f"{CORE}/services", _service("svc-e", type="ExternalName", externalName="example.com")),
        _create(
            f"{CORE}/services",
            _service("svc-f", type="Foo", ports=[{"port": 0}, {"port": 80}, {"port": 80, "protocol": "X", "targetPort": "_"}]),
        ),
        (
            "strategic",
            f"{CORE}/services/svc-a?fieldManager=patcher",
            {"spec": {"ports": [{"port": 80, "name": "web"}, {"port": 443, "name": "tls"}]}},
        ),
    ],
    "deployment": [
        _create(f"{APPS}/deployments", _deployment("dep-a", selector=_SELECTOR, template=_template(ports=[{"containerPort": 80}]))),
        _create(f"{APPS}/deployments", _deployment("dep-b", selector=_SELECTOR, template=_RICH, replicas=0, paused=False)),
        _apply(f"{APPS}/deployments", _deployment("dep-c", selector=_SELECTOR, template=_RICH)),
        _apply(f"{APPS}/deployments", _deployment("dep-c", selector=_SELECTOR, template=_RICH)),
        ("merge", f"{APPS}/deployments/dep-c/scale?fieldManager=scaler", {"spec": {"replicas": 3}}),
        _apply(f"{APPS}/deployments", _deployment("dep-c", replicas=5, selector=_SELECTOR, template=_template()), manager="other"),
        _apply(f"{APPS}/deployments", _deployment("dep-c", selector=_SELECTOR, template=_template()), more="&force=true"),
        (
            "strategic",
            f"{APPS}/deployments/dep-a?fieldManager=patcher",
            {
                "spec": {
                    "template": {
                        "spec": {"containers": [{"name": "main", "image": "nginx:2"}, {"name": "side", "image": "envoy@sha256:0"}]}
                    }
                }
            },
        ),
        (
            "strategic",
            f"{APPS}/deployments/dep-a?fieldManager=patcher",
            {
                "spec": {
                    "strategy": {"$retainKeys": ["type"], "type": "Recreate"},
                    "template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}},
                }
            },
        ),
        _apply(f"{APPS}/deployments", {**_deployment("dep-a"), "spec": None, "status": {"replicas": 3}}, more="&force=true"),
        (
            "apply",
            f"{APPS}/deployments/dep-a/status?fieldManager=statuser",
            {
                **_deployment("dep-a"),
                "status": {"replicas": 1, "conditions": [{"type": "Available", "status": "True", "reason": "r", "message": ""}]},
            },
        ),
        ("merge", f"{APPS}/deployments/dep-a/status?fieldManager=statuser", {"status": {"readyReplicas": 1}, "spec": {"replicas": 7}}),
        ("merge", f"{APPS}/deployments/dep-a?fieldManager=x", {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
    ],
    "deployment-refused": [
        _create(f"{APPS}/deployments", _deployment("dep-x")),
        _create(f"{APPS}/deployments", _deployment("dep-x", replicas="3")),
        _create(f"{APPS}/deployments", _deployment("dep-x", template={"spec": {"containers": [{"name": 5}]}})),
        _create(f"{APPS}/deployments", _deployment("dep-x", template={"spec": {"containers": {"name": 5}}})),
        _create(f"{APPS}/deployments", _deployment("dep-x", template=_template(resources={"limits": {"cpu": "abc"}}))),
        _create(
            f"{APPS}/deployments",
            _deployment(
                "dep-x",
                replicas=-1,
                selector=_SELECTOR,
                strategy={"type": "Foo"},
                template={
                    "metadata": {"labels": {"app": "no"}},
                    "spec": {
                        "restartPolicy": "Foo",
                        "containers": [
                            {
                                "name": "A_",
                                "image": "",
                                "imagePullPolicy": "Bar",
                                "ports": [{"containerPort": 99999, "protocol": "X"}],
                                "env": [{"name": ""}],
                                "volumeMounts": [{"name": "nope", "mountPath": ""}],
                            },
                            {"name": "A_"},
                        ],
                    },
                },
            ),
        ),
        _apply(f"{APPS}/deployments", _deployment("dep-x", replicaz=1)),
        _apply(f"{APPS}/deployments", _deployment("dep-x", replicas="x")),
        _apply(f"{APPS}/deployments", _deployment("dep-x", template={"spec": {"containers": [{"name": "a"}, {"name": "a"}]}})),
        _apply(f"{APPS}/deployments", _deployment("dep-x", template={"spec": {"containers": [{"image": "a"}]}})),
    ],
    "workloads": [
        _create(
            f"{APPS}/statefulsets",
            _object("apps/v1", "StatefulSet", "sts-a", spec={"selector": _SELECTOR, "serviceName": "s", "template": _template()}),
        ),
        _create(f"{APPS}/daemonsets", _object("apps/v1", "DaemonSet", "ds-a", spec={"selector": _SELECTOR, "template": _template()})),
        _create(f"{APPS}/replicasets", _object("apps/v1", "ReplicaSet", "rs-a", spec={"selector": _SELECTOR, "template": _template()})),
        _create(f"{CORE}/pods", _object("v1", "Pod", "pod-a", spec=_template(resources={"limits": {"cpu": 1}})["spec"])),
        _apply(
            f"{APPS}/statefulsets",
            _object(
                "apps/v1",
                "StatefulSet",
                "sts-b",
                spec={
                    "selector": _SELECTOR,
                    "template": _template(),
                    "volumeClaimTemplates": [
                        {
                            "metadata": {"name": "d"},
                            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1000Mi"}}},
                        }
                    ],
                },
            ),
        ),
    ],
    "unchangeable": [
        _create(f"{APPS}/deployments", _deployment("dep-u", selector=_SELECTOR, template=_template())),
        (
            "merge",
            f"{APPS}/deployments/dep-u",
            {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}},
        ),
        _create(
            f"{APPS}/statefulsets",
            _object("apps/v1", "StatefulSet", "sts-u", spec={"selector": _SELECTOR, "serviceName": "s", "template": _template()}),
        ),
        ("merge", f"{APPS}/statefulsets/sts-u", {"spec": {"serviceName": "t", "replicas": 2}}),
        _create(f"{APPS}/daemonsets", _object("apps/v1", "DaemonSet", "ds-u", spec={"selector": _SELECTOR, "template": _template()})),
        (
            "merge",
            f"{APPS}/daemonsets/ds-u",
            {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}},
        ),
        _create(f"{APPS}/replicasets", _object("apps/v1", "ReplicaSet", "rs-u", spec={"selector": _SELECTOR, "template": _template()})),
        (
            "merge",
            f"{APPS}/replicasets/rs-u",
            {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}},
        ),
        _create(
            f"{CORE}/persistentvolumeclaims",
            _object(
                "v1",
                "PersistentVolumeClaim",
                "pvc-u",
                spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
            ),
        ),
        ("merge", f"{CORE}/persistentvolumeclaims/pvc-u", {"spec": {"accessModes": ["ReadWriteMany"]}}),
        _create(f"{CORE}/secrets", _object("v1", "Secret", "sec-u")),
        ("merge", f"{CORE}/secrets/sec-u", {"type": "other"}),
        _create(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
            _object(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                "rb-u",
                roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
            ),
        ),
        ("merge", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/rb-u", {"roleRef": {"name": "b"}}),
        _create("/apis/storage.k8s.io/v1/storageclasses", _object("storage.k8s.io/v1", "StorageClass", "sc-u", provisioner="ex.io/p")),
        ("merge", "/apis/storage.k8s.io/v1/storageclasses/sc-u", {"provisioner": "ex.io/q", "parameters": {"a": "b"}}),
        _create(f"{CORE}/pods", _object("v1", "Pod", "pod-u", spec=_template()["spec"])),
        ("merge", f"{CORE}/pods/pod-u", {"metadata": {"labels": {"a": "b"}}}),
        ("strategic", f"{CORE}/pods/pod-u", {"spec": {"containers": [{"name": "main", "image": "other:1"}]}}),
        _create(
            "/apis/batch/v1/namespaces/default/jobs", _object("batch/v1", "Job", "job-u", spec={"template": _template(restart="Never")})
        ),
        ("merge", "/apis/batch/v1/namespaces/default/jobs/job-u", {"spec": {"completions": 3}}),
        ("merge", "/apis/batch/v1/namespaces/default/jobs/job-u", {"spec": {"parallelism": 0, "suspend": True}}),
    ],
    "jobs": [
        _create(
            "/apis/batch/v1/namespaces/default/jobs", _object("batch/v1", "Job", "job-a", spec={"template": _template(restart="Never")})
        ),
        _create(
            "/apis/batch/v1/namespaces/default/cronjobs",
            _object(
                "batch/v1",
                "CronJob",
                "cj-a",
                spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": _template(restart="OnFailure")}}},
            ),
        ),
        _create("/apis/batch/v1/namespaces/default/jobs", _object("batch/v1", "Job", "job-b", spec={"template": _template()})),
        _create("/apis/batch/v1/namespaces/default/cronjobs", _object("batch/v1", "CronJob", "cj-b", spec={"jobTemplate": {}})),
    ],
    "networking": [
        _create(
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
            _object(
                "networking.k8s.io/v1",
                "Ingress",
                "ing-a",
                spec={
                    "rules": [
                        {
                            "host": "a.example",
                            "http": {
                                "paths": [
                                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}
                                ]
                            },
                        }
                    ]
                },
            ),
        ),
        _apply(
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
            _object(
                "networking.k8s.io/v1",
                "Ingress",
                "ing-b",
                spec={"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "s", "port": {"name": "web"}}}},
            ),
        ),
        _create(
            "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
            _object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                "np-a",
                spec={"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}], "egress": [{}]},
            ),
        ),
        _create(
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
            _object("networking.k8s.io/v1", "Ingress", "ing-c", spec={"rules": [{"http": {"paths": [{"backend": {}}]}}]}),
        ),
        _create(
            "/apis/networking.k8s.io/v1/ingressclasses",
            _object("networking.k8s.io/v1", "IngressClass", "icl-a", spec={"controller": "ex.io/c"}),
        ),
    ],
    "storage": [
        _create(
            f"{CORE}/persistentvolumeclaims",
            _object(
                "v1",
                "PersistentVolumeClaim",
                "pvc-a",
                spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            ),
        ),
        _create(f"{CORE}/persistentvolumeclaims", _object("v1", "PersistentVolumeClaim", "pvc-b", spec={"accessModes": ["Nope"]})),
        _create(
            "/api/v1/persistentvolumes",
            _object(
                "v1",
                "PersistentVolume",
                "pv-a",
                spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}},
            ),
        ),
        _create("/apis/storage.k8s.io/v1/storageclasses", _object("storage.k8s.io/v1", "StorageClass", "sc-a", provisioner="ex.io/p")),
    ],
    "access": [
        _create(f"{CORE}/serviceaccounts", _object("v1", "ServiceAccount", "sa-a")),
        _create(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            _object("rbac.authorization.k8s.io/v1", "Role", "role-a", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
        ),
        _create("/apis/rbac.authorization.k8s.io/v1/clusterroles", _object("rbac.authorization.k8s.io/v1", "ClusterRole", "cr-a")),
        _apply(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
            _object(
                "rbac.authorization.k8s.io/v1",
                "RoleBinding",
                "rb-a",
                roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "role-a"},
                subjects=[{"kind": "ServiceAccount", "name": "sa-a", "namespace": "default"}, {"kind": "User", "name": "u"}],
            ),
        ),
        _create(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            _object("rbac.authorization.k8s.io/v1", "Role", "role-b", rules=[{"resources": ["pods"], "verbs": []}]),
        ),
    ],
    "scaling": [
        _create(
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            _object(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "hpa-a",
                spec={"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
            ),
        ),
        _create(
            "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
            _object("policy/v1", "PodDisruptionBudget", "pdb-a", spec={"minAvailable": "50%", "selector": _SELECTOR}),
        ),
        _create(
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            _object("autoscaling/v2", "HorizontalPodAutoscaler", "hpa-b", spec={"minReplicas": 5, "maxReplicas": 3, "scaleTargetRef": {}}),
        ),
        _create("/apis/scheduling.k8s.io/v1/priorityclasses", _object("scheduling.k8s.io/v1", "PriorityClass", "pc-a", value=5)),
    ],
    "namespace": [
        _create("/api/v1/namespaces", _object("v1", "Namespace", "ns-a")),
        _apply("/api/v1/namespaces", _object("v1", "Namespace", "ns-b", labels={"a": "b"})),
        _create("/api/v1/namespaces", _object("v1", "Namespace", "a.b")),
    ],
    "several-managers": [
        (
            "apply",
            f"{APPS}/deployments/m1?fieldManager=a",
            _owned_deployment(
                "m1",
                selector=_AB,
                template=_pods(
                    _container("x", ports=[{"containerPort": 1, "name": "p"}], env=[{"name": "A", "value": "1"}]), _container("y")
                ),
            ),
        ),
        (
            "apply",
            f"{APPS}/deployments/m1?fieldManager=b",
            _owned_deployment(
                "m1",
                selector=_AB,
                template=_pods(_container("z", env=[{"name": "Q", "value": "1"}]), _container("x", env=[{"name": "B", "value": "2"}])),
            ),
        ),
        ("apply", f"{APPS}/deployments/m1?fieldManager=a", _owned_deployment("m1", selector=_AB, template=_pods(_container("x")))),
        (
            "apply",
            f"{APPS}/deployments/m1?fieldManager=b&force=true",
            _owned_deployment("m1", selector=_AB, template=_pods(_container("x", image="i:2", env=[{"name": "B", "value": "3"}]))),
        ),
        ("apply", f"{APPS}/deployments/m1?fieldManager=a", _owned_deployment("m1", selector=_AB, template=_pods(_container("w")))),
        (
            "strategic",
            f"{APPS}/deployments/m1?fieldManager=s",
            {
                "spec": {
                    "template": {
                        "spec": {
                            "$setElementOrder/containers": [{"name": "w"}, {"name": "x"}],
                            "containers": [
                                {
                                    "name": "x",
                                    "$setElementOrder/env": [{"name": "B"}],
                                    "env": [{"name": "B", "value": None, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                                }
                            ],
                            "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1.5Gi", "medium": ""}}],
                        }
                    }
                }
            },
        ),
        (
            "strategic",
            f"{APPS}/deployments/m1?fieldManager=s",
            {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "11111111-1111-1111-1111-111111111111"}]}},
        ),
        (
            "json",
            f"{APPS}/deployments/m1?fieldManager=j",
            [{"op": "remove", "path": "/spec/template/spec/volumes"}, {"op": "add", "path": "/metadata/labels", "value": {"q": "r"}}],
        ),
        (
            "merge",
            f"{APPS}/deployments/m1?fieldManager=mm",
            {
                "spec": {
                    "template": {
                        "spec": {
                            "terminationGracePeriodSeconds": 0,
                            "securityContext": {"runAsUser": 0},
                            "dnsConfig": {"options": [{"name": "x", "value": ""}]},
                        }
                    },
                    "replicas": 0,
                    "revisionHistoryLimit": 0,
                }
            },
        ),
        ("put", f"{APPS}/deployments/m1?fieldManager=pp", _owned_deployment("m1", selector=_AB, template=_pods(_container("x")))),
        (
            "put",
            f"{APPS}/deployments/m1/scale?fieldManager=sc",
            {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "m1"}, "spec": {"replicas": 4}},
        ),
    ],
    "service-types": [
        (
            "post",
            f"{CORE}/services?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "m2"},
                "spec": {"type": "NodePort", "ports": [{"port": 80}, {"port": 81, "name": "x"}]},
            },
        ),
        (
            "apply",
            f"{CORE}/services/m2?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "m2"},
                "spec": {"ports": [{"port": 80, "name": "w"}, {"port": 80, "name": "u", "protocol": "UDP"}], "selector": {"a": "b"}},
            },
        ),
        (
            "apply",
            f"{CORE}/services/m2?fieldManager=b",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "m2"},
                "spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}], "selector": {"z": "b"}},
            },
        ),
        (
            "apply",
            f"{CORE}/services/m2?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "m2"},
                "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "name": "w"}], "selector": {"a": "b"}},
            },
        ),
        (
            "apply",
            f"{CORE}/services/m2?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "m2"},
                "spec": {"ports": [{"port": 80, "name": "w"}], "selector": {"a": "b"}, "type": "ClusterIP"},
            },
        ),
    ],
    "other-kinds": [
        (
            "apply",
            f"{NETWORKING}/ingresses/m3?fieldManager=a",
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": "m3"},
                "spec": {
                    "tls": [{"hosts": ["h"], "secretName": "s"}],
                    "rules": [
                        {
                            "host": "h",
                            "http": {
                                "paths": [
                                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "m2", "port": {"number": 80}}}}
                                ]
                            },
                        }
                    ],
                },
            },
        ),
        (
            "apply",
            f"{NETWORKING}/ingresses/m3/status?fieldManager=st",
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": "m3"},
                "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
            },
        ),
        (
            "apply",
            "/apis/batch/v1/namespaces/default/jobs/m4?fieldManager=a",
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "m4"},
                "spec": {"template": _pods(_container("x"), restartPolicy="Never")},
            },
        ),
        (
            "apply",
            "/apis/batch/v1/namespaces/default/jobs/m4?fieldManager=a",
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "m4"},
                "spec": {"template": _pods(_container("x"), restartPolicy="Never")},
            },
        ),
        (
            "apply",
            "/apis/batch/v1/namespaces/default/cronjobs/m5?fieldManager=a",
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": {"name": "m5"},
                "spec": {
                    "schedule": "*/5 * * * *",
                    "jobTemplate": {
                        "metadata": {"labels": {"x": "y"}},
                        "spec": {"template": _pods(_container("x"), restartPolicy="Never")},
                    },
                },
            },
        ),
        (
            "apply",
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/m6?fieldManager=a",
            {
                "apiVersion": "autoscaling/v2",
                "kind": "HorizontalPodAutoscaler",
                "metadata": {"name": "m6"},
                "spec": {
                    "maxReplicas": 3,
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
                    "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}},
                    "metrics": [
                        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1000Mi"}}}
                    ],
                },
            },
        ),
        (
            "apply",
            f"{CORE}/configmaps/m7?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "m7", "labels": None, "annotations": {"a": None}},
                "data": None,
                "binaryData": {"x": "aGk="},
            },
        ),
        (
            "apply",
            f"{CORE}/persistentvolumeclaims/m8?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "m8"},
                "spec": {
                    "storageClassName": "",
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "0.5Gi"}},
                    "dataSource": None,
                },
            },
        ),
        (
            "apply",
            f"{CORE}/resourcequotas/m9?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "m9"},
                "spec": {"hard": {"pods": 10, "requests.cpu": "1500m"}},
            },
        ),
        (
            "apply",
            f"{CORE}/limitranges/m10?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "LimitRange",
                "metadata": {"name": "m10"},
                "spec": {"limits": [{"type": "Container", "max": {"cpu": 2}, "default": {"cpu": 1}}]},
            },
        ),
        (
            "apply",
            f"{CORE}/endpoints/m11?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {"name": "m11"},
                "subsets": [{"addresses": [{"ip": "1.2.3.4"}], "ports": [{"port": 80}]}],
            },
        ),
        (
            "apply",
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/m12?fieldManager=a",
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"name": "m12"},
                "addressType": "IPv4",
                "endpoints": [{"addresses": ["1.2.3.4"]}],
                "ports": [{"port": 80}],
            },
        ),
        (
            "apply",
            f"{APPS}/daemonsets/m13?fieldManager=a",
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": "m13"},
                "spec": {"selector": _AB, "template": _pods(_container("x"))},
            },
        ),
        (
            "apply",
            "/apis/policy/v1/namespaces/default/poddisruptionbudgets/m14?fieldManager=a",
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": "m14"},
                "spec": {"maxUnavailable": 1, "selector": _AB},
            },
        ),
        (
            "apply",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/m15?fieldManager=a",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": "m15"},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"nonResourceURLs": ["/x"], "verbs": ["get"]}],
                "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
            },
        ),
        (
            "apply",
            f"{CORE}/serviceaccounts/m16?fieldManager=a",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "m16"},
                "automountServiceAccountToken": False,
                "imagePullSecrets": [{"name": "x"}],
                "secrets": [],
            },
        ),
        (
            "apply",
            "/apis/scheduling.k8s.io/v1/priorityclasses/m19?fieldManager=a",
            {
                "apiVersion": "scheduling.k8s.io/v1",
                "kind": "PriorityClass",
                "metadata": {"name": "m19"},
                "value": 0,
                "globalDefault": False,
            },
        ),
    ],
    "leases-and-events": [
        _create(
            "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            _object(
                "coordination.k8s.io/v1", "Lease", "lease-a", spec={"holderIdentity": "me", "renewTime": "2026-01-02T03:04:05.123456Z"}
            ),
        ),
        _create(
            f"{CORE}/events",
            _object(
                "v1",
                "Event",
                "event-a",
                involvedObject={"kind": "Pod", "namespace": "default", "name": "p"},
                reason="R",
                message="m",
                type="Normal",
                count=0,
            ),
        ),
    ],
    "custom": [
        _create(
            THINGS,
            _thing(
                "th-a", name="abc", replicas=3, free={"q": {"z": [1]}}, choice={"a": "b"}, nothing=None, ports=[{"port": 1}], tags=["x"]
            ),
        ),
        _apply(
            THINGS,
            _thing(
                "th-b", name="abc", ports=[{"port": 1}, {"port": 1, "protocol": "UDP"}], labels={"k": "v"}, nested={}, atoms=[{"a": "1"}]
            ),
        ),
        _apply(
            THINGS,
            _thing(
                "th-b", name="abc", ports=[{"port": 1}, {"port": 1, "protocol": "UDP"}], labels={"k": "v"}, nested={}, atoms=[{"a": "1"}]
            ),
        ),
        _apply(THINGS, _thing("th-b", name="abc", ports=[{"port": 1, "name": "n"}, {"port": 2}], tags=["t"]), manager="other"),
        _apply(THINGS, _thing("th-b", name="abc", ports=[{"port": 2, "name": "z"}])),
        ("merge", f"{THINGS}/th-b/status?fieldManager=statuser", {"status": {"phase": "Up", "n": 1, "junk": 1}, "spec": {"name": "zzz"}}),
        _apply(THINGS, {**_thing("th-b", name="abc"), "status": {"phase": "No"}}),
        ("merge", f"{THINGS}/th-a?fieldManager=editor", {"spec": {"replicas": 4, "tags": None, "junk": 1}}),
        ("json", f"{THINGS}/th-a?fieldManager=editor", [{"op": "replace", "path": "/spec/ports/0/port", "value": 9}]),
    ],
    "custom-refused": [
        _create(THINGS, _thing("th-x", name="abcdefg")),
        _create(THINGS, _thing("th-x", name="abc", replicas=0)),
        _create(THINGS, _thing("th-x", name="abc", mode="c")),
        _create(THINGS, _thing("th-x", name="abc", amount=True)),
        _create(THINGS, _thing("th-x", name="abc", tags=["a", "a"])),
        _create(THINGS, _thing("th-x", name="abc", ports=[{"port": 1}, {"port": 1}])),
        _create(THINGS, _thing("th-x", name="abc", labels={"a": 1})),
        _create(THINGS, _object("ex.io/v1", "Thing", "th-x")),
        _create(THINGS, _thing("th-x", name="bad", replicas=12)),
        ("post", f"{THINGS}?fieldValidation=Strict", {**_thing("th-x", name="abc", yyy=1, atoms=[{"a": "b", "c": 1}]), "zzz": 1}),
        _create(THINGS, _object("ex.io/v1", "Thing", "th-x", labels={"a": 1}, spec={"name": "abc"})),
        _apply(THINGS, _thing("th-x", name=1)),
        _apply(THINGS, _thing("th-x", name="abc", replicas="2")),
        _apply(THINGS, _thing("th-x", name="abc", zzz=1)),
        _create(THINGS, _thing("th-y", name="abc", replicas=3)),
        ("merge", f"{THINGS}/th-y", {"spec": {"replicas": 2}}),
        ("merge", f"{THINGS}/th-y", {"spec": {"name": "bad"}}),
    ],
}
