"""Every call to a workspace goes through here: raw JSON in and out, every failure a Problem."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.databricks.refusals import (
    explain,
    ip_refused,
    not_done,
    not_json,
    not_let_in,
    unanswered,
    unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json: TypeAlias = dict[str, Any]
"""A JSON object as the API sent it; narrowed where it is read."""

Token: TypeAlias = "str | Callable[[], str]"
"""A token, or what gives one that is good whenever it is called."""

ME = "/api/2.0/preview/scim/v2/Me"
ORG_HEADER = "X-Databricks-Org-Id"
ROUTE_HEADER = "X-Databricks-Workspace-Id"
"""Says which workspace is meant where many share a host."""
WELL_KNOWN = "/.well-known/databricks-config"


@dataclass(frozen=True)
class HostWord:
    """What a host says about itself without credentials. Fields are empty where it says nothing."""

    workspace_id: str = ""
    cloud: str = ""
    """`AWS`, `AZURE` or `GCP`."""
    kind: str = ""
    """`WORKSPACE_HOST`, `ACCOUNT_HOST` or `UNIFIED_HOST`."""
    answered: bool = False
    """False on older deployments that do not serve the document."""

    @property
    def shared(self) -> bool:
        """Many workspaces answer under this host."""
        return self.kind == "UNIFIED_HOST"


class Workspace:
    """One workspace and the token it is called with. Nothing is asked until the first call.

    `base_url` is scheme and host only; `host` is the name that is shown when it differs. `route` is the workspace
    id on a host that many share. Tokens stay in memory. Calls block: use them off the UI thread. Safe to share
    between threads.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        host: str = "",
        route: str = "",
        timeout_seconds: float = 10.0,
        retry_seconds: int = 30,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = host or self.base_url.partition("://")[2]
        self._bearer = token if callable(token) else lambda: token
        self._token = ""
        self._headers = {ROUTE_HEADER: route} if route else {}
        self._timeout = timeout_seconds
        self._retry = retry_seconds
        self._lock = threading.Lock()
        self._api: Any = None

    def __repr__(self) -> str:
        return f"Workspace({self.host})"

    def environ(self) -> dict[str, str]:
        """What lets a program be who we are here; for its environment and for nothing else."""
        return {"DATABRICKS_HOST": self.base_url, "DATABRICKS_TOKEN": self._token}

    def hasty(self) -> Workspace:
        """The same workspace, asked without repeats: for who asks again by himself and may be stopped between."""
        return Workspace(
            self.base_url,
            self._bearer,
            host=self.host,
            route=self._headers.get(ROUTE_HEADER, ""),
            timeout_seconds=min(self._timeout, 5.0),
            retry_seconds=1,
        )

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """GET as JSON. Raises Problem."""
        return self._do("GET", path, query=dict(query) if query else None)

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        """POST as JSON, repeated when an answer gets lost: only for what may be done twice. Raises Problem."""
        return self._do("POST", path, body=dict(body))

    def put(self, path: str, body: Mapping[str, object]) -> Json:
        """PUT as JSON, sent `once`: every PUT may restart what runs."""
        return self.once("PUT", path, body)

    def once(self, method: str, path: str, body: Mapping[str, object]) -> Json:
        """`method` as JSON, sent once: only when it was turned away at the door (429) is it sent again.

        The SDK would repeat it when an answer gets lost. Raises Problem; `databricks.unanswered` when it is not
        known whether it was done, so that the caller looks.
        """
        from databricks.sdk.errors import TooManyRequests

        content = json.dumps(dict(body), allow_nan=False).encode()
        ends = time.monotonic() + self._retry
        while True:
            try:
                return self._object(
                    self._client().do(
                        method,
                        path,
                        data=_Once(content),
                        headers=self._headers | {"Content-Type": "application/json"},
                    )
                )
            except Problem:
                raise
            except TooManyRequests as busy:
                pause = float(busy.retry_after_secs or 1)
                if time.monotonic() + pause > ends:
                    raise explain(busy, host=self.host, token=self._token) from busy
                time.sleep(pause)
            except Exception as error:
                problem = explain(error, host=self.host, token=self._token)
                raise (problem if not_done(error) else unanswered(self.host, problem)) from error

    def me(self) -> tuple[Json, str]:
        """Who the token belongs to, and the workspace id in the answer's header. Raises Problem.

        The SDK's own `get_workspace_id` is no proof: it may return a configured value without asking.
        """
        try:
            answer = self._do("GET", ME, response_headers=[ORG_HEADER])
        except Problem as refused:
            raise not_let_in(self.host, refused) from refused
        return answer, one_line(answer.pop(ORG_HEADER, None) or "", 64)

    def about(self) -> HostWord:
        """Asks the host about itself, without credentials and without retries. Raises Problem when unreachable."""
        import requests

        try:
            # No redirects, and no credentials from a netrc file: this call is for anyone.
            answer = requests.get(
                self.base_url + WELL_KNOWN, timeout=(5, self._timeout), allow_redirects=False, auth=_as_it_is
            )
            said = answer.json() if answer.ok else None
            if answer.status_code == 403 and (refused := ip_refused(self.host, answer.text)):
                raise refused
        except requests.exceptions.JSONDecodeError:
            said = None
        except requests.RequestException as error:
            raise unreachable(self.host, error) from error
        if not isinstance(said, dict):
            return HostWord()
        return HostWord(
            workspace_id=one_line(said.get("workspace_id") or "", 64),
            cloud=one_line(said.get("cloud") or "", 16).upper(),
            kind=one_line(said.get("host_type") or "", 32).upper(),
            answered=True,
        )

    def _do(self, method: str, path: str, **arguments: Any) -> Json:
        try:
            answer = self._client().do(method, path, headers=dict(self._headers), **arguments)
        except Problem:
            raise
        # The SDK raises its own errors, requests' and builtin ones; each has its own explanation.
        except Exception as error:
            raise explain(error, host=self.host, token=self._token) from error
        return self._object(answer)

    def _object(self, answer: object) -> Json:
        if not isinstance(answer, dict):
            raise not_json(self.host)
        return answer

    def _client(self) -> Any:
        """The SDK's raw client, made at the first call: importing and configuring it takes about a second."""
        with self._lock:
            if self._api is None:
                quiet()
                from databricks.sdk.core import ApiClient, Config
                from databricks.sdk.credentials_provider import credentials_strategy

                # Explicit, so that nothing of the environment is tried.
                bearer = credentials_strategy("pat", [])(
                    lambda _: lambda: {"Authorization": f"Bearer {self._fresh()}"}
                )
                config = Config(
                    host=self.base_url,
                    auth_type="pat",
                    credentials_strategy=bearer,
                    http_timeout_seconds=self._timeout,
                    retry_timeout_seconds=self._retry,
                    # A path that cannot exist: a profile named in the environment must not mix in.
                    config_file=os.path.join(os.devnull, "none"),  # noqa: PTH118  # text, for the SDK
                )
                self._api = ApiClient(config)
            return self._api

    def _fresh(self) -> str:
        self._token = self._bearer()
        return self._token


class _Once(io.BytesIO):
    """A body that cannot be rewound: what the SDK cannot rewind it does not send a second time."""

    def __len__(self) -> int:
        return len(self.getvalue())

    def seekable(self) -> bool:
        return False


def _as_it_is(request: Any) -> Any:
    return request


def quiet() -> None:
    """Keeps the SDK's log off the terminal: it writes warnings to standard error by default."""
    logger = logging.getLogger("databricks.sdk")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    # The SDK's error parser also calls logging.debug(), which would give a bare root logger a terminal handler.
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
