"""ValidatingAdmissionPolicies: what they deny, with which words and codes, and of what they warn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, MERGE, TABLE, Ask
from tests.exchanges.objects_of import config_map, core, grouped, maps, namespace

API = "admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"/apis/{API}/validatingadmissionpolicies", f"/apis/{API}/validatingadmissionpolicybindings"
MAPS = maps("policies")
LABELS = {"matchLabels": {"kubernetes.io/metadata.name": namespace("policies")}}


def _rule(*resources: str, operations: tuple[str, ...] = ("CREATE", "UPDATE"), group: str = "") -> dict[str, Any]:
    return {"apiGroups": [group], "apiVersions": ["v1"], "operations": list(operations), "resources": list(resources)}


def _policy(name: str, rule: dict[str, Any], *validations: dict[str, Any], **spec: Any) -> dict[str, Any]:
    constraints = {"resourceRules": [rule], "namespaceSelector": LABELS}
    spec = {"failurePolicy": "Fail", "matchConstraints": constraints, "validations": list(validations), **spec}
    return {"apiVersion": API, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": f"krofn-{name}"}, "spec": spec}


def _binding(name: str, *actions: str, **spec: Any) -> dict[str, Any]:
    spec = {"policyName": f"krofn-{name}", "validationActions": list(actions or ("Deny",)), **spec}
    return {"apiVersion": API, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": f"krofn-{name}"}, "spec": spec}


def _map(name: str, **data: str) -> dict[str, Any]:
    return {**config_map(name), "data": data}


POLICY = [
    (_policy("plain", _rule("configmaps"), {"expression": "!has(object.data) || !('plain' in object.data)"}), _binding("plain")),
    (_policy("said", _rule("configmaps"), {"expression": "!('said' in object.data)", "message": "said must not be said", "reason": "Forbidden"}), _binding("said")),
    (_policy("shown", _rule("configmaps"), {"expression": "variables.value != 'bad'", "messageExpression": "'value is ' + variables.value"}, variables=[{"name": "value", "expression": "'shown' in object.data ? object.data['shown'] : ''"}]), _binding("shown")),
    (_policy("warned", _rule("configmaps"), {"expression": "!('warned' in object.data)", "message": "rather not"}), _binding("warned", "Warn")),
    (_policy("frozen", _rule("configmaps", operations=("UPDATE",)), {"expression": "!('frozen' in oldObject.data) || oldObject.data['frozen'] == object.data['frozen']", "message": "frozen"}), _binding("frozen")),
    (_policy("kept", _rule("configmaps", operations=("DELETE",)), {"expression": "!('kept' in oldObject.data)", "message": "is kept"}), _binding("kept")),
    (_policy("failing", _rule("configmaps"), {"expression": "!('failing' in object.data) || object.data['absent'] == 'x'"}), _binding("failing")),
    (_policy("ignoring", _rule("configmaps"), {"expression": "!('ignoring' in object.data) || object.data['absent'] == 'x'"}, failurePolicy="Ignore"), _binding("ignoring")),
    (_policy("asked", _rule("configmaps"), {"expression": "request.userInfo.username != 'eve' && request.operation == 'CREATE' && request.namespace == object.metadata.namespace"}, matchConditions=[{"name": "asked", "expression": "'asked' in object.data"}]), _binding("asked")),
    (_policy("scaled", _rule("deployments/scale", "deployments", group="apps"), {"expression": "object.spec.replicas <= 5", "message": "at most five"}), _binding("scaled")),
    (_policy("spaced", _rule("secrets"), {"expression": "namespaceObject.metadata.name == 'elsewhere'", "message": "not here"}), _binding("spaced")),
]  # fmt: skip


def asks() -> Iterator[Ask]:
    for policy, binding in POLICY:
        name = policy["metadata"]["name"]
        yield Ask(f"create {name}", "POST", POLICIES, policy)
        yield Ask(f"bind {name}", "POST", BINDINGS, binding)
    yield Ask("a policy as a table", "GET", POLICIES + "/krofn-plain", accept=TABLE)
    yield Ask("a binding as a table", "GET", BINDINGS + "/krofn-plain", accept=TABLE)
    spaced = core("policies", "secrets")
    yield Ask(
        "the last one is in force",
        "POST",
        spaced,
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}},
        until=lambda code, _: code == 422,
    )
    for name, data in (
        ("nothing", {"x": "y"}),
        ("plain", {"plain": "x"}),
        ("said", {"said": "x"}),
        ("shown", {"shown": "bad"}),
        ("warned", {"warned": "x"}),
        ("failing", {"failing": "x"}),
        ("ignoring", {"ignoring": "x"}),
        ("asked", {"asked": "x"}),
        ("two faults", {"said": "x", "warned": "x"}),
    ):
        yield Ask(f"create: {name}", "POST", MAPS + "?dryRun=All", _map("m", **data))
    yield Ask("create what has two", "POST", MAPS, _map("two", frozen="a", kept="b"))
    yield Ask("change what is frozen", "PATCH", MAPS + "/two", {"data": {"frozen": "b"}}, MERGE)
    yield Ask("change beside it", "PATCH", MAPS + "/two", {"data": {"other": "b"}}, MERGE)
    yield Ask("apply what is plain", "PATCH", MAPS + "/two?fieldManager=m", _map("two", plain="x"), APPLY)
    yield Ask("delete what is kept", "DELETE", MAPS + "/two")
    yield Ask("delete them all", "DELETE", MAPS)
    deployments = grouped("policies", "apps/v1", "deployments")
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    yield Ask(
        "a deployment",
        "POST",
        deployments,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec},
        only=("code",),
    )
    yield Ask("scale it too far", "PATCH", deployments + "/d/scale", {"spec": {"replicas": 9}}, MERGE)
    yield Ask("too many of it", "PATCH", deployments + "/d", {"spec": {"replicas": 9}}, MERGE)
    yield Ask("scale it", "PATCH", deployments + "/d/scale", {"spec": {"replicas": 4}}, MERGE, only=("code",))
    for policy, _ in POLICY:
        name = policy["metadata"]["name"]
        yield Ask(f"unbind {name}", "DELETE", f"{BINDINGS}/{name}", only=("code",))
        yield Ask(f"delete {name}", "DELETE", f"{POLICIES}/{name}", only=("code",))
    yield Ask("none is in force", "DELETE", MAPS + "/two", until=lambda code, _: code == 200, only=("code",))
