"""The pretend workspace over real HTTP on loopback."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from wizard.demo.closing import shut
from wizard.demo.workspace.aws_side import AwsSide, Keys
from wizard.demo.workspace.engine import Engine
from wizard.demo.workspace.faults import Faults
from wizard.demo.workspace.launch import Launcher
from wizard.demo.workspace.oidc import Oidc
from wizard.demo.workspace.routes import Api
from wizard.demo.workspace.state import PretendWarehouse, Registration, WorkspaceState
from wizard.demo.workspace.statements import Statements
from wizard.demo.workspace.wire import Call, Json, Refused, Reply, Request, Routes, User, bad_token, no_stub
from wizard.demo.workspace.wire import refused as refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_LARGEST_BODY = 16 * 1024 * 1024
_DROPPED = 0
"""Status of an answer that never leaves: the connection is closed instead."""
_NOBODY = User("", "", admin=False)


class EmbeddedWorkspace:
    """A Databricks workspace on 127.0.0.1, up from construction until `close`.

    It acts in AWS with two sets of keys: those of the serverless principal, and those of an observer that may
    read IAM. Its warehouses become healthy, and its statements return rows, only if AWS lets them.
    """

    def __init__(
        self,
        *,
        workspace_id: int,
        aws_url: str,
        databricks_keys: tuple[str, str, str],
        observer_keys: tuple[str, str, str],
        region: str = "us-east-1",
        start_seconds: float = 6.0,
        host: str = "dbc-a1b2c3d4-e5f6.cloud.databricks.com",
        pass_role: bool = False,
        lenient_config: bool = False,
        stale_reads: int = 1,
        launch_attempts: int = 2,
    ) -> None:
        self.workspace_id = workspace_id
        self.host = host
        self.token = "dapi" + secrets.token_hex(16)
        """A personal access token of a workspace admin."""
        self.user_token = "dapi" + secrets.token_hex(16)
        """A personal access token of somebody who is no admin."""
        self.faults = Faults()
        self._people = {
            self.token: User("admin@example.com", "1000012345", admin=True),
            self.user_token: User("analyst@example.com", "1000012346", admin=False),
        }
        self.oidc = Oidc(self._admit)
        self._calls: list[Call] = []
        self._calls_lock = threading.Lock()
        self._state = WorkspaceState()
        aws = AwsSide(
            aws_url, Keys(*databricks_keys), Keys(*observer_keys), region=region, workspace_id=workspace_id
        )
        self._launcher = Launcher(
            self._state, aws, start_seconds=start_seconds, attempts=launch_attempts, stale_reads=stale_reads
        )
        self._routes = Routes()
        Api(
            self._state,
            self._launcher,
            aws,
            workspace_id,
            host,
            pass_role=pass_role,
            lenient_config=lenient_config,
        ).routes(self._routes)
        Statements(self._state, self._launcher, Engine(self._state, aws)).routes(self._routes)
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="workspace", daemon=True)
        self._thread.start()

    def __enter__(self) -> EmbeddedWorkspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops serving and forgets every pending start. Harmless when called twice."""
        self._launcher.close()
        self._server.closing = True
        shut(self._server)
        self._server.server_close()
        self._thread.join(timeout=5)

    @property
    def calls(self) -> Sequence[Call]:
        """What was asked so far, in order."""
        with self._calls_lock:
            return tuple(self._calls)

    @property
    def config(self) -> Json:
        """A copy of the SQL configuration document, for assertions."""
        with self._state.changed:
            return cast("Json", json.loads(json.dumps(self._state.config)))

    def set_config(self, document: Mapping[str, object]) -> None:
        """Puts a document in place without any check, as a scenario's starting point."""
        with self._state.changed:
            self._state.config = json.loads(json.dumps(dict(document)))

    def add_registration(self, instance_profile_arn: str, iam_role_arn: str = "") -> None:
        """Registers an instance profile without any check, as a scenario's starting point."""
        with self._state.changed:
            self._state.profiles[instance_profile_arn] = Registration(instance_profile_arn, iam_role_arn)

    def add_warehouse(
        self,
        id: str = "f6dd72df81d69f03",
        name: str = "Serverless Starter Warehouse",
        *,
        serverless: bool = True,
        warehouse_type: str = "PRO",
        size: str = "2X-Small",
        state: str = "STOPPED",
        auto_stop_mins: int = 10,
        user_permission: str = "CAN_USE",
        sessions: int = 0,
    ) -> None:
        """Adds a SQL warehouse. One that is added RUNNING counts as healthy and has no profile yet."""
        warehouse = PretendWarehouse(
            id, name, serverless, warehouse_type, size, auto_stop_mins, user_permission, state
        )
        if state == "RUNNING":
            warehouse.num_clusters, warehouse.health = 1, {"status": "HEALTHY"}
        warehouse.sessions = sessions
        with self._state.changed:
            self._state.warehouses[id] = warehouse

    def answer(self, method: str, target: str, token: str, raw: bytes, route: str = "") -> Reply:
        """Answers one request and writes it to the log."""
        parts = urlsplit(target)
        user = self._people.get(token, _NOBODY)
        fault = self.faults.strike(method, parts.path)
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.status is not None and not fault.after_handler:
            reply = Reply(fault.status, fault.body, fault.headers)
        else:
            reply = self._handle(method, parts.path, dict(parse_qsl(parts.query)), user, raw)
            if fault and fault.drop:
                reply = Reply(_DROPPED)
            elif fault and fault.cut:
                reply = replace(reply, cut=True)
            elif fault and fault.status is not None:
                reply = Reply(fault.status, fault.body, fault.headers)
        call = Call(
            time.time(), method, parts.path, reply.status, method not in ("GET", "HEAD"), user.name, route
        )
        with self._calls_lock:
            self._calls.append(call)
        return reply

    def _handle(self, method: str, path: str, query: Mapping[str, str], user: User, raw: bytes) -> Reply:
        if (method, path) == ("GET", "/.well-known/databricks-config"):
            return Reply(200, self._metadata())
        signing_in = self.oidc.answer(method, path, query, raw, self.url)
        if signing_in is not None:
            return signing_in
        route = self._routes.find(method, path)
        if route is None:
            return no_stub(method, path)
        if user is _NOBODY:
            return bad_token()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = None
        try:
            if not isinstance(body, dict):
                raise refusal_of(
                    400, "MALFORMED_REQUEST", "Could not parse request object: expected a JSON object"
                )
            handler, names = route
            return handler(Request(method, path, query, body, user, names))
        except Refused as refusal:
            return refusal.reply

    def _admit(self, token: str) -> None:
        """A token that the sign-in page gave belongs to the admin."""
        self._people[token] = self._people[self.token]

    def _metadata(self) -> Json:
        """What the host says about itself without credentials."""
        return {
            "oidc_endpoint": f"{self.url}/oidc",
            "account_id": "5d9a2c0e-7c1c-4f6e-9c2f-0a6a7f0d1e2b",
            "workspace_id": str(self.workspace_id),
            "cloud": "AWS",
            "host_type": "WORKSPACE_HOST",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, workspace: EmbeddedWorkspace) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.workspace = workspace
        self.closing = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hung up is no news; a fault of ours reaches it as a broken connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    wbufsize = -1  # buffered: headers and body leave together, one packet, no waiting for an acknowledgement
    server: _Server

    def answer(self) -> None:
        """Reads the whole request, answers in one write."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_BODY or self.server.closing:
            self.close_connection = True
            return
        raw = self.rfile.read(length)
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        known = token.strip() if scheme.lower() == "bearer" else ""
        route = self.headers.get("X-Databricks-Workspace-Id") or ""
        reply = self.server.workspace.answer(self.command, self.path, known, raw, route)
        if reply.status == _DROPPED:
            self.close_connection = True
            return
        if reply.body is None:
            content, kind = b"", ""
        elif isinstance(reply.body, str):
            content, kind = reply.body.encode(), "text/html; charset=utf-8"
        else:
            content, kind = json.dumps(reply.body).encode(), "application/json"
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if reply.cut else content)
        self.close_connection = self.close_connection or reply.cut

    # http.server looks the handlers up by these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  # the standard library names them

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed: the call log is the record."""
