"""What the API server refuses in Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from local_emulator.core.codec import encode
from local_emulator.core.status import Cause
from local_emulator.objects.builtin.facts import ENUMS
from local_emulator.objects.model.labels import check_labels
from local_emulator.objects.model.wording import (
    SUBDOMAIN,
    SUBDOMAIN_TEXT,
    duplicate,
    forbidden,
    invalid,
    key_fault,
    port_number,
    required,
    unsupported,
)

Struct = dict[str, Any]

_PORT_NAME_ALPHABET = re.compile(r"^[a-z0-9-]*$")


def check_service(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    ports, kind = spec.get("ports", []), spec["type"]
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    if kind == "ExternalName" and not spec.get("externalName"):
        yield required("spec.externalName")
    elif kind == "ExternalName" and not SUBDOMAIN.match(spec["externalName"]):
        yield invalid("spec.externalName", spec["externalName"], SUBDOMAIN_TEXT)
    yield from check_labels(spec.get("selector"), "spec.selector")
    names: set[str] = set()
    seen: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        where = f"spec.ports[{index}]"
        name = port.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{where}.name")
        elif name:
            fault = key_fault(name, label=True)
            if fault:
                yield invalid(f"{where}.name", name, fault)
            if name in names:
                yield duplicate(f"{where}.name", name)
            names.add(name)
        yield from port_number(f"{where}.port", port["port"])
        if port["protocol"] not in ENUMS["ServicePort.protocol"]:
            yield unsupported(f"{where}.protocol", port["protocol"], ENUMS["ServicePort.protocol"])
        yield from _target_port(f"{where}.targetPort", port["targetPort"])
    if spec["sessionAffinity"] not in ENUMS["ServiceSpec.sessionAffinity"]:
        yield unsupported("spec.sessionAffinity", spec["sessionAffinity"], ENUMS["ServiceSpec.sessionAffinity"])
    if kind not in ENUMS["ServiceSpec.type"]:
        yield unsupported("spec.type", kind, ENUMS["ServiceSpec.type"])
    for index, port in enumerate(ports):
        key = (port["protocol"], port["port"])
        if key in seen:
            shown = {"protocol": port["protocol"], "port": port["port"]}
            yield Cause(f"spec.ports[{index}]", f"Duplicate value: {encode(shown).decode()}", "FieldValueDuplicate")
        seen.add(key)
        if port.get("nodePort") and kind not in ("NodePort", "LoadBalancer"):
            yield forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")


def _target_port(where: str, value: Any) -> Iterator[Cause]:
    if isinstance(value, int):
        yield from port_number(where, value)
        return
    if len(value) > 15:
        yield invalid(where, value, "must be no more than 15 characters")
    if not _PORT_NAME_ALPHABET.match(value):
        yield invalid(where, value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", value):
        yield invalid(where, value, "must contain at least one letter (a-z)")
    if value.startswith("-") or value.endswith("-"):
        yield invalid(where, value, "must not begin or end with a hyphen")
    if "--" in value:
        yield invalid(where, value, "must not contain consecutive hyphens")


def _ingress_backend(backend: Struct, where: str) -> Iterator[Cause]:
    service = backend.get("service")
    if service is None and "resource" not in backend:
        yield required(where, "port name or number is required")
    if service is not None:
        if not service.get("name"):
            yield required(f"{where}.service.name")
        port = service["port"]
        if not port.get("name") and not port.get("number"):
            yield required(where, "port name or number is required")
        elif port.get("number"):
            yield from port_number(f"{where}.service.port.number", port["number"])


def check_ingress(obj: Struct) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("rules") and "defaultBackend" not in spec:
        yield invalid("spec", [], "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _ingress_backend(spec["defaultBackend"], "spec.defaultBackend")
    name = spec.get("ingressClassName")
    if name is not None and not SUBDOMAIN.match(name):
        yield invalid("spec.ingressClassName", name, SUBDOMAIN_TEXT)
    for index, rule in enumerate(spec.get("rules", ())):
        host = rule.get("host", "")
        if host and not host.startswith("*") and not SUBDOMAIN.match(host):
            yield invalid(f"spec.rules[{index}].host", host, SUBDOMAIN_TEXT)
        http = rule.get("http")
        if http is not None and not http.get("paths"):
            yield required(f"spec.rules[{index}].http.paths")
        for position, path in enumerate((http or {}).get("paths") or ()):
            where = f"spec.rules[{index}].http.paths[{position}]"
            kind = path.get("pathType")
            if kind is None:
                yield required(f"{where}.pathType", "pathType must be specified")
                continue
            if kind not in ENUMS["HTTPIngressPath.pathType"]:
                yield unsupported(f"{where}.pathType", kind, ("Exact", "ImplementationSpecific", "Prefix"))
            elif kind != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                yield invalid(f"{where}.path", path.get("path", ""), "must be an absolute path")
            yield from _ingress_backend(path["backend"], f"{where}.backend")


def check_network_policy(obj: Struct) -> Iterator[Cause]:
    """Peers and ports; what the policy applies to is checked by its schema."""
    spec = obj["spec"]
    for member, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(member, ())):
            where = f"spec.{member}[{index}]"
            for position, port in enumerate(rule.get("ports", ())):
                number, place = port.get("port"), f"{where}.ports[{position}]"
                if port.get("protocol", "TCP") not in ("TCP", "UDP", "SCTP"):
                    yield unsupported(f"{place}.protocol", port["protocol"], ("TCP", "UDP", "SCTP"))
                if isinstance(number, int):
                    yield from port_number(f"{place}.port", number)
            for position, peer in enumerate(rule.get(side, ())):
                yield from _check_peer(peer, f"{where}.{side}[{position}]")
    yield from _check_types(spec.get("policyTypes", ()))


def _check_types(kinds: Any) -> Iterator[Cause]:
    for index, kind in enumerate(kinds):
        if kind not in ("Ingress", "Egress"):
            yield unsupported(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress"))


def _check_peer(peer: Struct, where: str) -> Iterator[Cause]:
    block = peer.get("ipBlock")
    if not peer:
        yield required(where, "must specify a peer")
    elif block is not None and len(peer) > 1:
        yield forbidden(where, "may not specify both ipBlock and another peer")
    elif block is not None:
        network = _network(block.get("cidr", ""))
        if network is None:
            yield invalid(f"{where}.ipBlock.cidr", block.get("cidr", ""), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
            return
        for index, text in enumerate(block.get("except", ())):
            inner = _network(text)
            if inner is None or inner == network or inner.version != network.version or not inner.subnet_of(network):  # type: ignore[arg-type]
                yield invalid(f"{where}.ipBlock.except[{index}]", text, "must be a strict subset of `cidr`")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
