"""Kubernetes objects in files, directories and stdin, as every command takes them.

Lists are taken apart, as kubectl does (``kubectl get … -o yaml`` prints one). Whoever names a file gets an error when it cannot be used;
what merely lies in a directory is told of and passed over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_emulator.cli.console import Misuse
from local_emulator.core.yamltext import ChangedKey, changed_keys, read_all

LARGEST_FILE = 16 * 1024 * 1024
MOST_FILES = 2_000
MOST_ENTRIES = 50_000
STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")
_NESTED_LISTS = 8


@dataclass(frozen=True, slots=True)
class Document:
    """An object and the file that it is in. changed: keys that YAML does not read as they are written, paths within the object."""

    file: str
    object: dict[str, Any]
    changed: tuple[ChangedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Stray:
    """What lies in a directory and is no Kubernetes object. unreadable: no YAML at all, so that anything may be lost in it."""

    file: str
    reason: str
    unreadable: bool


class Files:
    """Reads each file once, however often it is named."""

    def __init__(self) -> None:
        self._read: set[str] = set()

    def documents(self, paths: Sequence[str]) -> tuple[list[Document], list[Stray]]:
        """All objects in files, directories (with all below them) and stdin (``-``), in order. Raises Misuse with one line."""
        found: list[Document] = []
        strays: list[Stray] = []
        for path in paths:
            if path != STDIN and Path(path).is_dir():
                for file in _below(Path(path)):
                    self._stray(file, found, strays)
                continue
            if not self._first_time(path):
                if path == STDIN:
                    raise Misuse("-: stdin can be read once only")
                continue
            documents, faults = _objects(path, _text(path))
            if faults:
                raise Misuse(f"{path}: {faults[0]}")
            found += documents
        return found, strays

    def _stray(self, file: str, found: list[Document], strays: list[Stray]) -> None:
        if not self._first_time(file):
            return
        try:
            documents, faults = _objects(file, _text(file))
        except Misuse as error:
            strays.append(Stray(file, error.message.removeprefix(f"{file}: "), unreadable=True))
            return
        found += documents
        strays += [Stray(file, fault, unreadable=False) for fault in faults]

    def _first_time(self, path: str) -> bool:
        key = path if path == STDIN else str(Path(path).resolve())
        known = key in self._read
        self._read.add(key)
        return not known


def _below(directory: Path) -> list[str]:
    """The YAML and JSON files of a directory and of those below it, sorted; hidden ones are somebody else's."""
    found: list[str] = []
    looked_at = 0
    for place, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        looked_at += len(directories) + len(files)
        found += [str(Path(place, name)) for name in files if Path(name).suffix in _SUFFIXES and not name.startswith(".")]
        if looked_at > MOST_ENTRIES or len(found) > MOST_FILES:
            raise Misuse(f"{directory}: more than {MOST_FILES} files to read or {MOST_ENTRIES} to look at; name a smaller directory")
    return sorted(file for file in found if Path(file).is_file())


def _text(path: str) -> str:
    try:
        if path == STDIN:
            text = sys.stdin.read(LARGEST_FILE + 1)
        else:
            file = Path(path)
            if file.is_file() and file.stat().st_size > LARGEST_FILE:
                raise Misuse(f"{path}: larger than {LARGEST_FILE} bytes")
            text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Misuse(f"{path}: no such file or directory") from None
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Misuse(f"{path}: not UTF-8 text") from None
    if len(text) > LARGEST_FILE:
        raise Misuse(f"{path}: larger than {LARGEST_FILE} bytes")
    return text


def _objects(path: str, text: str) -> tuple[list[Document], list[str]]:
    """The objects of a text, and what stands between them that is none. Raises Misuse for what is no YAML."""
    try:
        values = read_all(text)
        changed = changed_keys(text)
    except RecursionError:
        raise Misuse(f"{path}: nested too deeply") from None
    except yaml.YAMLError as error:
        raise Misuse(f"{path}: {_yaml_fault(error)}") from None
    except ValueError as error:
        raise Misuse(f"{path}: {error}") from None
    documents: list[Document] = []
    faults: list[str] = []
    for index, value in enumerate(values):
        if value is not None:
            keys = changed[index] if index < len(changed) else []
            _unpack(path, value, tuple(keys), documents, faults)
    return documents, faults


def _unpack(path: str, value: Any, changed: tuple[ChangedKey, ...], documents: list[Document], faults: list[str], depth: int = 0) -> None:
    """An object, or the objects of a list: ``List``, or a list of one kind, whose items may leave out what the list says of them all."""
    if not isinstance(value, dict):
        faults.append(f"not a Kubernetes object but {_kind_of(value)}")
        return
    kind, items = value.get("kind"), value.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)) or depth == _NESTED_LISTS:
        documents.append(Document(path, value, changed))
        return
    common = {} if kind == "List" else {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")}
    for index, item in enumerate(items):
        inner = tuple(_within(key, ("items", index)) for key in changed if key.path[:2] == ("items", index))
        if isinstance(item, Mapping):
            _unpack(path, {**{key: word for key, word in common.items() if word}, **item}, inner, documents, faults, depth + 1)
        else:
            faults.append(f"items[{index}] of a list: not a Kubernetes object but {_kind_of(item)}")


def _within(key: ChangedKey, prefix: tuple[str | int, ...]) -> ChangedKey:
    return ChangedKey(key.path[len(prefix) :], key.written, key.read, key.line)


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "cannot be read"
    return f"line {mark.line + 1}, column {mark.column + 1}: not YAML: {problem}" if mark else f"not YAML: {problem}"


def _kind_of(value: object) -> str:
    words = {type(None): "nothing", list: "a list", str: "text", int: "a number", float: "a number", bool: "a truth value"}
    return words.get(type(value), "something else")
