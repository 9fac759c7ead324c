"""Signing in through IAM Identity Center with a code to approve in a browser; the token, its renewal, its cache.

Tokens are kept in the cache that the AWS CLI, every SDK and Terraform share, so one sign-in serves them all.
Sources: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html (the flow),
https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html (the cache).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.core.event import DeviceCode, Phase, Wait, Work
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import sso_cache
from wizard.services.aws.errors import code_of, problem, told
from wizard.services.aws.session import AwsPlaces, botocore_session

SCOPES = ("sso:account:access",)
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_RENEW_BEFORE = timedelta(minutes=15)
_CLIENT_NAME = "htd-wizard"
_one_renews = threading.Lock()


def utc_now() -> datetime:
    """The moment, for those who are not told another one."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class SsoToken:
    """A sign-in to SSO. `repr` hides what is secret."""

    start_url: str
    region: str
    """Region of the SSO instance, not of the workload."""
    access_token: str = field(repr=False)
    expires_at: datetime
    places: AwsPlaces = field(repr=False)
    session_name: str | None = None
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    registration_expires_at: datetime | None = None
    refresh_token: str = field(default="", repr=False)

    def secrets(self) -> tuple[str, ...]:
        return tuple(part for part in (self.access_token, self.client_secret, self.refresh_token) if part)


def device_login(
    start_url: str,
    sso_region: str,
    places: AwsPlaces,
    session_name: str | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Work[SsoToken]:
    """Show a code, wait until it is approved, keep the token in the shared cache. Raises Problem."""
    yield Phase("Asking SSO for a code", command(session_name))
    client = oidc(sso_region, places)
    registered = registration(client, start_url, sso_region, places, session_name, now())
    started = _start(client, registered, start_url)
    ends = now() + timedelta(seconds=int(started.get("expiresIn", 600)))
    yield Phase("Waiting for you to approve the code in the browser")
    yield DeviceCode(
        user_code=one_line(started["userCode"], 40),
        url=one_line(started["verificationUri"], 500),
        url_complete=one_line(started.get("verificationUriComplete") or started["verificationUri"], 600),
        expires_at=ends,
    )
    answer = yield from _poll(client, registered, started, ends, now)
    return keep(start_url, sso_region, places, session_name, registered, answer, now())


def keep(
    start_url: str,
    sso_region: str,
    places: AwsPlaces,
    session_name: str | None,
    registered: dict[str, Any],
    answer: dict[str, Any],
    now: datetime,
) -> SsoToken:
    """The token of CreateToken's answer, written to the shared cache. Raises Problem."""
    token = SsoToken(
        start_url=start_url,
        region=sso_region,
        access_token=str(answer["accessToken"]),
        expires_at=now + timedelta(seconds=int(answer["expiresIn"])),
        places=places,
        session_name=session_name,
        client_id=registered["clientId"],
        client_secret=registered["clientSecret"],
        registration_expires_at=sso_cache.moment(registered["expiresAt"]),
        refresh_token=str(answer.get("refreshToken") or ""),
    )
    save(token)
    return token


def command(session_name: str | None) -> str:
    """What a person would type; empty where the AWS CLI needs a profile first."""
    return f"aws sso login --sso-session {session_name}" if session_name else ""


def _start(client: Any, registration: dict[str, Any], start_url: str) -> dict[str, Any]:
    try:
        started: dict[str, Any] = client.start_device_authorization(
            clientId=registration["clientId"], clientSecret=registration["clientSecret"], startUrl=start_url
        )
        return started
    except Exception as error:
        if code_of(error) in ("InvalidRequestException", "InvalidClientException"):
            raise Problem(
                code="aws.sso.start_url",
                what="SSO does not know this start URL in this region.",
                why="The address of the AWS access portal and the region of the SSO instance belong together.",
                remedy="Compare both with the portal's page: choose an account, then “Access keys”, which shows them.",
                evidence=(one_line(error),),
                step="credentials",
            ) from error
        raise problem(error, "asking SSO for a code") from error


def _poll(
    client: Any,
    registration: dict[str, Any],
    started: dict[str, Any],
    ends: datetime,
    now: Callable[[], datetime],
) -> Work[dict[str, Any]]:
    """Ask until the code is approved, refused or too old; slower when told so (RFC 8628, section 3.5)."""
    interval = int(started.get("interval") or 5)
    while now() < ends:
        yield Wait(interval, "waiting for your approval in the browser")
        try:
            answer: dict[str, Any] = client.create_token(
                clientId=registration["clientId"],
                clientSecret=registration["clientSecret"],
                grantType=_DEVICE_GRANT,
                deviceCode=started["deviceCode"],
            )
            return answer
        except Exception as error:
            code = code_of(error)
            if code == "AuthorizationPendingException":
                continue
            if code == "SlowDownException":
                interval += 5
                continue
            if code == "ExpiredTokenException":
                break
            if code == "AccessDeniedException":
                raise refused() from error
            raise problem(error, "waiting for the approval") from error
    raise Problem(
        code="aws.sso.code_expired",
        what="The code was not approved in time.",
        why="A code is good for some minutes only.",
        remedy="Sign in again to get a new code.",
        step="credentials",
    )


def refused() -> Problem:
    """Somebody said no in the browser."""
    return Problem(
        code="aws.sso.denied",
        what="The sign-in was refused in the browser.",
        why="Somebody chose “Deny”, or the organisation does not allow codes.",
        remedy="Sign in again and approve what is shown here, or sign in another way.",
        step="credentials",
    )


def cached_token(
    start_url: str,
    sso_region: str,
    places: AwsPlaces,
    session_name: str | None = None,
    now: datetime | None = None,
) -> SsoToken | None:
    """The sign-in that is already in the shared cache, renewed when it is about to end; None when there is none."""
    # A refresh token is good for one use: two threads that renew the same sign-in would spoil each other's.
    with _one_renews:
        return _cached_token(start_url, sso_region, places, session_name, now)


def _cached_token(
    start_url: str, sso_region: str, places: AwsPlaces, session_name: str | None, now: datetime | None
) -> SsoToken | None:
    kept = sso_cache.read(sso_cache.file_of(places.sso_cache, session_name or start_url))
    expires_at = sso_cache.moment(kept.get("expiresAt"))
    if not kept.get("accessToken") or expires_at is None:
        return None
    token = SsoToken(
        start_url=str(kept.get("startUrl") or start_url),
        region=str(kept.get("region") or sso_region),
        access_token=str(kept["accessToken"]),
        expires_at=expires_at,
        places=places,
        session_name=session_name,
        client_id=str(kept.get("clientId") or ""),
        client_secret=str(kept.get("clientSecret") or ""),
        registration_expires_at=sso_cache.moment(kept.get("registrationExpiresAt")),
        refresh_token=str(kept.get("refreshToken") or ""),
    )
    moment = now or utc_now()
    renewed = refresh(token, moment)
    if renewed.expires_at > moment:
        return renewed
    file = sso_cache.file_of(places.sso_cache, session_name or start_url)
    if sso_cache.read(file).get("accessToken") != token.access_token:
        # The CLI or Terraform renewed it in the same moment, and the refresh token went to them.
        return _cached_token(start_url, sso_region, places, session_name, now)
    return None


def refresh(token: SsoToken, now: datetime | None = None) -> SsoToken:
    """`token`, renewed and kept when less than 15 minutes are left and it can be; otherwise as it is."""
    moment = now or utc_now()
    registered = token.registration_expires_at is not None and token.registration_expires_at > moment
    if token.expires_at - moment >= _RENEW_BEFORE or not token.refresh_token or not registered:
        return token
    try:
        answer = oidc(token.region, token.places).create_token(
            clientId=token.client_id,
            clientSecret=token.client_secret,
            grantType="refresh_token",
            refreshToken=token.refresh_token,
        )
    except Exception as error:
        if code_of(error):
            return token  # the old one is used up to its end, as the SDKs do
        raise problem(error, "renewing the SSO sign-in") from error
    renewed = replace(
        token,
        access_token=str(answer["accessToken"]),
        expires_at=moment + timedelta(seconds=int(answer["expiresIn"])),
        refresh_token=str(answer.get("refreshToken") or token.refresh_token),
    )
    save(renewed)
    return renewed


def oidc(region: str, places: AwsPlaces) -> Any:
    """A client of the service that signs people in. Raises Problem."""
    return unsigned("sso-oidc", region, places)


def unsigned(service: str, region: str, places: AwsPlaces) -> Any:
    """These services take tokens instead of signatures."""
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(
        signature_version=UNSIGNED,
        connect_timeout=5,
        read_timeout=15,
        retries={"mode": "standard", "total_max_attempts": 6},
    )
    with told("preparing the sign-in"):
        return botocore_session(places).create_client(service, region_name=region, config=config)


def registration(
    client: Any,
    start_url: str,
    region: str,
    places: AwsPlaces,
    session_name: str | None,
    now: datetime,
    redirect_uri: str = "",
) -> dict[str, Any]:
    """This program's registration with SSO, kept for its life of months under the name that botocore uses.

    `redirect_uri` makes it one for the browser flow; those are kept apart. Raises Problem.
    """
    asked: dict[str, Any] = {"scopes": list(SCOPES)}
    if redirect_uri:
        asked |= {
            "grantTypes": ["authorization_code", "refresh_token"],
            "redirectUris": [redirect_uri],
            "issuerUrl": start_url,
        }
    named = {
        "tool": "botocore",
        "startUrl": start_url,
        "region": region,
        "session_name": session_name,
        **asked,
    }
    file = sso_cache.file_of(places.sso_cache, json.dumps(named, sort_keys=True))
    kept = sso_cache.read(file)
    ends = sso_cache.moment(kept.get("expiresAt"))
    if kept.get("clientId") and kept.get("clientSecret") and ends and ends > now + timedelta(hours=12):
        return kept
    with told("registering with SSO"):
        answer = client.register_client(clientName=_CLIENT_NAME, clientType="public", **asked)
    fresh = {
        "clientId": answer["clientId"],
        "clientSecret": answer["clientSecret"],
        "expiresAt": sso_cache.spelled(datetime.fromtimestamp(answer["clientSecretExpiresAt"], UTC)),
        "scopes": list(SCOPES),
    }
    sso_cache.write(file, fresh)
    return fresh


def move(token: SsoToken, session_name: str) -> SsoToken:
    """Keep the sign-in under the name of an sso-session instead; a refresh token must not lie in two files."""
    moved = replace(token, session_name=session_name)
    save(moved)
    if (token.session_name or token.start_url) != session_name:
        sso_cache.file_of(token.places.sso_cache, token.session_name or token.start_url).unlink(
            missing_ok=True
        )
    return moved


def save(token: SsoToken) -> None:
    """Write the token to the shared cache, under the session's name or the start address. Raises Problem."""
    kept: dict[str, Any] = {
        "startUrl": token.start_url,
        "region": token.region,
        "accessToken": token.access_token,
        "expiresAt": sso_cache.spelled(token.expires_at),
        "clientId": token.client_id,
        "clientSecret": token.client_secret,
    }
    if token.registration_expires_at:
        kept["registrationExpiresAt"] = sso_cache.spelled(token.registration_expires_at)
    if token.refresh_token:
        kept["refreshToken"] = token.refresh_token
    sso_cache.write(sso_cache.file_of(token.places.sso_cache, token.session_name or token.start_url), kept)
