"""Who may do what, and how it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, MERGE, Ask
from tests.exchanges.objects_of import config_map, core, deployment, grouped, maps

MAPS = maps("access")
RBAC = "rbac.authorization.k8s.io/v1"
ROLES, BINDINGS = grouped("access", RBAC, "roles"), grouped("access", RBAC, "rolebindings")
REVIEWS = "/apis/authorization.k8s.io/v1"
EVE = "eve"


def _role(name: str, *rules: Any) -> dict[str, Any]:
    return {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": name}, "rules": list(rules)}


def _rule(verbs: list[str], resources: list[str], groups: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"apiGroups": groups or [""], "resources": resources, "verbs": verbs, **more}


def _binding(name: str, role: str, kind: str = "Role", user: str = EVE) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    subject, reference = {"kind": "User", "apiGroup": group, "name": user}, {"apiGroup": group, "kind": kind, "name": role}
    return {"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": name}, "subjects": [subject], "roleRef": reference}


def _review(kind: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


def asks() -> Iterator[Ask]:
    yield Ask(
        "a role",
        "POST",
        ROLES,
        _role(
            "reader",
            _rule(["get", "list"], ["configmaps"]),
            _rule(["get"], ["secrets"], resourceNames=["one"]),
            _rule(["update"], ["deployments/scale"], ["apps"]),
            _rule(["create", "get", "patch", "update"], ["roles", "rolebindings"], ["rbac.authorization.k8s.io"]),
        ),
        only=("code",),
    )
    yield Ask("its binding", "POST", BINDINGS, _binding("eve", "reader"), only=("code",))
    yield Ask("it works", "GET", MAPS + "/x", user=EVE, until=lambda code, _: code == 404)
    for name, method, path, body in (
        ("get what is granted by name", "GET", core("access", "secrets/one"), None),
        ("get what is not granted by name", "GET", core("access", "secrets/two"), None),
        ("list what is granted by name", "GET", core("access", "secrets"), None),
        ("create", "POST", MAPS, config_map("x")),
        ("delete", "DELETE", MAPS + "/x", None),
        ("delete a collection", "DELETE", MAPS, None),
        ("list everywhere", "GET", "/api/v1/configmaps", None),
        ("watch", "GET", MAPS + "?watch=1&timeoutSeconds=1", None),
        ("watch one", "GET", MAPS + "/x?watch=1&timeoutSeconds=1", None),
        ("update", "PUT", MAPS + "/x", config_map("x")),
        ("get a namespace", "GET", "/api/v1/namespaces/default", None),
        ("list namespaces", "GET", "/api/v1/namespaces", None),
        ("delete a namespace", "DELETE", "/api/v1/namespaces/default", None),
        ("get a node", "GET", "/api/v1/nodes/x", None),
        ("get a deployment", "GET", grouped("access", "apps/v1", "deployments/x"), None),
        ("get a status", "GET", grouped("access", "apps/v1", "deployments/x/status"), None),
        ("a resource nobody has", "GET", "/apis/nope.io/v1/foos", None),
        ("a CRD", "GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x", None),
        ("a path", "GET", "/metrics", None),
        ("a path nobody has", "GET", "/foo", None),
        ("discovery", "GET", "/apis/apps", None),
        ("the version", "GET", "/version/", None),
        ("readiness", "GET", "/readyz", None),
    ):  # fmt: skip
        only = ("code",) if name in ("the version", "readiness") else ()
        yield Ask(f"may she: {name}", method, path, body, user=EVE, only=only)
    yield Ask("may she: merge", "PATCH", MAPS + "/x", {}, MERGE, user=EVE)
    yield Ask("may she: apply", "PATCH", MAPS + "/x?fieldManager=m", config_map("x"), APPLY, user=EVE)
    yield Ask("a service account", "GET", MAPS, user="system:serviceaccount:exchange-access:robot")
    yield Ask("an anonymous one", "GET", MAPS, user="system:anonymous")
    yield Ask("she impersonates", "GET", MAPS, user="mallory", headers={"Impersonate-Group": "system:masters"}, only=("code",))
    yield from _escalation()
    yield from _reviews()
    yield Ask("a deployment for whoever may not", "POST", grouped("access", "apps/v1", "deployments"), deployment(), user=EVE)


def _escalation() -> Iterator[Ask]:
    yield Ask("grant oneself more", "POST", ROLES, _role("more", _rule(["*"], ["secrets"]), _rule(["get"], ["configmaps"])), user=EVE)
    yield Ask("grant what one has", "POST", ROLES, _role("same", _rule(["get"], ["configmaps"])), user=EVE)
    yield Ask("widen what one has", "PATCH", ROLES + "/same", {"rules": [_rule(["get", "delete"], ["configmaps"])]}, MERGE, user=EVE)
    yield Ask("bind what one has", "POST", BINDINGS, _binding("self", "same", user="mallory"), user=EVE)
    yield Ask("bind what one has not", "POST", BINDINGS, _binding("admin", "cluster-admin", "ClusterRole"), user=EVE)
    yield Ask("bind what nobody has", "POST", BINDINGS, _binding("nothing", "absent-role"), user=EVE)
    yield Ask("bind what nobody has, as admin", "POST", BINDINGS, _binding("nothing", "absent-role"), only=("code",))
    yield Ask("change a binding's role", "PATCH", BINDINGS + "/nothing", {"roleRef": {"name": "other"}}, MERGE)


def _reviews() -> Iterator[Ask]:
    attributes = {"namespace": "exchange-access", "verb": "get", "resource": "configmaps"}
    for name, spec in (
        ("what she may", {"resourceAttributes": attributes}),
        ("what she may not", {"resourceAttributes": {**attributes, "verb": "delete"}}),
        ("a path", {"nonResourceAttributes": {"path": "/api", "verb": "get"}}),
        ("a path she may not", {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}),
        ("nothing", {}),
        ("both", {"resourceAttributes": attributes, "nonResourceAttributes": {"path": "/api", "verb": "get"}}),
    ):
        yield Ask(f"she asks: {name}", "POST", REVIEWS + "/selfsubjectaccessreviews", _review("SelfSubjectAccessReview", **spec), user=EVE)
    asked = {"user": EVE, "resourceAttributes": attributes}
    yield Ask(
        "the admin asks for herself",
        "POST",
        REVIEWS + "/selfsubjectaccessreviews",
        _review("SelfSubjectAccessReview", resourceAttributes={**attributes, "verb": "delete"}),
    )
    yield Ask("the admin asks for her", "POST", REVIEWS + "/subjectaccessreviews", _review("SubjectAccessReview", **asked))
    yield Ask(
        "the admin asks for nobody",
        "POST",
        REVIEWS + "/subjectaccessreviews",
        _review("SubjectAccessReview", resourceAttributes=attributes),
    )
    local = core("access", "localsubjectaccessreviews").replace("/api/v1", REVIEWS)
    yield Ask("the admin asks locally", "POST", local, _review("LocalSubjectAccessReview", **asked))
    elsewhere = {"user": EVE, "resourceAttributes": {**attributes, "namespace": "default"}}
    yield Ask("the admin asks locally for elsewhere", "POST", local, _review("LocalSubjectAccessReview", **elsewhere))
    yield Ask(
        "her rules",
        "POST",
        REVIEWS + "/selfsubjectrulesreviews",
        _review("SelfSubjectRulesReview", namespace="exchange-access"),
        user=EVE,
        only=("code", "kind"),
    )
    yield Ask(
        "who she is",
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
        user=EVE,
    )
    yield Ask("get a review", "GET", REVIEWS + "/selfsubjectaccessreviews")
    yield Ask(
        "a token nobody knows",
        "POST",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "x"}},
        only=("code", "kind"),
    )
