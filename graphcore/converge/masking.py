"""What the API server says about objects reaches no decision before their values are taken out of it.

The API server, admission policies and webhooks repeat what they refuse. Every text of theirs enters through the results that a run is sent,
so that is where it is masked: with the body of the effect that was refused, with that object as the run last saw it, and with the data of
every Secret that the run has seen. Whatever a run stores, sends or returns afterwards is made of texts that hold no values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphcore.converge.effects import (
    Apply,
    Batch,
    Create,
    Delete,
    Effect,
    Found,
    Get,
    Listed,
    Object,
    Patch,
    Refused,
    Replace,
    Resource,
    Result,
    Run,
)
from graphcore.masking import Budget, mask

_Key = tuple[str, str, str]


@dataclass(slots=True)
class Seen:
    """Objects as a run last saw them, by group-kind, namespace and name; Secrets also by themselves."""

    objects: dict[_Key, Object] = field(default_factory=dict)
    secrets: dict[_Key, list[Object]] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def note(self, resource: Resource, obj: Object) -> None:
        """Remember an object that was read, or is about to be written."""
        metadata = obj.get("metadata") or {}
        key = (resource.group_kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
        self.objects[key] = obj
        if resource.kind == "Secret" and resource.api_version == "v1":
            self.secret(key, obj)

    def secret(self, key: _Key, obj: Object) -> None:
        """A Secret has been written or read: what it held before counts as well."""
        known = self.secrets.setdefault(key, [])
        if obj not in known:
            known.append(obj)

    def of(self, effect: Effect) -> list[Object]:
        """What a refusal of the effect may repeat: its body, and the object as it was."""
        found: list[Object] = []
        match effect:
            case Apply() | Create() | Patch() | Replace():
                found.append(_whole(effect.resource, effect.body))
            case _:
                pass
        match effect:
            case Apply() | Patch() | Replace() | Delete() | Get():
                seen = self.objects.get((effect.resource.group_kind, effect.namespace or "", effect.name))
                if seen is not None:
                    found.append(_whole(effect.resource, seen))
            case _:
                pass
        return found


def _whole(resource: Resource, obj: Object) -> Mapping[str, Any]:
    """A patch names neither version nor kind."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, **obj}


def masked(run: Run) -> Run:
    """The same run, told of refusals without values."""
    seen = Seen()
    try:
        batch = next(run)
        while True:
            results = yield batch
            batch = run.send(_told(seen, batch, results))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    finally:
        run.close()


def _told(seen: Seen, batch: Batch, results: Sequence[Result]) -> Sequence[Result]:
    for effect, result in zip(batch, results, strict=True):
        _note(seen, effect, result)
    if not any(isinstance(result, Refused) for result in results):
        return results
    return [_without_values(seen, effect, result) for effect, result in zip(batch, results, strict=True)]


def _note(seen: Seen, effect: Effect, result: Result) -> None:
    match effect, result:
        case ((Apply() | Create() | Patch() | Replace() | Get()), Found()) if not getattr(effect, "metadata_only", False):
            seen.note(effect.resource, result.object)
        case _, Listed() if not getattr(effect, "metadata_only", False):
            for item in result.items:
                seen.note(effect.resource, item)  # type: ignore[union-attr]
        case _:
            pass
    if isinstance(effect, Apply | Create | Patch | Replace) and effect.resource.kind == "Secret":
        name = str((effect.body.get("metadata") or {}).get("name") or "")
        seen.secret((effect.resource.group_kind, effect.namespace or "", name), _whole(effect.resource, effect.body))


def _without_values(seen: Seen, effect: Effect, result: Result) -> Result:
    if not isinstance(result, Refused):
        return result
    secrets = [obj for known in seen.secrets.values() for obj in known]
    return replace(result, message=mask(result.message, seen.of(effect), secrets, seen.budget), details=_places(result.details))


def _places(details: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Which object and which fields; the sentences about them only repeat the message."""
    if details is None or not isinstance(details.get("causes"), list):
        return details
    causes = [{key: cause[key] for key in ("reason", "field") if key in cause} for cause in details["causes"] if isinstance(cause, Mapping)]
    return {**details, "causes": causes}
