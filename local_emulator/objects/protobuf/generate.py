"""Makes ``data/protobuf.json.gz``: field numbers, JSON names and types of the API's messages, from the sources of k8s.io/api.

Run as ``python -m local_emulator.objects.protobuf.generate MODULE_CACHE`` (``go env GOMODCACHE``).

A message is ``{number: [name, type]}``; types are ``string``, ``bool``, ``int``, ``double``, ``bytes`` or the name of a message, ``*`` in
front means repeated, ``{}`` in front a map from strings. Numbers and types are those of the ``generated.proto`` files; names are those of
the Go structs' ``json`` tags, which alone say what JSON calls a field (``Webhooks`` in protobuf is ``webhooks``). A message that JSON shows
inside its parent has an empty name.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

VERSION = "v0.36.2"
MODULES = ("api", "apimachinery")
TARGET = Path(__file__).resolve().parents[2] / "data" / "protobuf.json.gz"
_SCALARS = {
    "int32": "int",
    "int64": "int",
    "uint32": "int",
    "uint64": "int",
    "string": "string",
    "bool": "bool",
    "double": "double",
    "bytes": "bytes",
}
_FIELD = re.compile(r"^(optional|repeated|required)?\s*(map<string,\s*([\w.]+)>|[\w.]+)\s+(\w+)\s*=\s*([0-9]+)", re.M)

_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
_SAME = re.compile(r"^type (\w+) =? ?(\w+)\.(\w+)$", re.M)
_IMPORT = re.compile(r'^\t(?:import )?(\w+)? ?"(k8s\.io/[^"]+)"', re.M)
_TAG = re.compile(r"^[^/\n]*`([^`\n]*)`", re.M)
_JSON, _NUMBER = re.compile(r'\bjson:"([^",]*)'), re.compile(r'\bprotobuf:"[a-z0-9]+,([0-9]+),')
UNTAGGED = frozenset(
    {
        *(f"k8s.io.apimachinery.pkg.apis.meta.v1.{name}" for name in ("Duration", "FieldsV1", "MicroTime", "Time", "Timestamp", "Verbs")),
        "k8s.io.apimachinery.pkg.api.resource.Quantity",
        "k8s.io.apimachinery.pkg.api.resource.QuantityValue",
        "k8s.io.apimachinery.pkg.runtime.RawExtension",
        "k8s.io.apimachinery.pkg.runtime.Unknown",
        "k8s.io.apimachinery.pkg.util.intstr.IntOrString",
    }
)
"""Messages that JSON writes in a form of their own, so that their fields have no names there."""

Table = dict[str, dict[str, list[str]]]
Tags = dict[str, dict[str, str] | str]
"""JSON names by number, or the message that has them, by message."""


def messages_of(text: str) -> Table:
    """The messages of one file, by full name (``k8s.io.api.core.v1.Pod``)."""
    match = re.search(r"^package (\S+);", text, re.M)
    package = match[1] if match else ""
    bare = re.sub(r"//.*", "", text)
    found: Table = {}
    for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", bare, re.M | re.S):
        fields = {}
        for rule, kind, value, field, number in _FIELD.findall(re.sub(r"^\s+", "", body, flags=re.M)):
            prefix = "{}" if value else "*" if rule == "repeated" else ""
            fields[number] = [field, prefix + _type(value or kind, package)]
        found[f"{package}.{name}"] = fields
    return found


def _type(name: str, package: str) -> str:
    if name in _SCALARS:
        return _SCALARS[name]
    return name[1:] if name.startswith(".") else f"{package}.{name}"


def tags_of(sources: Iterable[str], package: str) -> Tags:
    """The JSON name of every field with a number, by message, of one package; types that are another package's stand for it."""
    found: Tags = {}
    for text in sources:
        imports = {alias or path.rpartition("/")[2]: path.replace("/", ".") for alias, path in _IMPORT.findall(text)}
        for name, place, other in _SAME.findall(text):
            found[f"{package}.{name}"] = f"{imports[place]}.{other}" if place in imports else {}
        for name, body in _STRUCT.findall(text):
            fields: dict[str, str] = {}
            for tag in _TAG.findall(body):
                number, json_name = _NUMBER.search(tag), _JSON.search(tag)
                if number and json_name:
                    fields[number[1]] = json_name[1]
            found[f"{package}.{name}"] = fields
    return found


def table(cache: Path) -> Table:
    """The whole table. Raises ValueError for a field that no struct names."""
    found: Table = {}
    tags: Tags = {}
    for module in MODULES:
        for path in sorted((cache / "k8s.io" / f"{module}@{VERSION}").rglob("generated.proto")):
            messages = messages_of(path.read_text())
            sources = (item.read_text() for item in sorted(path.parent.glob("*.go")) if not item.name.endswith((".pb.go", "_test.go")))
            tags |= tags_of(sources, next(iter(messages)).rpartition(".")[0]) if messages else {}
            found |= messages
    for name, fields in found.items():
        if name in UNTAGGED or name.endswith(".ExtraValue"):
            continue
        names = tags.get(name, {})
        if isinstance(names, str):
            names = tags.get(names, {})
        assert not isinstance(names, str)
        for number, field in fields.items():
            if number not in names:
                raise ValueError(f"{name}: no struct names field {number}, {field[0]}")
            field[0] = names[number]
    return {name: found[name] for name in sorted(found)}


def main(arguments: list[str]) -> int:
    """Writes the table; the same input gives the same bytes."""
    data = json.dumps(table(Path(arguments[0])), separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(data, 9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
