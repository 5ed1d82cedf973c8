"""Who may do what: tokens, impersonation, RBAC, and the reviews that answer questions about it."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.core.requests import User
from tests.emulator.client import Client, config_map

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROOT = {"authorization": "Bearer root"}
BOB = {"authorization": "Bearer bob"}


@pytest.fixture
def secured() -> Client:
    authenticated = "system:authenticated"
    return Client(tokens={"root": User("root", ("system:masters", authenticated)), "bob": User("bob", ("team", authenticated))})


def grant(client: Client, subject: dict[str, Any], rule: dict[str, Any], namespace: str = "") -> None:
    kind, base = ("Role", f"{RBAC}/namespaces/{namespace}") if namespace else ("ClusterRole", RBAC)
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "granted"}}
    client.create(f"{base}/{kind.lower()}s", {**head, "kind": kind, "rules": [rule]}, **ROOT)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "granted"}
    client.create(f"{base}/{kind.lower()}bindings", {**head, "kind": f"{kind}Binding", "subjects": [subject], "roleRef": reference}, **ROOT)


MAPS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}
USER = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"}
GROUP = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "team"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nobody"}], ids=["without token", "with an unknown token"])
def test_401(secured: Client, headers: dict[str, str]) -> None:
    answer = secured.get("/api/v1/namespaces", **headers)
    assert (answer.code, answer.body["message"]) == (401, "Unauthorized")


def test_without_tokens_everybody_is_admin(client: Client) -> None:
    assert client.get("/api/v1/namespaces").code == 200


def test_health_needs_no_token(secured: Client) -> None:
    assert secured.get("/readyz").code == 200


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "GET",
            "/api/v1/namespaces/default/configmaps",
            'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"',
        ),
        (
            "GET",
            "/api/v1/namespaces/default/configmaps/x",
            'configmaps "x" is forbidden: User "bob" cannot get resource "configmaps" in API group "" in the namespace "default"',
        ),
        ("GET", "/api/v1/nodes", 'nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope'),
        (
            "GET",
            "/api/v1/configmaps?watch=1",
            'configmaps is forbidden: User "bob" cannot watch resource "configmaps" in API group "" at the cluster scope',
        ),
        (
            "GET",
            "/apis/apps/v1/namespaces/d/deployments/x/scale",
            'deployments.apps "x" is forbidden: User "bob" cannot get resource "deployments/scale" in API group "apps" in the namespace "d"',
        ),
        (
            "GET",
            "/apis/nope.io/v1/things",
            'things.nope.io is forbidden: User "bob" cannot list resource "things" in API group "nope.io" at the cluster scope',
        ),
        ("GET", "/", 'forbidden: User "bob" cannot get path "/"'),
    ],
)
def test_403_names_what_is_missing(secured: Client, method: str, path: str, message: str) -> None:
    answer = secured.call(method, path, **BOB)
    assert (answer.code, answer.body["reason"], answer.body["message"]) == (403, "Forbidden", message)


@pytest.mark.parametrize("subject", [USER, GROUP], ids=["user", "group"])
def test_a_role_grants_in_its_namespace(secured: Client, subject: dict[str, Any]) -> None:
    grant(secured, subject, MAPS, "default")
    assert secured.get("/api/v1/namespaces/default/configmaps", **BOB).code == 200
    assert secured.get("/api/v1/namespaces/kube-system/configmaps", **BOB).code == 403
    assert secured.get("/api/v1/configmaps", **BOB).code == 403
    assert secured.call("POST", "/api/v1/namespaces/default/configmaps", config_map("x"), **BOB).code == 403


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, 404),
        ({"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"]}, 404),
        ({"apiGroups": ["apps"], "resources": ["*/scale"], "verbs": ["get"]}, 404),
        ({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}, 403),
        ({"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"], "resourceNames": ["x"]}, 404),
        ({"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"], "resourceNames": ["y"]}, 403),
        ({"apiGroups": ["batch"], "resources": ["deployments/scale"], "verbs": ["get"]}, 403),
    ],
)
def test_rules(secured: Client, rule: dict[str, Any], code: int) -> None:
    grant(secured, USER, rule)
    assert secured.get("/apis/apps/v1/namespaces/default/deployments/x/scale", **BOB).code == code


def test_paths(secured: Client) -> None:
    assert secured.get("/version", **BOB).code == 200
    assert secured.get("/apis", **BOB).code == 200
    grant(secured, USER, {"nonResourceURLs": ["/"], "verbs": ["get"]})
    assert secured.get("/", **BOB).code == 200


def test_service_account_tokens(secured: Client) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    secured.create(accounts, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}, **ROOT)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    issued = secured.create(accounts + "/robot/token", body, **ROOT)["status"]
    assert issued["expirationTimestamp"] == "2026-01-01T00:10:00Z"
    robot = {"authorization": f"Bearer {issued['token']}"}
    assert 'User "system:serviceaccount:default:robot"' in secured.get("/api/v1/nodes", **robot).body["message"]
    grant(secured, {"kind": "ServiceAccount", "name": "robot", "namespace": "default"}, MAPS)
    assert secured.get("/api/v1/configmaps", **robot).code == 200
    secured.call("DELETE", accounts + "/robot", **ROOT)
    assert secured.get("/api/v1/configmaps", **robot).code == 401


def test_impersonation(secured: Client) -> None:
    assert 'User "eve"' in secured.get("/api/v1/nodes", **ROOT, impersonate_user="eve").body["message"]
    refused = secured.get("/api/v1/nodes", **BOB, impersonate_user="eve")
    assert (
        refused.body["message"]
        == 'users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope'
    )


@pytest.mark.parametrize(("verb", "allowed"), [("get", True), ("delete", False)])
def test_self_subject_access_review(secured: Client, verb: str, allowed: bool) -> None:
    grant(secured, USER, MAPS, "default")
    spec = {"resourceAttributes": {"verb": verb, "resource": "configmaps", "namespace": "default"}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    answer = secured.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body, **BOB)
    assert answer["status"]["allowed"] is allowed


def test_subject_access_review(secured: Client) -> None:
    grant(secured, GROUP, MAPS)
    spec = {"user": "eve", "groups": ["team"], "resourceAttributes": {"verb": "list", "resource": "configmaps"}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    found = secured.create(path, body, **ROOT)["status"]
    assert found["allowed"]
    assert found["reason"].startswith("RBAC: allowed by ClusterRoleBinding")
    assert secured.call("POST", path, body, **BOB).code == 403


def test_self_subject_rules_review(secured: Client) -> None:
    grant(secured, USER, MAPS, "default")
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "default"}}
    found = secured.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body, **BOB)["status"]
    assert {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]} in found["resourceRules"]


def test_always_allow() -> None:
    client = Client(tokens={"bob": User("bob")}, authorization="AlwaysAllow")
    assert client.get("/api/v1/nodes", **BOB).code == 200
