"""The pretend IAM Identity Center: sign-in endpoints, the approval page, and role credentials.

APIs: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html and
https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from wizard.demo.aws import pages, refusals
from wizard.demo.aws.directory import Directory
from wizard.demo.aws.principals import Keyring
from wizard.demo.aws.tokens import Signed, TokenDesk, TokenRefused
from wizard.demo.aws.wire import Reply, Request, json_reply

PAGE = "page"
"""What `operation` says of a page meant for a person."""

_OPERATIONS = {
    ("POST", "/client/register"): "sso-oidc:RegisterClient",
    ("POST", "/device_authorization"): "sso-oidc:StartDeviceAuthorization",
    ("POST", "/token"): "sso-oidc:CreateToken",
    ("GET", "/assignment/accounts"): "sso:ListAccounts",
    ("GET", "/assignment/roles"): "sso:ListAccountRoles",
    ("GET", "/federation/credentials"): "sso:GetRoleCredentials",
    ("POST", "/logout"): "sso:Logout",
}
_PAGES = ("/", "/start", "/start/", "/device", "/authorize", "/favicon.ico")
_ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass
class _Account:
    """An account the signed-in person may enter."""

    number: str
    name: str
    roles: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Permission set name -> (IAM role name, session seconds)."""


class Portal:
    """One portal, one person (`session_name`), any number of accounts and roles."""

    def __init__(self, url: str, keyring: Keyring, directory: Directory) -> None:
        self.url = url
        self.region = "us-east-1"
        self.session_name = "operator"
        self.desk = TokenDesk()
        self._keyring = keyring
        self._directory = directory
        self._accounts: dict[str, _Account] = {}

    @property
    def start_url(self) -> str:
        """What a profile holds as `sso_start_url`."""
        return f"{self.url}/start"

    @property
    def auto_approve_after(self) -> float | None:
        """Seconds after which a sign-in approves itself; None: only by the page or `approve`."""
        return self.desk.auto_approve_after

    @auto_approve_after.setter
    def auto_approve_after(self, seconds: float | None) -> None:
        self.desk.auto_approve_after = seconds

    def approve(self, user_code: str) -> None:
        """Approve the sign-in waiting under this code. Raises KeyError when there is none."""
        self.desk.decide(user_code, is_approved=True)

    def deny(self, user_code: str) -> None:
        """Deny the sign-in waiting under this code. Raises KeyError when there is none."""
        self.desk.decide(user_code, is_approved=False)

    def assign(
        self,
        account_id: str,
        account_name: str,
        role_name: str,
        policies: Sequence[Mapping[str, Any]] = (),
        *,
        admin: bool = False,
        session_minutes: float = 60,
    ) -> str:
        """Let the person enter an account as a role and return that IAM role's ARN.

        The role is `AWSReservedSSO_<role_name>_<16 hex>`, made in IAM with `policies` inline, or with
        every right when `admin` is true. The hex digits are the same in every run.
        """
        digits = hashlib.sha256(f"{account_id}/{role_name}".encode()).hexdigest()[:16]
        iam_name = f"AWSReservedSSO_{role_name}_{digits}"
        segment = "" if self.region == "us-east-1" else f"{self.region}/"
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {
                        "Federated": f"arn:aws:iam::{account_id}:saml-provider/AWSSSO_{digits}_DO_NOT_DELETE"
                    },
                    "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                    "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
                }
            ],
        }
        arn = self._directory.add_role(
            account_id,
            iam_name,
            f"/aws-reserved/sso.amazonaws.com/{segment}",
            trust,
            [_ADMIN] if admin else policies,
            int(max(3600, session_minutes * 60)),
        )
        account = self._accounts.setdefault(account_id, _Account(account_id, account_name))
        account.roles[role_name] = (iam_name, session_minutes * 60)
        return arn

    def operation(self, request: Request) -> str:
        """ "sso-oidc:CreateToken" and the like, PAGE for a page, "" for what is not the portal's."""
        known = _OPERATIONS.get((request.method, request.path))
        if known is not None:
            return known
        is_page = request.path in _PAGES and request.method in ("GET", "HEAD", "POST")
        # An unsigned AWS call is a form post to "/"; it deserves an AWS error, not a page.
        return PAGE if is_page and (request.method, request.path) != ("POST", "/") else ""

    def answer(self, request: Request) -> Reply:
        """Answer a request for which `operation` is not empty."""
        operation = self.operation(request)
        if operation == PAGE:
            return self._page(request)
        if operation.startswith("sso:"):
            return self._portal_call(operation, request)
        try:
            return self._sign_in_call(operation, request)
        except TokenRefused as refused:
            return json_reply(
                {"error": refused.oauth, "error_description": refused.words},
                refused.status,
                {"x-amzn-ErrorType": refused.code},
            )

    def _sign_in_call(self, operation: str, request: Request) -> Reply:
        asked = {name: str(value) for name, value in request.json.items()}
        if operation == "sso-oidc:RegisterClient":
            client_id, client_secret = self.desk.register()
            now = int(time.time())
            return json_reply(
                {
                    "clientId": client_id,
                    "clientSecret": client_secret,
                    "clientIdIssuedAt": now,
                    "clientSecretExpiresAt": now + 90 * 86400,
                    "authorizationEndpoint": f"{self.url}/authorize",
                    "tokenEndpoint": f"{self.url}/token",
                }
            )
        client_id = asked.get("clientId", "")
        self.desk.check_client(client_id, asked.get("clientSecret", ""))
        if operation == "sso-oidc:StartDeviceAuthorization":
            return self._start_device(client_id, asked.get("startUrl", ""))
        return self._token(client_id, asked)

    def _start_device(self, client_id: str, start_url: str) -> Reply:
        if start_url.rstrip("/") != self.start_url:
            raise TokenRefused("InvalidRequestException", "invalid_request", "Invalid start url provided")
        one = self.desk.start(client_id)
        page = f"{self.url}/device"
        return json_reply(
            {
                "deviceCode": one.code,
                "userCode": one.user_code,
                "verificationUri": page,
                "verificationUriComplete": f"{page}?{urlencode({'user_code': one.user_code})}",
                "expiresIn": int(self.desk.code_seconds),
                "interval": self.desk.poll_interval,
            }
        )

    def _token(self, client_id: str, asked: Mapping[str, str]) -> Reply:
        grant = asked.get("grantType", "")
        signed: Signed
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            signed = self.desk.redeem_device(client_id, asked.get("deviceCode", ""))
        elif grant == "refresh_token":
            signed = self.desk.refresh(client_id, asked.get("refreshToken", ""))
        elif grant == "authorization_code":
            code, uri = asked.get("code", ""), asked.get("redirectUri", "")
            signed = self.desk.redeem_code(client_id, code, uri, asked.get("codeVerifier", ""))
        else:
            raise TokenRefused(
                "UnsupportedGrantTypeException", "unsupported_grant_type", "Grant type is not supported"
            )
        return json_reply(
            {
                "accessToken": signed.access_token,
                "tokenType": "Bearer",
                "expiresIn": max(0, round(signed.expires_at - time.time())),
                "refreshToken": signed.refresh_token,
            }
        )

    def _portal_call(self, operation: str, request: Request) -> Reply:
        token = request.headers.get("x-amz-sso_bearer_token", "")
        if not self.desk.is_signed_in(token):
            return _refused(401, "UnauthorizedException", "Session token not found or invalid")
        if operation == "sso:Logout":
            self.desk.sign_out(token)
            return Reply(200)
        if operation == "sso:ListAccounts":
            accounts = [
                {"accountId": a.number, "accountName": a.name, "emailAddress": f"{a.number}@example.com"}
                for a in self._accounts.values()
            ]
            return _listed(request, "accountList", accounts)
        account = self._accounts.get(request.query.get("account_id", ""))
        if account is None:
            return _refused(403, "ForbiddenException", "No access")
        if operation == "sso:ListAccountRoles":
            roles = [{"roleName": name, "accountId": account.number} for name in account.roles]
            return _listed(request, "roleList", roles)
        return self._credentials(account, request.query.get("role_name", ""))

    def _credentials(self, account: _Account, role_name: str) -> Reply:
        role = account.roles.get(role_name)
        if role is None:
            return _refused(403, "ForbiddenException", "No access")
        session = self._keyring.open_session(account.number, role[0], self.session_name, role[1])
        return json_reply(
            {
                "roleCredentials": {
                    "accessKeyId": session.keys.access_key_id,
                    "secretAccessKey": session.keys.secret_access_key,
                    "sessionToken": session.keys.session_token,
                    "expiration": int(session.expires_at * 1000),
                }
            }
        )

    def _page(self, request: Request) -> Reply:
        if request.path == "/device":
            return self._device_page(request)
        if request.path == "/authorize":
            return self._authorize_page(request)
        if request.path == "/favicon.ico":
            return Reply(404)
        return pages.told("The demo's AWS", "It is running. Go back to the wizard in your terminal.")

    def _device_page(self, request: Request) -> Reply:
        asked = {**request.query, **(request.form if request.method == "POST" else {})}
        user_code = asked.get("user_code", "")
        if not user_code:
            return pages.ask_code()
        if request.method != "POST":
            one = self.desk.find(user_code)
            if one is None or one.state != "pending":
                words = "No sign-in is waiting under this code. Start again from the wizard."
                return pages.told("Nothing to approve", words, 404)
            return pages.approval(one.user_code, {"user_code": one.user_code})
        return self._decided(user_code, is_approved=asked.get("decision") == "approve")

    def _decided(self, user_code: str, *, is_approved: bool) -> Reply:
        try:
            self.desk.decide(user_code, is_approved=is_approved)
        except KeyError:
            words = "No sign-in is waiting under this code any more. Start again from the wizard."
            return pages.told("Nothing to approve", words, 404)
        if is_approved:
            return pages.told("You are signed in", "You can close this page and go back to your terminal.")
        return pages.told("Denied", "The wizard was not let in. You can close this page.")

    def _authorize_page(self, request: Request) -> Reply:
        """The browser flow: approve here, and the browser is sent back to the wizard with a code."""
        asked = request.query
        uri = asked.get("redirect_uri", "")
        # Only this machine may get the code (https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
        if urlsplit(uri).hostname != "127.0.0.1" or asked.get("code_challenge_method") != "S256":
            return pages.told("Not a sign-in", "This link is not complete. Start again from the wizard.", 400)
        if request.method != "POST" and self.desk.auto_approve_after is None:
            one = self.desk.start(asked.get("client_id", ""), uri, asked.get("code_challenge", ""))
            return pages.approval(one.user_code, {"user_code": one.user_code})
        if request.method == "POST":
            found = self.desk.find(request.form.get("user_code", ""))
            is_approved = request.form.get("decision") == "approve"
        else:
            found = self.desk.start(asked.get("client_id", ""), uri, asked.get("code_challenge", ""))
            is_approved = True
        if found is None or found.state != "pending":
            return pages.told("Nothing to approve", "Start again from the wizard.", 404)
        self.desk.decide(found.user_code, is_approved=is_approved)
        result = {"code": found.code} if is_approved else {"error": "access_denied"}
        back = urlencode({**result, "state": asked.get("state", "")})
        return Reply(302, b"", {"Location": f"{found.redirect_uri}?{back}"})


def _refused(status: int, code: str, message: str) -> Reply:
    return refusals.error("rest-json", "sso", status, code, message)


def _listed(request: Request, name: str, items: Sequence[Mapping[str, str]]) -> Reply:
    """One page of a list."""
    start = int(request.query.get("next_token") or 0)
    end = start + int(request.query.get("max_result") or 100)
    more = {"nextToken": str(end)} if end < len(items) else {}
    return json_reply({name: list(items[start:end]), **more})
