"""LakeFormation's own rights, against an embedded LakeFormation: who may create a database, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Who
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import permissions
from wizard.services.aws.requirements import Need, ResourceRef, needs
from wizard.services.aws.session import AwsSession
from wizard.services.aws.sign_in import role_session

AsUser = Callable[..., AwsSession]
ACCOUNT = "123456789012"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/operator"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"


def wanted(*, exists: bool = False, region: str = "us-east-1") -> list[Need]:
    database = ResourceRef(
        "aws_glue_catalog_database.this", "aws_glue_catalog_database", "htd_db", region, exists
    )
    return needs([database], account=ACCOUNT)


def looked(session: AwsSession, needed: list[Need] | None = None) -> Finding:
    """The finding about creating databases."""
    (found,) = every(session, needed or wanted())
    return found


def every(session: AwsSession, needed: list[Need]) -> list[Finding]:
    return [
        event
        for event in permissions.check(session, needed)
        if isinstance(event, Finding) and event.id.startswith("lakeformation.create_database")
    ]


def governed(aws: EmbeddedAws, *admins: str) -> Any:
    """The account's new databases are LakeFormation's, not IAM's."""
    lake = aws.client("lakeformation")
    settings = {
        "DataLakeAdmins": [{"DataLakePrincipalIdentifier": arn} for arn in admins],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
    }
    lake.put_data_lake_settings(DataLakeSettings=settings)
    return lake


def grant(lake: Any, principal: str, permission: str = "CREATE_DATABASE") -> None:
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal},
        Resource={"Catalog": {}},
        Permissions=[permission],
    )


def test_an_account_that_leaves_new_databases_to_iam(as_user: AsUser) -> None:
    found = looked(as_user("operator", ["*"]))
    assert (found.verdict, found.evidence) == (
        Verdict.PREDICTED,
        "this account leaves new databases to IAM",
    )


def test_nobody_may_create_one_and_the_command_closes_the_gap(aws: EmbeddedAws, as_user: AsUser) -> None:
    lake, session = governed(aws), as_user("operator", ["*"])
    grant(lake, f"arn:aws:iam::{ACCOUNT}:user/another")
    grant(lake, OPERATOR, "CREATE_LF_TAG")
    found = looked(session)
    assert found.verdict is Verdict.GAP
    assert found.problem is not None
    assert found.problem.who == Who.LAKE_ADMIN
    assert found.problem.copy == (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={OPERATOR} "
        "--permissions CREATE_DATABASE --resource '{\"Catalog\": {}}' --region us-east-1"
    )
    assert permissions.policy_document([found]) == "", "a grant is no IAM policy"
    grant(lake, OPERATOR)
    closed = looked(session)
    assert closed.verdict is Verdict.PROVEN
    assert OPERATOR in closed.evidence


def test_whoever_iam_allows_may_create_one(aws: EmbeddedAws, as_user: AsUser) -> None:
    grant(governed(aws), EVERYBODY)
    found = looked(as_user("operator", ["*"]))
    assert found.verdict is Verdict.PROVEN


def test_an_administrator_of_the_lake_may_create_one(aws: EmbeddedAws, as_user: AsUser) -> None:
    governed(aws, OPERATOR)
    found = looked(as_user("operator", ["*"]))
    assert (found.verdict, found.evidence) == (Verdict.PREDICTED, "you are a LakeFormation administrator")


def test_a_session_is_known_by_its_role_and_path(aws: EmbeddedAws, login: Callable[..., Any]) -> None:
    session = role_session(login(), aws.account_id, "Admin", "us-east-1")
    lake = governed(aws)
    found = looked(session)
    assert found.problem is not None
    (_, _, rest) = found.problem.copy.partition("DataLakePrincipalIdentifier=")
    role = rest.split()[0]
    assert role in [each["Arn"] for each in aws.client("iam").list_roles()["Roles"]]
    grant(lake, role.replace(ACCOUNT, "999999999999"))
    again = looked(session)
    assert again.verdict is Verdict.GAP, "a role of that name in another account"
    grant(lake, role)
    closed = looked(session)
    assert closed.verdict is Verdict.PROVEN


def test_not_being_told_is_no_gap(aws: EmbeddedAws, as_user: AsUser) -> None:
    governed(aws)
    found = looked(as_user("operator", ["iam:*", "glue:*", "lakeformation:GetDataLakeSettings"]))
    assert found.verdict is Verdict.UNKNOWN
    assert "lakeformation:ListPermissions" in found.evidence
    grant(aws.client("lakeformation"), OPERATOR)
    told = looked(as_user("other", ["iam:*", "glue:*", "lakeformation:ListPermissions"]))
    assert told.verdict is Verdict.UNKNOWN
    assert "lakeformation:GetDataLakeSettings" in told.evidence


def test_a_database_that_is_there_asks_for_no_right_to_create(aws: EmbeddedAws, as_user: AsUser) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "htd_db"})
    governed(aws)
    assert every(as_user("operator", ["*"]), wanted(exists=True)) == []


def test_every_region_has_grants_of_its_own(aws: EmbeddedAws, as_user: AsUser) -> None:
    governed(aws)
    found = looked(as_user("operator", ["*"]), wanted(region="us-west-2"))
    assert found.verdict is Verdict.PREDICTED
    assert "us-west-2" in found.title
