"""The CRDs of 26 definitions of growing difficulty, byte for byte. ``python -m tests.tools.golden_crds`` writes them again."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from graphcore.openapi.compat import compare
from graphcore.openapi.crd_validation import validate_crd
from tests.tools.golden_crds import CRDS, crd_text, definitions

pytestmark = pytest.mark.feature(3, 5, 6, 7, 8, 9, 26)

DEFINITIONS = definitions()


def reversed_keys(value: Any) -> Any:
    """The same object, its keys in another order."""
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def test_there_are_enough_of_them_and_no_others() -> None:
    assert len(DEFINITIONS) >= 25
    assert sorted(path.stem for path in CRDS.glob("*.yaml")) == sorted(rgd["metadata"]["name"] for rgd in DEFINITIONS)


@pytest.mark.parametrize("rgd", DEFINITIONS, ids=lambda rgd: rgd["metadata"]["name"])
def test_golden(rgd: dict[str, Any]) -> None:
    golden = (CRDS / f"{rgd['metadata']['name']}.yaml").read_text()
    assert crd_text(rgd) == golden
    assert crd_text(reversed_keys(copy.deepcopy(rgd))) == golden
    crd = yaml.safe_load(golden)
    assert validate_crd(crd) == ()
    assert not compare(crd, crd)
