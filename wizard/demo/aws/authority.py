"""Allow or refuse: the real policies of the caller, then the guardrails around them.

Order of judgement: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
Wording: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from wizard.demo.aws.conditions import wildcard_match
from wizard.demo.aws.directory import Bucket, Directory
from wizard.demo.aws.policies import Ask, Policy, Verdict, evaluate, evaluate_resource_policy
from wizard.demo.aws.principals import Principal
from wizard.demo.aws.s3_actions import need as s3_need
from wizard.demo.aws.target import Need, Target

GUARDRAIL_LAYERS = {
    "service_control_policy": "a service control policy",
    "resource_control_policy": "a resource control policy",
    "vpc_endpoint_policy": "a VPC endpoint policy",
    "permissions_boundary": "a permissions boundary",
    "session_policy": "a session policy",
}
"""Layers `restrict` knows, in the order in which AWS is taken to name them, and their wording."""


@dataclass(frozen=True)
class Guardrail:
    """An explicit deny that no identity policy can lift."""

    principal_pattern: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    layer: str
    policy_arn: str

    def stops(self, caller: Principal, action: str, resource: str) -> bool:
        """Whether this guardrail denies the call."""
        return (
            self.is_about(caller)
            and any(wildcard_match(one, action, ignore_case=True) for one in self.actions)
            and any(wildcard_match(one, resource) for one in self.resources)
        )

    def is_about(self, caller: Principal) -> bool:
        """Whether this guardrail stands around the caller."""
        return any(fnmatchcase(name, self.principal_pattern) for name in (caller.arn, caller.identity_arn))


@dataclass(frozen=True)
class Judgement:
    """Allowed, or why not."""

    allowed: bool
    layer: str = ""
    """"identity-based policy", "resource-based policy", or a key of GUARDRAIL_LAYERS."""
    explicit: bool = False
    policy_arn: str = ""

    @property
    def reason(self) -> str:
        """The because-clause of a refusal, without the action."""
        if self.explicit:
            words = GUARDRAIL_LAYERS.get(self.layer, f"{_article(self.layer)} {self.layer}")
            return f"with an explicit deny in {words}{': ' + self.policy_arn if self.policy_arn else ''}"
        words = GUARDRAIL_LAYERS.get(self.layer, f"a {self.layer}").split(" ", 1)[1]
        return f"because no {words} allows the"


ALLOWED = Judgement(True)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


class Authority:
    """Judges every call."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._guardrails: list[Guardrail] = []

    def restrict(self, guardrail: Guardrail) -> None:
        """Put up a guardrail. Raises ValueError for a layer that does not exist."""
        if guardrail.layer not in GUARDRAIL_LAYERS:
            raise ValueError(f"No such layer: {guardrail.layer}. Known: {', '.join(GUARDRAIL_LAYERS)}.")
        with self._lock:
            self._guardrails.append(guardrail)

    def lift(self, layer: str = "") -> None:
        """Take down the guardrails of a layer, or all of them."""
        with self._lock:
            self._guardrails = [g for g in self._guardrails if layer and g.layer != layer]

    def guardrails_of(self, caller: Principal) -> list[Guardrail]:
        """The guardrails around a caller, in the order of GUARDRAIL_LAYERS."""
        order = list(GUARDRAIL_LAYERS)
        with self._lock:
            standing = [g for g in self._guardrails if g.is_about(caller)]
        return sorted(standing, key=lambda g: order.index(g.layer))

    def context(self, caller: Principal, target: Target) -> dict[str, str | Sequence[str]]:
        """The condition keys of a call, in lower case."""
        context: dict[str, str | Sequence[str]] = {
            "aws:principalarn": caller.identity_arn,
            "aws:principalaccount": caller.account,
            "aws:principaltype": "AssumedRole" if caller.kind == "role" else caller.kind.title(),
            "aws:userid": caller.unique_id,
            "aws:requestedregion": target.region,
            # The loopback has no TLS; policies that insist on it mean the real network.
            "aws:securetransport": "true",
            "aws:viaawsservice": "false",
            "aws:sourceip": "198.51.100.7",
            **target.context,
        }
        if caller.kind == "user":
            context["aws:username"] = caller.name
        return context

    def refusal(self, caller: Principal, target: Target) -> tuple[Need, Judgement] | None:
        """The first need of a call that is not allowed and why, or None when all are.

        Raises ValueError when a policy uses a condition operator the evaluator does not know.
        """
        if caller.kind == "root":
            return None
        context = self.context(caller, target)
        for need in self._all_needs(target):
            judgement = self.judge(caller, need, context)
            if not judgement.allowed:
                return need, judgement
        return None

    def judge(self, caller: Principal, need: Need, context: Mapping[str, str | Sequence[str]]) -> Judgement:
        """Judge one need by every layer."""
        for guardrail in self.guardrails_of(caller):
            if guardrail.stops(caller, need.action, need.resource):
                return Judgement(False, guardrail.layer, True, guardrail.policy_arn)
        ask = Ask(need.action, need.resource, context)
        for layer, limit in (
            ("permissions_boundary", caller.boundary),
            ("session_policy", caller.session_policy),
        ):
            if limit is not None and (ruling := evaluate([limit], ask)).verdict is not Verdict.ALLOW:
                explicit = ruling.verdict is Verdict.DENY
                return Judgement(False, layer, explicit, limit.arn if explicit else "")
        identity = evaluate(caller.policies, ask)
        if identity.verdict is Verdict.DENY:
            return Judgement(False, "identity-based policy", True, identity.by.arn if identity.by else "")
        return self._with_bucket(caller, ask, identity.verdict)

    def _with_bucket(self, caller: Principal, ask: Ask, identity: Verdict) -> Judgement:
        """Add what the bucket's own policy says; across accounts both sides must allow."""
        bucket = self._bucket_of(ask.resource)
        said = Verdict.SILENT
        if bucket is not None and bucket.policy is not None:
            names = caller.names | caller.account_names
            policy = Policy(bucket.name, bucket.policy)
            said = evaluate_resource_policy(policy, Ask(ask.action, ask.resource, ask.context, names)).verdict
        if said is Verdict.DENY:
            return Judgement(False, "resource-based policy", True)
        is_foreign = bucket is not None and bucket.account != caller.account
        if is_foreign and said is not Verdict.ALLOW:
            return Judgement(False, "resource-based policy")
        if identity is Verdict.ALLOW or (said is Verdict.ALLOW and not is_foreign):
            return ALLOWED
        return Judgement(False, "identity-based policy")

    def _bucket_of(self, arn: str) -> Bucket | None:
        if not arn.startswith("arn:aws:s3:::"):
            return None
        return self._directory.bucket(arn.removeprefix("arn:aws:s3:::").partition("/")[0])

    def _all_needs(self, target: Target) -> list[Need]:
        """The needs of a call; reading an object that is not there also takes the right to list."""
        needs = list(target.needs)
        if target.action == "s3:GetObject" and target.key:
            bucket = self._directory.bucket(target.bucket)
            if bucket is not None and target.key not in bucket.keys:
                needs.append(s3_need("ListBucket", f"arn:aws:s3:::{target.bucket}"))
        return needs
