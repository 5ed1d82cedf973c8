"""What the usual built-in kinds refuse, and in which words. Everything is a dry run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import Ask
from tests.exchanges.objects_of import core, deployment, grouped

CONTAINER: dict[str, Any] = {"name": "c", "image": "nginx"}
SELECTOR = {"matchLabels": {"app": "web"}}
POD_RULES = tuple[str, dict[str, Any]]


def asks() -> Iterator[Ask]:
    for source in (_deployments, _pods, _workloads, _services, _networking, _storage, _access, _others):
        for name, path, body in source():
            yield Ask(name, "POST", path + "?dryRun=All", body)


Case = tuple[str, str, dict[str, Any]]


def _object(version: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **members.pop("metadata", {})}, **members}


def _template(labels: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"} if labels is None else labels}, "spec": {"containers": [CONTAINER], **spec}}


def _deployments() -> Iterator[Case]:
    path = grouped("kinds", "apps/v1", "deployments")
    for name, spec in (
        ("no selector", {"selector": None}),
        ("an empty selector", {"selector": {}}),
        ("another selector", {"selector": {"matchLabels": {"app": "other"}}}),
        ("a bad selector", {"selector": {"matchLabels": {"a b": "c d"}}}),
        ("an expression", {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}}),
        ("an operator nobody knows", {"selector": {"matchExpressions": [{"key": "app", "operator": "Near", "values": ["web"]}]}}),
        ("an expression without values", {"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}}),
        ("an expression with values too many", {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["a"]}]}}),
        ("no template", {"template": None}),
        ("bad template labels", {"template": _template({"app": "web", "a b": "c"})}),
        ("negative replicas", {"replicas": -1}),
        ("negative seconds", {"minReadySeconds": -1, "revisionHistoryLimit": -1, "progressDeadlineSeconds": -1}),
        ("a deadline too short", {"minReadySeconds": 10, "progressDeadlineSeconds": 5}),
        ("a strategy nobody knows", {"strategy": {"type": "Nope"}}),
        ("a rolling recreation", {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}}),
        ("nothing may move", {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}),
        ("a bad percentage", {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "x%", "maxUnavailable": "150%"}}}),
        ("another restart policy", {"template": _template(restartPolicy="Never")}),
        ("a number as text", {"replicas": "two"}),
        ("a fraction", {"replicas": 1.5}),
        ("a big number", {"replicas": 5000000000}),
        ("a list for a map", {"template": {"metadata": {"labels": ["a"]}}}),
        ("a text for a list", {"template": {"spec": {"containers": "c"}}}),
        ("a map for a text", {"template": {"spec": {"containers": [{"name": "c", "image": {}}]}}}),
    ):
        yield f"Deployment: {name}", path, deployment(**spec)
    yield "Deployment: no spec", path, _object("apps/v1", "Deployment")
    yield "Deployment: a text as spec", path, _object("apps/v1", "Deployment", spec="x")


def _pods() -> Iterator[Case]:
    """Through a Deployment, which needs no service account."""
    path = grouped("kinds", "apps/v1", "deployments")

    def one(**more: Any) -> dict[str, Any]:
        return {"containers": [{**CONTAINER, **more}]}

    mount = {"name": "v", "mountPath": "/v"}
    get = {"httpGet": {"path": "/", "port": 80}}
    for name, spec in (
        ("no containers", {"containers": []}),
        ("no name", {"containers": [{"image": "x"}]}),
        ("a bad name", {"containers": [{"name": "A_b", "image": "x"}]}),
        ("a name twice", {"containers": [CONTAINER, CONTAINER]}),
        ("no image", {"containers": [{"name": "c"}]}),
        ("a padded image", one(image=" nginx")),
        ("a pull policy nobody knows", one(imagePullPolicy="Sometimes")),
        ("a port too high", one(ports=[{"containerPort": 70000}])),
        ("no port", one(ports=[{"name": "http"}])),
        ("a protocol nobody knows", one(ports=[{"containerPort": 80, "protocol": "tcp"}])),
        ("a port name too long", one(ports=[{"containerPort": 80, "name": "x" * 16}])),
        ("a port name twice", one(ports=[{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}])),
        ("a host port", one(ports=[{"containerPort": 80, "hostPort": 70000}])),
        ("a variable without name", one(env=[{"value": "1"}])),
        ("a variable with a bad name", one(env=[{"name": "a=b", "value": "1"}])),
        ("a variable from two sources", one(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])),
        ("a variable from nothing", one(env=[{"name": "A", "valueFrom": {}}])),
        ("a variable from an unknown field", one(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.nope"}}}])),
        ("a variable from a key without name", one(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m"}}}])),
        ("variables from nothing", one(envFrom=[{}])),
        ("variables from two", one(envFrom=[{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}])),
        ("a mount of no volume", one(volumeMounts=[mount])),
        ("a mount twice", {**one(volumeMounts=[mount, mount]), "volumes": [{"name": "v", "emptyDir": {}}]}),
        ("a mount without path", {**one(volumeMounts=[{"name": "v"}]), "volumes": [{"name": "v", "emptyDir": {}}]}),
        ("a volume without name", {"volumes": [{"emptyDir": {}}]}),
        ("a volume twice", {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]}),
        ("a volume of nothing", {"volumes": [{"name": "v"}]}),
        ("a volume of two", {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]}),
        ("a config map volume without name", {"volumes": [{"name": "v", "configMap": {}}]}),
        ("a secret volume without name", {"volumes": [{"name": "v", "secret": {}}]}),
        ("a claim volume without name", {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": ""}}]}),
        ("a request above its limit", one(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}})),
        ("a negative request", one(resources={"requests": {"cpu": "-1"}})),
        ("a bad quantity", one(resources={"requests": {"cpu": "one"}})),
        ("a bad resource name", one(resources={"requests": {"a b": "1"}})),
        ("a resource nobody knows", one(resources={"requests": {"gpu": "1"}})),
        ("a fraction of a gpu", one(resources={"limits": {"nvidia.com/gpu": "500m"}})),
        ("a probe of nothing", one(livenessProbe={})),
        ("a probe of two", one(livenessProbe={**get, "tcpSocket": {"port": 1}})),
        ("a probe with negative numbers", one(readinessProbe={**get, "periodSeconds": -1, "failureThreshold": -1})),
        ("a liveness probe of two successes", one(livenessProbe={**get, "successThreshold": 2})),
        ("a probe without port", one(startupProbe={"httpGet": {"path": "/"}})),
        ("a probe of no command", one(livenessProbe={"exec": {}})),
        ("a lifecycle of nothing", one(lifecycle={"postStart": {}})),
        ("a negative user", one(securityContext={"runAsUser": -1})),
        ("privileged and not escalating", one(securityContext={"privileged": True, "allowPrivilegeEscalation": False})),
        ("a restart policy nobody knows", {"restartPolicy": "Perhaps"}),
        ("a DNS policy nobody knows", {"dnsPolicy": "Perhaps"}),
        ("a negative grace", {"terminationGracePeriodSeconds": -1}),
        ("a negative deadline", {"activeDeadlineSeconds": -1}),
        ("a bad node selector", {"nodeSelector": {"a b": "c d"}}),
        ("a bad service account", {"serviceAccountName": "A_b"}),
        ("a bad host name", {"hostname": "A_b", "subdomain": "A_b"}),
        ("a bad pull secret", {"imagePullSecrets": [{}]}),
        ("a toleration nobody knows", {"tolerations": [{"key": "a", "operator": "Near"}]}),
        ("a toleration without key", {"tolerations": [{"operator": "Equal", "value": "x"}]}),
        ("a toleration with a value too many", {"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]}),
        ("an effect nobody knows", {"tolerations": [{"key": "a", "operator": "Exists", "effect": "Nope"}]}),
        ("a host network with another port", {"hostNetwork": True, **one(ports=[{"containerPort": 80, "hostPort": 81}])}),
        ("an init container of the same name", {"initContainers": [CONTAINER]}),
        ("an init container with a probe", {"initContainers": [{**CONTAINER, "name": "i", "livenessProbe": get}]}),
        ("a spread over nothing", {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Nope"}]}),
        ("an affinity of nothing", {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}}),
        ("an affinity without topology", {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": SELECTOR}]}}}),
        ("an alias without address", {"hostAliases": [{"ip": "x", "hostnames": ["A_b"]}]}),
        ("a working directory and commands", one(workingDir="/x", command=["a"], args=["b"])),
    ):  # fmt: skip
        yield f"Pod template: {name}", path, deployment(template=_template(**spec))
    pods = core("kinds", "pods")
    yield "Pod", pods, _object("v1", "Pod", spec={"containers": [CONTAINER]})
    yield (
        "Pod: no service account by that name",
        pods,
        _object("v1", "Pod", spec={"containers": [CONTAINER], "serviceAccountName": "nobody"}),
    )
    yield "Pod: no priority class by that name", pods, _object("v1", "Pod", spec={"containers": [CONTAINER], "priorityClassName": "nope"})
    yield (
        "Pod: a system priority class",
        pods,
        _object("v1", "Pod", spec={"containers": [CONTAINER], "priorityClassName": "system-node-critical"}),
    )
    yield "Pod: no runtime class by that name", pods, _object("v1", "Pod", spec={"containers": [CONTAINER], "runtimeClassName": "nope"})
    yield "Pod: without its token", pods, _object("v1", "Pod", spec={"containers": [CONTAINER], "automountServiceAccountToken": False})
    yield (
        "Pod: with limits",
        pods,
        _object("v1", "Pod", spec={"containers": [{**CONTAINER, "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}),
    )
    yield "Pod: no containers", pods, _object("v1", "Pod", spec={})


def _workloads() -> Iterator[Case]:
    sets, daemons = grouped("kinds", "apps/v1", "statefulsets"), grouped("kinds", "apps/v1", "daemonsets")
    base = {"selector": SELECTOR, "template": _template(), "serviceName": "s"}
    for name, spec in (
        ("fine", {}),
        ("no service", {"serviceName": ""}),
        ("a policy nobody knows", {"podManagementPolicy": "Nope"}),
        ("a strategy nobody knows", {"updateStrategy": {"type": "Nope"}}),
        ("a claim template", {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}),
        ("a bad claim template", {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {}}]}),
        ("a negative partition", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": -1}}}),
        ("another selector", {"selector": {"matchLabels": {"app": "x"}}}),
        ("negative ordinals", {"ordinals": {"start": -1}}),
    ):  # fmt: skip
        yield f"StatefulSet: {name}", sets, _object("apps/v1", "StatefulSet", spec={**base, **spec})
    base = {"selector": SELECTOR, "template": _template()}
    for name, spec in (
        ("fine", {}),
        ("a strategy nobody knows", {"updateStrategy": {"type": "Nope"}}),
        ("nothing may move", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}}),
        ("another selector", {"selector": {"matchLabels": {"app": "x"}}}),
    ):
        yield f"DaemonSet: {name}", daemons, _object("apps/v1", "DaemonSet", spec={**base, **spec})
    yield (
        "ReplicaSet: negative",
        grouped("kinds", "apps/v1", "replicasets"),
        _object("apps/v1", "ReplicaSet", spec={**base, "replicas": -1}),
    )
    yield "ReplicaSet: fine", grouped("kinds", "apps/v1", "replicasets"), _object("apps/v1", "ReplicaSet", spec=base)
    jobs, crons = grouped("kinds", "batch/v1", "jobs"), grouped("kinds", "batch/v1", "cronjobs")
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}}
    for name, spec in (
        ("fine", {}),
        ("no template", {"template": {}}),
        ("another restart policy", {"template": {"spec": {"containers": [CONTAINER]}}}),
        ("negative numbers", {"parallelism": -1, "completions": -1, "backoffLimit": -1, "ttlSecondsAfterFinished": -1, "activeDeadlineSeconds": -1}),
        ("a mode nobody knows", {"completionMode": "Nope"}),
        ("indexed without completions", {"completionMode": "Indexed"}),
        ("a selector of its own", {"selector": {"matchLabels": {"a": "b"}}}),
        ("suspended", {"suspend": True}),
        ("a failure policy of nothing", {"podFailurePolicy": {"rules": [{"action": "Nope"}]}}),
    ):  # fmt: skip
        yield f"Job: {name}", jobs, _object("batch/v1", "Job", spec={**job, **spec})
    for name, spec in (
        ("fine", {"schedule": "*/5 * * * *"}),
        ("no schedule", {}),
        ("four fields", {"schedule": "* * * *"}),
        ("a minute too late", {"schedule": "61 * * * *"}),
        ("a word", {"schedule": "@hourly"}),
        ("a word nobody knows", {"schedule": "@never"}),
        ("a zone in the schedule", {"schedule": "TZ=UTC * * * * *"}),
        ("a zone nobody knows", {"schedule": "* * * * *", "timeZone": "Nowhere/Land"}),
        ("a policy nobody knows", {"schedule": "* * * * *", "concurrencyPolicy": "Nope"}),
        ("negative numbers", {"schedule": "* * * * *", "startingDeadlineSeconds": -1, "successfulJobsHistoryLimit": -1}),
    ):
        yield f"CronJob: {name}", crons, _object("batch/v1", "CronJob", spec={"jobTemplate": {"spec": job}, **spec})
    long = _object("batch/v1", "CronJob", spec={"schedule": "* * * * *", "jobTemplate": {"spec": job}}, metadata={"name": "x" * 53})
    yield "CronJob: a long name", crons, long


def _services() -> Iterator[Case]:
    path = core("kinds", "services")
    port = {"port": 80}
    for name, spec in (
        ("fine", {"ports": [port]}),
        ("no ports", {}),
        ("no port", {"ports": [{}]}),
        ("a port too high", {"ports": [{"port": 70000}]}),
        ("a port without name", {"ports": [{"port": 1}, {"port": 2}]}),
        ("a port twice", {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 1}]}),
        ("a name twice", {"ports": [{"name": "a", "port": 1}, {"name": "a", "port": 2}]}),
        ("a bad port name", {"ports": [{"name": "A_b", "port": 1}]}),
        ("a protocol nobody knows", {"ports": [{"port": 1, "protocol": "tcp"}]}),
        ("a bad target", {"ports": [{"port": 1, "targetPort": "A_B"}]}),
        ("a target too high", {"ports": [{"port": 1, "targetPort": 70000}]}),
        ("a node port of a cluster service", {"ports": [{"port": 1, "nodePort": 30000}]}),
        ("a node port out of range", {"type": "NodePort", "ports": [{"port": 1, "nodePort": 80}]}),
        ("a type nobody knows", {"type": "Nope", "ports": [port]}),
        ("an external name", {"type": "ExternalName", "externalName": "a.b"}),
        ("no external name", {"type": "ExternalName"}),
        ("a bad external name", {"type": "ExternalName", "externalName": "A_b"}),
        ("headless", {"clusterIP": "None", "selector": {"a": "b"}}),
        ("a bad address", {"clusterIP": "1.2.3", "ports": [port]}),
        ("a foreign address", {"clusterIP": "1.2.3.4", "ports": [port]}),
        ("a node port service", {"type": "NodePort", "ports": [port]}),
        ("a load balancer", {"type": "LoadBalancer", "ports": [port]}),
        ("an affinity nobody knows", {"sessionAffinity": "Nope", "ports": [port]}),
        ("an affinity", {"sessionAffinity": "ClientIP", "ports": [port]}),
        ("a bad selector", {"selector": {"a b": "c d"}, "ports": [port]}),
        ("a bad external address", {"externalIPs": ["x"], "ports": [port]}),
        ("a policy of a cluster service", {"externalTrafficPolicy": "Local", "ports": [port]}),
        ("a family nobody knows", {"ipFamilies": ["IPv5"], "ports": [port]}),
        ("two families", {"ipFamilyPolicy": "RequireDualStack", "ports": [port]}),
        ("source ranges of a cluster service", {"loadBalancerSourceRanges": ["10.0.0.0/8"], "ports": [port]}),
    ):
        yield f"Service: {name}", path, _object("v1", "Service", spec=spec)
    yield "Service: a name that starts with a digit", path, _object("v1", "Service", spec={"ports": [port]}, metadata={"name": "1a"})
    yield "Service: a name with a dot", path, _object("v1", "Service", spec={"ports": [port]}, metadata={"name": "a.b"})
    yield "Service: a long name", path, _object("v1", "Service", spec={"ports": [port]}, metadata={"name": "a" * 64})


def _networking() -> Iterator[Case]:
    path = grouped("kinds", "networking.k8s.io/v1", "ingresses")
    backend = {"service": {"name": "s", "port": {"number": 80}}}

    def rule(**more: Any) -> dict[str, Any]:
        return {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend, **more}]}}]}

    for name, spec in (
        ("fine", rule()),
        ("nothing", {}),
        ("a default", {"defaultBackend": backend}),
        ("no path type", rule(pathType=None)),
        ("a path type nobody knows", rule(pathType="Nope")),
        ("a relative path", rule(path="a")),
        ("a path with dots", rule(path="/a/../b")),
        ("no service", rule(backend={})),
        ("no service name", rule(backend={"service": {"port": {"number": 80}}})),
        ("no service port", rule(backend={"service": {"name": "s"}})),
        ("two service ports", rule(backend={"service": {"name": "s", "port": {"number": 80, "name": "x"}}})),
        ("a service port too high", rule(backend={"service": {"name": "s", "port": {"number": 70000}}})),
        ("a bad service name", rule(backend={"service": {"name": "A_b", "port": {"number": 80}}})),
        ("a bad host", {"rules": [{"host": "A_b", **rule()["rules"][0]}]}),
        ("an address as host", {"rules": [{"host": "1.2.3.4", **rule()["rules"][0]}]}),
        ("a wildcard host", {"rules": [{"host": "*.a.b", **rule()["rules"][0]}]}),
        ("a bad wildcard host", {"rules": [{"host": "*", **rule()["rules"][0]}]}),
        ("no paths", {"rules": [{"http": {"paths": []}}]}),
        ("a bad class", {**rule(), "ingressClassName": "A_b"}),
        ("a bad TLS host", {**rule(), "tls": [{"hosts": ["A_b"], "secretName": "A_b"}]}),
    ):
        yield f"Ingress: {name}", path, _object("networking.k8s.io/v1", "Ingress", spec=spec)
    policies = grouped("kinds", "networking.k8s.io/v1", "networkpolicies")
    for name, spec in (
        ("fine", {"podSelector": {}}),
        ("a type nobody knows", {"podSelector": {}, "policyTypes": ["Nope"]}),
        ("a bad block", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "x"}}]}]}),
        (
            "an exception outside",
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}}]}]},
        ),
        ("a peer of nothing", {"podSelector": {}, "ingress": [{"from": [{}]}]}),
        ("a peer of two", {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]}),
        ("a port too high", {"podSelector": {}, "ingress": [{"ports": [{"port": 70000}]}]}),
        ("a protocol nobody knows", {"podSelector": {}, "egress": [{"ports": [{"protocol": "tcp", "port": 1}]}]}),
    ):
        yield f"NetworkPolicy: {name}", policies, _object("networking.k8s.io/v1", "NetworkPolicy", spec=spec)
    classes = "/apis/networking.k8s.io/v1/ingressclasses"
    yield "IngressClass: no controller", classes, _object("networking.k8s.io/v1", "IngressClass", spec={})
    yield "IngressClass: a bad controller", classes, _object("networking.k8s.io/v1", "IngressClass", spec={"controller": "x"})


def _storage() -> Iterator[Case]:
    claims, volumes = core("kinds", "persistentvolumeclaims"), "/api/v1/persistentvolumes"
    base = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for name, spec in (
        ("fine", {}),
        ("no mode", {"accessModes": []}),
        ("a mode nobody knows", {"accessModes": ["Nope"]}),
        ("no request", {"resources": {}}),
        ("nothing requested", {"resources": {"requests": {"storage": "0"}}}),
        ("a bad request", {"resources": {"requests": {"storage": "lots"}}}),
        ("a volume mode nobody knows", {"volumeMode": "Nope"}),
        ("a bad class", {"storageClassName": "A_b"}),
        ("a data source", {"dataSource": {"kind": "VolumeSnapshot", "apiGroup": "snapshot.storage.k8s.io", "name": "s"}}),
    ):
        yield f"PersistentVolumeClaim: {name}", claims, _object("v1", "PersistentVolumeClaim", spec={**base, **spec})
    base = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}}
    for name, spec in (
        ("fine", {}),
        ("no capacity", {"capacity": None}),
        ("no mode", {"accessModes": None}),
        ("no source", {"hostPath": None}),
        ("two sources", {"nfs": {"server": "s", "path": "/x"}}),
        ("a policy nobody knows", {"persistentVolumeReclaimPolicy": "Nope"}),
    ):
        yield f"PersistentVolume: {name}", volumes, _object("v1", "PersistentVolume", spec={**base, **spec})
    classes = "/apis/storage.k8s.io/v1/storageclasses"
    yield "StorageClass: fine", classes, _object("storage.k8s.io/v1", "StorageClass", provisioner="a.b/c")
    yield "StorageClass: no provisioner", classes, _object("storage.k8s.io/v1", "StorageClass")
    yield (
        "StorageClass: a policy nobody knows",
        classes,
        _object("storage.k8s.io/v1", "StorageClass", provisioner="a", reclaimPolicy="Nope", volumeBindingMode="Nope"),
    )


def _access() -> Iterator[Case]:
    version, group = "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"
    roles, bindings = grouped("kinds", version, "roles"), grouped("kinds", version, "rolebindings")
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    for name, rules in (
        ("fine", [rule]),
        ("no rules", None),
        ("no verbs", [{**rule, "verbs": []}]),
        ("no groups", [{**rule, "apiGroups": []}]),
        ("no resources", [{**rule, "resources": []}]),
        ("a path", [{"nonResourceURLs": ["/x"], "verbs": ["get"]}]),
        ("both", [{**rule, "nonResourceURLs": ["/x"]}]),
    ):
        yield f"Role: {name}", roles, _object(version, "Role", rules=rules)
    yield "ClusterRole: both", f"/apis/{version}/clusterroles", _object(version, "ClusterRole", rules=[{**rule, "nonResourceURLs": ["/x"]}])
    yield (
        "ClusterRole: aggregated with rules",
        f"/apis/{version}/clusterroles",
        _object(version, "ClusterRole", rules=[rule], aggregationRule={"clusterRoleSelectors": []}),
    )
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": "view"}
    for name, subjects, role in (
        ("fine", [{"kind": "User", "name": "u"}], reference),
        ("no role", [{"kind": "User", "name": "u"}], None),
        ("a role of another group", [{"kind": "User", "name": "u"}], {**reference, "apiGroup": "x"}),
        ("a role of another kind", [{"kind": "User", "name": "u"}], {**reference, "kind": "Nope"}),
        ("a subject nobody knows", [{"kind": "Nope", "name": "u"}], reference),
        ("a subject without name", [{"kind": "Group"}], reference),
        ("an account without namespace", [{"kind": "ServiceAccount", "name": "u"}], reference),
        ("a bad account", [{"kind": "ServiceAccount", "name": "A_b", "namespace": "x"}], reference),
        ("an account with a group", [{"kind": "ServiceAccount", "apiGroup": "x", "name": "a", "namespace": "x"}], reference),
    ):
        body = _object(version, "RoleBinding", subjects=subjects, **({"roleRef": role} if role else {}))
        yield f"RoleBinding: {name}", bindings, body
    yield "Role: a name with a colon", roles, _object(version, "Role", rules=[rule], metadata={"name": "a:b"})
    yield "Role: a name with a slash", roles, _object(version, "Role", rules=[rule], metadata={"name": "a/b"})
    yield (
        "ServiceAccount",
        core("kinds", "serviceaccounts"),
        _object("v1", "ServiceAccount", secrets=[{"name": "s"}], imagePullSecrets=[{"name": "p"}]),
    )


def _others() -> Iterator[Case]:
    secrets = core("kinds", "secrets")
    for name, members in (
        ("fine", {"stringData": {"a": "b"}}),
        ("bad base64", {"data": {"a": "%%"}}),
        ("a bad key", {"data": {"a/b": "aGk="}}),
        ("TLS without keys", {"type": "kubernetes.io/tls"}),
        ("TLS of nothing", {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "", "tls.key": ""}}),
        ("basic authentication without keys", {"type": "kubernetes.io/basic-auth"}),
        ("SSH without keys", {"type": "kubernetes.io/ssh-auth"}),
        ("Docker without keys", {"type": "kubernetes.io/dockerconfigjson"}),
        ("Docker of text", {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "x"}}),
        ("a token without account", {"type": "kubernetes.io/service-account-token"}),
    ):
        yield f"Secret: {name}", secrets, _object("v1", "Secret", **members)
    scalers = grouped("kinds", "autoscaling/v2", "horizontalpodautoscalers")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "w"}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    base = {"scaleTargetRef": target, "maxReplicas": 3, "metrics": [metric]}
    for name, spec in (
        ("fine", {}),
        ("no maximum", {"maxReplicas": None}),
        ("a minimum above its maximum", {"minReplicas": 5}),
        ("no minimum", {"minReplicas": 0}),
        ("no target", {"scaleTargetRef": {}}),
        ("a bad target", {"scaleTargetRef": {"kind": "A/b", "name": "A/b", "apiVersion": "x"}}),
        ("a metric nobody knows", {"metrics": [{"type": "Nope"}]}),
        ("a metric without source", {"metrics": [{"type": "Resource"}]}),
        ("a metric of nothing", {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]}),
        ("negative stabilisation", {"behavior": {"scaleDown": {"stabilizationWindowSeconds": -1}}}),
        ("no metrics", {"metrics": None}),
    ):
        yield f"HorizontalPodAutoscaler: {name}", scalers, _object("autoscaling/v2", "HorizontalPodAutoscaler", spec={**base, **spec})
    first = grouped("kinds", "autoscaling/v1", "horizontalpodautoscalers")
    yield (
        "HorizontalPodAutoscaler v1: fine",
        first,
        _object(
            "autoscaling/v1",
            "HorizontalPodAutoscaler",
            spec={"scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 40},
        ),
    )
    budgets = grouped("kinds", "policy/v1", "poddisruptionbudgets")
    for name, spec in (
        ("fine", {"minAvailable": 1, "selector": SELECTOR}),
        ("both", {"minAvailable": 1, "maxUnavailable": 1, "selector": SELECTOR}),
        ("a bad percentage", {"minAvailable": "x%", "selector": SELECTOR}),
        ("a negative number", {"maxUnavailable": -1, "selector": SELECTOR}),
        ("a policy nobody knows", {"minAvailable": 1, "unhealthyPodEvictionPolicy": "Nope"}),
    ):
        yield f"PodDisruptionBudget: {name}", budgets, _object("policy/v1", "PodDisruptionBudget", spec=spec)
    limits, quotas = core("kinds", "limitranges"), core("kinds", "resourcequotas")
    for name, limit in (
        ("fine", {"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"}}),
        ("a default above its maximum", {"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "2"}}),
        ("a minimum above its maximum", {"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}}),
        ("a default for a pod", {"type": "Pod", "default": {"cpu": "2"}}),
        ("a type nobody knows", {"type": "nope"}),
    ):
        yield f"LimitRange: {name}", limits, _object("v1", "LimitRange", spec={"limits": [limit]})
    yield "ResourceQuota: fine", quotas, _object("v1", "ResourceQuota", spec={"hard": {"pods": "5", "requests.cpu": "2"}})
    yield "ResourceQuota: negative", quotas, _object("v1", "ResourceQuota", spec={"hard": {"pods": "-5"}})
    yield "ResourceQuota: a resource nobody knows", quotas, _object("v1", "ResourceQuota", spec={"hard": {"nope": "5"}})
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    yield "PriorityClass: fine", classes, _object("scheduling.k8s.io/v1", "PriorityClass", value=7)
    yield "PriorityClass: too high", classes, _object("scheduling.k8s.io/v1", "PriorityClass", value=2000000000)
    yield (
        "PriorityClass: a system name",
        classes,
        _object("scheduling.k8s.io/v1", "PriorityClass", value=7, metadata={"name": "system-mine"}),
    )
    leases = grouped("kinds", "coordination.k8s.io/v1", "leases")
    yield "Lease: fine", leases, _object("coordination.k8s.io/v1", "Lease", spec={"holderIdentity": "h", "leaseDurationSeconds": 5})
    yield "Lease: no duration", leases, _object("coordination.k8s.io/v1", "Lease", spec={"leaseDurationSeconds": 0, "leaseTransitions": -1})
    yield "Lease: a bad time", leases, _object("coordination.k8s.io/v1", "Lease", spec={"renewTime": "now"})
    events = core("kinds", "events")
    involved = {"apiVersion": "v1", "kind": "ConfigMap", "name": "m", "namespace": "exchange-kinds"}
    yield "Event: fine", events, _object("v1", "Event", involvedObject=involved, reason="R", message="m", type="Normal")
    yield "Event: about another namespace", events, _object("v1", "Event", involvedObject={**involved, "namespace": "default"})
    slices = grouped("kinds", "discovery.k8s.io/v1", "endpointslices")
    yield (
        "EndpointSlice: fine",
        slices,
        _object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            addressType="IPv4",
            endpoints=[{"addresses": ["10.1.2.3"]}],
            ports=[{"name": "p", "port": 80}],
        ),
    )
    yield "EndpointSlice: no type", slices, _object("discovery.k8s.io/v1", "EndpointSlice", endpoints=[])
    yield (
        "EndpointSlice: a bad address",
        slices,
        _object("discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4", endpoints=[{"addresses": ["x"]}]),
    )
    yield (
        "Endpoints: fine",
        core("kinds", "endpoints"),
        _object("v1", "Endpoints", subsets=[{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]),
    )
    yield "Node: fine", "/api/v1/nodes", _object("v1", "Node", spec={})
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    yield (
        "ValidatingWebhookConfiguration: of nothing",
        hooks,
        _object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", webhooks=[{"name": "a.b.c"}]),
    )
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    constraints = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}
    for name, spec in (
        ("fine", {"matchConstraints": constraints, "validations": [{"expression": "object.metadata.name != 'x'"}]}),
        ("of nothing", {}),
        ("a broken expression", {"matchConstraints": constraints, "validations": [{"expression": "object."}]}),
    ):
        yield (
            f"ValidatingAdmissionPolicy: {name}",
            policies,
            _object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=spec),
        )
