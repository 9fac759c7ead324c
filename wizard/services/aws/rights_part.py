"""What a look at a role's rights is made of: what is wanted, one part's conclusion, one predictor for all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from wizard.core.finding import Verdict
from wizard.core.problem import Problem, Who
from wizard.services.aws import denials
from wizard.services.aws.identity import Caller
from wizard.services.aws.reasons import DENIALS
from wizard.services.aws.resource_policy import Ruling
from wizard.services.aws.session import AwsSession
from wizard.services.aws.simulate import Prediction, Simulator

_TABLE = re.compile(r"(?:hive_metastore\.)?(?P<database>[^./]+)\.(?P<table>[^./]+)\Z")
_FILE = re.compile(r"\.\w+\Z")
_MEANS = {
    "S3": "the data in S3",
    "KMS": "what the bucket's key encrypts",
    "Glue": "the Glue catalog",
    "LakeFormation": "data that LakeFormation guards",
}


@dataclass(frozen=True)
class Wanted:
    """What the role is to read. Empty parts are not looked at."""

    role_arn: str
    location: str = ""
    """`s3://bucket/key`, or `database.table` of the Glue Data Catalog."""
    database: str = ""
    """Name in the Glue Data Catalog of the session's region."""

    @property
    def table(self) -> tuple[str, str]:
        """(database, table) where the location is a table; `*` for all of a database; else two empty words."""
        found = None if self.location.startswith("s3://") else _TABLE.match(self.location)
        return (found["database"], found["table"]) if found else ("", "")

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases that are wanted, the table's first."""
        return tuple(dict.fromkeys(name for name in (self.table[0], self.database) if name))


@dataclass(frozen=True)
class Part:
    """The conclusion about one of the services."""

    name: str
    verdict: Verdict
    evidence: str
    problem: Problem | None = None


@dataclass
class Look:
    """One look at the rights of a role."""

    session: AwsSession
    wanted: Wanted
    _silent: Prediction | None = field(default=None, init=False)

    @property
    def partition(self) -> str:
        return self._section(1)

    @property
    def account(self) -> str:
        return self._section(4)

    def predict(self, action: str, resource: str) -> Prediction:
        """What AWS expects. When it once could not be asked, it is not asked again in this look."""
        if self._silent is not None:
            return self._silent
        prediction = self._simulator.predict([action], resource)[action]
        if prediction.allowed is None and not prediction.evidence.startswith("it depends"):
            self._silent = prediction
        return prediction

    def refused(self, name: str, action: str, resource: str, reason: str) -> Problem:
        """AWS predicts a refusal, for this reason."""
        row = DENIALS.get(reason)
        by_policy = reason == "identity_implicit"
        return Problem(
            code=f"chain.{name.lower()}",
            what=f"The role may not read {_MEANS[name]}.",
            why=f"{action} on {resource}: {row.why if row else 'AWS predicts a refusal.'}",
            remedy="Apply the module again; it gives the role this right. Or hand over the statement below."
            if by_policy and name != "KMS"
            else "Give the role the statement below in a policy of its own."
            if by_policy
            else (row.remedy if row else "Ask an AWS administrator to look at the role's policies."),
            who=Who.YOU if by_policy and name != "KMS" else (row.who if row else Who.AWS_ADMIN),
            copy=denials.policy({"Effect": "Allow", "Action": [action], "Resource": [resource]})
            if by_policy
            else "",
            step="apply",
            evidence=(self.wanted.role_arn,),
        )

    @cached_property
    def _simulator(self) -> Simulator:
        """Predicts for a session of the role."""
        name = self.wanted.role_arn.rsplit("/", 1)[-1]
        arn = f"arn:{self.partition}:sts::{self.account}:assumed-role/{name}/check"
        return Simulator(self.session, Caller(self.account, arn, "", "assumed-role"))

    def _section(self, place: int) -> str:
        parts = self.wanted.role_arn.split(":")
        return parts[place] if len(parts) > place else ""


def is_listing(key: str) -> bool:
    """A place below which objects are listed, and no object itself."""
    return not key or key.endswith("/") or not _FILE.search(key.rsplit("/", 1)[-1])


def unpredicted(why: str) -> Problem:
    """AWS could not be asked for a prediction."""
    return Problem(
        code="chain.rights.unpredicted",
        what="Whether the role may read could not be asked of AWS.",
        why=why[:1].upper() + why[1:],
        remedy="Look again, or ask an AWS administrator for the statement below. A query that reads is proof as well.",
        copy=denials.policy(
            {"Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy"], "Resource": ["*"]}
        ),
        step="credentials",
    )


def hanging(name: str, ruling: Ruling, where: str, command: str) -> Part:
    """A policy hangs on conditions that cannot be known from here."""
    effect = "denies" if ruling.unsure == "Deny" else "allows"
    problem = Problem(
        code=f"chain.{name.lower()}.condition",
        what=f"A condition decides whether the role may read {_MEANS[name]}.",
        why=f"A statement of {where} {effect} it depending on {ruling.why}.",
        remedy="A query that reads is the proof. If it is refused, look at that statement with the command below.",
        who=Who.AWS_ADMIN,
        copy=command,
    )
    return Part(name, Verdict.UNKNOWN, f"{where} {effect} it depending on {', '.join(ruling.keys)}", problem)
