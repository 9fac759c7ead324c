"""The implementation status: what is complete, what blocks and who can unblock it, what comes next.

Here it is gathered; `report_words` puts it in Markdown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
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
    VariablesWritten,
    WarehouseRunning,
    WorkspaceProven,
)
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who

if TYPE_CHECKING:
    from wizard.services import Services
    from wizard.services.terraform import state
    from wizard.steps.step import Step
else:
    state = lazy("wizard.services.terraform.state")


@dataclass(frozen=True)
class Blocker:
    """One thing that stands in the way, and who can take it away."""

    where: str
    """`joint 4` or `step permissions`."""
    what: str
    why: str
    remedy: str
    who: str
    step: str
    """Id of the step that mends it."""
    copy: str = ""
    """A command or a policy, whole."""
    message: str = ""
    """A letter to whoever can mend it."""
    evidence: tuple[str, ...] = ()
    since: str = ""
    """ISO 8601."""


@dataclass(frozen=True)
class Next:
    """One thing to do."""

    what: str
    who: str
    commands: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    """What a person would type instead."""


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
    """(file or document that was changed, its backups, oldest first)."""
    stopped: Mapping[str, tuple[datetime, Problem]] = field(default_factory=dict)
    """Id of a step -> when and why it last stopped."""
    deployment: str = "default"

    @property
    def status(self) -> str:
        """`complete`, `blocked`, `not fully known` or `in progress`."""
        if self.blockers():
            return "blocked"
        if self.chain.whole:
            return "complete"
        return "in progress" if self.open() or not self.chain.links else "not fully known"

    def done(self) -> list[Step[Any]]:
        """Steps that were proven, and when is known."""
        return [step for step in self.steps if step.fact in self.facts and step.fact in self.when]

    def open(self) -> list[Step[Any]]:
        """Steps that are still to be done; none where the wizard never began."""
        if Machine not in self.facts and not self.when:
            return list(self.steps) if not self.chain.of else []
        return [step for step in self.steps if step.fact not in self.facts]

    def blockers(self) -> list[Blocker]:
        """Why the journey stopped, then every joint that is broken and should hold by now."""
        pending = {step.id for step in self.open()}
        found = [_stopped(step, *self.stopped[step.id]) for step in self.open() if self._stands(step)]
        # What a later step makes is no break before that step's turn.
        found += [_broken(link) for link in self.chain.links if link.broken and link.step not in pending]
        return found

    def next_steps(self) -> list[Next]:
        """What to do, in order."""
        more = "" if self.deployment == "default" else f" --deployment {shlex.quote(self.deployment)}"
        todo = [Next(each.remedy, each.who, self._by_hand(each)) for each in self.blockers()]
        pending = self.open()
        if pending:
            first = pending[0]
            todo.append(
                Next(
                    f"Go on with the step {first.title}.",
                    str(Who.YOU),
                    (f"htd-wizard run{more}",),
                    self._typed(first),
                )
            )
        elif todo:
            todo.append(
                Next("Then let the wizard go on from there.", str(Who.YOU), (f"htd-wizard run{more}",))
            )
        todo.append(
            Next("Look at the whole chain; this changes nothing.", str(Who.YOU), (f"htd-wizard check{more}",))
        )
        if not self.blockers() and WarehouseRunning in self.facts:
            todo += self._afterwards(more)
        return todo

    def tests(self) -> dict[str, Any]:
        """What is known of the proof and of the operator's own tests."""
        data = self.facts.get(DataProven)
        if data is None:
            return {}
        found: dict[str, Any] = {
            "statement": data.statement,
            "location": data.location,
            "rows": data.rows,
            "seconds": round(data.seconds, 3),
        }
        if data.tests:
            found["own"] = {
                "command": data.tests,
                "folder": data.folder,
                "passed": data.passed,
                "failed": data.failed,
                "skipped": data.skipped,
                "expected": data.expected or data.passed + data.failed + data.skipped,
                "kinds": [
                    dict(zip(("kind", "passed", "failed", "skipped"), row, strict=False))
                    for row in data.kinds
                ],
                "failures": [{"test": test, "why": why} for test, why in data.failures],
            }
        return found

    def names(self) -> dict[str, str]:
        """The parts of the architecture by their own names; empty ones are not known yet."""
        applied, where = self.facts.get(Applied), self.facts.get(WorkspaceProven)
        output = applied.output if applied else (lambda _: "")
        number = where.workspace_id if where else ""
        number = number or (self.chain.of[2] if len(self.chain.of) > 2 else "")
        return {
            "warehouse": where.warehouse_id if where else "",
            "workspace": where.host if where else "",
            "workspace_id": number,
            "profile": output("instance_profile_arn"),
            "role": output("role_arn"),
            "external_id": f"databricks-serverless-{number}" if number else "",
            "location": output("proof_location"),
            "database": output("glue_database"),
        }

    def _stands(self, step: Step[Any]) -> bool:
        """It stopped, and nothing it rests on was proven anew since: another sign-in may do better."""
        if step.id not in self.stopped:
            return False
        at = self.stopped[step.id][0]
        return not any(self.when[need] > at for need in step.needs if need in self.when)

    def _typed(self, step: Step[Any]) -> tuple[str, ...]:
        """What a person would type instead of the wizard."""
        return tuple(step.equivalent(self.facts))

    def _by_hand(self, blocker: Blocker) -> tuple[str, ...]:
        if blocker.copy and "\n" not in blocker.copy and not blocker.copy.startswith("{"):
            return (blocker.copy,)
        step = next((each for each in self.steps if each.id == blocker.step), None)
        return (
            self._typed(step) if step is not None and blocker.who == str(Who.YOU) and not blocker.copy else ()
        )

    def _afterwards(self, more: str) -> list[Next]:
        data, warehouse = self.facts.get(DataProven), self.facts.need(WarehouseRunning)
        environ = {
            "HIVE_TO_DELTA_TEST_WAREHOUSE_ID": warehouse.id,
            "HIVE_TO_DELTA_TEST_GLUE_DATABASE": self.names()["database"],
            "AWS_PROFILE": _profile(self.facts.get(AwsIdentity)),
            "DATABRICKS_CONFIG_PROFILE": _profile(self.facts.get(WorkspaceProven)),
        }
        setting = " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items() if value)
        command = data.tests if data and data.tests else "make test"
        there = f"cd {shlex.quote(data.folder)} && " if data and data.folder else ""
        lost = f" {data.failed} of them failed." if data and data.failed else ""
        return [
            Next(
                f"Run your own tests{' again' if lost else ''}.{lost}",
                str(Who.YOU),
                (f"{there}{setting} {command}",),
            ),
            Next(
                "When it is no longer needed, take it all back; each change is asked.",
                str(Who.YOU),
                (f"htd-wizard undo{more}",),
            ),
        ]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        from wizard.steps import report_words

        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "deployment": self.deployment,
            "names": self.names(),
            "complete": [
                {
                    "step": step.id,
                    "title": step.title,
                    "at": self.when[step.fact].isoformat(),
                    "said": report_words.said(self.facts, step.fact),
                }
                for step in self.done()
            ],
            "open": [step.id for step in self.open()],
            "blocked": [asdict(each) for each in self.blockers()],
            "next": [asdict(each) for each in self.next_steps()],
            "chain": self.chain.as_dict(),
            "files": [{"file": file, "backups": list(backups)} for file, backups in self.files],
            "resources": [{"address": address, "name": name} for address, name in self.resources],
            "tests": self.tests(),
            "technical_notes": report_words.flow(self).splitlines(),
            "sources": [{"title": title, "url": url} for title, url in report_words.SOURCES],
        }

    def markdown(self) -> str:
        """The same, to be read and handed on."""
        from wizard.steps import report_words

        return report_words.markdown(self)


def gather(
    facts: Facts,
    when: Callable[[type], datetime | None],
    chain: Chain,
    steps: Sequence[Step[Any]],
    services: Services,
    stopped: Mapping[str, tuple[datetime, Problem]] | None = None,
    folder: Path | None = None,
) -> Report:
    """The report from what is remembered, what was just seen, and the files beside the module.

    `folder` is where the state is, when another module than the remembered one was pointed at.
    """
    proven = {step.fact: at for step in steps if (at := when(step.fact)) is not None}
    machine = facts.get(Machine)
    place = folder or (Path(machine.module) if machine else None)
    try:
        held = state.read(place, services.environ) if place else None
    except Problem:
        held = None
    resources = tuple((each.address, each.name) for each in (held.resources if held else ()) if each.exists)
    files = _changed(facts, services.paths.state / "backups")
    return Report(
        services.now(),
        facts,
        proven,
        chain,
        tuple(steps),
        resources,
        files,
        stopped or {},
        services.deployment,
    )


def _changed(facts: Facts, backups: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    changed: list[tuple[str, tuple[str, ...]]] = []
    written, connected, where = facts.get(VariablesWritten), facts.get(Connected), facts.get(WorkspaceProven)
    if written is not None:
        path = Path(written.path)
        kept = sorted(str(each) for each in path.parent.glob(f"{path.name}.*.backup"))
        changed.append((written.path, tuple(kept)))
    if connected is not None and where is not None:
        kept = sorted(str(each) for each in backups.glob(f"sql-config-{where.host}-*.json"))
        changed.append((f"SQL configuration of {where.host}", tuple(kept)))
    return tuple(changed)


def _stopped(step: Step[Any], at: datetime, problem: Problem) -> Blocker:
    return Blocker(
        f"step {step.id}",
        problem.what,
        problem.why,
        problem.remedy,
        str(problem.who),
        problem.step or step.id,
        problem.copy,
        problem.message,
        problem.evidence[:12],
        at.isoformat(),
    )


def _broken(link: Link) -> Blocker:
    problem, evidence = link.finding.problem, link.finding.evidence
    return Blocker(
        f"joint {link.joint.number}",
        problem.what if problem else link.finding.title,
        problem.why if problem else evidence,
        problem.remedy if problem else "",
        str(problem.who if problem else Who.YOU),
        link.step,
        problem.copy if problem else "",
        problem.message if problem else "",
        tuple(line for line in (evidence, *(problem.evidence if problem else ())) if line)[:12],
        link.since.isoformat(),
    )


def _profile(fact: AwsIdentity | WorkspaceProven | None) -> str:
    """`prod` of "profile prod (SSO)"; empty where the credentials came from elsewhere."""
    found = re.match(r"profile (\S+)", fact.source) if fact else None
    return found[1] if found else ""
