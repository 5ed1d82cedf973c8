"""What the API server refuses in pods and pod templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from local_emulator.core.status import Cause
from local_emulator.objects.builtin.facts import ENUMS
from local_emulator.objects.model.quantity import parse
from local_emulator.objects.model.wording import duplicate, forbidden, invalid, key_fault, not_found, port_number, required, unsupported

Struct = dict[str, Any]

_VOLUMES = (
    "emptyDir",
    "hostPath",
    "secret",
    "nfs",
    "persistentVolumeClaim",
    "downwardAPI",
    "configMap",
    "projected",
    "csi",
    "ephemeral",
    "image",
)
"""The order in which the API server looks at the kinds of volumes: the second one it finds is refused."""

_NAMED = (("configMap", "name"), ("secret", "secretName"), ("persistentVolumeClaim", "claimName"))
_VARIABLE = re.compile(r"^[ -<>-~]+$")
_VARIABLE_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_RESTART_POLICIES = ("Always", "OnFailure", "Never")


def check_template(
    template: Struct, where: str, restart: tuple[str, ...], *, job: bool = False, claims: Set[str] = frozenset()
) -> Iterator[Cause]:
    """A pod template whose restart policy must be one of ``restart``. claims: names of volumes that each pod is given."""
    spec = template["spec"]
    yield from check_pod_spec(spec, f"{where}.spec", claims)
    policy = spec.get("restartPolicy", "")
    if policy not in restart:
        if job and policy in _RESTART_POLICIES:
            yield Cause(
                f"{where}.spec.restartPolicy",
                f"Required value: valid values: {', '.join(chr(34) + one + chr(34) for one in restart)}",
                "FieldValueRequired",
            )
        elif not job:
            yield unsupported(f"{where}.spec.restartPolicy", policy, restart)


def check_pod_spec(spec: Struct, where: str, claims: Set[str] = frozenset()) -> Iterator[Cause]:
    """The spec of a pod. claims: names of volumes that it has besides its own."""
    volumes: set[str] = set()
    for index, volume in enumerate(spec.get("volumes", ())):
        place, name = f"{where}.volumes[{index}]", volume.get("name", "")
        if not name:
            yield required(f"{place}.name")
        elif key_fault(name, label=True):
            yield invalid(f"{place}.name", name, key_fault(name, label=True))
        elif name in volumes:
            yield duplicate(f"{place}.name", name)
        volumes.add(name)
        for kind, member in _NAMED:
            if kind in volume and not volume[kind].get(member):
                yield required(f"{place}.{kind}.{member}")
        if len(volume) > 2:
            second = sorted(set(volume) - {"name"}, key=lambda kind: (_VOLUMES.index(kind) if kind in _VOLUMES else len(_VOLUMES), kind))[1]
            yield forbidden(f"{place}.{second}", "may not specify more than 1 volume type")
    volumes |= claims
    names: set[str] = set()
    if not spec.get("containers"):
        yield required(f"{where}.containers")
    for index, container in enumerate(spec.get("containers") or ()):
        yield from _check_container(container, f"{where}.containers[{index}]", volumes, names)
    for index, container in enumerate(spec.get("initContainers", ())):
        yield from _check_container(container, f"{where}.initContainers[{index}]", volumes, names)
    for index, toleration in enumerate(spec.get("tolerations", ())):
        yield from _check_toleration(toleration, f"{where}.tolerations[{index}]")
    if spec.get("restartPolicy") not in _RESTART_POLICIES:
        yield unsupported(f"{where}.restartPolicy", spec.get("restartPolicy", ""), _RESTART_POLICIES)
    if spec.get("dnsPolicy") not in ENUMS["PodSpec.dnsPolicy"]:
        yield unsupported(f"{where}.dnsPolicy", spec.get("dnsPolicy", ""), ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"))


def _check_container(container: Struct, where: str, volumes: set[str], names: set[str]) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield required(f"{where}.name")
    elif key_fault(name, label=True):
        yield invalid(f"{where}.name", name, key_fault(name, label=True))
    if not container.get("image"):
        yield required(f"{where}.image")
    yield from _check_ports(container.get("ports", ()), f"{where}.ports")
    for index, variable in enumerate(container.get("env", ())):
        yield from _check_variable(variable, f"{where}.env[{index}]")
    for source in container.get("envFrom", ()):
        sources = [member for member in ("configMapRef", "secretRef") if member in source]
        if len(sources) != 1:
            few = "must specify one of: `configMapRef` or `secretRef`"
            yield invalid(f"{where}.envFrom", "", "may not have more than one field specified at a time" if sources else few)
    yield from _check_mounts(container.get("volumeMounts", ()), f"{where}.volumeMounts", volumes)
    if container["imagePullPolicy"] not in ENUMS["Container.imagePullPolicy"]:
        yield unsupported(f"{where}.imagePullPolicy", container["imagePullPolicy"], ENUMS["Container.imagePullPolicy"])
    yield from _check_resources(container["resources"], f"{where}.resources")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            yield from _check_probe(container[probe], f"{where}.{probe}")
    if container.get("livenessProbe", {}).get("successThreshold", 1) > 1:
        yield invalid(f"{where}.livenessProbe.successThreshold", container["livenessProbe"]["successThreshold"], "must be 1")
    user = container.get("securityContext", {}).get("runAsUser", 0)
    if user < 0:
        yield invalid(f"{where}.securityContext.runAsUser", user, "must be between 0 and 2147483647, inclusive")
    if name and name in names:
        yield duplicate(f"{where}.name", name)
    names.add(name)


def _check_ports(ports: Any, where: str) -> Iterator[Cause]:
    names: set[str] = set()
    for index, port in enumerate(ports):
        name = port.get("name", "")
        if len(name) > 15:
            yield invalid(f"{where}[{index}].name", name, "must be no more than 15 characters")
        elif name:
            if name in names:
                yield duplicate(f"{where}[{index}].name", name)
            names.add(name)
        if not port.get("containerPort"):
            yield required(f"{where}[{index}].containerPort")
        else:
            yield from port_number(f"{where}[{index}].containerPort", port["containerPort"])
        if port.get("hostPort"):
            yield from port_number(f"{where}[{index}].hostPort", port["hostPort"])
        if port["protocol"] not in ENUMS["ContainerPort.protocol"]:
            yield unsupported(f"{where}[{index}].protocol", port["protocol"], ENUMS["ContainerPort.protocol"])


def _check_variable(variable: Struct, where: str) -> Iterator[Cause]:
    if not variable.get("name"):
        yield required(f"{where}.name")
    elif not _VARIABLE.match(variable["name"]):
        yield invalid(f"{where}.name", variable["name"], _VARIABLE_TEXT)
    source = variable.get("valueFrom")
    if source is not None:
        if variable.get("value"):
            yield invalid(f"{where}.valueFrom", "", "may not be specified when `value` is not empty")
        if not source:
            yield invalid(
                f"{where}.valueFrom",
                "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            )
        elif len(source) > 1:
            yield invalid(f"{where}.valueFrom", "", "may not have more than one field specified at a time")
        for member in ("configMapKeyRef", "secretKeyRef"):
            if member in source:
                for part in ("name", "key"):
                    if not source[member].get(part):
                        yield required(f"{where}.valueFrom.{member}.{part}")


def _check_mounts(mounts: Any, where: str, volumes: set[str]) -> Iterator[Cause]:
    paths: set[str] = set()
    for index, mount in enumerate(mounts):
        name, path = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{where}[{index}].name")
        elif name not in volumes:
            yield not_found(f"{where}[{index}].name", name)
        if not path:
            yield required(f"{where}[{index}].mountPath")
        elif path in paths:
            yield invalid(f"{where}[{index}].mountPath", path, "must be unique")
        paths.add(path)


def _check_resources(resources: Struct, where: str) -> Iterator[Cause]:
    limits = resources.get("limits", {})
    for member in ("limits", "requests"):
        for name, amount in resources.get(member, {}).items():
            if parse(amount)[0] < 0:
                yield invalid(f"{where}.{member}[{name}]", amount, "must be greater than or equal to 0")
    for name, amount in resources.get("requests", {}).items():
        if name in limits and parse(amount)[0] > parse(limits[name])[0]:
            yield invalid(f"{where}.requests", amount, f"must be less than or equal to {name} limit of {limits[name]}")


def _check_toleration(toleration: Struct, where: str) -> Iterator[Cause]:
    effect, operator = toleration.get("effect", ""), toleration.get("operator", "")
    if not toleration.get("key") and operator != "Exists":
        yield invalid(
            f"{where}.operator", operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        )
    if "tolerationSeconds" in toleration and effect != "NoExecute":
        yield invalid(f"{where}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    if operator == "Exists" and toleration.get("value"):
        yield invalid(f"{where}.operator", toleration["value"], "value must be empty when `operator` is 'Exists'")
    if operator not in ("", "Equal", "Exists"):
        yield unsupported(f"{where}.operator", operator, ("Equal", "Exists"))
    if effect and effect not in ENUMS["Toleration.effect"]:
        yield unsupported(f"{where}.effect", effect, ("NoSchedule", "PreferNoSchedule", "NoExecute"))


def _check_probe(probe: Struct, where: str) -> Iterator[Cause]:
    handlers = [member for member in ("exec", "httpGet", "tcpSocket", "grpc") if member in probe]
    if not handlers:
        yield required(where, "must specify a handler type")
    elif len(handlers) > 1:
        yield forbidden(f"{where}.{handlers[1]}", "may not specify more than 1 handler type")
    if handlers == ["exec"] and not probe["exec"].get("command"):
        yield required(f"{where}.exec.command")
    for handler in handlers[:1] if handlers[:1] != ["exec"] else ():
        port, place = probe[handler].get("port") or 0, f"{where}.{handler}.port"
        if not isinstance(port, str):
            yield from port_number(place, port)
        elif len(port) > 15:
            yield invalid(place, port, "must be no more than 15 characters")
    for member in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if probe.get(member, 0) < 0:
            yield invalid(f"{where}.{member}", probe[member], "must be greater than or equal to 0")
