"""Label and field selectors of list, watch and deletecollection."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.numbers import whole
from local_emulator.core import status
from local_emulator.core.registry import Resource
from local_emulator.core.store import Entry

_TOKEN = re.compile(r"\s*(==|!=|=|!|\(|\)|,|<|>|[^\s=!(),<>]+)")
_LABEL = re.compile(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
_VALUE = re.compile(r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
_WORDS = ("in", "notin")


@dataclass(frozen=True, slots=True)
class Requirement:
    """``key operator values``; operator: in, notin, exists, absent, gt, lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "absent":
                return value is None
        number, bound = whole(value, signed=True), whole(next(iter(self.values)), signed=True)
        if number is None or bound is None:
            return False
        return number > bound if self.operator == "gt" else number < bound


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text.rstrip()) if text.strip() else []
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def fail(self, found: str, expected: str) -> status.ApiError:
        return status.bad_request(f"unable to parse requirement: found '{found}', expected: {expected}")

    def requirement(self) -> Requirement:
        negated = self.peek() == "!"
        if negated:
            self.next()
        key = self.next()
        if not key or key in ("(", ")", ",", "=", "==", "!=", "<", ">"):
            raise self.fail(key, "!, identifier, or 'end of string'")
        if len(key.rpartition("/")[2]) > 63 or not _LABEL.match(key):
            raise status.bad_request(
                f'unable to parse requirement: <nil>: Invalid value: "{key}": name part must consist of '
                "alphanumeric characters, '-', '_' or '.', "
                "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
                "regex used for validation is "
                "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        if negated:
            return Requirement(key, "absent")
        operator = self.peek()
        if operator in ("", ","):
            return Requirement(key, "exists")
        self.next()
        if operator in _WORDS:
            return Requirement(key, operator, self.values())
        if operator in ("=", "==", "!=", "<", ">"):
            value = "" if self.peek() in ("", ",") else self.next()
            self.check(key, value)
            name = {"!=": "notin", "<": "lt", ">": "gt"}.get(operator, "in")
            return Requirement(key, name, frozenset([value]))
        raise self.fail(operator, "in, notin, =, ==, !=, gt, lt")

    def values(self) -> frozenset[str]:
        if self.peek() != "(":
            raise self.fail(self.peek(), "'('")
        self.next()
        found = []
        while True:
            word = self.peek()
            if word in (")", ","):
                found.append("")
            elif word == "":
                raise self.fail("", "',', ')' or identifier")
            else:
                found.append(self.next())
            word = self.next()
            if word == ")":
                return frozenset(found)
            if word != ",":
                raise self.fail(word, "',' or ')'")

    @staticmethod
    def check(key: str, value: str) -> None:
        if not _VALUE.match(value):
            raise status.bad_request(
                f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": a valid label must be an '
                "empty string or consist of alphanumeric "
                "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', "
                " or 'my_value',  or '12345', regex used for "
                "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            )


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """The requirements of a label selector; raises ApiError 400 with the API server's text."""
    parser = _Parser(text)
    found: list[Requirement] = []
    while parser.at < len(parser.tokens):
        found.append(parser.requirement())
        token = parser.next()
        if token not in ("", ","):
            raise parser.fail(token, "',' or 'end of string'")
    return tuple(found)


def from_label_selector(selector: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """A ``metav1.LabelSelector`` object as requirements."""
    names = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
    equal = [Requirement(key, "in", frozenset([value])) for key, value in (selector.get("matchLabels") or {}).items()]
    more = [Requirement(e["key"], names[e["operator"]], frozenset(e.get("values") or ())) for e in selector.get("matchExpressions") or ()]
    return (*equal, *more)


# field labels of built-in kinds beyond metadata.name and metadata.namespace, by collection
_EVENT = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)
FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "namespaces"): ("status.phase",),
    ("", "secrets"): ("type",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "events"): _EVENT,
    ("", "replicationcontrollers"): ("status.replicas",),
    ("apps", "replicasets"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
    ("certificates.k8s.io", "certificatesigningrequests"): ("spec.signerName",),
}

Matcher = Callable[[Entry], bool]


def value_at(value: Any, path: tuple[str, ...]) -> str:
    """The text of a field for field selectors; absent is the empty string."""
    for part in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(part)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _parse_fields(resource: Resource, text: str) -> list[tuple[tuple[str, ...], bool, str]]:
    terms = []
    allowed = resource.selectable if resource.custom else FIELDS.get(resource.storage, ())
    for raw in text.split(","):
        if not raw.strip():
            continue
        match = re.match(r"^([^=!]+)(!=|==|=)(.*)$", raw.strip(), re.S)
        if not match:
            raise status.bad_request(f"invalid selector: '{text}'; can't understand '{raw}'")
        name = match[1].strip()
        if name not in ("metadata.name", "metadata.namespace", *allowed):
            if resource.custom:
                raise status.bad_request(f"field label not supported: {name}")
            if allowed:
                raise status.bad_request(f"field label not supported: {name}")
            raise status.bad_request(f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"')
        terms.append((tuple(name.split(".")), match[2] != "!=", match[3]))
    return terms


def matcher(resource: Resource, labels: str, fields: str) -> Matcher | None:
    """A test on entries for both selectors, or None when everything matches; raises ApiError 400."""
    requirements = parse_labels(labels) if labels else ()
    terms = _parse_fields(resource, fields) if fields else []
    cheap = [(path[1] == "name", equal, value) for path, equal, value in terms if path[0] == "metadata"]
    deep = [term for term in terms if term[0][0] != "metadata"]
    if not requirements and not terms:
        return None

    def test(entry: Entry) -> bool:
        if not all(requirement.matches(entry.labels) for requirement in requirements):
            return False
        if not all((entry.key[is_name] == value) == equal for is_name, equal, value in cheap):
            return False
        if deep:
            body = entry.object()
            return all((value_at(body, path) == value) == equal for path, equal, value in deep)
        return True

    return test


def exact_name(fields: str) -> str | None:
    """The name in a selector that is exactly ``metadata.name=NAME``, so that watches and lists of one object stay cheap."""
    match = re.match(r"^metadata\.name==?([^,]+)$", fields)
    return match[1] if match else None
