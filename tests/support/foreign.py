"""Texts that others may have written where krofn reads its own back: anything, and what is almost right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
"""Lone surrogates included: an escape in JSON makes them of plain ASCII."""
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    ANY_TEXT,
    st.sampled_from(["", "v1", "a/b", "../x", "a?b", "²", "١"]),
)
DEEP = (900, 1_100, 50_000)
"""Levels of nesting: below Python's limit, just beyond it, far beyond it."""


def values(keys: Iterable[str] = ()) -> st.SearchStrategy[Any]:
    """JSON values; objects have some of ``keys``."""
    named = st.one_of(st.sampled_from(sorted(keys)), ANY_TEXT) if keys else ANY_TEXT
    return st.recursive(
        SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(named, inner, max_size=4)), max_leaves=12
    )


def texts(*samples: str, keys: Iterable[str] = ()) -> st.SearchStrategy[str]:
    """Texts: of any kind, JSON of any shape, nested without end, and ``samples`` with a part of them replaced."""
    anything = [
        st.text(max_size=60),
        values(keys).map(json.dumps),
        st.sampled_from([mark * depth for mark in ("[", '{"a":') for depth in DEEP]),
    ]
    return st.one_of(*anything, *(spoiled(sample) for sample in samples))


@st.composite
def spoiled(draw: st.DrawFn, sample: str) -> str:
    """``sample`` with one part replaced: a piece of the text or, where it is JSON, any value in it."""
    try:
        value = json.loads(sample)
    except ValueError:
        value = None
    if isinstance(value, dict | list) and draw(st.booleans()):
        return json.dumps(replaced(value, draw(st.integers(0, 1 << 30)), draw(values())))
    start = draw(st.integers(0, len(sample)))
    end = draw(st.integers(start, len(sample)))
    return sample[:start] + draw(st.text(max_size=8)) + sample[end:]


def replaced(value: Any, which: int, by: Any) -> Any:
    """``value`` with one of the values inside it, or all of it, replaced."""
    places = list(_places(value))
    path = places[which % len(places)]
    return _put(value, path, by)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from _places(below, (*path, key))


def _put(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: _put(value[key], tuple(rest), by)}
    return [*value[:key], _put(value[key], tuple(rest), by), *value[key + 1 :]]
