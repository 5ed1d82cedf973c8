"""The API server takes every golden CRD and enforces what it says, a real one as well as the emulator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.backends import Backend
from tests.support.client import Client, Object, Refused
from tests.tools.golden_crds import CRDS

pytestmark = pytest.mark.feature(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)

GOLDEN = sorted(CRDS.glob("*.yaml"))
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module")
def client(backend: Backend) -> Iterator[Client]:
    made = backend.admin()
    yield made
    made.close()


def establish(client: Client, crd: Object, timeout: float = 20) -> Object:
    """Creates the CRD and waits until it is served."""
    client.call("POST", CRD_PATH, json=crd)
    deadline = time.monotonic() + timeout
    while True:
        found = client.call("GET", f"{CRD_PATH}/{crd['metadata']['name']}")
        conditions = {item["type"]: item["status"] for item in (found.get("status") or {}).get("conditions") or ()}
        if conditions.get("Established") == "True" and conditions.get("NamesAccepted") == "True":
            return found
        assert time.monotonic() < deadline, f"not established: {conditions}"
        time.sleep(0.05)


@pytest.fixture
def served(client: Client, request: pytest.FixtureRequest) -> Iterator[Object]:
    crd = yaml.safe_load(request.param.read_text())
    found = establish(client, crd)
    yield found
    client.call("DELETE", f"{CRD_PATH}/{crd['metadata']['name']}")
    deadline = time.monotonic() + 20
    while client.http.get(f"{CRD_PATH}/{crd['metadata']['name']}").status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def golden(name: str) -> Any:
    return next(path for path in GOLDEN if path.stem == name)


@pytest.mark.parametrize("served", GOLDEN, indirect=True, ids=lambda path: path.stem)
def test_the_crd_is_accepted_and_kept_as_it_is(served: Object) -> None:
    sent = yaml.safe_load(golden_of(served).read_text())
    assert served["spec"]["versions"] == sent["spec"]["versions"]
    assert served["spec"]["names"] == sent["spec"]["names"]
    assert "NonStructuralSchema" not in {item["type"] for item in served["status"]["conditions"]}


def golden_of(served: Object) -> Any:
    return next(path for path in GOLDEN if yaml.safe_load(path.read_text())["metadata"]["name"] == served["metadata"]["name"])


def create(client: Client, served: Object, spec: Object | None, name: str = "it") -> Object:
    """An instance (a dry run). Raises Refused."""
    group, version = served["spec"]["group"], served["spec"]["versions"][0]["name"]
    place = "" if served["spec"]["scope"] == "Cluster" else "/namespaces/default"
    body: Object = {"apiVersion": f"{group}/{version}", "kind": served["spec"]["names"]["kind"], "metadata": {"name": name}}
    if spec is not None:
        body["spec"] = spec
    path = f"/apis/{group}/{version}{place}/{served['spec']['names']['plural']}"
    deadline = time.monotonic() + 10
    while True:
        try:
            return client.call("POST", path, params={"dryRun": "All"}, json=body)
        except Refused as error:
            # A real API server takes a moment to route to a new kind.
            if error.code != 404 or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


# Golden CRD, spec, and what comes back: the stored spec, or words of the refusal.
CASES: list[tuple[str, Object | None, Object | str | None]] = [
    ("only-defaults", None, {"name": "web", "size": 1}),
    ("only-defaults", {"size": None}, {"name": "web", "size": 1}),
    ("required-and-defaults", {}, "spec.name: Required value"),
    ("required-and-defaults", None, None),
    ("required-and-defaults", {"name": "a", "nosuch": 1}, {"name": "a", "replicas": 3, "ratio": 0.5, "enabled": True, "labels": {"a": "b"}, "hosts": ["x", "y"]}),
    ("atoms", {"anything": {"a": [1, {"b": None}]}, "text": "", "count": 1, "ratio": 2, "flag": False}, {"anything": {"a": [1, {"b": None}]}, "text": "", "count": 1, "ratio": 2, "flag": False}),
    ("atoms", {"count": "1"}, "spec.count in body must be of type integer"),
    ("limits", {"port": 0}, "spec.port in body should be greater than or equal to 1"),
    ("limits", {"code": "abcdef"}, "spec.code: Too long"),
    ("limits", {"few": []}, "spec.few in body should have at least 1 items"),
    ("enums-and-patterns", {"mode": "slow"}, 'spec.mode: Unsupported value: "slow": supported values: "fast", "safe"'),
    ("enums-and-patterns", {"name": "A"}, "spec.name in body should match"),
    ("rules", {"even": 3}, "validation failed"),
    ("rules", {"unique": ["a", "a"]}, "validation failed"),
    ("rules", {"even": 4, "short": "a", "unique": ["a", "b"]}, {"even": 4, "short": "a", "unique": ["a", "b"]}),
    ("list-types", {"set": ["a", "a"]}, "spec.set[1]: Duplicate value"),
    ("list-types", {"items": [{"name": "a"}, {"name": "a"}]}, "spec.items[1]: Duplicate value"),
    ("list-types", {"items": [{"name": "a"}]}, {"items": [{"name": "a", "size": 1}]}),
    ("aliases", {"name": "a"}, {"name": "a", "http": 8080, "admin": 9090}),
    ("struct-defaults", {"sizes": [{"height": 3}]}, "spec.sizes[0].width: Required value"),
    ("struct-defaults", None, {"size": {"width": 2, "height": 1}, "sizes": [{"width": 1, "height": 1}, {"width": 2, "height": 3}]}),
    ("nested", {"needed": {"key": "k"}, "outer": {"inner": {}}}, {"needed": {"key": "k", "fallback": 1}, "outer": {"inner": {"deepest": {"value": "here"}}}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("served", "spec", "expected"),
    [pytest.param(golden(name), spec, expected, id=f"{name}-{index}") for index, (name, spec, expected) in enumerate(CASES)],
    indirect=["served"],
)
def test_constraints_are_enforced(client: Client, served: Object, spec: Object | None, expected: Object | str | None) -> None:
    if isinstance(expected, str):
        with pytest.raises(Refused) as caught:
            create(client, served, spec)
        assert caught.value.code == 422
        assert expected in caught.value.message
    else:
        assert create(client, served, spec).get("spec") == expected


@pytest.mark.parametrize("served", [golden("immutable")], indirect=True, ids=["immutable"])
def test_immutable_fields_stay(client: Client, served: Object) -> None:
    group, version, plural = served["spec"]["group"], served["spec"]["versions"][0]["name"], served["spec"]["names"]["plural"]
    path = f"/apis/{group}/{version}/namespaces/default/{plural}"
    create(client, served, {"name": "a"})
    body = {
        "apiVersion": f"{group}/{version}",
        "kind": served["spec"]["names"]["kind"],
        "metadata": {"name": "it"},
        "spec": {"name": "a", "size": 1},
    }
    client.call("POST", path, json=body)
    patch = {"headers": {"Content-Type": "application/merge-patch+json"}}
    with pytest.raises(Refused, match="field is immutable"):
        client.call("PATCH", f"{path}/it", json={"spec": {"size": 2}}, **patch)
    assert client.call("PATCH", f"{path}/it", json={"spec": {"size": 1, "tags": ["x"]}}, **patch)["spec"]["tags"] == ["x"]
    client.call("DELETE", f"{path}/it")
