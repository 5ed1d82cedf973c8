"""JSON patch (RFC 6902), with the API server's answers for what cannot be done."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from graphcore.numbers import whole
from local_emulator.core.status import ApiError, bad_request

MAX_OPERATIONS = 10_000
"""More operations than this in one patch are refused, as the API server does."""


def json_patch(target: Any, operations: Any) -> Any:
    """``target`` after all operations. Raises ApiError: 400 for a malformed patch, 422 for one that does not apply."""
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
    if len(operations) > MAX_OPERATIONS:
        message = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise ApiError(413, "RequestEntityTooLarge", message)
    document = deepcopy(target)
    for operation in operations:
        document = _apply(document, operation)
    return document


def _refused() -> ApiError:
    """The API server does not tell which operation failed."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    name, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str):
        raise _refused()
    if name == "add":
        return _add(document, path, deepcopy(operation.get("value")))
    if name == "replace":
        return _put(document, path, deepcopy(operation.get("value")))
    if name == "remove":
        return _remove(document, path)
    if name == "test":
        if _peek(document, path) != operation.get("value"):
            raise _refused()
        return document
    source = operation.get("from")
    if name not in ("move", "copy") or not isinstance(source, str):
        raise _refused()
    value = deepcopy(_find(document, source))
    if name == "move":
        document = _remove(document, source)
    return _add(document, path, value)


def _tokens(path: str) -> list[str]:
    # What stands before the first slash counts for nothing, on a real server as here.
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list):
        return value[_index(token, len(value) - 1)]
    raise _refused()


def _index(token: str, highest: int) -> int:
    index = whole(token, signed=True)
    if index is None:
        raise _refused()
    if index < 0:
        index += highest + 1
    if not 0 <= index <= highest:
        raise _refused()
    return index


def _find(document: Any, path: str) -> Any:
    value = document
    for token in _tokens(path):
        value = _step(value, token)
    return value


def _peek(document: Any, path: str) -> Any:
    """For ``test``: a missing member reads as null."""
    tokens = _tokens(path)
    parent = _find_parent(document, tokens)
    if tokens and isinstance(parent, dict):
        return parent.get(tokens[-1])
    return _step(parent, tokens[-1]) if tokens else parent


def _find_parent(document: Any, tokens: list[str]) -> Any:
    value = document
    for token in tokens[:-1]:
        value = _step(value, token)
    return value


def _add(document: Any, path: str, value: Any) -> Any:
    tokens = _tokens(path)
    if not tokens:
        return value
    parent = _find_parent(document, tokens)
    if isinstance(parent, list):
        position = len(parent) if tokens[-1] == "-" else _index(tokens[-1], len(parent))
        parent.insert(position, value)
    elif isinstance(parent, dict):
        parent[tokens[-1]] = value
    else:
        raise _refused()
    return document


def _put(document: Any, path: str, value: Any) -> Any:
    tokens = _tokens(path)
    if not tokens:
        return value
    parent = _find_parent(document, tokens)
    if isinstance(parent, list):
        parent[_index(tokens[-1], len(parent) - 1)] = value
    else:
        parent[tokens[-1]] = value
    return document


def _remove(document: Any, path: str) -> Any:
    tokens = _tokens(path)
    if not tokens:
        return None
    _find(document, path)
    parent = _find_parent(document, tokens)
    if isinstance(parent, list):
        del parent[_index(tokens[-1], len(parent) - 1)]
    else:
        del parent[tokens[-1]]
    return document
