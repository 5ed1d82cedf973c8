"""What an operator can set, read once from the environment into one frozen value.

A command line option ``--x-y`` is the variable ``KROFN_X_Y``; where the meaning is kro's, so is the name, and a value that kro's flag
accepts is accepted here. Functions read nothing but the environment, so that a Knative Service, ``krofn run`` and a test configure them
in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib import metadata
from typing import Any

from graphcore.graph.model import Limits
from graphcore.numbers import whole

PREFIX = "KROFN_"
FEATURE_GATES = ("CELOmitFunction", "InstanceConditionEvents", "InstanceConditionMetrics")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


ACCOUNT_ROLES = ("bridge", "instance")
UNKNOWN_ACCOUNTS = "unknown"
"""Value of ``service_accounts`` for functions of several identities that nobody has named: nobody's rights can be asked for."""
_ACCOUNT = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")


class SettingsError(Exception):
    """One setting has a value that cannot be used; the text names the variable and what it accepts."""


def version() -> str:
    """The version of the installed distribution, as user agents and ``krofn version`` show it."""
    try:
        return metadata.version("krofn")
    except metadata.PackageNotFoundError:
        return "0.0.0"


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations are seconds.

    instance_requeue_interval: first delay before a run that nothing else will wake is repeated; 0 turns such repeats off.
    rgd_progress_requeue_delay: the same for a definition. resync_period: how often the bridge looks at every instance again.
    run_deadline: after this long an invocation stops and answers retryable. ready_file: written when a process can serve. context:
    kubeconfig context; empty means the current one. definition_url, instance_url, fanout_url: where the bridge posts without a broker;
    bridge_url: where ``fanout`` posts without a broker. service_accounts: those of the bridge and of the instance function, by role, as
    ``namespace/name``; none where all functions share one identity. sink: the broker (Knative's own variable ``K_SINK``).
    """

    allow_crd_deletion: bool = False
    rgd_max_graph_revisions: int = 5
    rgd_max_collection_size: int = 1000
    rgd_max_collection_dimension_size: int = 10
    instance_requeue_interval: float = 3.0
    rgd_progress_requeue_delay: float = 3.0
    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    version_label: str = "devel"
    service_accounts: Mapping[str, str] = field(default_factory=dict)
    resync_period: float = 600.0
    run_deadline: float = 12.0
    ready_file: str = ""
    context: str = ""
    definition_url: str = ""
    instance_url: str = ""
    fanout_url: str = ""
    bridge_url: str = ""
    sink: str = ""

    @property
    def limits(self) -> Limits:
        """The part of the settings that decides what compiles and renders."""
        return Limits(
            collection_size=self.rgd_max_collection_size,
            collection_dimensions=self.rgd_max_collection_dimension_size,
            omit=self.feature_gates.get("CELOmitFunction", False),
            version_label=self.version_label,
        )


def variable(name: str) -> str:
    """The environment variable of a field of :class:`Settings`."""
    return "K_SINK" if name == "sink" else PREFIX + name.upper()


def load(environment: Mapping[str, str]) -> Settings:
    """Settings from ``environment``; an unset or empty variable means the default. Raises SettingsError."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        name = variable(item.name)
        text = environment.get(name, "").strip()
        if text:
            try:
                values[item.name] = parse(item.name, text)
            except ValueError as error:
                raise SettingsError(f"{name}: {error}") from None
    return Settings(**values)


def parse(name: str, text: str) -> Any:
    """The value of the field ``name`` of :class:`Settings` that ``text`` stands for. Raises ValueError with what is accepted."""
    return _PARSERS[name](text)


def duration(text: str) -> float:
    """Seconds of a Go duration (``3s``, ``1m30s``, ``200ms``) or of a plain number of seconds; ValueError otherwise."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration; write for example 3s, 1m30s or 200ms")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _boolean(text: str) -> bool:
    known = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
    if text.lower() not in known:
        raise ValueError(f"{text!r} is not a truth value; write true or false")
    return known[text.lower()]


def _integer(text: str) -> int:
    value = whole(text, signed=True, most=10**9 - 1)
    if value is None:
        raise ValueError(f"{text!r} is not a whole number")
    return value


def _positive(text: str) -> int:
    value = _integer(text)
    if value < 1:
        raise ValueError(f"{text!r} must be 1 or more")
    return value


def _positive_duration(text: str) -> float:
    value = duration(text)
    if value <= 0:
        raise ValueError(f"{text!r} must be longer than 0")
    return value


def _gates(text: str) -> Mapping[str, bool]:
    gates: dict[str, bool] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = item.partition("=")
        if not separator:
            raise ValueError(f"{item!r} is not of the form Name=true")
        if name in ("AllAlpha", "AllBeta"):
            gates |= dict.fromkeys(FEATURE_GATES, _boolean(value)) if name == "AllAlpha" else {}
        elif name in FEATURE_GATES:
            gates[name] = _boolean(value)
        else:
            raise ValueError(f"unknown feature gate {name!r}; known are {', '.join(FEATURE_GATES)}")
    return gates


def _accounts(text: str) -> Mapping[str, str]:
    if text == UNKNOWN_ACCOUNTS:
        return {UNKNOWN_ACCOUNTS: ""}
    accounts: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        role, _, account = item.partition("=")
        if role not in ACCOUNT_ROLES or not _ACCOUNT.fullmatch(account):
            raise ValueError(f"{item!r} is not of the form {'=namespace/name or '.join(ACCOUNT_ROLES)}=namespace/name")
        accounts[role] = account
    return accounts


def _label(text: str) -> str:
    text = text.replace("+", "-")
    if not _LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is not a valid label value (at most 63 letters, digits, '-', '_' or '.')")
    return text


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError(f"{text!r} is not an http URL")
    return text.rstrip("/")


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "allow_crd_deletion": _boolean,
    "rgd_max_graph_revisions": _integer,
    "rgd_max_collection_size": _positive,
    "rgd_max_collection_dimension_size": _positive,
    "instance_requeue_interval": duration,
    "rgd_progress_requeue_delay": duration,
    "feature_gates": _gates,
    "version_label": _label,
    "service_accounts": _accounts,
    "resync_period": duration,
    "run_deadline": _positive_duration,
    "ready_file": str,
    "context": str,
    "definition_url": _url,
    "instance_url": _url,
    "fanout_url": _url,
    "bridge_url": _url,
    "sink": _url,
}
