"""Rule 2: waves in one pass. Render what can be rendered, bring it about, observe, and go on until nothing new can be rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphcore import names
from graphcore.converge import references, selectors
from graphcore.converge.effects import Found, Get, List, Listed, Missing, Refused
from graphcore.converge.instance import lineage
from graphcore.converge.instance.applying import Wanted, apply_wave, must_write, observed_of, refuse_duplicates, rehearse, wanted_of
from graphcore.converge.instance.gating import Record, State, explain, foreseen, next_wave
from graphcore.converge.instance.members import Members
from graphcore.converge.instance.prune import candidates
from graphcore.converge.metadata import Position, decorate, instance_labels, labels_of, meta, reference
from graphcore.converge.references import Reference
from graphcore.converge.safety.attempt import Identity, Object, Session
from graphcore.converge.safety.claims import claim
from graphcore.converge.safety.fencing import due, fence
from graphcore.converge.safety.mark import Place
from graphcore.converge.steps import Steps, every
from graphcore.graph.expression import NodeError
from graphcore.graph.model import NodeType
from graphcore.graph.node import EACH, Node

_VOLATILE_NOTES = frozenset(
    {
        names.APPLYSET_TOOLING,
        names.APPLYSET_GROUP_KINDS,
        names.APPLYSET_NAMESPACES,
        names.INVENTORY_HASH,
        names.CONVERGENCE,
        names.REFERENCES,
    }
)


def instance_view(session: Session) -> dict[str, Any]:
    """The instance as expressions see it: as it looks once managed, without what our own writes move, and without status.

    So a template that copies the instance's labels renders the same before and after the first touch.
    """
    metadata = {key: value for key, value in meta(session.instance).items() if key != "managedFields"}
    held = {key: value for key, value in labels_of(session.instance).items() if not key.startswith(names.REFERS_PREFIX)}
    ours = instance_labels(session.definition, session.definition_uid, session.options.version_label)
    metadata["labels"] = {**held, **ours, names.APPLYSET_ID: session.set_id}
    notes = meta(session.instance).get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in notes.items() if key not in _VOLATILE_NOTES}
    return {**{key: value for key, value in session.instance.items() if key != "status"}, "metadata": metadata}


@dataclass(slots=True)
class Waves:
    """scope: what has been observed so far. claimed: which node renders which object. references: what was, or is about to be, read."""

    session: Session
    members: Members
    records: Mapping[str, Record]
    scope: dict[str, Any] = field(default_factory=dict)
    claimed: dict[Identity, Record] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)

    def run(self) -> Steps[None]:
        """Decide every node, as far as it goes. Raises Restart, Blocked."""
        self.scope["schema"] = instance_view(self.session)
        while wave := next_wave(self.records, self.scope):
            rendered = [record for record in wave if self._render(record)]
            written = [record for record in rendered if not record.node.type.external]
            wanted = wanted_of(self.session, written, self.members)
            wanted = _without(wanted, refuse_duplicates(wanted, self.claimed))
            wanted = _without(wanted, (yield from lineage.refuse(self.session, wanted)))
            wanted = _without(wanted, (yield from rehearse(self.session, wanted)))
            external = [(record, read) for record in rendered if record.node.type.external and (read := self._reader(record)) is not None]
            yield from self._fence(wanted, rendered, external)
            yield from apply_wave(self.session, wanted, self.members)
            yield from self._read_external(external)
            for record in rendered:
                if not record.node.type.external:
                    self._observe(record)

    def _render(self, record: Record) -> bool:
        node, session = record.node, self.session
        try:
            rendered = node.render(self.scope)
        except NodeError as error:
            record.fault(error)
            return False
        if node.type.external:
            record.desired = [rendered]
            return True
        items = rendered if node.type is NodeType.COLLECTION else [rendered]
        for index, item in enumerate(items):
            position = Position(index, len(items)) if node.type is NodeType.COLLECTION else None
            record.desired.append(decorate(item, session.instance, node.id, node.wave, session.options.version_label, position))
        return True

    def _reader(self, record: Record) -> Get | List | None:
        """The read of an external node, its reference noted; None (and the node failed) when its selector means nothing."""
        resource, metadata = record.node.resource, record.desired[0]["metadata"]
        namespace = (metadata.get("namespace") or "") if resource.namespaced else ""
        if record.node.type is NodeType.EXTERNAL:
            self.references.append(Reference(resource, namespace, metadata["name"]))
            return Get(resource, metadata["name"], namespace or None)
        try:
            text = selectors.to_text(metadata.get("selector") or {})
        except selectors.SelectorError as error:
            record.fail(f'node "{record.id}": invalid label selector: {error}')
            return None
        self.references.append(Reference(resource, namespace, "", text))
        return List(resource, namespace or None, labels=text)

    def _fence(self, wanted: list[Wanted], rendered: list[Record], external: list[tuple[Record, Get | List]]) -> Steps[None]:
        """Write the instance first, if this wave creates, raises the revision, touches it for the first time or refers to something new."""
        session = self.session
        places = [item.place for item in wanted if item.observed is None]
        writes = any(must_write(session, item) for item in wanted)
        if due(session, refers=self.references if external else (), writes=writes, creates=places or None) is None:
            return
        ahead = foreseen(self.records, rendered)
        places += [place for record in ahead if (place := self._expected_place(record)) is not None]
        pruning = claim(candidates(self.members, self.claimed)) if self._complete(rendered) else frozenset()
        yield from fence(session, places, pruning=pruning, refers={*references.recorded(session.instance), *self.references})

    def _expected_place(self, record: Record) -> Place | None:
        """Where a node that is not rendered yet will probably put its objects."""
        node = record.node
        if not node.resource.namespaced:
            return Place(node.resource, "")
        literal = (node.template.get("metadata") or {}).get("namespace")
        computed = any(path[:2] == ("metadata", "namespace") for path, _ in node.fields)
        namespace = literal if isinstance(literal, str) and literal and not computed else self.session.namespace
        return Place(node.resource, namespace) if namespace else None

    def _complete(self, rendered: list[Record]) -> bool:
        """Whether this is the last wave and nothing has gone wrong so far: then what is to be pruned is known already."""
        done = {record.id for record in rendered}
        good = (State.SYNCED, State.SKIPPED, State.WAITING)
        return all(
            record.id in done or record.state in good or (record.state is State.FAILED and not record.absent)
            for record in self.records.values()
        )

    def _read_external(self, external: list[tuple[Record, Get | List]]) -> Steps[None]:
        if not external:
            return
        results = yield from every(read for _, read in external)
        for (record, read), result in zip(external, results, strict=True):
            kind = "collection" if record.node.type.plural else "reference"
            match result:
                case Found():
                    self._look(record, result.object, f'external {kind} "{record.id}"')
                case Listed():
                    self._look(record, list(result.items), f'external {kind} "{record.id}"')
                case Missing() | Refused(code=404):
                    what = f"{record.node.resource.kind} {reference(record.desired[0])}"
                    record.wait(State.WAITING, f'waiting for external {kind} "{record.id}": {what} not found')
                    # Where this API server does not know the kind, another one may, and the object may be there already.
                    record.retry = record.retry or isinstance(result, Refused) or isinstance(read, List)
                case Refused():
                    record.fail(f'reading external {kind} "{record.id}" failed: {result.message}', retry=True)

    def _observe(self, record: Record) -> None:
        seen = observed_of(record, self.members)
        if seen is not None:
            self.scope[record.id] = seen
        if record.state is State.UNDECIDED:
            self._look(record, seen, f'node "{record.id}"')

    def _look(self, record: Record, seen: Object | list[Object] | None, what: str) -> None:
        """Take an observation into the scope and judge its readiness."""
        if seen is None:
            record.wait(State.WAITING, f"waiting for {what}: not found")
            return
        self.scope[record.id] = seen
        try:
            if record.node.ready(seen):
                record.state = State.SYNCED
                return
        except NodeError as error:
            record.fail(f'node "{record.id}": {explain(error.problem, record.id)}', *error.problems, absent=False)
            return
        record.wait(State.WAITING, f"waiting for {what}: {unready(record.node, seen)} (waiting for readiness)")


def _without(wanted: list[Wanted], refused: set[Identity]) -> list[Wanted]:
    """The objects that may be written; a node goes on with those of its items that may."""
    return [item for item in wanted if item.identity not in refused]


def unready(node: Node, seen: Object | list[Object]) -> str:
    """Which ``readyWhen`` of which item does not hold, in kro's words; data that is missing reads differently from a plain no."""
    items: list[Any] = list(seen) if isinstance(seen, list) else [seen]
    for index, item in enumerate(items):
        for expression in node.ready_when:
            scope: dict[str, Any] = {EACH: item, node.id: seen} if node.type.plural else {node.id: item}
            try:
                value = expression.value(scope)
            except NodeError:
                if node.type.plural:
                    return f'what readyWhen reads is not there yet: "{expression.shown}" (item {index})'
                return f'what readyWhen reads is not there yet: "{expression.shown}"'
            if value is not True:
                return f'readyWhen condition evaluated to false: "{expression.shown}"'
    return "not ready"
