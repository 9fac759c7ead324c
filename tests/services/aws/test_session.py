"""What a session hands to a Terraform process, and what it never reads or shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.aws.keys import Keys
from wizard.services.aws.profiles import list_sources
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import keys_session, open_source

SECRET = "abcdEFGH0123/+abcdEFGH0123/+abcdEFGH0123"
KEYS = Keys("ASIAQWERTYUIOPASDFGH", SECRET, "the-session-token")
MESS = {
    "PATH": "/bin",
    "HOME": "/home/operator",
    "AWS_PROFILE": "nope",
    "AWS_DEFAULT_PROFILE": "nope",
    "AWS_ACCESS_KEY_ID": "AKIAOTHER",
    "AWS_SECRET_ACCESS_KEY": "other",
    "AWS_SESSION_TOKEN": "other",
    "AWS_REGION": "mars-north-1",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/other",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/other",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://other",
}


def opened(places: AwsPlaces, name: str) -> AwsSession:
    return open_source(next(s for s in list_sources(places, {}) if s.name == name), places, {})


def test_places_follow_the_environment(tmp_path: Path) -> None:
    places = AwsPlaces.of(
        {
            "AWS_CONFIG_FILE": "/a/config",
            "AWS_SHARED_CREDENTIALS_FILE": "~/keys",
            "AWS_ENDPOINT_URL": "http://x",
            "AWS_ENDPOINT_URL_SSO_OIDC": "http://y",
        },
        tmp_path,
    )
    assert (places.config_file, places.credentials_file) == (Path("/a/config"), tmp_path / "keys")
    assert (places.endpoint("sso-oidc"), places.endpoint("iam")) == ("http://y", "http://x")
    plain = AwsPlaces.of({}, tmp_path)
    assert plain.config_file == tmp_path / ".aws" / "config"
    assert plain.endpoint("iam") is None


def test_keys_are_handed_over_and_nothing_that_conflicts(tmp_path: Path) -> None:
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, tmp_path)
    environ = keys_session(KEYS, places, "eu-west-1").child_environ(MESS)
    assert {name: value for name, value in environ.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "the-session-token",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(places.config_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(places.credentials_file),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SSO_OIDC": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
    }
    assert environ["PATH"] == "/bin"
    lasting = keys_session(Keys("AKIAQWERTYUIOPASDFGH", SECRET), places).child_environ(MESS)
    assert "AWS_SESSION_TOKEN" not in lasting


def test_repr_and_secrets(tmp_path: Path) -> None:
    session = keys_session(KEYS, AwsPlaces.of({}, tmp_path))
    assert SECRET not in repr(session) + repr(vars(session))
    assert set(session.secrets()) == {KEYS.access_key_id, SECRET, "the-session-token"}


def test_a_profile_with_a_program_is_named_and_a_static_one_is_frozen(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    program = tmp_path / "program.json"
    program.write_text(f'{{"Version": 1, "AccessKeyId": "AKIAPROGRAM", "SecretAccessKey": "{SECRET}"}}')
    places = AwsPlaces.of({}, tmp_path)
    places.config_file.write_text(
        f"[profile program]\ncredential_process = cat {program}\n"
        f"[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = {SECRET}\n"
        f"[profile both]\ncredential_process = cat {program}\n"
        f"aws_access_key_id = AKIASTATIC\naws_secret_access_key = {SECRET}\n"
    )
    environ = opened(places, "program").child_environ(MESS)
    assert environ["AWS_PROFILE"] == "program"
    assert "AWS_ACCESS_KEY_ID" not in environ
    # Where a profile holds both, Go's SDK would take the other one: the keys that were proven are handed over.
    for name, key in {"static": "AKIASTATIC", "both": "AKIAPROGRAM"}.items():
        environ = opened(places, name).child_environ(MESS)
        assert "AWS_PROFILE" not in environ
        assert environ["AWS_ACCESS_KEY_ID"] == key


def test_the_process_environment_and_home_are_never_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path(tmp_path / "home" / ".aws")
    real.mkdir(parents=True)
    (real / "config").write_text(
        "[default]\nregion = real-region-1\n[profile mine]\nregion = real-region-1\n"
    )
    (real / "credentials").write_text(
        f"[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = {SECRET}\n"
    )
    for name, value in MESS.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    elsewhere = AwsPlaces.of({}, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / ".aws").mkdir(parents=True)
    elsewhere.config_file.write_text(
        f"[profile mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = {SECRET}\n"
    )
    session = opened(elsewhere, "mine")
    assert session.freeze().access_key_id == "AKIAMINE"
    assert session.region == "us-east-1"
    assert keys_session(KEYS, elsewhere).freeze().access_key_id == KEYS.access_key_id
    assert keys_session(KEYS, elsewhere).client("sts").meta.region_name == "us-east-1"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("credential_process = sh -c 'echo nope >&2; exit 3'", "aws.profile.process"),
        ("credential_process = echo not-json", "aws.profile.process"),
        ("credential_process = /does/not/exist", "aws.profile.process"),
        ("aws_access_key_id = AKIAQWERTYUIOPASDFGH", "aws.keys.half"),
        ("region = us-east-1", "aws.profile.empty"),
        ("sso_session = missing\nsso_account_id = 1\nsso_role_name = A", "aws.profile.incomplete"),
        ("sso_start_url = https://x/start\nsso_account_id = 1", "aws.profile.incomplete"),
        ("role_arn = arn:aws:iam::1:role/r\nsource_profile = gone", "aws.profile.incomplete"),
        ("login_session = arn:aws:sts::1:assumed-role/A/me", "aws.login.crt"),
        ("sso_session = s\nsso_account_id = 1\nsso_role_name = A", "aws.sso.never"),
    ],
)
def test_every_broken_profile_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, code: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)  # no AWS CLI that could stand in
    (tmp_path / ".aws").mkdir()
    places = AwsPlaces.of({}, tmp_path)
    session = "[sso-session s]\nsso_start_url = https://x/start\nsso_region = us-east-1\n"
    places.config_file.write_text(f"{session}[profile p]\n{settings}\n")
    with pytest.raises(Problem) as caught:
        opened(places, "p")
    assert caught.value.code == code, caught.value.lines()
    assert caught.value.step == "credentials"


def test_an_mfa_role_never_asks_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, tmp_path)
    places.config_file.write_text(
        "[profile p]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::1:mfa/me\n"
        f"[profile base]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = {SECRET}\n"
    )
    with pytest.raises(Problem) as caught:
        opened(places, "p")
    assert caught.value.code == "aws.mfa.needed"


def test_terraform_gets_keys_where_the_machines_own_would_be_needed(tmp_path: Path) -> None:
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.sign_in import _terraform_renews

    assert _terraform_renews(Source("profile:a", "a", "assume-role", base="b"))
    assert not _terraform_renews(Source("profile:a", "a", "assume-role", base=":Environment"))
    assert not _terraform_renews(Source("profile:a", "a", "assume-role", base="b", needs_mfa=True))
    assert not _terraform_renews(Source("profile:a", "a", "aws login"))
