"""The joints in IAM between the warehouse and the data, read back from AWS: role, trust, instance profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.session import AwsSession

DATABRICKS_ACCOUNT = "790110701330"
SERVERLESS_ROLE = "serverless-customer-resource-role"
"""Source: https://docs.databricks.com/aws/en/admin/sql/serverless"""

_GROUP = "AWS"
_EXTERNAL_ID = "sts:externalid"


def serverless_principal(partition: str = "aws") -> str:
    """ARN of the role that Databricks' serverless compute comes as."""
    return f"arn:{partition}:iam::{DATABRICKS_ACCOUNT}:role/{SERVERLESS_ROLE}"


def read_chain(session: AwsSession, role: str, profile: str, workspace_id: str) -> list[Finding]:
    """The three joints: `chain.role`, `chain.trust`, `chain.profile`, each with what AWS says."""
    first, document = read_role(session, role)
    partition = first.evidence.split(":")[1] if first.evidence.startswith("arn:") else "aws"
    trust = trust_finding(document, workspace_id, partition) if document else _unread(first)
    return [first, trust, read_instance_profile(session, profile, role)]


def read_role(session: AwsSession, name: str) -> tuple[Finding, dict[str, Any]]:
    """The role, and its trust policy (empty when it cannot be read)."""
    title = f"The role {name} exists"
    try:
        role = session.client("iam").get_role(RoleName=name)["Role"]
    except failures() as error:  # missing is a gap, anything else is "could not check"
        return _failed("chain.role", title, error, f"The role {name} does not exist."), {}
    document = role.get("AssumeRolePolicyDocument")
    finding = Finding("chain.role", title, Verdict.PROVEN, one_line(role["Arn"]), group=_GROUP)
    return finding, document if isinstance(document, dict) else {}


def read_instance_profile(session: AwsSession, name: str, role: str) -> Finding:
    """Whether the instance profile exists and wraps `role`."""
    title = f"The instance profile {name} wraps {role}"
    try:
        profile = session.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except failures() as error:  # missing is a gap, anything else is "could not check"
        return _failed("chain.profile", title, error, f"The instance profile {name} does not exist.")
    roles = [str(each["RoleName"]) for each in profile.get("Roles") or []]
    evidence = f"{profile['Arn']} wraps {', '.join(roles) or 'no role'}"
    if roles == [role]:
        return Finding("chain.profile", title, Verdict.PROVEN, one_line(evidence), group=_GROUP)
    gap = _gap(
        "chain.profile",
        f"The instance profile {name} does not wrap {role}.",
        f"It wraps {roles or 'no role'}.",
    )
    return Finding("chain.profile", title, Verdict.GAP, one_line(evidence), gap, _GROUP)


def trust_finding(document: Mapping[str, Any], workspace_id: str, partition: str = "aws") -> Finding:
    """Whether a trust policy lets the serverless compute of exactly this workspace in.

    Condition keys are compared without regard to case; values exactly. Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
    """
    title = "The trust policy names this workspace"
    wanted, principal = f"databricks-serverless-{workspace_id}", serverless_principal(partition)
    statements = [
        s for s in _list(document.get("Statement")) if isinstance(s, Mapping) and _names(s, principal)
    ]
    allows = [s for s in statements if s.get("Effect") == "Allow"]
    denies = [s for s in _list(document.get("Statement")) if isinstance(s, Mapping) and _denies(s, principal)]
    if any(_external_ids(s) is None or wanted in (_external_ids(s) or []) for s in denies):
        return _trust_gap(
            title, "A statement denies Databricks' serverless compute.", "a Deny statement names it"
        )
    if not allows:
        return _trust_gap(
            title, "It does not name Databricks' serverless compute.", f"{principal} is not named"
        )
    seen: list[str] = []
    for statement in allows:
        ids = _external_ids(statement)
        if ids is None:
            return _trust_gap(
                title, "It lets every workspace in: the External ID is not asked for.", "no External ID"
            )
        if any("*" in pattern or "?" in pattern for pattern in _patterns(statement)):
            return _trust_gap(
                title,
                "It lets workspaces in by a wildcard; Databricks documents exact ids only.",
                f"it lists {', '.join(_patterns(statement))}",
            )
        seen += ids
    if wanted not in seen:
        listed = ", ".join(seen) or "no id by StringEquals"
        return _trust_gap(title, _why_not_listed(wanted, seen), f"it lists {listed}")
    if all(_asks_more(s) for s in allows if wanted in (_external_ids(s) or [])):
        why = f"it lists {wanted}, and asks for more: {', '.join(sorted(_asks_more(allows[0])))}"
        return Finding("chain.trust", title, Verdict.UNKNOWN, one_line(why), group=_GROUP)
    return Finding("chain.trust", title, Verdict.PROVEN, one_line(f"{wanted} by {principal}"), group=_GROUP)


def _names(statement: Mapping[str, Any], principal: str) -> bool:
    who = statement.get("Principal")
    named = _list(who.get("AWS")) if isinstance(who, Mapping) else []
    actions = {str(action).lower() for action in _list(statement.get("Action"))}
    return principal in named and bool(actions & {"sts:assumerole", "sts:*"})


def _denies(statement: Mapping[str, Any], principal: str) -> bool:
    """A deny that reaches the principal: by its ARN, by its whole account, or by everyone."""
    who = statement.get("Principal")
    named = {str(each) for each in _list(who.get("AWS") if isinstance(who, Mapping) else who)}
    account = {DATABRICKS_ACCOUNT, f"{principal.partition(':role/')[0]}:root", "*", principal}
    actions = {str(action).lower() for action in _list(statement.get("Action"))}
    takes = bool(actions & {"sts:assumerole", "sts:*", "*"})
    return statement.get("Effect") == "Deny" and bool(named & account) and takes and not _asks_more(statement)


def _pairs(statement: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """(operator, key, values) of every condition; operator and key in lower case."""
    conditions = statement.get("Condition")
    return [
        (str(operator).lower(), str(key).lower(), [str(value) for value in _list(values)])
        for operator, pairs in (conditions.items() if isinstance(conditions, Mapping) else ())
        for key, values in (pairs.items() if isinstance(pairs, Mapping) else ())
    ]


def _patterns(statement: Mapping[str, Any]) -> list[str]:
    """External IDs that are compared as patterns."""
    return [
        value
        for operator, key, values in _pairs(statement)
        if key == _EXTERNAL_ID and "like" in operator and "not" not in operator
        for value in values
    ]


def _asks_more(statement: Mapping[str, Any]) -> set[str]:
    """Conditions on anything but the External ID: whether they hold cannot be seen from here."""
    return {key for _, key, _ in _pairs(statement) if key != _EXTERNAL_ID}


def _why_not_listed(wanted: str, seen: list[str]) -> str:
    """What is wrong with the ids that are there, where it is one of the usual slips."""
    number = wanted.rpartition("-")[2]
    if number in seen:
        return f"It lists the bare number {number}; the External ID is {wanted}."
    if any("*" in each for each in seen):
        return f"With StringEquals a * is a letter like any other. It does not list {wanted}."
    if any(each.strip().lower() == wanted for each in seen):
        return f"An id differs in a space or in upper case; values are compared exactly. It must be {wanted}."
    return f"It does not list {wanted}."


def _external_ids(statement: Mapping[str, Any]) -> list[str] | None:
    """The ids asked for by StringEquals; None when the statement has no condition on the id at all."""
    conditions = statement.get("Condition")
    found: list[str] = []
    asked = False
    for operator, pairs in (conditions or {}).items() if isinstance(conditions, Mapping) else ():
        for key, values in pairs.items() if isinstance(pairs, Mapping) else ():
            if str(key).lower() == _EXTERNAL_ID:
                asked = True
                if str(operator).lower() in ("stringequals", "foranyvalue:stringequals"):
                    found += [str(value) for value in _list(values)]
    return found if asked else None


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _trust_gap(title: str, why: str, evidence: str) -> Finding:
    gap = _gap("chain.trust", "The role does not trust this workspace.", why)
    return Finding("chain.trust", title, Verdict.GAP, one_line(evidence), gap, _GROUP)


def _gap(code: str, what: str, why: str) -> Problem:
    return Problem(
        code=code,
        what=what,
        why=why,
        remedy="Check the workspace id in terraform.tfvars and apply again.",
        who=Who.YOU,
        step="variables" if code == "chain.trust" else "apply",
    )


def _failed(id: str, title: str, error: Exception, missing: str) -> Finding:
    if code_of(error) == "NoSuchEntity":
        return Finding(
            id, title, Verdict.GAP, "not there", _gap(id, missing, "AWS does not know it."), _GROUP
        )
    told = problem(error, "reading IAM")
    return Finding(id, title, Verdict.UNKNOWN, one_line(told), told, _GROUP)


def _unread(role: Finding) -> Finding:
    title = "The trust policy names this workspace"
    return Finding("chain.trust", title, Verdict.UNKNOWN, "the role could not be read", role.problem, _GROUP)
