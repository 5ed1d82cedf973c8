"""Whole numbers that others wrote: one parser reads them all, and nothing else in the product tries."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.bridge.main import application as bridge
from functions.platform.cluster import Request, answer_of
from functions.platform.driver import Sight
from functions.platform.events import EventError, encode, parse
from functions.platform.post import seconds
from functions.platform.telemetry import Telemetry
from graphcore.cel.library.semver import parse_semver
from graphcore.converge.safety.mark import Mark, read_mark
from graphcore.names import CONVERGENCE
from graphcore.numbers import INT64_MAX, LONGEST, UINT64_MAX, ordered, whole
from local_emulator.core.registry import version_priority
from local_emulator.hosting.inprocess import call
from local_emulator.objects.model import quantity
from tests.unit.functions.test_delivery import EVENT

NO_NUMBERS = ("", " ", "²", "١٢", "𝟜", "1_0", " 7", "7\n", "+7", "-7", "--5", "0x7", "7.0", "1e3", "9" * 19, "9" * 5000, "seven")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_whole_number_is_none(text: str) -> None:
    assert whole(text) is None


@pytest.mark.parametrize(
    ("value", "options", "number"),
    [
        ("0", {}, 0),
        ("007", {}, 7),
        (str(INT64_MAX), {}, INT64_MAX),
        (str(INT64_MAX + 1), {}, None),
        (str(UINT64_MAX), {"most": UINT64_MAX}, UINT64_MAX),
        ("-9223372036854775808", {"signed": True}, -(2**63)),
        ("-9223372036854775809", {"signed": True}, None),
        ("+12", {"signed": True}, 12),
        ("--5", {"signed": True}, None),
        ("0" * (LONGEST - 1) + "3", {}, 3),
        ("0" * LONGEST + "3", {}, None),
        (12, {}, 12),
        (-1, {}, None),
        (-1, {"signed": True}, -1),
        (True, {}, None),
        (3.0, {}, None),
        (float("inf"), {}, None),
        (None, {}, None),
        ([1], {}, None),
    ],
)
def test_whole_numbers_within_their_limits(value: object, options: Mapping[str, Any], number: int | None) -> None:
    assert whole(value, **options) == number


@given(st.text())
@example("²")
@example("٣")
def test_only_ascii_digits_are_read_and_nothing_raises(text: str) -> None:
    assert (whole(text) is not None) == bool(re.fullmatch("[0-9]+", text) and int(text) <= INT64_MAX and len(text) <= LONGEST)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_number_of_64_bits_is_read_back(number: int) -> None:
    assert whole(str(number), signed=True) == number == whole(number, signed=True)


@pytest.mark.parametrize(
    ("earlier", "later", "order"), [("9", "10", True), ("10", "9", False), ("7", "7", True), ("²", "7", None), ("7", "a", None)]
)
def test_resource_versions_are_ordered_where_both_are_numbers(earlier: str, later: str, order: bool | None) -> None:
    assert ordered(earlier, later) is order


BAD_HEADERS = ("²", "١", "--5", "1_0", "7.0", "9" * 30, "abc")


@pytest.mark.parametrize("value", BAD_HEADERS)
def test_an_event_with_a_bad_revision_is_wrong_for_good(value: str) -> None:
    headers, body = encode(EVENT, "test")
    with pytest.raises(EventError, match="krorevision is no whole number"):
        parse({**headers, "ce-krorevision": value}, body)


@given(
    st.sampled_from(("krorevision", "krorole", "type", "id", "source", "subject", "time", "specversion", "partitionkey", "traceparent")),
    st.text(),
)
def test_no_header_raises_anything_but_the_verdict_on_the_event(name: str, value: str) -> None:
    headers, body = encode(EVENT, "test")
    try:
        parse({**headers, f"ce-{name}": value}, body)
    except EventError:
        return


@pytest.mark.parametrize("header", ["ce-krorevision", "retry-after"])
@pytest.mark.parametrize("value", [text for text in BAD_HEADERS if text.isascii() or text == "²"])
def test_the_bridge_answers_400_to_a_bad_header(header: str, value: str) -> None:
    taken: list[object] = []
    inlet = SimpleNamespace(receive=lambda *event, **_: taken.append(event), telemetry=Telemetry("bridge", lambda _: None))
    headers, body = encode(EVENT, "test")

    async def answers() -> list[int]:
        app = bridge(inlet)  # type: ignore[arg-type]
        return [(await call(app, "POST", "/", headers | more, body))[0] for more in ({header: value}, {})]

    assert asyncio.run(answers()) == [400, 204]
    assert len(taken) == 1


@pytest.mark.parametrize("value", BAD_HEADERS)
def test_an_unreadable_wait_is_none(value: str) -> None:
    assert seconds(value) is None
    assert answer_of(Request("GET", "/x"), 429, b"", value).retry_after is None


@pytest.mark.parametrize("version", BAD_HEADERS)
def test_a_version_without_order_is_noted_as_the_newest(version: str) -> None:
    sight = Sight()
    for item in ("5", version):
        sight.note({"metadata": {"uid": "u", "resourceVersion": item}})
    assert sight.seen == {"u": version}


@pytest.mark.parametrize(
    "text",
    [
        '{"fence": Infinity}',
        '{"fence": 1e400}',
        '{"fence": "²"}',
        '{"fence": -1}',
        '{"revision": "١"}',
        '{"revision": 1.5}',
        '{"fence": []}',
    ],
)
def test_a_mark_with_unreadable_numbers_is_none(text: str) -> None:
    assert read_mark({"metadata": {"annotations": {CONVERGENCE: text}}}) == Mark()


@pytest.mark.parametrize("text", ["1.2.²", "1.2.3-٣", "1.2.18446744073709551616", "1.2.3-18446744073709551616", "1.2.3-" + "9" * 5000])
def test_such_versions_are_no_semantic_versions(text: str) -> None:
    assert parse_semver(text) is None


def test_a_version_with_a_number_beyond_all_bounds_is_a_name() -> None:
    assert version_priority("v" + "9" * 40) == (3, 0, 0, "v" + "9" * 40)
    assert version_priority("v2beta3") == (1, -2, -3, "v2beta3")


@pytest.mark.parametrize("text", ["1e" + "9" * 5000, "0e-" + "9" * 5000])
def test_an_exponent_beyond_all_bounds_is_cut_off(text: str) -> None:
    assert quantity.canonical(text) in ("9223372036854775807", "9223372036854775807e0", "0")


ROOT = Path(__file__).parents[2]
GRAMMAR = "text that an ASCII pattern of the module's own grammar has matched and bounded"
NUMBER = "a number already"
INT_IS_CALLED = {
    "graphcore/cel/runtime/access.py": NUMBER,
    "graphcore/cel/runtime/arithmetic.py": NUMBER,
    "graphcore/cel/runtime/conversion.py": GRAMMAR,
    "graphcore/cel/environment.py": NUMBER,
    "graphcore/cel/runtime/keys.py": NUMBER,
    "graphcore/cel/library/cidr.py": GRAMMAR,
    "graphcore/cel/checking/format_texts.py": GRAMMAR,
    "graphcore/cel/library/ip.py": NUMBER,
    "graphcore/cel/library/json_text.py": NUMBER,
    "graphcore/cel/library/quantity_value.py": GRAMMAR,
    "graphcore/cel/library/standard_conversions.py": GRAMMAR,
    "graphcore/cel/library/standard_impl.py": NUMBER,
    "graphcore/cel/library/url_value.py": GRAMMAR,
    "graphcore/cel/syntax/literals.py": GRAMMAR,
    "graphcore/cel/library/formatting.py": NUMBER,
    "graphcore/cel/runtime/times.py": GRAMMAR,
    "graphcore/cel/runtime/values.py": NUMBER,
    "graphcore/cel/runtime/views.py": NUMBER,
    "graphcore/converge/instance/repair.py": GRAMMAR,
    "graphcore/converge/values.py": NUMBER,
    "graphcore/graph/crd_check.py": GRAMMAR,
    "graphcore/graph/revision.py": NUMBER,
    "graphcore/masking/layers.py": GRAMMAR,
    "graphcore/numbers.py": "the parser",
    "graphcore/openapi/compat_limits.py": NUMBER,
    "graphcore/openapi/crd_schema.py": NUMBER,
    "graphcore/openapi/rule_types.py": NUMBER,
    "graphcore/simpleschema/builder.py": NUMBER,
    "graphcore/simpleschema/markers.py": NUMBER,
    "functions/platform/timetable.py": NUMBER,
    "local_emulator/cli/ready_file.py": GRAMMAR,
    "local_emulator/cli/supervisor.py": NUMBER,
    "local_emulator/controllers/kubelet.py": "hexadecimal digits of a UID that the store has made",
    "local_emulator/core/durations.py": NUMBER,
    "local_emulator/hosting/inprocess.py": NUMBER,
    "local_emulator/objects/model/quantity.py": NUMBER,
    "local_emulator/objects/model/reading.py": NUMBER,
    "local_emulator/objects/protobuf/decoding.py": "numbers of the package's own table",
    "local_emulator/protocol/printers.py": NUMBER,
    "local_emulator/protocol/tables.py": NUMBER,
    "local_emulator/writes/pod_admission.py": "hexadecimal digits of a UID that the store has made",
    "local_emulator/writes/transactions.py": "hexadecimal digits of a UID that the store has made",
}

DIGITS_ARE_ASKED_FOR = dict.fromkeys(
    ("graphcore/masking/places.py", "graphcore/masking/search.py", "graphcore/masking/vocabulary.py"),
    "characters of a text that is masked, in any script, of which no number is made",
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ("graphcore", "functions", "local_emulator"):
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_nobody_else_reads_whole_numbers() -> None:
    """A new call of ``int`` is either ``whole``, or needs a row above."""
    asked, called, patterns = [], set(), []
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("isdigit", "isdecimal", "isnumeric") and name not in DIGITS_ARE_ASKED_FOR:
                asked.append(f"{name}:{node.lineno}")
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "int" and node.args:
                called.add(name)
            if (
                isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and _unicode_digits(node)
                and name not in DIGITS_ARE_ASKED_FOR
            ):
                patterns.append(f"{name}:{node.lineno}")
    assert asked == []
    assert called == INT_IS_CALLED.keys()
    assert patterns == []


def _unicode_digits(call_of_re: ast.Call) -> bool:
    """Whether a pattern has ``\\d`` for every digit there is."""
    ascii_only = any(isinstance(node, ast.Attribute) and node.attr == "ASCII" for node in ast.walk(call_of_re))
    texts = (node.value for node in ast.walk(call_of_re) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return not ascii_only and any(r"\d" in text for text in texts)
