"""One body of scenarios for both APIs.

A scenario asks for ``world`` and talks to the Kubernetes API alone. Whichever API stands behind it, the bridge and the functions run as in
production: ``krofn run``, a process each, CloudEvents over HTTP. On the real API server every process has the ServiceAccount and the
ClusterRoles of ``knative/``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.accounting import Accounting
from tests.support.backends import Backend, FunctionProcesses, start_backend
from tests.support.client import Client, Object

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def backend(api_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The API server: started once for all scenarios that run against it, wiped at the end."""
    with start_backend(api_name, tmp_path_factory.mktemp(api_name)) as started:
        yield started


@pytest.fixture(scope="session")
def functions(backend: Backend) -> Iterator[FunctionProcesses]:
    """Bridge and functions as processes, with the resync off so that requests can be counted."""
    with FunctionProcesses(backend) as processes:
        yield processes


@dataclass
class World:
    """A scenario's own corner: a namespace, a group and names nobody else uses; cleaned up afterwards."""

    backend: Backend
    functions: FunctionProcesses
    client: Client
    namespace: str
    tag: str
    cleanup: list[Object] = field(default_factory=list)

    def rgd(self, kind: str, *, spec: Any = None, status: Any = None, resources: list[Object] | None = None, **schema: Any) -> Object:
        """A definition of this scenario's own group, so that scenarios never share a kind."""
        block: Object = {"apiVersion": "v1alpha1", "kind": kind, "group": self.group, **schema}
        if spec is not None:
            block["spec"] = spec
        if status is not None:
            block["status"] = status
        return {
            "apiVersion": "kro.run/v1alpha1",
            "kind": "ResourceGraphDefinition",
            "metadata": {"name": f"{kind.lower()}.{self.tag}"},
            "spec": {"schema": block, "resources": resources or []},
        }

    def adopt(self, rgd: Object) -> Object:
        """An existing definition, renamed and moved into this scenario's group."""
        moved = {**rgd, "metadata": {**rgd["metadata"], "name": f"{rgd['metadata']['name']}.{self.tag}"}}
        moved["spec"] = {**rgd["spec"], "schema": {**rgd["spec"]["schema"], "group": self.group}}
        return moved

    @property
    def accounting(self) -> Accounting:
        """Skips the scenario where requests cannot be counted."""
        if self.backend.accounting is None:
            pytest.skip("requests cannot be counted on a cluster whose audit log is out of reach")
        return self.backend.accounting

    @property
    def group(self) -> str:
        return f"{self.tag}.example.com"

    def instance(self, rgd: Object, name: str, spec: Object | None = None) -> Object:
        block = rgd["spec"]["schema"]
        made: Object = {
            "apiVersion": f"{block['group']}/{block['apiVersion']}",
            "kind": block["kind"],
            "metadata": {"name": name, "namespace": self.namespace},
        }
        if block.get("scope") == "Cluster":
            del made["metadata"]["namespace"]
        return {**made, "spec": spec or {}}

    def install(self, rgd: Object, *, timeout: float = 30) -> Object:
        """Applies a definition and waits until it is Ready."""
        self.cleanup.append(rgd)
        self.backend.grant(rgd["spec"]["schema"]["group"], rgd)
        self.client.apply(rgd)
        return self.client.wait_condition(rgd, timeout=timeout)

    def create(self, instance: Object, *, timeout: float = 30) -> Object:
        """Applies an instance and waits until it is Ready."""
        self.cleanup.append(instance)
        self.client.apply(instance)
        return self.client.wait_condition(instance, timeout=timeout)


@pytest.fixture
def world(backend: Backend, functions: FunctionProcesses, request: pytest.FixtureRequest) -> Iterator[World]:
    words = re.sub(r"[^a-z0-9]+", "-", request.node.originalname.removeprefix("test_").lower()).strip("-")[:18].strip("-")
    tag = f"{words}-{next(_numbers)}"
    functions.ensure_running()
    client = backend.admin(tag)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tag}})
    made = World(backend, functions, client, tag, tag)
    yield made
    for each in reversed(made.cleanup):
        _quietly(lambda each=each: client.delete(each))
    for each in reversed(made.cleanup):
        _quietly(lambda each=each: client.wait_gone(each, timeout=10))
    for rgd in made.cleanup:
        if rgd["kind"] == "ResourceGraphDefinition":
            _quietly(lambda rgd=rgd: backend.take_back(rgd))
            _quietly(
                lambda: [
                    client.delete(crd)
                    for crd in client.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
                    if crd["spec"]["group"].endswith(made.group)
                ]
            )
    _quietly(lambda: client.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tag}}))
    client.close()


def _quietly(action: Callable[[], object]) -> None:
    """Cleaning up must not hide what the scenario found."""
    try:
        action()
    except Exception as error:
        print(f"while cleaning up: {error}")
