"""Headers and bodies are anybody's who can reach a function or the bridge: each is taken, or refused with 400, and the next one is served.

:data:`HEADERS` names each header that is read; a new one has to be added.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from functions.bridge.main import Inlet
from functions.bridge.main import application as bridge_application
from functions.bridge.owners import Owners
from functions.bridge.references import References
from functions.bridge.served import active_revision
from functions.bridge.watcher import Change
from functions.instance.main import request_of
from functions.platform import events
from functions.platform.cluster import METADATA, METADATA_LIST, Answer, Request, TooDeepError, answer_of, decode
from functions.platform.delivery import Function, application
from functions.platform.events import Changed, Event, EventError, Progress, Reference, Role, encode, from_object, parse
from functions.platform.merging import key_of, merge, split
from functions.platform.paths import collection, member
from functions.platform.platform import assemble
from functions.platform.post import ANSWER_HEADER, Sent
from functions.platform.runs import Report
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from graphcore.graph.model import Resource
from graphcore.names import (
    ACTIVE_REVISION,
    EVENT_UPDATE,
    INSTANCE_GROUP,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
)
from local_emulator.hosting.inprocess import call
from tests.support.foreign import ANY_TEXT, replaced, values
from tests.support.graphs import APP, CONFIG_MAP
from tests.unit.functions.fakes import Scripted

WEB = Reference("kro.run/v1", "Web", "ns", "web")
LABELS = {INSTANCE_GROUP: "kro.run", INSTANCE_VERSION: "v1", INSTANCE_KIND: "Web", INSTANCE_NAMESPACE: "ns", INSTANCE_NAME: "web"}
METADATA_OF = {
    "name": "c",
    "namespace": "ns",
    "uid": "u",
    "resourceVersion": "7",
    "generation": 1,
    "labels": LABELS,
    "ownerReferences": [{"kind": "Web", "name": "web", "uid": "w"}],
}
CHILD = Event(
    EVENT_UPDATE,
    Role.MEMBER,
    Reference("v1", "ConfigMap", "ns", "c"),
    "partition",
    METADATA_OF,
    (Changed("u", "7", False, Reference("v1", "ConfigMap", "ns", "c"), "configmaps"),),
    revision=3,
    definition="definition-uid",
    plural="configmaps",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    id="id",
    asof="12",
    progress=Progress(("a",), "webs.kro.run", "token", 3, (("webs.kro.run", "ns", "web", "uid"),)),
    refused=True,
    failed="503",
)
ATTRIBUTES = (
    *("id", "source", "type", "subject", "specversion", "time", "apiversion", "kind", "name", "namespace"),
    *("krorole", "partitionkey", "krorevision", "krodefinition", "kroasof", "krorefused", "krofailed", "knativeerrorcode", "traceparent"),
)
HEADERS = (*(f"ce-{name}" for name in ATTRIBUTES), "content-type", "retry-after", ANSWER_HEADER.lower())
LATIN = st.text(st.characters(max_codepoint=255), max_size=30)
HEADER_TEXTS = st.one_of(
    LATIN,
    st.sampled_from(["", *Role, "²", "9" * 5000, "%ED%A0%80", "%ff%00", "../x", "/apis//x", "application/cloudevents+json", "-1"]),
)


def test_every_header_that_is_read_or_written_is_among_them() -> None:
    headers, _ = encode(CHILD, "test")
    read = set(re.findall(r'attributes(?:\.get\(|\[)"(\w+)"', Path(events.__file__).read_text(encoding="utf-8")))
    assert {*headers, *(f"ce-{name}" for name in read)} <= set(HEADERS)
    modules = Path(events.__file__).parents[1].rglob("*.py")
    asked = {name for path in modules for name in re.findall(r'headers\.get\("([\w-]+)"', path.read_text(encoding="utf-8"))}
    assert {name.lower() for name in asked} <= set(HEADERS)


def used(event: Event) -> None:
    """Everything that bridge and functions do with an event before anybody is asked."""
    key_of(event)
    merged = merge(CHILD, event, replace(event, progress=None))
    split(merged, 1)
    headers, body = encode(merged, "test")
    assert all(re.fullmatch("[!-~]*", value) for value in headers.values())
    again = parse(headers, body)
    assert (again.changes, again.subject, again.metadata) == (merged.changes, merged.subject, merged.metadata)
    try:
        target = event.target
    except EventError:
        return
    str(target).encode()
    if event.role is not Role.RESYNC:
        addressed(Resource(target.api_version, target.kind, "any", bool(target.namespace)), target.namespace, target.name)
    if event.role in (Role.INSTANCE, Role.MEMBER):
        asked = request_of(PLATFORM, target, (event, CHILD))
        addressed(asked.resource, asked.namespace, asked.name)
        for found in asked.members:
            addressed(found.resource, found.namespace, found.name)


def addressed(resource: Resource, namespace: str | None, name: str) -> None:
    path = member(resource, namespace, name)
    url = URL(f"https://api{path}", encoded=False)
    assert (url.path.rsplit("/", 1)[-1], url.raw_query_string, url.raw_fragment) == (name, "", "")
    assert URL(f"https://api{collection(resource, namespace)}").raw_path == collection(resource, namespace)


PLATFORM = assemble("instance", Settings(), None, None, Telemetry("instance", lambda _: None))  # type: ignore[arg-type]


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(HEADERS), HEADER_TEXTS, max_size=4), st.one_of(st.none(), st.integers(0, 1 << 30)), values(LABELS))
@example({"ce-krorole": "instance", "ce-name": ".."}, None, 1)
@example({"ce-krorole": "instance", "ce-kind": "a/b"}, None, 1)
@example({"ce-krorole": "definition", "ce-name": "%ED%A0%80"}, None, 1)
@example({"content-type": "application/cloudevents+json"}, 0, None)
def test_an_event_is_refused_or_can_be_used(headers: dict[str, str], which: int | None, by: Any) -> None:
    own, body = encode(CHILD, "test")
    if which is not None:
        body = json.dumps(replaced(json.loads(body), which, by)).encode()
    try:
        event = parse({**own, **headers}, body)
    except EventError:
        return
    used(event)


BODIES = [
    b"",
    b"null",
    b"[]",
    b"5",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"\xed\xa0\x80"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"metadata": [1]}',
    b'{"metadata": {"labels": ["a"]}}',
    b'{"metadata": {"labels": {"kro.run/instance-name": 5}}}',
    b'{"metadata": {"uid": {}}}',
    b'{"metadata": {"ownerReferences": {"a": 1}}}',
    b'{"metadata": {"name": "\\ud800"}}',
    b'{"metadata": {"generation": 1e999}}',
    b'{"metadata": {"generation": ' + b"9" * 5000 + b"}}",
    b'{"changes": {"uid": 5}}',
    b'{"changes": [{"uid": "u", "kind": "../x", "name": "..", "plural": "a/b"}]}',
    b'{"changes": [5, null, {"uid": []}]}',
    b'{"progress": {"about": [{}], "told": "\xc2\xb2", "left": [[1, 2, 3, 4]]}}',
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("role", list(Role))
def test_a_body_of_any_form_is_refused_or_can_be_used(role: Role, body: bytes) -> None:
    own, _ = encode(CHILD, "test")
    try:
        event = parse({**own, "ce-krorole": role.value}, body)
    except EventError:
        return
    used(event)


def serving(lines: list[str]) -> Any:
    """A function whose runs do nothing."""
    ran: list[Reference] = []

    async def run(target: Reference, given: tuple[Event, ...]) -> Report:
        ran.append(target)
        return Report("converged")

    function = Function(lambda _: run, lambda: assemble("instance", Settings(), None, None, Telemetry("instance", lines.append)))  # type: ignore[arg-type]

    async def instance(request: Any) -> Any:
        return await function.handle(request)

    return application(instance, function), ran


class Taking:
    """A bridge's post that delivers everything."""

    def __init__(self) -> None:
        self.sent: list[Event] = []

    async def send(self, _url: str, event: Event, _headers: Any = None) -> Sent:
        encode(event, "test")
        self.sent.append(event)
        return Sent(204, None, "untold")

    async def close(self) -> None:
        return None


@settings(max_examples=150)
@given(
    st.sampled_from(["function", "bridge", "dead letters"]),
    st.dictionaries(st.sampled_from(HEADERS), HEADER_TEXTS, max_size=4),
    st.one_of(st.none(), st.binary(max_size=40), st.sampled_from(BODIES), st.tuples(st.integers(0, 1 << 30), values(LABELS))),
)
@example("bridge", {"ce-krorole": "member", ANSWER_HEADER.lower(): "untold"}, b"{}")
@example("bridge", {"retry-after": "²"}, None)
def test_whoever_takes_events_answers_each_and_serves_the_next(where: str, headers: dict[str, str], spoiled: Any) -> None:
    lines: list[str] = []
    post = Taking()
    path = "/dead-letters" if where == "dead letters" else "/"
    own, body = encode(CHILD, "test")
    hostile = (
        json.dumps(replaced(json.loads(body), *spoiled)).encode() if isinstance(spoiled, tuple) else body if spoiled is None else spoiled
    )

    async def scene() -> None:
        if where == "function":
            app, seen = serving(lines)
        else:
            bridge = Inlet(Settings(), Scripted(*[Answer(200, {})] * 3), post, Telemetry("bridge", lines.append))
            app, seen = bridge_application(bridge), post.sent
        answers = [(await call(app, "POST", path, head, content))[0] for head, content in (({**own, **headers}, hostile), (own, body))]
        assert answers in ([204, 204], [400, 204])
        if where == "bridge":
            for _ in range(20):
                await asyncio.sleep(0)
            assert bridge.bridge.queue.counts["bridge_errors"] == 0
            await bridge.bridge.queue.close()
        elif where == "dead letters":
            assert bridge.bridge.queue.depth <= 2
            await bridge.bridge.queue.close()
        served = CHILD.target if where == "function" else CHILD.subject
        assert where == "dead letters" or served in [each.subject if isinstance(each, Event) else each for each in seen]

    asyncio.run(asyncio.wait_for(scene(), 5))
    assert all(line.encode() for line in lines)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/%"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)
ROLES = Resource("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False)


@given(NAMES)
@example("a\nb")
@example("ü 😀%41"[:-3])
@example(' "quoted" ')
@example("\x00")
def test_a_name_of_any_characters_travels_in_headers(name: str) -> None:
    made = from_object(
        EVENT_UPDATE, Role.MEMBER, ROLES, {"name": name, "uid": "u", "resourceVersion": "1", "labels": LABELS}, traceparent=""
    )
    headers, body = encode(replace(made, id="x"), "test")
    assert all(re.fullmatch("[!-~]*", value) for value in headers.values())
    read = parse(headers, body)
    assert (read.subject, read.plural, read.changes) == (made.subject, made.plural, made.changes)


TEXT = st.one_of(
    ANY_TEXT.map(lambda text: text.encode("utf-8", "replace").decode()), st.sampled_from(["[" * 50_000, "9" * 5000, "null", "²"])
)
NAMED = st.dictionaries(
    st.sampled_from([*LABELS, ACTIVE_REVISION, "kro.run/instance-id", "applyset.kubernetes.io/part-of"]), TEXT, max_size=5
)
OBJECTS = st.builds(
    lambda uid, version, labels, notes: {"name": "c", "uid": uid, "resourceVersion": version, "labels": labels, "annotations": notes},
    *(TEXT.filter(bool), TEXT, NAMED, NAMED),
)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(["listed", "added", "updated", "deleted"]), OBJECTS, st.booleans()), max_size=4))
def test_the_books_of_the_bridge_take_any_labels_annotations_and_versions(steps: list[tuple[Any, dict[str, Any], bool]]) -> None:
    owners, references = Owners(lambda _group, _kind: APP), References()
    before = None
    for kind, metadata, instance in steps:
        change = Change(kind, APP if instance else CONFIG_MAP, metadata, before)
        for owner in owners.of(change):
            routed = {**metadata, "labels": owner.routed(metadata["labels"])}
            used(replace(from_object(EVENT_UPDATE, Role.MEMBER, change.resource, routed, traceparent=""), id="x"))
        list(references.matching(change))
        if instance:
            owners.record(APP, metadata, gone=kind == "deleted")
            references.record(APP, metadata, gone=kind == "deleted")
        active_revision(metadata)
        before = metadata


@pytest.mark.parametrize("depth", [90, 990, 5_000, 100_000])
@pytest.mark.parametrize("open_close", ["[]", ('{"a":', "}")])
def test_what_is_nested_without_end_in_metadata_hides_no_neighbour(depth: int, open_close: tuple[str, str]) -> None:
    opened, closed = open_close
    deep = f"{opened * depth}{'1' if opened != '[' else ''}{closed * depth}"
    line = f'{{"items": [{{"metadata": {{"name": "a\\\\\\"[", "managedFields": [{deep}]}}}}, {{"metadata": {{"name": "b"}}}}]}}'.encode()
    for read in (
        decode(line, shallow=True),
        *(answer_of(Request("GET", "/x", accept=accept), 200, line, None).body for accept in (METADATA, METADATA_LIST)),
    ):
        assert [item["metadata"]["name"] for item in read["items"]] == ['a\\"[', "b"]
    if depth > 1_000:
        with pytest.raises(TooDeepError):
            decode(line)
        answer = answer_of(Request("GET", "/x"), 200, line, None)
        assert (answer.ok, answer.reason, answer.message) == (
            False,
            "NestedTooDeeply",
            "the API server's answer is nested too deeply to be read",
        )
    assert decode(opened.encode() * depth, shallow=True)["kind"] == "Status"
