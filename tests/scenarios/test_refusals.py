"""What the compile refuses before anything is applied, the API server refuses too: nothing that would work is turned away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.backends import Backend
from tests.support.client import APPLY, Object, Refused
from tests.support.refused import DEFINITIONS
from tests.support.refused_templates import BIG, EXISTING, PROBES, REFUSED, TAKEN

DRY = {"dryRun": "All", "fieldManager": "scenario", "fieldValidation": "Strict"}


def create(backend: Backend, body: Object, namespace: str = "default") -> None:
    """A dry run of what kubectl sends. Raises Refused."""
    client = backend.admin(namespace)
    try:
        path = client.path(body.get("apiVersion", ""), body["kind"])
        client.call("POST", path, params=DRY, content=json.dumps(body), headers={"Content-Type": "application/json"})
    finally:
        client.close()


@pytest.mark.parametrize(
    "rgd",
    [case[0] for case in DEFINITIONS.values() if case[1] != "apiVersion"],
    ids=[name for name, case in DEFINITIONS.items() if case[1] != "apiVersion"],
)
@pytest.mark.usefixtures("functions")
def test_the_api_server_refuses_what_the_definitions_crd_refuses(backend: Backend, rgd: Object) -> None:
    with pytest.raises(Refused) as refused:
        create(backend, rgd)
    assert refused.value.code in (400, 422)


def apply(backend: Backend, template: Object) -> None:
    """A dry run of what krofn sends for a template, with a text for what is computed. Raises Refused."""
    body = json.loads(json.dumps(template).replace(BIG, "text"))
    client = backend.admin("default")
    try:
        name = body["metadata"].get("name") or "MISSING"
        namespace = body["metadata"].get("namespace")
        path = client.path(body["apiVersion"], body["kind"], quote(name, safe=""), namespace)
        parameters = {"dryRun": "All", "fieldManager": "kro.run/applyset", "force": "true"}
        client.call("PATCH", path, params=parameters, content=json.dumps(body), headers={"Content-Type": APPLY})
    finally:
        client.close()


@pytest.fixture(scope="module")
def probes(backend: Backend) -> Iterator[None]:
    """The custom kind of the table, and the object that is there before."""
    client = backend.admin("default")
    client.apply(PROBES)
    client.apply(EXISTING)
    client.resource("refusals.example.com/v1", "Probe")
    yield
    client.delete(PROBES)
    client.delete(EXISTING)
    client.close()


@pytest.mark.usefixtures("probes")
@pytest.mark.parametrize("template", [case[0] for case in REFUSED.values()], ids=REFUSED)
def test_the_api_server_refuses_what_the_compile_calls_never_applicable(backend: Backend, template: Object) -> None:
    with pytest.raises(Refused) as refused:
        apply(backend, template)
    assert refused.value.code in (400, 404, 422, 500)


@pytest.mark.usefixtures("probes")
@pytest.mark.parametrize("template", TAKEN.values(), ids=TAKEN)
def test_the_api_server_takes_what_the_compile_takes(backend: Backend, template: Object) -> None:
    apply(backend, template)
