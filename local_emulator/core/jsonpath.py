"""The JSONPath of printer columns and selectable fields: names, indexes, ``[*]`` and ``[?(@.a.b=="text")]``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from graphcore.numbers import whole

_STEP = re.compile(
    r"""\.?\[\?\(@\.(?P<field>[^=!<>)]+?)\s*(?P<op>==|!=)\s*(?P<quote>["']?)(?P<text>.*?)(?P=quote)\)\]
      | \.?\[(?P<index>-?[0-9]+|\*)\]
      | \.?\[(?P<q2>["'])(?P<key>(?:\\.|[^\\])*?)(?P=q2)\]
      | \.(?P<star>\*)
      | \.(?P<name>(?:\\.|[^.\[\\])+)""",
    re.VERBOSE,
)
Step = tuple[str, Any]


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[Step, ...] | None:
    """Steps of a path (``.spec.a[0]``), or None when it is written in a way that this dialect does not have."""
    text = path.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    text = text.removeprefix("$")
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if not match:
            return None
        position = match.end()
        if match["field"]:
            steps.append(("filter", (tuple(match["field"].split(".")), match["op"] == "==", match["text"])))
        elif match["star"] or match["index"] == "*":
            steps.append(("all", None))
        elif match["index"]:
            index = whole(match["index"], signed=True)
            if index is None:
                return None
            steps.append(("index", index))
        else:
            steps.append(("name", re.sub(r"\\(.)", r"\1", match["key"] or match["name"])))
    return tuple(steps)


def _field(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def find(value: Any, path: str) -> list[Any]:
    """Every value at the path; absent steps select nothing."""
    found = [value]
    steps: tuple[Step, ...] = parse(path) or (("none", None),)
    for kind, argument in steps:
        following: list[Any] = []
        for item in found:
            if kind == "name" and isinstance(item, dict) and argument in item:
                following.append(item[argument])
            elif kind == "all" and isinstance(item, (list, dict)):
                following.extend(item if isinstance(item, list) else item.values())
            elif kind == "index" and isinstance(item, list) and -len(item) <= argument < len(item):
                following.append(item[argument])
            elif kind == "filter" and isinstance(item, list):
                names, equal, text = argument
                following.extend(e for e in item if (_text(_field(e, names)) == text) == equal)
        found = following
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
