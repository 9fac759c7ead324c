"""The ways to sign in that the machine knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wizard.core.problem import Problem
from wizard.services.databricks import sign_in

if TYPE_CHECKING:
    from pathlib import Path

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
    found = sign_in.sources(HOST, environ, tmp_path)
    assert [(s.id, s.auth_type) for s in found] == [
        ("profile:DEFAULT", "pat"),
        ("profile:prod", "databricks-cli"),
        ("profile:robot", "oauth-m2m"),
        ("environment", "pat"),
    ]
    assert sign_in.token_of(found[0]) == "dapi-default"
    assert sign_in.token_of(found[3]) == "dapi-env"
    assert not [word for word in ("dapi-", "s3cret") if word in repr(found)]


def test_a_file_named_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "cfg").write_text(f"[a]\nhost={HOST}\ntoken=dapi-a\n")
    for named in (str(tmp_path / "cfg"), "~/cfg"):
        assert sign_in.sources(HOST, {"DATABRICKS_CONFIG_FILE": named}, tmp_path)[0].name == "profile a"


@pytest.mark.parametrize(
    ("named", "count"), [(f"https://{HOST}", 1), ("", 1), ("https://dbc-ffff.cloud.databricks.com", 0)]
)
def test_a_token_of_another_host_is_not_offered(tmp_path: Path, named: str, count: int) -> None:
    environ = {"DATABRICKS_TOKEN": "dapi-env"} | ({"DATABRICKS_HOST": named} if named else {})
    assert len(sign_in.sources(HOST, environ, tmp_path)) == count


@pytest.mark.parametrize("text", ["no section\n", "[a\nhost=", "\x00"])
def test_a_broken_file_is_told_and_counts_as_empty(tmp_path: Path, text: str) -> None:
    assert sign_in.broken({}, tmp_path) is None
    _write(tmp_path, text)
    problem = sign_in.broken({}, tmp_path)
    assert problem is not None
    assert problem.code == "databricks.config_file"
    assert sign_in.sources(HOST, {}, tmp_path) == []


def test_a_profile_whose_sign_in_fails_says_how_to_sign_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripted: Scripted
) -> None:
    _write(tmp_path, f"[prod]\nhost = {scripted.url}\nauth_type = databricks-cli\n")
    source = sign_in.sources("127.0.0.1", {}, tmp_path)[0]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
    with pytest.raises(Problem) as caught:
        sign_in.token_of(source)
    assert caught.value.code == "databricks.sign_in"
    assert caught.value.copy == "databricks auth login --host https://127.0.0.1"
    assert scripted.asked == ["GET /.well-known/databricks-config"]


def test_a_service_principal_gets_its_token_from_the_host(tmp_path: Path, scripted: Scripted) -> None:
    endpoint = {"authorization_endpoint": scripted.url + "/a", "token_endpoint": scripted.url + "/t"}
    scripted.answers["GET /oidc/.well-known/oauth-authorization-server"] = [(200, endpoint)]
    scripted.answers["GET /.well-known/databricks-config"] = [
        (200, {"oidc_endpoint": scripted.url + "/oidc"})
    ]
    token = {"access_token": "short-lived", "token_type": "Bearer", "expires_in": 3600}
    scripted.answers["POST /t"] = [(200, token)]
    _write(tmp_path, f"[robot]\nhost = {scripted.url}/?o=5\nclient_id = me\nclient_secret = s3cret\n")
    source = sign_in.sources("127.0.0.1", {}, tmp_path)[0]
    assert sign_in.token_of(source) == "short-lived"
