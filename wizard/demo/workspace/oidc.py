"""Signing in to the pretend workspace with a browser: one page that says yes at once, and one that gives tokens.

Endpoints: https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m; the check of the code: RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from wizard.demo.workspace.wire import Reply

CLIENT = "databricks-cli"
_METADATA = "/oidc/.well-known/oauth-authorization-server"


class Oidc:
    """Hands out codes and tokens; `admit` makes a token valid."""

    def __init__(self, admit: Callable[[str], None], lifetime: int = 3600) -> None:
        self.lifetime = lifetime
        """Seconds that a token is said to be good for."""
        self._admit = admit
        self._codes: dict[str, tuple[str, str]] = {}
        """Code -> (challenge, address it was sent to)."""
        self._refreshers: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, query: Mapping[str, str], raw: bytes, url: str) -> Reply | None:
        """The answer to one request; None when it is for somebody else. `url` is our own scheme and host."""
        if (method, path) == ("GET", _METADATA):
            return Reply(
                200,
                {
                    "issuer": f"{url}/oidc",
                    "authorization_endpoint": f"{url}/oidc/v1/authorize",
                    "token_endpoint": f"{url}/oidc/v1/token",
                },
            )
        if (method, path) == ("GET", "/oidc/v1/authorize"):
            return self._authorize(query)
        if (method, path) == ("POST", "/oidc/v1/token"):
            return self._token(dict(parse_qsl(raw.decode("utf-8", "replace"))))
        return None

    def _authorize(self, query: Mapping[str, str]) -> Reply:
        back = query.get("redirect_uri", "")
        good = (
            query.get("response_type") == "code"
            and query.get("client_id") == CLIENT
            and query.get("code_challenge_method") == "S256"
            and query.get("code_challenge")
            and query.get("state")
            and urlsplit(back).hostname == "localhost"
        )
        if not good:
            return Reply(400, "<html><body>invalid_request</body></html>")
        code = secrets.token_urlsafe(16)
        with self._lock:
            self._codes[code] = (query["code_challenge"], back)
        target = f"{back}?{urlencode({'code': code, 'state': query['state']})}"
        return Reply(302, "<html><body>You are signed in.</body></html>", {"Location": target})

    def _token(self, form: Mapping[str, str]) -> Reply:
        if form.get("client_id") != CLIENT:
            return _no("invalid_client", "Client authentication failed")
        if form.get("grant_type") == "refresh_token":
            with self._lock:
                known = form.get("refresh_token", "") in self._refreshers
            return self._issue() if known else _no("invalid_request", "Refresh token is invalid")
        with self._lock:
            challenge, back = self._codes.pop(form.get("code", ""), ("", ""))
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(proof).decode().rstrip("=") == challenge
        if not challenge or not proven or form.get("redirect_uri") != back:
            return _no("invalid_grant", "The authorization code is invalid")
        return self._issue()

    def _issue(self) -> Reply:
        token, refresh = "eyJ" + secrets.token_urlsafe(24), "doau" + secrets.token_urlsafe(24)
        self._admit(token)
        with self._lock:
            self._refreshers.add(refresh)
        return Reply(
            200,
            {
                "access_token": token,
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "scope": "all-apis offline_access",
            },
        )


def _no(error: str, description: str) -> Reply:
    return Reply(400, {"error": error, "error_description": description})
