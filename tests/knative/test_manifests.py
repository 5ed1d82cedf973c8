"""What ``knative/`` deploys exists in the code: images, targets, filters, settings, addresses and permissions."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.platform.events import FUNCTION_ROLES, Role
from functions.platform.settings import load
from local_emulator.cli.install import crds
from local_emulator.cli.supervisor import BRIDGE, FUNCTIONS

ROOT = Path(__file__).parent.parent.parent
BASE = ROOT / "knative"
KUSTOMIZATION = yaml.safe_load((BASE / "kustomization.yaml").read_text())
NAMESPACE = "krofn-system"
CLUSTER_SCOPED = {"CustomResourceDefinition", "Namespace", "ClusterRole", "ClusterRoleBinding"}

Object = dict[str, Any]


def objects() -> list[Object]:
    return [item for name in KUSTOMIZATION["resources"] for item in yaml.safe_load_all((BASE / name).read_text()) if item]


def of_kind(kind: str, group: str = "") -> list[Object]:
    return [item for item in objects() if item["kind"] == kind and item["apiVersion"].startswith(group)]


def containers() -> dict[str, Object]:
    services = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in of_kind("Service", "serving.knative.dev/")}
    sources = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in of_kind("ContainerSource")}
    return services | sources


def test_every_file_is_deployed_and_every_object_is_complete() -> None:
    listed = {str(Path(name)) for name in KUSTOMIZATION["resources"]}
    present = {str(path.relative_to(BASE)) for path in BASE.rglob("*.yaml")} - {"kustomization.yaml"}
    assert listed == present
    for item in objects():
        assert item["apiVersion"]
        assert item["metadata"]["name"]
        assert ("namespace" in item["metadata"]) == (item["kind"] not in CLUSTER_SCOPED), item["metadata"]["name"]
        assert item["metadata"].get("namespace", NAMESPACE) == NAMESPACE
    names = Counter((item["apiVersion"], item["kind"], item["metadata"]["name"]) for item in objects())
    assert max(names.values()) == 1


def test_one_service_per_function_and_one_source_for_the_bridge_run_applications_that_exist() -> None:
    assert set(containers()) == {f"krofn-{name}" for name in (*FUNCTIONS, BRIDGE)}
    images = {image["name"] for image in KUSTOMIZATION["images"]}
    accounts = {item["metadata"]["name"] for item in of_kind("ServiceAccount")}
    settings = {item["metadata"]["name"] for item in of_kind("ConfigMap")}
    for name, template in containers().items():
        (container,) = template["containers"]
        assert container["image"] in images
        module, attribute = container["args"][0].split(":")
        assert module == f"functions.{name.removeprefix('krofn-')}.main"
        assert callable(getattr(importlib.import_module(module), attribute))
        assert container["args"][1:] == ["--host", "0.0.0.0", "--port", str(container["ports"][0]["containerPort"])]
        assert template["serviceAccountName"] == name
        assert name in accounts
        assert {item["configMapRef"]["name"] for item in container["envFrom"]} <= settings
        security = container["securityContext"]
        assert (security["runAsNonRoot"], security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, True, False)
        assert security["capabilities"] == {"drop": ["ALL"]}


def test_settings_are_settings() -> None:
    for item in of_kind("ConfigMap"):
        assert set(item["data"]) <= {name for name in item["data"] if name.startswith("KROFN_")}
        loaded = load(item["data"])
        for name in item["data"]:
            assert hasattr(loaded, name.removeprefix("KROFN_").lower()), name


def test_triggers_send_every_role_to_the_function_that_takes_it() -> None:
    wired = {item["spec"]["filter"]["attributes"]["krorole"]: item["spec"]["subscriber"]["ref"]["name"] for item in of_kind("Trigger")}
    assert wired == {role.value: f"krofn-{function}" for function, roles in FUNCTION_ROLES.items() for role in roles}
    assert set(wired) == {role.value for role in Role}
    brokers = {item["metadata"]["name"] for item in of_kind("Broker")}
    addresses = {item["metadata"]["name"] for item in of_kind("Service", "v1")}
    for item in of_kind("Trigger"):
        assert item["spec"]["broker"] in brokers
        delivery = item["spec"]["delivery"]
        assert {key: delivery[key] for key in ("retry", "backoffPolicy", "backoffDelay", "timeout")} == {
            "retry": 3,
            "backoffPolicy": "exponential",
            "backoffDelay": "PT0.2S",
            "timeout": "PT30S",
        }
        assert delivery["deadLetterSink"]["ref"]["name"] in addresses
        assert delivery["deadLetterSink"]["uri"] == "/dead-letters"


def test_the_bridge_answers_where_probes_and_dead_letters_look() -> None:
    from functions.bridge.main import Inlet, application
    from functions.platform.settings import Settings
    from functions.platform.telemetry import Telemetry

    app = application(Inlet(Settings(), None, None, Telemetry("bridge")))  # type: ignore[arg-type]
    paths = {route.path for route in app.routes}  # type: ignore[attr-defined]
    (container,) = containers()["krofn-bridge"]["containers"]
    probed = {container[probe]["httpGet"]["path"] for probe in ("readinessProbe", "livenessProbe")}
    dead_letters = {item["spec"]["delivery"]["deadLetterSink"]["uri"] for item in of_kind("Trigger")}
    assert probed | dead_letters <= paths


def test_what_makes_events_knows_the_broker() -> None:
    (source,) = of_kind("ContainerSource")
    (binding,) = of_kind("SinkBinding")
    (broker,) = of_kind("Broker")
    for item in (source, binding):
        assert item["spec"]["sink"]["ref"]["name"] == broker["metadata"]["name"]
    assert binding["spec"]["subject"]["name"] == "krofn-fanout"


def test_roles_are_bound_and_allow_what_the_code_asks() -> None:
    roles = {item["metadata"]["name"]: item for item in of_kind("ClusterRole")}
    bound: dict[str, list[str]] = {}
    for item in of_kind("ClusterRoleBinding"):
        assert item["roleRef"]["name"] in roles
        for subject in item["subjects"]:
            bound.setdefault(subject["name"], []).append(item["roleRef"]["name"])
    assert set(bound) == {f"krofn-{name}" for name in (*FUNCTIONS, BRIDGE)}
    assert roles["krofn-kinds"]["aggregationRule"]["clusterRoleSelectors"] == [
        {"matchLabels": {"rbac.kro.run/aggregate-to-controller": "true"}}
    ]

    def allowed(function: str, group: str, resource: str) -> set[str]:
        rules = [rule for role in bound[f"krofn-{function}"] for rule in roles[role]["rules"]]
        return {verb for rule in rules if group in rule["apiGroups"] and resource in rule["resources"] for verb in rule["verbs"]}

    assert allowed("bridge", "kro.run", "resourcegraphdefinitions") == {"get", "list", "watch"}
    assert allowed("bridge", "internal.kro.run", "graphrevisions") == {"get", "list", "watch"}
    assert allowed("bridge", "apiextensions.k8s.io", "customresourcedefinitions") == {"get", "list", "watch"}
    assert allowed("instance", "internal.kro.run", "graphrevisions") == {"get"}
    assert allowed("instance", "apiextensions.k8s.io", "customresourcedefinitions") == {"get"}
    assert allowed("instance", "", "events") == {"create"}
    assert allowed("definition", "", "events") == {"create"}
    assert allowed("definition", "authorization.k8s.io", "subjectaccessreviews") == {"create"}
    assert not any(allowed(name, "authorization.k8s.io", "subjectaccessreviews") for name in ("instance", "fanout", "bridge"))
    assert {"get", "create", "update", "patch", "delete"} <= allowed("definition", "apiextensions.k8s.io", "customresourcedefinitions")
    assert {"get", "list", "create", "delete"} <= allowed("definition", "internal.kro.run", "graphrevisions")
    assert "kro.run" not in {group for rule in roles["krofn-instance"]["rules"] for group in rule["apiGroups"]}
    for role in roles.values():
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], role["metadata"]["name"]


def test_the_image_runs_as_nobody_and_is_built_from_the_lock() -> None:
    text = (BASE / "Containerfile").read_text()
    assert "USER 65532:65532" in text
    assert "--require-hashes -r requirements/build.lock -r requirements/runtime.lock" in text
    copied = {line.split()[1] for line in text.splitlines() if line.startswith("COPY") and "--from" not in line}
    for name in {*copied, "pyproject.toml", "README.md", "LICENSE"}:
        assert (ROOT / name).exists(), name
    # Packages hold links into these two.
    assert {"graphcore", "functions", "local_emulator", "knative", "examples"} <= copied
    (command,) = [line for line in text.splitlines() if line.startswith("CMD")]
    assert "functions.instance.main:app" in command
    assert (ROOT / "requirements" / "runtime.lock").exists()


@pytest.mark.feature(1)
def test_the_packaged_crds_are_those_of_the_base() -> None:
    packaged = {item["metadata"]["name"]: item for item in crds()}
    assert packaged == {item["metadata"]["name"]: item for item in of_kind("CustomResourceDefinition")}
    assert set(packaged) == {"resourcegraphdefinitions.kro.run", "graphrevisions.internal.kro.run"}


def test_crds_say_what_kros_say() -> None:
    found = {item["spec"]["names"]["kind"]: item["spec"] for item in crds()}
    rgd, revision = found["ResourceGraphDefinition"], found["GraphRevision"]
    for spec, short in ((rgd, "rgd"), (revision, "gr")):
        assert (spec["scope"], spec["names"]["shortNames"]) == ("Cluster", [short])
        (version,) = spec["versions"]
        assert (version["name"], version["served"], version["storage"], version["subresources"]) == ("v1alpha1", True, True, {"status": {}})
    definition = rgd["versions"][0]["schema"]["openAPIV3Schema"]
    snapshot = revision["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["snapshot"]
    assert snapshot["properties"]["spec"] == definition["properties"]["spec"]
    assert revision["versions"][0]["selectableFields"] == [{"jsonPath": ".spec.snapshot.name"}]
    schema = definition["properties"]["spec"]["properties"]["schema"]
    for name in ("kind", "apiVersion", "group", "scope"):
        assert schema["properties"][name]["x-kubernetes-validations"] == [{"rule": "self == oldSelf", "message": f"{name} is immutable"}]
    assert [column["name"] for column in rgd["versions"][0]["additionalPrinterColumns"]] == [
        "APIVERSION",
        "KIND",
        "STATE",
        "READY",
        "TOPOLOGICALORDER",
        "AGE",
    ]
    assert [column["name"] for column in revision["versions"][0]["additionalPrinterColumns"]] == ["RGD", "REVISION", "HASH", "READY", "AGE"]
    assert "63 characters" in definition["x-kubernetes-validations"][0]["message"]


def test_rights_are_asked_for_the_accounts_that_the_functions_have() -> None:
    accounts = load({key: value for item in of_kind("ConfigMap") for key, value in item["data"].items()}).service_accounts
    used = {name.removeprefix("krofn-"): template["serviceAccountName"] for name, template in containers().items()}
    assert accounts == {role: f"{NAMESPACE}/{used[role]}" for role in ("bridge", "instance")}
