"""Refusals of the API server as values: code, reason, message and details of a ``metav1.Status``.

Every handler raises :class:`ApiError`; only the HTTP layer turns it into bytes. Messages are those of kube-apiserver 1.36, because
clients (and kro's recorded conditions) show and match them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PAGE_NOT_FOUND = b"404 page not found\n"


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of ``details.causes``; ``text`` is what the joined message shows for it (field first)."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    @property
    def text(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


@dataclass(slots=True)
class ApiError(Exception):
    """A refused request. ``plain`` is a text body for paths that no API owns."""

    code: int
    reason: str
    message: str
    details: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    plain: bytes | None = None
    continue_token: str = ""
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message

    def body(self) -> dict[str, Any]:
        """The Status object, keys in the API server's order."""
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message}
        if self.continue_token:
            status["metadata"] = {"continue": self.continue_token}
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = dict(self.details)
        status["code"] = self.code
        return status


class Undecodable(ApiError):
    """A body that is no object of its kind. ``what``: the reason alone, as a patch shows it."""

    def __init__(self, subject: str, what: str) -> None:
        super().__init__(400, "BadRequest", f"{subject}: {what}")
        self.what = what


def patched_invalid(what: str, shown: str) -> ApiError:
    """A patch whose result is no object of its kind. shown: that result, or the patch."""
    return invalid("", "", "", [Cause("patch", f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {what}")])


def qualified(group: str, plural: str) -> str:
    """``deployments.apps``, ``configmaps``."""
    return f"{plural}.{group}" if group else plural


def _details(group: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    details = {"name": name, "group": group, "kind": kind, **more}
    return {key: value for key, value in details.items() if value}


def page_not_found() -> ApiError:
    """No API is registered at the path at all."""
    return ApiError(404, "NotFound", "404 page not found", plain=PAGE_NOT_FOUND)


def resource_not_found() -> ApiError:
    """The group and version exist, the resource does not."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def not_found(group: str, plural: str, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{qualified(group, plural)} "{name}" not found', _details(group, plural, name))


def already_exists(group: str, plural: str, name: str, going: bool = False) -> ApiError:
    message = f'{qualified(group, plural)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", f"object is being deleted: {message}" if going else message, _details(group, plural, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(group: str, plural: str, name: str, why: str = MODIFIED) -> ApiError:
    message = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(group, plural, name))


def invalid(group: str, kind: str, name: str, causes: Iterable[Cause]) -> ApiError:
    """422; the causes' texts are joined as the API server joins aggregated errors (repetitions shown once)."""
    listed = list(causes)
    texts = list(dict.fromkeys(cause.text for cause in listed))
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    message = f'{qualified(group, kind)} "{name}" is invalid: {joined}'
    details = _details(group, kind, name)
    details["causes"] = [{"reason": c.reason, "message": c.message, **({"field": c.field} if c.field else {})} for c in listed]
    return ApiError(422, "Invalid", message, details)


def options_invalid(options: str, cause: Cause) -> ApiError:
    """A wrong query parameter or DeleteOptions field."""
    return invalid("meta.k8s.io", options, "", [cause])


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def internal(message: str) -> ApiError:
    """500 without a reason, as the API server answers errors that it does not know."""
    return ApiError(500, "", message)


def internal_error(what: str) -> ApiError:
    """500 for something that should not be."""
    return ApiError(500, "InternalError", f"Internal error occurred: {what}", {"causes": [{"message": what}]})


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(group: str, plural: str, name: str, why: str, causes: list[dict[str, str]] | None = None) -> ApiError:
    subject = f'{qualified(group, plural)} "{name}"' if name else qualified(group, plural)
    message = f"{subject} is forbidden: {why}" if plural else f"forbidden: {why}"
    return ApiError(403, "Forbidden", message, _details(group, plural, name, causes=causes))


def method_not_allowed() -> ApiError:
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def not_supported(verb: str, group: str, plural: str) -> ApiError:
    """A custom kind's answer to a method that it has not."""
    message = f'{verb} is not supported on resources of kind "{qualified(group, plural)}"'
    return ApiError(405, "MethodNotAllowed", message, _details(group, plural, ""))


def unsupported_media_type(accepted: Iterable[str]) -> ApiError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message)


def not_acceptable() -> ApiError:
    return ApiError(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml", {})


def expired(message: str, continue_token: str = "") -> ApiError:
    """The asked revision is compacted; ``continue_token`` lets a chunked list go on inconsistently."""
    return ApiError(410, "Expired", message, continue_token=continue_token)


def too_large_resource_version(asked: int, current: int) -> ApiError:
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1}
    return ApiError(504, "Timeout", f"Timeout: Too large resource version: {asked}, current: {current}", details, {"Retry-After": "1"})
