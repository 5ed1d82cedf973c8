"""What a real kube-apiserver 1.36 said to 583 CRDs, and what ``validate_crd`` says: the same, to the letter, but for a few.

``tests/tools/crd_answers.py`` asks again.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from graphcore.openapi.crd_validation import validate_crd

FILE = Path(__file__).parents[2] / "data" / "crds" / "answers.json.gz"

# Accepted here although refused there, or the other way round.
OTHER_VERDICT = {
    # The format library is not implemented; rules that use it are left to the API server.
    "string !format.dns1123Label().validate(self).hasValue()",
    # The API server takes a default of any type for int-or-string, and then refuses every instance.
    "raw57 {'x-kubernetes-int-or-string': True, 'default': True}",
}
# The same verdict for the same reason in other words: the API server prints its internal Go structs, or sees an unexpanded macro.
OTHER_WORDS = re.compile(r"root \{|two storage|string.*cel\.bind")


@cache
def answers() -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(FILE.read_bytes()))


def said(crd: dict[str, Any]) -> str:
    """The API server's whole answer for the faults that are found here; "" for none."""
    entries = [f"{problem.path}: {problem.message}" for problem in validate_crd(crd)]
    if not entries:
        return ""
    listed = entries[0] if len(entries) == 1 else f"[{', '.join(entries)}]"
    return f'CustomResourceDefinition.apiextensions.k8s.io "{crd["metadata"]["name"]}" is invalid: {listed}'


def normal(message: str) -> str:
    """The API server numbers the type of ``self`` at random."""
    return re.sub(r"selfType\d+", "selfType", message)[:6000]


def test_same_verdict() -> None:
    assert len(answers()) > 500
    other = {answer["case"] for answer in answers() if bool(said(answer["crd"])) != bool(answer["message"])}
    assert other == OTHER_VERDICT


def test_same_words() -> None:
    other = [
        answer["case"]
        for answer in answers()
        if answer["case"] not in OTHER_VERDICT
        and not OTHER_WORDS.match(answer["case"])
        and normal(said(answer["crd"])) != normal(answer["message"])
    ]
    assert other == []
