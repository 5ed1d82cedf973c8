"""Requests to answers: the Kubernetes API without HTTP.

One :class:`Api` is one API server: a store, the resources it serves, who may do what, and the log. ``handle`` is synchronous (an answer is
computed in one step of the event loop, so it is consistent); only a watch goes on afterwards.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from local_emulator.auth.access import Access
from local_emulator.auth.reviews import review
from local_emulator.controllers.cleanup import Controllers
from local_emulator.core import status
from local_emulator.core.codec import MAX_BODY, decode, encode
from local_emulator.core.machinery import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Machinery
from local_emulator.core.registry import Registry, Resource, Subresource
from local_emulator.core.requestlog import LogEntry, RequestLog
from local_emulator.core.requests import Request, Target, parse_path, verb_of, write_options
from local_emulator.core.status import ApiError
from local_emulator.core.store import Store
from local_emulator.core.writing import Deletion, Options, Written
from local_emulator.kinds.crds import CrdController
from local_emulator.objects.metadata import timestamp
from local_emulator.protocol import discovery, lists
from local_emulator.protocol.bodies import read_body, read_deletion, read_patch
from local_emulator.protocol.openapi import OpenApi
from local_emulator.protocol.responses import Response, warning_headers
from local_emulator.protocol.views import PLAIN, View, check_partial, listing, negotiate, single
from local_emulator.protocol.watch import Watch
from local_emulator.writes import scale
from local_emulator.writes.admission import admit_body
from local_emulator.writes.gates import SYSTEM, Gates
from local_emulator.writes.namespaces import namespace_of
from local_emulator.writes.transactions import Transactions

LOG = logging.getLogger(__name__)
PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
# kinds whose DELETE answers the object that is gone, not a Status
RETURNS_DELETED = frozenset(
    {
        ("", "pods"),
        ("", "services"),
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("", "serviceaccounts"),
        ("", "podtemplates"),
        ("", "replicationcontrollers"),
        ("", "resourcequotas"),
        ("storage.k8s.io", "storageclasses"),
        ("storage.k8s.io", "volumeattachments"),
        ("storage.k8s.io", "csinodes"),
        ("storage.k8s.io", "csidrivers"),
        ("policy", "podsecuritypolicies"),
        ("", "namespaces"),
    }
)


_PRESERVED = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_DEPRECATED = {("", "v1", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}


class Api:
    """An API server in process; see :mod:`local_emulator.protocol.server` for how it is assembled."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        machinery: Machinery,
        transactions: Transactions,
        access: Access,
        gates: Gates,
        crds: CrdController,
        controllers: Controllers,
        openapi: OpenApi,
        log: RequestLog,
    ) -> None:
        self.store, self.registry, self.machinery, self.transactions = store, registry, machinery, transactions
        self.access, self.gates, self.crds, self.controllers, self.openapi, self.log = access, gates, crds, controllers, openapi, log
        self.address = "127.0.0.1"
        self._discovery: tuple[int, dict[tuple[str, str], bytes]] = (-1, {})

    def handle(self, request: Request) -> Response:
        """Answers one request; never raises for what a client did."""
        target = parse_path(request.path)
        verb = verb_of(request.method, target, request.query)
        user = ""
        try:
            if len(request.body) > MAX_BODY:
                raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {MAX_BODY}")
            identity = self.access.authenticate(request)
            user = identity.name
            self.gates.user = identity
            resource = self.registry.find(target.group, target.version, target.plural) if target.is_resource else None
            self.access.authorize(identity, verb, target)
            if target.is_resource:
                response = self._resource(request, target, verb, resource, identity)
                deprecated = _DEPRECATED.get((target.group, target.version, target.plural))
                if deprecated:
                    response.headers[:0] = warning_headers([deprecated])
            else:
                response = self._other(request, target.path)
        except ApiError as error:
            response = _refusal(error)
        except Exception:
            LOG.exception("%s %s", request.method, request.path)
            response = _refusal(ApiError(500, "InternalError", "Internal error occurred: this server could not handle the request"))
        finally:
            self.gates.user = SYSTEM
        logged = "apply" if verb == "patch" and request.content_type == APPLY_PATCH else verb
        self.log.add(
            LogEntry(
                request.user_agent,
                user,
                logged if target.is_resource else request.method.lower(),
                target.group,
                target.plural,
                target.namespace,
                target.name,
                target.subresource,
                response.code,
                request.uri,
            )
        )
        return response

    # ---- everything that is not a resource

    def _other(self, request: Request, path: str) -> Response:
        trimmed = path.rstrip("/") or "/"
        if request.method not in ("GET", "HEAD"):
            if trimmed.startswith(("/api", "/apis")):
                self._discover(trimmed, False)
                raise status.method_not_allowed()
            raise status.page_not_found()
        if trimmed in ("/healthz", "/readyz", "/livez"):
            return Response(200, b"ok", "text/plain; charset=utf-8")
        if trimmed.startswith("/openapi/v3"):
            return self.openapi.answer(request, trimmed)
        if trimmed == "/version":
            return Response(200, encode(discovery.VERSION))
        aggregated = (
            trimmed in ("/api", "/apis")
            and "as=APIGroupDiscoveryList" in request.headers.get("accept", "")
            and "v=v2;" in request.headers["accept"] + ";"
        )
        epoch, cached = self._discovery
        if epoch != self.registry.epoch:
            cached = {}
            self._discovery = (self.registry.epoch, cached)
        body = cached.get((trimmed, "aggregated" if aggregated else ""))
        if body is None:
            body = cached[trimmed, "aggregated" if aggregated else ""] = encode(self._discover(trimmed, aggregated))
        return Response(
            200,
            body,
            discovery.AGGREGATED if aggregated else "application/json",
            [("Vary", "Accept")] if trimmed in ("/api", "/apis") else [],
        )

    def _discover(self, path: str, aggregated: bool) -> Any:
        parts = path.strip("/").split("/")
        if path == "/":
            return discovery.root_paths(self.registry)
        if parts == ["api"]:
            return discovery.aggregated(self.registry, core=True) if aggregated else discovery.core_versions(self.address)
        if parts == ["apis"]:
            return discovery.aggregated(self.registry, core=False) if aggregated else discovery.group_list(self.registry)
        found: Any = None
        if parts == ["api", "v1"]:
            found = discovery.resource_list(self.registry, "", "v1")
        elif parts[0] == "apis" and len(parts) == 2:
            found = discovery.group(self.registry, parts[1])
        elif parts[0] == "apis" and len(parts) == 3 and self.registry.serves(parts[1], parts[2]):
            found = discovery.resource_list(self.registry, parts[1], parts[2])
        if found is None:
            raise status.resource_not_found() if len(parts) > 2 and self.registry.builtin_group(parts[1]) else status.page_not_found()
        return found

    # ---- resources

    def _resource(self, request: Request, target: Target, verb: str, resource: Resource | None, identity: Any) -> Response:
        if resource is None or (
            target.namespace and not resource.namespaced and (target.plural, target.namespace) != ("namespaces", target.name)
        ):
            raise status.resource_not_found() if self.registry.builtin_group(target.group) else status.page_not_found()
        namespace = target.namespace if resource.namespaced else ""
        if resource.namespaced and not namespace and (target.name or verb not in ("list", "watch")):
            raise status.method_not_allowed() if not target.name else status.resource_not_found()
        if target.subresource:
            return self._subresource(request, target, verb, resource, namespace)
        if verb not in resource.verbs or (verb == "create" and target.name) or (verb in ("update", "patch") and not target.name):
            raise status.method_not_allowed()
        # Before anything is written: a representation that we cannot give refuses the request as a whole.
        view = negotiate(request.headers.get("accept", ""), request.query.get("includeObject", ""))
        if view.shape == "partial" and verb in ("get", "list"):
            check_partial(request.headers.get("accept", ""), resource, verb == "list")
        if "get" not in resource.verbs:
            return Response(201, encode(self._reviewed(request, resource, namespace, identity)))
        match verb:
            case "get":
                lists.check_revision(self.store, request.query.get("resourceVersion", ""))
                entry = self.transactions.entry(resource, namespace, target.name)
                return self._answer(200, resource, entry.tail, view)
            case "list":
                page = lists.page(self.store, resource, namespace, request.query)
                return Response(200, view.finish(listing(resource, page.entries, page.metadata, view, self.store.now())), view.content_type)
            case "watch":
                return self._watch(request, target, resource, namespace, view)
            case "create":
                body, options = self._body(request, resource, "CreateOptions")
                written = self.transactions.create(resource, namespace, body, options)
                return self._written(resource, written, view)
            case "update":
                body, options = self._body(request, resource, "UpdateOptions")
                written = self.transactions.update(resource, namespace, target.name, body, None, options)
                return self._written(resource, written, view)
            case "patch":
                return self._written(resource, self._patch(request, resource, namespace, target.name, None), view)
            case "delete":
                return self._delete(request, resource, namespace, target.name, view)
        return self._delete_collection(request, resource, namespace)

    def _reviewed(self, request: Request, resource: Resource, namespace: str, identity: Any) -> Any:
        body, options = self._body(request, resource, "CreateOptions")
        body = admit_body(resource, body)
        now = timestamp(self.store.now())
        recorded = self.machinery.record_update(resource, None, {**body, "metadata": body.get("metadata") or {}}, options.manager, "", now)
        return review(self.access, identity, resource, namespace, recorded, now)

    def _watch(self, request: Request, target: Target, resource: Resource, namespace: str, view: View) -> Response:
        query = dict(request.query)
        if target.name:
            query["fieldSelector"] = f"metadata.name={target.name}"
        return Response(200, b"", "application/json", watch=Watch(self.store, resource, namespace, query, view))

    def _patch(self, request: Request, resource: Resource, namespace: str, name: str, sub: Subresource | None) -> Written:
        media = request.content_type
        accepted = tuple(kind for kind in PATCH_TYPES if not (resource.custom and kind == STRATEGIC_PATCH))
        if media not in accepted:
            if media in PATCH_TYPES:
                raise status.unsupported_media_type(accepted)
            raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
        options = write_options(request, "PatchOptions", apply=media == APPLY_PATCH)
        patch, duplicates = read_patch(request.body, media)
        options = replace(options, duplicates=duplicates)
        return self.transactions.patch(resource, namespace, name, patch, media, sub, options)

    @staticmethod
    def _body(request: Request, resource: Resource, kind: str) -> tuple[Any, Options]:
        options = write_options(request, kind)
        body, duplicates = read_body(request, resource)
        return body, replace(options, duplicates=duplicates)

    def _written(self, resource: Resource, written: Written, view: View) -> Response:
        response = self._answer(written.code, resource, written.tail, view)
        response.headers.extend(warning_headers(written.warnings))
        return response

    def _answer(self, code: int, resource: Resource, tail: bytes, view: View) -> Response:
        if view is PLAIN:
            return Response(code, resource.show(tail))
        return Response(code, view.finish(single(resource, tail, view, self.store.now())), view.content_type)

    def _delete(self, request: Request, resource: Resource, namespace: str, name: str, view: View) -> Response:
        deletion, told = read_deletion(request), []
        if resource.storage == ("batch", "jobs") and not deletion.propagation:
            deletion, told = replace(deletion, propagation="Orphan"), [_PRESERVED]
        gone, tail, entry = self.transactions.delete(resource, namespace, name, deletion)
        if told:
            return Response(200, resource.show(tail), headers=warning_headers(told))
        if not gone or resource.storage in RETURNS_DELETED:
            return self._answer(200, resource, tail, view)
        details = {"name": name, **({"group": resource.group} if resource.group else {}), "kind": resource.plural, "uid": entry.uid}
        return Response(200, encode({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}))

    def _delete_collection(self, request: Request, resource: Resource, namespace: str) -> Response:
        deletion = replace(read_deletion(request), unnamed=True)
        page = lists.page(self.store, resource, namespace, request.query)
        for entry in page.entries:
            self.transactions.delete(resource, entry.key[0], entry.key[1], deletion)
        return Response(200, listing(resource, page.entries, page.metadata, PLAIN, self.store.now()))

    # ---- subresources

    def _subresource(self, request: Request, target: Target, verb: str, resource: Resource, namespace: str) -> Response:
        sub = resource.subresource(target.subresource)
        name = target.name
        if sub is None:
            raise status.not_found(resource.group, resource.plural, name) if resource.custom else status.resource_not_found()
        if verb not in sub.verbs:
            raise status.not_supported(verb, resource.group, resource.plural) if resource.custom else status.method_not_allowed()
        if sub.name == "token":
            entry = self.transactions.entry(resource, namespace, name)
            namespace_of(self.store, resource, namespace)
            return Response(201, encode(self.access.issue(namespace, name, entry.uid, self.store.now(), read_body(request, resource)[0])))
        if sub.name == "eviction":
            self.transactions.delete(resource, namespace, name, Deletion())
            return Response(201, encode({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}))
        view = negotiate(request.headers.get("accept", ""))
        if verb == "get" and sub.name == "status":
            return self._answer(200, resource, self.transactions.entry(resource, namespace, name).tail, view)
        if sub.name == "scale":
            return self._scale(request, verb, resource, namespace, name, sub)
        if verb == "patch":
            return self._written(resource, self._patch(request, resource, namespace, name, sub), view)
        body, options = self._body(request, resource, "UpdateOptions")
        if sub.name == "binding":
            body = self._bound(resource, namespace, name, body)
        return self._written(resource, self.transactions.update(resource, namespace, name, body, sub, options), view)

    def _bound(self, resource: Resource, namespace: str, name: str, body: Any) -> Any:
        pod = self.transactions.load(resource, self.transactions.entry(resource, namespace, name))
        node = ((body.get("target") if isinstance(body, dict) else None) or {}).get("name") or ""
        return {**pod, "spec": {**pod["spec"], "nodeName": node}}

    def _scale(self, request: Request, verb: str, resource: Resource, namespace: str, name: str, sub: Subresource) -> Response:
        if verb == "get":
            live = self.transactions.load(resource, self.transactions.entry(resource, namespace, name))
            if not scale.replicas_set(resource, live):
                field = ".".join(("", *resource.scale.spec)) if resource.scale else ""
                raise status.internal_error(f'the spec replicas field "{field}" does not exist')
            view = negotiate(request.headers.get("accept", ""))
            shown = scale.read(resource, live)
            if view.shape == "table":
                return Response(200, encode(scale.table(shown, self.store.now(), resource.custom)))
            return Response(200, encode(shown))
        media = request.content_type if verb == "patch" else ""
        options = write_options(request, "PatchOptions" if media else "UpdateOptions", apply=media == APPLY_PATCH)
        if media == STRATEGIC_PATCH and resource.custom:
            raise status.unsupported_media_type((JSON_PATCH, MERGE_PATCH, APPLY_PATCH))
        change, duplicates = read_patch(request.body, media) if media else read_body(request, scale.SCALE)
        options = replace(options, duplicates=duplicates)
        written = self.transactions.scale(resource, namespace, name, change, media, sub, options)
        response = Response(200, encode(scale.read(resource, decode(b"{" + written.tail))))
        response.headers.extend(warning_headers(written.warnings))
        return response


def _refusal(error: ApiError) -> Response:
    if error.plain is not None:
        return Response(error.code, error.plain, "text/plain; charset=utf-8")
    return Response(error.code, encode(error.body()), headers=[*error.headers.items(), *warning_headers(error.warnings)])
