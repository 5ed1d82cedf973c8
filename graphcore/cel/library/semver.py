"""Kubernetes' semantic versions, as kro registers them: the first version of the library, with one argument.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/semverlib.go``; blang/semver v4 for what a version is (semver.org 2.0.0, strictly).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.runtime.values import INT_MAX, UINT_MAX, Opaque
from graphcore.cel.types import BOOL, INT, STRING, opaque
from graphcore.numbers import whole

SEMVER_TYPE = opaque("kubernetes.Semver")

_NUMBER = r"(0|[1-9][0-9]{0,19})"
_PRERELEASE = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"


@cache
def _version() -> re.Pattern[str]:
    """Compiled when the first version is read: that takes milliseconds."""
    build = r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    return re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PRERELEASE}(?:\.{_PRERELEASE})*))?{build}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Semver(Opaque):
    """A version. prerelease: its identifiers, numbers as int; build metadata does not take part in any comparison."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[int | str, ...] = ()
    cel_type = SEMVER_TYPE

    def equal(self, other: Any) -> bool:
        return bool(self.order == other.order)

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorts as semver.org says: without pre-release last, numbers before words, fewer identifiers first."""
        identifiers = tuple((isinstance(part, str), part) for part in self.prerelease)
        return self.major, self.minor, self.patch, not self.prerelease, identifiers


def parse_semver(text: str) -> Semver | None:
    """The version a text stands for; None if it is none."""
    match = _version().match(text)
    if match is None:
        return None
    numbers = [whole(part, most=UINT_MAX) for part in match.groups()[:3]]
    prerelease: list[int | str] = []
    for part in match[4].split(".") if match[4] else ():
        number = whole(part, most=UINT_MAX)
        if number is None and not part.strip("0123456789"):
            return None
        prerelease.append(part if number is None else number)
    major, minor, patch = numbers
    if major is None or minor is None or patch is None:
        return None
    return Semver(major, minor, patch, tuple(prerelease))


def semver(text: Any) -> Semver:
    """The semantic version that a text such as ``1.2.3-rc.1`` stands for; three numbers, no ``v`` before them.

    The result cannot be written to a field: write the text, or its numbers.
    Errors: ``semver: invalid version``.
    Source: Kubernetes semver (first version).
    """
    if not isinstance(text, str):
        raise no_such_overload("semver", text)
    version = parse_semver(text)
    if version is None:
        raise EvaluationError(Reason.CONVERSION, "semver: invalid version")
    return version


def is_semver(text: Any) -> bool:
    """Whether ``semver`` takes the text.

    Errors: none.
    Source: Kubernetes semver (first version).
    """
    if not isinstance(text, str):
        raise no_such_overload("isSemver", text)
    return parse_semver(text) is not None


def major(version: Any) -> int:
    """The first number.

    Errors: ``integer overflow`` for a number beyond an int.
    Source: Kubernetes semver (first version).
    """
    return _number(_checked("major", version).major)


def minor(version: Any) -> int:
    """The second number.

    Errors: ``integer overflow`` for a number beyond an int.
    Source: Kubernetes semver (first version).
    """
    return _number(_checked("minor", version).minor)


def patch(version: Any) -> int:
    """The third number.

    Errors: ``integer overflow`` for a number beyond an int.
    Source: Kubernetes semver (first version).
    """
    return _number(_checked("patch", version).patch)


def is_greater_than(left: Any, right: Any) -> bool:
    """Whether the receiver is the later version.

    Errors: none.
    Source: Kubernetes semver (first version).
    """
    return _compare("isGreaterThan", left, right) > 0


def is_less_than(left: Any, right: Any) -> bool:
    """Whether the receiver is the earlier version.

    Errors: none.
    Source: Kubernetes semver (first version).
    """
    return _compare("isLessThan", left, right) < 0


def compare_to(left: Any, right: Any) -> int:
    """-1, 0 or 1: the receiver is earlier, equal, later. Pre-releases come before their release; build metadata does not count.

    Errors: none.
    Source: Kubernetes semver (first version).
    """
    return _compare("compareTo", left, right)


def _compare(function: str, left: Any, right: Any) -> int:
    if not isinstance(left, Semver) or not isinstance(right, Semver):
        raise no_such_overload(function, left, right)
    return (left.order > right.order) - (left.order < right.order)


def _checked(function: str, version: Any) -> Semver:
    if not isinstance(version, Semver):
        raise no_such_overload(function, version)
    return version


def _number(value: int) -> int:
    if value > INT_MAX:
        raise EvaluationError(Reason.OVERFLOW, "integer overflow")
    return value


FUNCTIONS: tuple[Function, ...] = (
    Function("semver", (Overload("string_to_semver", (STRING,), SEMVER_TYPE, semver),)),
    Function("isSemver", (Overload("is_semver_string", (STRING,), BOOL, is_semver),)),
    Function("isGreaterThan", (Overload("semver_is_greater_than", (SEMVER_TYPE, SEMVER_TYPE), BOOL, is_greater_than, member=True),)),
    Function("isLessThan", (Overload("semver_is_less_than", (SEMVER_TYPE, SEMVER_TYPE), BOOL, is_less_than, member=True),)),
    Function("compareTo", (Overload("semver_compare_to", (SEMVER_TYPE, SEMVER_TYPE), INT, compare_to, member=True),)),
    Function("major", (Overload("semver_major", (SEMVER_TYPE,), INT, major, member=True),)),
    Function("minor", (Overload("semver_minor", (SEMVER_TYPE,), INT, minor, member=True),)),
    Function("patch", (Overload("semver_patch", (SEMVER_TYPE,), INT, patch, member=True),)),
)
