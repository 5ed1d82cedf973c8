"""Reaching a cluster from the command line: one clear line for whatever is wrong, and the CRDs put there on request."""

from __future__ import annotations

import asyncio
import os
import time
from importlib import resources
from typing import Any

import yaml

from functions.platform.cluster import APPLY_PATCH, Cluster, ClusterError, Request
from functions.platform.live import LiveCluster
from functions.platform.paths import CRDS, member
from functions.platform.settings import SettingsError, load, version
from local_emulator.cli.console import Misuse, Refusal

MANAGER = "krofn-install"
ESTABLISHED_WITHIN = 30.0


def check_settings() -> None:
    """Finds a bad KROFN_ variable before four processes do. Raises Misuse."""
    try:
        load(os.environ)
    except SettingsError as error:
        raise Misuse(str(error)) from None


def crds() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of the product, from the installed package."""
    directory = resources.files("functions") / "crds"
    files = sorted((item for item in directory.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)
    return [yaml.safe_load(item.read_text(encoding="utf-8")) for item in files]


async def connect(kubeconfig: str | None, context: str | None) -> Cluster:
    """A cluster that has answered. Raises Refusal, with one line."""
    cluster = LiveCluster(f"krofn/{version()}", kubeconfig=kubeconfig, context=context)
    try:
        answer = await cluster.send(Request("GET", "/version"))
    except ClusterError as error:
        await cluster.close()
        raise Refusal(str(error)) from None
    if answer.status in (401, 403):
        await cluster.close()
        raise Refusal(f"the Kubernetes API refuses the credentials: {answer.message}")
    return cluster


async def ensure_crds(cluster: Cluster, *, install: bool) -> list[tuple[str, str]]:
    """(name, what was found or done) per CRD; all are served at the end. Raises Refusal."""
    done = []
    try:
        for crd in crds():
            name = crd["metadata"]["name"]
            if install:
                path = member(CRDS, None, name)
                answer = await cluster.send(Request("PATCH", path, {"fieldManager": MANAGER, "force": "true"}, crd, APPLY_PATCH))
                if not answer.ok:
                    raise Refusal(f"cannot install {name}: {answer.message}")
                await _established(cluster, name)
                done.append((name, "created" if answer.status == 201 else "up to date"))
                continue
            answer = await cluster.send(Request("GET", member(CRDS, None, name)))
            if answer.status == 404:
                raise Refusal(f"{name} is not installed in this cluster; krofn run --install applies it")
            if not answer.ok:
                raise Refusal(f"cannot read {name}: {answer.message}")
    except ClusterError as error:
        raise Refusal(str(error)) from None
    return done


async def _established(cluster: Cluster, name: str) -> None:
    end = time.monotonic() + ESTABLISHED_WITHIN
    while time.monotonic() < end:
        answer = await cluster.send(Request("GET", member(CRDS, None, name)))
        conditions = (answer.body.get("status") or {}).get("conditions") or ()
        if any(item.get("type") == "Established" and item.get("status") == "True" for item in conditions):
            return
        await asyncio.sleep(0.1)
    raise Refusal(f"{name} was applied, but the API server does not serve it after {ESTABLISHED_WITHIN:g} s")
