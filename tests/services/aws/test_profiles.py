"""Every way to sign in that a machine may hold, found by reading files."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.services.aws.profiles import Source, list_sources
from wizard.services.aws.session import AwsPlaces

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CONFIG = """
# a comment that stays
[default]
region = eu-west-1
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
[profile prod]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
region = us-west-2
[profile test]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = Reader
[profile old-sso]
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Admin
[profile dangling]
sso_session = gone
sso_account_id = 111122223333
sso_role_name = Admin
[profile lacking]
sso_session = corp
[profile chained]
role_arn = arn:aws:iam::777788889999:role/deploy
source_profile = prod
[profile guarded]
role_arn = arn:aws:iam::777788889999:role/deploy
source_profile = prod
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile program]
credential_process = /usr/local/bin/get-keys --secret hunter2
[profile web]
role_arn = arn:aws:iam::777788889999:role/ci
web_identity_token_file = /var/token
[profile console]
login_session = arn:aws:sts::111122223333:assumed-role/Admin/me
[profile mixed]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
"""
KEYS = """
[static]
aws_access_key_id = AKIAQWERTYUIOPASDFGH
aws_secret_access_key = abcdEFGH0123/+abcdEFGH0123/+abcdEFGH0123
[pasted]
aws_access_key_id = ASIAQWERTYUIOPASDFGH
aws_secret_access_key = abcdEFGH0123/+abcdEFGH0123/+abcdEFGH0123
aws_session_token = token
[half]
aws_access_key_id = AKIAQWERTYUIOPASDFGH
[mixed]
aws_access_key_id = AKIAQWERTYUIOPASDFGH
aws_secret_access_key = abcdEFGH0123/+abcdEFGH0123/+abcdEFGH0123
"""


@pytest.fixture
def places(tmp_path: Path) -> AwsPlaces:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    places = AwsPlaces.of({}, home)
    places.config_file.write_text(CONFIG)
    places.credentials_file.write_text(KEYS)
    return places


def keep_token(places: AwsPlaces, key: str, expires_at: datetime, **more: str) -> None:
    places.sso_cache.mkdir(parents=True, exist_ok=True)
    file = places.sso_cache / f"{hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()}.json"
    token = {"accessToken": "t", "expiresAt": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"), **more}
    file.write_text(json.dumps(token))


def by_name(sources: list[Source]) -> dict[str, Source]:
    return {source.name or source.id: source for source in sources}


def test_every_kind_is_known(places: AwsPlaces) -> None:
    kinds = {name: source.kind for name, source in by_name(list_sources(places, {}, NOW)).items()}
    assert kinds == {
        "default": "empty",
        "prod": "sso",
        "test": "sso",
        "old-sso": "sso-legacy",
        "dangling": "sso",
        "lacking": "sso",
        "chained": "assume-role",
        "guarded": "assume-role",
        "program": "credential_process",
        "web": "web-identity",
        "console": "aws login",
        "mixed": "sso",
        "static": "static",
        "pasted": "temporary",
        "half": "static",
    }


def test_what_cannot_be_used_says_why(places: AwsPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    sources = by_name(list_sources(places, {}, NOW))
    unusable = {name: s.why_not for name, s in sources.items() if not s.usable and not s.needs_login}
    assert set(unusable) == {"default", "dangling", "lacking", "console", "half", "web"}
    assert "/var/token is not there" in unusable["web"]
    assert "gone" in unusable["dangling"]
    assert "sso_account_id" in unusable["lacking"]
    assert "awscrt" in unusable["console"]


def test_a_role_needs_what_the_profile_below_it_needs(places: AwsPlaces) -> None:
    asleep = by_name(list_sources(places, {}, NOW))
    assert asleep["chained"].needs_login, "the profile it is taken from is not signed in"
    assert asleep["chained"].sso_start_url == "https://corp.awsapps.com/start"
    assert (asleep["guarded"].needs_login, asleep["guarded"].needs_mfa) == (True, True)
    keep_token(places, "corp", NOW + timedelta(hours=2))
    awake = by_name(list_sources(places, {}, NOW))
    assert awake["chained"].usable
    assert awake["guarded"].usable
    assert "asks for an MFA code" in awake["guarded"].detail
    role = "role_arn = arn:aws:iam::777788889999:role/r\nsource_profile = "
    places.config_file.write_text(
        f"[profile lost]\n{role}gone\n[profile on-half]\n{role}half\n"
        f"[profile a]\n{role}b\n[profile b]\n{role}a\n[profile own]\n{role}own\n"
    )
    broken = by_name(list_sources(places, {}, NOW))
    assert "gone, which does not exist" in broken["lost"].why_not
    assert "rests on the profile half" in broken["on-half"].why_not
    assert not broken["a"].usable
    assert "back to it" in broken["a"].why_not
    assert broken["own"].usable, "a profile may hold its own keys"


def test_a_named_profile_that_is_nowhere_says_so(places: AwsPlaces) -> None:
    source = by_name(list_sources(places, {"AWS_PROFILE": "nope"}, NOW))["nope"]
    assert not source.usable
    assert "AWS_PROFILE names it" in source.why_not
    assert "nope" not in by_name(list_sources(places, {}, NOW))


def test_the_default_profile_is_in_effect_when_nothing_else_is_named(places: AwsPlaces) -> None:
    places.credentials_file.write_text("[default]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n")
    assert by_name(list_sources(places, {}, NOW))["default"].in_effect
    assert not by_name(list_sources(places, {"AWS_PROFILE": "prod"}, NOW))["default"].in_effect
    keys = {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "s"}
    assert not by_name(list_sources(places, keys, NOW))["default"].in_effect


def test_a_name_that_a_terminal_would_obey_is_passed_over(places: AwsPlaces) -> None:
    places.config_file.write_text("[profile a\x1b]52;c;QUJD\x07]\nregion = x\n[profile fine]\nregion = x\n")
    assert "\x1b" not in repr([source.words for source in list_sources(places, {}, NOW)])
    assert "fine" in by_name(list_sources(places, {}, NOW))


def test_a_web_identity_with_its_token(places: AwsPlaces, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    places.config_file.write_text(
        f"[profile web]\nrole_arn = arn:aws:iam::777788889999:role/ci\nweb_identity_token_file = {tmp_path / 'token'}\n"
    )
    web = by_name(list_sources(places, {}, NOW))["web"]
    assert (web.usable, web.account, web.role) == (True, "777788889999", "ci")


def test_nothing_secret_is_shown(places: AwsPlaces) -> None:
    shown = repr(
        list_sources(
            places, {"AWS_ACCESS_KEY_ID": "AKIAQWERTYUIOPASDFGH", "AWS_SECRET_ACCESS_KEY": "hunter2"}, NOW
        )
    )
    assert "hunter2" not in shown
    assert "abcdEFGH0123" not in shown


def test_an_sso_sign_in_is_read_from_the_shared_cache(places: AwsPlaces) -> None:
    assert by_name(list_sources(places, {}, NOW))["prod"].needs_login
    keep_token(places, "corp", NOW + timedelta(hours=2))
    prod = by_name(list_sources(places, {}, NOW))["prod"]
    assert prod.usable
    assert prod.expires_at == NOW + timedelta(hours=2)
    assert (prod.account, prod.role, prod.region) == ("111122223333", "Admin", "us-west-2")
    assert (prod.sso_start_url, prod.sso_region) == ("https://corp.awsapps.com/start", "us-east-1")


def test_an_expired_sign_in_that_renews_itself_is_usable(places: AwsPlaces) -> None:
    renewal = {
        "refreshToken": "r",
        "clientId": "c",
        "clientSecret": "s",
        "registrationExpiresAt": "2027-01-01T00:00:00Z",
    }
    keep_token(places, "corp", NOW - timedelta(hours=1))
    assert not by_name(list_sources(places, {}, NOW))["prod"].usable
    keep_token(places, "corp", NOW - timedelta(hours=1), **renewal)
    assert by_name(list_sources(places, {}, NOW))["prod"].usable
    keep_token(places, "https://old.awsapps.com/start", NOW - timedelta(hours=1), **renewal)
    assert by_name(list_sources(places, {}, NOW))["old-sso"].needs_login, (
        "the older form is never renewed by SDKs"
    )


def test_the_newest_working_sso_is_on_top_and_the_broken_at_the_end(places: AwsPlaces) -> None:
    keep_token(places, "corp", NOW + timedelta(hours=1))
    keep_token(places, "https://old.awsapps.com/start", NOW + timedelta(hours=5))
    sources = list_sources(places, {}, NOW)
    assert sources[0].name == "old-sso"
    assert [s.usable for s in sources] == sorted((s.usable for s in sources), reverse=True)
    named = [s.name for s in list_sources(places, {"AWS_PROFILE": "test"}, NOW)]
    assert named[:2] == ["old-sso", "test"], "of those with the same sign-in the named one comes first"


def test_precedence_is_told(places: AwsPlaces) -> None:
    environ = {
        "AWS_PROFILE": "static",
        "AWS_ACCESS_KEY_ID": "AKIAQWERTYUIOPASDFGH",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    sources = by_name(list_sources(places, environ, NOW))
    assert "before AWS_PROFILE" in sources["environment"].precedence
    assert "environment win" in sources["static"].precedence
    assert sources["mixed"].shadowed
    assert "Terraform would take first" in sources["mixed"].precedence


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIAQWERTYUIOPASDFGH"}, "one half"),
        ({"AWS_SECRET_ACCESS_KEY": "s"}, "one half"),
        ({"AWS_ACCESS_KEY_ID": "ASIAQWERTYUIOPASDFGH", "AWS_SECRET_ACCESS_KEY": "s"}, "AWS_SESSION_TOKEN"),
    ],
)
def test_environment_keys_that_cannot_work(places: AwsPlaces, environ: dict[str, str], why: str) -> None:
    environment = by_name(list_sources(places, environ, NOW))["environment"]
    assert not environment.usable
    assert why in environment.why_not


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[profile a]\nregion = x\n[profile a]\nregion = y\n", "Line 3 is there twice"),
        (b"aws_secret_access_key = hunter2\n", "Line 1 cannot be understood"),
        (b"[profile a]\nhunter2 without a sign\n", "Line 2 cannot be understood"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
    ],
)
def test_a_broken_file_is_a_note_that_never_quotes_it(places: AwsPlaces, text: bytes, why: str) -> None:
    places.config_file.write_bytes(text)
    sources = list_sources(places, {}, NOW)
    note = next(s for s in sources if s.kind == "unreadable")
    assert why in note.why_not
    assert "hunter2" not in repr(sources)
    assert "static" in by_name(sources), "the other file still counts"


def test_a_machine_without_anything(tmp_path: Path) -> None:
    assert list_sources(AwsPlaces.of({}, tmp_path), {}, NOW) == []
