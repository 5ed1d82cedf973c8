"""What the API server takes back by itself when an object changes its nature, before it validates the change."""

from __future__ import annotations

from typing import Any

Struct = dict[str, Any]

_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


def settle_service(obj: Struct, old: Struct) -> None:
    """Drops from a Service what only its former type needed and nobody changed: a client that changes the type alone means that."""
    new, was = obj["spec"], old.get("spec", {})
    if new["type"] == was.get("type"):
        return
    if was.get("type") in _WITH_NODE_PORTS and new["type"] not in _WITH_NODE_PORTS:
        if _node_ports(new) == _node_ports(was):
            for port in new.get("ports", ()):
                port.pop("nodePort", None)
        _drop_same(new, was, "externalTrafficPolicy", "healthCheckNodePort")
    if was.get("type") == "LoadBalancer":
        _drop_same(new, was, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if new["type"] == "ExternalName":
        _drop_same(new, was, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")


def _node_ports(spec: Struct) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports", ()) if port.get("nodePort")}


def _drop_same(new: Struct, was: Struct, *names: str) -> None:
    for name in names:
        if name in new and new[name] == was.get(name):
            del new[name]
