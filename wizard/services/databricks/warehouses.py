"""SQL warehouses: listing, starting, stopping, and following a start to RUNNING and healthy.

The following is written on raw answers because the SDK's waiter takes a late STOPPED for a failure, ignores ill
health, and learns of a failed launch only when its 20 minutes are over.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import TYPE_CHECKING

from wizard.core.event import Line, Wait, Work
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
from wizard.services.databricks import health
from wizard.services.databricks.warehouse import Warehouse, failure, look, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.services.databricks.client import Workspace
    from wizard.services.databricks.starts import Typical

__all__ = ["End", "Warehouse", "failure", "findings", "follow", "get", "listed", "look", "start", "stop"]

_ROOT = "/api/2.0/sql/warehouses"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
GRACE = 30.0
"""Seconds during which STOPPED may still be an old answer."""
_SOON = 10.0
"""Seconds during which it is looked at twice a second."""
SLOW, LATE, GIVE_UP = 60.0, 180.0, 600.0
"""Seconds after which a start is slow, late, and no longer waited for. Serverless usually takes 2 to 20."""
ILL_GRACE = 60.0
"""Seconds a warehouse may run with ill health before that counts as its answer."""
SILENCE = 120.0
"""Seconds without an answer after which the workspace counts as unreachable."""
_NO_ANSWER = (
    "databricks.unreachable",
    "databricks.silent",
    "databricks.busy",
    "databricks.not_json",
    "databricks.internal_error",
    "databricks.temporarily_unavailable",
)
"""They say something about the way there, nothing about the warehouse."""
_MOST_STARTS = 2
_LOOKS_DOWN = 60
DOWN = ("STOPPED", "STOPPING", "DELETING", "DELETED")
"""States in which there is nothing left to stop."""
_MOST_PAGES = 50


@dataclass(frozen=True)
class End:
    """A start that succeeded."""

    warehouse: Warehouse
    seconds: float
    path: tuple[tuple[str, float], ...] = ()
    """(state and health, seconds it lasted), in order."""


@dataclass
class _Watch:
    """What is remembered between two looks."""

    begun: float
    moved: bool = False
    """True once it was seen in another state than STOPPED: from then on STOPPED is news."""
    stopping: bool = False
    starts: int = 0
    ill_since: float | None = None
    silent_since: float | None = None
    last: Warehouse | None = None
    path: list[tuple[str, float]] = field(default_factory=list)
    """(state and health, seconds since the start when it was first seen)."""

    def note(self, seen: Warehouse, elapsed: float) -> None:
        """Remembers one look."""
        self.last, self.silent_since = seen, None
        stage = f"{seen.state or 'UNKNOWN'} {seen.health}".strip()
        if not self.path or self.path[-1][0] != stage:
            self.path.append((stage, elapsed))

    def lasted(self, elapsed: float) -> tuple[tuple[str, float], ...]:
        """Every stage with the seconds it lasted."""
        ends = [began for _, began in self.path[1:]] + [elapsed]
        return tuple((stage, end - began) for (stage, began), end in zip(self.path, ends, strict=True))


def listed(workspace: Workspace) -> list[Warehouse]:
    """The warehouses the caller can see, serverless ones first, then by name. Raises Problem."""
    seen: list[Warehouse] = []
    page = ""
    for _ in range(_MOST_PAGES):
        answer = workspace.get(_ROOT, {"page_token": page} if page else None)
        entries = answer.get("warehouses")
        seen += [read(e) for e in (entries if isinstance(entries, list) else []) if isinstance(e, dict)]
        following = answer.get("next_page_token")
        if not isinstance(following, str) or not following or following == page:
            break
        page = following
    return sorted(seen, key=lambda w: (not w.serverless, w.name.lower(), w.id))


def get(workspace: Workspace, warehouse_id: str) -> Warehouse:
    """One warehouse. Raises Problem."""
    try:
        return read(workspace.get(_path(warehouse_id)))
    except Problem as problem:
        raise _named(problem, warehouse_id) from problem


def start(workspace: Workspace, warehouse_id: str) -> bool:
    """Asks for a start; harmless when it runs or starts already. Raises Problem.

    False when Databricks refused because it was still stopping: `follow`, told so, starts it once it has stopped.
    """
    try:
        workspace.post(f"{_path(warehouse_id)}/start", {})
    except Problem as problem:
        refused = problem.code.startswith("databricks.") and problem.code not in (
            "databricks.not_found",
            "databricks.warehouse_denied",
            "databricks.not_admin",
            "databricks.token",
        )
        if refused and get(workspace, warehouse_id).state == "STOPPING":
            return False
        raise _named(problem, warehouse_id) from problem
    return True


def stop(workspace: Workspace, warehouse_id: str) -> None:
    """Asks for a stop; harmless when it is stopped already. Raises Problem."""
    try:
        workspace.post(f"{_path(warehouse_id)}/stop", {})
    except Problem as problem:
        raise _named(problem, warehouse_id, "CAN_MANAGE") from problem


def until_down(workspace: Workspace, warehouse_id: str) -> Work[bool]:
    """Looks until the warehouse has stopped, a minute at most; True when it was seen down. Raises Problem."""
    for seconds in range(_LOOKS_DOWN):
        seen = get(workspace, warehouse_id)
        yield look(seen, float(seconds))
        if seen.state in DOWN and seen.state != "STOPPING":
            return True
        yield Wait(1.0)
    return False


def findings(workspace: Workspace, warehouse_id: str) -> list[Finding]:
    """Whether the warehouse runs and is healthy now. Raises Problem when it cannot be asked."""
    return [finding(get(workspace, warehouse_id))]


def finding(seen: Warehouse) -> Finding:
    """`chain.warehouse`: whether what was seen runs and is healthy."""
    title = f"The warehouse {seen.name} runs and is healthy"
    said = f"it {health.words(seen.state, seen.health)}"
    if seen.healthy:
        return Finding("chain.warehouse", title, Verdict.PROVEN, said)
    if seen.reason_code or seen.health == "FAILED":
        problem = failure(seen)
    else:
        problem = Problem(
            code="warehouse.not_running",
            what=f"The warehouse {seen.name} {health.STATE_WORDS.get(seen.state, 'does not run')}.",
            why="A warehouse stops by itself when nobody uses it.",
            remedy="Start it in the step Start the warehouse.",
            step="warehouse",
        )
    return Finding("chain.warehouse", title, Verdict.GAP, said, problem)


def follow(
    workspace: Workspace,
    warehouse_id: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    already: float = 0.0,
    stopping: bool = False,
    typical: Typical | None = None,
) -> Work[End]:
    """Looks again and again; yields what is seen and how long to wait. Raises Problem when it will not come up.

    `clock` gives seconds; the start was asked for `already` seconds ago, perhaps while it was still `stopping`.
    Raises `warehouse.silent` when the workspace does not answer, which is told apart from a warehouse that is slow.
    """
    asked = workspace.hasty()
    watch = _Watch(begun=clock() - already, stopping=stopping)
    while True:
        try:
            seen = get(asked, warehouse_id)
        except Problem as problem:
            if problem.code not in _NO_ANSWER:
                raise
            elapsed = clock() - watch.begun
            _keep_hoping(watch, elapsed, problem)
            if watch.last is not None:
                note = (
                    "No answer from the workspace. That says nothing about the warehouse; its start goes on."
                )
                yield look(watch.last, elapsed, note, next_look=_pause(elapsed), typical=typical)
            yield Line(f"{problem.what} Still trying.", "warning", "warehouse")
        else:
            elapsed = clock() - watch.begun
            watch.note(seen, elapsed)
            pause = 0.0 if seen.healthy else _pause(elapsed)
            yield look(seen, elapsed, _note(seen, elapsed, watch), next_look=pause, typical=typical)
            if seen.healthy:
                return End(seen, elapsed, watch.lasted(elapsed))
            _judge(seen, elapsed, watch)
            if seen.state == "STOPPED" and _wants_start(seen, watch):
                watch.starts += 1
                watch.moved = False
                watch.begun += elapsed
                watch.path.clear()
                yield Line(f"{seen.name} has stopped; starting it.", source="warehouse")
                watch.stopping = not start(workspace, warehouse_id)
        yield Wait(_pause(elapsed))


def _pause(elapsed: float) -> float:
    """Seconds between two looks: serverless is up within seconds as a rule."""
    if elapsed < _SOON:
        return 0.5
    return 1.0 if elapsed < SLOW else 3.0


def _judge(seen: Warehouse, elapsed: float, watch: _Watch) -> None:
    """Raises Problem when waiting on is pointless."""
    watch.moved = watch.moved or seen.state != "STOPPED"
    watch.stopping = watch.stopping or seen.state == "STOPPING"
    if seen.state in ("DELETING", "DELETED"):
        raise Problem(
            code="warehouse.deleted",
            what=f"The warehouse {seen.name} {health.STATE_WORDS[seen.state]}.",
            why="Somebody deleted it.",
            remedy="Choose another warehouse.",
            step="workspace",
        )
    if seen.running or (seen.state == "STARTING" and seen.health in ("DEGRADED", "FAILED")):
        _judge_ill(seen, elapsed, watch)
    else:
        watch.ill_since = None
    if seen.state == "STOPPED" and not _wants_start(seen, watch) and (watch.moved or elapsed > GRACE):
        raise failure(seen) if seen.reason_code or seen.health == "FAILED" else _stopped(seen)
    if elapsed > GIVE_UP:
        raise failure(seen) if seen.reason_code else _too_late(seen, elapsed)


def _judge_ill(seen: Warehouse, elapsed: float, watch: _Watch) -> None:
    """Ill health: FAILED is final at once where only a change helps; so is any, when it lasts for a minute.

    While it starts and a new try may help, Databricks tries by itself, and waiting goes on.
    """
    if watch.ill_since is None:
        watch.ill_since = elapsed
    hopeless = health.is_final(seen.reason_type)
    lasting = elapsed - watch.ill_since > ILL_GRACE and (seen.running or hopeless)
    if lasting or (hopeless and seen.health == "FAILED"):
        raise failure(seen)


def _wants_start(seen: Warehouse, watch: _Watch) -> bool:
    """True when it stopped for a reason that a new start answers."""
    again = watch.stopping or seen.reason_code == "DATA_ACCESS_CONFIG_CHANGED"
    return again and seen.health != "FAILED" and watch.starts < _MOST_STARTS


def _note(seen: Warehouse, elapsed: float, watch: _Watch) -> str:
    """One calm sentence about what is seen."""
    if seen.healthy:
        return "It runs and is healthy."
    if seen.reason_code or seen.health in ("FAILED", "DEGRADED"):
        meaning = health.explain(seen.reason_code, seen.reason_type, serverless=seen.serverless)
        trying = " Databricks tries again by itself." if seen.state == "STARTING" else ""
        return meaning.cause + trying
    if seen.state == "STOPPED" and not watch.moved:
        return "The start was accepted; the state will follow."
    if seen.state == "STOPPING":
        return "It is still stopping; it is started as soon as it has stopped."
    if elapsed > LATE:
        return "This is much later than usual. Waiting goes on until ten minutes are over."
    if elapsed > SLOW:
        return "This is slower than usual; serverless needs seconds as a rule."
    return ""


def _keep_hoping(watch: _Watch, elapsed: float, problem: Problem) -> None:
    """Remembers since when there is no answer. Raises Problem when that is too long."""
    if watch.silent_since is None:
        watch.silent_since = elapsed
    if elapsed - watch.silent_since > SILENCE or elapsed > GIVE_UP:
        raise Problem(
            code="warehouse.silent",
            what="The workspace no longer answers, so it is not known how the warehouse is doing.",
            why=problem.why,
            remedy=f"The start itself goes on without us. {problem.remedy} Then look again.",
            evidence=problem.evidence,
        ) from problem


def _stopped(seen: Warehouse) -> Problem:
    return Problem(
        code="warehouse.stopped",
        what=f"The warehouse {seen.name} is stopped although a start was asked for.",
        why="Somebody stopped it, or the start did not take hold.",
        remedy="Start it again.",
        evidence=(seen.said,) if seen.said else (),
        step="warehouse",
    )


def _too_late(seen: Warehouse, elapsed: float) -> Problem:
    return Problem(
        code="warehouse.too_late",
        what=f"The warehouse {seen.name} {health.STATE_WORDS.get(seen.state, 'is not up')} "
        f"after {elapsed / 60:.0f} minutes.",
        why="Databricks gives no reason. It may still come up.",
        remedy="Look at the warehouse in the workspace; if it stays, open a support case with its id.",
        who=Who.DATABRICKS,
        evidence=tuple(line for line in (f"warehouse {seen.id}", seen.said) if line),
    )


def _path(warehouse_id: str) -> str:
    if not _ID.match(warehouse_id):
        raise Problem(
            code="warehouse.id",
            what="This is not a warehouse id.",
            why="An id is 16 letters and digits, as in the address /sql/warehouses/<id>.",
            remedy="Choose the warehouse from the list.",
            step="workspace",
        )
    return f"{_ROOT}/{warehouse_id}"


def _grant(denied: Problem, warehouse_id: str, level: str) -> str:
    """The command with which an administrator gives the right to use the warehouse, or to stop it."""
    named = re.search(r"([\w.@+-]+) is not authorized", " ".join(denied.evidence))
    who = named[1] if named else "you@example.com"
    grant = {"access_control_list": [{"user_name": who, "permission_level": level}]}
    return f"databricks warehouses update-permissions {quote(warehouse_id)} --json '{json.dumps(grant)}'"


def _named(problem: Problem, warehouse_id: str, level: str = "CAN_USE") -> Problem:
    """A 404, an invalid id or a missing right, said about this warehouse; anything else as it is."""
    if problem.code == "databricks.warehouse_denied":
        return replace(problem, copy=_grant(problem, warehouse_id, level))
    if problem.code != "databricks.not_found":
        return problem
    return Problem(
        code="warehouse.missing",
        what=f"There is no warehouse {one_line(warehouse_id, 64)} in this workspace.",
        why="It was deleted, or the id is of another workspace.",
        remedy="Choose a warehouse from the list.",
        who=Who.YOU,
        evidence=problem.evidence,
        step="workspace",
    )
