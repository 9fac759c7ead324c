"""A request understood: who signed it, what it needs, in which protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Protocol = Literal["query", "json", "rest-json", "rest-xml"]

_READS = re.compile(r"(BatchGet|Check|Describe|Get|Head|List|Lookup|Query|Search|Select|Simulate)")


@dataclass(frozen=True)
class Scope:
    """What the signature says before anything else is read."""

    access_key_id: str
    region: str
    service: str
    """Signing name: "iam", "s3", "glue"…"""
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Need:
    """One thing IAM must allow."""

    action: str
    resource: str
    """Full ARN, or "*"."""
    shown: str = ""
    """The resource as AWS writes it in a refusal; the ARN itself when empty."""

    @property
    def in_words(self) -> str:
        """The resource part of a refusal."""
        return self.shown or self.resource


@dataclass(frozen=True)
class Target:
    """A request understood."""

    service: str
    operation: str
    region: str
    protocol: Protocol
    needs: tuple[Need, ...]
    """Checked in order; the first is the call's own action."""
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    bucket: str = ""
    key: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys this call brings, in lower case."""

    @property
    def action(self) -> str:
        """The call's own IAM action."""
        return self.needs[0].action

    @property
    def resource(self) -> str:
        """The call's own resource."""
        return self.needs[0].resource

    @property
    def mutating(self) -> bool:
        """Whether the call may change anything."""
        if self.service == "sts":
            return False
        return _READS.match(self.action.partition(":")[2]) is None
