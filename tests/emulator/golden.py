"""Recorded answers of a real kube-apiserver: how they are taken, and how two answers are compared.

``python -m tests.emulator.golden https://127.0.0.1:6443 TOKEN`` sends every scenario of the corpus to an empty API server and writes
``tests/data/apiserver/*.json``. What differs from run to run (uids, times, allocated addresses, the order of managers that wrote in
the same second) is replaced before anything is written or compared.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.emulator.corpus import SCENARIOS, THING_CRD, Step

DATA = Path(__file__).parent.parent / "data" / "apiserver"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

CONTENT_TYPES = {
    "post": "application/json",
    "put": "application/json",
    "apply": "application/apply-patch+yaml",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
METHODS = {"post": "POST", "put": "PUT"}
USER_AGENT = "recorder/1"

_VARYING = frozenset({"uid", "lastPhaseTransitionTime", "resourceVersion", "creationTimestamp", "time", "clusterIP", "nodePort"})
_TOKEN = re.compile(r"kube-api-access-[a-z0-9]{5}")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def normalised(value: Any) -> Any:
    """The answer without what differs from run to run."""
    if isinstance(value, dict):
        return {name: _member(name, part) for name, part in value.items()}
    if isinstance(value, list):
        return [normalised(part) for part in value]
    return _TOKEN.sub("kube-api-access-VARIES", _UID.sub("UID", value)) if isinstance(value, str) else value


def _member(name: str, value: Any) -> Any:
    if name in _VARYING and value not in (None, "None"):
        return "VARIES"
    if name == "clusterIPs" and value != ["None"]:
        return ["VARIES"] * len(value)
    if name == "managedFields":
        entries = [normalised(entry) for entry in value]
        return sorted(entries, key=lambda entry: (entry["operation"], entry["manager"], entry.get("subresource", "")))
    return normalised(value)


def golden(name: str) -> list[Any]:
    """The recorded answers of a scenario."""
    answers: list[Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))["answers"]
    return answers


def _send(base: str, token: str, step: Step) -> Any:
    verb, path, body = step
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"Authorization": f"Bearer {token}", "Content-Type": CONTENT_TYPES.get(verb, ""), "User-Agent": USER_AGENT}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(base + path, data, headers, method=METHODS.get(verb, "GET" if verb == "get" else "PATCH"))
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def record(base: str, token: str) -> None:
    """Writes the answers of the server at ``base`` to every scenario. The server must be empty."""
    version = _send(base, token, ("get", "/version", None))["gitVersion"]
    _send(base, token, ("post", CRDS, THING_CRD))
    time.sleep(3)
    for name, steps in SCENARIOS.items():
        answers = [normalised(_send(base, token, step)) for step in steps]
        recorded = {"server": version, "answers": answers}
        (DATA / f"{name}.json").write_text(json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    record(sys.argv[1], sys.argv[2])
