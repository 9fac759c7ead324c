"""iam:SimulatePrincipalPolicy, which moto does not have.

As in AWS it judges identity policies, the attached boundary and service control policies, and knows
nothing of session policies, resource control policies or VPC endpoint policies.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from wizard.demo.aws import refusals
from wizard.demo.aws.authority import Authority
from wizard.demo.aws.directory import Directory
from wizard.demo.aws.policies import Ask, Policy, Ruling, Verdict, condition_keys, evaluate
from wizard.demo.aws.principals import Principal, of_person
from wizard.demo.aws.target import Target
from wizard.demo.aws.wire import Reply, xml_reply

_MAX_ITEMS = 1000
_TEMPLATES = {"s3": "arn:${Partition}:s3:::${BucketName}"}

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class _Result:
    """What one action on one resource would come to."""

    action: str
    resource: str
    decision: str
    matched: Policy | None
    missing: tuple[str, ...]
    organizations: bool | None
    """Allowed by service control policies; None when none is about this principal."""
    boundary: bool | None
    """Allowed by the permissions boundary; None when there is none."""


class PolicySimulator:
    """Answers iam:SimulatePrincipalPolicy from the policies moto holds."""

    def __init__(self, directory: Directory, authority: Authority) -> None:
        self._directory = directory
        self._authority = authority

    def answer(self, target: Target) -> Reply:
        """The reply, or AWS's own error for a source or action it cannot simulate."""
        params = target.params
        source = str(params.get("PolicySourceArn", ""))
        principal = self._principal(source)
        if isinstance(principal, Reply):
            return principal
        actions = _members(params, "ActionNames")
        bad = [one for one in actions if not re.fullmatch(r"[a-zA-Z0-9-]+:[a-zA-Z0-9*]+", one)]
        if bad or not actions:
            return _invalid(f"Invalid Input Action Names: {', '.join(bad) or 'none given'}")
        resources = _members(params, "ResourceArns") or ["*"]
        context = {**_entries(params), "aws:principalarn": principal.identity_arn}
        pairs = [(action, resource) for action in actions for resource in resources]
        start = int(params.get("Marker", "0"))
        end = start + min(int(params.get("MaxItems", "100")), _MAX_ITEMS)
        results = [self._simulate(principal, *pair, context) for pair in pairs[start:end]]
        return _reply(results, str(end) if end < len(pairs) else "")

    def _principal(self, source: str) -> Principal | Reply:
        found = re.fullmatch(r"arn:aws:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)", source)
        if found is None:
            return _invalid(f"Invalid Entity Arn: {source} does not clearly define entity type and name.")
        account, kind, name = found.groups()
        person = (
            self._directory.role(account, name) if kind == "role" else self._directory.user(account, name)
        )
        if person is None or person.arn != source:
            message = f"The {kind} with name {name} cannot be found."
            return refusals.error("query", "iam", 404, "NoSuchEntity", message)
        return of_person(account, person)

    def _simulate(self, principal: Principal, action: str, resource: str, context: Context) -> _Result:
        ask = Ask(action, resource, context)
        ruling: Ruling = evaluate(principal.policies, ask)
        rails = self._authority.guardrails_of(principal)
        scps = [rail for rail in rails if rail.layer == "service_control_policy"]
        walls = [rail for rail in rails if rail.layer == "permissions_boundary"]
        organizations = None if not scps else not any(s.stops(principal, action, resource) for s in scps)
        boundary: bool | None = None
        limit = evaluate([principal.boundary], ask) if principal.boundary else None
        if walls or limit:
            is_walled = any(wall.stops(principal, action, resource) for wall in walls)
            boundary = not is_walled and (limit is None or limit.verdict is Verdict.ALLOW)
        if ruling.verdict is Verdict.DENY or organizations is False or (walls and boundary is False):
            decision = "explicitDeny"
        elif boundary is False or ruling.verdict is Verdict.SILENT:
            decision = "explicitDeny" if limit and limit.verdict is Verdict.DENY else "implicitDeny"
        else:
            decision = "allowed"
        wanted = condition_keys(principal.policies, ask)
        missing = tuple(sorted(key for key in wanted if key.lower() not in context))
        return _Result(action, resource, decision, ruling.by, missing, organizations, boundary)


def _members(params: Mapping[str, Any], name: str) -> list[str]:
    found = [
        (int(key.rsplit(".", 1)[1]), str(value))
        for key, value in params.items()
        if key.startswith(f"{name}.member.") and key.rsplit(".", 1)[1].isdigit()
    ]
    return [value for _, value in sorted(found)]


def _entries(params: Mapping[str, Any]) -> dict[str, str | Sequence[str]]:
    """ContextEntries: condition keys in lower case and their values."""
    entries: dict[str, str | Sequence[str]] = {}
    number = 1
    while (key := params.get(f"ContextEntries.member.{number}.ContextKeyName")) is not None:
        values = _members(params, f"ContextEntries.member.{number}.ContextKeyValues")
        entries[str(key).lower()] = values
        number += 1
    return entries


def _invalid(message: str) -> Reply:
    return refusals.error("query", "iam", 400, "InvalidInput", message)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _details(result: _Result, *, top: bool) -> str:
    policy = result.matched
    matched = ""
    if policy is not None:
        kind = "IAM Policy" if policy.arn else "Inline Policy"
        matched = (
            f"<member><SourcePolicyId>{escape(policy.name)}</SourcePolicyId>"
            f"<SourcePolicyType>{kind}</SourcePolicyType></member>"
        )
    missing = "".join(f"<member>{escape(key)}</member>" for key in result.missing)
    text = f"<MatchedStatements>{matched}</MatchedStatements>"
    text += f"<MissingContextValues>{missing}</MissingContextValues>"
    if result.boundary is not None:
        text += (
            "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
            f"{_flag(result.boundary)}"
            "</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    if top and result.organizations is not None:
        text += (
            "<OrganizationsDecisionDetail><AllowedByOrganizations>"
            f"{_flag(result.organizations)}"
            "</AllowedByOrganizations></OrganizationsDecisionDetail>"
        )
    return text


def _member(result: _Result) -> str:
    """One result. The name on top is a template now; the concrete resource is one level down."""
    template = "*" if result.resource == "*" else _TEMPLATES.get(result.action.partition(":")[0], "*")
    return (
        f"<member><EvalActionName>{escape(result.action)}</EvalActionName>"
        f"<EvalResourceName>{template}</EvalResourceName>"
        f"<EvalDecision>{result.decision}</EvalDecision>{_details(result, top=True)}"
        f"<ResourceSpecificResults><member><EvalResourceName>{escape(result.resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{result.decision}</EvalResourceDecision>{_details(result, top=False)}"
        "</member></ResourceSpecificResults></member>"
    )


def _reply(results: Sequence[_Result], marker: str) -> Reply:
    more = f"<IsTruncated>{_flag(bool(marker))}</IsTruncated>" + (
        f"<Marker>{marker}</Marker>" if marker else ""
    )
    return xml_reply(
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult>{more}<EvaluationResults>{''.join(map(_member, results))}"
        "</EvaluationResults></SimulatePrincipalPolicyResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</SimulatePrincipalPolicyResponse>"
    )
