"""Rule 3, in time: whoever takes a field away from us again and again is answered at once a few times, and then ever more slowly.

A repair is a write of what was applied last: the child carries the digest of the very object that is wanted, and is not current all the
same. The first four repairs of an object in a row are made at once; each further one waits, counted from the repair before it, 1 s, then
twice as long each time, up to 30 s. An object that stayed as repaired for a minute starts anew. What this needs (how many, and when the
last one was made) is an annotation that travels with the repair's own write: so it costs no request, and holds for every process and
after a restart. A build that does not know the annotation drops it with its next write, which only starts the row anew.

Only repairs wait. A changed desired object, the rewrite that a prune claim demands, deletion, and all other objects never do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphcore import names
from graphcore.converge.instance.ownership import Item, Path, applied_digest, digest, holds, lost, lost_secret_data
from graphcore.converge.metadata import annotations_of, meta, reference

Object = Mapping[str, Any]

AT_ONCE = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
CALM = 60.0
"""Seconds without a change after which a repair is the first of a new row."""
TOLD_AGAIN = 120
"""Repairs after which a fight that goes on is told once more: about an hour of them."""
NAMED = 3
"""Fields that a message spells out."""
_TEXT = re.compile(r"([1-9][0-9]{0,8}) ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z)")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """Repairs of an object in a row. count: how many; last: when the newest was made."""

    count: int
    last: datetime

    def to_text(self) -> str:
        """Value of the annotation."""
        return f"{self.count} {self.last.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z"

    @property
    def wait(self) -> float:
        """Seconds from the last repair to the next one."""
        return 0.0 if self.count < AT_ONCE else min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self.count - AT_ONCE, 16))

    @property
    def telling(self) -> bool:
        """Whether the newest repair is one to speak of."""
        return self.count > AT_ONCE and (self.count - AT_ONCE - 1) % TOLD_AGAIN == 0


def is_repair(desired: Object, observed: Object) -> bool:
    """Whether writing ``desired`` would only write again what was applied last."""
    return applied_digest(observed) == digest(desired)


def row_of(desired: Object, observed: Object, now: datetime) -> Row | None:
    """The row that the next repair of ``observed`` continues; None where there was none, or the object stayed as repaired for a minute.

    What cannot be read, or claims to come from the future, counts as none. When the object changed is told by the API server's clock,
    and never later than now.
    """
    found = _TEXT.fullmatch(annotations_of(observed).get(names.REPAIRS, ""))
    last = _time(found[2]) if found else None
    if found is None or last is None or (last - now).total_seconds() > CALM:
        return None
    changed = min(now, _changed(desired, observed) or now)
    return Row(int(found[1]), last) if (changed - last).total_seconds() < CALM else None


def due(row: Row | None, now: datetime) -> float:
    """Seconds until the next repair may be made; 0 for now."""
    if row is None:
        return 0.0
    return max(0.0, row.wait - (now - row.last).total_seconds())


def after(row: Row | None, desired: Object, observed: Object, now: datetime) -> Row | None:
    """The row as the next write over ``observed`` records it: longer by one if that write is a repair, else as it is."""
    if not is_repair(desired, observed):
        return row
    return Row(row.count + 1 if row else 1, now)


def contest(desired: Object, observed: Object) -> str:
    """``Deployment default/web: spec.replicas is changed by kube-controller-manager after each repair``. Names only, never a value."""
    fields: dict[str, list[str]] = {}
    for path in [*lost(desired, observed), *lost_secret_data(desired, observed)]:
        owners = sorted({str(entry.get("manager") or "") for entry in _owners(path, observed)} - {""})
        fields.setdefault(" and ".join(owners) or "somebody who holds no field", []).append(shown(path))
    told = [f"{_list(paths)} {'is' if len(paths) == 1 else 'are'} changed by {who}" for who, paths in fields.items()]
    return f"{observed.get('kind', '')} {reference(observed)}: {_list(told)} after each repair"


def _list(parts: list[str]) -> str:
    more = len(parts) - NAMED
    return ", ".join(parts[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _others(observed: Object) -> Iterator[Mapping[str, Any]]:
    for entry in meta(observed).get("managedFields") or ():
        if entry.get("manager") != names.MANAGER_APPLYSET or entry.get("operation") != "Apply" or entry.get("subresource"):
            yield entry


def _owners(path: Path, observed: Object) -> Iterable[Mapping[str, Any]]:
    """The entries of other managers that hold ``path``."""
    return [entry for entry in _others(observed) if entry.get("fieldsV1") and holds(entry["fieldsV1"], path)] if path else []


def _changed(desired: Object, observed: Object) -> datetime | None:
    """When a manager that holds one of the lost fields changed the object last; None where that cannot be told."""
    paths = [*lost(desired, observed), *lost_secret_data(desired, observed)]
    times = [_time(entry.get("time")) for path in paths for entry in _owners(path, observed)]
    return max((time for time in times if time is not None), default=None)


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def shown(path: Path) -> str:
    """A path as messages name it; an item of a list by its name, if it has one."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            name = step.item.get("name") if isinstance(step.item, Mapping) else None
            text += f"[name={json.dumps(name)}]" if isinstance(name, str) else "[]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text or "every field"
