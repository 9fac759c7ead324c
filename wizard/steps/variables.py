"""The one line in terraform.tfvars that names the workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Diff, Line, Phase, Run
from wizard.core.facts import Facts, Machine, VariablesWritten, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, confirm
from wizard.services import Services
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.hcl import editor, files, values
else:
    editor = lazy("wizard.services.hcl.editor")
    files = lazy("wizard.services.hcl.files")
    values = lazy("wizard.services.hcl.values")

NAME = "databricks_serverless_workspace_ids"


class Variables(Step[VariablesWritten]):
    """Adds the workspace's External ID to the list and touches nothing else in the file."""

    id: ClassVar = "variables"
    title: ClassVar = "Name the workspace"
    why: ClassVar = "One line in terraform.tfvars lets exactly this workspace use the role, and no other."
    about: ClassVar = (
        "Databricks presents an External ID, databricks-serverless-<workspace id>, when it asks AWS for the role. "
        "The module writes the ids of this list into the role's trust policy. Other entries stay: several "
        "workspaces may share one role. Only the bytes of this value change; a backup is kept beside the file."
    )
    fact: ClassVar = VariablesWritten
    needs: ClassVar = (Machine, WorkspaceProven)

    def run(self, facts: Facts, services: Services) -> Run[VariablesWritten]:
        external_id = facts.need(WorkspaceProven).external_id
        path = _path(facts)
        yield Phase(f"Reading {path.name}")
        document = files.read(path)
        edit = editor.add_to_list(document, NAME, external_id)
        for warning in values.warnings(path.parent, NAME, services.environ, edit.notes):
            yield Line(warning, "warning")
        if edit.changed:
            yield Diff(str(path), edit.before_text, edit.after_text)
            answer = yield Ask(
                (confirm("write", f"Write this line to {path.name}?", "A backup is kept beside the file."),),
                title="One line changes",
                reason="Nothing changes in AWS yet. Terraform reads this file in the next step.",
            )
            if answer["write"] != YES:
                raise _declined(path)
        backup = files.write(path, edit, services.now()) if edit.changed else None
        ids = editor.strings(files.read(path), NAME)
        yield Finding(
            "variables.ids",
            f"{NAME} in {path.name}",
            Verdict.PROVEN,
            json.dumps(list(ids)),
            group="terraform.tfvars",
        )
        return VariablesWritten(str(path), tuple(ids), edit.changed, str(backup or ""))

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # noqa: ARG002  # reads one file
        path, external_id = _path(facts), facts.need(WorkspaceProven).external_id
        ids = editor.strings(files.read(path), NAME)
        there = external_id in ids
        return [
            Finding(
                "variables.ids",
                f"{path.name} names this workspace",
                Verdict.PROVEN if there else Verdict.GAP,
                json.dumps(list(ids)),
                None if there else _lost(path, external_id),
            )
        ]

    def equivalent(self, facts: Facts) -> list[str]:
        workspace, machine = facts.get(WorkspaceProven), facts.get(Machine)
        if not workspace or not machine:
            return []
        return [f"$EDITOR {_path(facts)}", f'{NAME} = ["{workspace.external_id}"]']


def _path(facts: Facts) -> Path:
    return Path(facts.need(Machine).module) / "terraform.tfvars"


def _declined(path: Path) -> Problem:
    return Problem(
        code="variables.declined",
        what=f"{path.name} was left as it is.",
        why="You chose not to write the line. Without it the role trusts no Databricks workspace.",
        remedy="Try again to see the change once more, or go back and give another workspace.",
    )


def _lost(path: Path, external_id: str) -> Problem:
    return Problem(
        code="variables.missing",
        what=f"{path.name} does not name {external_id}.",
        why="The role's trust policy is made from this list.",
        remedy="Run this step again; it adds the line.",
        step="variables",
    )
