"""What the documentation and the comments point to is there: files, headings, rules, and the definitions that a page names beside a file."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/**/*.md"))
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
ROOMS = ("graphcore", "functions", "local_emulator", "tests")
RULES = ROOT / "docs/explanation/concurrency.md"

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"\]\(([^)\s]+\.py)\)\s*\((`[^)]*)\)")
ELSEWHERE = {"doc/langdef.md"}
"""Pages of cel-spec."""
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PAGE_NAME = re.compile(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.md)\b(?!\S*=)")
RULE = re.compile(r"\b[Rr]ules? (\d+)(?:(?:,? (?:and|to) |, )(\d+))*")


def sources(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py") if path != Path(__file__) and "node_modules" not in path.parts)


def anchors(page: Path) -> set[str]:
    """Headings as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or not found.is_relative_to(ROOT) or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_beside_a_file_is_defined_there(page: Path) -> None:
    missing = []
    for target, names in NAMED.findall(page.read_text()):
        text = (page.parent / target).read_text()
        for name in re.findall(r"`(\w+)", names):
            if not re.search(rf"^\s*(?:(?:async )?def|class) {name}\b|^\s*{name}\b[^=\n]*=", text, re.MULTILINE):
                missing.append(f"{target}: {name}")
    assert not missing


def comments(path: Path) -> str:
    """Comments and strings that span lines or stand alone: what a module says about itself."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT or token.string.startswith('"""'))


@pytest.mark.parametrize("room", ROOMS)
def test_every_page_that_a_comment_names_is_in_the_repository(room: str) -> None:
    pages = {str(page.relative_to(ROOT)) for page in PAGES} | {page.name for page in PAGES} | ELSEWHERE
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(room)
        for name in PAGE_NAME.findall(comments(path))
        if name not in pages and not (path.parent / name).exists()
    }
    assert not missing


def test_the_rules_are_eleven() -> None:
    assert [int(number) for number in re.findall(r"^## Rule (\d+):", RULES.read_text(), re.MULTILINE)] == list(range(1, 12))


@pytest.mark.parametrize("room", ROOMS)
def test_no_comment_names_a_rule_that_is_not_there(room: str) -> None:
    for path in sources(room):
        for match in RULE.finditer(comments(path)):
            assert all(1 <= int(number) <= 11 for number in re.findall(r"\d+", match.group())), f"{path.relative_to(ROOT)}: {match.group()}"


@pytest.mark.parametrize("number", range(1, 12))
def test_each_rule_says_danger_rule_argument_where_it_is_kept_and_what_attacks_it(number: int) -> None:
    sections = re.split(r"^## ", RULES.read_text(), flags=re.MULTILINE)
    section = next(text for text in sections if text.startswith(f"Rule {number}:"))
    parts = re.findall(r"\*\*(\w+)\.?\*\*", section)
    assert [part for part in parts if part in ("Danger", "Rule", "Argument", "Kept", "Attacked")] == [
        "Danger",
        "Rule",
        "Argument",
        "Kept",
        "Attacked",
    ]
    kept, attacked = section.split("**Kept**")[1].split("**Attacked**")
    assert re.search(r"\]\(\.\./\.\./(graphcore|functions)/\S+\.py\)", kept)
    simulations = "\n".join(path.read_text() for path in (ROOT / "tests/simulation").glob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", attacked)
    assert named or "/simulation/test_" in attacked
    assert all(f"def {name}(" in simulations for name in named)
