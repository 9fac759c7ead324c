"""The AWS config and credentials files, read section by section. Nothing in them is ever quoted in a fault.

Source of the sections: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.core.text import one_line
from wizard.services.aws.session import AwsPlaces


@dataclass(frozen=True)
class Held:
    """What both files hold."""

    profiles: dict[str, dict[str, str]]
    """Merged of both; what the credentials file says wins."""
    sessions: dict[str, dict[str, str]]
    """The sso-session sections."""
    keys: frozenset[str]
    """Names of the profiles in the credentials file."""
    faults: dict[Path, str]
    """Files that cannot be understood, and why."""


def held(places: AwsPlaces) -> Held:
    """The profiles and SSO sessions of both files. Nothing is raised: what cannot be read is empty."""
    config, config_fault = _read(places.config_file)
    keys, keys_fault = _read(places.credentials_file)
    faults = {places.config_file: config_fault, places.credentials_file: keys_fault}
    return Held(*_profiles(config, keys), frozenset(keys), {file: why for file, why in faults.items() if why})


def _read(file: Path) -> tuple[dict[str, dict[str, str]], str]:
    """The sections of an AWS file; and why it cannot be read, empty when it can."""
    parser = configparser.RawConfigParser(default_section="\0", strict=True, comment_prefixes=("#", ";"))
    try:
        parser.read_string(file.read_text("utf-8-sig"), source=file.name)
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        return {}, _fault(error)
    return {
        name: {key: one_line(value, 2000) for key, value in parser[name].items()}
        for name in parser.sections()
    }, ""


def _fault(error: Exception) -> str:
    """Why a file cannot be read. Never its text: the line may hold a secret."""
    lines = (
        [error.lineno] if hasattr(error, "lineno") else [number for number, _ in getattr(error, "errors", [])]
    )
    if lines:
        kind = (
            "is there twice"
            if isinstance(error, configparser.DuplicateSectionError)
            else "cannot be understood"
        )
        return f"Line {lines[0]} {kind}; mend it in an editor."
    return "This file cannot be opened." if isinstance(error, OSError) else "This file is not text in UTF-8."


def _profiles(
    config: Mapping[str, Mapping[str, str]], keys: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """(profiles merged of both files, sso-session sections); keys of the credentials file win."""
    profiles: dict[str, dict[str, str]] = {}
    sessions: dict[str, dict[str, str]] = {}
    for section, settings in config.items():
        kind, _, name = section.strip().partition(" ")
        name = name.strip().strip("\"'")
        if name != one_line(name, 200):
            continue  # a terminal would obey it; no tool makes such a name
        if section == "default":
            profiles["default"] = dict(settings)
        elif kind == "profile" and name:
            profiles[name] = dict(settings)
        elif kind == "sso-session" and name:
            sessions[name] = dict(settings)
    for name, settings in keys.items():
        if name != one_line(name, 200):
            continue
        profiles[name] = {**profiles.get(name, {}), **settings}
    return profiles, sessions
