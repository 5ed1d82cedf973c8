"""Adds up the JUnit reports of all lanes and prints one closing line; exits 1 if a test or a lane failed."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def main(directory: str, *failed_lanes: str) -> int:
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    expected = 0
    for report in sorted(Path(directory).glob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            for key in counts:
                counts[key] += int(suite.get(key, 0))
            expected += sum(item.get("type") == "pytest.xfail" for item in suite.iter("skipped"))
    bad = counts["failures"] + counts["errors"]
    passed = counts["tests"] - bad - counts["skipped"]
    if failed_lanes:
        print(f"failed lanes: {', '.join(failed_lanes)}")
    print(f"{expected} known differences failed as expected (docs/reference/fidelity.md)")
    print(f"{passed} passed, {bad} failed, {counts['skipped'] - expected} skipped", flush=True)
    return 1 if bad or failed_lanes or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
