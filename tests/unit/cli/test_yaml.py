"""YAML means here what it means to kubectl and to the API server."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from local_emulator.core.yamltext import read_all


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": True}),
        ("a: n", {"a": False}),
        ("n: 1", {"false": 1}),
        ("y: Y", {"true": True}),
        ("'n': 'y'", {"n": "y"}),
        ("name: n1", {"name": "n1"}),
        ("a: 2024-05-06", {"a": "2024-05-06"}),
        ("a: 2024-05-06T07:08:09Z", {"a": "2024-05-06T07:08:09Z"}),
        ("1: a", {"1": "a"}),
        ("a: ~", {"a": None}),
        ("a: 010", {"a": 8}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    ],
)
def test_value(text: str, value: Any) -> None:
    assert read_all(text) == [value]


def test_documents_and_emptiness() -> None:
    assert read_all("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, None, {"b": 2}]


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: .nan", "a: .inf"])
def test_what_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"anchor|JSON|float"):
        read_all(text)


def test_aliases_cannot_blow_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ValueError, match="excessive aliasing"):
        read_all("\n".join(lines))


def test_only_plain_data() -> None:
    with pytest.raises(yaml.YAMLError):
        read_all("a: !!python/object/apply:os.getcwd []")
