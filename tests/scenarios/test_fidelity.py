"""One test for every row of docs/reference/fidelity.md: it holds on a real server, and strictly fails on the emulator.

Rows that differ in answers to plain requests are shown in ``test_exchanges.py``.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.build import require
from tests.cluster.control_plane import free_ports, write_kubeconfig
from tests.exchanges.known import KNOWN
from tests.support.backends import Backend
from tests.support.client import Client, Object, Refused
from tests.support.rows import rows

CONTROLLERS = "deployment-controller,replicaset-controller,resourcequota-controller,root-ca-certificate-publisher-controller"
CONTAINER = {"name": "c", "image": "example.com/none"}


@pytest.fixture
def api(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client in a namespace of the test's own."""
    name = "fidelity-" + re.sub(r"[^a-z0-9]+", "-", request.node.originalname.removeprefix("test_").lower())[:40].strip("-")
    client = backend.admin(name)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    client.wait({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, lambda found: found is not None)
    yield client
    client.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    client.close()


@pytest.fixture
def controllers(backend: Backend, tmp_path: Path) -> Iterator[None]:
    """The controllers of a usual cluster that scenarios do without; a cluster that is not ours has them."""
    if backend.name != "real" or backend.accounting is None:
        yield
        return
    kubeconfig = tmp_path / "kubeconfig"
    assert backend.access.ca is not None
    (tmp_path / "ca.crt").write_bytes(backend.access.ca)
    write_kubeconfig(kubeconfig, backend.access.server, {"admin": backend.access.token}, ca=backend.access.ca)
    (port,) = free_ports(1)
    command = [
        str(require("kube-controller-manager")), f"--kubeconfig={kubeconfig}", f"--controllers={CONTROLLERS}", "--leader-elect=false",
        f"--root-ca-file={tmp_path / 'ca.crt'}", f"--secure-port={port}", "--bind-address=127.0.0.1", f"--cert-dir={tmp_path / 'certs'}",
    ]  # fmt: skip
    with (tmp_path / "manager.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def eventually(holds: Callable[[], bool], patience: float = 20.0) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def refusal(attempt: Callable[[], object]) -> str:
    """The message with which something is refused; empty if it is not."""
    try:
        attempt()
    except Refused as error:
        return error.message
    return ""


def config_map(name: str, **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def patience(api: Client, real: float = 20.0) -> float:
    """How long to wait for what a real server does in the end; the emulator would do it at once."""
    return real if api.server.startswith("https:") else 1.0


def test_the_page_and_the_tests_say_the_same() -> None:
    shown = {mark.args[0] for test in globals().values() for mark in getattr(test, "pytestmark", ()) if mark.name == "differs"}
    assert set(rows()) == shown | set(KNOWN)
    assert not shown & set(KNOWN)


@pytest.mark.differs("tls")
def test_the_server_serves_tls(api: Client) -> None:
    assert api.server.startswith("https://")
    assert api.http.get("/version").status_code == 200


@pytest.mark.differs("openapi-v2")
def test_openapi_v2(api: Client) -> None:
    assert api.call("GET", "/openapi/v2")["swagger"] == "2.0"


@pytest.mark.differs("resources")
def test_every_group_and_subresource(api: Client) -> None:
    groups = {group["name"] for group in api.call("GET", "/apis")["groups"]}
    assert {"flowcontrol.apiserver.k8s.io", "resource.k8s.io"} <= groups
    assert {"pods/log", "pods/exec", "pods/resize"} <= {one["name"] for one in api.call("GET", "/api/v1")["resources"]}


@pytest.mark.differs("metrics")
def test_metrics(api: Client) -> None:
    assert "apiserver_request_total" in api.http.get("/metrics").text


@pytest.mark.differs("workloads")
def test_a_deployment_gets_pods(api: Client, controllers: None) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    api.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    assert eventually(lambda: bool(api.list("v1", "Pod", labels="app=web")), patience(api))


@pytest.mark.differs("root-ca")
def test_the_root_certificate_is_in_every_namespace(api: Client, controllers: None) -> None:
    assert eventually(lambda: api.get("v1", "ConfigMap", "kube-root-ca.crt") is not None, patience(api))


@pytest.mark.differs("webhooks")
def test_webhooks_are_called(api: Client) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": "nobody.krofn.dev",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [rule],
        "objectSelector": {"matchLabels": {"hook": api.namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    with present(api, {**kind, "metadata": {"name": api.namespace}, "webhooks": [hook]}):
        asked = config_map("hooked", hook=api.namespace)
        assert eventually(lambda: "failed calling webhook" in refusal(lambda: create(api, asked)), patience(api))


@pytest.mark.differs("mutating-policies")
def test_mutating_policies_are_applied(api: Client) -> None:
    version = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    constraints = {"resourceRules": [rule], "objectSelector": {"matchLabels": {"mutate": api.namespace}}}
    expression = "Object{metadata: Object.metadata{labels: {'mutated': 'yes'}}}"
    spec = {
        "matchConstraints": constraints,
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
    }
    policy = {"apiVersion": version, "kind": "MutatingAdmissionPolicy", "metadata": {"name": api.namespace}, "spec": spec}
    binding = {**policy, "kind": "MutatingAdmissionPolicyBinding", "spec": {"policyName": api.namespace}}
    asked = config_map("mutated", mutate=api.namespace)
    with present(api, policy), present(api, binding):
        assert eventually(lambda: create(api, asked)["metadata"]["labels"].get("mutated") == "yes", patience(api))


@pytest.mark.differs("policy-authorizer")
def test_policies_may_ask_what_the_user_may(api: Client) -> None:
    version = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    expression = "!authorizer.group('').resource('configmaps').namespace('default').check('get').allowed()"
    spec = {
        "matchConstraints": {"resourceRules": [rule], "objectSelector": {"matchLabels": {"ask": api.namespace}}},
        "validations": [{"expression": expression, "message": "may read them"}],
    }
    policy = {"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": api.namespace}, "spec": spec}
    binding = {**policy, "kind": "ValidatingAdmissionPolicyBinding", "spec": {"policyName": api.namespace, "validationActions": ["Deny"]}}
    with present(api, policy), present(api, binding):
        asked = config_map("asked", ask=api.namespace)
        assert eventually(lambda: "denied request: may read them" in refusal(lambda: create(api, asked)), patience(api))


@pytest.mark.differs("pod-security")
def test_the_level_of_a_namespace_is_enforced(api: Client) -> None:
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api.namespace, "labels": label}})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}}
    assert eventually(lambda: "violates PodSecurity" in refusal(lambda: create(api, pod)), patience(api, 5))


@pytest.mark.differs("quota")
def test_quotas_are_enforced(api: Client, controllers: None) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"count/secrets": "0"}}}
    api.apply(quota)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    assert eventually(lambda: "exceeded quota" in refusal(lambda: create(api, secret)), patience(api))


@pytest.mark.differs("struct-diff")
def test_the_change_of_a_claim_is_explained(api: Client) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": spec}
    api.apply(claim)
    message = refusal(lambda: api.patch(claim, {"spec": {"accessModes": ["ReadOnlyMany"]}}))
    api.patch(claim, {"metadata": {"finalizers": None}})
    assert "spec is immutable" in message
    assert '+  "ReadOnlyMany"' in message


@pytest.mark.differs("descriptions")
def test_columns_are_described_as_in_the_reference(api: Client) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    table = api.call("GET", api.path("v1", "ConfigMap"), headers=accept)
    assert table["columnDefinitions"][0]["description"].startswith("Name must be unique within a namespace.")


def create(api: Client, body: Object) -> Object:
    """Creates in a dry run."""
    return api.call("POST", api.path(body["apiVersion"], body["kind"]), params={"dryRun": "All"}, json=body)


@contextlib.contextmanager
def present(api: Client, body: Any) -> Iterator[None]:
    api.apply(body)
    try:
        yield
    finally:
        api.delete(body)
