"""What is left of a definition of which some fields cannot be read, so that one malformed field hides no other fault of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore.errors import Problem
from graphcore.graph.node import SCHEMA
from graphcore.graph.shape import shape_faults

_WHOLE_LISTS = ("readyWhen", "includeWhen")
_RESOURCES = "spec.resources"


def readable(definition: Any, malformed: Sequence[Problem]) -> dict[str, Any] | None:
    """The definition without its malformed fields; None where too little is left to judge.

    A resource that cannot be read keeps its place and its id, so that expressions may go on to refer to it.
    """
    paths = {problem.path for problem in malformed}
    if not isinstance(definition, Mapping) or paths & {None, "spec", "spec.schema"} or not isinstance(definition.get("spec"), Mapping):
        return None
    kept = {key: value for key, value in definition.items() if key not in paths}
    if isinstance(kept.get("metadata"), Mapping):
        kept["metadata"] = _without("metadata", kept["metadata"], paths)
    spec = {key: value for key, value in definition["spec"].items() if f"spec.{key}" not in paths}
    if isinstance(spec.get("schema"), Mapping):
        spec["schema"] = _without("spec.schema", spec["schema"], paths)
    if isinstance(spec.get("resources"), list):
        spec["resources"] = [_resource(f"{_RESOURCES}[{index}]", item, paths) for index, item in enumerate(spec["resources"])]
    kept["spec"] = spec
    return kept if not shape_faults(kept) else None


def _without(path: str, value: Mapping[Any, Any], paths: set[str | None]) -> dict[Any, Any]:
    """An object without the members that are malformed or have something malformed inside."""
    return {key: member for key, member in value.items() if not any(_inside(fault, f"{path}.{key}") for fault in paths)}


def _resource(path: str, value: Any, paths: set[str | None]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"id": ""}
    kept = _without(path, value, paths)
    if all(key in kept or key in _WHOLE_LISTS for key in value):
        return kept
    return {"id": kept["id"] if isinstance(kept.get("id"), str) else ""}


def independent(problems: Sequence[Problem], malformed: Sequence[Problem], rest: Mapping[str, Any]) -> Iterator[Problem]:
    """Those faults of what is left that would be there without the malformed fields, too."""
    paths = [problem.path or "" for problem in malformed]
    resources = rest["spec"].get("resources") or []
    ids = [resource.get("id") or "" for resource in resources]
    lost = {
        ids[index]
        for index, resource in enumerate(resources)
        if set(resource) == {"id"} and any(_inside(path, f"{_RESOURCES}[{index}]") for path in paths)
    }
    nameless = "" in lost or any(_inside(_RESOURCES, path) for path in paths)
    for problem in problems:
        place = _place(problem, ids)
        related = any(_inside(place, path) or _inside(path, place) for path in paths)
        if related or problem.node in lost or (nameless and problem.code == "unknown-identifier"):
            continue
        yield problem


def _place(problem: Problem, ids: Sequence[str]) -> str:
    """The path of a problem within the whole definition."""
    path = problem.path or ""
    if path.startswith(("spec.schema", _RESOURCES)):
        return path
    if problem.node == SCHEMA:
        return f"spec.schema.{path}"
    if problem.node in ids:
        return f"{_RESOURCES}[{ids.index(problem.node)}].{path}".rstrip(".")
    return path


def _inside(path: str | None, place: str) -> bool:
    """Whether a path is a place or below it."""
    return path is not None and (path == place or path.startswith((f"{place}.", f"{place}[")))
