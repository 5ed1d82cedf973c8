"""The network as a parameter: a cluster is something that answers requests and streams watches.

Everything above this module says *what* to ask (:class:`Request`); only an implementation of :class:`Cluster` knows how. The live one
(:mod:`functions.platform.live`) speaks HTTP; the in-process host of the tests calls an ASGI application; a recorder wraps either.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from functions.platform.telemetry import ToldError
from graphcore.numbers import whole

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
"""JSON is YAML: an apply request carries JSON under this content type."""
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class ClusterError(ToldError):
    """The API server could not be asked: no connection, a broken answer, a time limit, or credentials that cannot be read.

    Transient by nature; the text is one line, names the address and carries no credential.
    """


class TooDeepError(ClusterError):
    """The API server has answered, with more levels of arrays and objects than JSON is read to."""


@dataclass(frozen=True, slots=True)
class Request:
    """One API request. path: as :mod:`functions.platform.paths` builds it. query: sent in sorted order. body: JSON value or None.

    raw: leave a successful answer undecoded, in ``Answer.content`` (OpenAPI documents are large, and mostly not needed).
    """

    verb: Verb
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """status: HTTP status. body: decoded JSON object, {} if there was none. retry_after: seconds that the server asked to wait, if any.

    content: what a raw request got.
    """

    status: int
    body: dict[str, Any]
    retry_after: float | None = None
    content: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """The machine-readable reason of a failure (``NotFound``, ``Conflict``, …); empty for an answer without Status."""
        return str(self.body.get("reason") or "") if not self.ok else ""

    def missing(self, name: str) -> bool:
        """The API server's own word that there is no object of this name.

        Any other 404 comes from a server that does not know the kind (yet), or from a proxy, and says nothing about the object.
        """
        details = self.body.get("details")
        return self.status == 404 and self.reason == "NotFound" and isinstance(details, dict) and details.get("name") == name

    @property
    def message(self) -> str:
        """The server's sentence about a failure."""
        return str(self.body.get("message") or f"HTTP {self.status}") if not self.ok else ""


class Cluster(Protocol):
    """What a function needs from the API server."""

    async def send(self, request: Request) -> Answer:
        """The answer to one request, whatever its status. Raises ClusterError when there is none."""

    def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        """The events of a watch, one decoded JSON object each, until the server ends it.

        A refused watch yields one event of type ``ERROR`` with the Status as object. Raises ClusterError when the connection breaks.
        """

    async def close(self) -> None:
        """Release connections; the cluster cannot be used afterwards."""


def answer_of(request: Request, status: int, content: bytes, retry_after: str | None) -> Answer:
    """What a transport received, as an answer. retry_after: the header; its date form is not used by the API server."""
    number = whole(retry_after)
    seconds = None if number is None else float(number)
    if request.raw and 200 <= status < 300:
        return Answer(status, {}, seconds, content)
    try:
        return Answer(status, decode(content, shallow=request.accept in (METADATA, METADATA_LIST)), seconds)
    except TooDeepError as error:
        # For whoever asked, the same as a server that cannot answer: it is told of the object, and others do not notice.
        return Answer(500, {"kind": "Status", "status": "Failure", "reason": "NestedTooDeeply", "message": str(error)}, seconds)


def decode(content: bytes, *, shallow: bool = False) -> dict[str, Any]:
    """The JSON object in an answer's body; {} for an empty body, a Status for anything that is no JSON object.

    shallow: what is nested too deeply to be read is left out. Of metadata only managedFields can be so deep: they repeat the form of the
    whole object, and one that somebody has nested a thousand levels deep must not keep its neighbours in a list or a watch from being read.
    Raises TooDeepError where that is not allowed.
    """
    if not content:
        return {}
    try:
        value = json.loads(content)
    except RecursionError:
        if not shallow:
            raise TooDeepError("the API server's answer is nested too deeply to be read") from None
        return decode(_cut(content))
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    # What is not the API server's own answer is a proxy's page, or the plain line about a path that nothing serves.
    line = content[:80].decode("utf-8", "replace").strip().splitlines()[:1]
    return {"kind": "Status", "status": "Failure", "message": f"not an answer of the Kubernetes API: {''.join(line)}", "reason": ""}


_DEEPEST = 100
"""Levels of arrays and objects; labels, annotations and owners in a list of objects lie at six."""
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.S)


def _cut(content: bytes) -> bytes:
    """JSON with null for whatever is nested deeper than ``_DEEPEST``."""
    parts: list[bytes] = []
    level = start = 0
    for token in _BRACKET.finditer(content):
        if token[0] in (b"[", b"{"):
            if level == _DEEPEST:
                parts.append(content[start : token.start()])
            level += 1
        elif token[0] in (b"]", b"}"):
            level -= 1
            if level == _DEEPEST:
                parts.append(b"null")
                start = token.end()
    return b"".join((*parts, content[start:] if level <= _DEEPEST else b""))
