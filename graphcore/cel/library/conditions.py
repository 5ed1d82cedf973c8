"""kro's ``runtime``: authoring and reading status conditions.

``runtime`` is a variable of type ``kro.run.Runtime`` whose value is :data:`RUNTIME`; a condition is a value of type
``kro.run.Condition`` with four string fields. ``runtime.newCondition({type: …})`` with bare keys is a macro; the function behind
it takes a map. Source: kro ``pkg/cel/library/runtime.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.keys import key_value
from graphcore.cel.runtime.values import Opaque, type_name
from graphcore.cel.types import DYN, STRING, Type, map_of, object_type

CONDITION_TYPE: Final = object_type("kro.run.Condition")
RUNTIME_TYPE: Final = object_type("kro.run.Runtime")
STATUSES: Final = ("True", "False", "Unknown")
OBJECT_FIELDS: Final[Mapping[str, dict[str, Type]]] = {
    CONDITION_TYPE.name: dict.fromkeys(("type", "status", "reason", "message"), STRING),
    RUNTIME_TYPE.name: {},
}
"""The fields of the declared types, by type name, for the checker's type provider."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition(Opaque):
    """A status condition. All fields are empty in what ``runtime.condition`` returns when there is no such condition."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    cel_type = CONDITION_TYPE
    has_fields = True

    def equal(self, other: Any) -> bool:
        return all(self.get(field) == other.get(field) for field in OBJECT_FIELDS[CONDITION_TYPE.name])

    def get(self, field: str) -> Any:
        if field not in OBJECT_FIELDS[CONDITION_TYPE.name]:
            raise EvaluationError(Reason.NO_SUCH_FIELD, f"no such field '{field}'", field)
        return getattr(self, field)


class Runtime(Opaque):
    """The value of the variable ``runtime``; it has methods only."""

    __slots__ = ()
    cel_type = RUNTIME_TYPE

    def equal(self, other: Any) -> bool:
        return other is self


RUNTIME: Final = Runtime()


def new_condition(runtime: Any, fields: Any) -> Condition:
    """A condition: ``runtime.newCondition({type: "Ready", status: "True", reason: "…", message: "…"})``.

    Keys are written bare; type and status are required. Literal mistakes are found when the definition is compiled, computed ones here.
    Errors: ``type must not be empty``; ``status must be one of True, False, Unknown``; ``… must be a string``.
    Source: kro.
    """
    if not isinstance(runtime, Runtime) or not isinstance(fields, dict):
        raise no_such_overload("newCondition", runtime, fields)
    known: dict[str, str] = {}
    for key, value in fields.items():
        name = key_value(key)
        if name not in OBJECT_FIELDS[CONDITION_TYPE.name]:
            continue
        if not isinstance(value, str):
            raise fail(f"runtime.newCondition: {name} must be a string, got {type_name(value)}")
        if name == "type" and not value:
            raise fail("runtime.newCondition: type must not be empty")
        if name == "status" and value not in STATUSES:
            raise fail("runtime.newCondition: status must be one of True, False, Unknown")
        known[name] = value
    return Condition(**known)


def condition(runtime: Any, holder: Any, wanted: Any) -> Condition:
    """The first condition of a type among ``holder.status.conditions``; one with empty fields if there is none.

    ``runtime.condition(schema, "ResourcesReady").status == "True"``. On ``schema``, kro's own conditions of this run can be read.
    Errors: ``obj must be an object``; ``obj.status must be an object``; ``obj.status.conditions must be a list``;
    ``unexpected condition element type``.
    Source: kro.
    """
    if not isinstance(runtime, Runtime) or not isinstance(wanted, str):
        raise no_such_overload("condition", runtime, holder, wanted)
    if not isinstance(holder, dict):
        raise fail(f"runtime.condition: obj must be an object, got {type_name(holder)}")
    status = holder.get("status", {})
    if not isinstance(status, dict):
        raise fail("runtime.condition: obj.status must be an object")
    conditions = status.get("conditions", [])
    if not isinstance(conditions, list):
        raise fail("runtime.condition: obj.status.conditions must be a list")
    found = [_condition(item) for item in conditions]
    return next((item for item in found if item.type == wanted), Condition())


def _condition(item: Any) -> Condition:
    if isinstance(item, Condition):
        return item
    if not isinstance(item, dict):
        raise fail(f"runtime.condition: unexpected condition element type {type_name(item)}")
    fields = {name: item.get(name) for name in OBJECT_FIELDS[CONDITION_TYPE.name]}
    return Condition(**{name: value if isinstance(value, str) else "" for name, value in fields.items()})


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "newCondition",
        (Overload("runtime_newCondition_map", (RUNTIME_TYPE, map_of(STRING, STRING)), CONDITION_TYPE, new_condition, member=True),),
    ),
    Function(
        "condition",
        (Overload("runtime_condition_dyn_string", (RUNTIME_TYPE, DYN, STRING), CONDITION_TYPE, condition, member=True),),
    ),
)
