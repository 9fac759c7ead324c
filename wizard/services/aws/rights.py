"""What the role behind the instance profile may read, asked of AWS: S3, Glue, LakeFormation.

A prediction by AWS weighs the role's own policies; what the bucket's policy says is read beside it, because inside
one account either of them is enough:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.aws import denials, lake
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.identity import Caller
from wizard.services.aws.reasons import DENIALS
from wizard.services.aws.session import AwsSession, intercepted
from wizard.services.aws.simulate import Prediction, Simulator

_TITLE = "The role may read S3, Glue and LakeFormation"
_GLUE_READS = ("glue:GetDatabase", "glue:GetTables")
_GET_DATA = "lakeformation:GetDataAccess"
_EVERYONE = "IAM_ALLOWED_PRINCIPALS"
_MEANS = {
    "S3": "the data in S3",
    "Glue": "the Glue catalog",
    "LakeFormation": "data that LakeFormation guards",
}


@dataclass(frozen=True)
class Wanted:
    """What the role is to read. Empty parts are not looked at."""

    role_arn: str
    location: str = ""
    """`s3://bucket/key`."""
    database: str = ""
    """Name in the Glue Data Catalog of the session's region."""


@dataclass(frozen=True)
class _Part:
    """One of the three services."""

    name: str
    verdict: Verdict
    evidence: str
    problem: Problem | None = None


def finding(session: AwsSession, wanted: Wanted) -> Finding:
    """`chain.rights`: the gravest of the three, each with its evidence. Changes nothing; raises nothing AWS says."""
    parts = [
        part
        for part in (_s3(session, wanted), *_glue(session, wanted), *_data_access(session, wanted))
        if part
    ]
    gravest = (Verdict.GAP, Verdict.UNKNOWN, Verdict.PREDICTED, Verdict.PROVEN)
    first = min(parts, key=lambda part: gravest.index(part.verdict))
    evidence = "; ".join(f"{part.name}: {part.evidence}" for part in parts)
    return Finding("chain.rights", _TITLE, first.verdict, one_line(evidence), first.problem)


def _s3(session: AwsSession, wanted: Wanted) -> _Part | None:
    bucket, _, key = wanted.location.removeprefix("s3://").partition("/")
    if not bucket:
        return None
    partition = _section(wanted.role_arn, 1)
    whole = f"arn:{partition}:s3:::{bucket}"
    pairs = [("s3:GetObject", f"{whole}/{key}")] if key else [("s3:ListBucket", whole)]
    simulator = _simulator(session, wanted.role_arn)
    for action, resource in pairs:
        prediction = simulator.predict([action], resource)[action]
        said, read = _bucket_policy(session, bucket)
        ruling = _ruling(said, wanted.role_arn, action, resource)
        if ruling == "Deny":
            denial = _refused("S3", wanted.role_arn, action, resource, "resource_explicit")
            return _Part("S3", Verdict.GAP, f"the bucket's policy denies {action}", denial)
        if prediction.allowed and read:
            continue
        if ruling == "Allow" and not prediction.reason.endswith("explicit"):
            return _Part("S3", Verdict.PREDICTED, f"the bucket's policy lets the role do {action}")
        if prediction.allowed is None or not read:
            why = (
                prediction.evidence if prediction.allowed is None else "the bucket's policy could not be read"
            )
            return _Part("S3", Verdict.UNKNOWN, why, _unpredicted(why))
        denial = _refused("S3", wanted.role_arn, action, resource, prediction.reason)
        return _Part("S3", Verdict.GAP, f"the role may not do {action} on {resource}", denial)
    return _Part("S3", Verdict.PREDICTED, "AWS predicts that it may read")


def _glue(session: AwsSession, wanted: Wanted) -> Iterator[_Part]:
    if not wanted.database:
        return
    base = f"arn:{_section(wanted.role_arn, 1)}:glue:{session.region}:{_section(wanted.role_arn, 4)}"
    simulator = _simulator(session, wanted.role_arn)
    places = ("catalog", f"database/{wanted.database}")
    for place in places:
        resource = f"{base}:{place}"
        refused = _first_refusal(simulator.predict(list(_GLUE_READS), resource))
        if refused is None:
            continue
        action, prediction = refused
        if prediction.allowed is None:
            yield _Part("Glue", Verdict.UNKNOWN, prediction.evidence, _unpredicted(prediction.evidence))
        else:
            denial = _refused("Glue", wanted.role_arn, action, resource, prediction.reason)
            yield _Part("Glue", Verdict.GAP, f"the role may not do {action} on {resource}", denial)
        return
    yield _Part("Glue", Verdict.PREDICTED, "AWS predicts that it may read")


def _data_access(session: AwsSession, wanted: Wanted) -> Iterator[_Part]:
    """LakeFormation asks for a grant of its own, unless the database is open to whatever IAM allows."""
    if not wanted.database:
        return
    name = "LakeFormation"
    try:
        grants = _grants(_granted(session, wanted.database))
    except failures() as error:
        if code_of(error) == "EntityNotFoundException":
            gone = _gap("There is no Glue database of that name.", f"AWS does not know {wanted.database}.")
            yield _Part(name, Verdict.GAP, f"the database {wanted.database} does not exist", gone)
            return
        told = problem(error, "asking LakeFormation for its grants")
        yield _Part(name, Verdict.UNKNOWN, one_line(told.what, 200), told)
        return
    mine = grants.get(wanted.role_arn, set())
    if grants.get(_EVERYONE):
        yield _Part(name, Verdict.PROVEN, f"{wanted.database} is open to whatever IAM allows")
    elif mine & {"DESCRIBE", "ALL"}:
        access = _simulator(session, wanted.role_arn).predict([_GET_DATA], "*")[_GET_DATA]
        if access.allowed is False:
            denial = _refused(name, wanted.role_arn, _GET_DATA, "*", access.reason)
            yield _Part(name, Verdict.GAP, f"the role may not do {_GET_DATA}", denial)
        else:
            yield _Part(name, Verdict.PROVEN, f"{', '.join(sorted(mine))} granted on {wanted.database}")
    else:
        yield _Part(
            name,
            Verdict.GAP,
            f"no grant on {wanted.database}",
            Problem(
                code="chain.lakeformation",
                what="LakeFormation does not let the role see the database.",
                why=f"It keeps grants of its own, and none on {wanted.database} names the role.",
                remedy="Apply the module again; it makes the grant. Or hand over the command below.",
                who=Who.LAKE_ADMIN,
                copy=lake.grant_command(wanted.role_arn, "DESCRIBE", wanted.database),
                step="apply",
            ),
        )


def _granted(session: AwsSession, database: str) -> list[Mapping[str, Any]]:
    client = session.client("lakeformation")
    found: list[Mapping[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = client.list_permissions(Resource={"Database": {"Name": database}}, **more)
        if "PrincipalResourcePermissions" not in page:
            raise intercepted()
        found += page["PrincipalResourcePermissions"]
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _grants(entries: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Principal -> permissions, of grants on the database itself."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        principal = str((entry.get("Principal") or {}).get("DataLakePrincipalIdentifier", ""))
        found.setdefault(principal, set()).update(str(each) for each in entry.get("Permissions") or [])
    return found


def _simulator(session: AwsSession, role_arn: str) -> Simulator:
    """Predicts for a session of the role."""
    name, partition, account = role_arn.rsplit("/", 1)[-1], _section(role_arn, 1), _section(role_arn, 4)
    arn = f"arn:{partition}:sts::{account}:assumed-role/{name}/check"
    return Simulator(session, Caller(account, arn, "", "assumed-role"))


def _first_refusal(predictions: Mapping[str, Prediction]) -> tuple[str, Prediction] | None:
    """A refusal, else what could not be predicted, else None."""
    refused = [(action, each) for action, each in predictions.items() if not each.allowed]
    return min(refused, key=lambda pair: pair[1].allowed is None, default=None)


def _bucket_policy(session: AwsSession, bucket: str) -> tuple[list[Mapping[str, Any]], bool]:
    """The statements of the bucket's policy, and whether it could be read; no policy is an empty one."""
    try:
        document = json.loads(session.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except failures() as error:
        return [], code_of(error) in ("NoSuchBucketPolicy", "NoSuchBucket")
    if not isinstance(document, dict) or "Statement" not in document:
        return [], False
    return [each for each in _list(document.get("Statement")) if isinstance(each, Mapping)], True


def _ruling(statements: Sequence[Mapping[str, Any]], role_arn: str, action: str, resource: str) -> str:
    """`Deny`, `Allow` or empty: what the statements without conditions say."""
    effects = {
        str(each.get("Effect"))
        for each in statements
        if not each.get("Condition")
        and _principal_is(each.get("Principal"), role_arn)
        and _matches(each.get("Action"), action, fold=True)
        and _matches(each.get("Resource"), resource)
    }
    return "Deny" if "Deny" in effects else "Allow" if "Allow" in effects else ""


def _principal_is(who: object, role_arn: str) -> bool:
    named = _list(who.get("AWS")) if isinstance(who, Mapping) else _list(who)
    return bool({"*", role_arn} & {str(each) for each in named})


def _matches(patterns: object, value: str, *, fold: bool = False) -> bool:
    """IAM's wildcards are `*` and `?` alone; brackets mean themselves."""
    wanted = value.lower() if fold else value
    return any(
        fnmatchcase(wanted, (str(each).lower() if fold else str(each)).replace("[", "[[]"))
        for each in _list(patterns)
    )


def _refused(name: str, role_arn: str, action: str, resource: str, reason: str) -> Problem:
    row = DENIALS.get(reason)
    by_policy = reason == "identity_implicit"
    return Problem(
        code=f"chain.{name.lower()}",
        what=f"The role may not read {_MEANS[name]}.",
        why=f"{action} on {resource}: {row.why if row else 'AWS predicts a refusal.'}",
        remedy="Apply the module again; it gives the role this right. Or hand over the statement below."
        if by_policy
        else (row.remedy if row else "Ask an AWS administrator to look at the role's policies."),
        who=Who.YOU if by_policy else (row.who if row else Who.AWS_ADMIN),
        copy=denials.policy({"Effect": "Allow", "Action": [action], "Resource": [resource]})
        if by_policy
        else "",
        step="apply",
        evidence=(role_arn,),
    )


def _unpredicted(why: str) -> Problem:
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


def _gap(what: str, why: str) -> Problem:
    return Problem("chain.glue", what, why, "Apply the module again; it makes it.", step="apply")


def _section(arn: str, place: int) -> str:
    parts = arn.split(":")
    return parts[place] if len(parts) > place else ""


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
