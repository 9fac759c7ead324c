"""Signing in through the browser: OAuth with a code that is handed to this computer, as the SDK does it.

Three things the SDK leaves out are done here: another port when 8020 is taken, an end to the waiting, and an
address on the screen. Sources: https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m (endpoints, client
`databricks-cli`, scopes) and RFC 7636 and 8252. Tokens stay in memory.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from wizard.core.event import DeviceCode, Phase, Wait
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.databricks import refusals
from wizard.services.databricks.callback import Callback

if TYPE_CHECKING:
    from wizard.core.event import Work

CLIENT = "databricks-cli"
PATIENCE = timedelta(minutes=5)
"""How long the operator has."""
_TIMEOUT = (5.0, 15.0)
"""Seconds to connect and to answer."""
_MARGIN = 60.0
"""Seconds before its end at which a token is renewed."""


@dataclass
class BrowserTokens:
    """An access token that is renewed when it runs out; call it for one that is good. Safe between threads."""

    host: str
    endpoint: str
    access: str
    refresh: str
    good_until: float
    """On the monotonic clock, in seconds."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"BrowserTokens({self.host})"

    def __call__(self) -> str:
        """A bearer token. Blocks while it is renewed; raises Problem when it cannot be."""
        with self._lock:
            if time.monotonic() > self.good_until - _MARGIN and self.refresh:
                given = _ask_for_tokens(
                    self.host,
                    self.endpoint,
                    {"grant_type": "refresh_token", "refresh_token": self.refresh, "client_id": CLIENT},
                )
                self.access, self.good_until = given.access, given.good_until
                self.refresh = given.refresh or self.refresh
            return self.access


def sign_in(
    base_url: str,
    host: str,
    *,
    open_browser: Callable[[str], bool],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    patience: timedelta = PATIENCE,
) -> Work[BrowserTokens]:
    """Opens the sign-in page, waits for its answer, and gets tokens for it. Raises Problem.

    `base_url` is scheme and host of the workspace. The page can be opened by hand as well.
    """
    yield Phase("Asking the workspace where to sign in")
    authorize, endpoint = _endpoints(base_url, host)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with Callback(state) as callback:
        url = f"{authorize}?{urlencode(_question(callback.url, verifier, state))}"
        until = now() + patience
        yield DeviceCode("", url, url, until)
        yield Phase("Waiting for your sign-in in the browser")
        open_browser(url)
        while callback.answer is None:
            if now() >= until:
                raise _nobody_came(host, patience)
            yield Wait(0.25)
        answer = callback.answer
    if "code" not in answer:
        said = one_line(f"{answer.get('error', '')}: {answer.get('error_description', '')}".strip(": "))
        raise _refused(host, said)
    yield Phase("Getting the token")
    return _ask_for_tokens(
        host,
        endpoint,
        {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "code_verifier": verifier,
            "redirect_uri": callback.url,
            "client_id": CLIENT,
        },
    )


def _question(redirect: str, verifier: str, state: str) -> dict[str, str]:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": redirect,
        "scope": "all-apis offline_access",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def _endpoints(base_url: str, host: str) -> tuple[str, str]:
    """(page to sign in on, where tokens are got), both of the workspace or of Databricks. Raises Problem."""
    import requests

    try:
        answer = requests.get(
            f"{base_url}/oidc/.well-known/oauth-authorization-server", timeout=_TIMEOUT, allow_redirects=False
        )
        said = answer.json() if answer.ok else {}
    except requests.exceptions.JSONDecodeError:
        said = {}
    except requests.RequestException as error:
        raise refusals.unreachable(host, error) from error
    names = ("authorization_endpoint", "token_endpoint")
    found = [str(said.get(name) or "") for name in names] if isinstance(said, dict) else ["", ""]
    if not all(_trusted(url, base_url) for url in found):
        raise Problem(
            code="databricks.browser.unknown",
            what=f"{host} does not say where to sign in with a browser.",
            why="It is no workspace, or something between it and you answers in its place.",
            remedy="Choose a personal access token instead, or check the workspace address.",
            step="workspace",
        )
    return found[0], found[1]


def _trusted(url: str, base_url: str) -> bool:
    """Signing in elsewhere than at the workspace itself or at Databricks would hand the code to a stranger."""
    there, here = urlsplit(url), urlsplit(base_url)
    if (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return True
    named = there.hostname or ""
    return there.scheme == "https" and "@" not in there.netloc and named.endswith(".databricks.com")


def _ask_for_tokens(host: str, endpoint: str, form: dict[str, str]) -> BrowserTokens:
    import requests

    begun = time.monotonic()
    try:
        answer = requests.post(
            endpoint, data=form, timeout=_TIMEOUT, allow_redirects=False, auth=lambda request: request
        )
    except requests.RequestException as error:
        raise refusals.unreachable(host, error) from error
    try:
        said: Any = answer.json()
    except requests.exceptions.JSONDecodeError:
        raise refusals.not_json(host) from None
    token = said.get("access_token") if isinstance(said, dict) else None
    if not answer.ok or not isinstance(token, str) or not token:
        told = said if isinstance(said, dict) else {}
        raise refusals.sign_in_failed(
            host, one_line(f"{told.get('error', answer.status_code)}: {told.get('error_description', '')}")
        )
    refresh = said.get("refresh_token")
    try:
        lasts = float(said.get("expires_in") or 3600)
    except (TypeError, ValueError):
        lasts = 3600.0
    return BrowserTokens(host, endpoint, token, refresh if isinstance(refresh, str) else "", begun + lasts)


def _nobody_came(host: str, patience: timedelta) -> Problem:
    return Problem(
        code="databricks.browser.timeout",
        what=f"Nobody signed in to {host} within {patience.total_seconds() / 60:.0f} minutes.",
        why="The page was closed, or the browser runs on another computer and cannot come back to this one.",
        remedy="Try again with a browser on this computer, or choose a personal access token.",
        step="workspace",
    )


def _refused(host: str, said: str) -> Problem:
    return Problem(
        code="databricks.browser.refused",
        what=f"The sign-in page of {host} said no.",
        why="It was declined there, or your user may not enter this workspace.",
        remedy="Try again as another user, or choose a personal access token.",
        evidence=(said,) if said else (),
        step="workspace",
    )
