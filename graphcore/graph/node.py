"""What a node does at run time: is it wanted, what should it be, is it ready.

All of it is a function of a *scope*: node id → observed object (or list of objects for a plural node), ``schema`` → the instance.
A node that has not been observed is absent from the scope, and whoever reads it gets a pending error.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphcore.cel.runtime.values import OMIT, Optional
from graphcore.errors import Problem
from graphcore.graph.expression import Expression, NodeError, Scope, first_failure
from graphcore.graph.model import Limits, NodeType, Resource
from graphcore.graph.paths import Path, copy_json, set_at

Object = dict[str, Any]

SCHEMA = "schema"
EACH = "each"
OWN_PREFIX = "kro.run/"
RESERVED_PREFIXES = (OWN_PREFIX, "internal.kro.run/", "applyset.kubernetes.io/", "krofn.kro.run/")


@dataclass(frozen=True)
class Node:
    """One entry of ``spec.resources``, compiled. Immutable.

    index: position in ``spec.resources``. dependencies: ids in first-seen order. wave: value of ``internal.kro.run/apply-order``.
    """

    id: str
    index: int
    type: NodeType
    resource: Resource
    dependencies: tuple[str, ...]
    include_dependencies: tuple[str, ...]
    wave: int
    template: Object
    fields: tuple[tuple[Path, Expression], ...]
    include_when: tuple[Expression, ...]
    ready_when: tuple[Expression, ...]
    for_each: tuple[tuple[str, Expression], ...]
    limits: Limits = field(default_factory=Limits)
    instance_namespaced: bool = True

    def included(self, scope: Scope) -> bool:
        """Whether every ``includeWhen`` holds. Raises NodeError; a missing field of the instance is fatal, as nothing will add it."""
        for expression in self.include_when:
            try:
                value = expression.value(scope)
            except NodeError as error:
                if error.pending and not self.include_dependencies:
                    raise NodeError(error.problems, pending=False) from None
                raise
            if not _truth(value, expression, "includeWhen"):
                return False
        return True

    def render(self, scope: Scope) -> Any:
        """The desired object, or, for a collection, the list of desired objects in the order of their lists. Raises NodeError."""
        if self.type is NodeType.COLLECTION:
            return self._render_items(scope)
        return self._render_one(scope, scope)

    def is_ready(self, observed: Object, index: int = 0, items: Sequence[Object] | None = None) -> bool:
        """Whether every ``readyWhen`` holds for one observed object. items: all objects of a plural node. Raises NodeError when fatal."""
        scope: dict[str, Any] = {EACH: observed} if self.type.plural else {self.id: observed}
        if self.type is NodeType.EXTERNAL_COLLECTION:
            scope[self.id] = list(items) if items is not None else [observed]
        for expression in self.ready_when:
            try:
                value = expression.value(scope)
            except NodeError as error:
                if error.pending:
                    return False
                raise
            if self.type is NodeType.COLLECTION and not isinstance(value, bool):
                raise expression.failure("not-bool", f"readyWhen of item {index} did not return bool", hint="compare with == true")
            if not _truth(value, expression, "readyWhen"):
                return False
        return True

    def ready(self, observed: Any) -> bool:
        """Whether every ``readyWhen`` holds for the object, or for every object of a plural node. Raises NodeError when fatal."""
        if not self.type.plural:
            return self.is_ready(observed)
        return all(self.is_ready(item, index, observed) for index, item in enumerate(observed))

    def _render_items(self, scope: Scope) -> list[Object]:
        lists: list[list[Any]] = []
        size = 1
        for name, expression in self.for_each:
            values = expression.value(scope)
            if not isinstance(values, list):
                raise expression.failure(
                    "not-a-list", f'forEach iterator "{name}" must return a list', hint="use orValue([]) for optional lists"
                )
            lists.append(values)
            size *= len(values)
            if size > self.limits.collection_size:
                raise expression.failure(
                    "collection-too-large",
                    f"collection size of {size} is over the maximum collection size of {self.limits.collection_size}",
                    hint="shorten the list, or raise rgd-max-collection-size",
                )
        items = []
        seen: dict[tuple[str, str], int] = {}
        namesof = [name for name, _ in self.for_each]
        for index, values in enumerate(itertools.product(*lists)):
            item = self._render_one({**scope, **dict(zip(namesof, values, strict=True))}, scope)
            identity = (item["metadata"].get("namespace", ""), item["metadata"]["name"])
            if identity in seen:
                raise NodeError((self._collision(seen[identity], index, identity),), pending=False)
            seen[identity] = index
            items.append(item)
        return items

    def _collision(self, first: int, second: int, identity: tuple[str, str]) -> Problem:
        name = "/".join(part for part in identity if part)
        return Problem(
            "identity-collision",
            f"identity collision: items {first} and {second} of {self.id} have the duplicate identity {self.resource.kind} {name}",
            self.id,
            "metadata.name",
            hint="make the list's values distinct, or use more of each value in the name",
        )

    def _render_one(self, scope: Scope, outer: Scope) -> Object:
        rendered: Object = copy_json(self.template)
        failures: list[NodeError] = []
        omitted = False
        for path, expression in self.fields:
            try:
                value = expression.json(scope)
            except NodeError as error:
                failures.append(error)
                continue
            set_at(rendered, path, value)
            omitted = omitted or _has_omit(value)
        if failures:
            raise first_failure(failures)
        if omitted:
            rendered = _without_omit(rendered)
        self._finish_metadata(rendered["metadata"], outer)
        return rendered

    def _finish_metadata(self, metadata: Object, scope: Scope) -> None:
        for key, written in (("labels", ()), ("annotations", self._annotations_written)):
            values = metadata.get(key)
            if isinstance(values, dict):
                metadata[key] = {name: value for name, value in values.items() if name in written or not name.startswith(RESERVED_PREFIXES)}
        if self.type is NodeType.EXTERNAL_COLLECTION:
            if not metadata.get("namespace"):
                metadata.pop("namespace", None)
            return
        if not metadata.get("name"):
            raise NodeError(
                (self._problem("name-required", "name is required", "metadata.name", "give the template a name"),), pending=False
            )
        if not self.resource.namespaced:
            metadata.pop("namespace", None)
        elif not metadata.get("namespace"):
            if not self.instance_namespaced:
                message = "metadata.namespace must not be empty when the instance is cluster-scoped"
                raise NodeError((self._problem("namespace-required", message, "metadata.namespace", "name a namespace"),), pending=False)
            metadata["namespace"] = scope[SCHEMA]["metadata"]["namespace"]

    @cached_property
    def _annotations_written(self) -> frozenset[str]:
        """Annotations under kro's prefix that the template writes itself: the child carries them, as kro's does, but no copied ones."""
        written = self.template["metadata"].get("annotations")
        return frozenset(name for name in written if name.startswith(OWN_PREFIX)) if isinstance(written, dict) else frozenset()

    def _problem(self, code: str, message: str, path: str, hint: str) -> Problem:
        return Problem(code, message, self.id, path, hint=hint)


def _truth(value: Any, expression: Expression, entry: str) -> bool:
    if isinstance(value, Optional):
        value = value.value if value.present else None
    if value is None:
        return False
    if not isinstance(value, bool):
        raise expression.failure("not-bool", f"{entry} did not return bool", hint="compare with == true")
    return value


def _has_omit(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_omit(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_omit(item) for item in value)
    return value is OMIT


def _without_omit(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_omit(item) for key, item in value.items() if item is not OMIT}
    if isinstance(value, list):
        return [_without_omit(item) for item in value if item is not OMIT]
    return value
