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
    from collections.abc import Mapping

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


def config_path(environ: Mapping[str, str], home: Path) -> Path:
    """The Databricks config file: DATABRICKS_CONFIG_FILE, else .databrickscfg in the home folder."""
    named = environ.get("DATABRICKS_CONFIG_FILE", "")
    if named.startswith("~/"):
        return home / named[2:]
    return Path(named) if named else home / ".databrickscfg"


def sources(host: str, environ: Mapping[str, str], home: Path) -> list[Source]:
    """Profiles that name this host, then the environment; a file that cannot be read counts as empty."""
    file = config_path(environ, home)
    found = [
        _profile(name, values, file)
        for name, values in _sections(file).items()
        if _host_of(values.get("host", "")) == host.lower()
    ]
    token, named = environ.get("DATABRICKS_TOKEN", ""), environ.get("DATABRICKS_HOST", "")
    if token and (not named or _host_of(named) == host.lower()):
        detail = "it names this workspace" if named else "it names no workspace, so it may be of another one"
        found.append(
            Source("environment", "the environment variable DATABRICKS_TOKEN", detail, host, token=token)
        )
    return found


def token_of(source: Source) -> str:
    """The bearer token of a source; asks the Databricks CLI or the token endpoint when it is no PAT.

    Such a token is valid for about an hour. Blocks; raises Problem.
    """
    if source.token:
        return source.token
    quiet()
    from databricks.sdk.core import Config

    try:
        config: Any = Config(
            # Said again, because a DATABRICKS_HOST in the environment would win over the file.
            host=source.url,
            profile=source.profile,
            config_file=source.config_file,
            auth_type=source.auth_type,
            http_timeout_seconds=10,
            retry_timeout_seconds=30,
        )
        header = str(config.authenticate().get("Authorization", ""))
    # The SDK raises ValueError, OSError and errors of requests here; all mean that there is no token.
    except Exception as error:
        raise sign_in_failed(source.host, spoken(error)) from error
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise sign_in_failed(source.host, "The profile holds no token.")
    return token


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
    # [DEFAULT] is a profile like any other here, so another section plays configparser's default.
    reader = configparser.ConfigParser(interpolation=None, strict=False, default_section="\0")
    reader.read_string(file.read_text(encoding="utf-8-sig"), source=os.fspath(file))
    return {name: dict(reader[name]) for name in reader.sections() if name != _RESERVED}


def _profile(name: str, values: Mapping[str, str], file: Path) -> Source:
    token = values.get("token", "").strip()
    auth_type = values.get("auth_type", "").strip()
    if not auth_type or (token and auth_type == "pat"):
        auth_type = "pat" if token else "oauth-m2m" if values.get("client_secret") else "databricks-cli"
    kinds = {
        "pat": "personal access token",
        "oauth-m2m": "service principal",
        "databricks-cli": "browser sign-in",
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
