"""Keeping a sign-in as a profile: lines at the end of the file, and not a byte of the rest touched."""

from __future__ import annotations

import configparser
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.aws import config_file
from wizard.services.aws.config_file import SsoProfile
from wizard.services.aws.profiles import list_sources
from wizard.services.aws.session import AwsPlaces

NEW = SsoProfile(
    "htd-prod", "https://corp.awsapps.com/start", "us-east-1", "111122223333", "Admin", "eu-west-1"
)


@pytest.fixture
def places(tmp_path: Path) -> AwsPlaces:
    return AwsPlaces.of({}, tmp_path)


def written(places: AwsPlaces, before: bytes | None, profile: SsoProfile = NEW) -> bytes:
    if before is not None:
        places.config_file.parent.mkdir(parents=True, exist_ok=True)
        places.config_file.write_bytes(before)
    config_file.write(config_file.addition(profile, places))
    return places.config_file.read_bytes()


BEFORE = [
    b"# mine\n[default]\nregion = us-east-1 ; here\n\n\n[profile a]\n  region=x\n",
    b"[profile a]\nregion = x",
    b"[profile a]\r\nregion = x\r\n",
    b"\xef\xbb\xbf[profile a]\nregion = x\n\n",
    "# Größe ☂\n[profile a]\n".encode(),
    b"",
]


@pytest.mark.parametrize("before", BEFORE)
def test_what_was_there_stays_byte_for_byte(places: AwsPlaces, before: bytes) -> None:
    after = written(places, before)
    assert after.startswith(before)
    added = after[len(before) :]
    assert added.count(b"\r\n") == (added.count(b"\n") if b"\r\n" in before else 0)
    source = next(s for s in list_sources(places, {}) if s.name == "htd-prod")
    assert (source.kind, source.account, source.role, source.region) == (
        "sso",
        "111122223333",
        "Admin",
        "eu-west-1",
    )
    assert (source.sso_start_url, source.sso_region) == (NEW.start_url, NEW.sso_region)


def test_a_file_that_was_not_there_is_only_for_its_owner(places: AwsPlaces) -> None:
    text = written(places, None).decode()
    assert text.startswith("[profile htd-prod]\n")
    assert stat.S_IMODE(places.config_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.config_file.parent.stat().st_mode) == 0o700
    parser = configparser.ConfigParser()
    parser.read_string(text)
    assert parser["sso-session htd-prod"]["sso_registration_scopes"] == "sso:account:access"


def test_the_mode_and_a_link_of_an_existing_file_stay(places: AwsPlaces, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    real.write_bytes(b"[default]\n")
    real.chmod(0o644)
    places.config_file.parent.mkdir()
    places.config_file.symlink_to(real)
    written(places, None)
    assert places.config_file.is_symlink()
    assert b"htd-prod" in real.read_bytes()
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_a_session_of_the_same_portal_is_used_again(places: AwsPlaces) -> None:
    before = b"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start/\nsso_region = us-east-1\n"
    added = written(places, before)[len(before) :]
    assert b"sso_session = corp" in added
    assert b"[sso-session" not in added


def test_a_session_of_that_name_but_another_portal_is_left_alone(places: AwsPlaces) -> None:
    before = b"[sso-session htd-prod]\nsso_start_url = https://other/start\nsso_region = us-east-1\n"
    added = written(places, before)[len(before) :]
    assert b"sso_session = htd-prod-2" in added
    assert b"[sso-session htd-prod-2]" in added


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ("[profile htd-prod]\n", ""),
        ('[profile "htd-prod"]\n', ""),
        ("", "[htd-prod]\naws_access_key_id = A\n"),
    ],
)
def test_a_name_that_is_taken_in_either_file_is_refused(places: AwsPlaces, config: str, keys: str) -> None:
    places.config_file.parent.mkdir()
    places.config_file.write_text(config)
    places.credentials_file.write_text(keys)
    assert "already" in (config_file.name_fault("htd-prod", places) or "")
    with pytest.raises(Problem):
        config_file.addition(NEW, places)
    assert places.config_file.read_text() == config


@pytest.mark.parametrize("name", ["", " ", "a b", "a]", "default", "-x", "x" * 65, "a\n[b"])
def test_names_that_will_not_do(places: AwsPlaces, name: str) -> None:
    assert config_file.name_fault(name, places)
    with pytest.raises(Problem):
        config_file.addition(replace(NEW, name=name), places)


def test_a_file_that_cannot_be_understood_is_not_added_to(places: AwsPlaces) -> None:
    places.config_file.parent.mkdir()
    places.config_file.write_text("[profile a]\n[profile a]\n")
    with pytest.raises(Problem) as caught:
        config_file.addition(NEW, places)
    assert "Line 2 is there twice" in caught.value.why


def test_a_file_that_changed_meanwhile_is_not_overwritten(places: AwsPlaces) -> None:
    places.config_file.parent.mkdir()
    places.config_file.write_text("[default]\n")
    added = config_file.addition(NEW, places)
    places.config_file.write_text("[default]\nregion = x\n")
    with pytest.raises(Problem) as caught:
        config_file.write(added)
    assert "changed" in caught.value.why
    assert places.config_file.read_text() == "[default]\nregion = x\n"
