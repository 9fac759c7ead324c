"""moto's own server application, called in this process: no second port, no second thread pool."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from wizard.demo.aws.wire import Reply, Request


class NotKnownToMoto(Exception):
    """moto has no such operation."""


class MotoApp:
    """Every AWS service moto knows, fresh at construction.

    moto keeps its state in module globals, so one process can hold one such world at a time.
    """

    def __init__(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        BackendDict.reset()
        reset_model_data()
        self._give_back = _take_bucket_policies_from_moto()
        self._app: Any = DomainDispatcherApplication(create_backend_app)
        # moto's backends are plain dictionaries; Terraform calls from ten threads at once.
        self._lock = threading.Lock()

    def close(self) -> None:
        """Leave moto as it was found."""
        self._give_back()

    def handle(self, request: Request, account: str) -> Reply:
        """Let moto answer `request` on behalf of `account`.

        Raises NotKnownToMoto for an operation moto does not have.
        """
        seen: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _problem: Any = None) -> None:
            seen[:] = [(status, headers)]

        with self._lock:
            try:
                chunks = self._app(_environ(request, account), start_response)
                body = b"".join(chunks)
            except NotImplementedError as problem:
                raise NotKnownToMoto(str(problem)) from problem
        status, headers = seen[0]
        return Reply(int(status.split(" ", 1)[0]), body, dict(headers))


def _take_bucket_policies_from_moto() -> Callable[[], None]:
    """Stop moto from judging bucket policies, and return what undoes that.

    moto ignores their principals and conditions: "deny what is not TLS" would deny everything. The gate
    has judged them already, with both.
    """
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    def permitted(_bucket: Any, _action: str, _resource: str) -> Any:
        return PermissionResult.PERMITTED

    moto_own = FakeBucket.get_permission
    setattr(FakeBucket, "get_permission", permitted)  # noqa: B010 - a plain assignment to a method is refused by mypy

    def give_back() -> None:
        setattr(FakeBucket, "get_permission", moto_own)  # noqa: B010 - as above

    return give_back


def _environ(request: Request, account: str) -> dict[str, Any]:
    """The WSGI environment of a request whose body has been read."""
    host = request.headers.get("host", "127.0.0.1")
    name, _, port = host.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.raw_path).decode("latin-1"),
        "QUERY_STRING": request.query_string,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(request.body))
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    return environ
