"""An existing cluster for the scenarios: a context of a kubeconfig, named by ``KROFN_TEST_CONTEXT``."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an API server as its administrator. certificate: files of a client certificate and its key."""

    server: str
    token: str
    ca: bytes | None
    certificate: tuple[str, str] | None = None


def read_context(name: str, directory: Path) -> Access:
    """The cluster and user of a context; inline certificates are written into ``directory``. Raises ValueError with the remedy."""
    path = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    context = _named(config, "contexts", name)["context"]
    cluster = _named(config, "clusters", context["cluster"])["cluster"]
    user = _named(config, "users", context["user"])["user"]
    files = [_file(user, key, path.parent, directory) for key in ("client-certificate", "client-key")]
    if not user.get("token") and None in files:
        raise ValueError(f"context {name} of {path} has neither a token nor a client certificate; use one that has")
    ca = _file(cluster, "certificate-authority", path.parent, directory)
    certificate = (files[0], files[1]) if files[0] and files[1] else None
    return Access(cluster["server"], user.get("token", ""), Path(ca).read_bytes() if ca else None, certificate)


def _named(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    for entry in config.get(kind) or ():
        if entry["name"] == name:
            found: dict[str, Any] = entry
            return found
    raise ValueError(f"the kubeconfig has no {name} among its {kind}")


def _file(entry: dict[str, Any], key: str, beside: Path, directory: Path) -> str | None:
    if entry.get(f"{key}-data"):
        target = directory / key
        target.write_bytes(base64.b64decode(entry[f"{key}-data"]))
        target.chmod(0o600)
        return str(target)
    return str(beside / entry[key]) if entry.get(key) else None
