"""LakeFormation's side of the question: it keeps its own grants, which no IAM policy replaces.

Source: https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.text import one_line
from wizard.services.aws.errors import failures, problem
from wizard.services.aws.identity import Caller
from wizard.services.aws.requirements import Need
from wizard.services.aws.session import AwsSession


def principal(caller_arn: str) -> str:
    """What LakeFormation calls the caller: the role behind a session. The role's path is lost in a session's ARN."""
    head, _, rest = caller_arn.partition(":assumed-role/")
    if not rest:
        return caller_arn
    return f"{head.replace(':sts:', ':iam:', 1)}:role/{rest.split('/')[0]}"


def grant_command(caller_arn: str, permission: str, database: str) -> str:
    """The command with which a LakeFormation administrator closes the gap."""
    words = [word.strip().upper().replace(" ", "_") for word in permission.split(",") if word.strip()]
    on_catalog = words == ["CREATE_DATABASE"] or not database
    resource = json.dumps({"Catalog": {}} if on_catalog else {"Database": {"Name": database}})
    return (
        "aws lakeformation grant-permissions "
        f"--principal DataLakePrincipalIdentifier={principal(caller_arn)} "
        f"--permissions {' '.join(words)} --resource '{resource}'"
    )


def findings(session: AwsSession, caller: Caller, needs: Sequence[Need]) -> Iterator[Finding]:
    """Whether grants that are still to be made can be passed on. Nothing when none is to be made."""
    granting = [need for need in needs if need.action == "lakeformation:GrantPermissions"]
    for region in dict.fromkeys(need.region for need in granting):
        owns = any(
            need.ref.type == "aws_glue_catalog_database" and not need.ref.exists and need.region == region
            for need in needs
        )
        databases = {need.ref.name for need in granting if need.region == region and need.ref.name}
        yield _may_grant(session, caller, region, owns, databases)


def _may_grant(
    session: AwsSession, caller: Caller, region: str, will_own: bool, databases: Collection[str]
) -> Finding:
    title = "You can pass on LakeFormation rights"
    if will_own:
        evidence = "who creates a database may grant rights on it"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group="LakeFormation")
    try:
        answer = session.client("lakeformation", region).get_data_lake_settings()
    except failures() as error:  # not being told is "could not check"
        return Finding(
            "lakeformation.grant",
            title,
            Verdict.UNKNOWN,
            one_line(problem(error, "asking LakeFormation for its administrators").what, 300),
            group="LakeFormation",
        )
    if _is_admin(answer.get("DataLakeSettings") or {}, caller):
        evidence = "you are a LakeFormation administrator"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group="LakeFormation")
    if databases and all(_may_pass_on(session, caller, region, database) for database in databases):
        evidence = "your own grants on the database may be passed on"
        return Finding("lakeformation.grant", title, Verdict.PREDICTED, evidence, group="LakeFormation")
    return Finding(
        "lakeformation.grant",
        title,
        Verdict.UNKNOWN,
        "you are not a LakeFormation administrator; whether you may grant here shows only when it is tried",
        group="LakeFormation",
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
    names = {
        str(each.get("DataLakePrincipalIdentifier", "")) for each in settings.get("DataLakeAdmins") or []
    }
    if caller.role:
        return any(name.endswith(f"/{caller.role}") for name in names)
    return caller.arn in names
