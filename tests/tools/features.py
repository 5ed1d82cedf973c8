"""The coverage index: rows of kro's feature table and how many tests show each, by the API they run against.

``python -m tests.tools.features`` prints the table; ``--check`` fails when a row that had a test has none any more; ``--update`` writes
what is shown now into ``tests/data/features.json``.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

TABLE = Path(__file__).parent.parent / "data" / "features.json"
APIS = ("unit", "emulator", "real")


class Collector:
    """A pytest plugin that reads the ``feature`` marks of everything that would run."""

    def __init__(self) -> None:
        self.counts: dict[int, Counter[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            api = "emulator" if "emulator" in item.nodeid.split("/")[:2] else "unit"
            if "scenarios" in item.nodeid:
                parameters = getattr(getattr(item, "callspec", None), "params", {})
                api = str(parameters.get("api_name", "unit"))
            for mark in item.iter_markers("feature"):
                for row in mark.args:
                    self.counts.setdefault(int(row), Counter())[api] += 1


def collect() -> dict[int, Counter[str]]:
    """Row → counts by API."""
    collector = Collector()
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = pytest.main(["--collect-only", "-q", "--api=emulator,real", "-p", "no:cacheprovider", "tests"], plugins=[collector])
    if code not in (0, 5):
        print(output.getvalue()[-3000:], file=sys.stderr)
        raise SystemExit(int(code))
    return collector.counts


def main(arguments: list[str]) -> int:
    known: dict[str, dict[str, int]] = json.loads(TABLE.read_text()) if TABLE.exists() else {"names": {}, "shown": {}}
    names: dict[str, str] = known["names"]  # type: ignore[assignment]
    counts = collect()
    if "--update" in arguments:
        shown = {str(row): {api: counts[row][api] for api in APIS if counts[row][api]} for row in sorted(counts)}
        TABLE.write_text(json.dumps({"names": names, "shown": shown}, indent=1, ensure_ascii=False) + "\n")
    if "--check" in arguments:
        lost = [(row, api) for row, before in known["shown"].items() for api in before if not counts.get(int(row), Counter())[api]]
        for row, api in lost:
            print(f"row {row} ({names.get(row, '?')}) has no test on {api} any more", file=sys.stderr)
        print(f"{len(counts)} of {len(names)} rows shown; {len(lost)} lost", file=sys.stderr)
        return 1 if lost else 0
    width = max((len(name) for name in names.values()), default=10)
    print(f"{'row':>3}  {'feature':<{width}}" + "".join(f"{api:>10}" for api in APIS))
    for row in sorted(int(number) for number in names):
        count = counts.get(row, Counter())
        print(f"{row:>3}  {names[str(row)]:<{width}}" + "".join(f"{count[api] or '-':>10}" for api in APIS))
    print(f"{len(counts)} of {len(names)} rows are shown by a test", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
