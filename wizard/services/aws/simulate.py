"""Asking AWS to predict what cannot be tried without changing something.

A prediction weighs the identity's policies, its boundary and the organisation's service control policies; not
resource control policies, session policies, endpoint policies or LakeFormation.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.core.text import one_line
from wizard.services.aws import denials
from wizard.services.aws.errors import code_of, failures
from wizard.services.aws.identity import Caller
from wizard.services.aws.reasons import DENIALS
from wizard.services.aws.session import AwsSession


@dataclass(frozen=True)
class Prediction:
    """What AWS expects of one action on one resource."""

    allowed: bool | None
    """None: it could not be predicted."""
    evidence: str
    reason: str = ""
    """A word of `reasons.DENIALS` when it is not allowed."""


class Simulator:
    """Predicts for one caller. The ARN to ask about is found once. Safe to use from several threads."""

    def __init__(self, session: AwsSession, caller: Caller) -> None:
        self._session = session
        self._caller = caller
        self._known: tuple[str, ...] | None = None
        self._lock = threading.Lock()

    def predict(self, actions: Sequence[str], resource_arn: str) -> Mapping[str, Prediction]:
        """A prediction for each action on one resource. Never raises for what AWS answers."""
        if self._caller.kind == "root":
            return dict.fromkeys(actions, Prediction(True, "the account's root user may do everything"))
        last = "AWS offers no predictions for this kind of identity"
        for source in self._sources():
            try:
                results = self._ask(source, actions, resource_arn)
            except failures() as error:  # a prediction that cannot be had is "could not check", never a gap
                # Another spelling of the ARN may be the right one, and the only one that may be asked about.
                last = _silence(error)
                if not code_of(error):
                    break
                continue
            return {action: _judge(results.get(action.lower())) for action in actions}
        return dict.fromkeys(actions, Prediction(None, last))

    def _sources(self) -> tuple[str, ...]:
        with self._lock:
            if self._known is None:
                self._known = tuple(_sources(self._session, self._caller))
            return self._known

    def _ask(self, source: str, actions: Sequence[str], resource_arn: str) -> dict[str, dict[str, Any]]:
        pages = (
            self._session.client("iam")
            .get_paginator("simulate_principal_policy")
            .paginate(
                PolicySourceArn=source,
                ActionNames=list(actions),
                ResourceArns=[resource_arn],
                PaginationConfig={"PageSize": 100},
            )
        )
        return {str(r["EvalActionName"]).lower(): r for page in pages for r in page["EvaluationResults"]}


def _sources(session: AwsSession, caller: Caller) -> Iterator[str]:
    """ARNs to ask about, likeliest first. The ARN of a role session hides the role's path: AWS is asked for it."""
    if caller.kind == "user":
        yield caller.arn
    if caller.kind == "assumed-role":
        yield from role_arns(session, caller)


def role_arns(session: AwsSession, caller: Caller) -> Iterator[str]:
    """What the ARN of the role behind a session may be, likeliest first; nothing when AWS cannot be reached."""
    try:
        yield str(session.client("iam").get_role(RoleName=caller.role)["Role"]["Arn"])
        return
    except failures() as error:
        if not code_of(error):
            return
    base = f"arn:{caller.partition}:iam::{caller.account}:role"
    if caller.role.startswith("AWSReservedSSO_"):
        if session.sso_region:
            yield f"{base}/aws-reserved/sso.amazonaws.com/{session.sso_region}/{caller.role}"
        yield f"{base}/aws-reserved/sso.amazonaws.com/{caller.role}"
    else:
        yield f"{base}/{caller.role}"


def _silence(error: Exception) -> str:
    denial = denials.read(str(error))
    if denial is not None and denial.reason in DENIALS:
        return "these credentials may not ask for predictions (iam:SimulatePrincipalPolicy)"
    return one_line(error, 200)


def _judge(result: dict[str, Any] | None) -> Prediction:
    if result is None:
        return Prediction(None, "AWS gave no prediction")
    specific: Iterable[dict[str, Any]] = result.get("ResourceSpecificResults") or [result]
    decisions = [
        (str(each.get("EvalResourceDecision") or each.get("EvalDecision", "")), each) for each in specific
    ]
    missing = list(result.get("MissingContextValues") or [])
    missing += [name for _, each in decisions for name in each.get("MissingContextValues") or []]
    if missing:
        names = one_line(", ".join(sorted(set(missing))), 120)
        return Prediction(None, f"it depends on conditions that a prediction does not know: {names}")
    refused = next(((word, each) for word, each in decisions if word != "allowed"), None)
    if refused is None:
        return Prediction(True, "AWS predicts that it is allowed")
    word, each = refused
    reason = _reason(word, {**result, **each})
    return Prediction(False, "AWS predicts that it would be refused", reason)


def _reason(word: str, result: Mapping[str, Any]) -> str:
    how = "explicit" if word == "explicitDeny" else "implicit"
    if not (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True):
        return f"scp_{how}"
    if not (result.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary", True):
        return f"boundary_{how}"
    return f"identity_{how}"
