"""The implementation status: what is complete, what blocks, what comes next, in Markdown and as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.core.chain import Chain, Link
from wizard.core.facts import (
    Applied,
    AwsIdentity,
    Connected,
    DataProven,
    Facts,
    Machine,
    PermissionsProven,
    VariablesWritten,
    WarehouseRunning,
    WorkspaceProven,
)
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.text import clean, one_line, plural

if TYPE_CHECKING:
    from wizard.services import Services
    from wizard.services.terraform import state
    from wizard.steps.step import Step
else:
    state = lazy("wizard.services.terraform.state")

SOURCES = (
    (
        "Trust policy, instance profile and S3",
        "https://docs.databricks.com/en/connect/storage/tutorial-s3-instance-profile.html",
    ),
    ("Serverless SQL", "https://docs.databricks.com/aws/en/admin/sql/serverless"),
    (
        "The SQL configuration of a workspace",
        "https://docs.databricks.com/aws/en/admin/sql/data-access-configuration",
    ),
    ("Registering an instance profile", "https://docs.databricks.com/api/workspace/instanceprofiles/add"),
    ("Running a statement", "https://docs.databricks.com/api/workspace/statementexecution"),
)
FLOW = """\
your query
  → SQL warehouse (serverless, in Databricks' AWS account)
  → SQL configuration of the workspace: names the instance profile
  → registration: the instance profile stands for the role
  → sts:AssumeRole by serverless-customer-resource-role, External ID databricks-serverless-<workspace id>
  → IAM role in your account: its policies, the bucket's policy, LakeFormation's grants
  → S3 and the Glue Data Catalog"""


@dataclass(frozen=True)
class Report:
    """Everything the report says, before it is worded."""

    at: datetime
    facts: Facts
    when: Mapping[type, datetime]
    """When each fact was last proven."""
    chain: Chain
    steps: Sequence[Step[Any]]
    resources: tuple[tuple[str, str], ...] = ()
    """(address, name) of what Terraform's state holds."""
    files: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    """(file or document that was changed, its backups)."""

    @property
    def status(self) -> str:
        """`complete`, `blocked`, `not fully known` or `in progress`."""
        if self.chain.first_broken is not None:
            return "blocked"
        if any(step.fact not in self.facts for step in self.steps):
            return "in progress"
        return "complete" if self.chain.whole else "not fully known"

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "complete": [
                {"step": step.id, "title": step.title, "at": self.when[step.fact].isoformat(), "said": said}
                for step, said in self._done()
            ],
            "open": [step.id for step in self._open()],
            "blocked": [_blocked(link) for link in self._blocked()],
            "next": self.next_steps(),
            "chain": self.chain.as_dict(),
            "files": [{"file": file, "backups": list(backups)} for file, backups in self.files],
            "resources": [{"address": address, "name": name} for address, name in self.resources],
            "tests": self.tests(),
            "technical_notes": FLOW.splitlines(),
            "sources": [{"title": title, "url": url} for title, url in SOURCES],
        }

    def markdown(self) -> str:
        """The same, to be read and handed on."""
        parts = [
            f"# Implementation status: {self.status}\n\n{self._head()}",
            _section("Complete", [f"- **{step.title}**: {_inline(said)}" for step, said in self._done()]),
            _section("Blocked", [line for link in self._blocked() for line in _blocked_lines(link)]),
            _section("Next steps", _numbered(self.next_steps())),
            _section("The chain, joint by joint", _table(self.chain)),
            _section(
                "Files changed", [line for file, backups in self.files for line in _file(file, backups)]
            ),
            _section("Resources made", [f"- `{address}`: {_code(name)}" for address, name in self.resources]),
            _section("Tests", [f"- {line}" for line in self.tests()]),
            _section("Technical notes", ["```text", *FLOW.splitlines(), "```"]),
            _section("Sources", [f"- [{title}]({url})" for title, url in SOURCES]),
        ]
        return "\n\n".join(parts) + "\n"

    def next_steps(self) -> list[str]:
        """What to do, in order; a command stands alone in its entry."""
        todo: list[str] = []
        for link in self._blocked():
            problem = link.finding.problem
            if problem is not None:
                todo.append(f"{problem.remedy} (joint {link.joint.number}; {problem.who})")
                todo += [problem.copy] if problem.copy else []
        pending = self._open()
        if pending:
            todo += [f"htd-wizard run    # goes on with: {pending[0].title}"]
        elif self._blocked():
            todo.append(f"htd-wizard run    # step {self._blocked()[0].step}")
        todo.append("htd-wizard check")
        warehouse = self.facts.get(WarehouseRunning)
        if warehouse is not None and not self._blocked():
            applied = self.facts.get(Applied)
            database = applied.output("glue_database") if applied else ""
            glue = f" HIVE_TO_DELTA_TEST_GLUE_DATABASE={database}" if database else ""
            todo.append(f"HIVE_TO_DELTA_TEST_WAREHOUSE_ID={warehouse.id}{glue} make test")
        return todo

    def tests(self) -> list[str]:
        """What is known of the operator's own tests."""
        data = self.facts.get(DataProven)
        if data is None:
            return ["No query has read data yet."]
        lines = [f"`{data.statement}` returned {plural(data.rows, 'row')} in {data.seconds:.1f} s."]
        if not data.tests:
            return [*lines, "Your own tests were not run by the wizard."]
        said = f"{data.passed} passed, {data.failed} failed, {data.skipped} skipped"
        return [*lines, f"`{data.tests}`: {said}."]

    def _head(self) -> str:
        who, where = self.facts.get(AwsIdentity), self.facts.get(WorkspaceProven)
        lines = [f"Seen {self.at:%Y-%m-%d %H:%M} UTC by htd-wizard. {_inline(self.chain.verdict())}"]
        if who is not None:
            lines.append(f"AWS account {who.account}, region {who.region}, as `{who.arn}`.")
        if where is not None:
            lines.append(
                f"Workspace {where.host} ({where.workspace_id}), warehouse {_inline(where.warehouse_name)}."
            )
        return "\n".join(lines)

    def _done(self) -> list[tuple[Step[Any], str]]:
        return [
            (step, f"{_said(self.facts, step.fact)} ({self.when[step.fact]:%Y-%m-%d %H:%M} UTC)")
            for step in self.steps
            if step.fact in self.facts
        ]

    def _open(self) -> list[Step[Any]]:
        return [step for step in self.steps if step.fact not in self.facts]

    def _blocked(self) -> list[Link]:
        return [link for link in self.chain.links if link.broken]


def gather(
    facts: Facts,
    when: Callable[[type], datetime | None],
    chain: Chain,
    steps: Sequence[Step[Any]],
    services: Services,
) -> Report:
    """The report from what is remembered, what was just seen, and the files beside the module."""
    proven = {step.fact: at for step in steps if (at := when(step.fact)) is not None}
    machine = facts.get(Machine)
    resources: tuple[tuple[str, str], ...] = ()
    if machine is not None:
        try:
            held = state.read(Path(machine.module), services.environ)
        except Problem:
            held = None
        resources = tuple(
            (each.address, each.name) for each in (held.resources if held else ()) if each.exists
        )
    files = _changed(facts, services.paths.state / "backups")
    return Report(services.now(), facts, proven, chain, tuple(steps), resources, files)


def _changed(facts: Facts, backups: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    changed: list[tuple[str, tuple[str, ...]]] = []
    written, connected, where = facts.get(VariablesWritten), facts.get(Connected), facts.get(WorkspaceProven)
    if written is not None:
        path = Path(written.path)
        kept = sorted(str(each) for each in path.parent.glob(f"{path.name}.*.backup"))
        changed.append((written.path, tuple(kept)))
    if connected is not None and where is not None:
        kept = sorted(str(each) for each in backups.glob("sql-config-*.json"))
        changed.append((f"SQL configuration of {where.host}", tuple(kept)))
    return tuple(changed)


def _said(facts: Facts, kind: type) -> str:
    """What a fact says, in a few words."""
    match facts.get(kind):
        case AwsIdentity(account=account, source=source):
            return f"account {account}, {source}"
        case PermissionsProven(proven=proven, predicted=predicted, unknown=unknown):
            return f"{proven} proven, {predicted} predicted, {unknown} could not be checked"
        case WorkspaceProven(host=host, workspace_id=number, warehouse_name=name):
            return f"{host}, id {number}, warehouse {name}"
        case VariablesWritten(path=path, external_ids=ids):
            return f"{', '.join(ids)} in {path}"
        case Applied(engine=engine, engine_version=version, added=added, changed=changed, destroyed=gone):
            return f"{added} added, {changed} changed, {gone} destroyed, by {engine} {version}"
        case Connected(instance_profile_arn=arn, security_policy=policy):
            return f"{arn}, security policy {policy}"
        case WarehouseRunning(name=name, state=running, health=health):
            return f"{name} {running} {health}".rstrip()
        case DataProven(location=location, rows=rows):
            return f"{plural(rows, 'row')} from {location}"
    return "done"


def _blocked(link: Link) -> dict[str, object]:
    problem = link.finding.problem
    return {
        "joint": link.joint.number,
        "what": problem.what if problem else link.finding.title,
        "why": problem.why if problem else link.finding.evidence,
        "remedy": problem.remedy if problem else "",
        "who": str(problem.who) if problem else "",
        "step": link.step,
        "copy": problem.copy if problem else "",
        "evidence": link.finding.evidence,
    }


def _blocked_lines(link: Link) -> list[str]:
    said = _blocked(link)
    lines = [
        f"- **Joint {said['joint']}: {_inline(said['what'])}** {_inline(said['why'])}",
        f"  - What to do: {_inline(said['remedy'])}",
        f"  - Who can do it: {said['who']}",
        f"  - Seen: {_code(said['evidence'])}",
    ]
    if said["copy"]:
        lines += ["", "  ```", *(f"  {line}" for line in str(said["copy"]).splitlines()), "  ```"]
    return lines


def _table(chain: Chain) -> list[str]:
    rows = [
        f"| {link.joint.number} | {_inline(link.finding.title)} | {link.finding.verdict.word} "
        f"| {_inline(link.finding.evidence)} |"
        for link in chain.links
    ]
    return ["| | Joint | Verdict | What was read |", "|---|---|---|---|", *rows] if rows else []


def _file(file: str, backups: tuple[str, ...]) -> list[str]:
    return [f"- `{file}`", *(f"  - backup: `{each}`" for each in backups)]


def _numbered(todo: list[str]) -> list[str]:
    lines: list[str] = []
    number = 0
    for entry in todo:
        if "\n" in entry:
            lines += ["", "   ```", *(f"   {line}" for line in entry.splitlines()), "   ```", ""]
            continue
        number += 1
        command = entry.startswith(("htd-wizard ", "HIVE_TO_DELTA", "aws ", "databricks "))
        lines.append(f"{number}. {_code(entry) if command else _inline(entry)}")
    return lines


def _section(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + ("\n".join(lines) if lines else "Nothing.")


def _inline(text: object) -> str:
    """Text from outside within a line of Markdown: no markup of its own, no row of a table ended."""
    plain = one_line(clean(str(text)), 1000)
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "|"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def _code(text: object) -> str:
    return f"`{one_line(clean(str(text)), 1000).replace('`', chr(39))}`"
