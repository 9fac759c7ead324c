"""Opening a session: from a source this machine has, from pasted keys, or through SSO with a code."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace

from wizard.core.problem import Problem
from wizard.services.aws import console_login, instance, particulars, sso_cache
from wizard.services.aws.chain import cli_session, given_session, profile_session, token_session
from wizard.services.aws.errors import problem, told
from wizard.services.aws.keys import Keys, paste_keys
from wizard.services.aws.profiles import Source
from wizard.services.aws.reasons import CREDENTIALS
from wizard.services.aws.session import DEFAULT_REGION, AwsPlaces, AwsSession, botocore_session
from wizard.services.aws.sso import SsoToken, cached_token, device_login, move, refresh
from wizard.services.aws.sso_browser import browser_login
from wizard.services.aws.sso_portal import Account, list_accounts, list_roles, role_session

__all__ = [
    "Account",
    "Keys",
    "SsoToken",
    "browser_login",
    "cached_token",
    "device_login",
    "keys_session",
    "list_accounts",
    "list_roles",
    "move",
    "open_source",
    "paste_keys",
    "refresh",
    "role_session",
]

_CLI_RENEWS = (
    "The AWS CLI renews these when five minutes are left, and not before: try again then, or run `aws login` for "
    "fresh ones now."
)
_SSO = ("sso", "sso-legacy")
_TERRAFORM_RENEWS = ("sso", "sso-legacy", "assume-role", "credential_process", "web-identity")
"""Kinds whose credentials Terraform's SDK gets and renews by itself, given the profile's name."""


def open_source(
    source: Source, places: AwsPlaces, environ: Mapping[str, str], region: str = "", mfa_code: str = ""
) -> AwsSession:
    """A session from `source`, with its credentials fetched once so that a source that fails fails here.

    `region` wins over the profile's own; `mfa_code` is for a role that asks for one. Raises Problem.
    """
    if elsewhere := _ELSEWHERE.get(source.kind):
        return elsewhere(source, environ, places, region)
    token = None
    if source.sso_start_url and source.sso_region:
        # Renews the shared sign-in with our own client, so that a network fault is told apart from an expiry.
        token = cached_token(source.sso_start_url, source.sso_region, places, source.sso_session or None)
    try:
        with told(f"signing in with {source.words}"):
            where = region or source.region or DEFAULT_REGION
            if source.through_cli:
                botocore = cli_session(source.name, places)
            elif not source.name:
                botocore = token_session(places, environ, where)
            else:
                botocore = profile_session(source.name, places, where, mfa_code)
            credentials = botocore.get_credentials()
            if credentials is None:
                raise _nothing_in(source)
            credentials.get_frozen_credentials()
    except Problem as refused:
        if source.through_cli and refused.code == "aws.profile.process":
            raise _cli_refused(refused, source) from refused
        if source.login_profile and refused.code.startswith("aws.login."):
            raise _login_refused(refused, source) from refused
        if refused.code == "aws.sso.no_assignment" and token and source.kind in _SSO:
            raise _not_assigned(refused, source, token) from refused
        raise
    return AwsSession(
        places=places,
        botocore=botocore,
        source=source.words,
        method=str(credentials.method),
        region=region or source.region or DEFAULT_REGION,
        profile=source.name,
        account=source.account,
        sso_region=source.sso_region,
        terraform_can_refresh=_terraform_renews(source),
        renewal=lambda: _signed_in(source, places),
        too_soon=_CLI_RENEWS if source.through_cli else "",
    )


def _from_portal(source: Source, _: Mapping[str, str], places: AwsPlaces, region: str) -> AwsSession:
    """The role of last time, with the sign-in that the shared cache still holds."""
    start, where = source.sso_start_url, source.sso_region
    token = cached_token(start, where, places, source.sso_session or None)
    if token is None:
        raise _ended()
    try:
        return role_session(token, source.account, source.role, region or source.region or DEFAULT_REGION)
    except Problem as refused:
        if refused.code == "aws.sso.no_assignment":
            raise _not_assigned(refused, source, token) from refused
        raise


def _ended() -> Problem:
    row = CREDENTIALS["sso_expired"]
    return Problem(row.code, row.what, row.why, row.remedy, row.who, step=row.step)


def _signed_in(source: Source, places: AwsPlaces) -> None:
    """Renews the SSO sign-in that Terraform is about to use. Raises Problem when it has ended."""
    start, region = source.sso_start_url, source.sso_region
    if start and region and cached_token(start, region, places, source.sso_session or None) is None:
        raise _ended()


def _terraform_renews(source: Source) -> bool:
    """It cannot ask for a code, and the machine's own keys are kept from it."""
    asks = source.needs_mfa or source.base.startswith(":")
    return source.kind in _TERRAFORM_RENEWS and not source.shadowed and not asks


def keys_session(keys: Keys, places: AwsPlaces, region: str = "", source: str = "") -> AwsSession:
    """A session from keys that were typed, pasted or found in the environment."""
    botocore = botocore_session(places)
    botocore.set_credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    return AwsSession(
        places=places,
        botocore=botocore,
        source=source or ("pasted temporary keys" if keys.temporary else "pasted access keys"),
        method="explicit",
        region=region or keys.region or DEFAULT_REGION,
        expires_at=keys.expires_at,
    )


def _from_environment(_: Source, environ: Mapping[str, str], places: AwsPlaces, region: str) -> AwsSession:
    access, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not access or not secret:
        from botocore.exceptions import NoCredentialsError, PartialCredentialsError

        missing = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
        half = PartialCredentialsError(provider="env", cred_var=missing)
        raise problem(half if access or secret else NoCredentialsError(), "reading the environment")
    keys = Keys(
        access,
        secret,
        environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN", ""),
        sso_cache.moment(environ.get("AWS_CREDENTIAL_EXPIRATION")),
    )
    where = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
    return keys_session(keys, places, where, "keys in the environment")


def _from_machine(source: Source, environ: Mapping[str, str], places: AwsPlaces, region: str) -> AwsSession:
    with told("asking this machine for the keys of its role"):
        if source.kind == "instance":
            credentials = instance.credentials(environ)
        else:
            from botocore.credentials import ContainerProvider

            credentials = ContainerProvider(environ=dict(environ)).load()
        if credentials is None:
            raise _nothing_in(source)
    return AwsSession(
        places=places,
        botocore=given_session(places, credentials),
        source=source.words,
        method=str(credentials.method),
        region=region or source.region or DEFAULT_REGION,
    )


def _login_refused(refused: Problem, source: Source) -> Problem:
    """With the command that makes such a sign-in anew; with the one that reads it elsewhere where nothing can here."""
    if refused.code in ("aws.login.expired", "aws.login.never"):
        return replace(refused, copy=shlex.join(console_login.command(source.login_profile, here=True)))
    elsewhere = shlex.join(["aws", "configure", "export-credentials", "--profile", source.name])
    return replace(refused, remedy=refused.remedy.replace("aws configure export-credentials", elsewhere))


def _cli_refused(refused: Problem, source: Source) -> Problem:
    """What the AWS CLI said, told apart: the sign-in has ended, or the CLI is too old to know of it."""
    old = any("Invalid choice" in line for line in refused.evidence)
    never = any("login session token" in line for line in refused.evidence)
    reason = "login_needs_crt" if old else "login_never" if never else "login_expired"
    row = CREDENTIALS[reason]
    told = replace(refused, code=row.code, what=row.what, remedy=row.remedy)
    if not old:
        return _login_refused(told, source)
    why = "The AWS CLI of this computer is version 1, which does not know such sign-ins."
    return _login_refused(particulars.exact(replace(told, why=why), reason, ""), source)


def _not_assigned(refused: Problem, source: Source, token: SsoToken) -> Problem:
    """The refusal with the names that this person may use instead, as far as the portal tells them."""
    what = f"SSO gives no access to the role {source.role} in account {source.account}."
    try:
        accounts = {account.id: account.name for account in list_accounts(token)}
        roles = list_roles(token, source.account) if source.account in accounts else []
    except Problem:
        return replace(refused, what=what)
    if roles:
        mine = f"In account {source.account} this sign-in may take: {', '.join(roles)}."
    elif accounts:
        mine = "This sign-in may enter only: " + ", ".join(
            f"{n} ({i})" for i, n in list(accounts.items())[:10]
        )
    else:
        mine = "This sign-in may enter no account at all."
    return replace(refused, what=what, why=f"{mine} {refused.why}")


def _nothing_in(source: Source) -> Problem:
    return Problem(
        code="aws.profile.empty",
        what=f"The profile {source.name} holds nothing to sign in with.",
        why=source.why_not or "It has neither keys, nor SSO settings, nor a role to take.",
        remedy="Choose another profile, sign in through SSO, or paste keys.",
        step="credentials",
    )


def _from_unreadable(source: Source, _: Mapping[str, str], __: AwsPlaces, ___: str) -> AwsSession:
    raise Problem(
        code="aws.profile.unreadable",
        what=f"{source.name} cannot be read.",
        why=source.why_not,
        remedy="Mend the file, or sign in another way.",
        step="credentials",
    )


_ELSEWHERE: Mapping[str, Callable[[Source, Mapping[str, str], AwsPlaces, str], AwsSession]] = {
    "environment": _from_environment,
    "container": _from_machine,
    "instance": _from_machine,
    "portal": _from_portal,
    "unreadable": _from_unreadable,
}
"""Kinds that are no profile -> who opens them."""
