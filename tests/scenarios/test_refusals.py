"""What the compile refuses before anything is applied, the API server refuses too: nothing that would work is turned away."""

from __future__ import annotations

import json

import pytest

from tests.support.backends import Backend
from tests.support.client import Object, Refused
from tests.support.refused import DEFINITIONS

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
