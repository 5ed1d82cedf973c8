"""Identity in labels and annotations: kro's vectors, and when a recorded inventory cannot be trusted."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore import names
from graphcore.converge.metadata import Inventory, applyset_id, decorate, identity, inventory_fault, name_problem
from graphcore.graph.model import Resource

DEMO = {"apiVersion": "kro.run/v1alpha1", "kind": "WebApp", "metadata": {"name": "demo", "namespace": "default", "uid": "u"}}
ID = "applyset-U3nBz-wI8LCAAPv9W1lKE2gDbOQJozhnzDnFuAazn9Y-v1"


def test_applyset_id_is_kros() -> None:
    assert applyset_id(DEMO) == ID


def test_a_cluster_scoped_instance_has_two_dots_in_a_row() -> None:
    body = {"apiVersion": "kro.run/v1alpha1", "kind": "WebApp", "metadata": {"name": "demo"}}
    assert applyset_id(body) != ID


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        (Inventory(), "sha256:SswpUI6bbC9ImsZK4-xYvSL9WL9gMV5H0XA-d7TVDio"),
        (
            Inventory(frozenset({"ConfigMap", "Deployment.apps"}), frozenset({"other"})),
            "sha256:LCV--ysegFvkwoOZrqUZWJEwQsI4g0OVx41U3n-TPmQ",
        ),
    ],
)
def test_inventory_hash_is_kros(inventory: Inventory, expected: str) -> None:
    assert inventory.hash(ID) == expected


def test_the_parents_own_namespace_is_not_listed() -> None:
    kind = Resource("v1", "ConfigMap", "configmaps", True)
    found = Inventory.of([(kind, "default"), (kind, "other"), (Resource("v1", "Namespace", "namespaces", False), "")], "default")
    assert found == Inventory(frozenset({"ConfigMap", "Namespace"}), frozenset({"other"}))


def parent(**changes: Any) -> dict[str, Any]:
    notes: dict[str, Any] = Inventory(frozenset({"ConfigMap"})).annotations(ID, "devel")
    labels = {names.APPLYSET_ID: changes.pop("id", ID)}
    keys = {
        "tooling": names.APPLYSET_TOOLING,
        "kinds": names.APPLYSET_GROUP_KINDS,
        "namespaces": names.APPLYSET_NAMESPACES,
        "hash": names.INVENTORY_HASH,
    }
    for name, value in changes.items():
        notes[keys[name]] = value
    notes = {key: value for key, value in notes.items() if value is not None}
    return {**DEMO, "metadata": {**DEMO["metadata"], "labels": labels, "annotations": notes}}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, None),
        ({"hash": None}, None),
        ({"id": "applyset-x-v1"}, "invalid applyset.kubernetes.io/id label"),
        ({"tooling": "kubectl/v1"}, "is not owned by kro"),
        ({"tooling": None}, "is not owned by kro"),
        ({"kinds": None}, "missing required applyset.kubernetes.io/contains-group-kinds annotation"),
        ({"namespaces": None}, "missing required applyset.kubernetes.io/additional-namespaces annotation"),
        ({"kinds": "ConfigMap,,Secret"}, "invalid entry"),
        ({"kinds": "Secret"}, "invalid internal.kro.run/applyset-inventory-hash annotation"),
        ({"namespaces": "Not_A_Name"}, "invalid namespace"),
        ({"hash": "sha256:x"}, "invalid internal.kro.run/applyset-inventory-hash annotation"),
    ],
)
def test_an_inventory_that_cannot_be_trusted_says_why(changes: Any, text: str | None) -> None:
    fault = inventory_fault(parent(**changes))
    assert fault is None if text is None else fault is not None and text in fault


def test_what_every_child_carries_wins_over_the_template() -> None:
    desired = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "labels": {names.MANAGED_BY: "helm", "app": "a"}, "annotations": {"note": "n"}},
    }
    child = decorate(desired, DEMO, "config", 3, "v1", None)
    assert child["metadata"]["labels"] == {
        "app": "a",
        names.INSTANCE_ID: "u",
        names.INSTANCE_NAME: "demo",
        names.INSTANCE_NAMESPACE: "default",
        names.INSTANCE_GROUP: "kro.run",
        names.INSTANCE_VERSION: "v1alpha1",
        names.INSTANCE_KIND: "WebApp",
        names.MANAGED_BY: "kro",
        names.OWNED: "true",
        names.KRO_VERSION: "v1",
        names.NODE_ID: "config",
        names.APPLYSET_PART_OF: ID,
    }
    assert child["metadata"]["annotations"] == {"note": "n", names.APPLY_ORDER: "3"}
    assert desired["metadata"]["annotations"] == {"note": "n"}, "the rendered object is not touched"


def test_identity_ignores_the_version() -> None:
    a, b = ({"apiVersion": f"apps/{v}", "kind": "Deployment", "metadata": {"name": "x", "namespace": "y"}} for v in ("v1", "v1beta1"))
    assert identity(a) == identity(b) == ("apps", "Deployment", "y", "x")


@pytest.mark.parametrize(("length", "fine"), [(63, True), (64, False)])
def test_names_must_fit_into_a_label(length: int, fine: bool) -> None:
    assert (name_problem({"metadata": {"name": "a" * length}}) is None) is fine
