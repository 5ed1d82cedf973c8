"""What the API server demands of names, keys, ports, labels and annotations, and how it says so.

Source: ``util/validation`` and ``api/validation`` of k8s.io/apimachinery 0.36.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import in_order, invalid, too_long

_LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL_1123}(\.{_LABEL_1123})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_QUALIFIED})?"
_DATA_KEY = "[-._a-zA-Z0-9]+"
_ANNOTATIONS_LIMIT = 256 * 1024

LABEL_NAMES = frozenset({("", "namespaces"), ("", "services")})
"""Group and plural of kinds whose objects are called by DNS-1123 labels."""
PATH_SEGMENT_NAMES = frozenset(
    ("rbac.authorization.k8s.io", plural) for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
)
"""Of kinds whose objects may be called whatever can stand in a path."""


def _mismatch(text: str, pattern: str, words: str, *examples: str) -> list[str]:
    if re.fullmatch(pattern, text):
        return []
    listed = "or ".join(f"'{example}', " for example in examples)
    return [f"{words} (e.g. {listed.replace(', or', ',  or')}regex used for validation is '{pattern}')"]


def _too_long(text: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} characters"] if len(text) > limit else []


def _too_many_bytes(text: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} bytes"] if len(text.encode()) > limit else []


def subdomain_faults(text: str) -> list[str]:
    """DNS-1123 subdomain: object names, API groups."""
    words = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _too_long(text, 253) + _mismatch(text, _SUBDOMAIN, words, "example.com")


def dns_label_faults(text: str) -> list[str]:
    """DNS-1035 label: versions, plurals, kinds in lower case."""
    words = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
        "and end with an alphanumeric character"
    )
    return _too_long(text, 63) + _mismatch(text, _LABEL_1035, words, "my-name", "abc-123")


def label_1123_faults(text: str) -> list[str]:
    """DNS-1123 label: namespaces, containers, volumes, named ports of Services."""
    words = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character"
    )
    faults = _mismatch(text, _LABEL_1123, words, "my-name", "123-abc")
    return ["must not contain dots"] if faults and re.fullmatch(_SUBDOMAIN, text) else faults


def name_faults(group: str, plural: str, name: str) -> list[str]:
    """Why an object of a kind cannot be called so; kinds that are not listed have DNS-1123 subdomains, as all custom resources do."""
    if (group, plural) in PATH_SEGMENT_NAMES:
        return [f"may not be '{name}'"] if name in (".", "..") else [f"may not contain '{char}'" for char in "/%" if char in name]
    if (group, plural) in LABEL_NAMES:
        return _too_long(name, 63) + label_1123_faults(name)
    return subdomain_faults(name)


def data_key_faults(name: str) -> list[str]:
    """Keys of ConfigMaps and Secrets: the first fault."""
    if len(name) > 253:
        return ["must be no more than 253 characters"]
    if name in (".", ".."):
        return [f"must not be '{name}'"]
    words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    return _mismatch(name, _DATA_KEY, words, "key.name", "KEY_NAME", "key-name")


def port_faults(number: int) -> list[str]:
    return [] if 1 <= number <= 65535 else ["must be between 1 and 65535, inclusive"]


def label_key_faults(text: str) -> list[str]:
    """Label and annotation keys: ``name`` or ``prefix/name``."""
    prefix, slash, name = text.partition("/")
    if not slash:
        prefix, name = "", text
    words = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    if "/" in name:
        whole = _mismatch("", _QUALIFIED, f"a valid label key {words}", "MyName", "my.name", "123-abc")[0]
        return [f"{whole} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    faults = []
    if slash:
        faults = [f"prefix part {fault}" for fault in (subdomain_faults(prefix) if prefix else ["must be non-empty"])]
    found = ["must be non-empty"] if not name else _too_many_bytes(name, 63)
    return faults + [f"name part {fault}" for fault in found + _mismatch(name, _QUALIFIED, words, "MyName", "my.name", "123-abc")]


def label_value_faults(text: str) -> list[str]:
    words = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _too_many_bytes(text, 63) + _mismatch(text, _VALUE, words, "MyValue", "my_value", "12345")


def metadata_faults(metadata: Mapping[str, Any]) -> list[Problem]:
    """Faults of ``metadata.labels`` and ``metadata.annotations``."""
    problems = []
    for label, value in in_order(metadata.get("labels")):
        problems += [invalid("metadata.labels", label, fault) for fault in label_key_faults(label)]
        problems += [invalid("metadata.labels", value, fault) for fault in label_value_faults(str(value))]
    annotations = metadata.get("annotations") or {}
    for annotation, _ in in_order(annotations):
        # Keys are compared in lower case: an upper-case prefix is tolerated.
        problems += [invalid("metadata.annotations", annotation, fault) for fault in label_key_faults(annotation.lower())]
    if sum(len(name.encode()) + len(str(value).encode()) for name, value in annotations.items()) > _ANNOTATIONS_LIMIT:
        problems.append(too_long("metadata.annotations", _ANNOTATIONS_LIMIT))
    return problems
