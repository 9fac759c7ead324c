"""STS, answered here and not by moto: identities are the gate's own business."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from wizard.demo.aws import refusals
from wizard.demo.aws.authority import ALLOWED, Authority, Judgement
from wizard.demo.aws.directory import Directory
from wizard.demo.aws.policies import Ask, Policy, Verdict, evaluate_resource_policy, parse
from wizard.demo.aws.principals import Keyring, Principal
from wizard.demo.aws.target import Need, Target
from wizard.demo.aws.wire import Reply, xml_reply

_UNEXPLAINED = Judgement(False)
"""AWS does not say why a trust policy refused."""


class SecurityTokenService:
    """GetCallerIdentity, AssumeRole and AssumeRoleWithWebIdentity."""

    def __init__(self, keyring: Keyring, directory: Directory, authority: Authority) -> None:
        self._keyring = keyring
        self._directory = directory
        self._authority = authority
        self.mfa_code = "123456"
        """The one-time code that everybody's device shows now."""
        self.web_tokens: set[str] = set()
        """Web identity tokens that are good now."""

    def answer(self, caller: Principal, target: Target) -> Reply | None:
        """The reply to an STS call; None for an operation this AWS does not have."""
        if target.operation == "GetCallerIdentity":
            return _reply(
                "GetCallerIdentity",
                f"<Arn>{escape(caller.arn)}</Arn><UserId>{escape(caller.unique_id)}</UserId>"
                f"<Account>{caller.account}</Account>",
            )
        if target.operation == "AssumeRole":
            return self._assume(caller, target)
        return None

    def _assume(self, caller: Principal, target: Target) -> Reply:
        role_arn = target.resource
        need = Need("sts:AssumeRole", role_arn)
        seconds = int(target.params.get("DurationSeconds", 3600))
        if caller.arn != caller.identity_arn and seconds > 3600:
            message = (
                "The requested DurationSeconds exceeds the 1 hour session limit "
                "for roles assumed by role chaining"
            )
            return refusals.error("query", "sts", 400, "ValidationError", message)
        if target.params.get("TokenCode", self.mfa_code) != self.mfa_code:
            message = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
            return refusals.error("query", "sts", 403, "AccessDenied", message)
        try:
            judgement = self._may_assume(caller, need, target)
        except ValueError as problem:
            return refusals.error("query", "sts", 400, "MalformedPolicyDocument", str(problem))
        if not judgement.allowed:
            return refusals.denied("query", "sts", caller, need, judgement)
        return self._opened("AssumeRole", target.params, seconds)

    def with_web_identity(self, params: Mapping[str, str]) -> Reply:
        """The reply to the one call that a token signs instead of a key.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
        """
        if params.get("WebIdentityToken", "") not in self.web_tokens:
            message = (
                "Couldn't retrieve verification key from your identity provider, please reference its docs"
            )
            return refusals.error("query", "sts", 400, "InvalidIdentityToken", message)
        trust = self._directory.trust_of(*_role_of(params.get("RoleArn", "")))
        if trust is None or "sts:AssumeRoleWithWebIdentity" not in json.dumps(trust):
            message = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
            return refusals.error("query", "sts", 403, "AccessDenied", message)
        return self._opened("AssumeRoleWithWebIdentity", params, int(params.get("DurationSeconds", 3600)))

    def _opened(self, operation: str, params: Mapping[str, Any], seconds: int) -> Reply:
        account, name = _role_of(str(params["RoleArn"]))
        session_name = str(params.get("RoleSessionName", "session"))
        policy = params.get("Policy")
        session = self._keyring.open_session(
            account, name, session_name, seconds, parse(policy) if policy else None
        )
        role = self._directory.role(account, name)
        role_id = role.unique_id if role is not None else ""
        expires = datetime.fromtimestamp(session.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _reply(
            operation,
            f"<AssumedRoleUser><AssumedRoleId>{role_id}:{escape(session_name)}</AssumedRoleId>"
            f"<Arn>arn:aws:sts::{account}:assumed-role/{name}/{escape(session_name)}</Arn></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{session.keys.access_key_id}</AccessKeyId>"
            f"<SecretAccessKey>{session.keys.secret_access_key}</SecretAccessKey>"
            f"<SessionToken>{session.keys.session_token}</SessionToken>"
            f"<Expiration>{expires}</Expiration></Credentials>",
        )

    def _may_assume(self, caller: Principal, need: Need, target: Target) -> Judgement:
        """Trust policy of the role, then the caller's own right to call AssumeRole.

        A trust policy that names the caller itself is enough inside one account; one that names the
        account, or another account's principal, also takes an identity policy.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
        """
        account, name = _role_of(need.resource)
        role, trust = self._directory.role(account, name), self._directory.trust_of(account, name)
        if role is None or trust is None or role.arn != need.resource:
            return _UNEXPLAINED
        if caller.kind == "root":
            return ALLOWED
        context = dict(self._authority.context(caller, target))
        for key, param in (("sts:externalid", "ExternalId"), ("sts:rolesessionname", "RoleSessionName")):
            if param in target.params:
                context[key] = target.params[param]
        if "TokenCode" in target.params:
            context["aws:multifactorauthpresent"] = "true"
        policy = Policy(name, trust)
        direct = _trust(policy, need, context, caller.names)
        through_account = _trust(policy, need, context, caller.account_names)
        if Verdict.DENY in (direct, through_account):
            return _UNEXPLAINED
        if Verdict.ALLOW not in (direct, through_account):
            return _UNEXPLAINED
        own = self._authority.judge(caller, need, context)
        is_enough = direct is Verdict.ALLOW and caller.account == account
        is_merely_silent = own.layer == "identity-based policy" and not own.explicit
        return ALLOWED if own.allowed or (is_enough and is_merely_silent) else own


def _trust(
    policy: Policy, need: Need, context: dict[str, str | Sequence[str]], names: frozenset[str]
) -> Verdict:
    return evaluate_resource_policy(policy, Ask(need.action, need.resource, context, names)).verdict


def _role_of(arn: str) -> tuple[str, str]:
    """(account number, role name) in a role's ARN; empty strings when it is not one."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("role/"):
        return "", ""
    return parts[4], parts[5].rsplit("/", 1)[-1]


def _reply(operation: str, result: str) -> Reply:
    return xml_reply(
        f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<{operation}Result>{result}</{operation}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    )
