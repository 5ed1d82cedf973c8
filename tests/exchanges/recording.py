"""The suites, each in a namespace of its own, and what a real kube-apiserver 1.36 answered to them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.exchanges import (
    access,
    applies,
    autoscalers,
    customs,
    deletion,
    kinds,
    lists,
    nulls,
    numerals,
    objects,
    patches,
    paths,
    policies,
    rules,
    scales,
    vanished,
)
from tests.exchanges.asking import Ask, over_http, replay
from tests.exchanges.objects_of import namespace

DATA = Path(__file__).parent.parent / "data" / "exchanges"
SUITES: dict[str, Callable[[], Iterator[Ask]]] = {
    "paths": paths.asks,
    "objects": objects.asks,
    "patches": patches.asks,
    "applies": applies.asks,
    "lists": lists.asks,
    "deletion": deletion.asks,
    "kinds": kinds.asks,
    "customs": customs.asks,
    "rules": rules.asks,
    "scales": scales.asks,
    "policies": policies.asks,
    "autoscalers": autoscalers.asks,
    "access": access.asks,
    "numerals": numerals.asks,
    "nulls": nulls.asks,
    "vanished": vanished.asks,
}
Answers = dict[str, dict[str, Any]]


def recorded(suite: str) -> Answers:
    path = DATA / f"{suite}.jsonl"
    return {line["name"]: line for line in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


def store(suite: str, answers: Answers) -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / f"{suite}.jsonl").write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in answers.values()))


def told(suite: str, client: Any) -> Answers:
    """What a server answers to a suite; its namespace is made before and deleted after. client: an httpx client of a cluster admin."""
    place = f"/api/v1/namespaces/{namespace(suite)}"
    created = client.post("/api/v1/namespaces", json={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace(suite)}})
    assert created.status_code == 201, created.text
    _wait(lambda: client.get(f"{place}/serviceaccounts/default").status_code == 200)
    try:
        return replay(SUITES[suite](), over_http(client))
    finally:
        _release(client, namespace(suite))
        client.delete(place)
        _wait(lambda: client.get(place).status_code == 404)


def _release(client: Any, name: str) -> None:
    """Takes away the finalizers that a suite left on its ConfigMaps, so that the namespace can go."""
    for item in client.get(f"/api/v1/namespaces/{name}/configmaps").json().get("items", ()):
        if item["metadata"].get("finalizers"):
            path = f"/api/v1/namespaces/{name}/configmaps/{item['metadata']['name']}"
            client.patch(path, json={"metadata": {"finalizers": None}}, headers={"Content-Type": "application/merge-patch+json"})


def _wait(holds: Callable[[], bool], patience: float = 15.0) -> None:
    end = time.monotonic() + patience
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
