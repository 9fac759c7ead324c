"""One diagnostic line: what was looked at, what was concluded, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wizard.core.problem import Problem


class Verdict(Enum):
    """Four conclusions that are never mixed. A check that could not run is neither a pass nor a failure."""

    PROVEN = ("proven", "✓")
    PREDICTED = ("predicted", "~")
    GAP = ("missing", "✗")
    UNKNOWN = ("could not check", "?")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def glyph(self) -> str:
        return self.value[1]


LAYERS = {
    "identity": "policies of the identity",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
    "resource": "policy of the resource",
    "trust": "trust policy",
    "vpce": "VPC endpoint policy",
    "lakeformation": "LakeFormation",
    "s3_bpa": "S3 block public access",
    "unspecified": "AWS does not say",
}
"""Who can say no to an action -> what a person calls that."""


@dataclass(frozen=True)
class Finding:
    """A conclusion with its evidence, read back from the service itself wherever that is possible."""

    id: str
    """Stable dotted name of what was looked at: `iam:GetRole role/htd-role`, `chain.trust`."""
    title: str
    """The question in a few words: "The trust policy names this workspace"."""
    verdict: Verdict
    evidence: str = ""
    """What was read, cleaned, in one line."""
    problem: Problem | None = None
    """For a gap: what to do about it."""
    group: str = ""
    """Heading under which it is listed: `IAM`, `S3 htd-data`."""
    layer: str = ""
    """For a denied right, who said no: `identity`, `scp`, `rcp`, `boundary`, `session`, `resource`, `vpce`, …"""
    policy: str = ""
    """ARN of the policy that denied, where AWS names it."""

    @property
    def ok(self) -> bool:
        return self.verdict in (Verdict.PROVEN, Verdict.PREDICTED)

    @property
    def denied_by(self) -> str:
        """The layer in words; empty when nobody said no."""
        return LAYERS.get(self.layer, self.layer)

    def line(self) -> str:
        """`✓ proven  Title: evidence`, for plain output."""
        tail = f": {self.evidence}" if self.evidence else ""
        return f"{self.verdict.glyph} {self.verdict.word}  {self.title}{tail}"

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "title": self.title,
            "verdict": self.verdict.word,
            "evidence": self.evidence,
            "group": self.group,
            "layer": self.layer,
            "policy_arn": self.policy,
            "problem": self.problem.as_dict() if self.problem else None,
        }
