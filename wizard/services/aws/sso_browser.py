"""Signing in through a browser on this computer: authorization code with PKCE, brought back over loopback.

Sources: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html,
https://www.rfc-editor.org/rfc/rfc7636.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from wizard.core.event import DeviceCode, Line, Phase, Wait, Work
from wizard.core.problem import Problem
from wizard.services.aws import sso
from wizard.services.aws.errors import code_of, problem
from wizard.services.aws.loopback import CALLBACK, Loopback
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sso import SsoToken

PATIENCE = timedelta(minutes=10)
"""How long the browser may take; the CLI waits as long."""

_REDIRECT = f"http://127.0.0.1{CALLBACK}"
"""What is registered: the port is chosen anew each time."""


def browser_login(
    start_url: str,
    sso_region: str,
    places: AwsPlaces,
    open_browser: Callable[[str], bool],
    session_name: str | None = None,
    now: Callable[[], datetime] = sso.utc_now,
) -> Work[SsoToken]:
    """Open the sign-in page, wait until the browser comes back, keep the token in the shared cache.

    Raises Problem.
    """
    yield Phase("Preparing the sign-in in your browser", sso.command(session_name))
    client = sso.oidc(sso_region, places)
    registration = sso.registration(client, start_url, sso_region, places, session_name, now(), _REDIRECT)
    verifier = secrets.token_urlsafe(64)
    with Loopback() as loopback:
        asked = {
            "response_type": "code",
            "client_id": registration["clientId"],
            "redirect_uri": loopback.redirect_uri,
            "state": loopback.state,
            "code_challenge_method": "S256",
            "scopes": " ".join(sso.SCOPES),
            "code_challenge": _challenge(verifier),
        }
        loopback.authorize = f"{client.meta.endpoint_url}/authorize?{urlencode(asked)}"
        yield Phase("Waiting for you in the browser")
        ends = now() + PATIENCE
        yield DeviceCode("", loopback.start_address, loopback.start_address, ends)
        if not open_browser(loopback.start_address):
            yield Line(
                "No browser opened by itself; open the address in a browser on this computer.", "warning"
            )
        yield from _until_back(loopback, ends, now)
        answer = _redeem(client, registration, loopback, verifier)
    return sso.keep(start_url, sso_region, places, session_name, registration, answer, now())


def _until_back(loopback: Loopback, ends: datetime, now: Callable[[], datetime]) -> Work[None]:
    while not loopback.came.wait(0.05):
        if now() >= ends:
            raise Problem(
                code="aws.sso.code_expired",
                what="Nobody signed in in the browser in time.",
                why=f"The wizard waits {PATIENCE.seconds // 60} minutes for the browser to come back.",
                remedy="Sign in again; with a code it also works on another device.",
                step="credentials",
            )
        yield Wait(0.1, "waiting for you in the browser")
    if loopback.error:
        raise sso.refused()


def _redeem(client: Any, registration: dict[str, Any], loopback: Loopback, verifier: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = client.create_token(
            clientId=registration["clientId"],
            clientSecret=registration["clientSecret"],
            grantType="authorization_code",
            code=loopback.code,
            redirectUri=loopback.redirect_uri,
            codeVerifier=verifier,
        )
    except Exception as error:
        if code_of(error) == "InvalidGrantException":
            raise Problem(
                code="aws.sso.code_expired",
                what="SSO did not take what the browser brought back.",
                why="It is good for a moment and for one use only.",
                remedy="Sign in again, or sign in with a code.",
                step="credentials",
            ) from error
        raise problem(error, "finishing the sign-in") from error
    return answer


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
