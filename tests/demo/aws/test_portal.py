"""The pretend SSO portal, through boto3's own sso-oidc and sso clients and a browser's requests."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from wizard.demo.aws import EmbeddedAws, Keys

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class Visitor:
    """Somebody signing in: a registered client and what the portal told it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        def client(service: str) -> Any:
            return boto3.client(
                service,
                region_name="us-east-1",
                endpoint_url=aws.url,
                config=Config(signature_version=UNSIGNED),
            )

        self.aws = aws
        self.oidc, self.sso = client("sso-oidc"), client("sso")
        made = self.oidc.register_client(
            clientName="wizard", clientType="public", scopes=["sso:account:access"]
        )
        self.who = {"clientId": made["clientId"], "clientSecret": made["clientSecret"]}

    def start(self) -> Any:
        return self.oidc.start_device_authorization(**self.who, startUrl=self.aws.portal.start_url)

    def poll(self, device_code: str) -> Any:
        return self.oidc.create_token(**self.who, grantType=DEVICE, deviceCode=device_code)

    def sign_in(self) -> Any:
        started = self.start()
        self.aws.portal.approve(started["userCode"])
        return self.poll(started["deviceCode"])


@pytest.fixture
def visitor(aws: EmbeddedAws) -> Visitor:
    return Visitor(aws)


def test_pending_then_approved(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    started = visitor.start()
    assert started["interval"] == 1
    assert started["verificationUri"] == f"{aws.url}/device"
    assert started["verificationUriComplete"].endswith(f"/device?user_code={started['userCode']}")
    status, code, _ = refused(lambda: visitor.poll(started["deviceCode"]))
    assert (status, code) == (400, "AuthorizationPendingException")
    aws.portal.approve(started["userCode"])
    token = visitor.poll(started["deviceCode"])
    assert token["tokenType"] == "Bearer"
    assert token["expiresIn"] == 8 * 3600
    assert refused(lambda: visitor.poll(started["deviceCode"]))[1] == "InvalidGrantException"


def test_the_exceptions_are_the_modelled_ones(visitor: Visitor) -> None:
    started = visitor.start()
    with pytest.raises(visitor.oidc.exceptions.AuthorizationPendingException) as caught:
        visitor.poll(started["deviceCode"])
    assert caught.value.response["error"] == "authorization_pending"
    with pytest.raises(visitor.oidc.exceptions.SlowDownException):
        visitor.poll(started["deviceCode"])


def test_denied(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    started = visitor.start()
    aws.portal.deny(started["userCode"])
    assert refused(lambda: visitor.poll(started["deviceCode"]))[1] == "AccessDeniedException"
    with pytest.raises(KeyError):
        aws.portal.approve(started["userCode"])


def test_too_late(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    started = visitor.start()
    aws.portal.desk.code_seconds = 0.0
    assert refused(lambda: visitor.poll(started["deviceCode"]))[1] == "ExpiredTokenException"
    with pytest.raises(KeyError):
        aws.portal.approve(started["userCode"])


def test_approved_by_itself(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    aws.portal.auto_approve_after = 0.6
    started = visitor.start()
    assert refused(lambda: visitor.poll(started["deviceCode"]))[1] == "AuthorizationPendingException"
    time.sleep(0.7)
    assert visitor.poll(started["deviceCode"])["accessToken"]


def test_wrong_client_wrong_code_wrong_portal(visitor: Visitor, refused: Any) -> None:
    started = visitor.start()
    stranger = {"clientId": "x", "clientSecret": "y"}
    start = visitor.oidc.start_device_authorization
    assert refused(lambda: start(**stranger, startUrl="x"))[:2] == (401, "InvalidClientException")
    assert (
        refused(lambda: start(**visitor.who, startUrl="https://other/start"))[1] == "InvalidRequestException"
    )
    assert refused(lambda: visitor.poll(started["deviceCode"] + "x"))[1] == "InvalidGrantException"
    other = Visitor(visitor.aws)
    assert refused(lambda: other.poll(started["deviceCode"]))[1] == "InvalidGrantException"
    create = visitor.oidc.create_token
    assert refused(lambda: create(**visitor.who, grantType="magic"))[1] == "UnsupportedGrantTypeException"


def test_refresh(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    token = visitor.sign_in()
    aws.portal.desk.expire()
    sso = visitor.sso
    assert refused(lambda: sso.list_accounts(accessToken=token["accessToken"]))[1] == "UnauthorizedException"

    def refresh() -> Any:
        return visitor.oidc.create_token(
            **visitor.who, grantType="refresh_token", refreshToken=token["refreshToken"]
        )

    again = refresh()
    assert sso.list_accounts(accessToken=again["accessToken"])["accountList"] == []
    assert refused(refresh)[1] == "InvalidGrantException"


def test_accounts_roles_credentials(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    admin = aws.portal.assign(aws.account_id, "sandbox", "Admin", admin=True)
    reader = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"},
    }
    aws.portal.assign(aws.account_id, "sandbox", "Reader", [reader], session_minutes=15)
    aws.portal.assign("210987654321", "other", "Admin", admin=True)
    token = visitor.sign_in()["accessToken"]
    accounts = visitor.sso.list_accounts(accessToken=token)["accountList"]
    assert [(a["accountId"], a["accountName"]) for a in accounts] == [
        ("123456789012", "sandbox"),
        ("210987654321", "other"),
    ]
    first = visitor.sso.list_account_roles(accessToken=token, accountId=aws.account_id, maxResults=1)
    rest = visitor.sso.list_account_roles(
        accessToken=token, accountId=aws.account_id, nextToken=first["nextToken"]
    )
    assert [role["roleName"] for role in first["roleList"] + rest["roleList"]] == ["Admin", "Reader"]

    iam = aws.client("iam", role_keys(visitor, token, aws.account_id, "Admin"))
    name = admin.rsplit("/", 1)[1]
    assert admin.startswith(
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_"
    )
    assert iam.get_role(RoleName=name)["Role"]["Arn"] == admin
    reads = aws.client("iam", role_keys(visitor, token, aws.account_id, "Reader"))
    reads.list_roles()
    assert "AWSReservedSSO_Reader_" in refused(lambda: reads.get_role(RoleName=name))[2]
    far = aws.client("sts", role_keys(visitor, token, "210987654321", "Admin"))
    assert far.get_caller_identity()["Arn"].startswith(
        "arn:aws:sts::210987654321:assumed-role/AWSReservedSSO_"
    )


def role_keys(visitor: Visitor, token: str, account: str, role: str) -> Keys:
    answer = visitor.sso.get_role_credentials(accessToken=token, accountId=account, roleName=role)
    found = answer["roleCredentials"]
    assert found["expiration"] > time.time() * 1000
    return Keys(found["accessKeyId"], found["secretAccessKey"], found["sessionToken"])


def test_another_account_is_another_world(aws: EmbeddedAws, visitor: Visitor) -> None:
    aws.portal.assign("210987654321", "other", "Admin", admin=True)
    aws.client("iam").create_user(UserName="here")
    token = visitor.sign_in()["accessToken"]
    far = aws.client("iam", role_keys(visitor, token, "210987654321", "Admin"))
    assert far.list_users()["Users"] == []
    assert far.create_user(UserName="there")["User"]["Arn"] == "arn:aws:iam::210987654321:user/there"


def test_no_assignment_no_token_signed_out(aws: EmbeddedAws, visitor: Visitor, refused: Any) -> None:
    aws.portal.assign(aws.account_id, "sandbox", "Admin", admin=True)
    token = visitor.sign_in()["accessToken"]
    ask: Callable[..., Any] = visitor.sso.get_role_credentials
    for account, role in ((aws.account_id, "Nothing"), ("000000000000", "Admin")):
        answer = refused(lambda: ask(accessToken=token, accountId=account, roleName=role))  # noqa: B023 - called at once
        assert answer == (403, "ForbiddenException", "No access")
    visitor.sso.logout(accessToken=token)
    answer = refused(lambda: visitor.sso.list_accounts(accessToken=token))
    assert answer == (401, "UnauthorizedException", "Session token not found or invalid")


def test_botocore_s_own_sso_profile_works(
    aws: EmbeddedAws, visitor: Visitor, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.session
    from botocore.credentials import SSOProvider

    aws.portal.assign(aws.account_id, "sandbox", "Admin", admin=True)
    token = visitor.sign_in()["accessToken"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", aws.url)
    session = botocore.session.Session()
    start = aws.portal.start_url
    cached = {"accessToken": token, "expiresAt": "2099-01-01T00:00:00Z", "startUrl": start}
    profile = {
        "sso_start_url": start,
        "sso_region": "us-east-1",
        "sso_account_id": aws.account_id,
        "sso_role_name": "Admin",
    }
    provider = SSOProvider(
        load_config=lambda: {"profiles": {"p": profile}},
        client_creator=session.create_client,
        profile_name="p",
        cache={},
        token_cache={hashlib.sha1(start.encode()).hexdigest(): cached},  # noqa: S324 - the SDKs' own file name
    )
    frozen = provider.load().get_frozen_credentials()
    keys = Keys(frozen.access_key, frozen.secret_key, frozen.token)
    assert aws.client("sts", keys).get_caller_identity()["Arn"].endswith("/operator")


def test_the_page_approves(aws: EmbeddedAws, visitor: Visitor, fetch: Any) -> None:
    started = visitor.start()
    url = started["verificationUriComplete"]
    status, text, _ = fetch(url)
    assert status == 200
    assert started["userCode"] in text
    for part in ("pretend", ">Approve<", ">Deny<"):
        assert part in text
    assert "<script" not in text
    status, text, _ = fetch(url, {"user_code": started["userCode"], "decision": "approve"})
    assert status == 200
    assert "signed in" in text
    assert visitor.poll(started["deviceCode"])["accessToken"]
    assert fetch(url)[0] == 404


def test_the_page_denies(aws: EmbeddedAws, visitor: Visitor, fetch: Any, refused: Any) -> None:
    started = visitor.start()
    page = started["verificationUri"]
    assert "user_code" in fetch(page)[1]
    assert "Denied" in fetch(page, {"user_code": started["userCode"].lower(), "decision": "deny"})[1]
    assert refused(lambda: visitor.poll(started["deviceCode"]))[1] == "AccessDeniedException"


def test_what_is_typed_into_the_page_stays_text(aws: EmbeddedAws, fetch: Any) -> None:
    status, text, _ = fetch(f"{aws.url}/device?" + urlencode({"user_code": "<img src=x>"}))
    assert status == 404
    assert "<img" not in text


def test_the_browser_flow_with_pkce(aws: EmbeddedAws, visitor: Visitor, fetch: Any, refused: Any) -> None:
    verifier = "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    back = "http://127.0.0.1:45678/oauth/callback"
    asked = {
        "response_type": "code",
        "client_id": visitor.who["clientId"],
        "redirect_uri": back,
        "state": "s t",
        "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }
    aws.portal.auto_approve_after = 0.0
    status, _, headers = fetch(f"{aws.url}/authorize?" + urlencode(asked))
    assert status == 302
    answer = parse_qs(urlsplit(headers["Location"]).query)
    assert answer["state"] == ["s t"]
    redeem = {
        **visitor.who,
        "grantType": "authorization_code",
        "code": answer["code"][0],
        "redirectUri": back,
    }
    create = visitor.oidc.create_token
    assert refused(lambda: create(**redeem, codeVerifier="wrong"))[1] == "InvalidGrantException"
    assert create(**redeem, codeVerifier=verifier)["accessToken"]
    far = {**asked, "redirect_uri": "https://evil.example/"}
    assert fetch(f"{aws.url}/authorize?" + urlencode(far))[0] == 400


def test_the_portal_is_in_the_log_without_secrets(aws: EmbeddedAws, visitor: Visitor) -> None:
    token = visitor.sign_in()
    visitor.sso.list_accounts(accessToken=token["accessToken"])
    assert [call.action for call in aws.calls] == [
        "sso-oidc:RegisterClient",
        "sso-oidc:StartDeviceAuthorization",
        "sso-oidc:CreateToken",
        "sso:ListAccounts",
    ]
    assert token["accessToken"] not in repr(aws.calls)
