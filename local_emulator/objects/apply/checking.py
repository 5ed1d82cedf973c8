"""Whether an applied configuration fits its schema.

Server-side apply checks this before it looks at anything else, and answers in the words of structured-merge-diff, as an internal error:
clients and tests have come to recognise those sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local_emulator.core.status import ApiError, internal
from local_emulator.objects.apply.fieldsets import display
from local_emulator.objects.apply.typed import DEDUCED, DEDUCED_NODE, LIST, MAP, SCALAR, TypedSchema


def problems(schema: TypedSchema, value: Any) -> list[str]:
    """Every place where the configuration does not fit, as ``.spec.replicas: expected numeric (int or float), got string``."""
    return sorted(f"{where}: {what}" for where, what in _check(schema, value, ""))


def refuse_misfit(schema: TypedSchema, patch: dict[str, Any]) -> None:
    """Raises ApiError 500, as the API server does, for a configuration that does not fit."""
    if _fits(schema, patch):
        return
    found = problems(schema, patch)
    if found:
        metadata = patch.get("metadata") or {}
        group, _, version = patch["apiVersion"].rpartition("/")
        what = f"({metadata.get('namespace', '')}/{metadata.get('name', '')}; {group}/{version}, Kind={patch['kind']})"
        raise misfit(f"failed to create typed patch object {what}", found)


def misfit(context: str, found: list[str]) -> ApiError:
    """The answer for the problems found."""
    text = found[0] if len(found) == 1 else "\n  ".join(["errors:", *found])
    return internal(f"{context}: {text}")


_SCALARS: dict[str, tuple[type, ...]] = {"": (str, int, float, bool), "string": (str,), "numeric": (int, float), "boolean": (bool,)}


def _fits(schema: TypedSchema, value: Any) -> bool:
    """The common case, without places: whether nothing is wrong."""
    shape = schema.shape
    if value is None or shape == DEDUCED:
        return True
    kind = type(value)
    if shape == SCALAR:
        return kind in _SCALARS[schema.scalar]
    if shape == MAP:
        if kind is not dict:
            return False
        fields, element = schema.fields, schema.element
        for name, part in value.items():
            child = fields.get(name) or element
            if child is None or not _fits(child, part):
                return False
        return True
    if kind is not list:
        return False
    if not schema.atomic:
        if any(_item_problem(schema, item) for item in value):
            return False
        if len({schema.item_element(item) for item in value}) < len(value):
            return False
    element = schema.element or DEDUCED_NODE
    return all(_fits(element, item) for item in value)


def _check(schema: TypedSchema, value: Any, where: str) -> Iterator[tuple[str, str]]:
    if value is None or schema.shape == DEDUCED:
        return
    if schema.shape == SCALAR:
        yield from _check_scalar(schema, value, where)
    elif schema.shape == MAP:
        if not isinstance(value, dict):
            yield where, f"expected map, got &{{{plain(value)}}}"
            return
        for name, part in value.items():
            child = schema.fields.get(name) or schema.element
            if child is None:
                yield f"{where}.{name}", "field not declared in schema"
            else:
                yield from _check(child, part, f"{where}.{name}")
    elif schema.shape == LIST:
        if not isinstance(value, list):
            yield where, f"expected list, got &{{{plain(value)}}}"
            return
        yield from _check_list(schema, value, where)


def _check_list(schema: TypedSchema, value: list[Any], where: str) -> Iterator[tuple[str, str]]:
    element = schema.element or DEDUCED_NODE
    seen: set[str] = set()
    for index, item in enumerate(value):
        place = f"{where}[{index}]"
        if not schema.atomic:
            problem = _item_problem(schema, item)
            if problem:
                yield where, f"element {index}: {problem}"
                continue
            path_element = schema.item_element(item)
            place = where + display((path_element,))
            if path_element in seen:
                yield where, f"duplicate entries for key {display((path_element,))}"
            seen.add(path_element)
        yield from _check(element, item, place)


def _item_problem(schema: TypedSchema, item: Any) -> str:
    if not schema.keys:
        if isinstance(item, dict):
            return "associative list without keys has an element that's a map type"
        return "associative list without keys has an element that's an explicit null" if item is None else ""
    if item is None:
        return "associative list with keys may not have a null element"
    if not isinstance(item, dict):
        return "associative list with keys may not have non-map elements"
    if not any(key in item or key in schema.key_defaults for key in schema.keys):
        keys = " ".join(json.dumps(key) for key in schema.keys)
        missing = f"associative list with keys has an element that omits all key fields [{keys}]"
        return f"{missing} (and doesn't have default values for any key fields)"
    return ""


_GO_NAMES = {str: "string", bool: "bool", dict: "map[string]interface {}", list: "[]interface {}"}


def _check_scalar(schema: TypedSchema, value: Any, where: str) -> Iterator[tuple[str, str]]:
    if schema.scalar == "numeric":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield where, f"expected numeric (int or float), got {_GO_NAMES.get(type(value), 'null')}"
    elif schema.scalar == "string":
        if not isinstance(value, str):
            yield where, f"expected string, got {_shown(value)}"
    elif schema.scalar == "boolean":
        if not isinstance(value, bool):
            yield where, f"expected boolean, got {_shown(value)}"
    elif isinstance(value, dict | list):
        yield where, f"expected scalar, got {_shown(value)}"


def _shown(value: Any) -> str:
    return f"&value.valueUnstructured{{Value:{_go(value)}}}"


def plain(value: Any) -> str:
    """A value as Go prints it with ``%v``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(plain(part) for part in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{plain(value[name])}' for name in sorted(value))}]"
    return "<nil>" if value is None else str(value)


def _go(value: Any) -> str:
    """A value as Go prints it with ``%#v``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(_go(part) for part in value) + "}"
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(name)}:{_go(part)}" for name, part in value.items())
        return "map[string]interface {}{" + inside + "}"
    return "interface {}(nil)" if value is None else str(value)
