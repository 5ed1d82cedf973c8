"""What people type at kubectl, and what it prints on a real server: one session, each command after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.exchanges.objects_of import GROUP, config_map, definition, deployment

TRANSCRIPT = Path(__file__).parent.parent / "data" / "exchanges" / "kubectl.json"
NAMESPACE = "kubectl-session"


@dataclass(frozen=True, slots=True)
class Command:
    """One call. editor: what edits where kubectl asks for an editor."""

    line: str
    stdin: Any = None
    editor: str = "true"


def commands() -> Iterator[Command]:
    web = deployment()
    yield Command(f"create namespace {NAMESPACE}")
    yield Command(f"get namespace {NAMESPACE}")
    yield Command("apply -f -", web)
    yield Command("apply -f -", web)
    yield Command("get deployments")
    yield Command("get deploy -o wide")
    yield Command("get deploy/web --show-labels")
    yield Command("get deploy web -o name")
    yield Command("get deploy web -o custom-columns=N:.metadata.name,R:.spec.replicas,I:.spec.template.spec.containers[*].image")
    yield Command("get deploy web -o jsonpath={.spec.template.spec.containers[0]}")
    yield Command("get deploy web -o yaml")
    yield Command("describe deployment web")
    yield Command("diff -f -", {**web, "spec": {**web["spec"], "replicas": 5}})
    yield Command("apply -f -", {**web, "spec": {**web["spec"], "replicas": 3}})
    yield Command("scale deploy web --replicas=4")
    yield Command("scale deploy web --replicas=4 --current-replicas=1")
    yield Command("set image deploy web c=nginx:2")
    yield Command("set env deploy/web A=b")
    yield Command("label deploy web tier=front")
    yield Command("label deploy web tier=back")
    yield Command("label deploy web tier=back --overwrite")
    yield Command("label deploy web tier-")
    yield Command("annotate deploy web note=x")
    yield Command('patch deploy web --patch {"spec":{"paused":true}}')
    yield Command('patch deploy web --type=json --patch [{"op":"remove","path":"/spec/paused"}]')
    yield Command('patch deploy web --patch {"spec":{"replicas":-1}}')
    yield Command("get deploy web -o jsonpath={.spec.replicas}{.metadata.generation}")
    yield Command("explain deployment.spec.replicas")
    yield Command("explain configmap")
    yield from _maps()
    yield from _server_side()
    yield from _customs()
    yield from _rights()
    yield Command("delete deploy web")
    yield Command("delete deploy web")
    yield Command("get all")


def _maps() -> Iterator[Command]:
    yield Command("create configmap settings --from-literal=a=b")
    yield Command("create configmap settings --from-literal=a=b")
    yield Command("get cm settings")
    yield Command("describe cm settings")
    yield Command("edit cm settings", editor="sed -i s/b/edited/")
    yield Command("get cm settings -o jsonpath={.data}")
    yield Command("replace -f -", {**config_map("settings"), "data": {"a": "replaced"}})
    yield Command("replace --force -f -", {**config_map("settings"), "data": {"a": "forced"}})
    yield Command("create secret generic hidden --from-literal=a=b")
    yield Command("get secret hidden")
    yield Command("describe secret hidden")
    yield Command("create -f -", {**config_map("strange"), "dta": {}})
    yield Command("create -f - --validate=false", {**config_map("strange"), "dta": {}})
    yield Command("create -f -", config_map("Bad_Name"))
    yield Command("create -f - --dry-run=server", config_map("dry"))
    yield Command("create -f - --dry-run=client", config_map("dry"))
    yield Command("get cm dry")
    yield Command("get cm strange settings nothing")
    yield Command("get cm -l a=b")
    yield Command("get cm --field-selector=metadata.name=settings")
    yield Command("wait --for=jsonpath={.data.a}=forced cm/settings --timeout=5s")
    yield Command("wait --for=create cm/settings --timeout=5s")
    yield Command("delete cm strange --wait=false")
    yield Command("wait --for=delete cm/strange --timeout=5s")
    yield Command("get nothing")
    yield Command("get cm settings -n nowhere")
    yield Command("apply -f -", {**config_map("stray"), "metadata": {"name": "stray", "namespace": "nowhere"}})


def _server_side() -> Iterator[Command]:
    owned = {**config_map("owned"), "data": {"a": "1"}}
    yield Command("apply --server-side -f -", owned)
    yield Command("apply --server-side -f - --field-manager=other", {**owned, "data": {"a": "2"}})
    yield Command("apply --server-side -f - --field-manager=other --force-conflicts", {**owned, "data": {"a": "2"}})
    yield Command("get cm owned -o yaml --show-managed-fields")
    yield Command("diff --server-side -f -", owned)
    yield Command("apply -f -", owned)
    yield Command("apply set-last-applied -f -", owned)
    yield Command("apply view-last-applied cm/owned")


def _customs() -> Iterator[Command]:
    foo = {"apiVersion": f"{GROUP}/v1", "kind": "Foo", "metadata": {"name": "one"}, "spec": {"color": "blue"}}
    yield Command("apply -f -", definition("foos"))
    yield Command(f"wait --for=condition=Established crd/foos.{GROUP} --timeout=10s")
    yield Command("apply -f -", foo)
    yield Command("apply -f -", foo)
    yield Command("get foos")
    yield Command("get fo -o wide")
    yield Command("get fo one -o yaml")
    yield Command("describe foo one")
    yield Command("explain foo.spec")
    yield Command("explain foo --recursive")
    yield Command("apply -f -", {**foo, "spec": {"color": "red", "replicas": -1}})
    yield Command("apply -f -", {**foo, "spec": {"colour": "red"}})
    yield Command(
        'patch foo one --subresource=status --type=merge --patch {"status":{"replicas":2,"conditions":[{"type":"Ready","status":"True"}]}}'
    )
    yield Command("wait --for=condition=Ready foo/one --timeout=5s")
    yield Command("wait --for=jsonpath={.status.replicas}=2 foo/one --timeout=5s")
    yield Command("scale foo one --replicas=6")
    yield Command("get foo one --subresource=scale")
    yield Command('patch foo one --patch {"spec":{"color":"x"}}')
    yield Command("get foos.v1.example.krofn.dev")
    yield Command("api-resources --api-group=example.krofn.dev")
    yield Command("delete foo one --cascade=orphan")
    yield Command(f"delete crd foos.{GROUP}")


def _rights() -> Iterator[Command]:
    yield Command("create serviceaccount robot")
    yield Command("create role reader --verb=get,list --resource=configmaps")
    yield Command(f"create rolebinding reader --role=reader --serviceaccount={NAMESPACE}:robot")
    robot = f"--as=system:serviceaccount:{NAMESPACE}:robot"
    yield Command(f"auth can-i list configmaps {robot}")
    yield Command(f"auth can-i delete configmaps {robot}")
    yield Command(f"get secrets {robot}")
    yield Command(f"get cm settings {robot}")
    yield Command("describe role reader")
    yield Command("describe rolebinding reader")
    yield Command("get rolebinding -o wide")
    yield Command("api-resources --api-group=apps")


_SHAPES = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r'(resourceVersion\\":\\")\d+'), r"\1#"),
    (re.compile(r"(resourceVersion: |Resource Version: +)\"?\d+\"?"), r"\1#"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "<time>"),
    (re.compile(r"(?<=\s)(\d+[smhd])+(?=\s|$)"), "<age>"),
    (re.compile(r"^W\d{4} [\d:.]+ +\d+ ", re.M), "W "),
    (re.compile(r"/tmp/\S*?(LIVE|MERGED)-\d+"), r"\1"),
    (re.compile(r"\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000"), ""),
    (re.compile(r"/tmp/\S+"), "<file>"),
    (re.compile(r"[ \t]+"), " "),
)


def normal(text: str) -> str:
    """What was printed without what differs between runs; columns are as wide as their ages, so blanks are one."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def session(binary: Path, kubeconfig: Path) -> dict[str, dict[str, Any]]:
    """What kubectl prints to each command, by number and line; the namespace is gone afterwards."""
    found: dict[str, dict[str, Any]] = {}
    base = [str(binary), f"--kubeconfig={kubeconfig}", f"--cache-dir={kubeconfig.parent / 'cache'}"]
    try:
        for number, command in enumerate(commands(), 1):
            stdin = None if command.stdin is None else yaml.safe_dump(command.stdin)
            environment = {"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent), "KUBE_EDITOR": command.editor}
            place = [] if "-n " in command.line else [f"--namespace={NAMESPACE}"]
            done = subprocess.run(
                [*base, *place, *command.line.split(" ")],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=60,
                env=environment,
                check=False,
            )
            found[f"{number:03d} {command.line}"] = {"code": done.returncode, "out": normal(done.stdout), "err": normal(done.stderr)}
    finally:
        subprocess.run([*base, "delete", "namespace", NAMESPACE, "--ignore-not-found"], capture_output=True, timeout=60, check=False)
    return found


def configure(kubeconfig: Path, server: str, token: str) -> None:
    """Writes a kubeconfig for a server whose certificate nobody signed."""
    cluster = {"server": server, **({"insecure-skip-tls-verify": True} if server.startswith("https") else {})}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": token} if token else {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    kubeconfig.write_text(yaml.safe_dump(config))


def recorded() -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = json.loads(TRANSCRIPT.read_text()) if TRANSCRIPT.exists() else {}
    return known
