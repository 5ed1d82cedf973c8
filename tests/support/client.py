"""A thin Kubernetes client for scenarios: plain dicts, server-side apply, waiting. It knows nothing about krofn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import yaml

Object = dict[str, Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
USER = "scenario"
BUSY_RETRIES = 20
"""A server says 429 while the storage of a new kind is being set up."""


class Refused(Exception):
    """The API server answered with an error; ``code``, ``reason`` and ``message`` as in its Status."""

    def __init__(self, response: httpx.Response) -> None:
        try:
            body = response.json()
        except ValueError:
            body = {}
        self.code: int = response.status_code
        self.reason: str = body.get("reason", "")
        self.message: str = body.get("message", response.text[:500])
        super().__init__(f"{self.code} {self.reason}: {self.message}")


class Client:
    """One user's view of an API server. namespace: used where an object or a call names none."""

    def __init__(
        self, server: str, token: str, *, namespace: str = "default", user_agent: str = USER, certificate: tuple[str, str] | None = None
    ) -> None:
        self.server, self.token, self.namespace, self.certificate = server, token, namespace, certificate
        self.http = httpx.Client(
            base_url=server,
            headers={"User-Agent": user_agent} | ({"Authorization": f"Bearer {token}"} if token else {}),
            verify=False,
            cert=certificate,
            timeout=30,
            trust_env=False,
        )
        self._known: dict[tuple[str, str], tuple[str, str, bool]] = {}

    def within(self, namespace: str) -> Client:
        """The same client with another default namespace."""
        other = Client(self.server, self.token, namespace=namespace, certificate=self.certificate)
        other._known = self._known
        return other

    def close(self) -> None:
        self.http.close()

    def resource(self, api_version: str, kind: str, timeout: float = 10) -> tuple[str, str, bool]:
        """(path prefix, plural, namespaced), from discovery; waits until the kind is served."""
        deadline = time.monotonic() + timeout
        while (api_version, kind) not in self._known:
            prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            answer = self.http.get(prefix)
            for item in answer.json().get("resources", []) if answer.status_code == 200 else []:
                if "/" not in item["name"]:
                    self._known[api_version, item["kind"]] = (prefix, item["name"], item["namespaced"])
            if (api_version, kind) not in self._known:
                if time.monotonic() > deadline:
                    raise AssertionError(f"no kind {kind} in {api_version} after {timeout} s")
                time.sleep(0.05)
        return self._known[api_version, kind]

    def path(self, api_version: str, kind: str, name: str | None = None, namespace: str | None = None, *, everywhere: bool = False) -> str:
        prefix, plural, namespaced = self.resource(api_version, kind)
        place = f"{prefix}/namespaces/{namespace or self.namespace}/{plural}" if namespaced and not everywhere else f"{prefix}/{plural}"
        return f"{place}/{name}" if name else place

    def call(self, method: str, path: str, **arguments: Any) -> Object:
        response = self.http.request(method, path, **arguments)
        for _ in range(BUSY_RETRIES):
            if response.status_code != 429:
                break
            time.sleep(0.5)
            response = self.http.request(method, path, **arguments)
        if response.status_code >= 400:
            raise Refused(response)
        body: Object = response.json()
        return body

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """The object, or None."""
        try:
            return self.call("GET", self.path(api_version, kind, name, namespace))
        except Refused as error:
            if error.code == 404:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = "", everywhere: bool = False
    ) -> list[Object]:
        body = self.call(
            "GET", self.path(api_version, kind, None, namespace, everywhere=everywhere), params={"labelSelector": labels} if labels else {}
        )
        return [{"apiVersion": api_version, "kind": kind, **item} for item in body.get("items") or []]

    def apply(self, *objects: Object, manager: str = USER, force: bool = True) -> list[Object]:
        """Server-side apply, in order."""
        return [self._apply(each, manager, force) for each in objects]

    def _apply(self, each: Object, manager: str, force: bool) -> Object:
        metadata = each["metadata"]
        path = self.path(each["apiVersion"], each["kind"], metadata["name"], metadata.get("namespace"))
        parameters = {"fieldManager": manager, "force": str(force).lower()}
        return self.call("PATCH", path, params=parameters, content=json.dumps(each), headers={"Content-Type": APPLY})

    def patch(self, each: Object, body: Object, *, subresource: str | None = None, manager: str = USER) -> Object:
        """JSON merge patch."""
        metadata = each["metadata"]
        path = self.path(each["apiVersion"], each["kind"], metadata["name"], metadata.get("namespace"))
        path += f"/{subresource}" if subresource else ""
        return self.call("PATCH", path, params={"fieldManager": manager}, json=body, headers={"Content-Type": MERGE})

    def delete(self, each: Object, *, propagation: str = "Background") -> None:
        """Deletes; absent is fine."""
        metadata = each["metadata"]
        path = self.path(each["apiVersion"], each["kind"], metadata["name"], metadata.get("namespace"))
        try:
            self.call("DELETE", path, json={"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation})
        except Refused as error:
            if error.code != 404:
                raise

    def refresh(self, each: Object) -> Object | None:
        return self.get(each["apiVersion"], each["kind"], each["metadata"]["name"], each["metadata"].get("namespace"))

    def wait(self, each: Object, holds: Callable[[Object | None], bool], *, timeout: float = 30, what: str = "") -> Object | None:
        """Polls until ``holds``; the failure shows the object's status."""
        deadline = time.monotonic() + timeout
        pause = 0.02
        while True:
            found = self.refresh(each)
            if holds(found):
                return found
            if time.monotonic() > deadline:
                shown = found and {
                    "metadata": {k: found["metadata"].get(k) for k in ("name", "generation", "deletionTimestamp", "finalizers")},
                    "status": found.get("status"),
                }
                raise AssertionError(
                    f"{each['kind']} {each['metadata']['name']} not {what or 'as expected'} after {timeout} s: {yaml.safe_dump(shown)}"
                )
            time.sleep(pause)
            pause = min(0.2, pause * 1.3)

    def wait_condition(self, each: Object, type_: str = "Ready", status: str = "True", *, timeout: float = 30) -> Object:
        """Polls until a condition has a status at the current generation."""

        def holds(found: Object | None) -> bool:
            verdict = condition(found, type_)
            return verdict.get("status") == status and verdict.get("observedGeneration", 1 << 40) >= (found or {})["metadata"].get(
                "generation", 0
            )

        found = self.wait(each, holds, timeout=timeout, what=f"{type_}={status}")
        assert found is not None
        return found

    def wait_gone(self, each: Object, *, timeout: float = 30) -> None:
        self.wait(each, lambda found: found is None, timeout=timeout, what="gone")

    def settle(self, objects: Iterable[Object], *, quiet: float = 0.6, timeout: float = 30) -> None:
        """Returns when no resourceVersion among ``objects`` has moved for ``quiet`` seconds."""
        deadline = time.monotonic() + timeout
        seen: list[str] = []
        since = time.monotonic()
        watched = list(objects)
        while time.monotonic() < deadline:
            now = [(self.refresh(each) or {}).get("metadata", {}).get("resourceVersion", "") for each in watched]
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since >= quiet:
                return
            time.sleep(0.1)
        raise AssertionError(f"still changing after {timeout} s")


def condition(each: Object | None, type_: str) -> Object:
    """A condition of an object, or an empty dict."""
    return next((c for c in ((each or {}).get("status") or {}).get("conditions") or () if c["type"] == type_), {})
