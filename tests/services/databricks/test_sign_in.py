"""The ways to sign in that the machine knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.core.problem import Problem
from wizard.services.databricks import cli, sign_in

if TYPE_CHECKING:
    from tests.services.databricks.conftest import Scripted

HOST = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"
FILE = f"""\
[__settings__]
default_profile = prod
[DEFAULT]
host = https://{HOST}/?o=7
token = dapi-default
[prod]
host = HTTPS://{HOST.upper()}.
auth_type = databricks-cli
[other]
host = https://dbc-ffff.cloud.databricks.com
token = dapi-other
[robot]
host = {HOST}
client_id = me
client_secret = s3cret%percent
[nothing]
"""


def _write(home: Path, text: str) -> None:
    (home / ".databrickscfg").write_text(text, encoding="utf-8")


def test_profiles_that_name_the_host_come_first(tmp_path: Path) -> None:
    _write(tmp_path, "\ufeff" + FILE)
    environ = {"DATABRICKS_HOST": f"https://{HOST}", "DATABRICKS_TOKEN": "dapi-env"}
    found = sign_in.profiles(HOST, environ, tmp_path)
    assert [(s.id, s.auth_type) for s in found] == [
        ("profile:DEFAULT", "pat"),
        ("profile:prod", "databricks-cli"),
        ("profile:robot", "oauth-m2m"),
    ]
    learnt: list[str] = []
    assert sign_in.bearer_of(found[0], learnt.append) == "dapi-default"
    around = sign_in.environment(HOST, environ)
    assert around is not None
    assert sign_in.bearer_of(around, learnt.append) == "dapi-env"
    assert learnt == ["dapi-default", "dapi-env"]
    assert sign_in.names(environ, tmp_path) == {"DEFAULT", "prod", "other", "robot", "nothing"}
    assert not [word for word in ("dapi-", "s3cret") if word in repr(found)]


def test_a_file_named_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "cfg").write_text(f"[a]\nhost={HOST}\ntoken=dapi-a\n")
    for named in (str(tmp_path / "cfg"), "~/cfg"):
        assert sign_in.profiles(HOST, {"DATABRICKS_CONFIG_FILE": named}, tmp_path)[0].name == "profile a"


@pytest.mark.parametrize(
    ("named", "count"), [(f"https://{HOST}", 1), ("", 1), ("https://dbc-ffff.cloud.databricks.com", 0)]
)
def test_a_token_of_another_host_is_not_offered(tmp_path: Path, named: str, count: int) -> None:
    environ = {"DATABRICKS_TOKEN": "dapi-env"} | ({"DATABRICKS_HOST": named} if named else {})
    assert (sign_in.environment(HOST, environ) is not None) is bool(count)


@pytest.mark.parametrize("text", ["no section\n", "[a\nhost=", "\x00"])
def test_a_broken_file_is_told_and_counts_as_empty(tmp_path: Path, text: str) -> None:
    assert sign_in.broken({}, tmp_path) is None
    _write(tmp_path, text)
    problem = sign_in.broken({}, tmp_path)
    assert problem is not None
    assert problem.code == "databricks.config_file"
    assert sign_in.profiles(HOST, {}, tmp_path) == []


def test_a_profile_whose_sign_in_fails_says_how_to_sign_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripted: Scripted
) -> None:
    _write(tmp_path, f"[prod]\nhost = {scripted.url}\nauth_type = databricks-cli\n")
    source = sign_in.profiles("127.0.0.1", {}, tmp_path)[0]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
    with pytest.raises(Problem) as caught:
        sign_in.bearer_of(source)
    assert caught.value.code == "databricks.sign_in"
    assert caught.value.copy == "databricks auth login --host https://127.0.0.1 --profile prod"
    assert scripted.asked == ["GET /.well-known/databricks-config"]


def test_a_service_principal_gets_its_token_from_the_host(tmp_path: Path, scripted: Scripted) -> None:
    endpoint = {"authorization_endpoint": scripted.url + "/a", "token_endpoint": scripted.url + "/t"}
    scripted.answers["GET /oidc/.well-known/oauth-authorization-server"] = [(200, endpoint)]
    scripted.answers["GET /.well-known/databricks-config"] = [
        (200, {"oidc_endpoint": scripted.url + "/oidc"})
    ]
    tokens = [
        {"access_token": name, "token_type": "Bearer", "expires_in": seconds}
        for name, seconds in (("short-lived", 1), ("its-heir", 3600))
    ]
    scripted.answers["POST /t"] = [(200, token) for token in tokens]
    _write(tmp_path, f"[robot]\nhost = {scripted.url}/?o=5\nclient_id = me\nclient_secret = s3cret\n")
    source = sign_in.profiles("127.0.0.1", {}, tmp_path)[0]
    learnt: list[str] = []
    bearer = sign_in.bearer_of(source, learnt.append)
    assert callable(bearer)
    assert bearer() == bearer() == "its-heir"
    assert learnt == ["short-lived", "its-heir"]


def test_a_service_principal_of_the_environment(scripted: Scripted) -> None:
    scripted.answers["GET /oidc/.well-known/oauth-authorization-server"] = [
        (200, {"authorization_endpoint": scripted.url + "/a", "token_endpoint": scripted.url + "/t"})
    ]
    scripted.answers["GET /.well-known/databricks-config"] = [
        (200, {"oidc_endpoint": scripted.url + "/oidc"})
    ]
    scripted.answers["POST /t"] = [
        (200, {"access_token": "robots", "token_type": "Bearer", "expires_in": 3600})
    ]
    environ = {"DATABRICKS_CLIENT_ID": "me", "DATABRICKS_CLIENT_SECRET": "s3cret"}
    source = sign_in.environment(HOST, environ)
    assert source is not None
    assert "s3cret" not in repr(source)
    bearer = sign_in.bearer_of(source, url=scripted.url)
    assert callable(bearer)
    assert bearer() == "robots"
    assert sign_in.environment(HOST, {"DATABRICKS_CLIENT_ID": "me"}) is None


FAKE_CLI = """#!/bin/sh
echo "$*" >> "$0.log"
case "$1" in
  --version|version) echo '{"Version": "0.298.0", "Major": 0, "Minor": 298, "Patch": 0}' ;;
  auth) [ -e "$0.expired" ] && { echo 'Error: token refresh: oauth2: "Refresh token is invalid"' >&2; exit 1; }
    echo '{"access_token": "from-the-cli", "token_type": "Bearer", "expiry": "2099-01-01T00:00:00Z"}' ;;
esac
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A Databricks command line that notes what it is asked."""
    file = tmp_path / "bin" / "databricks"
    file.parent.mkdir()
    file.write_text(FAKE_CLI)
    file.chmod(0o755)
    return file


def test_a_profile_of_the_command_line_asks_that_program(
    tmp_path: Path, program: Path, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, f"[prod]\nhost = {scripted.url}\nauth_type = databricks-cli\n")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / ".databrickscfg"))
    source = sign_in.profiles("127.0.0.1", {}, tmp_path)[0]
    bearer = sign_in.bearer_of(source, cli=str(program))
    assert callable(bearer)
    assert bearer() == "from-the-cli"
    asked = Path(f"{program}.log").read_text()
    assert "auth token --profile prod" in asked
    Path(f"{program}.expired").touch()
    with pytest.raises(Problem) as caught:
        sign_in.bearer_of(source, cli=str(program))
    assert caught.value.why == "The earlier sign-in has expired."


def test_the_command_line_is_found_and_the_old_one_told_apart(tmp_path: Path, program: Path) -> None:
    assert cli.find({"PATH": str(tmp_path)}) is None
    environ = {"PATH": str(program.parent)}
    assert cli.find(environ) == cli.Program(str(program))
    program.write_text("#!/usr/bin/python3\nfrom databricks_cli.cli import cli\n")
    assert cli.find(environ) == cli.Program(str(program), old=True)


def test_its_sign_in_always_names_host_and_profile() -> None:
    assert cli.login("databricks", f"https://{HOST}", "x") == (
        "databricks", "auth", "login", "--host", f"https://{HOST}", "--profile", "x",
    )  # fmt: skip
    assert cli.free_name(HOST, set()) == "dbc-a1b2c3d4-e5f6"
    assert cli.free_name(HOST, {"dbc-a1b2c3d4-e5f6", "dbc-a1b2c3d4-e5f6-2"}) == "dbc-a1b2c3d4-e5f6-3"


@pytest.mark.parametrize(
    "pasted", ["two words", "dapi\n123", "dap\u0456123", f"https://{HOST}", HOST, "dapi\x1b[31m"]
)
def test_what_cannot_be_a_token_is_told_before_it_is_sent(pasted: str) -> None:
    assert sign_in.token_fault(pasted)


def test_what_can_be_a_token() -> None:
    assert sign_in.token_fault(" dapi0123456789abcdef-2\n") is None
    assert sign_in.token_fault("eyJraWQi.eyJjbGll.abc-_") is None
