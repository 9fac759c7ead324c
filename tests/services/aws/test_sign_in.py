"""Signing in over the wire: the code flow, the shared cache, roles, keys, and every way it fails."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.services.aws.test_connection import answering
from wizard.core.event import DeviceCode, Event, Wait
from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import sign_in, sso_cache
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.keys import Keys
from wizard.services.aws.profiles import Source, list_sources
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import SsoToken

Login = Callable[..., SsoToken]


def write_profile(aws: EmbeddedAws, places: AwsPlaces, role: str = "Admin", more: str = "") -> None:
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"sso_registration_scopes = sso:account:access\n"
        f"[profile htd]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = {role}\n"
        f"region = us-west-2\n{more}"
    )


def source(places: AwsPlaces, name: str = "htd") -> Source:
    return next(s for s in list_sources(places, {}) if s.name == name)


def test_the_code_flow_ends_in_a_token_that_others_can_read(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    seen: list[DeviceCode] = []
    token = login("htd", seen.append)
    assert seen[0].user_code in seen[0].url_complete
    file = sso_cache.file_of(places.sso_cache, "htd")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.sso_cache.stat().st_mode) == 0o700
    kept = json.loads(file.read_text())
    token_fields = {"startUrl", "region", "accessToken", "expiresAt", "refreshToken"}
    assert set(kept) == token_fields | {"clientId", "clientSecret", "registrationExpiresAt"}
    assert datetime.strptime(kept["expiresAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) > datetime.now(UTC)
    assert all(secret not in repr(token) for secret in token.secrets())
    assert len(token.secrets()) == 3


def test_the_registration_is_used_again(aws: EmbeddedAws, login: Login) -> None:
    login()
    login()
    assert [call.action for call in aws.calls].count("sso-oidc:RegisterClient") == 1


def test_waits_while_pending_and_slower_when_told(aws: EmbeddedAws, places: AwsPlaces) -> None:
    aws.portal.auto_approve_after = None
    aws.portal.desk.poll_interval = 2
    work = sign_in.device_login(aws.portal.start_url, "us-east-1", places, "htd")
    waits: list[float] = []
    code = ""
    token: SsoToken | None = None
    try:
        while True:
            event: Event = next(work)
            if isinstance(event, DeviceCode):
                code = event.user_code
            if isinstance(event, Wait):
                waits.append(event.seconds)
                if len(waits) == 3:
                    aws.portal.approve(code)
                    aws.portal.desk.poll_interval = 0
    except StopIteration as end:
        token = end.value
    assert token is not None
    assert waits[0] == 2
    assert waits[-1] == 7, f"RFC 8628 asks for five seconds more after slow_down: {waits}"


def test_denied_in_the_browser(aws: EmbeddedAws, login: Login) -> None:
    aws.portal.auto_approve_after = None
    with pytest.raises(Problem) as caught:
        login("htd", lambda code: aws.portal.deny(code.user_code))
    assert caught.value.code == "aws.sso.denied"


def test_the_code_expires(aws: EmbeddedAws, login: Login) -> None:
    aws.portal.auto_approve_after = None
    aws.portal.desk.code_seconds = 1.2
    with pytest.raises(Problem) as caught:
        login()
    assert caught.value.code == "aws.sso.code_expired"


def test_a_wrong_start_url(aws: EmbeddedAws, login: Login) -> None:
    with pytest.raises(Problem) as caught:
        login("htd", None, f"{aws.url}/other")
    assert caught.value.code == "aws.sso.start_url"


def test_nothing_listens_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, tmp_path_factory.mktemp("h"))
    with pytest.raises(Problem) as caught:
        list(sign_in.device_login("http://127.0.0.1:9/start", "us-east-1", places))
    assert caught.value.code == "aws.network"


def test_accounts_and_roles_over_several_pages(aws: EmbeddedAws, login: Login) -> None:
    for number in range(130):
        aws.portal.assign(f"{number:012}", f"Team {number:03}", "Reader")
    aws.portal.assign(aws.account_id, "Production", "Reader")
    aws.faults.add("sso:ListAccounts", 429, "TooManyRequestsException", "HTTP 429 Unknown Code", times=2)
    token = login()
    accounts = sign_in.list_accounts(token)
    assert len(accounts) == 131
    assert accounts[0].name == "Production"
    assert sign_in.list_roles(token, aws.account_id) == ["Admin", "Reader"]


def test_a_chosen_role_is_a_session(aws: EmbeddedAws, login: Login) -> None:
    session = sign_in.role_session(login(), aws.account_id, "Admin", "us-west-2")
    me = who_am_i(session)
    assert (me.account, me.kind, me.partition) == (aws.account_id, "assumed-role", "aws")
    assert me.role.startswith("AWSReservedSSO_Admin_")
    assert session.expires_at is not None
    assert session.expires_at > datetime.now(UTC) + timedelta(minutes=50)
    environ = session.child_environ({"AWS_PROFILE": "nope"})
    assert "AWS_PROFILE" not in environ
    assert environ["AWS_SESSION_TOKEN"] in session.secrets()


def test_a_role_that_is_not_assigned(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    token = login()
    with pytest.raises(Problem) as caught:
        sign_in.role_session(token, aws.account_id, "Owner", "us-east-1")
    assert caught.value.code == "aws.sso.no_assignment"
    write_profile(aws, places, role="Owner")
    with pytest.raises(Problem) as again:
        sign_in.open_source(source(places), places, {})
    assert again.value.code == "aws.sso.no_assignment"
    assert "role Owner in account" in again.value.what
    assert "may take: Admin." in again.value.why, "the names that would work are told"


def test_an_sso_profile_uses_the_shared_sign_in(
    aws: EmbeddedAws, places: AwsPlaces, login: Login, home: object
) -> None:
    write_profile(aws, places)
    assert source(places).needs_login
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source(places), places, {})
    assert caught.value.code == "aws.sso.never"
    login()
    session = sign_in.open_source(source(places), places, {})
    assert (session.method, session.region, session.account) == ("sso", "us-west-2", aws.account_id)
    assert who_am_i(session).role.startswith("AWSReservedSSO_Admin_")
    environ = session.child_environ({"HOME": str(home)})
    assert environ["AWS_PROFILE"] == "htd"
    assert "AWS_ACCESS_KEY_ID" not in environ
    elsewhere = session.child_environ({"HOME": "/somewhere/else"})
    assert "AWS_PROFILE" not in elsewhere, "Go's SDK would look for the sign-in below another home"
    assert elsewhere["AWS_ACCESS_KEY_ID"]


def test_a_legacy_sso_profile(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    places.config_file.parent.mkdir(parents=True)
    places.config_file.write_text(
        f"[profile old]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"sso_account_id = {aws.account_id}\nsso_role_name = Admin\n"
    )
    login(None)
    assert who_am_i(sign_in.open_source(source(places, "old"), places, {})).account == aws.account_id


def age(places: AwsPlaces, key: str, **changes: str) -> None:
    file = sso_cache.file_of(places.sso_cache, key)
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_sign_in_about_to_end_is_renewed_in_place(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    first = login()
    age(places, "htd", expiresAt=sso_cache.spelled(datetime.now(UTC) + timedelta(minutes=5)))
    renewed = sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd")
    assert renewed is not None
    assert renewed.access_token != first.access_token
    kept = sso_cache.read(sso_cache.file_of(places.sso_cache, "htd"))
    assert kept["accessToken"] == renewed.access_token
    assert stat.S_IMODE(sso_cache.file_of(places.sso_cache, "htd").stat().st_mode) == 0o600
    assert sign_in.list_accounts(renewed)


def test_a_session_goes_on_with_the_sign_in_that_another_tool_renewed(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    """A refresh token is good for one use, and somebody else has used ours."""
    session = sign_in.role_session(login(), aws.account_id, "Admin", "us-east-1")
    age(places, "htd", expiresAt=sso_cache.spelled(datetime.now(UTC) + timedelta(minutes=5)))
    other = sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd")
    assert other is not None
    first = session.freeze()
    session._botocore.get_credentials()._expiry_time = datetime.now(UTC)
    assert session.freeze().access_key_id != first.access_key_id


def test_a_sign_in_that_cannot_be_renewed_has_expired(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    write_profile(aws, places)
    login()
    age(places, "htd", expiresAt="2026-01-01T00:00:00Z", refreshToken="dead")
    assert sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd") is None
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source(places), places, {})
    assert caught.value.code == "aws.sso.expired"


def test_a_sign_in_ended_by_the_portal(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    write_profile(aws, places)
    token = login()
    aws.portal.desk.expire(forget_refresh=True)
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source(places), places, {})
    assert caught.value.code == "aws.sso.expired"
    with pytest.raises(Problem) as listing:
        sign_in.list_accounts(token)
    assert listing.value.code == "aws.sso.expired"


def test_a_spoiled_cache_is_no_sign_in(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    login()
    sso_cache.file_of(places.sso_cache, "htd").write_text("{half")
    assert sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd") is None


def test_a_role_taken_through_another_profile(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    login()
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{aws.account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=document)
    arn = f"arn:aws:iam::{aws.account_id}:role/deploy"
    write_profile(aws, places, more=f"[profile deploy]\nrole_arn = {arn}\nsource_profile = htd\n")
    session = sign_in.open_source(source(places, "deploy"), places, {})
    assert session.method == "assume-role"
    assert who_am_i(session).role == "deploy"


def test_keys_in_the_environment(aws: EmbeddedAws, places: AwsPlaces) -> None:
    keys = aws.keys_for_user("htd-user")
    environ = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_REGION": "eu-west-1",
    }
    found = list_sources(places, environ)[0]
    session = sign_in.open_source(found, places, environ)
    me = who_am_i(session)
    assert (me.arn, me.kind, session.region) == (
        f"arn:aws:iam::{aws.account_id}:user/htd-user",
        "user",
        "eu-west-1",
    )
    with pytest.raises(Problem) as caught:
        sign_in.open_source(found, places, {"AWS_ACCESS_KEY_ID": "AKIA"})
    assert caught.value.code == "aws.keys.half"
    with pytest.raises(Problem) as nothing:
        sign_in.open_source(found, places, {})
    assert nothing.value.code == "aws.none"


def test_an_unknown_key(places: AwsPlaces) -> None:
    with pytest.raises(Problem) as caught:
        who_am_i(sign_in.keys_session(Keys("AKIANOBODYNOBODYNOBO", "x" * 40), places))
    assert caught.value.code == "aws.keys.unknown"


def test_expired_keys(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    keys = sign_in.role_session(login(), aws.account_id, "Admin", "us-east-1").freeze()
    aws.expire_sessions()
    with pytest.raises(Problem) as caught:
        who_am_i(sign_in.keys_session(keys, places))
    assert caught.value.code == "aws.keys.expired"


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            "aws.keys.secret",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20261124T025500Z is now earlier than 20261124T025800Z (20261124T030300Z - 5 min.)",
            "aws.clock",
        ),
        ("AuthFailure", "AWS was not able to validate the provided access credentials", "aws.keys.unknown"),
        ("SomethingNew", "never seen", "aws.error"),
    ],
)
def test_answers_of_sts_are_told_apart(
    aws: EmbeddedAws, as_root: AwsSession, code: str, message: str, expected: str
) -> None:
    aws.faults.add("sts:GetCallerIdentity", 403, code, message, times=0)
    with pytest.raises(Problem) as caught:
        who_am_i(as_root)
    assert caught.value.code == expected
    if expected == "aws.clock":
        assert "480 seconds behind" in caught.value.why


def test_no_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, tmp_path_factory.mktemp("h"))
    with pytest.raises(Problem) as caught:
        who_am_i(sign_in.keys_session(Keys("AKIAQWERTYUIOPASDFGH", "x" * 40), places))
    assert caught.value.code == "aws.network"


def fake_cli(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    folder.mkdir()
    (folder / "aws").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "aws").chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_an_aws_login_profile_is_read_through_the_aws_cli(
    aws: EmbeddedAws, places: AwsPlaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = aws.keys_for_user("console")
    answer = {"Version": 1, "AccessKeyId": user.access_key_id, "SecretAccessKey": user.secret_access_key}
    (tmp_path / "answer").write_text(json.dumps(answer))
    fake_cli(
        tmp_path / "bin",
        monkeypatch,
        f'echo "$@" "$AWS_CONFIG_FILE" "$AWS_ACCESS_KEY_ID" > {tmp_path}/asked; cat {tmp_path}/answer',
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    places.config_file.parent.mkdir(parents=True)
    places.config_file.write_text(
        "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/console\n"
    )
    session = sign_in.open_source(source(places, "console"), places, {})
    assert who_am_i(session).arn.endswith("user/console")
    asked = (tmp_path / "asked").read_text().split()
    assert asked == [
        *["configure", "export-credentials", "--profile", "console", "--format", "process"],
        str(places.config_file),
    ]
    environ = session.child_environ({})
    assert "AWS_PROFILE" not in environ, "the provider cannot read such a profile"
    assert environ["AWS_ACCESS_KEY_ID"] == user.access_key_id


@pytest.mark.parametrize(
    ("said", "code", "way_out"),
    [
        ("Your session has expired. Run aws login.", "aws.login.expired", "Run `aws login` again"),
        (
            "aws: error: argument subcommand: Invalid choice, valid choices are:",
            "aws.login.crt",
            "botocore[crt]",
        ),
    ],
)
def test_what_the_aws_cli_says_of_an_aws_login_is_told_apart(
    places: AwsPlaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, code: str, way_out: str
) -> None:
    fake_cli(tmp_path / "bin", monkeypatch, f"echo '{said}' >&2; exit 255")
    places.config_file.parent.mkdir(parents=True)
    places.config_file.write_text("[profile console]\nlogin_session = arn:aws:iam::1:user/console\n")
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source(places, "console"), places, {})
    assert caught.value.code == code
    assert way_out in caught.value.remedy + caught.value.copy


def test_the_role_of_cloudshell(aws: EmbeddedAws, places: AwsPlaces) -> None:
    role = aws.portal.assign(aws.account_id, "Production", "Shell", admin=True).rsplit("/", 1)[1]
    keys = aws.keys_for_role(role, "shell")
    answer = {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "Token": keys.session_token,
        "Expiration": sso_cache.spelled(datetime.now(UTC) + timedelta(hours=1)),
    }
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with answering(head.encode() + body) as port:
        environ = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{port}/role",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret",
            "AWS_REGION": "eu-west-1",
        }
        found = list_sources(places, environ)
        assert [(each.kind, each.in_effect) for each in found] == [("container", True)]
        session = sign_in.open_source(found[0], places, environ)
        assert who_am_i(session).role == role
        assert (session.region, session.renews) == ("eu-west-1", True)
        child = session.child_environ(environ)
    assert child["AWS_ACCESS_KEY_ID"] == keys.access_key_id
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in child
    named = list_sources(places, environ | {"AWS_PROFILE": "x"})
    assert not next(each for each in named if each.kind == "container").in_effect


def test_a_cloudshell_that_does_not_answer(places: AwsPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/role"}
    with pytest.raises(Problem) as caught:
        sign_in.open_source(list_sources(places, environ)[0], places, environ)
    assert caught.value.code == "aws.container"
    assert "Restart" in caught.value.remedy


def web_profile(aws: EmbeddedAws, places: AwsPlaces, tmp_path: Path) -> Path:
    """A profile whose role is taken with a token in a file, as CI jobs and pods do; the file."""
    provider = f"arn:aws:iam::{aws.account_id}:oidc-provider/ci.example"
    action = "sts:AssumeRoleWithWebIdentity"
    trust = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="ci", AssumeRolePolicyDocument=document)
    token = tmp_path / "token"
    token.write_text("web-token")
    aws.trust_web_token("web-token")
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text(
        f"[profile web]\nrole_arn = arn:aws:iam::{aws.account_id}:role/ci\nweb_identity_token_file = {token}\n"
    )
    return token


def test_a_web_identity(aws: EmbeddedAws, places: AwsPlaces, tmp_path: Path) -> None:
    token = web_profile(aws, places, tmp_path)
    session = sign_in.open_source(source(places, "web"), places, {})
    assert (session.method, session.renews) == ("assume-role-with-web-identity", True)
    assert who_am_i(session).arn.endswith(":assumed-role/ci/htd-wizard")
    token.write_text("forged")
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source(places, "web"), places, {})
    assert caught.value.code == "aws.web_identity"
    assert caught.value.step == "credentials"


def test_the_web_identity_of_the_machine(aws: EmbeddedAws, places: AwsPlaces, tmp_path: Path) -> None:
    token = web_profile(aws, places, tmp_path)
    environ = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": f"arn:aws:iam::{aws.account_id}:role/ci",
        "AWS_ROLE_SESSION_NAME": "pod",
    }
    found = next(each for each in list_sources(places, environ) if each.id == "web-identity")
    assert (found.in_effect, found.account, found.role) == (True, aws.account_id, "ci")
    session = sign_in.open_source(found, places, environ)
    assert who_am_i(session).arn.endswith(":assumed-role/ci/pod")
    child = session.child_environ(environ)
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in child
    assert child["AWS_SESSION_TOKEN"]
    assert session.renews


def test_temporary_keys_of_a_profile(aws: EmbeddedAws, places: AwsPlaces, login: Login) -> None:
    keys = sign_in.role_session(login(), aws.account_id, "Admin", "us-east-1").freeze()
    places.credentials_file.parent.mkdir(parents=True, exist_ok=True)
    places.credentials_file.write_text(
        f"[t]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        f"aws_session_token = {keys.session_token}\n"
    )
    session = sign_in.open_source(source(places, "t"), places, {})
    assert who_am_i(session).role.startswith("AWSReservedSSO_Admin_")
    assert not session.renews
