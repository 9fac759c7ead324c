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
from wizard.steps.workspace_sign_in import sign_in

if TYPE_CHECKING:
    from wizard.services.databricks import address, client, hosts, identity, warehouses
    from wizard.services.databricks.address import Address
    from wizard.services.databricks.client import Workspace
else:
    address = lazy("wizard.services.databricks.address")
    client = lazy("wizard.services.databricks.client")
    hosts = lazy("wizard.services.databricks.hosts")
    identity = lazy("wizard.services.databricks.identity")
    warehouses = lazy("wizard.services.databricks.warehouses")


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
        yield Phase("Asking the host what it is", f"curl https://{read.host}{client.WELL_KNOWN}")
        word = identity.meet(_workspace(read, services, ""), read)
        bearer, source = yield from sign_in(read.host, services)
        workspace = _workspace(read, services, bearer, shared=word.shared)
        yield Phase("Asking the workspace who it is", "databricks current-user me")
        proven = yield from identity.prove(workspace, read, word)
        services.workspace = workspace
        yield Phase("Listing the SQL warehouses", "databricks warehouses list")
        chosen = yield from _choose(read, warehouses.listed(workspace), services)
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
        return [
            f"databricks auth login --host https://{host} --profile {host.split('.')[0]}",
            f"curl https://{host}{client.WELL_KNOWN}",
            "databricks warehouses list",
        ]


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
                keep=address.kept,
            ),
        ),
        title="Which workspace?",
        reason="Paste whatever the browser shows; the parts that matter are picked out.",
    )


def _workspace(read: Address, services: Services, bearer: client.Token, *, shared: bool = False) -> Workspace:
    """The client; on a host that many workspaces share it says which one is meant."""
    shared = shared or hosts.classify(read.host) is hosts.Kind.UNIFIED
    route = read.workspace_id if shared else ""
    return client.Workspace(services.workspace_url(read.host), bearer, host=read.host, route=route)


def _choose(
    read: Address, listed: list[warehouses.Warehouse], services: Services
) -> Run[warehouses.Warehouse]:
    """The warehouse to start: asked for, with what the command line or the paste named already chosen."""
    if not listed:
        raise _no_warehouse(read.host)
    fit = [w for w in listed if not w.unfit]
    if not fit:
        raise _none_fit(read.host, listed)
    wanted = services.warehouse_id or read.warehouse_id
    where = "the command line" if services.warehouse_id else "the pasted address"
    named = next((w for w in listed if w.id == wanted), None)
    if wanted and named is None:
        yield Line(f"The warehouse {wanted} from {where} is not among those you can use here.", "warning")
    elif named is not None and named.unfit:
        yield Line(f"The warehouse {named.name} from {where} cannot be used. {named.unfit}", "warning")
    meant = named is not None and not named.unfit
    question = Question(
        "warehouse",
        "Which SQL warehouse?",
        Kind.CHOICE,
        choices=tuple(Choice(w.id, w.name, w.summary, w.unfit) for w in listed),
        default=named.id if named is not None and meant else fit[0].id,
        origin=f"from {where}" if meant else "",
        help="Serverless warehouses of type PRO can use the instance profile.",
        # What was named just now counts for more than last time's answer.
        remember=not meant,
    )
    answer = yield Ask((question,), title="Choose the warehouse to start", reason="It is not started yet.")
    return next(w for w in listed if w.id == answer["warehouse"])


def _no_warehouse(host: str) -> Problem:
    return Problem(
        code="databricks.no_warehouse",
        what=f"{host} shows you no SQL warehouse.",
        why="There is none, or you may not use any of them.",
        remedy="Make a serverless SQL warehouse in the workspace, or ask for “Can use” on one, and try again.",
        who=Who.WORKSPACE_ADMIN,
    )


def _none_fit(host: str, listed: list[warehouses.Warehouse]) -> Problem:
    return Problem(
        code="databricks.no_serverless_warehouse",
        what=f"No SQL warehouse of {host} that you can use is serverless.",
        why="Only serverless warehouses of type PRO reach AWS through the workspace's instance profile.",
        remedy="Change one in its settings as said below, or make a serverless one, and try again.",
        who=Who.WORKSPACE_ADMIN,
        evidence=tuple(f"{w.name} ({w.summary}): {w.unfit}" for w in listed[:20]),
    )
