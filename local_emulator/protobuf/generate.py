"""Makes ``data/protobuf.json.gz``: field numbers and types of the API's messages, from the ``generated.proto`` files of k8s.io/api.

Run as ``python -m local_emulator.protobuf.generate MODULE_CACHE`` (``go env GOMODCACHE``). A message is ``{number: [name, type]}``; types
are ``string``, ``bool``, ``int``, ``double``, ``bytes`` or the name of a message, ``*`` in front means repeated, ``{}`` in front a map
from strings. A message that JSON shows inside its parent has an empty name.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

from local_emulator.builtin.schemas import definitions

VERSION = "v0.36.2"
MODULES = ("api", "apimachinery")
TARGET = Path(__file__).resolve().parent.parent / "data" / "protobuf.json.gz"
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

Table = dict[str, dict[str, list[str]]]


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


def table(cache: Path) -> Table:
    """The whole table, with the names of inlined messages emptied."""
    found: Table = {}
    for module in MODULES:
        for path in sorted((cache / "k8s.io" / f"{module}@{VERSION}").rglob("generated.proto")):
            found |= messages_of(path.read_text())
    known = definitions()
    for name, fields in found.items():
        properties = known.get(name.replace("k8s.io.", "io.k8s.", 1), {}).get("properties")
        for field in fields.values():
            if properties is not None and field[0] not in properties and field[1] in found:
                field[0] = ""
    return {name: found[name] for name in sorted(found)}


def main(arguments: list[str]) -> int:
    """Writes the table; the same input gives the same bytes."""
    data = json.dumps(table(Path(arguments[0])), separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(data, 9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
