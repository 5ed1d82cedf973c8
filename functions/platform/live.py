"""The live cluster: JSON by hand over the session, credentials and TLS settings of ``kubernetes.aio``.

The typed and the dynamic client cost one to two milliseconds of CPU for a request and many requests for discovery; a raw session costs a
third of one and needs none, since paths come from the compiled definition. What is taken from the package is what is hard to get right:
kubeconfig merging, exec plugins, token files that rotate, client certificates, proxies and TLS options.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from yaml import YAMLError

from functions.platform.cluster import Answer, ClusterError, Request, answer_of, decode
from functions.platform.files import file_limit

CONNECT_TIMEOUT = 5.0
REQUEST_TIMEOUT = 10.0
AT_ONCE = 100
"""Requests under way at once; waiting for a turn is not counted in their time, which is the API server's."""
OPENINGS = 16
"""Watches opened at once: each costs a TLS handshake, and hundreds together would overrun their own time limit."""
MAX_LINE = 16 * 1024 * 1024
"""Longest watch event accepted, in bytes; etcd's own limit for an object is far below."""


class _Session(RESTClientObject):  # type: ignore[misc]  # the package has no types
    """Gives access to the session that the package would make for its own clients, without its limit on connections.

    A watch holds its connection for minutes: where watches and requests share a limited pool, the watches fill it and everything else
    waits for ever.
    """

    def open(self) -> aiohttp.ClientSession:
        self.maxsize = 0
        return self._create_pool_manager()


@dataclass(slots=True)
class _Sessions:
    """requests and watches: one session each, so that neither takes a connection that the other could use. users: of either, now.

    retired: replaced by others with newer credentials; closed when the last user is done, since an open watch goes on being valid.
    """

    requests: aiohttp.ClientSession
    watches: aiohttp.ClientSession
    users: int = 0
    retired: bool = False

    async def __aenter__(self) -> _Sessions:
        self.users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.users -= 1
        if self.retired and not self.users:
            await self.close()

    async def close(self) -> None:
        await self.requests.close()
        await self.watches.close()


class LiveCluster:
    """A cluster reached over HTTP. Sessions are opened by the first request; safe for concurrent requests of one event loop.

    The number of watches has no limit here. Where the process (file handles, local ports) or the API server has one, the error says which.
    """

    def __init__(self, user_agent: str, *, kubeconfig: str | None = None, context: str | None = None) -> None:
        self._user_agent = user_agent
        self._kubeconfig = kubeconfig
        self._context = context or None
        self._configuration: Any = None
        self._http: _Sessions | None = None
        self._lock = asyncio.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._openings = asyncio.Semaphore(OPENINGS)

    async def send(self, request: Request) -> Answer:
        used, answer = await self._send(request)
        if answer.status == 401:
            await self._forget(used)
            _, answer = await self._send(request)
        return answer

    async def _send(self, request: Request) -> tuple[_Sessions, Answer]:
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT, sock_connect=CONNECT_TIMEOUT)
        async with self._turns, await self._session() as http:
            try:
                async with http.requests.request(request.verb, **await self._arguments(request), timeout=timeout) as response:
                    content = await response.read()
                    return http, answer_of(request, response.status, content, response.headers.get("Retry-After"))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._unreachable(error) from None

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        # A watch is silent for as long as nothing changes; the server ends it at its own timeout, given in the query.
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_TIMEOUT, sock_read=float(request.query.get("timeoutSeconds", 300)) + 30
        )
        async with await self._session() as http:
            try:
                async with self._openings, asyncio.timeout(REQUEST_TIMEOUT):
                    response = await http.watches.request(request.verb, **await self._arguments(request), timeout=timeout)
                async with response:
                    if response.status >= 300:
                        if response.status == 401:
                            await self._forget(http)
                        status = decode(await response.read())
                        yield {"type": "ERROR", "object": {**status, "code": response.status}}
                        return
                    async for line in _lines(response.content):
                        yield decode(line, shallow=True)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise self._unreachable(error) from None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _arguments(self, request: Request) -> dict[str, Any]:
        headers = {"User-Agent": self._user_agent, "Accept": request.accept}
        token = await self._configuration.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        arguments: dict[str, Any] = {
            "url": self._configuration.host.rstrip("/") + request.path,
            "params": sorted(request.query.items()),
            "headers": headers,
        }
        if request.body is not None:
            headers["Content-Type"] = request.content_type
            arguments["data"] = json.dumps(request.body, separators=(",", ":"), ensure_ascii=False).encode()
        if self._configuration.tls_server_name:
            arguments["server_hostname"] = self._configuration.tls_server_name
        if self._configuration.proxy:
            arguments["proxy"] = self._configuration.proxy
        return arguments

    async def _session(self) -> _Sessions:
        if self._http is not None:
            return self._http
        async with self._lock:
            if self._http is None:
                self._configuration = await load_configuration(os.environ, self._kubeconfig, self._context)
                try:
                    self._http = _Sessions(_Session(self._configuration).open(), _Session(self._configuration).open())
                except OSError as error:
                    raise ClusterError(f"cannot use the TLS files of the cluster configuration: {error.strerror or error}") from None
            return self._http

    async def _forget(self, used: _Sessions) -> None:
        """Credentials may have been replaced on disk: the next request reads them again. Whoever still uses the old sessions goes on."""
        async with self._lock:
            used.retired = True
            if self._http is used:
                self._http = None
            if not used.users:
                await used.close()

    def _unreachable(self, error: Exception) -> ClusterError:
        return ClusterError(f"cannot reach the Kubernetes API at {self._configuration.host}: {_cause(error)}")


async def load_configuration(environment: Mapping[str, str], kubeconfig: str | None, context: str | None) -> Any:
    """The package's configuration from the kubeconfig given, else KUBECONFIG or ~/.kube/config, else the pod's service account.

    Raises ClusterError with one line that says which file is missing or wrong.
    """
    configuration = type.__call__(Configuration)
    # Transport timeouts and retries are ours; the package's defaults would hide failures from the outcome.
    configuration.retries = None
    source = kubeconfig or environment.get("KUBECONFIG", "")
    default = Path.home() / ".kube" / "config"
    try:
        if not source and not default.exists() and environment.get("KUBERNETES_SERVICE_HOST"):
            load_incluster_config(client_configuration=configuration)
            return configuration
        files = [Path(item).expanduser() for item in (source or str(default)).split(os.pathsep) if item]
        if not any(file.exists() for file in files):
            raise ClusterError(f"kubeconfig {files[0] if files else default} does not exist")
        await load_kube_config(
            config_file=os.pathsep.join(map(str, files)), context=context, client_configuration=configuration, persist_config=False
        )
    except ConfigException as error:
        raise ClusterError(f"kubeconfig: {error}") from None
    except (YAMLError, AttributeError, TypeError, ValueError):
        raise ClusterError(f"kubeconfig {source or default} is not valid YAML of kind Config") from None
    except OSError as error:
        raise ClusterError(f"kubeconfig {source or default}: {error.strerror or error}") from None
    return configuration


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of a watch; aiohttp's own line reader refuses lines beyond its buffer."""
    rest = bytearray()
    async for chunk in content.iter_any():
        rest += chunk
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[:end])
            del rest[: end + 1]
            if line.strip():
                yield line
        if len(rest) > MAX_LINE:
            raise OSError(f"watch event longer than {MAX_LINE} bytes")


def _cause(error: Exception) -> str:
    """Why a connection failed, in the operating system's words where there are any."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    number = getattr(error, "errno", None)
    if number == errno.EMFILE:
        return f"this process has as many files open as it may (RLIMIT_NOFILE, {file_limit()}); raise it, for example with ulimit -n"
    if number == errno.ENFILE:
        return "this machine has as many files open as it may (fs.file-max)"
    if number == errno.EADDRNOTAVAIL:
        return "this machine has no free local port for another connection (net.ipv4.ip_local_port_range)"
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return (str(error) or type(error).__name__).splitlines()[0]
