"""Signing in through IAM Identity Center with a code to approve in a browser, and choosing a role.

Tokens are kept in the cache that the AWS CLI, every SDK and Terraform share, so one sign-in serves them all.
Sources: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html (the flow),
https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html (the cache).
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.core.event import DeviceCode, Phase, Wait, Work
from wizard.core.problem import Problem
from wizard.core.text import clean, one_line
from wizard.services.aws import sso_cache
from wizard.services.aws.errors import code_of, problem, told
from wizard.services.aws.session import AwsPlaces, AwsSession, botocore_session

_SCOPES = ("sso:account:access",)
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_RENEW_BEFORE = timedelta(minutes=15)
_CLIENT_NAME = "htd-wizard"
_one_renews = threading.Lock()


def _utc_now() -> datetime:
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


@dataclass(frozen=True)
class Account:
    """An account that this sign-in may enter."""

    id: str
    name: str
    email: str = ""


def device_login(
    start_url: str,
    sso_region: str,
    places: AwsPlaces,
    session_name: str | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> Work[SsoToken]:
    """Show a code, wait until it is approved, keep the token in the shared cache. Raises Problem."""
    yield Phase(
        "Asking SSO for a code", f"aws sso login --sso-session {session_name}" if session_name else ""
    )
    client = _oidc(sso_region, places)
    registration = _registration(client, start_url, sso_region, places, session_name, now())
    started = _start(client, registration, start_url)
    ends = now() + timedelta(seconds=int(started.get("expiresIn", 600)))
    yield Phase("Waiting for you to approve the code in the browser")
    yield DeviceCode(
        user_code=one_line(started["userCode"], 40),
        url=one_line(started["verificationUri"], 500),
        url_complete=one_line(started.get("verificationUriComplete") or started["verificationUri"], 600),
        expires_at=ends,
    )
    answer = yield from _poll(client, registration, started, ends, now)
    token = SsoToken(
        start_url=start_url,
        region=sso_region,
        access_token=str(answer["accessToken"]),
        expires_at=now() + timedelta(seconds=int(answer["expiresIn"])),
        places=places,
        session_name=session_name,
        client_id=registration["clientId"],
        client_secret=registration["clientSecret"],
        registration_expires_at=sso_cache.moment(registration["expiresAt"]),
        refresh_token=str(answer.get("refreshToken") or ""),
    )
    _save(token)
    return token


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
                raise _refused() from error
            raise problem(error, "waiting for the approval") from error
    raise Problem(
        code="aws.sso.code_expired",
        what="The code was not approved in time.",
        why="A code is good for some minutes only.",
        remedy="Sign in again to get a new code.",
        step="credentials",
    )


def _refused() -> Problem:
    return Problem(
        code="aws.sso.denied",
        what="The sign-in was refused in the browser.",
        why="Somebody chose “Deny”, or the organisation does not allow codes.",
        remedy="Sign in again and approve the code that is shown here, or sign in another way.",
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
    moment = now or _utc_now()
    renewed = refresh(token, moment)
    return renewed if renewed.expires_at > moment else None


def refresh(token: SsoToken, now: datetime | None = None) -> SsoToken:
    """`token`, renewed and kept when less than 15 minutes are left and it can be; otherwise as it is."""
    moment = now or _utc_now()
    registered = token.registration_expires_at is not None and token.registration_expires_at > moment
    if token.expires_at - moment >= _RENEW_BEFORE or not token.refresh_token or not registered:
        return token
    try:
        answer = _oidc(token.region, token.places).create_token(
            clientId=token.client_id,
            clientSecret=token.client_secret,
            grantType="refresh_token",
            refreshToken=token.refresh_token,
        )
    except Exception as error:
        if code_of(error):
            return token  # the old one is used up to its end, as the SDKs do
        raise problem(error, "renewing the SSO sign-in") from error
    renewed = SsoToken(
        start_url=token.start_url,
        region=token.region,
        access_token=str(answer["accessToken"]),
        expires_at=moment + timedelta(seconds=int(answer["expiresIn"])),
        places=token.places,
        session_name=token.session_name,
        client_id=token.client_id,
        client_secret=token.client_secret,
        registration_expires_at=token.registration_expires_at,
        refresh_token=str(answer.get("refreshToken") or token.refresh_token),
    )
    _save(renewed)
    return renewed


def list_accounts(token: SsoToken) -> list[Account]:
    """Every account this sign-in may enter, by name. Raises Problem."""
    with told("asking SSO for your accounts"):
        pages = _portal(token).get_paginator("list_accounts").paginate(accessToken=token.access_token)
        found = [
            Account(
                str(a["accountId"]),
                one_line(a.get("accountName") or a["accountId"], 100),
                a.get("emailAddress", ""),
            )
            for page in pages
            for a in page["accountList"]
        ]
    return sorted(found, key=lambda account: (account.name.lower(), account.id))


def list_roles(token: SsoToken, account: str) -> list[str]:
    """Names of the roles this sign-in may take in `account`. Raises Problem."""
    with told("asking SSO for your roles"):
        pages = _portal(token).get_paginator("list_account_roles")
        found = pages.paginate(accessToken=token.access_token, accountId=account)
        return sorted(clean(role["roleName"]) for page in found for role in page["roleList"])


def role_session(token: SsoToken, account: str, role: str, region: str) -> AwsSession:
    """A session as `role` in `account`, renewed by itself as long as the sign-in lasts. Raises Problem."""
    holder = _Renewing(token, account, role)
    with told(f"taking the role {role}"):
        first = holder.fetch()
        from botocore.credentials import RefreshableCredentials

        credentials = RefreshableCredentials.create_from_metadata(
            metadata=first, refresh_using=holder.fetch, method="sso"
        )
        botocore = botocore_session(token.places)
        botocore.register_component("credential_provider", _Given(credentials))
    return AwsSession(
        places=token.places,
        botocore=botocore,
        source=f"SSO, role {role} in account {account}",
        method="sso",
        region=region,
        account=account,
        sso_region=token.region,
    )


class _Renewing:
    """Fetches role credentials, renewing the sign-in first when it is about to end."""

    def __init__(self, token: SsoToken, account: str, role: str) -> None:
        self._token = token
        self._account = account
        self._role = role

    def fetch(self) -> dict[str, str]:
        self._token = refresh(self._token)
        answer = _portal(self._token).get_role_credentials(
            roleName=self._role, accountId=self._account, accessToken=self._token.access_token
        )["roleCredentials"]
        return {
            "access_key": answer["accessKeyId"],
            "secret_key": answer["secretAccessKey"],
            "token": answer["sessionToken"],
            "expiry_time": datetime.fromtimestamp(answer["expiration"] / 1000, UTC).isoformat(),
        }


class _Given:
    """What botocore calls a credential resolver, with one answer."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials


def _oidc(region: str, places: AwsPlaces) -> Any:
    return _unsigned("sso-oidc", region, places)


def _portal(token: SsoToken) -> Any:
    return _unsigned("sso", token.region, token.places)


def _unsigned(service: str, region: str, places: AwsPlaces) -> Any:
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


def _registration(
    client: Any, start_url: str, region: str, places: AwsPlaces, session_name: str | None, now: datetime
) -> dict[str, Any]:
    """This program's registration with SSO, kept for its life of months under the name that botocore uses."""
    named = {
        "tool": "botocore",
        "startUrl": start_url,
        "region": region,
        "scopes": list(_SCOPES),
        "session_name": session_name,
    }
    file = sso_cache.file_of(places.sso_cache, json.dumps(named, sort_keys=True))
    kept = sso_cache.read(file)
    ends = sso_cache.moment(kept.get("expiresAt"))
    if kept.get("clientId") and kept.get("clientSecret") and ends and ends > now + timedelta(hours=12):
        return kept
    with told("registering with SSO"):
        answer = client.register_client(clientName=_CLIENT_NAME, clientType="public", scopes=list(_SCOPES))
    fresh = {
        "clientId": answer["clientId"],
        "clientSecret": answer["clientSecret"],
        "expiresAt": sso_cache.spelled(datetime.fromtimestamp(answer["clientSecretExpiresAt"], UTC)),
        "scopes": list(_SCOPES),
    }
    sso_cache.write(file, fresh)
    return fresh


def _save(token: SsoToken) -> None:
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


def start_url_fault(text: str) -> str | None:
    """One sentence saying why this is no start address of a portal, or None."""
    fits = re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[^\s]*)?", text.strip())
    return None if fits else "Give the whole address, such as https://my-company.awsapps.com/start."


def region_fault(text: str) -> str | None:
    """One sentence saying why this is no region's name, or None."""
    fits = re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", text.strip())
    return None if fits else "A region looks like us-east-1."
