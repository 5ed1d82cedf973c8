"""Which nodes can be computed now, which never this run, and why: states of nodes and the gates between them.

A node is decided once per run. An error stays with its node and those that depend on it; everything else goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphcore.converge.references import Reference
from graphcore.converge.repeats import Repeat
from graphcore.errors import Problem
from graphcore.graph.expression import NodeError
from graphcore.graph.node import Node

Object = Mapping[str, Any]


class State(Enum):
    """kro's node states; BLOCKED and PENDING are its IN_PROGRESS, told apart because only one of them names the cause."""

    UNDECIDED = "undecided"
    SKIPPED = "skipped"
    SYNCED = "synced"
    WAITING = "waiting for readiness"
    DELETING = "deleting"
    PENDING = "data pending"
    BLOCKED = "blocked"
    FAILED = "error"


GOOD = frozenset({State.SYNCED, State.SKIPPED})
EVALUATING = "evaluate expression"


@dataclass(slots=True)
class Record:
    """What this run knows of a node.

    message: what a condition says about it. blocker: the node that it waits for, or with which it is left out. retry: nothing that is
    watched will tell of a cure. fights: a sentence for each object whose repair has to wait, with when it is due. absent: the node failed
    with something that it wants unknown or not there. outdated: it failed because the API server refuses to change an object that is there.
    obstacles: objects of others that have the place of what the node wants.
    """

    node: Node
    state: State = State.UNDECIDED
    desired: list[dict[str, Any]] = field(default_factory=list)
    message: str = ""
    problems: tuple[Problem, ...] = ()
    blocker: str | None = None
    retry: bool = False
    fights: list[tuple[str, Repeat]] = field(default_factory=list)
    absent: bool = False
    outdated: bool = False
    obstacles: list[Reference] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.node.id

    def fail(self, message: str, *problems: Problem, retry: bool = False, absent: bool = True) -> None:
        """Only the first failure of a node is told; retries, and what the failures leave absent, add up."""
        self.retry = self.retry or retry
        self.absent = self.absent or absent
        if self.state is not State.FAILED:
            self.state, self.message = State.FAILED, message
            self.problems = problems or (Problem("apply-failed", message, self.id),)

    def wait(self, state: State, message: str, *problems: Problem) -> None:
        self.state, self.message, self.problems = state, message, problems

    def fault(self, error: NodeError, doing: str = EVALUATING) -> None:
        """An expression of the node has no value: pending or failed, in kro's words."""
        text = explain(error.problem, self.id)
        if error.pending:
            kind = self.node.resource
            where = f'gvr "{kind.group}/{kind.version}, Resource={kind.plural}"'
            # What only the user can write comes by no progress of ours.
            until = "the instance does not set it" if error.problem.code == "not-set" else "data pending"
            place = f"{doing.removeprefix('evaluate ')}: " if doing != EVALUATING else ""
            self.wait(State.PENDING, f'{where}: node "{self.id}": {place}{text} ({until})', *error.problems)
        else:
            place = f"failed to {doing}: " if doing != EVALUATING else ""
            self.fail(text if error.problem.expression is None else f'node "{self.id}": {place}{text}', *error.problems)


def explain(problem: Problem, node: str) -> str:
    """``eval "…": …`` where an expression is at fault, else the sentence alone."""
    if problem.expression is None:
        return problem.message
    place = "" if problem.node in (None, node) else f'node "{problem.node}": '
    return f'{place}eval "{problem.expression}": {problem.message}'


def open_records(nodes: Iterable[Node]) -> dict[str, Record]:
    """Nothing decided yet, in topological order."""
    return {node.id: Record(node) for node in nodes}


def next_wave(records: Mapping[str, Record], scope: Mapping[str, Any]) -> list[Record]:
    """Nodes whose dependencies are all in place, in topological order; those that cannot follow in this run are marked."""
    return [record for record in records.values() if record.state is State.UNDECIDED and _passes(record, records, scope)]


def _passes(record: Record, records: Mapping[str, Record], scope: Mapping[str, Any]) -> bool:
    node = record.node
    for name in node.dependencies:
        needed = records[name]
        if needed.state is State.SKIPPED:
            record.state, record.blocker = State.SKIPPED, needed.blocker or needed.id
            return False
    return _included(record, records, scope) and _in_place(record, node.dependencies, records)


def _in_place(record: Record, names: Iterable[str], records: Mapping[str, Record]) -> bool:
    """Whether all of these nodes are; the first that cannot be blocks the record."""
    for name in names:
        needed = records[name]
        if needed.state is State.UNDECIDED:
            return False
        if needed.state not in GOOD:
            _block(record, needed)
            return False
    return True


def _included(record: Record, records: Mapping[str, Record], scope: Mapping[str, Any]) -> bool:
    """Evaluated as soon as what the conditions read is in place, so that an excluded node is known to be so however the others stand."""
    node = record.node
    if not node.include_when:
        return True
    if not _in_place(record, node.include_dependencies, records):
        return False
    try:
        if node.included(scope):
            return True
    except NodeError as error:
        record.fault(error, "evaluate includeWhen")
        return False
    record.state = State.SKIPPED
    return False


def _block(record: Record, by: Record) -> None:
    record.state = State.BLOCKED
    record.blocker = by.blocker or by.id
    record.message = f'node "{record.id}" waits for node "{record.blocker}"'


def foreseen(records: Mapping[str, Record], wave: Iterable[Record]) -> list[Record]:
    """Undecided nodes that this run will probably reach too: nothing between the wave and them has a ``readyWhen``.

    Only used to make the inventory cover them in one write; a wrong guess costs a write, nothing else.
    """
    reached = {record.id for record in wave if not record.node.ready_when}
    found = []
    for record in records.values():
        if record.state is not State.UNDECIDED or record.id in reached:
            continue
        if all(name in reached or records[name].state in GOOD for name in record.node.dependencies):
            if not record.node.ready_when:
                reached.add(record.id)
            if not record.node.type.external and record not in wave:
                found.append(record)
    return found
