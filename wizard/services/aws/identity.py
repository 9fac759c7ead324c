"""Who AWS says we are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from wizard.services.aws.errors import told
from wizard.services.aws.session import AwsSession

Kind = Literal["user", "assumed-role", "federated-user", "root", "other"]

_ARN = re.compile(r"arn:(?P<partition>[\w-]+):(?:iam|sts)::(?P<account>\d{12}):(?P<rest>.+)")


@dataclass(frozen=True)
class Caller:
    """The answer of sts:GetCallerIdentity, which no policy can refuse.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """

    account: str
    arn: str
    user_id: str
    kind: Kind

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov`, `aws-cn`."""
        found = _ARN.fullmatch(self.arn)
        return found["partition"] if found else "aws"

    @property
    def role(self) -> str:
        """Name of the role, without path; empty when it is no role session."""
        return self.arn.split("/")[1] if self.kind == "assumed-role" and "/" in self.arn else ""


def who_am_i(session: AwsSession) -> Caller:
    """Ask AWS who these credentials belong to. Raises Problem: expired, unknown, wrong secret, clock, network."""
    with told("asking AWS who you are"):
        answer = session.client("sts").get_caller_identity()
    arn = str(answer["Arn"])
    return Caller(str(answer["Account"]), arn, str(answer["UserId"]), kind_of(arn))


def principal(arn: str) -> str:
    """The ARN without the name of a role's session, which is another one each time."""
    found = _ARN.fullmatch(arn)
    if found and found["rest"].startswith("assumed-role/"):
        return arn.rpartition("/")[0]
    return arn


def account_of(arn: str) -> str:
    """The account an ARN of IAM or STS names; empty when it names none."""
    found = _ARN.fullmatch(arn)
    return found["account"] if found else ""


def kind_of(arn: str) -> Kind:
    """What sort of principal an ARN names."""
    found = _ARN.fullmatch(arn)
    rest = found["rest"] if found else ""
    if rest == "root":
        return "root"
    kinds: tuple[Kind, ...] = ("user", "assumed-role", "federated-user")
    return next((kind for kind in kinds if rest.startswith(f"{kind}/")), "other")
