"""A small, correct evaluator of IAM policy documents. Pure: no network, no moto.

The rules are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html:
an explicit Deny wins, an Allow must be found, silence is not an Allow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

from wizard.demo.aws.conditions import conditions_hold, filled, wildcard_match

Document = Mapping[str, Any]


class Verdict(Enum):
    """What a set of policies says about one request."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Policy:
    """One policy document and where it came from."""

    name: str
    """Policy name as IAM shows it."""
    document: Document
    arn: str = ""
    """ARN of a managed policy; empty for an inline one."""


@dataclass(frozen=True)
class Ask:
    """One request to judge: who wants to do what to which resource, in which circumstances."""

    action: str
    """"service:Operation", compared without regard to case."""
    resource: str
    """Full ARN, or "*"."""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """Condition keys in lower case and their values."""
    names: frozenset[str] = frozenset()
    """ARNs and account numbers the caller answers to; only for policies that have a Principal."""


@dataclass(frozen=True)
class Ruling:
    """The verdict and the policy that decided it (None when nothing matched)."""

    verdict: Verdict
    by: Policy | None = None


@lru_cache(maxsize=512)
def parse(text: str) -> Document:
    """The policy document in `text` (JSON).

    Raises ValueError when it is not a JSON object.
    """
    loaded = json.loads(text)
    if not isinstance(loaded, dict):
        raise ValueError("A policy document must be a JSON object.")
    return loaded


def evaluate(policies: Iterable[Policy], ask: Ask) -> Ruling:
    """Judge identity policies (no Principal element): explicit Deny, else Allow, else silent."""
    return _judge(policies, ask, with_principal=False)


def evaluate_resource_policy(policy: Policy, ask: Ask) -> Ruling:
    """Judge a policy that names principals (trust policy, bucket policy) for `ask.names`."""
    return _judge([policy], ask, with_principal=True)


def condition_keys(policies: Iterable[Policy], ask: Ask) -> set[str]:
    """Condition keys (as written) of the statements that match the action and resource of `ask`."""
    keys: set[str] = set()
    for policy in policies:
        for statement in statements(policy.document):
            if _action_matches(statement, ask) and _resource_matches(statement, ask):
                for block in statement.get("Condition", {}).values():
                    keys.update(block)
    return keys


def statements(document: Document) -> Iterator[Mapping[str, Any]]:
    """The statements of a document, whether it holds one or a list."""
    found = document.get("Statement", [])
    yield from [found] if isinstance(found, Mapping) else found


def listed(value: Any) -> list[str]:
    """A policy element that may be one string or a list of them, as a list."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list | tuple | set) else [str(value)]


def _judge(policies: Iterable[Policy], ask: Ask, *, with_principal: bool) -> Ruling:
    allowed: Policy | None = None
    for policy in policies:
        for statement in statements(policy.document):
            if with_principal and not _principal_matches(statement, ask.names):
                continue
            # A trust policy has no Resource: it is about the role that carries it.
            needs_resource = "Resource" in statement or "NotResource" in statement or not with_principal
            if not _action_matches(statement, ask) or (
                needs_resource and not _resource_matches(statement, ask)
            ):
                continue
            if not conditions_hold(statement.get("Condition", {}), ask.context):
                continue
            if statement.get("Effect") == "Deny":
                return Ruling(Verdict.DENY, policy)
            allowed = allowed or policy
    return Ruling(Verdict.ALLOW, allowed) if allowed else Ruling(Verdict.SILENT)


def _action_matches(statement: Mapping[str, Any], ask: Ask) -> bool:
    if "NotAction" in statement:
        return not any(
            wildcard_match(a, ask.action, ignore_case=True) for a in listed(statement["NotAction"])
        )
    return any(wildcard_match(a, ask.action, ignore_case=True) for a in listed(statement.get("Action")))


def _resource_matches(statement: Mapping[str, Any], ask: Ask) -> bool:
    if "NotResource" in statement:
        return not any(
            wildcard_match(filled(r, ask.context), ask.resource) for r in listed(statement["NotResource"])
        )
    return any(
        wildcard_match(filled(r, ask.context), ask.resource) for r in listed(statement.get("Resource"))
    )


def _principal_matches(statement: Mapping[str, Any], names: frozenset[str]) -> bool:
    if "NotPrincipal" in statement:
        return not _names_match(statement["NotPrincipal"], names)
    return _names_match(statement.get("Principal"), names)


def _names_match(principal: Any, names: frozenset[str]) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return any(one == "*" or one in names for one in listed(principal.get("AWS")))
