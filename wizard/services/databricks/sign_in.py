"""The ways to sign in to a workspace that this machine already knows.

The file format is that of https://docs.databricks.com/aws/en/dev-tools/auth/config-profiles
"""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.databricks.client import quiet
from wizard.services.databricks.refusals import sign_in_failed, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RESERVED = "__settings__"


@dataclass(frozen=True)
class Source:
    """One way to sign in."""

    id: str
    """`profile:NAME` or `environment`."""
    name: str
    """`profile htd`, `the environment variable DATABRICKS_TOKEN`."""
    detail: str
    """Where it was found and of which kind it is."""
    host: str
    url: str = ""
    """Scheme and host, with a port if one was written."""
    profile: str = ""
    auth_type: str = "pat"
    """As the SDK spells it: `pat`, `databricks-cli`, `oauth-m2m`."""
    config_file: str = ""
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


class Renewing:
    """Gives a token that is good now, and tells each new one to `learn`. Raises Problem."""

    def __init__(self, ask: Callable[[], str], learn: Callable[[str], object]) -> None:
        self._ask = ask
        self._learn = learn
        self._last = ""

    def __call__(self) -> str:
        token = self._ask()
        if token != self._last:
            self._learn(token)
            self._last = token
        return token


def config_path(environ: Mapping[str, str], home: Path) -> Path:
    """The Databricks config file: DATABRICKS_CONFIG_FILE, else .databrickscfg in the home folder."""
    named = environ.get("DATABRICKS_CONFIG_FILE", "")
    if named.startswith("~/"):
        return home / named[2:]
    return Path(named) if named else home / ".databrickscfg"


def profiles(host: str, environ: Mapping[str, str], home: Path) -> list[Source]:
    """The profiles of the config file that name this host; a file that cannot be read counts as empty."""
    file = config_path(environ, home)
    return [
        _profile(name, values, file)
        for name, values in _sections(file).items()
        if _host_of(values.get("host", "")) == host.lower()
    ]


def names(environ: Mapping[str, str], home: Path) -> frozenset[str]:
    """The names of all profiles, whatever host they are of."""
    return frozenset(_sections(config_path(environ, home)))


def preferred(environ: Mapping[str, str], home: Path) -> str:
    """The profile that the operator's other tools use unasked; empty when none is named."""
    named = environ.get("DATABRICKS_CONFIG_PROFILE", "")
    if named:
        return named
    try:
        return _reader(config_path(environ, home)).get(_RESERVED, "default_profile", fallback="")
    except (OSError, UnicodeError, configparser.Error):
        return ""


def environment(host: str, environ: Mapping[str, str]) -> Source | None:
    """What the environment variables hold for this host, or for none by name; None when nothing."""
    named = environ.get("DATABRICKS_HOST", "")
    if named and _host_of(named) != host.lower():
        return None
    detail = "it names this workspace" if named else "it names no workspace, so it may be of another one"
    token = environ.get("DATABRICKS_TOKEN", "").strip()
    if token:
        return Source(
            "environment",
            "the environment variable DATABRICKS_TOKEN",
            detail,
            host,
            f"https://{host}",
            token=token,
        )
    client, secret = environ.get("DATABRICKS_CLIENT_ID", ""), environ.get("DATABRICKS_CLIENT_SECRET", "")
    if client and secret:
        return Source(
            "environment",
            "the service principal in DATABRICKS_CLIENT_ID",
            detail,
            host,
            f"https://{host}",
            auth_type="oauth-m2m",
            client_id=client,
            client_secret=secret,
        )
    return None


def sources(host: str, environ: Mapping[str, str], home: Path) -> list[Source]:
    """Every way that needs nobody: profiles that name this host, then the environment."""
    silent = [s for s in profiles(host, environ, home) if s.auth_type != "external-browser"]
    around = environment(host, environ)
    return [*silent, around] if around else silent


def token_fault(pasted: str) -> str | None:
    """Why this cannot be a token; None when it can."""
    token = pasted.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        return "A token is one word of letters and digits: copy it again."
    if "://" in token or ".databricks.com" in token:
        return "This is an address, not a token. A token mostly begins with dapi."
    return None


def bearer_of(
    source: Source, learn: Callable[[str], object] = lambda _: None, *, url: str = "", cli: str = ""
) -> str | Renewing:
    """The token of a source, or what gives one that is good for about an hour and renews it.

    The Databricks command line or the token endpoint is asked once, so that a source that fails fails here.
    `url` is where the host answers when that is elsewhere. Blocks; raises Problem.
    """
    if source.token:
        learn(source.token)
        return source.token
    renewing = Renewing(_asking(source, url or source.url, cli), learn)
    renewing()
    return renewing


def _asking(source: Source, url: str, cli: str) -> Callable[[], str]:
    """Asks the SDK for the token of a source, which it keeps and renews. Raises Problem."""
    quiet()
    from databricks.sdk.core import Config

    def failed(said: str) -> Problem:
        return sign_in_failed(source.host, said, profile=source.profile)

    try:
        config: Any = Config(
            # Said again, because a DATABRICKS_HOST in the environment would win over the file.
            host=url,
            profile=source.profile or None,
            config_file=source.config_file or os.path.join(os.devnull, "none"),  # noqa: PTH118  # text, for the SDK
            auth_type=source.auth_type,
            client_id=source.client_id or None,
            client_secret=source.client_secret or None,
            databricks_cli_path=cli or None,
            http_timeout_seconds=10,
            retry_timeout_seconds=30,
        )
    # The SDK raises ValueError, OSError and errors of requests here; all mean that there is no token.
    except Exception as error:
        raise failed(spoken(error, source.client_secret)) from error

    def ask() -> str:
        try:
            header = str(config.authenticate().get("Authorization", ""))
        except Exception as error:
            raise failed(spoken(error, source.client_secret)) from error
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise failed("There is no token in it.")
        return token

    return ask


def broken(environ: Mapping[str, str], home: Path) -> Problem | None:
    """Why the config file cannot be read, to be told; None when it can, or when there is none."""
    file = config_path(environ, home)
    try:
        _read(file)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError, configparser.Error) as error:
        return Problem(
            code="databricks.config_file",
            what=f"{file} cannot be read.",
            why=one_line(error),
            remedy="Mend the file, or paste a token; the file is only read.",
        )
    return None


def _sections(file: Path) -> dict[str, dict[str, str]]:
    try:
        return _read(file)
    except (OSError, UnicodeError, configparser.Error):
        return {}


def _read(file: Path) -> dict[str, dict[str, str]]:
    reader = _reader(file)
    return {name: dict(reader[name]) for name in reader.sections() if name != _RESERVED}


def _reader(file: Path) -> configparser.ConfigParser:
    # [DEFAULT] is a profile like any other here, so another section plays configparser's default.
    reader = configparser.ConfigParser(interpolation=None, strict=False, default_section="\0")
    reader.read_string(file.read_text(encoding="utf-8-sig"), source=os.fspath(file))
    return reader


def _profile(name: str, values: Mapping[str, str], file: Path) -> Source:
    token = values.get("token", "").strip()
    auth_type = values.get("auth_type", "").strip()
    if not auth_type or (token and auth_type == "pat"):
        auth_type = "pat" if token else "oauth-m2m" if values.get("client_secret") else "databricks-cli"
    kinds = {
        "pat": "personal access token",
        "oauth-m2m": "service principal",
        "databricks-cli": "sign-in of the Databricks command line",
        "external-browser": "browser sign-in",
    }
    return Source(
        id=f"profile:{one_line(name, 80)}",
        name=f"profile {one_line(name, 80)}",
        detail=f"{kinds.get(auth_type, one_line(auth_type, 40))}, from {file}",
        host=_host_of(values.get("host", "")),
        url=_url_of(values.get("host", "")),
        profile=name,
        auth_type=auth_type,
        config_file=os.fspath(file),
        token=token if auth_type == "pat" else "",
    )


def _host_of(value: str) -> str:
    value = value.strip()
    try:
        named = urlsplit(value if "://" in value else f"https://{value}").hostname
    except ValueError:
        return ""
    return (named or "").rstrip(".").lower()


def _url_of(value: str) -> str:
    """Scheme and host of what stands in the file, which may be a whole pasted address."""
    parts = urlsplit(value.strip() if "://" in value else f"https://{value.strip()}")
    return f"{parts.scheme.lower()}://{parts.netloc.rstrip('.').lower()}"
