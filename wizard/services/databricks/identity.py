"""The workspace says who it is: three sources of its id, compared; and whether we are its administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.core.event import Table
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.databricks.refusals import no_routing
from wizard.services.databricks.warehouse_config import CONFIG

if TYPE_CHECKING:
    from wizard.core.event import Work
    from wizard.services.databricks.address import Address
    from wizard.services.databricks.client import HostWord, Json, Workspace

_NOT_ADMIN = Problem(
    code="databricks.not_admin",
    what="You are not an administrator of this workspace.",
    why="Registering an instance profile and setting the SQL configuration are reserved to administrators.",
    remedy="Ask a workspace administrator to run the later steps, or to add you to the group admins.",
    who=Who.WORKSPACE_ADMIN,
)


@dataclass(frozen=True)
class Identity:
    """Which workspace this is, and who we are in it."""

    host: str
    workspace_id: str
    """Decimal digits, confirmed by the workspace itself."""
    user: str
    admin: bool
    pasted: str = ""
    announced: str = ""
    """From the public document of the host."""
    answered: str = ""
    """From the header of an authenticated answer."""


def meet(workspace: Workspace, read: Address) -> HostWord:
    """Asks the host about itself, before anybody signs in to it. Raises Problem when it is of no use here."""
    word = workspace.about()
    _refuse_elsewhere(workspace.host, word)
    if word.shared and not (read.workspace_id or word.workspace_id):
        raise no_routing(workspace.host, "The address has no o= with the number of a workspace.")
    return word


def prove(workspace: Workspace, read: Address, word: HostWord | None = None) -> Work[Identity]:
    """Asks the host and the workspace and compares. Yields findings; raises Problem on any disagreement.

    `word` is what the host said of itself, when it was asked already. Nothing is changed. Not being an
    administrator is a finding, not a Problem: the id is right all the same.
    """
    word = word or meet(workspace, read)
    me, answered = workspace.me()
    user = one_line(me.get("userName") or me.get("displayName") or "", 120)
    yield Finding("workspace.sign_in", "The workspace accepts the sign-in", Verdict.PROVEN, f"as {user}")
    told = {
        "the pasted address": read.workspace_id,
        "the host's public document": word.workspace_id,
        "the workspace's answer": answered,
    }
    if len({value for value in told.values() if value}) > 1:
        rows = tuple((name, value or "says nothing") for name, value in told.items())
        yield Table("The workspace id, from three sources", ("Source", "Workspace id"), rows)
    workspace_id = _agreed(workspace.host, told)
    agreeing = [name for name, value in told.items() if value]
    title = f"The workspace id is {workspace_id}"
    if word.workspace_id or answered:
        yield Finding("workspace.id", title, Verdict.PROVEN, f"the same in {', '.join(agreeing)}")
    else:
        yield Finding(
            "workspace.id",
            title,
            Verdict.PREDICTED,
            "only the pasted address says so; compare it in the browser",
        )
    finding, admin = _administrator(workspace, me)
    yield finding
    return Identity(workspace.host, workspace_id, user, admin, read.workspace_id, word.workspace_id, answered)


def _refuse_elsewhere(host: str, word: HostWord) -> None:
    if word.cloud and word.cloud != "AWS":
        raise Problem(
            code="databricks.cloud",
            what=f"{host} is a workspace on {word.cloud.title() if word.cloud != 'GCP' else 'Google Cloud'}.",
            why="Instance profiles exist on AWS only.",
            remedy="Give the address of a workspace on AWS.",
            step="workspace",
        )
    if word.kind == "ACCOUNT_HOST":
        raise Problem(
            code="databricks.account_host",
            what=f"{host} is an account console, not a workspace.",
            why="It manages many workspaces and has none of its own.",
            remedy="Open the workspace from the account console and copy its address.",
            step="workspace",
        )


def _agreed(host: str, told: dict[str, str]) -> str:
    """The one id that every source gives. Raises Problem when they differ or none gives a number."""
    values = {value for value in told.values() if value}
    evidence = tuple(f"{name}: {value or 'says nothing'}" for name, value in told.items())
    if len(values) > 1:
        raise Problem(
            code="workspace.id_conflict",
            what="The sources of the workspace id disagree.",
            why="A trust policy with the wrong id lets nobody in, or somebody else.",
            remedy="Copy the address again while the right workspace is open in the browser.",
            evidence=evidence,
            step="workspace",
        )
    value = next(iter(values), "")
    if not value.isascii() or not value.isdigit() or value.startswith("0"):
        raise Problem(
            code="workspace.id_unknown",
            what=f"{host} does not tell its workspace id.",
            why="Neither the address nor the workspace's answers hold a number.",
            remedy="Paste the address with ?o= and the number, as the browser shows it.",
            evidence=evidence,
            step="workspace",
        )
    return value


def _administrator(workspace: Workspace, me: Json) -> tuple[Finding, bool]:
    """Looks at the groups and at a document only administrators may read; changes nothing."""
    title = "You are an administrator of the workspace"
    listed = me.get("groups")
    groups = (
        [one_line(g.get("display") or "", 80) for g in listed if isinstance(g, dict)]
        if isinstance(listed, list)
        else []
    )
    try:
        workspace.get(CONFIG)
    except Problem as problem:
        if problem.code == "databricks.not_admin":
            said = "the SQL configuration may not be read"
            return Finding("workspace.admin", title, Verdict.GAP, said, _NOT_ADMIN), False
        return Finding("workspace.admin", title, Verdict.UNKNOWN, problem.what, problem), False
    if "admins" in groups:
        said = "in the group admins, and the SQL configuration could be read"
        return Finding("workspace.admin", title, Verdict.PROVEN, said), True
    said = "the SQL configuration could be read, but the group admins is not in the list"
    return Finding("workspace.admin", title, Verdict.PREDICTED, said), True
