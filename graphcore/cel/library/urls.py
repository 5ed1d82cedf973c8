"""Kubernetes' functions on URLs; the URL itself is in :mod:`graphcore.cel.library.url_value`.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/urls.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.library.url_value import URL, URL_TYPE, parse_url
from graphcore.cel.library.url_value import is_url as is_url_text
from graphcore.cel.types import BOOL, STRING, list_of, map_of


def url(text: Any) -> URL:
    """The URL that a text stands for: an absolute one (``https://…``) or an absolute path (``/…``).

    The result cannot be written to a field: write the text, or a part.
    Errors: ``URL parse error during conversion from string``.
    Source: Kubernetes URLs.
    """
    if not isinstance(text, str):
        raise no_such_overload("url", text)
    parsed = parse_url(text)
    if parsed is None:
        raise EvaluationError(Reason.CONVERSION, "URL parse error during conversion from string")
    return parsed


def is_url(text: Any) -> bool:
    """Whether ``url`` takes the text, a malformed fragment apart.

    Errors: none.
    Source: Kubernetes URLs.
    """
    if not isinstance(text, str):
        raise no_such_overload("isURL", text)
    return is_url_text(text)


def get_scheme(value: Any) -> str:
    """The part before ``://``, in lower case; empty for a path.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _text(_checked("getScheme", value).scheme)


def get_host(value: Any) -> str:
    """Host name and port, an IPv6 address in brackets: ``[::1]:80``; empty for a path.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _text(_checked("getHost", value).host)


def get_hostname(value: Any) -> str:
    """Host name without port, an IPv6 address without brackets; empty for a path.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _text(_checked("getHostname", value).split_host()[0])


def get_port(value: Any) -> str:
    """The port as a string; empty if none is written.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _text(_checked("getPort", value).split_host()[1])


def get_escaped_path(value: Any) -> str:
    """The path, escaped: ``/with%20space``.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _text(_checked("getEscapedPath", value).escaped_path())


def get_query(value: Any) -> dict[str, list[str]]:
    """The values of each query parameter, unescaped, in order; malformed parameters are left out.

    Errors: none.
    Source: Kubernetes URLs.
    """
    return _checked("getQuery", value).parameters()


def _checked(function: str, value: Any) -> URL:
    if not isinstance(value, URL):
        raise no_such_overload(function, value)
    return value


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


FUNCTIONS: tuple[Function, ...] = (
    Function("url", (Overload("string_to_url", (STRING,), URL_TYPE, url),)),
    Function("isURL", (Overload("is_url_string", (STRING,), BOOL, is_url),)),
    Function("getScheme", (Overload("url_get_scheme", (URL_TYPE,), STRING, get_scheme, member=True),)),
    Function("getHost", (Overload("url_get_host", (URL_TYPE,), STRING, get_host, member=True),)),
    Function("getHostname", (Overload("url_get_hostname", (URL_TYPE,), STRING, get_hostname, member=True),)),
    Function("getPort", (Overload("url_get_port", (URL_TYPE,), STRING, get_port, member=True),)),
    Function("getEscapedPath", (Overload("url_get_escaped_path", (URL_TYPE,), STRING, get_escaped_path, member=True),)),
    Function("getQuery", (Overload("url_get_query", (URL_TYPE,), map_of(STRING, list_of(STRING)), get_query, member=True),)),
)
