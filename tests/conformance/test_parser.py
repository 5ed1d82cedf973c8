"""Trees against those of cel-go's parser, recorded for every expression of the corpus."""

from __future__ import annotations

import re

from graphcore.cel import CelError
from graphcore.cel.syntax.parser import parse
from tests.conformance.corpus import Case
from tests.conformance.trees import squeezed, tree

# Other macros than the standard ones are calls in the recorded trees; existsOne of one variable is no macro in kro.
_OTHER_MACROS = re.compile(r"\.(bind|optMap|optFlatMap|transform\w+|all|exists|exists_one|existsOne|sortBy)\(")


def _made(case: Case) -> str:
    try:
        return tree(parse(case.source))
    except CelError as error:
        return str(error)


def test_trees_are_cel_gos(recorded: list[Case]) -> None:
    trees = {
        case: squeezed(case.recorded_tree)
        for case in recorded
        if case.recorded_tree and ".existsOne(" not in case.source and not _OTHER_MACROS.search(case.recorded_tree)
    }
    print(f"{len(trees)} trees")
    assert {case.key: _made(case) for case, wanted in trees.items() if _made(case) != wanted} == {}
    assert len(trees) >= 1400
