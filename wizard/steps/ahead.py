"""Work that is begun before its turn, because it changes nothing and what it needs is known already."""

from __future__ import annotations

import importlib
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.event import Line, Work
from wizard.core.facts import AwsIdentity, Facts, Machine, WorkspaceProven
from wizard.core.problem import Problem
from wizard.services import Services
from wizard.steps import review
from wizard.steps.parts import terraform

if TYPE_CHECKING:
    from wizard.services.terraform.ahead import Inputs
    from wizard.services.terraform.commands import PlannedRun, Terraform


def prepare(facts: Facts, services: Services) -> None:
    """Begin what Terraform needs and no answer decides: getting the AWS provider takes longest on a new computer.

    Then the module is checked, unless a plan is made, which checks it too; so steps call this again. The apply step
    waits for both, and does again what did not work. Never raises.
    """
    _import_sdk()
    from wizard.services.aws.denials import explain
    from wizard.services.terraform import provider
    from wizard.services.terraform.commands import Terraform

    if services.engine is None or services.plan_ahead is not None:
        return
    with suppress(Problem, OSError):
        Terraform(
            engine=services.engine,
            folder=Path(facts.need(Machine).module),
            environ=provider.environment(services.environ, services.paths, services.engine.kind).environ,
            runs=services.paths.state / "runs",
            explain=explain,
            now=services.now,
            ahead=services.ahead,
        ).begin_ahead()


def plan(facts: Facts, services: Services, values: bytes | None = None) -> Work[None]:
    """Begin the plan when everything it needs is known: the sign-in that was chosen, and the workspace in tfvars.

    `values`: what terraform.tfvars is going to hold. A plan of just this that was begun already goes on; one of
    something else is given up. Never raises.
    """
    who, machine = facts.get(AwsIdentity), facts.get(Machine)
    if services.engine is None or services.aws is None or who is None or machine is None:
        return
    with suppress(Problem, OSError):
        folder = Path(machine.module)
        if not (_names_workspace(folder, facts) if values is None else _only_these_values(folder, services)):
            return
        review.refuse_wrong_place(folder, services.environ, who)
        begun = services.plan_ahead
        if begun is not None and begun.serves(_inputs(facts, services, values)):
            return
        give_up(services)
        _begin(terraform(facts, services), facts, services, values)
        yield Line("Meanwhile Terraform makes the plan. That changes nothing.")


def planned(tool: Terraform, facts: Facts, services: Services) -> Work[PlannedRun]:
    """The plan that was begun ahead, waited for; a new one where there is none, or, with the reason, none that will do.

    Raises Problem.
    """
    begun, services.plan_ahead = services.plan_ahead, None
    if begun is not None:
        found = None
        if begun.serves(_inputs(facts, services)):
            found = yield from begun.followed()
        reason = begun.out_of_date(_inputs(facts, services))
        if found is not None and not reason:
            return found
        begun.stop()
        if reason:
            yield Line(f"A plan was made ahead, and {reason}. It is made again.")
    return (yield from tool.plan())


def give_up(services: Services) -> None:
    """Interrupt the plan that nobody will read, and remove it."""
    begun, services.plan_ahead = services.plan_ahead, None
    if begun is not None:
        begun.stop()


def _import_sdk() -> None:
    """Reading the Databricks SDK takes more than a second of a processor; nobody should wait for it later."""
    if "databricks.sdk" in sys.modules:
        return

    def read() -> None:
        with suppress(Exception):  # whoever needs it says what is wrong with it
            importlib.import_module("databricks.sdk")

    threading.Thread(target=read, name="import-ahead", daemon=True).start()


def _begin(tool: Terraform, facts: Facts, services: Services, values: bytes | None) -> None:
    from wizard.services.process import runner
    from wizard.services.terraform.ahead import PlanAhead

    machine, runs = facts.need(Machine), services.paths.state / "runs"
    if machine not in services.prepared:
        tool.begin_ahead()
    prepared = services.ahead[:1]
    for check in services.ahead[1:]:
        check.kill()  # the plan checks the module as well
    del services.ahead[1:]

    def may_begin() -> bool | None:
        if any(f"-chdir={machine.module}" in run.argv for run in runner.unfinished(runs)):
            return None
        return machine in services.prepared or any(run.code == 0 for run in prepared)

    services.plan_ahead = PlanAhead(
        lambda: tool.plan_ahead(values),
        lambda: _inputs(facts, services, values),
        may_begin,
        lambda: services.now().timestamp(),
    )


def _inputs(facts: Facts, services: Services, values: bytes | None = None) -> Inputs:
    from wizard.services.terraform import ahead

    who, session = facts.need(AwsIdentity), services.aws
    place = f"{session.source} {session.region}" if session else ""
    known = f"{who.account} {who.arn} {place} {services.engine}"
    return ahead.inputs(Path(facts.need(Machine).module), services.environ, known, values)


def _names_workspace(folder: Path, facts: Facts) -> bool:
    from wizard.services.hcl import editor, files
    from wizard.services.terraform.module import VARIABLE

    ids = editor.strings(files.read(folder / "terraform.tfvars"), VARIABLE)
    workspace = facts.get(WorkspaceProven)
    return bool(ids) if workspace is None else workspace.external_id in ids


def _only_these_values(folder: Path, services: Services) -> bool:
    """Nothing stands above terraform.tfvars that values given with the command would hide."""
    engine = services.engine
    above = [*folder.glob("*.auto.tfvars*"), *folder.glob("terraform.tfvars.json")]
    given = any(name.startswith("TF_CLI_ARGS") for name in services.environ)
    return engine is not None and engine.kind != "recording" and not above and not given
