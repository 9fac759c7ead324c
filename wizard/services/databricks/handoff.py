"""The commands of the connect step, for who does it by hand and for the sheet handed to an administrator.

The configuration goes through `databricks api`: the CLI's own get-workspace-warehouse-config drops the fields it
does not know, and set-workspace-warehouse-config would clear them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from wizard.core.problem import Who
from wizard.services.databricks.warehouse_config import CONFIG, DEFAULT_POLICY

if TYPE_CHECKING:
    from wizard.core.problem import Problem

BACKUP = "sql-config-before.json"
_EDIT = (
    "jq --arg profile {profile} '.instance_profile_arn = $profile"
    ' | .security_policy = (.security_policy // "{policy}")'
    " | .enable_serverless_compute = true' {before} > sql-config-after.json"
)


def registering(profile: str, role: str, action: str = "add") -> str:
    """The command that registers the profile with its role. `action` is `add` or `edit`."""
    tail = " --skip-validation" if action == "add" else ""
    return f"databricks instance-profiles {action} {quote(profile)} --iam-role-arn {quote(role)}{tail}"


def configuring(profile: str) -> list[str]:
    """The commands that change the SQL configuration and nothing else in it."""
    edit = _EDIT.format(profile=quote(profile), policy=DEFAULT_POLICY, before=BACKUP)
    return [
        f"databricks api get {CONFIG} > {BACKUP}",
        edit,
        f"diff <(jq -S . {BACKUP}) <(jq -S . sql-config-after.json)",
        f"databricks api put {CONFIG} --json @sql-config-after.json",
        f"databricks api get {CONFIG}",
    ]


def undoing() -> str:
    """The command that puts the configuration back."""
    return f"databricks api put {CONFIG} --json @{BACKUP}"


def sheet(host: str, user: str, profile: str, role: str) -> str:
    """What to hand to a workspace administrator: why, the exact commands, the way back."""
    read, edit, compare, put, look = configuring(profile)
    return "\n".join(
        [
            f"# For an administrator of the Databricks workspace {host}",
            f"# {user or 'Somebody'} wants SQL warehouses to read data with an AWS role, and is no administrator.",
            "# Needs the Databricks CLI, jq, and your sign-in:",
            f"databricks auth login --host https://{host}",
            "",
            "# 1. Register the instance profile with its role. If it is listed already, use `edit` for `add`",
            "#    and leave --skip-validation out.",
            "databricks instance-profiles list",
            registering(profile, role),
            "",
            "# 2. Name it in the SQL configuration. THIS RESTARTS EVERY RUNNING SQL WAREHOUSE. It also applies to",
            "#    serverless notebooks and jobs, and whoever may use a warehouse gets the role's rights.",
            "#    The document is replaced as a whole, so everything else in it is kept by these commands.",
            read,
            edit,
            compare,
            put,
            look,
            "",
            "# The way back:",
            undoing(),
        ]
    )


def sheet_back(host: str, user: str, profile: str, before: str) -> str:
    """What to hand to a workspace administrator to take it back. `before` is the profile of earlier, or empty."""
    edit = f".instance_profile_arn = {json.dumps(before)}" if before else "del(.instance_profile_arn)"
    return "\n".join(
        [
            f"# For an administrator of the Databricks workspace {host}",
            f"# {user or 'Somebody'} wants to take an AWS role back from the SQL warehouses, and is no administrator.",
            "# Needs the Databricks CLI, jq, and your sign-in:",
            f"databricks auth login --host https://{host}",
            "",
            "# 1. Take the profile out of the SQL configuration. THIS RESTARTS EVERY RUNNING SQL WAREHOUSE, and",
            "#    warehouses, serverless notebooks and jobs lose the role's access to data.",
            f"databricks api get {CONFIG} > {BACKUP}",
            f"jq {quote(edit)} {BACKUP} > sql-config-after.json",
            f"diff <(jq -S . {BACKUP}) <(jq -S . sql-config-after.json)",
            f"databricks api put {CONFIG} --json @sql-config-after.json",
            f"databricks api get {CONFIG}",
            "",
            "# 2. If nobody else uses it: take the instance profile out of the workspace.",
            f"databricks instance-profiles remove {quote(profile)}",
        ]
    )


def handed_on(problem: Problem, host: str, user: str, profile: str, role: str) -> Problem:
    """A refusal that only an administrator can mend, with the sheet to hand on; any other as it is."""
    remedy = (
        "Hand the commands on to a workspace administrator, or ask to be added to the group admins; "
        "then try again."
    )
    return _with_sheet(problem, "connect.not_admin", host, user, sheet(host, user, profile, role), remedy)


def handed_back(problem: Problem, host: str, user: str, profile: str, before: str) -> Problem:
    """The same on the way back."""
    remedy = "Hand the commands on to a workspace administrator, or leave it and go on."
    return _with_sheet(problem, "undo.not_admin", host, user, sheet_back(host, user, profile, before), remedy)


def _with_sheet(problem: Problem, code: str, host: str, user: str, commands: str, remedy: str) -> Problem:
    if problem.code != "databricks.not_admin":
        return problem
    return replace(
        problem,
        code=code,
        what=f"{user or 'You'} may not change the settings of {host}.",
        remedy=remedy,
        who=Who.WORKSPACE_ADMIN,
        copy=commands,
        message=commands,
    )
