"""Lists, pages, representations and watches."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exchanges.asking import MERGE, PARTIAL, PARTIALS, TABLE, Ask
from tests.exchanges.objects_of import config_map, core, maps

MAPS = maps("lists")
WATCH = MAPS + "?watch=1&timeoutSeconds=1"


def asks() -> Iterator[Ask]:
    yield Ask("an empty list", "GET", MAPS)
    yield Ask("an empty table", "GET", MAPS, accept=TABLE)
    for name in ("a", "b", "c"):
        yield Ask(f"create {name}", "POST", MAPS, config_map(name, labels={"n": name, "all": "yes"}), keep=name)
    yield Ask("list", "GET", MAPS, keep="list")
    yield Ask("list metadata", "GET", MAPS, accept=PARTIALS)
    yield Ask("get metadata", "GET", MAPS + "/a", accept=PARTIAL)
    yield Ask("get metadata as a list", "GET", MAPS + "/a", accept=PARTIALS)
    yield Ask("list as metadata of one", "GET", MAPS, accept=PARTIAL)
    yield Ask("list as a table", "GET", MAPS, accept=TABLE)
    yield Ask("list as a table with objects", "GET", MAPS + "?includeObject=Object", accept=TABLE)
    yield Ask("list as a table without objects", "GET", MAPS + "?includeObject=None", accept=TABLE)
    yield Ask("list as a table with something else", "GET", MAPS + "?includeObject=Nope", accept=TABLE)
    yield Ask("get as a table", "GET", MAPS + "/a", accept=TABLE)
    yield Ask("create as a table", "POST", MAPS + "?dryRun=All", config_map("t"), accept=TABLE)
    yield Ask("delete as a table", "DELETE", MAPS + "/a?dryRun=All", accept=TABLE)
    yield Ask("namespaces as a table", "GET", "/api/v1/namespaces/default", accept=TABLE)
    yield Ask("an absent object as a table", "GET", MAPS + "/zz", accept=TABLE)
    yield Ask("list what has no label", "GET", MAPS + "?labelSelector=x%3Dy")
    for name, selector in (
        ("equality", "n%3Da"),
        ("double equality", "n%3D%3Da"),
        ("inequality", "n!%3Da"),
        ("a set", "n%20in%20(a,b)"),
        ("no set", "n%20notin%20(a,b)"),
        ("existence", "n"),
        ("absence", "!n"),
        ("a conjunction", "all%3Dyes,n!%3Da"),
        ("an empty value", "n%3D"),
        ("greater", "n%3E1"),
    ):
        yield Ask(f"list by {name}", "GET", MAPS + f"?labelSelector={selector}", accept=PARTIALS)
    yield Ask("list by name", "GET", MAPS + "?fieldSelector=metadata.name%3Da", accept=PARTIALS)
    yield Ask("list by another name", "GET", MAPS + "?fieldSelector=metadata.name!%3Da", accept=PARTIALS)
    yield Ask("list by namespace", "GET", "/api/v1/configmaps?fieldSelector=metadata.namespace%3Dexchange-lists", accept=PARTIALS)
    yield Ask("list pods by phase", "GET", core("lists", "pods") + "?fieldSelector=status.phase%3DRunning")
    yield Ask("list services by type", "GET", core("lists", "services") + "?fieldSelector=spec.type%3DClusterIP")
    yield Ask("list secrets by type", "GET", core("lists", "secrets") + "?fieldSelector=type%3DOpaque")
    yield Ask("list events by object", "GET", core("lists", "events") + "?fieldSelector=involvedObject.name%3Dx")
    yield from _pages()
    yield from _revisions()
    yield from _watches()


def _pages() -> Iterator[Ask]:
    yield Ask("the first page", "GET", MAPS + "?limit=2", accept=PARTIALS, keep="page")
    yield Ask("the second page", "GET", MAPS + "?limit=2&continue=<<page.continue>>", accept=PARTIALS)
    yield Ask("the first page of a selection", "GET", MAPS + "?limit=2&labelSelector=all%3Dyes", accept=PARTIALS, keep="selection")
    yield Ask("the rest of a selection", "GET", MAPS + "?labelSelector=all%3Dyes&continue=<<selection.continue>>", accept=PARTIALS)
    yield Ask("the first page as a table", "GET", MAPS + "?limit=1", accept=TABLE)
    yield Ask("a page of everything", "GET", MAPS + "?limit=3", accept=PARTIALS)
    yield Ask("a negative limit", "GET", MAPS + "?limit=-1", accept=PARTIALS)
    yield Ask("a page from a broken token", "GET", MAPS + "?limit=1&continue=zzz")
    yield Ask("a page with a revision", "GET", MAPS + "?limit=1&continue=<<page.continue>>&resourceVersion=5")
    yield Ask("a page with a rule", "GET", MAPS + "?limit=1&continue=<<page.continue>>&resourceVersionMatch=Exact")


def _revisions() -> Iterator[Ask]:
    yield Ask("change b", "PATCH", MAPS + "/b", {"data": {"a": "2"}}, MERGE, keep="b2")
    yield Ask("delete c", "DELETE", MAPS + "/c")
    yield Ask("list at any revision", "GET", MAPS + "?resourceVersion=0", accept=PARTIALS)
    yield Ask(
        "list not older", "GET", MAPS + "?resourceVersion=<<list.resourceVersion>>&resourceVersionMatch=NotOlderThan", accept=PARTIALS
    )
    yield Ask("list exactly", "GET", MAPS + "?resourceVersion=<<list.resourceVersion>>&resourceVersionMatch=Exact", accept=PARTIALS)
    yield Ask("get at a revision", "GET", MAPS + "/b?resourceVersion=<<list.resourceVersion>>", accept=PARTIAL)
    yield Ask("get at any revision", "GET", MAPS + "/b?resourceVersion=0", accept=PARTIAL)
    yield Ask("get at a bad revision", "GET", MAPS + "/b?resourceVersion=x")
    yield Ask("list at a bad revision", "GET", MAPS + "?resourceVersion=x")
    yield Ask("list at a revision to come", "GET", MAPS + "?resourceVersion=99999999")
    yield Ask("get at a revision to come", "GET", MAPS + "/b?resourceVersion=99999999")
    yield Ask("list with a rule without revision", "GET", MAPS + "?resourceVersionMatch=Exact")
    yield Ask("list exactly at any revision", "GET", MAPS + "?resourceVersion=0&resourceVersionMatch=Exact")
    yield Ask("list with a rule nobody knows", "GET", MAPS + "?resourceVersion=5&resourceVersionMatch=Nope")
    yield Ask("list with initial events", "GET", MAPS + "?sendInitialEvents=true")


def _watches() -> Iterator[Ask]:
    since = WATCH + "&resourceVersion=<<list.resourceVersion>>"
    yield Ask("watch", "GET", since)
    yield Ask("watch metadata", "GET", since, accept=PARTIAL)
    yield Ask("watch a table", "GET", since, accept=TABLE)
    yield Ask("watch a selection", "GET", since + "&labelSelector=n%3Db", accept=PARTIAL)
    yield Ask("watch from now on", "GET", WATCH, accept=PARTIAL)
    yield Ask("watch from any revision", "GET", WATCH + "&resourceVersion=0", accept=PARTIAL)
    yield Ask("watch one object", "GET", WATCH + "&fieldSelector=metadata.name%3Db", accept=PARTIAL)
    yield Ask("watch one object by its path", "GET", MAPS + "/b?watch=1&timeoutSeconds=1", accept=PARTIAL)
    yield Ask("take the label away", "PATCH", MAPS + "/a", {"metadata": {"labels": {"n": None}}}, MERGE)
    yield Ask("give it back", "PATCH", MAPS + "/a", {"metadata": {"labels": {"n": "a2"}}}, MERGE)
    yield Ask("watch what leaves and comes", "GET", since + "&labelSelector=n", accept=PARTIAL)
    initial = WATCH + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    yield Ask("watch with initial events", "GET", initial + "&allowWatchBookmarks=true", accept=PARTIAL)
    yield Ask("watch with initial events without bookmarks", "GET", initial, accept=PARTIAL)
    yield Ask("watch with initial events as a table", "GET", initial + "&allowWatchBookmarks=true", accept=TABLE)
    yield Ask("watch without initial events", "GET", WATCH + "&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", accept=PARTIAL)
    yield Ask("watch with a rule", "GET", WATCH + "&resourceVersionMatch=NotOlderThan")
    yield Ask("watch with initial events without rule", "GET", WATCH + "&sendInitialEvents=true")
    yield Ask("watch with initial events and another rule", "GET", WATCH + "&sendInitialEvents=true&resourceVersionMatch=Exact")
    yield Ask("watch from a bad revision", "GET", WATCH + "&resourceVersion=abc")
