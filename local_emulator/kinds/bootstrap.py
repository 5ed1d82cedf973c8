"""What a cluster has before anybody uses it: system namespaces, the roles that every installation relies on, the built-in table."""

from __future__ import annotations

from typing import Any

from local_emulator.core.registry import Registry, Resource, ScalePaths, Subresource
from local_emulator.core.writing import Options
from local_emulator.objects.builtin.kinds import BuiltinKind, load_kinds
from local_emulator.objects.conversion import CONVERSIONS
from local_emulator.writes.transactions import Transactions

Object = dict[str, Any]
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PRIORITIES = (
    ("system-node-critical", 2000001000, "Used for system critical pods that must not be moved from their current node."),
    (
        "system-cluster-critical",
        2000000000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
)
_READ, _WRITE = ["get", "list", "watch"], ["create", "delete", "deletecollection", "patch", "update"]
_RBAC = "rbac.authorization.k8s.io"
_EXTRA: dict[tuple[str, str], tuple[Subresource, ...]] = {
    ("", "namespaces"): (Subresource("finalize", "", "v1", "Namespace", ("update",)),),
    ("", "pods"): (
        Subresource("binding", "", "v1", "Binding", ("create",)),
        Subresource("eviction", "policy", "v1", "Eviction", ("create",)),
    ),
    ("", "serviceaccounts"): (Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", ("create",)),),
}


def builtin_resources() -> list[Resource]:
    """The discovery table as served resources."""
    return [_resource(kind) for kind in load_kinds()]


def _resource(kind: BuiltinKind) -> Resource:
    subresources = [
        Subresource("scale", "autoscaling", "v1", "Scale") if name == "scale" else Subresource(name, kind.group, kind.version, kind.kind)
        for name in kind.subresources
    ]
    subresources += _EXTRA.get((kind.group, kind.plural), ())
    storage = ("", "events") if kind.plural == "events" else (kind.group, kind.plural)
    return Resource(
        kind.group,
        kind.version,
        kind.kind,
        kind.plural,
        kind.singular,
        kind.namespaced,
        kind.verbs,
        kind.short_names,
        kind.categories,
        tuple(sorted(subresources, key=lambda sub: sub.name)),
        storage=storage,
        scale=ScalePaths() if "scale" in kind.subresources else None,
        conversion=CONVERSIONS.get((kind.group, kind.version, kind.kind)),
    )


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Object:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources}


def _everyday(verbs: list[str]) -> list[Object]:
    """The resources that people who may edit or view a namespace work with."""
    return [
        _rule(
            [""],
            [
                "configmaps",
                "endpoints",
                "events",
                "persistentvolumeclaims",
                "pods",
                "replicationcontrollers",
                "serviceaccounts",
                "services",
            ],
            verbs,
        ),
        _rule(
            ["apps"],
            ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"],
            verbs,
        ),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], verbs),
        _rule(["batch"], ["cronjobs", "jobs"], verbs),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], verbs),
        _rule(["policy"], ["poddisruptionbudgets"], verbs),
    ]


def _roles() -> list[tuple[str, list[Object], dict[str, str]]]:
    """(name, rules, labels) of the ClusterRoles that do not aggregate."""
    open_paths = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
    discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]
    view, edit, admin = (f"rbac.authorization.k8s.io/aggregate-to-{name}" for name in ("view", "edit", "admin"))
    return [
        ("cluster-admin", [_rule(["*"], ["*"], ["*"]), {"verbs": ["*"], "nonResourceURLs": ["*"]}], {}),
        ("system:discovery", [{"verbs": ["get"], "nonResourceURLs": [*discovery, *open_paths]}], {}),
        ("system:public-info-viewer", [{"verbs": ["get"], "nonResourceURLs": open_paths}], {}),
        (
            "system:basic-user",
            [
                _rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
                _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
            ],
            {},
        ),
        ("system:aggregate-to-view", [*_everyday(_READ), _rule([""], ["namespaces"], _READ)], {view: "true"}),
        (
            "system:aggregate-to-edit",
            [*_everyday(_WRITE), _rule([""], ["secrets"], _READ + _WRITE), _rule([""], ["serviceaccounts"], ["impersonate"])],
            {edit: "true"},
        ),
        (
            "system:aggregate-to-admin",
            [
                _rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
                _rule([_RBAC], ["rolebindings", "roles"], _READ + _WRITE),
            ],
            {admin: "true"},
        ),
    ]


def bootstrap(registry: Registry, transactions: Transactions) -> None:
    """Creates the objects that exist in every new cluster; what exists already is left alone."""
    options = Options("kube-apiserver", "Ignore")

    def create(resource: Resource | None, obj: Object) -> None:
        if resource is not None and transactions.store.get(resource.storage, ("", obj["metadata"]["name"])) is None:
            transactions.create(resource, "", obj, options)

    namespaces = registry.find("", "v1", "namespaces")
    for name in NAMESPACES:
        create(namespaces, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    classes = registry.find("scheduling.k8s.io", "v1", "priorityclasses")
    for name, value, what in _PRIORITIES:
        head: Object = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
        create(classes, {**head, "value": value, "description": what})
    roles, bindings = registry.find(_RBAC, "v1", "clusterroles"), registry.find(_RBAC, "v1", "clusterrolebindings")
    defaults = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    head = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole"}
    for name, rules, labels in _roles():
        create(roles, {**head, "metadata": {"name": name, "labels": {**defaults, **labels}}, "rules": rules})
    for name, chain in (("admin", ("admin", "edit", "view")), ("edit", ("edit", "view")), ("view", ("view",))):
        selectors = [{"matchLabels": {f"{_RBAC}/aggregate-to-{source}": "true"}} for source in chain]
        above = (
            {f"{_RBAC}/aggregate-to-admin": "true"} if name == "edit" else {f"{_RBAC}/aggregate-to-edit": "true"} if name == "view" else {}
        )
        create(
            roles,
            {
                **head,
                "metadata": {"name": name, "labels": {**defaults, **above}},
                "aggregationRule": {"clusterRoleSelectors": selectors},
                "rules": [],
            },
        )
    for name, groups in (
        ("cluster-admin", ["system:masters"]),
        ("system:discovery", ["system:authenticated"]),
        ("system:basic-user", ["system:authenticated"]),
        ("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
    ):
        subjects = [{"kind": "Group", "apiGroup": _RBAC, "name": group} for group in groups]
        reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name}
        create(
            bindings,
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": name, "labels": defaults},
                "subjects": subjects,
                "roleRef": reference,
            },
        )
