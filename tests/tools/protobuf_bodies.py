"""``python -m tests.tools.protobuf_bodies SERVER TOKEN``: renews ``tests/data/apiserver/protobuf.jsonl`` from a running real server.

A line is an object that was sent for creation in a dry run, and the answer in JSON and, as clients with typed clients send and read it, in
protobuf (base64).
"""

from __future__ import annotations

import base64
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from local_emulator.objects.protobuf.decoding import MEDIA_TYPE

DATA = Path(__file__).parent.parent / "data" / "apiserver"
OBJECTS, RECORDED = DATA / "protobuf.yaml", DATA / "protobuf.jsonl"
Object = dict[str, Any]


def objects() -> list[tuple[str, Object]]:
    """(path of the collection, object)."""
    return [(item["path"], item["object"]) for item in yaml.safe_load(OBJECTS.read_text())]


@cache
def recorded() -> tuple[Object, ...]:
    """``path``, ``sent``, ``answer`` and ``protobuf`` of every object."""
    return tuple(json.loads(line) for line in RECORDED.read_text().splitlines())


def main() -> int:
    server, token = sys.argv[1:]
    lines = []
    with httpx.Client(base_url=server, verify=False, timeout=30, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        for path, sent in objects():
            answers = [client.post(f"{path}?dryRun=All", json=sent, headers={"Accept": form}) for form in ("application/json", MEDIA_TYPE)]
            for answer in answers:
                assert answer.status_code == 201, (path, answer.text)
            as_json, as_protobuf = answers
            lines.append({"path": path, "sent": sent, "answer": as_json.json(), "protobuf": base64.b64encode(as_protobuf.content).decode()})
    RECORDED.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    print(f"{len(lines)} objects recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
