"""What schedules of one process share: results of pure functions, each of which costs more than everything else in a schedule.

A definition's compile and a CRD's model depend on their text alone, and each schedule meets the same few.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from unittest.mock import patch

from functions.bridge import queue
from functions.definition import main as definition
from functions.platform.merging import split
from graphcore.graph import Graph, Limits, compile_graph
from graphcore.openapi import Schemas
from local_emulator.objects.model.models import Model, custom_model
from local_emulator.protocol import server

MOST = 2000
LISTED = 2
"""Changes in one event."""
_MODELS: dict[str, Model] = {}
_GRAPHS: dict[tuple[Any, ...], Graph] = {}
BUILTIN_DOCUMENTS: dict[str, tuple[bytes, str]] = {}
"""Documents of the emulator's built-in groups, which are the same for every API server."""


def _model(group: str, version: str, kind: str, schema: Mapping[str, Any] | None) -> Model:
    key = json.dumps(schema, sort_keys=True)
    if key not in _MODELS:
        _bound(_MODELS)
        _MODELS[key] = custom_model(group, version, kind, schema)
    return _MODELS[key]


def _compiled(rgd: Mapping[str, Any], schemas: Schemas, limits: Limits | None = None) -> Graph:
    metadata = rgd["metadata"]
    text = json.dumps([rgd["spec"], metadata["name"], metadata.get("uid"), metadata.get("annotations")], sort_keys=True)
    # Their hashes, not the texts: each schedule has its own copy of half a megabyte.
    documents = tuple((name, hash(document._body)) for name, document in sorted(schemas.documents.items()))  # type: ignore[union-attr]
    key = (text, documents, schemas.served, repr(limits))
    if key not in _GRAPHS:
        _bound(_GRAPHS)
        _GRAPHS[key] = compile_graph(rgd, schemas, limits)
    return _GRAPHS[key]


def _bound(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST:
        kept.clear()


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """While a schedule runs."""
    small = partial(split, size=LISTED)  # a bound that no small world reaches otherwise
    with (
        patch.object(definition, "compile_graph", _compiled),
        patch.object(server, "custom_model", _model),
        patch.object(queue, "split", small),
    ):
        yield
