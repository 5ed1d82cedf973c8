"""``python -m tests.exchanges record|compare SERVER TOKEN [SUITE...]``: renew the recording from a running real server, or show what differs.

An empty TOKEN sends none. The suite ``kubectl`` is what kubectl prints; it is asked only by name.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.build import require
from tests.exchanges import kubectl
from tests.exchanges.recording import SUITES, recorded, store, told


def _kubectl(command: str, server: str, token: str) -> int:
    with tempfile.TemporaryDirectory() as directory:
        kubeconfig = Path(directory) / "kubeconfig"
        kubectl.configure(kubeconfig, server, token)
        printed = kubectl.session(require("kubectl"), kubeconfig)
    if command == "record":
        kubectl.TRANSCRIPT.write_text(json.dumps(printed, indent=1, ensure_ascii=False) + "\n")
    expected = kubectl.recorded()
    for line, answer in printed.items():
        if answer != expected.get(line):
            print(f"--- {line}", *differences(expected.get(line), answer), sep="\n  ")
    return 0


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """Places where two answers differ, each with what was recorded and what was answered."""
    if not where and isinstance(expected, dict) and expected.get("code") != found.get("code"):
        yield from (f"{who} {_short(answer)}" for who, answer in (("recorded", expected), ("answered", found)))
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*expected, *found)):
            if expected.get(key) != found.get(key):
                yield from differences(expected.get(key), found.get(key), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            if one != other:
                yield from differences(one, other, f"{where}[{index}]")
    else:
        yield f"{where}\n    recorded {json.dumps(expected, ensure_ascii=False)}\n    answered {json.dumps(found, ensure_ascii=False)}"


def _short(answer: Any) -> str:
    body = answer.get("body")
    return f"{answer['code']} {body.get('message', body.get('kind')) if isinstance(body, dict) else body}"


def main() -> int:
    command, server, token, *chosen = sys.argv[1:]
    differing = 0
    if chosen == ["kubectl"]:
        return _kubectl(command, server, token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=server, verify=False, timeout=30, headers=headers, trust_env=False) as client:
        for suite in chosen or SUITES:
            answers = told(suite, client)
            if command == "record":
                store(suite, answers)
                print(f"{suite}: {len(answers)} answers recorded")
                continue
            expected = recorded(suite)
            for name, answer in answers.items():
                if answer != expected.get(name):
                    differing += 1
                    print(f"--- {suite}: {name}", *differences(expected.get(name), answer), sep="\n  ")
    if command != "record":
        print(f"{differing} differ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
