"""kro's recorded answers, and what krofn answers to the same definitions.

``tests/data/recorded/kro.jsonl.gz`` holds what kro v0.9.3 and a kube-apiserver 1.36 said. ``more.jsonl.gz``, numbered from 9000 on, was chosen
for diversity out of some 65 000 generated definitions: the verdict and the CRD of v0.9.3's graph builder over the OpenAPI documents of that API
server, and what its validation of CRDs says. ``deviations.yaml`` holds the rows on which krofn differs, with the number under which ``docs/reference/differences-from-kro.md`` explains why.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from graphcore.errors import Problem, ProblemsError
from graphcore.graph import compile_graph
from local_emulator.cli.offline import offline_schemas

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "recorded"
DIFFERENCES = ROOT / "docs" / "reference" / "differences-from-kro.md"


@dataclass(frozen=True)
class Row:
    """One recorded definition. crd: name and spec as kro generates them; refusal: why the API server takes none (kro's or its own answer)."""

    case: str
    rgd: dict[str, Any]
    crd: dict[str, Any] | None
    crd_refused: str | None

    @property
    def family(self) -> str:
        return self.case[0]


@dataclass(frozen=True)
class Answer:
    """krofn's: a CRD or problems."""

    crd: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()


@cache
def rows() -> tuple[Row, ...]:
    lines = b"".join(gzip.decompress((DATA / name).read_bytes()) for name in ("kro.jsonl.gz", "more.jsonl.gz")).decode().split("\n")
    decoded = [json.loads(line) for line in lines if line]
    return tuple(
        Row(row["case"], row["rgd"], row["crd"] if row["accepted"] and "crd_refused" not in row else None, row.get("crd_refused"))
        for row in decoded
    )


@cache
def deviations() -> dict[str, Any]:
    return yaml.safe_load((DATA / "deviations.yaml").read_text()) or {}


@cache
def answer(case: str) -> Answer:
    row = next(row for row in rows() if row.case == case)
    try:
        crd = compile_graph(row.rgd, offline_schemas()).crd
    except ProblemsError as error:
        return Answer(None, error.problems)
    assert crd is not None
    return Answer({"name": crd["metadata"]["name"], "spec": crd["spec"]})


def verdict(row: Row) -> str:
    """How krofn's answer compares: same, accepts, refuses, crd."""
    ours = answer(row.case).crd
    if ours == row.crd:
        return "same"
    if row.crd is None:
        return "accepts"
    return "refuses" if ours is None else "crd"
