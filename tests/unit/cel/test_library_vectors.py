"""kro's published vectors: names that kro made must come out the same here."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import compile_unchecked
from graphcore.converge.metadata import applyset_id

INSTANCE = {"apiVersion": "kro.run/v1alpha1", "kind": "WebApp", "metadata": {"name": "demo", "namespace": "default"}}


@pytest.mark.feature(48, 50)
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("hash.fnv64a('hello world')", bytes.fromhex("779a65e7023cd2e7")),
        ("hash.fnv64a('')", bytes.fromhex("cbf29ce484222325")),
        ("hash.sha256('abc')", bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("hash.md5('abc')", bytes.fromhex("900150983cd24fb0d6963f7d28e17f72")),
        ("random.seededString(10, 'test-seed')", "5czheg3o5c"),
        ("random.seededString(20, 'test-seed')", "5czheg3o5czheg3o5czh"),
        ("random.seededString(8, 'abc')", "r6qfjs5d"),
        ("random.seededInt(30000, 32768, 'abc')", 32138),
        ("base64.encode(hash.fnv64a('hello world'))", "d5pl5wI80uc="),
    ],
)
def test_kro_vector(expression: str, expected: Any) -> None:
    assert compile_unchecked(expression).evaluate({}) == expected


def test_applyset_id() -> None:
    assert applyset_id(INSTANCE) == "applyset-U3nBz-wI8LCAAPv9W1lKE2gDbOQJozhnzDnFuAazn9Y-v1"
    program = compile_unchecked("base64.encode(hash.sha256('demo.default.WebApp.kro.run'))")
    assert program.evaluate({}).translate(str.maketrans("+/", "-_", "=")) in applyset_id(INSTANCE)
