"""The emulator answers a list of requests as a real kube-apiserver 1.36 did: codes, bodies, warnings.

Resource versions, uids and times are masked. What is known to differ is named here, with the reason.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Client
from tests.emulator.exchanges import RECORDING, asks, body_of, normal

KNOWN = {
    "apply another name": "a real server lists the causes of a conflict in random order",
    "create an instance of another version": "a real server warns of unknown fields before it refuses the version",
    "it waits for its instance": "a real server's Terminating condition belongs to no manager",
}
RECORDED: dict[str, dict[str, Any]] = {line["name"]: line for line in map(json.loads, RECORDING.read_text().splitlines())}
ASKS = list(asks())


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    client = Client()
    found = {}
    for ask in ASKS:
        if ask.pause:
            client.settle(ask.pause)
        answer = client.call(ask.method, ask.path, body_of(ask), ask.media, ask.accept, user_agent="recorder/1.0")
        line = {"name": ask.name, "code": answer.code, "warnings": [value for name, value in answer.response.headers if name == "Warning"]}
        found[ask.name] = line if ask.code_only else {**line, "body": normal(answer.response.body.decode())}
    return found


def test_every_request_was_recorded() -> None:
    assert [ask.name for ask in ASKS] == list(RECORDED)


@pytest.mark.parametrize(
    "name",
    [pytest.param(ask.name, marks=[pytest.mark.xfail(strict=True, reason=KNOWN[ask.name])] if ask.name in KNOWN else []) for ask in ASKS],
)
def test_same_answer_as_the_real_server(name: str, answers: dict[str, dict[str, Any]]) -> None:
    assert answers[name] == RECORDED[name]
