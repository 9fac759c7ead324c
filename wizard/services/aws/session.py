"""An AWS session: credentials in memory, clients made from them, and what a Terraform process is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import plural
from wizard.services.aws.errors import told
from wizard.services.aws.keys import Keys
from wizard.services.aws.reasons import CONNECTION

DEFAULT_REGION = "us-east-1"

READ_SECONDS = 15.0
"""How long AWS may think about one answer."""

NEEDED = timedelta(minutes=10)
"""What a plan and an apply of the module may take; below the least that AWS gives a session, a quarter of an hour."""

_RENEWED = ("sso", "login", "custom-process", "container-role", "iam-role")
"""Botocore's names of the providers that get fresh credentials without a person."""

_CREDENTIAL_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)
"""Whatever could make Terraform act as somebody else, or somewhere else."""


@dataclass(frozen=True)
class AwsPlaces:
    """Where AWS's own files are, and where its services answer."""

    config_file: Path
    credentials_file: Path
    sso_cache: Path
    login_cache: Path
    endpoint_url: str = ""
    """AWS_ENDPOINT_URL: one address for every service; empty for the real ones."""
    ca_bundle: str = ""
    """AWS_CA_BUNDLE: file of certificates to trust."""
    service_endpoints: tuple[tuple[str, str], ...] = ()
    """AWS_ENDPOINT_URL_*: (service as the variable spells it, address)."""
    sys: Path | None = None
    """/sys of this machine, where it tells whether it is an EC2 instance; None where that is not to be looked at."""

    @classmethod
    def of(cls, environ: Mapping[str, str], home: Path, sys: Path | None = None) -> AwsPlaces:
        """The places this environment points at.

        Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
        """

        def file(variable: str, fallback: str) -> Path:
            given = environ.get(variable, "")
            if given.startswith("~/"):
                return home / given[2:]
            return Path(given) if given else home / ".aws" / fallback

        prefix = "AWS_ENDPOINT_URL_"
        special = {k.removeprefix(prefix): v for k, v in environ.items() if k.startswith(prefix) and v}
        return cls(
            config_file=file("AWS_CONFIG_FILE", "config"),
            credentials_file=file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            sso_cache=home / ".aws" / "sso" / "cache",
            # Where `aws login` keeps its sign-ins: botocore's get_login_token_cache_directory.
            login_cache=file("AWS_LOGIN_CACHE_DIRECTORY", "login/cache"),
            endpoint_url=environ.get("AWS_ENDPOINT_URL", ""),
            ca_bundle=environ.get("AWS_CA_BUNDLE", ""),
            service_endpoints=tuple(sorted(special.items())),
            sys=sys,
        )

    def endpoint(self, service: str) -> str | None:
        """The address of `service` (botocore's name: "sso-oidc"), or None for the real one."""
        special = dict(self.service_endpoints)
        return special.get(service.upper().replace("-", "_")) or self.endpoint_url or None


def botocore_session(places: AwsPlaces, profile: str | None = None) -> Any:
    """A botocore session that reads only the files of `places`, and no variable that names a profile or region.

    Without `profile` it reads no file at all. Every client it makes, also those inside credential providers, goes
    to the endpoints of `places`.
    """
    from botocore.session import Session

    class Placed(Session):  # type: ignore[misc]  # botocore ships no types
        def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("endpoint_url") is None:
                kwargs["endpoint_url"] = places.endpoint(service_name)
            if kwargs.get("verify") is None and places.ca_bundle:
                kwargs["verify"] = places.ca_bundle
            client = super().create_client(service_name, *args, **kwargs)
            client.meta.events.register("before-parse", _an_answer)
            return client

    nowhere = Path("/nonexistent/aws")
    files = (places.config_file, places.credentials_file) if profile else (nowhere, nowhere)
    return Placed(
        session_vars={
            "profile": (None, None, None, None),
            "region": (None, None, None, None),
            "config_file": (None, None, str(files[0]), None),
            "credentials_file": (None, None, str(files[1]), None),
        },
        profile=profile,
    )


def _an_answer(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
    """Raises Problem when something else came instead of an answer; botocore takes it for an empty one, or stumbles."""
    body, shape = response_dict.get("body"), operation_model.output_shape
    if not isinstance(body, bytes):
        return
    if body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise intercepted()
    if shape is None or response_dict["status_code"] >= 300:
        return
    wrapper = shape.serialization.get("resultWrapper", "")
    is_json = "json" in operation_model.service_model.protocol
    if wrapper.encode() not in body or (is_json and body.lstrip()[:1] not in (b"", b"{")):
        raise intercepted()


def intercepted() -> Problem:
    """Something answered, and it was not AWS."""
    row = CONNECTION["intercepted"]
    return Problem(row.code, row.what, row.why, row.remedy, row.who)


class AwsSession:
    """Credentials that were found, the clients made from them, and what is known of where they come from.

    Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        places: AwsPlaces,
        botocore: Any,
        source: str,
        method: str,
        region: str,
        profile: str = "",
        account: str = "",
        sso_region: str = "",
        terraform_can_refresh: bool = False,
        expires_at: datetime | None = None,
        renewal: Callable[[], None] = lambda: None,
        too_soon: str = "",
        portal: tuple[str, ...] = (),
    ) -> None:
        self.places = places
        self.source = source
        """Where the credentials come from, in words: "profile prod (SSO)"."""
        self.method = method
        """Botocore's name of the provider that found them: `sso`, `env`, `shared-credentials-file`."""
        self.region = region
        self.profile = profile
        self.account = account
        """Account the profile or the choice names; empty when unknown before asking AWS."""
        self.sso_region = sso_region
        self.terraform_can_refresh = terraform_can_refresh
        self.portal = portal
        """Of a role that no profile keeps: what `AwsIdentity.portal` remembers of it."""
        self._renewal = renewal
        """Raises Problem when whoever renews by himself, as Terraform does, could not."""
        self._too_soon = too_soon or "Sign in again for fresh ones; you come back to where you are."
        """What to do when the keys end before an apply would."""
        self._botocore = botocore
        self._expires_at = expires_at
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"AwsSession({self.source!r}, method={self.method!r}, region={self.region!r})"

    def client(self, service: str, region: str | None = None) -> Any:
        """A client for `service` (botocore's name) in `region`, made once. Raises Problem without credentials."""
        from botocore.config import Config

        where = region or self.region
        with self._lock:
            if (service, where) not in self._clients:
                config = Config(
                    connect_timeout=5,
                    read_timeout=READ_SECONDS,
                    # Identity is asked first: without a network that must be told soon, not after five tries.
                    retries={"mode": "standard", "total_max_attempts": 2 if service == "sts" else 5},
                    max_pool_connections=16,
                )
                with told(f"preparing to talk to {service}"):
                    made = self._botocore.create_client(service, region_name=where, config=config)
                self._clients[service, where] = made
            return self._clients[service, where]

    def freeze(self) -> Keys:
        """The keys as they are now, renewed first when they are about to expire. Raises Problem."""
        with told("reading the credentials"):
            credentials = self._botocore.get_credentials()
            if credentials is None:
                from botocore.exceptions import NoCredentialsError

                raise NoCredentialsError
            frozen = credentials.get_frozen_credentials()
        return Keys(frozen.access_key, frozen.secret_key, frozen.token or "", self.expires_at, self.region)

    @property
    def expires_at(self) -> datetime | None:
        """When the keys end; None for keys that do not, or when it is not known."""
        if self._expires_at is not None:
            return self._expires_at
        credentials = self._botocore.get_credentials()
        # botocore keeps the moment in a private attribute and offers no other way to it.
        moment = getattr(credentials, "_expiry_time", None)
        return moment if isinstance(moment, datetime) else None

    @property
    def renews(self) -> bool:
        """The credentials are replaced before they end, without anybody's doing."""
        return self.terraform_can_refresh or self.method in _RENEWED

    def ends_unsaid(self) -> bool:
        """Whether these are temporary keys that do not say when they end, and nobody renews. Raises Problem."""
        return not self.renews and self.expires_at is None and bool(self.freeze().session_token)

    def last(self, base: Mapping[str, str], now: datetime) -> None:
        """See to it that a plan and an apply, begun now, end before the credentials do; renews what can be renewed.

        `base` is the environment that `child_environ` will be given. Raises Problem when it cannot be.
        """
        self.freeze()  # botocore renews what has less than fifteen minutes left
        if self._names_profile(base):
            self._renewal()
            return
        ends = self.expires_at
        if ends is None or ends - now >= NEEDED:
            return
        left = max(0, int((ends - now).total_seconds()) // 60)
        raise Problem(
            code="aws.keys.soon",
            what=f"These credentials end at {ends.astimezone():%H:%M}, in {plural(left, 'minute')}.",
            why="An apply that loses its credentials half-way leaves its work half done; "
            f"it may take {NEEDED.seconds // 60} minutes.",
            remedy=self._too_soon,
            step="credentials",
        )

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or written, for the redactor. Raises Problem."""
        keys = self.freeze()
        return tuple(
            part for part in (keys.access_key_id, keys.secret_access_key, keys.session_token) if part
        )

    def child_environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` changed so that a Terraform process acts as this session and as nobody else. Raises Problem.

        A profile that Terraform can renew by itself is named; otherwise the keys are handed over, in the
        environment only. AWS_PROFILE is never left beside keys: the provider fails on a name it does not know.
        """
        environ = {name: value for name, value in base.items() if name not in _CREDENTIAL_VARIABLES}
        environ["AWS_REGION"] = environ["AWS_DEFAULT_REGION"] = self.region
        environ["AWS_EC2_METADATA_DISABLED"] = "true"
        environ["AWS_CONFIG_FILE"] = str(self.places.config_file)
        environ["AWS_SHARED_CREDENTIALS_FILE"] = str(self.places.credentials_file)
        if self.places.endpoint_url:
            environ["AWS_ENDPOINT_URL"] = self.places.endpoint_url
            # Go's SDK does not follow the general variable when it gets credentials, only these.
            for service in ("SSO", "SSO_OIDC", "STS"):
                environ.setdefault(f"AWS_ENDPOINT_URL_{service}", self.places.endpoint_url)
        for service, address in self.places.service_endpoints:
            environ[f"AWS_ENDPOINT_URL_{service}"] = address
        if self.places.ca_bundle:
            environ["AWS_CA_BUNDLE"] = self.places.ca_bundle
        if self._names_profile(base):
            environ["AWS_PROFILE"] = self.profile
            return environ
        keys = self.freeze()
        environ["AWS_ACCESS_KEY_ID"] = keys.access_key_id
        environ["AWS_SECRET_ACCESS_KEY"] = keys.secret_access_key
        if keys.session_token:
            environ["AWS_SESSION_TOKEN"] = keys.session_token
        return environ

    def _names_profile(self, base: Mapping[str, str]) -> bool:
        """Terraform is told the profile's name and gets and renews the credentials by itself."""
        return bool(
            self.profile and self.terraform_can_refresh and self._cache_is_where_terraform_looks(base)
        )

    def _cache_is_where_terraform_looks(self, base: Mapping[str, str]) -> bool:
        """Go's SDK reads SSO tokens below HOME and takes no variable for them."""
        if self.method != "sso":
            return True
        return Path(base.get("HOME", "")) / ".aws" / "sso" / "cache" == self.places.sso_cache
