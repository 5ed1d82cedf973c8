"""What to do next for one instance or one definition, as generators that perform nothing themselves.

The names below are what drivers use. They are loaded on first use, so that those who only need a part (the bridge reads recorded
references, ``effects`` is data) do not load the whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphcore.converge.definition.definition import DefinitionOptions, DefinitionRequest, converge_definition
    from graphcore.converge.instance.instance import converge_instance
    from graphcore.converge.safety.attempt import InstanceRequest, Member, Options

__all__ = [
    "DefinitionOptions",
    "DefinitionRequest",
    "InstanceRequest",
    "Member",
    "Options",
    "converge_definition",
    "converge_instance",
]

_HOMES = {
    "DefinitionOptions": "definition.definition",
    "DefinitionRequest": "definition.definition",
    "InstanceRequest": "safety.attempt",
    "Member": "safety.attempt",
    "Options": "safety.attempt",
    "converge_definition": "definition.definition",
    "converge_instance": "instance.instance",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
