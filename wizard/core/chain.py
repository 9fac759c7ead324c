"""The chain from an AWS identity to data: its joints in order, and what is known of each.

`check`, the picture on the proof screen and the report are all made of this one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem


@dataclass(frozen=True)
class Joint:
    """One place where the chain can break."""

    number: int
    """From 1, in the order in which a break is looked for."""
    id: str
    """Id of the findings about it."""
    title: str
    step: str
    """Id of the step that mends it."""

    def finding(self, verdict: Verdict, evidence: str, problem: Problem | None = None) -> Finding:
        """A conclusion about this joint in its own words."""
        return Finding(self.id, self.title, verdict, evidence, problem)

    def unknown(self, why: str, problem: Problem | None = None) -> Finding:
        """It could not be looked at."""
        return self.finding(Verdict.UNKNOWN, why, problem)


JOINTS = tuple(
    Joint(number, *words)
    for number, words in enumerate(
        (
            ("chain.identity", "AWS knows you", "credentials"),
            ("chain.role", "The role exists", "apply"),
            ("chain.rights", "The role may read S3, Glue and LakeFormation", "apply"),
            ("chain.trust", "The role trusts exactly this workspace", "variables"),
            ("chain.profile", "The instance profile wraps the role", "apply"),
            ("chain.registration", "The workspace knows profile and role", "connect"),
            ("chain.config", "The SQL configuration names the profile", "connect"),
            ("chain.serverless", "The warehouse is serverless and PRO", "workspace"),
            ("chain.warehouse", "The warehouse runs and is healthy", "warehouse"),
            ("chain.query", "A query runs", "warehouse"),
            ("chain.data", "A query reads data through the profile", "proof"),
        ),
        start=1,
    )
)

JOINT: Mapping[str, Joint] = {joint.id: joint for joint in JOINTS}

LAYERS = 10
"""Exit status of `check` when nothing is broken but not everything could be looked at; a joint adds its number."""


RESTS = "warehouse.not_running"
"""Code of a warehouse that is not ill, but stopped by itself while nobody used it."""


@dataclass(frozen=True)
class Link:
    """One joint as it was seen."""

    joint: Joint
    finding: Finding
    since: datetime
    """When it was first seen like this."""

    @property
    def broken(self) -> bool:
        return self.finding.verdict is Verdict.GAP

    @property
    def step(self) -> str:
        """Id of the step that mends it."""
        return (self.finding.problem.step if self.finding.problem else "") or self.joint.step

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "number": self.joint.number,
            **self.finding.as_dict(),
            "since": self.since.isoformat(),
            "step": self.step,
        }


@dataclass(frozen=True)
class Chain:
    """What is known of the chain, in the order of the joints. A joint that was not looked at yet has no link."""

    links: tuple[Link, ...] = ()
    of: tuple[str, ...] = ()
    """What it runs through, as names: one deployment's chain is not another's."""

    def seen(self, finding: Finding, now: datetime) -> Chain:
        """With one more look; `since` stays while the verdict does. A finding about no joint changes nothing."""
        joint = JOINT.get(finding.id)
        if joint is None:
            return self
        before = self.link(finding.id)
        same = before is not None and before.finding.verdict is finding.verdict
        return self.linked(Link(joint, finding, before.since if before is not None and same else now))

    def linked(self, link: Link) -> Chain:
        """With this link in its place."""
        others = [each for each in self.links if each.joint is not link.joint]
        return replace(self, links=tuple(sorted([*others, link], key=lambda each: each.joint.number)))

    def all_seen(self, findings: Iterable[Finding], now: datetime) -> Chain:
        """With several looks."""
        chain = self
        for finding in findings:
            chain = chain.seen(finding, now)
        return chain

    def link(self, id: str) -> Link | None:
        """The link of the joint of this id."""
        return next((each for each in self.links if each.joint.id == id), None)

    @property
    def first_broken(self) -> Link | None:
        """The broken joint that everything behind it waits for."""
        return next((each for each in self.links if each.broken), None)

    @property
    def unknown(self) -> tuple[Joint, ...]:
        """Joints that were not looked at, or could not be."""
        known = {each.joint for each in self.links if each.finding.verdict is not Verdict.UNKNOWN}
        return tuple(joint for joint in JOINTS if joint not in known)

    @property
    def whole(self) -> bool:
        """Every joint was looked at and holds."""
        return self.first_broken is None and not self.unknown

    @property
    def status(self) -> int:
        """0 when whole, 10 + number of the first broken joint, 10 when only some could not be looked at."""
        broken = self.first_broken
        if broken is not None:
            return LAYERS + broken.joint.number
        return LAYERS if self.unknown else 0

    def verdict(self) -> str:
        """The outcome in one sentence."""
        broken = self.first_broken
        if broken is not None:
            problem = broken.finding.problem
            said = problem.what if problem else f"{broken.finding.title}: {broken.finding.evidence or 'no'}"
            return f"Broken at joint {broken.joint.number} of {len(JOINTS)}: {said.rstrip('.')}."
        if self.unknown:
            numbers = ", ".join(str(joint.number) for joint in self.unknown)
            return f"Nothing is known to be broken, but joints could not be looked at: {numbers}."
        return "The chain is whole: a query reads your data."

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        broken = self.first_broken
        return {
            "whole": self.whole,
            "status": self.status,
            "verdict": self.verdict(),
            "first_broken": broken.as_dict() if broken else None,
            "unknown": [joint.id for joint in self.unknown],
            "links": [link.as_dict() for link in self.links],
        }
