"""Opening a session: from a source this machine has, from pasted keys, or through SSO with a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wizard.core.problem import Problem
from wizard.services.aws.errors import problem, told
from wizard.services.aws.keys import Keys, paste_keys
from wizard.services.aws.profiles import Source
from wizard.services.aws.session import DEFAULT_REGION, AwsPlaces, AwsSession, botocore_session
from wizard.services.aws.sso import (
    Account,
    SsoToken,
    cached_token,
    device_login,
    list_accounts,
    list_roles,
    refresh,
    role_session,
)

__all__ = [
    "Account",
    "Keys",
    "SsoToken",
    "cached_token",
    "device_login",
    "keys_session",
    "list_accounts",
    "list_roles",
    "open_source",
    "paste_keys",
    "refresh",
    "role_session",
]

_TERRAFORM_RENEWS = ("sso", "sso-legacy", "assume-role", "credential_process", "web-identity")
"""Kinds whose credentials Terraform's SDK gets and renews by itself, given the profile's name."""


def open_source(
    source: Source, places: AwsPlaces, environ: Mapping[str, str], region: str = ""
) -> AwsSession:
    """A session from `source`, with its credentials fetched once so that a source that fails fails here.

    `region` wins over the profile's own. Raises Problem.
    """
    if source.kind == "environment":
        return _from_environment(environ, places, region)
    if source.kind == "unreadable":
        raise Problem(
            code="aws.profile.unreadable",
            what=f"{source.name} cannot be read.",
            why=source.why_not,
            remedy="Mend the file, or sign in another way.",
            step="credentials",
        )
    token = None
    if source.kind in ("sso", "sso-legacy") and source.sso_start_url and source.sso_region:
        # Renews the shared sign-in with our own client, so that a network fault is told apart from an expiry.
        token = cached_token(source.sso_start_url, source.sso_region, places, source.sso_session or None)
    try:
        with told(f"signing in with {source.words}"):
            botocore = _profile_session(source.name, places, region or source.region or DEFAULT_REGION)
            credentials = botocore.get_credentials()
            if credentials is None:
                raise _nothing_in(source)
            credentials.get_frozen_credentials()
    except Problem as refused:
        if refused.code == "aws.sso.no_assignment" and token is not None:
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
        terraform_can_refresh=source.kind in _TERRAFORM_RENEWS and not source.shadowed,
    )


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


def _from_environment(environ: Mapping[str, str], places: AwsPlaces, region: str) -> AwsSession:
    access, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not access or not secret:
        from botocore.exceptions import NoCredentialsError, PartialCredentialsError

        missing = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
        half = PartialCredentialsError(provider="env", cred_var=missing)
        raise problem(half if access or secret else NoCredentialsError(), "reading the environment")
    keys = Keys(access, secret, environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN", ""))
    where = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
    return keys_session(keys, places, where, "keys in the environment")


def _profile_session(profile: str, places: AwsPlaces, region: str) -> Any:
    """A botocore session whose credentials come from this profile alone: no environment, no machine role.

    Botocore's own chain, with the SSO cache of `places` instead of the one below the home folder.
    """
    from botocore import credentials as chain
    from botocore.utils import JSONFileCache

    botocore = botocore_session(places, profile)
    cache: dict[str, Any] = {}
    tokens = JSONFileCache(str(places.sso_cache), dumps_func=_cache_text)
    builder = chain.ProfileProviderBuilder(botocore, cache=cache, region_name=region, sso_token_cache=tokens)
    # The resolver's first provider is the same one botocore puts in front of the profile's.
    assume_role = chain.AssumeRoleProvider(
        load_config=lambda: botocore.full_config,
        client_creator=lambda service, **given: botocore.create_client(
            service, **{"region_name": region, **given}
        ),
        cache=cache,
        profile_name=profile,
        prompter=_no_prompt,
        credential_sourcer=chain.CanonicalNameCredentialSourcer(
            [chain.EnvProvider(), chain.ContainerProvider(), chain.InstanceMetadataProvider(_metadata())]
        ),
        profile_provider_builder=builder,
    )
    providers = [assume_role, *builder.providers(profile_name=profile, disable_env_vars=True)]
    botocore.register_component("credential_provider", chain.CredentialResolver(providers=providers))
    botocore.get_scoped_config()  # raises when there is no such profile
    return botocore


def _metadata() -> Any:
    from botocore.utils import InstanceMetadataFetcher

    return InstanceMetadataFetcher(timeout=1, num_attempts=1)


def _cache_text(content: Any) -> str:
    """The shared cache's JSON: times as `2026-11-24T03:00:00Z`."""
    import json
    from datetime import datetime

    from wizard.services.aws import sso_cache

    def plain(value: object) -> str:
        if isinstance(value, datetime):
            return sso_cache.spelled(value)
        raise TypeError(f"not for the cache: {type(value).__name__}")

    return json.dumps(content, default=plain)


def _no_prompt(_question: str) -> str:
    """Botocore would ask for an MFA code on the terminal, over the screen."""
    from wizard.services.aws.reasons import CREDENTIALS

    row = CREDENTIALS["mfa_needed"]
    raise Problem(code=row.code, what=row.what, why=row.why, remedy=row.remedy, who=row.who, step=row.step)


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
