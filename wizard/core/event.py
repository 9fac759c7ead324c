"""Moments in a running step. A step yields them, a front end shows them, the journal keeps them.

Two of them expect something back: `Ask` is sent the answers, `Wait` resumes after the given time (the driver
waits, never the step, so that waiting can always be cut short).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from wizard.core.chain import Chain
from wizard.core.finding import Finding
from wizard.core.question import Answers, Question
from wizard.core.redact import Sealed

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Phase:
    """A named stretch of work begins; it ends with the next phase or with the step."""

    title: str
    """What is being done, in the present: "Asking AWS who you are"."""
    command: str = ""
    """The exact command that does it, when a person could type one."""
    output: str = ""
    """File that holds all that the command prints."""


@dataclass(frozen=True)
class Line:
    """A line for the log."""

    text: str
    level: Level = "info"
    source: str = ""
    """What it is about: a resource address, a service."""


@dataclass(frozen=True)
class Progress:
    """So many of so many are done."""

    done: int
    total: int
    """0: nobody can tell."""
    label: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing to do for `seconds`; `reason` is shown when it is long."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class Ask:
    """One or more questions to be answered together, with the reason they are asked."""

    questions: tuple[Question, ...]
    title: str = ""
    reason: str = ""
    submit: str = "Continue"
    command: tuple[str, ...] = ()
    """Instead of asking, the terminal is lent to this command; its exit status answers the one question."""
    more: str = ""
    """Key of the one question that only opens more questions; a screen gives it a key instead of a field."""
    settled: bool = False
    """The defaults will do: who changes none of them accepts all of them at once."""


@dataclass(frozen=True)
class DeviceCode:
    """A sign-in that waits for a browser: a code to compare and approve there."""

    user_code: str
    """Empty where there is nothing to compare: the browser on this computer comes back by itself."""
    url: str
    url_complete: str
    expires_at: datetime


@dataclass(frozen=True)
class Diff:
    """A change to a document, before it is made."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class ResourceChange:
    """One resource in a plan."""

    address: str
    action: Literal["create", "update", "replace", "delete", "read", "import", "no-op", "move", "forget"]
    purpose: str = ""
    """What the resource is for, in a few words."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """(attribute, before, after) of what changes; sensitive values are already masked."""
    unchanged: int = 0
    """Attributes that stay as they are."""
    reason: str = ""
    """Why it is replaced or destroyed, in words."""
    leftover: bool = False
    """An earlier run left it half-made, and it is made anew."""
    policies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(attribute, lines): what changes in a policy, statement by statement, each line marked `+`, `-`, `~`, `=`."""
    sealed: tuple[tuple[str, Sealed, Sealed], ...] = ()
    """(attribute, before, after) behind the masks in `changes`."""


@dataclass(frozen=True)
class Planned:
    """A whole plan to be read before a yes."""

    changes: tuple[ResourceChange, ...]
    add: int
    change: int
    destroy: int
    warnings: tuple[str, ...] = ()
    outputs: tuple[tuple[str, str, str], ...] = ()
    """(name, before, after) of the module's outputs that change."""
    drift: tuple[ResourceChange, ...] = ()
    """What differs in AWS from what the last apply left, and is not among the changes: mostly noise."""
    command: str = ""
    """What applies exactly this plan."""

    @property
    def destroys(self) -> tuple[ResourceChange, ...]:
        """What is destroyed or replaced without an earlier run being the reason."""
        return tuple(c for c in self.changes if c.action in ("delete", "replace") and not c.leftover)


@dataclass(frozen=True)
class ResourceRow:
    """The state of one resource while Terraform runs."""

    address: str
    action: str
    state: Literal["waiting", "running", "done", "failed"]
    seconds: float = 0.0
    text: str = ""
    unsure: bool = False
    """It was cut short: nobody knows whether AWS had done it."""


@dataclass(frozen=True)
class WarehouseSeen:
    """One look at the warehouse."""

    id: str
    name: str
    state: str
    """As Databricks spells it: STOPPED, STARTING, RUNNING, …"""
    health: str
    """HEALTHY, DEGRADED, FAILED, or empty when not reported."""
    elapsed: float
    """Seconds since the start was asked for."""
    note: str = ""
    """One calm sentence about it: slow, late, what the failure means."""
    details: tuple[tuple[str, str], ...] = ()
    """(name, value) worth showing: size, type, clusters, sessions, auto stop."""
    next_look: float = 0.0
    """Seconds until the next look; 0 when there is none."""
    typical: tuple[float, float] = (0.0, 0.0)
    """Seconds that a start usually takes, from and to; both 0 when not known."""
    typical_from: str = ""
    """Where that is known from: `your last 5 starts`."""
    cost: str = ""
    """One line that estimates what it costs to run."""


@dataclass(frozen=True)
class Table:
    """Rows that a query returned, or a list to read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(default=())
    note: str = ""


@dataclass(frozen=True)
class Noted:
    """Something that was done and must be remembered whatever comes next; it is kept at once, and not shown."""

    fact: object


@dataclass(frozen=True)
class Forgotten:
    """Facts that are true no more, because what they say was taken back; the record loses them at once."""

    kinds: tuple[type, ...]


Event = (
    Phase
    | Line
    | Progress
    | Wait
    | Ask
    | Finding
    | DeviceCode
    | Diff
    | Planned
    | ResourceRow
    | WarehouseSeen
    | Chain
    | Table
    | Noted
    | Forgotten
)

F = TypeVar("F")
Run = Generator[Event, Answers, F]
"""What a step's `run` is: yields events, is sent answers, returns its fact."""
Work = Generator[Event, Any, F]
"""A stretch of a run that asks nothing; services write these and steps `yield from` them."""
