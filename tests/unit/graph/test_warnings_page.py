"""The page of warnings and the warnings that there are; and what the definitions of this repository are warned of, each with the reason."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from graphcore.errors import Problem
from graphcore.names import RGD_KIND
from local_emulator.cli.definitions import judge
from local_emulator.cli.files import Files
from tests.unit.graph.test_definitions import schemas

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "warnings.md").read_text()
EXPECTED = yaml.safe_load((ROOT / "tests" / "data" / "warnings.yaml").read_text())
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}


def codes() -> Iterator[str]:
    """Of all warnings that the source makes: what has ``severity="warning"``, and what becomes one by ``as_warning()``."""
    for room in ("graphcore", "functions", "local_emulator"):
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                made = node
                if isinstance(node.func, ast.Attribute) and node.func.attr == "as_warning" and isinstance(node.func.value, ast.Call):
                    made = node.func.value
                elif not any(word.arg == "severity" and getattr(word.value, "value", None) == "warning" for word in node.keywords):
                    continue
                if made.args and isinstance(made.args[0], ast.Constant):
                    yield str(made.args[0].value)


def test_page_and_codes_are_the_same() -> None:
    assert set(SECTIONS) == set(codes())
    listed = re.findall(r"^\| \[`([a-z-]+)`\]\(#([a-z-]+)\)", PAGE, re.M)
    assert [code for code, _ in listed] == [anchor for _, anchor in listed] == list(SECTIONS)


def test_every_code_has_cause_and_cure() -> None:
    for code, text in SECTIONS.items():
        assert "**Cause.** " in text, code
        assert "**Cure.** " in text, code


def test_the_page_is_linked_from_the_readme() -> None:
    assert "(docs/reference/warnings.md)" in (ROOT / "README.md").read_text()


def warned(text: str, path: Path) -> list[Problem]:
    """What ``krofn lint`` says of a fragment of a definition."""
    schema, resources, rest = text.partition("resources:")
    path.write_text(
        "apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nmetadata: {name: thing}\nspec:\n  schema:\n"
        "    apiVersion: v1alpha1\n    kind: Thing\n" + textwrap.indent(schema, "    ") + textwrap.indent(resources + rest, "  ")
    )
    (verdict,) = judge(Files().documents([str(path)])[0], schemas())
    assert verdict.graph is not None, verdict.problems
    return list(verdict.problems)


@pytest.mark.parametrize("code", sorted(SECTIONS))
def test_the_fragments_of_the_page_are_warned_of_and_cured(code: str, tmp_path: Path) -> None:
    before, after = re.findall(r"```yaml\n# (?:before|after)\n(.*?)```", SECTIONS[code], re.S)
    found = warned(before, tmp_path / "rgd.yaml")
    assert [problem.code for problem in found] == [code]
    assert found[0].hint
    assert warned(after, tmp_path / "rgd.yaml") == []


@cache
def shown() -> list[list[str]]:
    """Definition, code, node and path of every warning, by directory: a cluster has only one kind of a name."""
    rows = []
    for directory in ("tests/data/definitions", "examples"):
        documents = [item for item in Files().documents([str(ROOT / directory)])[0] if item.object.get("kind") == RGD_KIND]
        for verdict in judge(documents, schemas()):
            assert verdict.graph is not None, (verdict.name, verdict.problems)
            rows += [[verdict.name, problem.code, problem.node or "", problem.path or ""] for problem in verdict.problems]
    return rows


def test_the_definitions_are_warned_of_what_the_table_says() -> None:
    assert sorted(shown()) == sorted(row[:4] for row in EXPECTED["warnings"])


def test_every_expected_warning_has_a_reason() -> None:
    used = {row[4] for row in EXPECTED["warnings"]}
    assert used == set(EXPECTED["reasons"])
    assert all(len(text) > 40 for text in EXPECTED["reasons"].values())


def test_the_examples_have_no_warnings() -> None:
    documents = [item for item in Files().documents([str(ROOT / "examples")])[0] if item.object.get("kind") == RGD_KIND]
    assert [problem for verdict in judge(documents, schemas()) for problem in verdict.problems] == []
