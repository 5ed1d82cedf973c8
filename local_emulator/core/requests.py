"""One HTTP request as the handlers see it: what it addresses, and what it wants to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local_emulator.core import status
from local_emulator.core.status import Cause
from local_emulator.core.writing import Options

FIELD_VALIDATION = ("", "Ignore", "Strict", "Warn")
MAX_MANAGER = 128


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A read request; header names in lower case, query parameters by their first value."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    raw_query: str = ""

    @property
    def uri(self) -> str:
        """Path and query as they came."""
        return f"{self.path}?{self.raw_query}" if self.raw_query else self.path

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Target:
    """What a path addresses inside an API group; ``path`` alone is set for everything else (``/version``)."""

    path: str
    group: str = ""
    version: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def is_resource(self) -> bool:
        return self.plural != ""


def parse_path(path: str) -> Target:
    """``/apis/GROUP/VERSION/[namespaces/NS/]PLURAL[/NAME[/SUB…]]``, or a path that addresses no resource."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return Target(path)
    rest = [unquote(part) if "%" in part else part for part in rest]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    return Target(path, group, version, rest[0], namespace, name, "/".join(rest[2:]))


def verb_of(method: str, target: Target, query: Mapping[str, str]) -> str:
    """The API verb of a request, as authorisation and audit name it."""
    match method:
        case "GET" | "HEAD":
            if target.name:
                return "get"
            return "watch" if query.get("watch", "") not in ("", "0", "false") else "list"
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "PATCH":
            return "patch"
        case "DELETE":
            return "delete" if target.name else "deletecollection"
    return method.lower()


def write_options(request: Request, options: str, apply: bool = False) -> Options:
    """Checked query options of a write. ``options``: CreateOptions, UpdateOptions or PatchOptions, named in refusals."""
    query = request.query
    manager, validation, dry_run = query.get("fieldManager", ""), query.get("fieldValidation", ""), query.get("dryRun", "")
    if validation not in FIELD_VALIDATION:
        text = f'Unsupported value: "{validation}": supported values: "", "Ignore", "Strict", "Warn"'
        raise status.options_invalid(options, Cause("fieldValidation", text, "FieldValueNotSupported"))
    check_dry_run(dry_run, options)
    if len(manager.encode()) > MAX_MANAGER:
        raise status.options_invalid(
            options, Cause("fieldManager", f"Too long: may not be more than {MAX_MANAGER} bytes", "FieldValueTooLong")
        )
    for position, char in enumerate(manager):
        if not char.isprintable():
            text = (
                f'Invalid value: "{_quoted(manager)}": invalid character U+{ord(char):04X} (at position {len(manager[:position].encode())})'
            )
            raise status.options_invalid(options, Cause("fieldManager", text))
    force = query.get("force", "") in ("1", "t", "true", "True", "TRUE", "T")
    if apply and not manager:
        raise status.options_invalid(options, Cause("fieldManager", "Required value: is required for apply patch", "FieldValueRequired"))
    if options == "PatchOptions" and "force" in query and not apply:
        raise status.options_invalid(options, Cause("force", "Forbidden: may not be specified for non-apply patch", "FieldValueForbidden"))
    default = request.user_agent.partition("/")[0][:MAX_MANAGER] or "unknown"
    return Options(manager or default, validation or "Warn", dry_run == "All", force)


def _quoted(text: str) -> str:
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def check_dry_run(value: str, options: str) -> None:
    if value not in ("", "All"):
        raise status.options_invalid(
            options, Cause("dryRun", f'Unsupported value: ["{value}"]: supported values: "All"', "FieldValueNotSupported")
        )
