"""One request of a dialogue with an API server, and its answer without what differs between runs.

A suite is a list of :class:`Ask`, in order, because later ones see what earlier ones did. ``replay`` asks a server; the recording of what
a real kube-apiserver 1.36 answered is the contract that both servers are held to.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

APPLY, MERGE, STRATEGIC, JSON = (
    f"application/{kind}" for kind in ("apply-patch+yaml", "merge-patch+json", "strategic-merge-patch+json", "json-patch+json")
)
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
PARTIALS = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PATIENCE = 15.0

Object = dict[str, Any]
Until = Callable[[int, Any], bool]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    body: encoded as JSON unless it is text. until: asked again until this holds for (code, decoded body). keep: a name for the answer's
    metadata; ``<<name.resourceVersion>>`` in a later path or body is replaced by what it holds. only: code (the body is free), or keys
    of the body that count. user: who is impersonated.
    """

    name: str
    method: str
    path: str
    body: Any = None
    media: str = "application/json"
    accept: str = "application/json"
    until: Until | None = None
    keep: str = ""
    only: tuple[str, ...] = ()
    user: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def code_only(self) -> bool:
        return self.only == ("code",)


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    text: str
    warnings: list[str]

    def decoded(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None


Send = Callable[[Ask, str, bytes | None], Answer]

_VOLATILE = (
    (re.compile(r'("resourceVersion":)"\d+"'), r'\1"#"'),
    (re.compile(r"(ResourceVersion in record|UID in record) \([^)]*\)"), r"\1 (#)"),
    (re.compile(r"(too old resource version: \d+ \()\d+\)"), r"\1#)"),
    (re.compile(r"(Too large resource version: \d+, current: )\d+"), r"\1#"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"(\"name\":\"|\\\"|/)(gen-)[a-z0-9]{5}\b"), r"\1\2*****"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "<ip>"),
    (re.compile(r'("nodePort":)\d+'), r'\1"#"'),
    (re.compile(r"kube-api-access-[a-z0-9]{5}"), "kube-api-access-*****"),
    (re.compile(r'("continue":)"[^"]+"'), r'\1"<token>"'),
)


def normal(text: str) -> Any:
    """An answer without what differs between runs; JSON decoded, so that key order does not count. Lines of a watch become a list."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = [json.loads(line) for line in text.splitlines()]
        except ValueError:
            return text.strip()
    return _settled(value)


def _settled(value: Any) -> Any:
    """Without what is as it happens: the order of conditions (controllers race for it) and of conflicts (a Go map's), ages in table
    cells, descriptions of columns, and the patched object that a refused patch shows."""
    if isinstance(value, dict):
        if isinstance(value.get("cells"), list):
            value = {**value, "cells": [_age(cell) for cell in value["cells"]]}
        return {
            key: sorted((_settled(one) for one in item), key=_ORDERED[key])
            if key in _ORDERED and isinstance(item, list) and all(isinstance(one, dict) for one in item)
            else re.sub(r'((?:^|patch: )Invalid value: )"(?:\{|map\[).*": ', r"\1<patched>: ", item, flags=re.S)
            if key == "message" and isinstance(item, str)
            else _settled(item)
            for key, item in value.items()
            if not (key == "continue" and item == "") and not (key == "description" and "jsonPath" not in value and "format" in value)
        }
    return [_settled(item) for item in value] if isinstance(value, list) else value


def _conflict(cause: Mapping[str, Any]) -> str:
    """Only conflicts are sorted; everything else has an order that means something."""
    return f"{cause.get('message')} {cause.get('field')}" if cause.get("reason") == "FieldManagerConflict" else ""


def _manager(entry: Mapping[str, Any]) -> str:
    """The API server sorts by time, which two entries of one second share or not."""
    return " ".join(str(entry.get(name)) for name in ("manager", "operation", "subresource", "apiVersion"))


_ORDERED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "conditions": lambda one: str(one.get("type")),
    "causes": _conflict,
    "managedFields": _manager,
}


def _age(cell: Any) -> Any:
    return "<age>" if isinstance(cell, str) and re.fullmatch(r"(\d+[smhd])+", cell) else cell


def replay(asks: Iterable[Ask], send: Send) -> dict[str, dict[str, Any]]:
    """Every answer by the name of its request, as it is recorded."""
    kept: dict[str, Mapping[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for ask in asks:
        answer = _asked(ask, send, kept)
        decoded = answer.decoded()
        if ask.keep and isinstance(decoded, dict):
            kept[ask.keep] = decoded.get("metadata") or {}
        line: dict[str, Any] = {"name": ask.name, "code": answer.code, "warnings": answer.warnings}
        if not ask.code_only:
            body = normal(answer.text)
            line["body"] = {key: body.get(key) for key in ask.only} if ask.only and isinstance(body, dict) else body
        found[ask.name] = line
    return found


def _asked(ask: Ask, send: Send, kept: Mapping[str, Mapping[str, Any]]) -> Answer:
    def filled(text: str) -> str:
        return re.sub(r"<<([\w-]+)\.(\w+)>>", lambda match: str(kept.get(match[1], {}).get(match[2], "")), text)

    text = ask.body if isinstance(ask.body, str) else None if ask.body is None else json.dumps(ask.body)
    body = None if text is None else filled(text).encode()
    end = time.monotonic() + PATIENCE
    while True:
        answer = send(ask, filled(ask.path), body)
        if ask.until is None or _holds(ask.until, answer) or time.monotonic() > end:
            return answer
        time.sleep(0.05)


def _holds(until: Until, answer: Answer) -> bool:
    try:
        return until(answer.code, answer.decoded() or {})
    except (KeyError, TypeError, AttributeError):  # a refusal has none of what is waited for
        return False


def over_http(client: Any) -> Send:
    """Asks through an httpx client that authenticates as cluster admin."""

    def send(ask: Ask, path: str, body: bytes | None) -> Answer:
        headers = {"Accept": ask.accept, "User-Agent": "recorder/1.0", **ask.headers}
        if ask.media:
            headers["Content-Type"] = ask.media
        if ask.user:
            headers["Impersonate-User"] = ask.user
        answer = client.request(ask.method, path, content=body, headers=headers)
        return Answer(answer.status_code, answer.text, answer.headers.get_list("warning"))

    return send
