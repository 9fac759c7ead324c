"""Botocore's own chain of credential providers, for one profile and nothing else of the machine."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from wizard.core.problem import Problem
from wizard.services.aws import console_login
from wizard.services.aws.reasons import CREDENTIALS
from wizard.services.aws.session import AwsPlaces, botocore_session

_PATIENCE = 60.0
"""Seconds that a credential program may take; one that waits for a window nobody sees never ends."""


_SESSION = "htd-wizard"
"""How the session of a role is called in AWS's logs, where the profile does not say."""


_NOT_FOR_THE_CLI = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class _Program(subprocess.Popen[bytes]):
    """A credential program, away from the terminal: what it asks there would go over the screen."""

    def __init__(self, command: list[str], **given: Any) -> None:
        super().__init__(command, stdin=subprocess.DEVNULL, start_new_session=True, **given)

    def communicate(self, input: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:
        from botocore.exceptions import CredentialRetrievalError

        try:
            return super().communicate(input, timeout or _PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            super().communicate()
            raise CredentialRetrievalError(
                provider="custom-process", error_msg=f"no answer within {_PATIENCE:.0f} seconds"
            ) from None


def profile_session(profile: str, places: AwsPlaces, region: str, mfa_code: str = "") -> Any:
    """A botocore session whose credentials come from this profile alone: no environment, no machine role.

    Botocore's own chain, with the SSO cache of `places` instead of the one below the home folder.
    """
    from botocore import credentials as chain
    from botocore.utils import JSONFileCache

    botocore = botocore_session(places, profile)
    cache: dict[str, Any] = {}
    tokens = JSONFileCache(str(places.sso_cache), dumps_func=_cache_text)

    class Builder(chain.ProfileProviderBuilder):  # type: ignore[misc]  # botocore ships no types
        def _create_process_provider(self, profile_name: str) -> Any:
            return chain.ProcessProvider(profile_name, lambda: botocore.full_config, popen=_Program)

        def _create_login_provider(self, profile_name: str) -> Any:
            return console_login.provider(botocore, profile_name, places.login_cache, region)

    builder = Builder(botocore, cache=cache, region_name=region, sso_token_cache=tokens)
    # The resolver's first provider is the same one botocore puts in front of the profile's.
    assume_role = chain.AssumeRoleProvider(
        load_config=lambda: botocore.full_config,
        client_creator=lambda service, **given: botocore.create_client(
            service, **{"region_name": region, **given}
        ),
        cache=cache,
        profile_name=profile,
        prompter=_once(mfa_code),
        credential_sourcer=chain.CanonicalNameCredentialSourcer(
            [chain.EnvProvider(), chain.ContainerProvider(), chain.InstanceMetadataProvider(_metadata())]
        ),
        profile_provider_builder=builder,
    )
    providers = [assume_role, *builder.providers(profile_name=profile, disable_env_vars=True)]
    botocore.register_component("credential_provider", chain.CredentialResolver(providers=providers))
    botocore.get_scoped_config()  # raises when there is no such profile
    for settings in botocore.full_config["profiles"].values():
        if "role_arn" in settings:
            # Botocore would name each session after the second, and whoever signs in again would be somebody else.
            settings.setdefault("role_session_name", _SESSION)
    return botocore


def cli_session(profile: str, places: AwsPlaces) -> Any:
    """A botocore session whose credentials the AWS CLI gives out, renewed through it again.

    For profiles of `aws login`: https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
    """
    from botocore import credentials as chain

    command = shlex.join(
        ["aws", "configure", "export-credentials", "--profile", profile, "--format", "process"]
    )
    settings = {"profiles": {profile: {"credential_process": command}}}
    environ = os.environ | {
        "AWS_CONFIG_FILE": str(places.config_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(places.credentials_file),
    }
    for name in _NOT_FOR_THE_CLI:
        environ.pop(name, None)
    botocore = botocore_session(places, profile)
    provider = chain.ProcessProvider(profile, lambda: settings, popen=partial(_Program, env=environ))
    botocore.register_component("credential_provider", chain.CredentialResolver(providers=[provider]))
    return botocore


def token_session(places: AwsPlaces, environ: Mapping[str, str], region: str) -> Any:
    """A botocore session as the role that the environment names beside a web identity token."""
    from botocore import credentials as chain

    settings = {
        "role_arn": environ["AWS_ROLE_ARN"],
        "web_identity_token_file": environ["AWS_WEB_IDENTITY_TOKEN_FILE"],
        "role_session_name": environ.get("AWS_ROLE_SESSION_NAME") or _SESSION,
    }
    botocore = botocore_session(places)
    provider = chain.AssumeRoleWithWebIdentityProvider(
        load_config=lambda: {"profiles": {"machine": settings}},
        client_creator=lambda service, **given: botocore.create_client(
            service, **{"region_name": region, **given}
        ),
        profile_name="machine",
        disable_env_vars=True,
    )
    botocore.register_component("credential_provider", chain.CredentialResolver(providers=[provider]))
    return botocore


class _Given:
    """What botocore calls a credential resolver, with one answer."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials


def given_session(places: AwsPlaces, credentials: Any) -> Any:
    """A botocore session with these credentials of botocore's and no others."""
    botocore = botocore_session(places)
    botocore.register_component("credential_provider", _Given(credentials))
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


def _once(code: str) -> Callable[[str], str]:
    """Botocore would ask for the code on the terminal, over the screen. A code is good for one use."""
    codes = [code] if code else []

    def prompt(_question: str) -> str:
        if codes:
            return codes.pop()
        row = CREDENTIALS["mfa_needed"]
        raise Problem(
            code=row.code, what=row.what, why=row.why, remedy=row.remedy, who=row.who, step=row.step
        )

    return prompt
