"""The kubeconfig of a local API."""

from __future__ import annotations

import json


def content(server: str, token: str = "") -> str:
    """A kubeconfig with one context, ``krofn``."""
    user = {"token": token} if token else {}
    body = {
        "apiVersion": "v1", "kind": "Config", "current-context": "krofn",
        "clusters": [{"name": "krofn", "cluster": {"server": server}}], "users": [{"name": "krofn", "user": user}],
        "contexts": [{"name": "krofn", "context": {"cluster": "krofn", "user": "krofn", "namespace": "default"}}],
    }  # fmt: skip
    return json.dumps(body, indent=2) + "\n"
