"""Console sign-ins that `aws login` leaves on this computer: what is kept of one, and who can read it.

Source of the format: botocore's LoginCredentialFetcher, and
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html for the times.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wizard.services.aws import sso_cache

LONGEST = timedelta(hours=12)
"""A sign-in renews its keys, which live for a quarter of an hour, no longer than this."""

_RENEWED_AT = timedelta(minutes=12)
"""Left of the quarter of an hour when keys are renewed: what an apply needs, and a little."""

_PARTS = ("accessToken", "refreshToken", "dpopKey", "clientId")
"""Without one of them nobody can read it."""


@dataclass(frozen=True)
class Kept:
    """What this computer holds of a console sign-in."""

    expires_at: datetime | None = None
    """When the keys end; until the sign-in itself ends they are renewed. Its own end is written nowhere."""
    why_not: str = ""
    """Why it is no use any more; empty when it may work."""


def kept(cache: Path, session: str, now: datetime) -> Kept:
    """What the cache holds of `session`, the ARN of a profile's login_session."""
    token = sso_cache.read(file_of(cache, session))
    if not token:
        return Kept(why_not="Nobody has signed in to it with `aws login` on this computer yet.")
    access = token.get("accessToken")
    expires_at = sso_cache.moment(access.get("expiresAt")) if isinstance(access, dict) else None
    if expires_at is None or any(not token.get(part) for part in _PARTS):
        return Kept(why_not="What `aws login` kept of it is not whole.")
    if expires_at + LONGEST <= now:
        return Kept(expires_at, "The sign-in has ended; `aws login` lasts twelve hours at most.")
    return Kept(expires_at)


def file_of(cache: Path, session: str) -> Path:
    """The file of the cache that holds `session`."""
    return cache / f"{hashlib.sha256(session.encode()).hexdigest()}.json"


def library() -> bool:
    """Whether the library that reads such sign-ins is here: botocore's extra `crt`."""
    return find_spec("awscrt") is not None


def program() -> bool:
    """Whether an AWS CLI is here, which makes such sign-ins and reads them too; version 1 does neither."""
    return shutil.which("aws") is not None


def install() -> str:
    """The command that puts the library beside this very program, however that was installed."""
    prefix = Path(sys.prefix)
    if prefix.parent.name == "venvs" and "pipx" in prefix.parts:
        return f"pipx inject {prefix.name} 'botocore[crt]'"
    if find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {sys.executable} 'botocore[crt]'"
    return f"{sys.executable} -m pip install 'botocore[crt]'"


def command(profile: str, *, here: bool) -> tuple[str, ...]:
    """The AWS CLI's command that signs in to `profile`; `here`: in the browser of this computer."""
    named = () if profile == "default" else ("--profile", profile)
    return ("aws", "login", *named, *(() if here else ("--remote",)))


def provider(botocore: Any, profile: str, cache: Path, region: str) -> Any:
    """Botocore's provider of such sign-ins, which renews keys before they are too short for an apply.

    Botocore's own waits until five minutes are left, and an apply may take ten.
    """
    from botocore import credentials as chain
    from botocore.utils import JSONFileCache

    class Early(chain.LoginProvider):  # type: ignore[misc]  # botocore ships no types
        def load(self) -> Any:
            credentials = super().load()
            fetcher = getattr(getattr(credentials, "_refresh_using", None), "__self__", None)
            if fetcher is not None:
                fetcher._REFRESH_THRESHOLD = _RENEWED_AT.total_seconds()
            return credentials

    return Early(
        load_config=lambda: botocore.full_config,
        # Sign-ins kept by older versions of the AWS CLI name no region of their own.
        client_creator=lambda service, **given: botocore.create_client(
            service, **{"region_name": region, **given}
        ),
        profile_name=profile,
        token_cache=JSONFileCache(str(cache)),
    )
