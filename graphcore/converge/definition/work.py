"""What one run over a definition is given, and what one attempt of it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from graphcore.converge.conditions import ConditionSet
from graphcore.converge.definition.rights import Identity
from graphcore.converge.metadata import meta
from graphcore.converge.safety.attempt import Object
from graphcore.graph.graph import Graph
from graphcore.openapi import Schemas

Compile: TypeAlias = Callable[[Mapping[str, Any], Schemas], Graph]
"""Compiles a definition against schemas. Raises ProblemsError."""


@dataclass(frozen=True, slots=True)
class DefinitionRequest:
    """name: of the ResourceGraphDefinition. rights: somebody who serves its kinds was refused something."""

    name: str
    rights: bool = False


@dataclass(frozen=True, slots=True)
class DefinitionOptions:
    """Settings of a run.

    version_label: of this program. max_revisions: kept per definition; 0 or less keeps all. allow_crd_deletion: kro's setting of that name.
    retry_interval: seconds before a run that nothing else wakes is repeated; 0: never. identities: whose rights are reviewed.
    """

    version_label: str = "devel"
    max_revisions: int = 5
    allow_crd_deletion: bool = False
    retry_interval: float = 3.0
    identities: tuple[Identity, ...] = ()


@dataclass(slots=True)
class Pass:
    """One attempt. definition: newest state read or written."""

    request: DefinitionRequest
    definition: Object
    conditions: ConditionSet
    compile: Compile
    now: datetime
    options: DefinitionOptions

    @property
    def name(self) -> str:
        return str(meta(self.definition)["name"])

    @property
    def status(self) -> Mapping[str, Any]:
        return self.definition.get("status") or {}
