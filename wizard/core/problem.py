"""Why a step could not go on, in words an operator can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """The person who can mend a problem."""

    YOU = "you"
    AWS_ADMIN = "an AWS administrator"
    LAKE_ADMIN = "a LakeFormation administrator"
    ORG_ADMIN = "an administrator of the AWS organisation"
    WORKSPACE_ADMIN = "a Databricks workspace administrator"
    DATABRICKS = "Databricks"


@dataclass(eq=False)
class Problem(Exception):
    """What happened, why, what to do and who can do it. Raised by services and steps, shown by front ends."""

    code: str
    """Stable dotted name, for tests and scripts: `aws.sso.expired`."""
    what: str
    """One sentence: what happened."""
    why: str
    """One sentence: the reason, as far as it is known."""
    remedy: str
    """What to do next, as an instruction."""
    who: Who = Who.YOU
    evidence: tuple[str, ...] = ()
    """What the other side said, cleaned; shown on request."""
    copy: str = ""
    """A command or policy statement to copy, whole."""
    step: str = ""
    """Id of the step where it can be mended, when that is another one."""
    message: str = ""
    """A letter to whoever can mend it, ready to send; empty where the operator can."""
    excerpt: tuple[str, ...] = ()
    """Where it stands in a file: the place, the line, a caret below it."""
    again: str = ""
    """What trying again does, for its button: "Plan again"."""
    opens: str = ""
    """`PATH:LINE` of the file to mend."""
    also: tuple[Problem, ...] = ()
    """What else went wrong in the same run, each with its own way out."""

    def __str__(self) -> str:
        return f"{self.what} {self.why}".strip()

    def lines(self, copy_lines: int = 10_000) -> list[str]:
        """The problem as plain lines, the way it is printed outside the full screen.

        At most `copy_lines` lines of what there is to copy are among them.
        """
        lines = [f"✗ {self.what}"]
        lines += [f"  │ {line}" for line in self.excerpt]
        if self.opens:
            lines.append(f"  The line: {self.opens}")
        if self.why:
            lines.append(f"  Why: {self.why}")
        lines.append(f"  What to do: {self.remedy}")
        lines.append(f"  Who can do it: {self.who}")
        lines += [f"  Said: {line}" for line in self.evidence]
        if self.copy:
            whole = self.copy.splitlines()
            lines += ["  To copy:", *(f"    {line}" for line in whole[:copy_lines])]
            if len(whole) > copy_lines:
                lines.append(f"    … and {len(whole) - copy_lines} more lines")
        for other in self.also:
            lines += [f"  {line}" for line in other.lines(copy_lines)]
        return lines

    def as_dict(self) -> dict[str, object]:
        """For `--json` and the journal."""
        return {
            "code": self.code,
            "what": self.what,
            "why": self.why,
            "remedy": self.remedy,
            "who": str(self.who),
            "evidence": list(self.evidence),
            "copy": self.copy,
            "message": self.message,
            "step": self.step,
            "excerpt": list(self.excerpt),
            "opens": self.opens,
            "also": [other.as_dict() for other in self.also],
        }


@dataclass(frozen=True)
class StoppedAt:
    """Where the journey stopped, for whoever takes it up."""

    step: str
    fact: type
    """What the step would have proven; once it is, this is history."""
    problem: Problem


class Cancelled(Exception):
    """The operator stopped a running step. Nothing is wrong."""
