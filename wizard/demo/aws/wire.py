"""One HTTP request and one reply, as plain data: what the server, the gate and the portal exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class Request:
    """A whole request: the body has been read."""

    method: str
    target: str
    """Path and query exactly as sent."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)

    @property
    def raw_path(self) -> str:
        """The path as sent, still percent-encoded."""
        return self.target.split("?", 1)[0] or "/"

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @property
    def query_string(self) -> str:
        """Everything after the first `?`."""
        return self.target.partition("?")[2]

    @cached_property
    def query(self) -> dict[str, str]:
        """Query parameters; a bare `?policy` is an empty string."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body of a form post (the AWS query protocol)."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is not one."""
        try:
            loaded = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return loaded if isinstance(loaded, dict) else {}


@dataclass(frozen=True)
class Reply:
    """A whole reply."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


NO_REPLY = Reply(0)
"""The connection breaks instead of an answer."""


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """`value` as a JSON reply."""
    body = json.dumps(value).encode()
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})


def xml_reply(body: str, status: int = 200) -> Reply:
    """`body` as an XML reply."""
    return Reply(status, body.encode(), {"Content-Type": "text/xml"})
