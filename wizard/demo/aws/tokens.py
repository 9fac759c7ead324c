"""What the pretend SSO portal has handed out: clients, device codes, sign-in codes, access tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

_CODE_LETTERS = "".join(sorted(set(string.ascii_uppercase) - set("AEIOUY")))


class TokenRefused(Exception):
    """A sign-in step the portal refuses: `code` is the SDK's exception, `oauth` the OAuth error word."""

    def __init__(self, code: str, oauth: str, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code = code
        self.oauth = oauth
        self.words = words
        self.status = status


@dataclass
class Authorization:
    """One attempt to sign in: a device code waiting for its person, or a browser's sign-in."""

    code: str = field(repr=False)
    user_code: str
    client_id: str
    started: float
    state: Literal["pending", "approved", "denied", "used"] = "pending"
    polled: float = 0.0
    redirect_uri: str = ""
    challenge: str = ""
    """S256 challenge of the browser flow (PKCE); empty for a device code."""


@dataclass(frozen=True)
class Signed:
    """A signed-in person's tokens."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    client_id: str
    expires_at: float


class TokenDesk:
    """Registers clients, starts authorizations and turns them into tokens. Safe from any thread.

    Times are seconds. All of them can be changed at any moment.
    """

    def __init__(self) -> None:
        self.poll_interval = 1
        self.code_seconds = 600.0
        self.token_seconds = 8 * 3600.0
        self.auto_approve_after: float | None = None
        self._lock = threading.RLock()
        self._clients: dict[str, str] = {}
        self._waiting: list[Authorization] = []
        self._signed: dict[str, Signed] = {}

    def register(self) -> tuple[str, str]:
        """(client id, client secret) of a new client."""
        client = (secrets.token_urlsafe(16), secrets.token_urlsafe(48))
        with self._lock:
            self._clients[client[0]] = client[1]
        return client

    def check_client(self, client_id: str, client_secret: str) -> None:
        """Raises TokenRefused when the client is not registered here."""
        with self._lock:
            known = self._clients.get(client_id)
        if known is None or not secrets.compare_digest(known, client_secret):
            raise TokenRefused("InvalidClientException", "invalid_client", "Invalid client provided", 401)

    def start(self, client_id: str, redirect_uri: str = "", challenge: str = "") -> Authorization:
        """A new authorization, waiting for approval."""
        letters = [secrets.choice(_CODE_LETTERS) for _ in range(8)]
        user_code = "".join(letters[:4]) + "-" + "".join(letters[4:])
        one = Authorization(
            secrets.token_urlsafe(32),
            user_code,
            client_id,
            time.time(),
            redirect_uri=redirect_uri,
            challenge=challenge,
        )
        with self._lock:
            self._waiting.append(one)
        return one

    def find(self, user_code: str) -> Authorization | None:
        """The authorization a person sees under this code."""
        wanted = user_code.strip().upper()
        with self._lock:
            return next((one for one in self._waiting if one.user_code == wanted), None)

    def decide(self, user_code: str, *, is_approved: bool) -> Authorization:
        """Approve or deny. Raises KeyError when no sign-in is waiting under this code."""
        with self._lock:
            one = self.find(user_code)
            if one is None or one.state != "pending" or self._is_late(one):
                raise KeyError(f"No sign-in is waiting under the code {user_code}.")
            one.state = "approved" if is_approved else "denied"
            return one

    def redeem_device(self, client_id: str, device_code: str) -> Signed:
        """Tokens for an approved device code.

        Raises TokenRefused while it is pending, polled too fast, denied, late, or unknown.
        """
        with self._lock:
            one = self._authorization(client_id, device_code)
            now, before = time.time(), one.polled
            one.polled = now
            self._approve_by_itself(one)
            if one.state == "denied":
                raise TokenRefused("AccessDeniedException", "access_denied", "The sign-in was denied.")
            if one.state == "pending":
                # Half the interval: a client that keeps to it must never be told off for jitter.
                if now - before < self.poll_interval / 2:
                    raise TokenRefused("SlowDownException", "slow_down", "Polling too frequently.")
                raise TokenRefused(
                    "AuthorizationPendingException",
                    "authorization_pending",
                    "The sign-in is not approved yet.",
                )
            one.state = "used"
            return self._sign(client_id)

    def redeem_code(self, client_id: str, code: str, redirect_uri: str, verifier: str) -> Signed:
        """Tokens for the code a browser brought back (PKCE, S256). Raises TokenRefused."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        with self._lock:
            one = self._authorization(client_id, code)
            if one.state != "approved" or one.challenge != digest or one.redirect_uri != redirect_uri:
                raise TokenRefused("InvalidGrantException", "invalid_grant", "Invalid grant provided")
            one.state = "used"
            return self._sign(client_id)

    def refresh(self, client_id: str, refresh_token: str) -> Signed:
        """New tokens for a refresh token, which stays good for one use. Raises TokenRefused."""
        with self._lock:
            for signed in list(self._signed.values()):
                if signed.refresh_token == refresh_token and signed.client_id == client_id:
                    del self._signed[signed.access_token]
                    return self._sign(client_id)
        raise TokenRefused("InvalidGrantException", "invalid_grant", "Invalid refresh token provided")

    def is_signed_in(self, access_token: str) -> bool:
        """Whether this access token is good now."""
        with self._lock:
            signed = self._signed.get(access_token)
        return signed is not None and time.time() < signed.expires_at

    def sign_out(self, access_token: str) -> None:
        """Forget a token."""
        with self._lock:
            self._signed.pop(access_token, None)

    def expire(self, *, forget_refresh: bool = False) -> None:
        """Let every access token die now; refresh tokens too when asked."""
        with self._lock:
            for token, signed in list(self._signed.items()):
                refresh = "" if forget_refresh else signed.refresh_token
                self._signed[token] = Signed(token, refresh, signed.client_id, 0.0)

    def _authorization(self, client_id: str, code: str) -> Authorization:
        one = next((a for a in self._waiting if a.code == code and a.client_id == client_id), None)
        if one is None or one.state == "used":
            raise TokenRefused("InvalidGrantException", "invalid_grant", "Invalid device code provided")
        if self._is_late(one):
            raise TokenRefused("ExpiredTokenException", "expired_token", "The code has expired.")
        return one

    def _is_late(self, one: Authorization) -> bool:
        return time.time() >= one.started + self.code_seconds

    def _approve_by_itself(self, one: Authorization) -> None:
        after = self.auto_approve_after
        if after is not None and one.state == "pending" and time.time() >= one.started + after:
            one.state = "approved"

    def _sign(self, client_id: str) -> Signed:
        signed = Signed(
            "aoa" + secrets.token_urlsafe(96),
            "aor" + secrets.token_urlsafe(96),
            client_id,
            time.time() + self.token_seconds,
        )
        self._signed[signed.access_token] = signed
        return signed
