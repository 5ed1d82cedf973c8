"""Asks a real kube-apiserver about the CRDs in ``tests/data/crds/answers.json.gz`` again: ``python -m tests.tools.crd_answers``.

The file holds what a kube-apiserver 1.36.2 answered to each CRD (dry run); ``tests/unit/openapi/test_crd_answers.py`` compares.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.cluster.control_plane import ControlPlane
from tests.support.client import Client

FILE = Path(__file__).parents[1] / "data" / "crds" / "answers.json.gz"
LONGEST = 6000


def main() -> None:
    answers = json.loads(gzip.decompress(FILE.read_bytes()))
    with ControlPlane() as plane:
        client = Client(plane.server, plane.token)
        for answer in answers:
            response = client.http.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All", json=answer["crd"])
            answer["message"] = "" if response.status_code == 201 else response.json()["message"][:LONGEST]
    FILE.write_bytes(gzip.compress(json.dumps(answers, separators=(",", ":"), sort_keys=True).encode(), mtime=0))


if __name__ == "__main__":
    main()
