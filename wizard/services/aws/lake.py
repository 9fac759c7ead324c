"""LakeFormation's side of the question: it keeps its own grants, which no IAM policy replaces.

Sources: https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html
https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import denials
from wizard.services.aws.denials import Denial
from wizard.services.aws.errors import failures, problem
from wizard.services.aws.identity import Caller
from wizard.services.aws.requirements import Need
from wizard.services.aws.session import AwsSession
from wizard.services.aws.simulate import role_arns

_GROUP = "LakeFormation"
_EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
"""LakeFormation's word for whoever IAM allows: how an account is until somebody takes it away."""
_CREATING = frozenset({"CREATE_DATABASE", "ALL", "SUPER_USER"})
"""Permissions on the catalog that make their holder a creator of databases."""


def principal(caller_arn: str) -> str:
    """What LakeFormation calls the caller: the role behind a session. The role's path is lost in a session's ARN."""
    head, _, rest = caller_arn.partition(":assumed-role/")
    if not rest:
        return caller_arn
    return f"{head.replace(':sts:', ':iam:', 1)}:role/{rest.split('/')[0]}"


def grant_command(caller_arn: str, permission: str, database: str, region: str = "") -> str:
    """The command with which a LakeFormation administrator closes the gap, in `region` where it is given."""
    words = [word.strip().upper().replace(" ", "_") for word in permission.split(",") if word.strip()]
    on_catalog = words == ["CREATE_DATABASE"] or not database
    resource = json.dumps({"Catalog": {}} if on_catalog else {"Database": {"Name": database}})
    return (
        "aws lakeformation grant-permissions "
        f"--principal DataLakePrincipalIdentifier={principal(caller_arn)} "
        f"--permissions {' '.join(words)} --resource '{resource}'" + (f" --region {region}" if region else "")
    )


def findings(session: AwsSession, caller: Caller, needs: Sequence[Need]) -> Iterator[Finding]:
    """Whether databases and grants that are still to be made can be. Nothing when none is to be made."""
    creating = [need.region for need in needs if need.action == "glue:CreateDatabase"]
    for region in dict.fromkeys(creating):
        yield _may_create(session, caller, region)
    granting = [need for need in needs if need.action == "lakeformation:GrantPermissions"]
    for region in dict.fromkeys(need.region for need in granting):
        owns = any(
            need.ref.type == "aws_glue_catalog_database" and not need.ref.exists and need.region == region
            for need in needs
        )
        databases = {need.ref.name for need in granting if need.region == region and need.ref.name}
        yield _may_grant(session, caller, region, owns, databases)


def _may_create(session: AwsSession, caller: Caller, region: str) -> Finding:
    """A new database takes Create Database on the catalog, which no IAM policy gives.

    LakeFormation lists the holders of a permission to each of them, so that a list without the caller says that it is
    missing: https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html
    """

    def concluded(verdict: Verdict, evidence: str, problem: Problem | None = None) -> Finding:
        title = f"LakeFormation lets you create a database in {region}"
        name = f"lakeformation.create_database {region}"
        return Finding(name, title, verdict, one_line(evidence, 300), problem, _GROUP)

    silent: list[str] = []
    try:
        holders = _creators(session, region)
    except failures() as error:
        holders = []
        silent.append(problem(error, "asking LakeFormation who may create databases").what)
    holder = next((name for name in holders if _covers(name, caller)), None)
    if holder:
        return concluded(Verdict.PROVEN, f"Create Database on the catalog is granted to {holder}")
    try:
        answer = session.client("lakeformation", region).get_data_lake_settings()
        settings = answer.get("DataLakeSettings") or {}
    except failures() as error:
        settings = {}
        silent.append(problem(error, "asking LakeFormation for its settings").what)
    if _is_admin(settings, caller):
        return concluded(Verdict.PREDICTED, "you are a LakeFormation administrator")
    if _EVERYBODY in _names(settings.get("CreateDatabaseDefaultPermissions"), "Principal"):
        return concluded(Verdict.PREDICTED, "this account leaves new databases to IAM")
    if silent:
        return concluded(Verdict.UNKNOWN, " ".join(silent))
    if caller.kind not in ("user", "assumed-role"):
        return concluded(Verdict.UNKNOWN, "LakeFormation has no grants for this kind of identity")
    evidence = "LakeFormation lists no Create Database on the catalog for you, nor for whoever IAM allows"
    found = denials.as_problem(
        Denial("lakeformation", caller.arn, "glue:CreateDatabase", "Catalog", grant="Create Database")
    )
    found.what = f"LakeFormation does not let you create a database in {region}."
    found.copy = grant_command(_full_arn(session, caller), "Create Database", "", region)
    return concluded(Verdict.GAP, evidence, found)


def _creators(session: AwsSession, region: str) -> list[str]:
    """Whom LakeFormation lets create databases, as far as it tells this caller."""
    client = session.client("lakeformation", region)
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = client.list_permissions(Resource={"Catalog": {}}, **more)
        grants = answer.get("PrincipalResourcePermissions") or []
        found += _names(
            [each for each in grants if _CREATING & set(each.get("Permissions") or ())], "Principal"
        )
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}


def _names(entries: Sequence[dict[str, Any]] | None, within: str = "") -> list[str]:
    """The principals of a list of LakeFormation, which holds them bare or one level deeper."""
    bare = [each.get(within) or {} if within else each for each in entries or ()]
    return [str(each.get("DataLakePrincipalIdentifier", "")) for each in bare]


def _covers(name: str, caller: Caller) -> bool:
    """The principal `name` of a grant is the caller, or a group that holds the caller."""
    return name in (_EVERYBODY, f"{caller.account}:IAMPrincipals") or _is(name, caller)


def _is(name: str, caller: Caller) -> bool:
    if caller.role:
        return name.startswith(f"arn:{caller.partition}:iam::{caller.account}:role/") and name.endswith(
            f"/{caller.role}"
        )
    return name == caller.arn


def _full_arn(session: AwsSession, caller: Caller) -> str:
    """The caller as a grant has to name it; the ARN of a role with the path that its session does not show."""
    return next(role_arns(session, caller), caller.arn) if caller.role else caller.arn


def _may_grant(
    session: AwsSession, caller: Caller, region: str, will_own: bool, databases: Collection[str]
) -> Finding:
    title = "You can pass on LakeFormation rights"
    if will_own:
        evidence = "who creates a database may grant rights on it"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group=_GROUP)
    try:
        answer = session.client("lakeformation", region).get_data_lake_settings()
    except failures() as error:  # not being told is "could not check"
        return Finding(
            "lakeformation.grant",
            title,
            Verdict.UNKNOWN,
            one_line(problem(error, "asking LakeFormation for its administrators").what, 300),
            group=_GROUP,
        )
    if _is_admin(answer.get("DataLakeSettings") or {}, caller):
        evidence = "you are a LakeFormation administrator"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group=_GROUP)
    if databases and all(_may_pass_on(session, caller, region, database) for database in databases):
        evidence = "your own grants on the database may be passed on"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group=_GROUP)
    return Finding(
        "lakeformation.grant",
        title,
        Verdict.UNKNOWN,
        "you are not a LakeFormation administrator; whether you may grant here shows only when it is tried",
        group=_GROUP,
    )


def _may_pass_on(session: AwsSession, caller: Caller, region: str, database: str) -> bool:
    """The caller holds a grant on the database with the grant option; False also when AWS does not tell."""
    try:
        answer = session.client("lakeformation", region).list_permissions(
            Principal={"DataLakePrincipalIdentifier": principal(caller.arn)},
            Resource={"Database": {"Name": database}},
        )
    except failures():
        return False
    return any(each.get("PermissionsWithGrantOption") for each in answer["PrincipalResourcePermissions"])


def _is_admin(settings: dict[str, Any], caller: Caller) -> bool:
    return any(_is(name, caller) for name in _names(settings.get("DataLakeAdmins")))
