"""Writes the CRDs of ``tests/data/golden/definitions.yaml`` again: ``python -m tests.tools.golden_crds``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from graphcore.graph import compile_graph
from local_emulator.cli.offline import offline_schemas

ROOT = Path(__file__).parents[1] / "data" / "golden"
CRDS = ROOT / "crds"


def definitions() -> list[dict[str, Any]]:
    """The definitions as objects, in order of the file."""
    found = yaml.safe_load((ROOT / "definitions.yaml").read_text())
    return [
        {
            "apiVersion": "kro.run/v1alpha1",
            "kind": "ResourceGraphDefinition",
            "metadata": {"name": item["name"], "uid": "5f1f3c0e-0000-4000-8000-000000000000"},
            "spec": {"schema": item["schema"], "resources": item.get("resources") or []},
        }
        for item in found
    ]


def crd_text(rgd: dict[str, Any]) -> str:
    """The generated CRD as YAML."""
    crd = compile_graph(rgd, offline_schemas()).crd
    return yaml.safe_dump(crd, sort_keys=False, allow_unicode=True, width=1 << 20)


def main() -> None:
    CRDS.mkdir(exist_ok=True)
    for old in CRDS.glob("*.yaml"):
        old.unlink()
    for rgd in definitions():
        (CRDS / f"{rgd['metadata']['name']}.yaml").write_text(crd_text(rgd))


if __name__ == "__main__":
    main()
