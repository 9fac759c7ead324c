"""From a pasted address to a workspace that answered for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Line, Phase, Run
from wizard.core.facts import Facts, Machine, WorkspaceProven
from wizard.core.finding import Finding
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services
from wizard.steps.parts import connected
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.databricks import address, client, identity, sign_in, warehouses
    from wizard.services.databricks.client import Workspace
else:
    address = lazy("wizard.services.databricks.address")
    client = lazy("wizard.services.databricks.client")
    identity = lazy("wizard.services.databricks.identity")
    sign_in = lazy("wizard.services.databricks.sign_in")
    warehouses = lazy("wizard.services.databricks.warehouses")

TOKEN = "token"


class WorkspaceStep(Step[WorkspaceProven]):
    """Reads the address, signs in, and compares three sources of the workspace's id."""

    id: ClassVar = "workspace"
    title: ClassVar = "Find the workspace"
    why: ClassVar = "The workspace's number becomes part of the trust policy, so it must be exactly right."
    about: ClassVar = (
        "Open your Databricks workspace in a browser and copy the address. The number after o= is the workspace "
        "id. The wizard then asks the workspace itself, in two ways, and goes on only when all agree. Nothing is "
        "changed. The address may be a link to a warehouse; then that warehouse is chosen."
    )
    fact: ClassVar = WorkspaceProven
    needs: ClassVar = (Machine,)

    def run(self, facts: Facts, services: Services) -> Run[WorkspaceProven]:  # noqa: ARG002  # asks the workspace
        read = address.read((yield _ask_url())["url"])
        workspace, source = yield from _sign_in(read.host, services)
        yield Phase("Asking the workspace who it is", "databricks current-user me")
        proven = yield from identity.prove(workspace, read)
        services.workspace = workspace
        yield Phase("Listing the SQL warehouses", "databricks warehouses list")
        listed = warehouses.listed(workspace)
        if not listed:
            raise _no_warehouse(read.host)
        chosen = yield from _choose(listed, services.warehouse_id or read.warehouse_id)
        return WorkspaceProven(
            host=read.host,
            workspace_id=proven.workspace_id,
            warehouse_id=chosen.id,
            warehouse_name=chosen.name,
            user=proven.user,
            source=source,
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        fact = facts.need(WorkspaceProven)
        looking = identity.prove(
            connected(services), address.read(f"https://{fact.host}/?o={fact.workspace_id}")
        )
        return [event for event in looking if isinstance(event, Finding)]

    def equivalent(self, facts: Facts) -> list[str]:
        fact = facts.get(WorkspaceProven)
        host = fact.host if fact else "WORKSPACE.cloud.databricks.com"
        return [f"databricks auth login --host https://{host}", "databricks warehouses list"]


def _ask_url() -> Ask:
    return Ask(
        (
            Question(
                "url",
                "Address of the workspace",
                placeholder="https://dbc-….cloud.databricks.com/?o=…",
                help="Copy it from the browser's address bar while the workspace is open.",
                check=address.fault,
                preview=address.preview,
            ),
        ),
        title="Which workspace?",
        reason="Paste whatever the browser shows; the parts that matter are picked out.",
    )


def _sign_in(host: str, services: Services) -> Run[tuple[Workspace, str]]:
    broken = sign_in.broken(services.environ, services.paths.home)
    if broken is not None:
        yield Line(f"{broken.what} {broken.why}", "warning")
    sources = sign_in.sources(host, services.environ, services.paths.home)
    choices = [Choice(s.id, s.name, s.detail) for s in sources]
    choices.append(Choice(TOKEN, "A personal access token", "pasted; kept in memory only"))
    way = (
        yield Ask(
            (
                Question(
                    "auth", "Sign in with", Kind.CHOICE, choices=tuple(choices), default=choices[0].value
                ),
            ),
            title=f"Sign in to {host}",
            reason="Reading is all that happens in this step. Later ones need a workspace administrator.",
        )
    )["auth"]
    url = services.workspace_url(host)
    source = next((s for s in sources if s.id == way), None)
    token = sign_in.token_of(source) if source else (yield _ask_token())["token"]
    services.redact.learn(token)
    return client.Workspace(url, token, host=host), source.name if source else "personal access token"


def _ask_token() -> Ask:
    return Ask(
        (
            Question(
                "token",
                "Personal access token",
                Kind.SECRET,
                help="In the workspace: Settings, Developer, Access tokens. It stays in memory only.",
            ),
        ),
        title="Paste a token",
    )


def _choose(listed: list[warehouses.Warehouse], wanted: str) -> Run[warehouses.Warehouse]:
    fit = [w for w in listed if not w.unfit]
    default = next((w.id for w in fit if w.id == wanted), fit[0].id if fit else "")
    answer = yield Ask(
        (
            Question(
                "warehouse",
                "Which SQL warehouse?",
                Kind.CHOICE,
                choices=tuple(Choice(w.id, w.name, w.summary, w.unfit) for w in listed),
                default=default,
                origin="named in the address" if wanted and default == wanted else "",
                help="Serverless warehouses of type PRO can use the instance profile.",
            ),
        ),
        title="Choose the warehouse to start",
        reason="It is not started yet.",
    )
    return next(w for w in listed if w.id == answer["warehouse"])


def _no_warehouse(host: str) -> Problem:
    return Problem(
        code="databricks.no_warehouse",
        what=f"{host} shows you no SQL warehouse.",
        why="There is none, or you may not use any of them.",
        remedy="Make a serverless SQL warehouse in the workspace, or ask for “Can use” on one, and try again.",
        who=Who.WORKSPACE_ADMIN,
    )
