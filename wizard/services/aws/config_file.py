"""Keeping a sign-in as a profile: sections added at the end of the AWS config file, and nothing else touched.

Source of the form: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import aws_files
from wizard.services.aws.session import AwsPlaces


@dataclass(frozen=True)
class SsoProfile:
    """What a profile of the current SSO form holds."""

    name: str
    start_url: str
    sso_region: str
    account: str
    role: str
    region: str


@dataclass(frozen=True)
class Addition:
    """What would be written: the file's bytes as they are, and what comes behind them."""

    file: Path
    before: bytes
    added: bytes
    session: str
    """Name of the sso-session the profile uses; an existing one of the same portal, or a new one."""

    @property
    def after(self) -> bytes:
        return self.before + self.added


def name_fault(name: str, places: AwsPlaces) -> str | None:
    """One sentence saying why a profile cannot get this name, or None."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}", name.strip()):
        return "Use letters, digits and . _ - @ +, without spaces."
    if name.strip() == "default":
        return "The default profile is what every tool takes unasked; give this one a name of its own."
    if name.strip() in aws_files.held(places).profiles:
        return f"There is a profile named {name.strip()} already; nothing of yours is overwritten."
    return None


def session_of(start_url: str, sso_region: str, places: AwsPlaces) -> str | None:
    """The name of the sso-session that the config file already has for this portal, or None."""
    for name, settings in aws_files.held(places).sessions.items():
        same = settings.get("sso_start_url", "").rstrip("/#") == start_url.rstrip("/")
        if same and settings.get("sso_region") == sso_region:
            return name
    return None


def region_of(start_url: str, places: AwsPlaces) -> str:
    """The region that the config file already has for this portal; empty where it has none, or several."""
    found = {
        settings.get("sso_region", "")
        for held in (aws_files.held(places),)
        for settings in (*held.sessions.values(), *held.profiles.values())
        if settings.get("sso_start_url", "").rstrip("/#") == start_url.rstrip("/")
    }
    return found.pop() if len(found) == 1 else ""


def addition(profile: SsoProfile, places: AwsPlaces) -> Addition:
    """The sections that keep `profile`. Raises Problem for a name that is taken or a file that cannot be read."""
    held = aws_files.held(places)
    if fault := name_fault(profile.name, places) or held.faults.get(places.config_file):
        raise _refused(fault, places.config_file)
    before = _bytes(places.config_file)
    known = session_of(profile.start_url, profile.sso_region, places)
    session = known or _free(profile.name, held.sessions)
    lines = [
        f"[profile {profile.name}]",
        f"sso_session = {session}",
        f"sso_account_id = {profile.account}",
        f"sso_role_name = {profile.role}",
        f"region = {profile.region}",
    ]
    if known is None:
        lines += [
            "",
            f"[sso-session {session}]",
            f"sso_start_url = {profile.start_url}",
            f"sso_region = {profile.sso_region}",
            "sso_registration_scopes = sso:account:access",
        ]
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end * 2
    return Addition(
        places.config_file, before, gap + end.join(line.encode() for line in lines) + end, session
    )


def write(added: Addition) -> None:
    """Make the addition, whole or not at all. Raises Problem when the file was changed since it was read."""
    try:
        if _bytes(added.file) != added.before:
            raise _refused("The file was changed by somebody else just now.", added.file)
        private(added.file.parent)
        atomic.write(added.file, added.after, None if added.file.exists() else 0o600)
    except OSError as error:
        raise _refused(f"The file cannot be written: {one_line(error.strerror)}.", added.file) from error


def _free(name: str, taken: Container[str]) -> str:
    others = (f"{name}-{number}" for number in count(2))
    return next(each for each in chain((name,), others) if each not in taken)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _refused(why: str, file: Path) -> Problem:
    return Problem(
        code="aws.config.refused",
        what="The profile was not written.",
        why=why,
        remedy="Choose another name, or go on without keeping the profile.",
        evidence=(str(file),),
        step="credentials",
    )
