"""What the API server asks of pods, and of the parts that other kinds have in common with them, as far as it is certain."""

from __future__ import annotations

from collections.abc import Iterator

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import duplicate, forbidden, invalid, not_supported, required
from graphcore.openapi.object_names import label_1123_faults, label_key_faults, label_value_faults, port_faults
from graphcore.openapi.partial import Part
from graphcore.openapi.quantities import resource_faults

Faults = Iterator[Problem]

_LABEL_LIMIT = 63
_PORT_NAME_LIMIT = 15
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_SOURCES = (("configMap", "name"), ("secret", "secretName"), ("persistentVolumeClaim", "claimName"))


def missing(part: Part, *names: str) -> Faults:
    """Members that an object which is written must have."""
    for name in names:
        if part.written and part[name].absent:
            yield required(part[name].path)


def negative(part: Part, *names: str) -> Faults:
    for name in names:
        number = part[name].number
        if number is not None and number < 0:
            yield invalid(part[name].path, number, "must be greater than or equal to 0")


def port(part: Part, *, named: bool = True) -> Faults:
    """A port by number or, if ``named``, by name."""
    if part.number is not None:
        yield from (invalid(part.path, part.number, fault) for fault in port_faults(part.number))
    elif named and part.text and len(part.text) > _PORT_NAME_LIMIT:
        yield invalid(part.path, part.text, f"must be no more than {_PORT_NAME_LIMIT} characters")


def labels(part: Part) -> Faults:
    """Keys of labels, and the values that are written."""
    for name, value in part.members:
        yield from (invalid(part.path, name, fault) for fault in label_key_faults(name))
        if value.text is not None:
            yield from (invalid(part.path, value.text, fault) for fault in label_value_faults(value.text))


def pod_spec(spec: Part, restart: tuple[str, ...] = ("Always", "OnFailure", "Never"), *, claims: bool = False) -> Faults:
    """restart: the policies that are possible here. claims: volumes may come from claims that are made for each pod."""
    if not spec.written:
        return
    policy = spec["restartPolicy"].text
    if policy and policy not in restart:
        yield not_supported(spec["restartPolicy"].path, policy, restart)
    yield from missing(spec, "containers")
    yield from _volumes(spec["volumes"])
    volumes = None if claims else _names(spec["volumes"])
    names: set[str] = set()
    for container in [*spec["initContainers"].items, *spec["containers"].items]:
        if container.written:
            yield from _container(container, volumes)
            yield from _again(container["name"], names)


def _names(part: Part) -> set[str] | None:
    """Names of the elements of a list; None where one is not certain."""
    if part.absent:
        return set()
    names = [item["name"].text for item in part.items]
    return None if None in names or not isinstance(part.value, list) else {name for name in names if name}


def _again(name: Part, names: set[str]) -> Faults:
    if name.text:
        if name.text in names:
            yield duplicate(name.path, name.text)
        names.add(name.text)


def _label(part: Part) -> Faults:
    if part.text:
        faults = [f"must be no more than {_LABEL_LIMIT} bytes"] if len(part.text) > _LABEL_LIMIT else label_1123_faults(part.text)
        yield from (invalid(part.path, part.text, fault) for fault in faults)


def _volumes(volumes: Part) -> Faults:
    names: set[str] = set()
    for volume in volumes.items:
        if not volume.written:
            continue
        yield from missing(volume, "name")
        yield from _label(volume["name"])
        yield from _again(volume["name"], names)
        for source, member in _SOURCES:
            yield from missing(volume[source], member)
        # An empty source such as emptyDir: {} counts; one that is computed may turn out as none.
        kinds = [name for name, member in volume.members if name != "name" and member.written]
        if len(kinds) > 1:
            yield forbidden(f"{volume.path}.{kinds[1]}", "may not specify more than 1 volume type")


def _container(container: Part, volumes: set[str] | None) -> Faults:
    yield from missing(container, "name", "image")
    yield from _label(container["name"])
    for item in container["ports"].items:
        yield from missing(item, "containerPort")
        yield from port(item["containerPort"], named=False)
        if item["hostPort"].number:
            yield from port(item["hostPort"], named=False)
        name = item["name"].text
        if name and len(name) > _PORT_NAME_LIMIT:
            yield invalid(item["name"].path, name, f"must be no more than {_PORT_NAME_LIMIT} characters")
    for item in container["env"].items:
        yield from missing(item, "name")
        source = item["valueFrom"]
        for member in ("configMapKeyRef", "secretKeyRef"):
            yield from missing(source[member], "name", "key")
        if source.written and item["value"].text:
            yield invalid(source.path, "", "may not be specified when `value` is not empty")
    for item in container["volumeMounts"].items:
        yield from missing(item, "name", "mountPath")
        name = item["name"].text
        if name and volumes is not None and name not in volumes:
            yield Problem("FieldValueNotFound", f'Not found: "{name}"', path=item["name"].path)
    yield from resource_faults(container["resources"])
    for name in _PROBES:
        yield from _probe(container[name])


def _probe(probe: Part) -> Faults:
    if not probe.written:
        return
    handlers = [name for name in _HANDLERS if probe[name].written]
    if all(probe[name].unset for name in _HANDLERS):
        yield required(probe.path, "must specify a handler type")
    if len(handlers) > 1:
        yield forbidden(f"{probe.path}.{handlers[1]}", "may not specify more than 1 handler type")
    yield from missing(probe["httpGet"], "port")
    yield from missing(probe["tcpSocket"], "port")
    for name in ("httpGet", "tcpSocket", "grpc"):
        yield from port(probe[name]["port"])
    yield from negative(probe, "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
