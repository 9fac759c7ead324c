"""What stands in terraform.tfvars: the line that names the workspace, and whatever else the operator changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Diff, Line, Phase, Run
from wizard.core.facts import Facts, Machine, VariablesWritten, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import NO, YES, Answers, Choice, Kind, Question, confirm
from wizard.core.text import plural
from wizard.services import Services
from wizard.steps import ahead
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import trust_size
    from wizard.services.hcl import editor, files, form, values, variables
    from wizard.services.hcl.draft import Edit
    from wizard.services.hcl.form import Entry
else:
    editor = lazy("wizard.services.hcl.editor")
    files = lazy("wizard.services.hcl.files")
    form = lazy("wizard.services.hcl.form")
    trust_size = lazy("wizard.services.aws.trust_size")
    values = lazy("wizard.services.hcl.values")
    variables = lazy("wizard.services.hcl.variables")

NAME = "databricks_serverless_workspace_ids"
ON_TOP = (
    NAME,
    "project_prefix",
    "aws_region",
    "aws_second_region",
    "aws_profile",
    "glue_database",
    "test_settings",
)
"""What this journey sets, in the order it is asked; a module need not have them all."""
OTHERS = "others"
"""The question whether the rest is shown too."""


class Variables(Step[VariablesWritten]):
    """Adds the workspace's External ID to the list; asks for the module's other values on the way."""

    id: ClassVar = "variables"
    title: ClassVar = "Name the workspace"
    why: ClassVar = "One line in terraform.tfvars lets exactly this workspace use the role, and no other."
    about: ClassVar = (
        "Databricks presents an External ID, databricks-serverless-<workspace id>, when it asks AWS for the role. "
        "The module writes the ids of this list into the role's trust policy. Other entries stay: several "
        "workspaces may share one role. The form is made from the module's own variables.tf. Only the bytes of a "
        "value that you change are written; a backup is kept beside the file."
    )
    fact: ClassVar = VariablesWritten
    needs: ClassVar = (Machine, WorkspaceProven)

    def run(self, facts: Facts, services: Services) -> Run[VariablesWritten]:
        external_id = facts.need(WorkspaceProven).external_id
        path = _path(facts)
        yield Phase(f"Reading {path.name}")
        document = files.read(path)
        edit = editor.add_to_list(document, NAME, external_id)
        # As it will be when nothing else is changed; what is changed is planned anew.
        yield from ahead.plan(facts, services, edit.after.data if edit.changed else None)
        ahead.prepare(facts, services)
        edit = yield from _asked(path, edit, services)
        for warning in _warnings(path, edit, services):
            yield Line(warning, "warning")
        if edit.changed:
            yield Diff(str(path), edit.before_text, edit.after_text)
            changed = _changed(edit)
            what = "this line" if len(changed) < 2 else plural(len(changed), "change")
            yield from ahead.plan(facts, services, edit.after.data)
            answer = yield Ask(
                (confirm("write", f"Write {what} to {path.name}?", "A backup is kept beside the file."),),
                title="One line changes" if len(changed) < 2 else f"{len(changed)} values change",
                reason="Nothing changes in AWS yet. Terraform reads this file in the next step.",
            )
            if answer["write"] != YES:
                raise _declined(path)
        backup = files.write(path, edit, services.now()) if edit.changed else None
        ids = editor.strings(files.read(path), NAME)
        if external_id not in ids:
            raise _lost(path, external_id)
        yield from ahead.plan(facts, services)
        yield _listed(path, ids)
        return VariablesWritten(str(path), tuple(ids), edit.changed, str(backup or ""), edit.after.sha)

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
        return [f"htd-wizard tfvars add {_path(facts)} {NAME} {workspace.external_id}"]

    def undo(self, facts: Facts) -> Undo | None:
        written = facts.get(VariablesWritten)
        return Undo() if written and written.changed else None


class Undo(Variables):
    """Puts the file back as it was before the last change, unless somebody else changed it since."""

    def run(self, facts: Facts, services: Services) -> Run[VariablesWritten]:  # noqa: ARG002  # writes one file
        written = facts.need(VariablesWritten)
        path = Path(written.path)
        yield Phase(f"Putting {path.name} back as it was")
        files.undo(path, written.sha, written.backup)
        raise Problem(
            code="variables.undone",
            what=f"{path.name} is as it was before, byte for byte.",
            why="You undid the change. What an apply has made in AWS meanwhile is still there.",
            remedy="Try again to make the change anew.",
        )


def _asked(path: Path, edit: Edit, services: Services) -> Run[Edit]:
    """The form: what this journey sets first, the rest on request. Returns the edit with every changed answer."""
    try:
        declared = variables.declared(path.parent)
    except Problem as problem:
        yield Line(f"{problem.what} {problem.why} Only the workspace's line is changed.", "warning")
        return edit
    settings = dict(values.load_values(path.parent, services.environ))
    known = {variable.name for variable in declared}
    for name in settings:
        if name not in known and any(setting.file for setting in settings[name]):
            yield Line(f"{settings[name][-1].origin}: {name} is no variable of this module.", "warning")
    settings[NAME] = (*settings.get(NAME, ()), values.Setting(NAME, path.name, path.name, _ids(edit)))
    found = form.entries(declared, settings)
    for entry in found:
        if entry.variable.sensitive and not entry.literal:
            name = entry.variable.name
            yield Line(f"{name} is secret, so it is not written to a file: set TF_VAR_{name}.", "warning")
    open_ones = [entry for entry in found if not entry.variable.sensitive]
    first = [entry for entry in open_ones if _urgent(entry)]
    first.sort(key=lambda entry: ON_TOP.index(entry.variable.name) if entry.variable.name in ON_TOP else 99)
    rest = [entry for entry in open_ones if entry not in first]
    answers = dict((yield _ask(first, rest)))
    if answers.get(OTHERS) == YES:
        answers |= yield Ask(
            tuple(_question(entry) for entry in rest),
            title="The other variables",
            reason="Only what you change is written.",
            settled=True,
        )
    return _answered(edit, [*first, *rest], answers)


def _urgent(entry: Entry) -> bool:
    """Of this journey, or Terraform would stop at it."""
    return entry.variable.name in ON_TOP or not entry.literal or bool(entry.fault(entry.shown))


def _ask(first: Sequence[Entry], rest: Sequence[Entry]) -> Ask:
    questions = [_question(entry) for entry in first]
    if rest:
        names = ", ".join(entry.variable.name for entry in rest)
        choices = (Choice(NO, "Go on"), Choice(YES, f"Show {plural(len(rest), 'more variable')}", names))
        questions.append(
            Question(OTHERS, "The rest", Kind.CHOICE, choices=choices, default=NO, remember=False)
        )
    return Ask(
        tuple(questions),
        title="The module's variables",
        reason="Only what you change is written.",
        more=OTHERS if rest else "",
        settled=True,
    )


def _question(entry: Entry) -> Question:
    return Question(
        entry.variable.name,
        entry.label,
        help=entry.about,
        default=entry.shown,
        check=entry.fault,
        preview=entry.preview,
        optional=entry.optional,
        remember=False,
    )


def _answered(edit: Edit, entries: Sequence[Entry], answers: Answers) -> Edit:
    """The edit, and on top of it every answer that differs from what was shown."""
    document, notes = edit.after, list(edit.notes)
    for entry in entries:
        answer = answers.get(entry.variable.name, entry.shown)
        if answer != entry.shown:
            change = editor.set_value(document, entry.variable.name, entry.spelled(answer))
            document, notes = change.after, [*notes, *change.notes]
    return type(edit)(edit.document, document, tuple(notes))


def _warnings(path: Path, edit: Edit, services: Services) -> list[str]:
    found = list(edit.notes)
    for name in _changed(edit) or [NAME]:
        found += values.warnings(path.parent, name, services.environ)
    found += [*edit.after.objections(), *values.placeholders(edit.after_text)]
    catalog = editor.get(edit.after, "uc_external_id") or '""'
    role = editor.get(edit.after, "uc_master_role_arn") or "x" * 80
    size = trust_size.warning(editor.strings(edit.after, NAME), catalog.strip('"'), role.strip('"'))
    return [*dict.fromkeys(found), *([size] if size else [])]


def _changed(edit: Edit) -> list[str]:
    """The names whose values differ, in the file's order."""
    names = [argument.name for argument in edit.after.tree.arguments]
    return [name for name in names if editor.get(edit.after, name) != editor.get(edit.document, name)]


def _ids(edit: Edit) -> str:
    return editor.get(edit.after, NAME) or "[]"


def _listed(path: Path, ids: Sequence[str]) -> Finding:
    return Finding(
        "variables.ids",
        f"{NAME} in {path.name}",
        Verdict.PROVEN,
        json.dumps(list(ids)),
        group="terraform.tfvars",
    )


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
