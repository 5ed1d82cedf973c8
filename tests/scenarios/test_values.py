"""Values of objects reach no condition, Event, log or output, on both APIs: every kind of refusal is provoked with a marker in every value."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.support.client import Object, Refused, condition

FIRST, SECOND = "zq7one-alpha", "zq7two-beta"
"""What the instance says at first, and what makes every later write a refused one."""
V = "${schema.spec.marker}"
PAUSE = {"name": "main", "image": "example.com/pause", "command": ["run", V]}
LONG = f'{V}: "quoted"\n<and> \\ escaped'


def node(id: str, kind: str, api_version: str = "v1", labels: Any = None, **body: Any) -> Object:
    metadata = {"name": id, **({"labels": labels} if labels else {})}
    return {"id": id, "template": {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}}


def unchecked(text: str) -> str:
    """An expression whose type nobody knows before it is evaluated."""
    return "${json.unmarshal('{\"v\": ' + " + text + " + '}').v}"


def pod(**spec: Any) -> Object:
    return {"containers": [PAUSE], **spec}


RESOURCES = {
    # What exists and cannot become what the second marker makes of it.
    "selector": node(
        "selector",
        "Deployment",
        "apps/v1",
        spec={"selector": {"matchLabels": {"app": V}}, "template": {"metadata": {"labels": {"app": V}}, "spec": pod()}},
    ),
    "job": node("job", "Job", "batch/v1", spec={"template": {"spec": pod(restartPolicy="Never")}}),
    "running": node("running", "Pod", spec=pod(hostname=V)),
    "kept": node("kept", "ConfigMap", data={"v": V}, immutable=True),
    "sealed": node("sealed", "Secret", stringData={"v": LONG}, immutable=True),
    "typed": node("typed", "Secret", type=f"example.com/{V}", stringData={"v": V}),
    # What a policy, a webhook or the API server's checks refuse.
    "denied": node("denied", "ConfigMap", data={"v": V, "long": LONG}),
    "confided": node("confided", "Secret", stringData={"v": V, "long": LONG}),
    "hooked": node("hooked", "ConfigMap", labels={"hook": "yes"}, data={"v": V, "long": LONG}),
    "hookedsecret": node("hookedsecret", "Secret", labels={"hook": "yes"}, stringData={"v": V, "long": LONG}),
    "labelled": node("labelled", "ConfigMap", labels={"l": f"{V} {V}"}, data={"v": V}),
    "affinity": node("affinity", "Service", spec={"ports": [{"port": 80}], "sessionAffinity": V}),
    "port": node("port", "Service", spec={"ports": [{"port": "${schema.spec.port}", "name": V}]}),
    "quantity": node("quantity", "Pod", spec={"containers": [{**PAUSE, "resources": {"requests": {"cpu": V}}}]}),
    "converted": node(
        "converted",
        "Deployment",
        "apps/v1",
        spec={
            "replicas": unchecked("json.marshal(schema.spec.marker)"),
            "selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": pod()},
        },
    ),
    "custom": node("custom", "Strict", "@group/v1", spec={"mode": V, "text": V, "number": "${schema.spec.port}"}),
    "doubled": node("doubled", "Strict", "@group/v1", spec={"mode": "a", "text": "a", "list": [V, V]}),
    # What krofn itself cannot compute.
    "computed": node("computed", "ConfigMap", data={"v": "${string(int(schema.spec.marker))}"}),
    "keyed": node("keyed", "ConfigMap", data={"v": "${schema.spec.map[schema.spec.marker]}"}),
}
TOLD = {
    "selector": "field is immutable",
    "job": "field is immutable",
    "running": "pod updates may not change fields",
    "kept": "immutable",
    "sealed": "immutable",
    "typed": "field is immutable",
    "denied": "is not wanted here",
    "confided": "is not wanted here",
    "hooked": "does not please the webhook",
    "hookedsecret": "does not please the webhook",
    "labelled": "metadata.labels: Invalid value",
    "affinity": "spec.sessionAffinity: Unsupported value",
    "port": "must be between 1 and 65535",
    "quantity": "quantities must match",
    "converted": "spec.replicas",
    "custom": "spec.mode",
    "doubled": ".spec.list",
}
"""The rule that each refusal still tells. The emulator knows no webhooks and enforces fewer rules about updates."""
UPDATES = ("selector", "job", "running", "kept", "sealed", "typed")
KIND = {id: found["template"]["kind"] for id, found in RESOURCES.items()}


def strict(group: str) -> Object:
    """A kind whose own rules repeat what they refuse."""
    rules = [
        {"rule": "self.text == 'a'", "messageExpression": "'found ' + self.text"},
        {"rule": "!has(self.list) || size(self.list) < 2", "message": "list"},
    ]
    fields = {
        "mode": {"type": "string", "enum": ["a", "b"]},
        "text": {"type": "string", "pattern": "^a+$", "maxLength": 3},
        "number": {"type": "integer", "maximum": 65535},
        "list": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string", "maxLength": 3}, "maxItems": 9},
    }
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": fields, "x-kubernetes-validations": rules}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"stricts.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Strict", "plural": "stricts"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def policies(world: World) -> list[Object]:
    """Policies whose words repeat what they refuse, in its own words and in others'."""
    spec = {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps", "secrets"], "operations": ["CREATE", "UPDATE"]}
            ],
        },
        "validations": [
            {
                "expression": "!(object.metadata.name in ['denied', 'confided', 'probe'])",
                "messageExpression": "'the value ' + object.data.v + ' (' + object.data[?'long'].orValue('').replace('\\n', '/')"
                " + '), in short ' + object.data.v.substring(0, 8) + '..., is not wanted here'",
            }
        ],
    }
    return [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": world.tag},
            "spec": spec,
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": world.tag},
            "spec": {"policyName": world.tag, "validationActions": ["Deny"]},
        },
    ]


class Hook(BaseHTTPRequestHandler):
    """Refuses whatever it is shown, in the object's own words."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = review["request"]["object"]["data"]
        plain = (
            {key: base64.b64decode(value).decode() for key, value in data.items()}
            if review["request"]["kind"]["kind"] == "Secret"
            else data
        )
        words = f"{json.dumps(data)}, {json.dumps(json.dumps(plain))}, {plain['v']}, {plain['long']!r} does not please the webhook"
        answer = {"uid": review["request"]["uid"], "allowed": False, "status": {"message": words, "code": 422}}
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def webhook(world: World, directory: Path) -> Iterator[None]:
    """A webhook on loopback that the API server asks about what is labelled ``hook``."""
    key, certificate = directory / "hook.key", directory / "hook.crt"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
        *subject,
    ]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": world.tag},
        "webhooks": [
            {
                "name": "hook.example.com",
                "clientConfig": {
                    "url": f"https://127.0.0.1:{server.server_port}/",
                    "caBundle": base64.b64encode(certificate.read_bytes()).decode(),
                },
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps", "secrets"], "operations": ["CREATE"]}],
                "objectSelector": {"matchLabels": {"hook": "yes"}},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    try:
        world.client.apply(configuration)
        _refused(world, {"metadata": {"name": "probe-hook", "labels": {"hook": "yes"}}, "data": {"v": "v", "long": "l"}})
        yield
    finally:
        world.client.delete(configuration)
        server.shutdown()
        thread.join()
        server.server_close()


def _refused(world: World, body: Object) -> None:
    """Waits until the API server refuses an object."""
    probe = {"apiVersion": "v1", "kind": "ConfigMap", **body, "metadata": {**body["metadata"], "namespace": world.namespace}}

    def in_force(_: Object | None) -> bool:
        try:
            world.client.apply(probe)
        except Refused:
            return True
        world.client.delete(probe)
        return False

    world.client.wait(probe, in_force, what="refused")


def forms(value: str) -> set[str]:
    """What must be nowhere: the value, its beginning, and what base64 makes of it and of what begins with it."""
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    return {value, value[:7], encoded[:-3], value.encode().hex(), " ".join(str(byte) for byte in value.encode())}


@pytest.mark.difference("C")
@pytest.mark.difference("C")
def test_no_value_of_an_object_reaches_a_condition_an_event_or_a_log(world: World, tmp_path: Path) -> None:
    real = world.backend.name == "real"
    group = f"strict.{world.group}"
    crd = strict(group)
    resources = json.loads(json.dumps(list(RESOURCES.values())).replace("@group", group))
    world.cleanup.append(crd)
    world.client.apply(crd)
    world.client.wait_condition(crd, "Established")
    rgd = world.rgd("Teller", spec={"marker": "string", "port": "integer", "map": "map[string]string"}, resources=resources)
    denials = policies(world)
    world.cleanup += denials
    world.client.apply(*denials)
    _refused(world, {"metadata": {"name": "probe"}, "data": {"v": "0123456789"}})
    world.install(rgd)
    instance = world.instance(rgd, "a", {"marker": FIRST, "port": 70123, "map": {"k": "v"}})
    world.cleanup.append(instance)
    start = world.functions.log_size()

    def conclude(expected: set[str]) -> str:
        def told(found: Object | None) -> bool:
            conditions = (found or {}).get("status", {}).get("conditions") or []
            ready = next((item for item in conditions if item["type"] == "ResourcesReady"), {})
            return (
                found is not None
                and ready.get("observedGeneration") == found["metadata"]["generation"]
                and all(f'node "{id}": ' in ready.get("message", "") for id in expected)
            )

        found = world.client.wait(instance, told, what=f"telling of {sorted(expected)}", timeout=40)
        assert found is not None
        for id in expected & set(TOLD):
            line = next(line for line in condition(found, "ResourcesReady")["message"].split('node "') if line.startswith(f'{id}"'))
            assert f"{KIND[id]} {world.namespace}/{id}: " in line
            assert TOLD[id] in line, line
        return json.dumps(found["status"])

    def everything(status: str) -> str:
        events = [item for item in world.client.list("v1", "Event") if item.get("source", {}).get("component", "").startswith("krofn")]
        definition = world.client.get("kro.run/v1alpha1", "ResourceGraphDefinition", rgd["metadata"]["name"]) or {}
        return "\n".join(
            [
                status,
                json.dumps(events),
                json.dumps(definition.get("status")),
                world.functions.log_since(start),
                shown(world, rgd, tmp_path),
            ]
        )

    refused = set(TOLD) - set(UPDATES) - (set() if real else {"hooked", "hookedsecret"})
    if real:
        with webhook(world, tmp_path):
            world.client.apply(instance)
            told = everything(conclude(refused))
    else:
        world.client.apply(instance)
        told = everything(conclude(refused))
    leaks = {form for form in forms(FIRST) if form in told}
    assert not leaks, [told[max(0, told.index(form) - 300) : told.index(form) + 100] for form in leaks]
    world.client.apply({**instance, "spec": {**instance["spec"], "marker": SECOND}})
    later = set(UPDATES) if real else {"kept", "sealed"}
    told = everything(conclude(later))
    leaks = {form for value in (FIRST, SECOND) for form in forms(value) if form in told}
    assert not leaks, [told[max(0, told.index(form) - 300) : told.index(form) + 100] for form in leaks]


def shown(world: World, rgd: Object, directory: Path) -> str:
    """What the command line says about the definition, asked against the cluster."""
    file = directory / "rgd.json"
    file.write_text(json.dumps(rgd))
    command = [sys.executable, "-m", "local_emulator.cli.main", "validate", "-f", str(file), "--kubeconfig", str(world.backend.kubeconfig)]
    done = subprocess.run([*command, "--context", world.backend.contexts["definition"]], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
