"""Everything on this machine that could sign in to AWS, found by reading files. Nothing is called.

Source of the kinds: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from wizard.core.facts import AwsIdentity
from wizard.core.text import one_line
from wizard.services.aws import aws_files, console_login, instance, sso_cache
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.source import WORDS, Kind
from wizard.services.aws.source import Source as Source


def list_sources(
    places: AwsPlaces,
    environ: Mapping[str, str],
    now: datetime | None = None,
    last: AwsIdentity | None = None,
) -> list[Source]:
    """Every source: working SSO sign-ins first (newest on top), then the others, then what cannot be used.

    `last` is who signed in last time: a role of a portal that no profile keeps is a source too.
    """
    moment = now or datetime.now(UTC)
    held = aws_files.held(places)
    found = [
        _source(name, settings, held.sessions, name in held.keys, places, moment)
        for name, settings in held.profiles.items()
    ]
    by_name = {source.name: source for source in found}
    found = [_resting(source, by_name) for source in found]
    if last is not None and len(last.portal) == _PORTAL:
        found += _portal_role(last, found, places, moment)
    environment = _environment(environ, moment)
    if environment is not None:
        found.append(environment)
    found += [
        Source(f"file:{file}", str(file), "unreadable", usable=False, why_not=why)
        for file, why in held.faults.items()
    ]
    if environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") or environ.get(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    ):
        found.append(_machine(environ, held.profiles.get("default", {}), "container"))
    if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"):
        found.append(_token_of_machine(environ))
    lent = any(each.id in ("container", "web-identity") for each in found)
    if not lent and instance.here(places.sys, environ):
        # A container with a role of its own is not to take that of the machine below it.
        found.append(_machine(environ, held.profiles.get("default", {}), "instance"))
    named = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE", "")
    if named and named not in held.profiles and not held.faults:
        why = "AWS_PROFILE names it, but neither of the AWS files holds it."
        found.append(Source(f"profile:{named}", one_line(named, 80), "missing", usable=False, why_not=why))
    found = [_with_precedence(source, named, environment is not None) for source in found]
    return sorted(found, key=lambda source: _rank(source, named))


_PORTAL = 4
"""Parts of what is remembered of a portal."""


def same_role(source: Source, last: AwsIdentity) -> bool:
    """Whether `source` leads to the very role of a portal that was picked last time."""
    mine = (source.sso_start_url, source.account, source.role)
    return len(last.portal) == _PORTAL and mine == (last.portal[0], last.account, last.portal[-1])


def _portal_role(last: AwsIdentity, found: list[Source], places: AwsPlaces, now: datetime) -> list[Source]:
    """The role of last time, unless a profile keeps it by now."""
    start, region, session, role = (one_line(part, 300) for part in last.portal)
    if any(same_role(each, last) for each in found):
        return []
    source = Source(
        id="portal-role",
        name="",
        kind="portal",
        account=last.account,
        role=role,
        region=last.region,
        sso_session=session,
        sso_start_url=start,
        sso_region=region,
    )
    return [replace(_signed_in_or_not(source, places, now), detail="as last time")]


def _environment(environ: Mapping[str, str], now: datetime) -> Source | None:
    access, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not access and not secret:
        return None
    whole = bool(access and secret)
    lacks_token = access.startswith("ASIA") and not environ.get("AWS_SESSION_TOKEN")
    why_not = "" if whole else "Only one half of the key pair is set."
    if whole and lacks_token:
        why_not = "The key is temporary, but AWS_SESSION_TOKEN is not set."
    expires_at = sso_cache.moment(environ.get("AWS_CREDENTIAL_EXPIRATION"))
    if whole and not why_not and expires_at and expires_at <= now:
        why_not = "These keys have expired."
    return Source(
        id="environment",
        name="",
        kind="environment",
        expires_at=expires_at,
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", ""),
        detail=f"AWS_ACCESS_KEY_ID ends in {access[-4:]}" if len(access) > 8 else "",
        usable=not why_not,
        why_not=why_not,
    )


def _machine(
    environ: Mapping[str, str], default: Mapping[str, str], kind: Literal["container", "instance"]
) -> Source:
    """CloudShell, ECS and EKS hand out a role's keys at an address in the environment; an EC2 instance at its own."""
    beaten = (
        environ.get("AWS_ACCESS_KEY_ID") or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    )
    mine = not beaten and _kind(default, False) == "empty"
    where = (
        "CloudShell or the container this runs in" if kind == "container" else "EC2, if a role is attached"
    )
    return Source(
        id=kind,
        name="",
        kind=kind,
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", ""),
        detail=f"given out by {where}",
        in_effect=mine,
        precedence="Nothing else is named, so every tool takes it." if mine else "",
    )


def _source(
    name: str,
    settings: Mapping[str, str],
    sessions: Mapping[str, Mapping[str, str]],
    has_keys: bool,
    places: AwsPlaces,
    now: datetime,
) -> Source:
    kind = _kind(settings, has_keys)
    base = Source(
        id=f"profile:{name}",
        name=name,
        kind=kind,
        region=settings.get("region", ""),
        detail=WORDS[kind],
        shadowed=kind not in ("static", "temporary") and "aws_access_key_id" in settings,
    )
    if kind in ("sso", "sso-legacy"):
        return _sso(base, settings, sessions, places, now)
    if kind == "assume-role":
        serial = one_line(settings.get("mfa_serial", ""), 200)
        return replace(
            base,
            role=settings.get("role_arn", "").rpartition("/")[2],
            account=_account(settings.get("role_arn", "")),
            detail=f"takes {settings.get('role_arn', '')}" + (", asks for an MFA code" if serial else ""),
            needs_mfa=bool(serial),
            mfa_serial=serial,
            base=settings.get("source_profile") or f":{settings.get('credential_source', '')}",
        )
    if kind in ("static", "temporary"):
        file = "credentials" if has_keys else "config"
        half = not (settings.get("aws_access_key_id") and settings.get("aws_secret_access_key"))
        why_not = "Only one half of the key pair is there." if half else ""
        # Tools that write temporary keys for others note their end under one of these names.
        noted = (
            settings.get("expiration")
            or settings.get("aws_expiration")
            or settings.get("x_security_token_expires")
        )
        expires_at = sso_cache.moment(noted) if kind == "temporary" else None
        if not half and expires_at and expires_at <= now:
            why_not = "These keys have expired."
        return replace(
            base,
            detail=f"{WORDS[kind]} in the {file} file",
            expires_at=expires_at,
            usable=not why_not,
            why_not=why_not,
        )
    if kind == "aws login":
        return _login(base, settings.get("login_session", ""), places, now)
    if kind == "web-identity":
        return _web_identity(base, settings)
    if kind == "empty":
        return replace(base, usable=False, why_not="It holds settings, but nothing to sign in with.")
    if kind == "credential_process":
        program = Path((settings.get("credential_process", "").split() or [""])[0]).name
        return replace(base, detail=f"credentials from the program {one_line(program, 60)}")
    return base


def _web_identity(base: Source, settings: Mapping[str, str]) -> Source:
    arn, token = settings.get("role_arn", ""), Path(settings.get("web_identity_token_file", "")).expanduser()
    why_not = "" if arn else "It lacks role_arn."
    if not token.is_file():
        why_not = f"Its token file {one_line(token, 200)} is not there."
    role, account = arn.rpartition("/")[2], _account(arn)
    return replace(base, role=role, account=account, usable=not why_not, why_not=why_not)


def _token_of_machine(environ: Mapping[str, str]) -> Source:
    """EKS pods and CI jobs name a token's file and a role in the environment."""
    beaten = (
        environ.get("AWS_ACCESS_KEY_ID") or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    )
    base = Source(
        id="web-identity",
        name="",
        kind="web-identity",
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", ""),
        detail="named by AWS_WEB_IDENTITY_TOKEN_FILE",
        in_effect=not beaten,
    )
    settings = {
        "role_arn": environ["AWS_ROLE_ARN"],
        "web_identity_token_file": environ["AWS_WEB_IDENTITY_TOKEN_FILE"],
    }
    return _web_identity(base, settings)


def _resting(source: Source, by_name: Mapping[str, Source], depth: int = 0) -> Source:
    """A role's source with what the profile it is taken from needs or lacks."""
    if source.kind != "assume-role" or source.base.startswith(":") or source.base == source.name:
        return source
    below = by_name.get(source.base)
    if below is None or depth > len(by_name):
        why = f"It takes its keys from the profile {source.base}, which "
        return replace(
            source, usable=False, why_not=why + ("leads back to it." if below else "does not exist.")
        )
    below = _resting(below, by_name, depth + 1)
    source = replace(
        source,
        needs_mfa=source.needs_mfa or below.needs_mfa,
        sso_session=below.sso_session,
        sso_start_url=below.sso_start_url,
        sso_region=below.sso_region,
        login_profile=below.login_profile,
        through_cli=below.through_cli,
    )
    if below.usable:
        return source
    why_not = below.why_not if below.needs_login else f"It rests on the profile {below.name}. {below.why_not}"
    return replace(source, usable=False, needs_login=below.needs_login, why_not=why_not)


def _login(base: Source, session: str, places: AwsPlaces, now: datetime) -> Source:
    """Read with awscrt where it is installed, else through the AWS CLI, which made it."""
    kept, program = console_login.kept(places.login_cache, session, now), console_login.program()
    source = replace(
        base,
        account=_account(session),
        login_session=session,
        login_profile=base.name,
        expires_at=kept.expires_at,
        through_cli=program and not console_login.library(),
    )
    if not program and not console_login.library():
        return replace(
            source, usable=False, why_not="Neither the library awscrt nor the AWS CLI is here to read it."
        )
    return replace(source, usable=not kept.why_not, needs_login=bool(kept.why_not), why_not=kept.why_not)


def _kind(settings: Mapping[str, str], in_keys_file: bool) -> Kind:
    """In the order botocore looks, so that the word is what will really happen."""
    if settings.get("role_arn") and (settings.get("source_profile") or settings.get("credential_source")):
        return "assume-role"
    if settings.get("web_identity_token_file"):
        return "web-identity"
    if settings.get("sso_session"):
        return "sso"
    if settings.get("sso_start_url") or settings.get("sso_account_id") or settings.get("sso_role_name"):
        return "sso-legacy"
    keys: Kind = "empty"
    if settings.get("aws_access_key_id") or settings.get("aws_secret_access_key"):
        keys = "temporary" if settings.get("aws_session_token") else "static"
    if keys != "empty" and in_keys_file:
        return keys
    if settings.get("login_session"):
        return "aws login"
    return "credential_process" if settings.get("credential_process") else keys


def _sso(
    base: Source,
    settings: Mapping[str, str],
    sessions: Mapping[str, Mapping[str, str]],
    places: AwsPlaces,
    now: datetime,
) -> Source:
    session = settings.get("sso_session", "")
    origin = sessions.get(session, {}) if session else settings
    source = replace(
        base,
        account=settings.get("sso_account_id", ""),
        role=settings.get("sso_role_name", ""),
        sso_session=session,
        sso_start_url=origin.get("sso_start_url", ""),
        sso_region=origin.get("sso_region", ""),
    )
    if session and session not in sessions:
        return replace(
            source, usable=False, why_not=f"It names the SSO session {session}, which does not exist."
        )
    wanted = {
        "sso_account_id": source.account,
        "sso_role_name": source.role,
        "sso_start_url": source.sso_start_url,
        "sso_region": source.sso_region,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        return replace(source, usable=False, why_not=f"It lacks {', '.join(missing)}.")
    return replace(_signed_in_or_not(source, places, now), detail=f"{source.role} in {source.account}")


def _signed_in_or_not(source: Source, places: AwsPlaces, now: datetime) -> Source:
    """`source`, of a portal, with what the shared cache holds of its sign-in."""
    expires_at, renewable = _token(places.sso_cache, source.sso_session or source.sso_start_url)
    # SDKs never renew the older form, which is kept under the portal's address; the wizard renews its own.
    lasting = renewable and (bool(source.sso_session) or source.kind == "portal")
    signed_in = expires_at is not None and (expires_at > now or lasting)
    why_not = (
        "" if signed_in else "The sign-in has expired." if expires_at else "Nobody has signed in to it yet."
    )
    return replace(
        source,
        expires_at=expires_at,
        usable=signed_in,
        needs_login=not signed_in,
        why_not=why_not,
    )


def _token(cache: Path, key: str) -> tuple[datetime | None, bool]:
    """When the cached sign-in ends, and whether it can be renewed."""
    token = sso_cache.read(sso_cache.file_of(cache, key))
    renewable = all(
        token.get(name) for name in ("refreshToken", "clientId", "clientSecret", "registrationExpiresAt")
    )
    return sso_cache.moment(token.get("expiresAt")), renewable


def _with_precedence(source: Source, named: str, environment: bool) -> Source:
    if source.kind == "environment":
        return replace(
            source, in_effect=True, precedence="The AWS CLI and Terraform take these before AWS_PROFILE."
        )
    if named and source.name == named:
        beaten = ", but the keys in the environment win over it" if environment else ""
        return replace(source, in_effect=not environment, precedence=f"Named by AWS_PROFILE{beaten}.")
    if source.name == "default" and not named and not environment and source.kind != "empty":
        return replace(
            source, in_effect=True, precedence="The AWS CLI and Terraform take the default profile unasked."
        )
    if source.shadowed:
        return replace(
            source, precedence="It also holds keys, which Terraform would take first; they are not used."
        )
    return source


def _rank(source: Source, named: str) -> tuple[int, int, float, int]:
    """Working before sleeping before broken; SSO first, the newest sign-in on top, then the one that is named."""
    working = 0 if source.usable else 1 if source.leads_on else 2
    sso = 0 if source.kind in ("sso", "sso-legacy", "portal") else 1 if source.kind == "environment" else 2
    newest = -source.expires_at.timestamp() if sso == 0 and source.expires_at else 0.0
    return working, sso, newest, 0 if named and source.name == named else 1


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
