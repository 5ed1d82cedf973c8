"""Whole numbers in queries and preconditions, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from tests.exchanges.asking import JSON, PARTIAL, PARTIALS, Ask
from tests.exchanges.objects_of import config_map, maps

MAPS = maps("numerals")
TEXTS = {
    "a superscript": "²",
    "an Arabic digit": "١",
    "two signs": "--5",
    "a plus": "+5",
    "a minus": "-5",
    "a blank before": " 5",
    "a blank behind": "5 ",
    "an underscore": "1_0",
    "leading zeros": "0005",
    "hexadecimal": "0x5",
    "a fraction": "5.0",
    "more than 64 bits": "99999999999999999999",
    "a hundred digits": "9" * 100,
    "less than 64 bits": "-99999999999999999999",
}


def asks() -> Iterator[Ask]:
    yield Ask("create", "POST", MAPS, config_map("a", labels={"n": "7"}))
    for name, text in TEXTS.items():
        value = quote(text)
        yield Ask(f"limit: {name}", "GET", MAPS + f"?limit={value}", accept=PARTIALS)
        yield Ask(f"time-out of a list: {name}", "GET", MAPS + f"?timeoutSeconds={value}", accept=PARTIALS)
        yield Ask(f"revision of a list: {name}", "GET", MAPS + f"?resourceVersion={value}", accept=PARTIALS)
        yield Ask(f"revision of an object: {name}", "GET", MAPS + f"/a?resourceVersion={value}", accept=PARTIAL)
        yield Ask(f"grace: {name}", "DELETE", MAPS + f"/a?dryRun=All&gracePeriodSeconds={value}")
        yield Ask(f"an update's revision: {name}", "PUT", MAPS + "/a?dryRun=All", config_map("a", resourceVersion=text))
        patch = [{"op": "test", "path": f"/metadata/finalizers/{text}", "value": "a.b/c"}]
        yield Ask(f"an index: {name}", "PATCH", MAPS + "/a?dryRun=All", patch, JSON)
    for name in ("a superscript", "two signs", "a fraction", "more than 64 bits"):
        value = quote(TEXTS[name])
        yield Ask(f"time-out of a watch: {name}", "GET", MAPS + f"?watch=1&timeoutSeconds={value}")
        yield Ask(f"revision of a watch: {name}", "GET", MAPS + f"?watch=1&timeoutSeconds=1&resourceVersion={value}")
