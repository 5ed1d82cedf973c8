"""An unmodified kubectl against the emulator over HTTP: what people type, and what they see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.build import find

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.ex.io}
spec:
  group: ex.io
  scope: Namespaced
  names: {plural: foos, kind: Foo, shortNames: [fo]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Color, type: string, jsonPath: .spec.color}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              color: {type: string, default: red, description: What it looks like}
              size: {type: integer, minimum: 0}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
FOO = "apiVersion: ex.io/v1\nkind: Foo\nmetadata: {name: a}\nspec: {size: 3}\n"

Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    binary = find("kubectl")
    if binary is None:
        if os.environ.get("KROFN_REQUIRE_CLUSTER"):
            pytest.fail("kubectl is not built: run `make cluster-tools`")
        pytest.skip("kubectl is neither in KUBEBUILDER_ASSETS nor built into .cache (`make cluster-tools`)")
    directory = tmp_path_factory.mktemp("kubectl")
    kubeconfig = directory / "kubeconfig"
    command = [sys.executable, "-m", "local_emulator.protocol.server", "--kubeconfig", str(kubeconfig), "--ready-after", "0.2"]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log, cwd=Path(__file__).parent.parent.parent)

    def run(*arguments: str, stdin: str = "", fails: bool = False, editor: str = "true") -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "KUBECONFIG": str(kubeconfig), "KUBE_EDITOR": editor}
        done = subprocess.run(
            [str(binary), *arguments], input=stdin, capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr if fails else done.stdout

    try:
        end = time.monotonic() + 20
        while not kubeconfig.exists():
            assert server.poll() is None, (directory / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield run
    finally:
        server.terminate()
        assert server.wait(20) == 0


def test_versions_and_resources(kubectl: Kubectl) -> None:
    assert "Server Version: v1.36.2" in kubectl("version")
    assert re.search(r"^deployments +deploy +apps/v1 +true +Deployment$", kubectl("api-resources"), re.M)
    assert "apps/v1" in kubectl("api-versions").split()


def test_apply_wait_diff_and_delete_a_deployment(kubectl: Kubectl) -> None:
    assert kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == "deployment.apps/web created\n"
    assert kubectl("apply", "-f", "-", stdin=DEPLOYMENT) == "deployment.apps/web unchanged\n"
    assert kubectl("wait", "deploy/web", "--for=condition=Available", "--timeout=10s") == "deployment.apps/web condition met\n"
    assert kubectl("get", "deploy").splitlines()[1].split()[:4] == ["web", "2/2", "2", "2"]
    assert kubectl("diff", "-f", "-", stdin=DEPLOYMENT) == ""
    kubectl("apply", "-f", "-", stdin=DEPLOYMENT.replace("replicas: 2", "replicas: 3"))
    assert "successfully rolled out" in kubectl("rollout", "status", "deploy/web", "--timeout=10s")
    kubectl("scale", "deploy/web", "--replicas=1")
    kubectl("set", "image", "deploy/web", "c=nginx:2")
    assert kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}") == "1 nginx:2"
    assert re.search(r"^StrategyType: +RollingUpdate$", kubectl("describe", "deploy", "web"), re.M)
    assert kubectl("delete", "deploy", "web") == 'deployment.apps "web" deleted from default namespace\n'


def test_create_with_typed_clients(kubectl: Kubectl) -> None:
    kubectl("create", "ns", "typed")
    kubectl("create", "cm", "map", "-n", "typed", "--from-literal=a=b")
    assert kubectl("get", "cm", "map", "-n", "typed", "-o", "jsonpath={.data.a}") == "b"
    kubectl("create", "secret", "generic", "s", "-n", "typed", "--from-literal=a=b")
    kubectl("create", "sa", "robot", "-n", "typed")
    assert kubectl("create", "token", "robot", "-n", "typed")
    kubectl("create", "role", "reader", "-n", "typed", "--verb=get,list", "--resource=pods")
    kubectl("create", "rolebinding", "reader", "-n", "typed", "--role=reader", "--serviceaccount=typed:robot")
    robot = ("-n", "typed", "--as", "system:serviceaccount:typed:robot")
    assert kubectl("auth", "can-i", "list", "pods", *robot) == "yes\n"
    kubectl("auth", "can-i", "delete", "pods", *robot, fails=True)
    refused = kubectl("get", "secrets", *robot, fails=True)
    assert 'User "system:serviceaccount:typed:robot" cannot list resource "secrets" in API group "" in the namespace "typed"' in refused
    assert kubectl("delete", "ns", "typed") == 'namespace "typed" deleted\n'


def test_labels_annotations_patches_and_edits(kubectl: Kubectl) -> None:
    kubectl("create", "cm", "edited", "--from-literal=a=one")
    kubectl("label", "cm", "edited", "x=y")
    kubectl("annotate", "cm", "edited", "n=m")
    kubectl("patch", "cm", "edited", "-p", '{"data":{"b":"2"}}')
    kubectl("patch", "cm", "edited", "--type=json", "-p", '[{"op":"add","path":"/data/c","value":"3"}]')
    kubectl("edit", "cm", "edited", editor="sed -i s/one/two/")
    shown = kubectl("get", "cm", "edited", "-o", "jsonpath={.data} {.metadata.labels} {.metadata.annotations}")
    assert shown == '{"a":"two","b":"2","c":"3"} {"x":"y"} {"n":"m"}'
    assert kubectl("get", "cm", "-l", "x=y", "-o", "name") == "configmap/edited\n"
    kubectl("delete", "cm", "edited")
    assert kubectl("get", "cm", "edited", fails=True) == 'Error from server (NotFound): configmaps "edited" not found\n'


def test_custom_resources(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=CRD)
    kubectl("wait", "crd/foos.ex.io", "--for=condition=Established", "--timeout=10s")
    assert kubectl("apply", "-f", "-", stdin=FOO) == "foo.ex.io/a created\n"
    assert kubectl("get", "fo").split() == ["NAME", "COLOR", "a", "red"]
    assert "What it looks like" in kubectl("explain", "foo.spec.color")
    assert kubectl("apply", "--server-side", "-f", "-", stdin=FOO) == "foo.ex.io/a serverside-applied\n"
    kubectl("patch", "foo", "a", "--subresource=status", "--type=merge", "-p", '{"status":{"state":"ok"}}')
    kubectl("wait", "foo/a", "--for=jsonpath={.status.state}=ok", "--timeout=10s")
    assert re.search(r"^ +State: +ok$", kubectl("describe", "foo", "a"), re.M)
    wrong = FOO.replace("size: 3", "size: -1").replace("name: a", "name: b")
    assert kubectl("create", "-f", "-", stdin=wrong, fails=True) == (
        'The Foo "b" is invalid: spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0\n'
    )
    unknown = FOO.replace("size: 3", "sise: 3").replace("name: a", "name: b")
    assert 'strict decoding error: unknown field "spec.sise"' in kubectl("create", "-f", "-", stdin=unknown, fails=True)
    kubectl("delete", "crd", "foos.ex.io", "--timeout=20s")
    assert "the server doesn't have a resource type" in kubectl("get", "foo", "--cache-dir=/nonexistent", fails=True)


def test_watching_shows_changes_as_rows(kubectl: Kubectl) -> None:
    kubectl("create", "cm", "seen", "--from-literal=a=1")
    watched = kubectl("get", "cm", "seen", "--watch", "--request-timeout=1s", "--no-headers")
    assert watched.split()[:2] == ["seen", "1"]
    kubectl("delete", "cm", "seen")


def test_events_are_described(kubectl: Kubectl) -> None:
    kubectl("create", "cm", "told", "--from-literal=a=1")
    uid = kubectl("get", "cm", "told", "-o", "jsonpath={.metadata.uid}")
    event = f"""
apiVersion: v1
kind: Event
metadata: {{name: told.1}}
involvedObject: {{apiVersion: v1, kind: ConfigMap, name: told, namespace: default, uid: {uid}}}
reason: Told
message: something happened
type: Normal
source: {{component: tester}}
count: 1
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:00:00Z"
"""
    kubectl("create", "-f", "-", stdin=event)
    assert "something happened" in kubectl("describe", "cm", "told")
    assert "configmap/told" in kubectl("get", "events")
