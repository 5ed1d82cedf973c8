"""What is compiled once per served version of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_emulator.core.status import Cause
from local_emulator.objects.apply.typed import TypedSchema
from local_emulator.objects.builtin.schemas import definition_name, schema_for
from local_emulator.objects.model.checks import check_builtin
from local_emulator.objects.model.custom import custom_checker, custom_reader
from local_emulator.objects.model.reading import empty_object, reader_of
from local_emulator.objects.model.report import Report
from local_emulator.objects.model.transitions import settle_service

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """``read`` brings an object into the form it is stored in; ``check`` says what is wrong with it; ``schema`` is resolved; ``empty`` is
    an object that nobody has written to yet, as managedFields compares with it; ``settle`` takes back what follows from a change."""

    typed: TypedSchema
    schema: Mapping[str, Any]
    read: Callable[[Object, Report], Object]
    check: Callable[[Object, Object | None, str], list[Cause]]
    empty: Object | None
    settle: Callable[[Object, Object], None] | None = None


@lru_cache(maxsize=512)
def builtin_model(group: str, version: str, kind: str) -> Model:
    """The model of a built-in kind. Raises KeyError for an unknown one."""
    name = definition_name(group, version, kind)
    if name is None:
        raise KeyError(f"{group}/{version}, Kind={kind}")
    reader = reader_of(name)

    def read(obj: Object, report: Report) -> Object:
        result: Object = reader(obj, "", report)
        return result

    def check(obj: Object, old: Object | None, subresource: str) -> list[Cause]:
        return [] if subresource else check_builtin(group, kind, obj, old)

    empty = {**empty_object(name), "apiVersion": f"{group}/{version}" if group else version, "kind": kind}
    settle = settle_service if (group, kind) == ("", "Service") else None
    return Model(TypedSchema.from_builtin(group, version, kind), schema_for(group, version, kind), read, check, empty, settle)


def custom_model(_group: str, _version: str, _kind: str, schema: Mapping[str, Any] | None) -> Model:
    """The model of one served version of a CRD."""
    structural = schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return Model(TypedSchema.from_crd(structural), structural, custom_reader(structural), custom_checker(structural), None)
