"""Requests, replies, refusals and the route table of the pretend workspace.

Error envelopes: https://docs.databricks.com/api/workspace/introduction and recorded responses.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Call:
    """One request the workspace answered."""

    at: float
    """Seconds since the epoch."""
    method: str
    path: str
    status: int
    """HTTP status of the answer."""
    mutating: bool
    """True when the method is not GET or HEAD."""
    user: str
    """User name behind the token; empty when there was none."""
    route: str = ""
    """The workspace that the caller said is meant, where many share a host."""


@dataclass(frozen=True)
class User:
    """A person of the pretend workspace."""

    name: str
    number: str
    admin: bool


@dataclass(frozen=True)
class Request:
    """One request, already authenticated and parsed."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    user: User
    names: Mapping[str, str] = field(default_factory=dict)
    """Values of the `{...}` parts of the route's pattern."""

    def text(self, key: str) -> str:
        """A text field of the body; empty when absent or null. Raises Refused when it is no text."""
        value = self.body.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise refused(400, "MALFORMED_REQUEST", f"Could not parse request object: {key} must be a string")
        return value

    def admins_only(self) -> None:
        """Raises Refused unless the caller is a workspace admin."""
        if not self.user.admin:
            raise refused(403, "PERMISSION_DENIED", "This API is reserved to admin users")


@dataclass(frozen=True)
class Reply:
    """One answer. A text body is sent as HTML, everything else as JSON; None sends no body."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Only half of the body is sent, and the connection is closed."""


class Refused(Exception):
    """A handler refuses; carries the reply to send."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.body}")
        self.reply = reply


def refused(status: int, code: str, message: str) -> Refused:
    """A refusal in the usual envelope, with the request id Databricks adds."""
    details = [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": str(uuid.uuid4())}]
    return Refused(Reply(status, {"error_code": code, "message": message, "details": details}))


def bad_token() -> Reply:
    """The answer to a wrong or expired token: 403, and the error code is a number.

    Source: https://github.com/databricks/databricks-sdk-go/issues/1061
    """
    message = f"Invalid access token. [ReqId: {uuid.uuid4()}]"
    return Reply(403, {"error_code": 403, "message": message}, {"X-Databricks-Reason-Phrase": message})


Handler: TypeAlias = Callable[[Request], Reply]


class Routes:
    """Which handler answers which method and path."""

    def __init__(self) -> None:
        self._table: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Adds a route; `{name}` in the pattern matches one path segment."""
        expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
        self._table.append((method, re.compile(expression + r"/?\Z"), handler))

    def find(self, method: str, path: str) -> tuple[Handler, Mapping[str, str]] | None:
        """The handler of a method and path, with the values of the pattern's names."""
        for known, pattern, handler in self._table:
            match = pattern.match(path) if known == method else None
            if match:
                return handler, match.groupdict()
        return None


def no_stub(method: str, path: str) -> Reply:
    """The answer to a route nobody built: loud, so that a test cannot pass by accident."""
    return Reply(501, {"message": f"No stub found for pattern: {method} {path}"})
