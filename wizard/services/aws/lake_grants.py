"""LakeFormation's side of reading: its grants to the role on the database, and on the table that is read.

https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.core.finding import Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.aws import lake
from wizard.services.aws.errors import code_of, failures, problem
from wizard.services.aws.rights_part import Look, Part
from wizard.services.aws.session import intercepted

_NAME = "LakeFormation"
_GET_DATA = "lakeformation:GetDataAccess"
_EVERYONE = "IAM_ALLOWED_PRINCIPALS"
_SEES = frozenset({"DESCRIBE", "ALL", "SUPER_USER"})
_READS = frozenset({"SELECT", "ALL", "SUPER_USER"})


def parts(look: Look) -> list[Part]:
    """One conclusion a database, and one for the table."""
    found: list[Part] = []
    for database in look.wanted.databases:
        found.append(_database(look, database))
        if found[-1].verdict is Verdict.GAP:
            return found
    database, table = look.wanted.table
    if table not in ("", "*"):
        found.append(_table(look, database, table))
    return found


def _database(look: Look, database: str) -> Part:
    try:
        grants = _grants(look, {"Database": {"Name": database}})
    except failures() as error:
        return _unasked(error, database)
    if _open(grants):
        return Part(_NAME, Verdict.PROVEN, f"{database} is open to whatever IAM allows")
    mine = _mine(look, grants)
    if mine & _SEES:
        return _with_data_access(look, f"{', '.join(sorted(mine))} granted on {database}")
    return _missing(look, database, "", "DESCRIBE")


def _table(look: Look, database: str, table: str) -> Part:
    name = f"{database}.{table}"
    try:
        grants = [
            *_grants(look, {"Table": {"DatabaseName": database, "Name": table}}),
            *_grants(look, {"Table": {"DatabaseName": database, "TableWildcard": {}}}),
        ]
    except failures() as error:
        return _unasked(error, name)
    whole = [grant for grant in grants if not _columns(grant)]
    if _open(whole):
        return Part(_NAME, Verdict.PROVEN, f"{name} is open to whatever IAM allows")
    mine = _mine(look, whole)
    if mine & _READS:
        return _with_data_access(look, f"{', '.join(sorted(mine))} granted on {name}")
    narrow = next(
        (_columns(grant) for grant in grants if _columns(grant) and _mine(look, [grant]) & _READS), ""
    )
    if narrow:
        return _unsure(
            f"SELECT is granted on {narrow} of {name} only", f"SELECT on {narrow} of it is granted."
        )
    return _missing(look, database, table, "SELECT")


def _with_data_access(look: Look, evidence: str) -> Part:
    """A grant is of use only to who may fetch the data's keys."""
    access = look.predict(_GET_DATA, "*")
    if access.allowed is False:
        denial = look.refused(_NAME, _GET_DATA, "*", access.reason)
        return Part(_NAME, Verdict.GAP, f"the role may not do {_GET_DATA}", denial)
    return Part(_NAME, Verdict.PROVEN, evidence)


def _missing(look: Look, database: str, table: str, permission: str) -> Part:
    """No grant by name; one by LF-Tags may be there, and which tags a thing has takes more rights to see."""
    name = f"{database}.{table}" if table else database
    try:
        tagged = _mine(look, _listed(look, ResourceType="LF_TAG_POLICY"))
    except failures() as error:
        return _unasked(error, name)
    if tagged:
        said = f"{', '.join(sorted(tagged))} granted by LF-Tags, and not by name on {name}"
        return _unsure(said, "Grants by LF-Tags are there; whether the tags fit shows only in a query.")
    what = "read the table" if table else "see the database"
    command = (
        _grant_on_table(look, database, table)
        if table
        else lake.grant_command(look.wanted.role_arn, permission, database, look.session.region)
    )
    return Part(
        _NAME,
        Verdict.GAP,
        f"no grant of {permission} on {name}",
        Problem(
            code="chain.lakeformation",
            what=f"LakeFormation does not let the role {what}.",
            why=f"It keeps grants of its own, and none of {permission} on {name} is for the role.",
            remedy="Apply the module again; it makes the grant on its own database. Or hand over the command below.",
            who=Who.LAKE_ADMIN,
            copy=command,
            step="apply",
        ),
    )


def _grant_on_table(look: Look, database: str, table: str) -> str:
    resource = json.dumps({"Table": {"DatabaseName": database, "Name": table}})
    return (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={look.wanted.role_arn} "
        f"--permissions SELECT DESCRIBE --resource '{resource}' --region {look.session.region}"
    )


def _unsure(evidence: str, why: str) -> Part:
    problem = Problem(
        code="chain.lakeformation.unsure",
        what="Whether LakeFormation lets the role read all of it is not known.",
        why=why,
        remedy="A query that reads is the proof. If it is refused, ask a LakeFormation administrator.",
        who=Who.LAKE_ADMIN,
    )
    return Part(_NAME, Verdict.UNKNOWN, evidence, problem)


def _unasked(error: Exception, name: str) -> Part:
    if code_of(error) == "EntityNotFoundException":
        gone = Problem(
            code="chain.glue",
            what="There is nothing of that name in the Glue Data Catalog.",
            why=f"AWS does not know {name}.",
            remedy="Apply the module again, which makes its database; or name another table.",
            step="apply",
        )
        return Part(_NAME, Verdict.GAP, f"{name} does not exist", gone)
    told = problem(error, "asking LakeFormation for its grants")
    return Part(_NAME, Verdict.UNKNOWN, one_line(told.what, 200), told)


def _grants(look: Look, resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _listed(look, Resource=resource)


def _listed(look: Look, **asked: Any) -> list[Mapping[str, Any]]:
    client = look.session.client("lakeformation")
    found: list[Mapping[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = client.list_permissions(**asked, **more)
        if "PrincipalResourcePermissions" not in page:
            raise intercepted()
        found += page["PrincipalResourcePermissions"]
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _open(grants: Sequence[Mapping[str, Any]]) -> bool:
    """LakeFormation leaves it to whatever IAM allows."""
    return any(_principal(grant) == _EVERYONE and grant.get("Permissions") for grant in grants)


def _mine(look: Look, grants: Sequence[Mapping[str, Any]]) -> set[str]:
    """Permissions of the role, its own and those of everybody in its account."""
    names = (look.wanted.role_arn, f"{look.account}:IAMPrincipals")
    return {
        str(permission)
        for grant in grants
        if _principal(grant) in names
        for permission in grant.get("Permissions") or []
    }


def _principal(grant: Mapping[str, Any]) -> str:
    return str((grant.get("Principal") or {}).get("DataLakePrincipalIdentifier", ""))


def _columns(grant: Mapping[str, Any]) -> str:
    """The columns that a grant is narrowed to, in words; empty for a grant on the whole table."""
    narrow = (grant.get("Resource") or {}).get("TableWithColumns")
    if not isinstance(narrow, Mapping):
        return ""
    named = [str(name) for name in narrow.get("ColumnNames") or []]
    spared = (narrow.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []
    if named:
        return one_line(f"the columns {', '.join(named)}", 120)
    return one_line(f"all columns but {', '.join(map(str, spared))}", 120) if spared else ""
