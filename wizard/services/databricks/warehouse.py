"""One SQL warehouse: how an answer is read, and what its failure means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wizard.core.event import WarehouseSeen
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.databricks import health
from wizard.services.databricks.cost import estimate

if TYPE_CHECKING:
    from wizard.services.databricks.client import Json
    from wizard.services.databricks.starts import Typical


@dataclass(frozen=True)
class Warehouse:
    """One SQL warehouse as it was seen."""

    id: str
    name: str
    state: str
    """As Databricks spells it; empty when not reported."""
    health: str
    """HEALTHY, DEGRADED, FAILED, or empty when not reported, which counts as healthy."""
    size: str
    type: str
    """PRO, CLASSIC or what is new."""
    serverless: bool
    """True when serverless is on and the type is PRO: only then does it use the workspace's profile this way."""
    clusters: int
    sessions: int
    auto_stop_minutes: int
    """0 means never."""
    channel: str = ""
    """`Current`, `Preview`, or a version."""
    most_clusters: int = 0
    """How far it may scale out; 0 when not reported."""
    said: str = ""
    """What Databricks says about its health, in one line."""
    reason_code: str = ""
    reason_type: str = ""
    reason_said: str = ""
    """What AWS or Databricks said about the failure."""

    @property
    def running(self) -> bool:
        """True when the state is RUNNING."""
        return self.state == "RUNNING"

    @property
    def up(self) -> bool:
        """True when it runs or is on its way: a change of the configuration restarts it."""
        return self.state in ("RUNNING", "STARTING")

    @property
    def healthy(self) -> bool:
        """True when it runs and reports no ill health."""
        return self.running and self.health in ("", "HEALTHY")

    @property
    def summary(self) -> str:
        """`2X-Small, serverless, STOPPED`: what tells it apart in a list."""
        kind = "serverless" if self.serverless else self.type.lower() or "not serverless"
        return ", ".join(part for part in (self.size, kind, self.state) if part)

    @property
    def unfit(self) -> str:
        """Why this flow cannot use it, and what must change; empty when it can."""
        if self.state in ("DELETING", "DELETED"):
            return "It is deleted." if self.state == "DELETED" else "It is being deleted."
        if self.serverless:
            return ""
        kind = "classic" if self.type == "CLASSIC" else self.type.title()
        what = f"It is a {kind} warehouse without serverless compute" if kind else "It is not serverless"
        return f"{what}: in its settings choose the type Serverless, then come back."


def read(raw: Json) -> Warehouse:
    """A warehouse from the raw answer; total, whatever is missing or of another type."""
    state_of_health = _object(raw.get("health"))
    reason = _object(state_of_health.get("failure_reason"))
    parameters = _object(reason.get("parameters"))
    kind = one_line(raw.get("warehouse_type") or "", 32)
    said = [state_of_health.get("summary"), state_of_health.get("details") or state_of_health.get("message")]
    first = parameters.get("databricks_error_message") or next(iter(parameters.values()), "")
    return Warehouse(
        id=one_line(raw.get("id") or "", 64),
        name=one_line(raw.get("name") or "", 120),
        state=one_line(raw.get("state") or "", 32),
        health=one_line(state_of_health.get("status") or "", 32),
        size=one_line(raw.get("cluster_size") or raw.get("size") or "", 32),
        type=kind,
        serverless=raw.get("enable_serverless_compute") is True and kind in ("PRO", ""),
        clusters=_number(raw.get("num_clusters")),
        sessions=_number(raw.get("num_active_sessions")),
        auto_stop_minutes=_number(raw.get("auto_stop_mins")),
        channel=_channel(_object(raw.get("channel"))),
        most_clusters=_number(raw.get("max_num_clusters")),
        said=one_line(" ".join(str(part) for part in said if part)),
        reason_code=one_line(reason.get("code") or "", 64),
        reason_type=one_line(reason.get("type") or "", 32),
        reason_said=one_line(first or "", 600),
    )


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _channel(raw: Json) -> str:
    """`Current` of `CHANNEL_NAME_CURRENT`; a pinned version as it is. An empty answer means the current one."""
    name = one_line(raw.get("name") or "", 64).removeprefix("CHANNEL_NAME_").capitalize()
    version = one_line(raw.get("dbsql_version") or "", 32)
    return version or name or "Current"


def look(
    seen: Warehouse,
    elapsed: float = 0.0,
    note: str = "",
    *,
    next_look: float = 0.0,
    typical: Typical | None = None,
) -> WarehouseSeen:
    """One look at the warehouse as an event."""
    details = [
        ("size", seen.size),
        ("type", "serverless" if seen.serverless else seen.type),
        ("channel", seen.channel),
        (
            "clusters",
            f"{seen.clusters} of {seen.most_clusters}" if seen.most_clusters else str(seen.clusters),
        ),
        ("sessions", str(seen.sessions)),
        ("auto stop", f"{seen.auto_stop_minutes} min" if seen.auto_stop_minutes else "never"),
        ("Databricks says", seen.said),
        ("failure code", seen.reason_code),
        ("said", seen.reason_said),
    ]
    return WarehouseSeen(
        seen.id,
        seen.name,
        seen.state,
        seen.health,
        elapsed,
        note,
        tuple((name, value) for name, value in details if value),
        next_look,
        (typical.low, typical.high) if typical else (0.0, 0.0),
        typical.origin if typical else "",
        estimate(seen.size, seen.auto_stop_minutes, serverless=seen.serverless),
    )


def failure(seen: Warehouse) -> Problem:
    """The Problem of a warehouse that cannot come up, from its failure reason."""
    meaning = health.explain(seen.reason_code, seen.reason_type, serverless=seen.serverless)
    evidence = (
        f"{seen.reason_code} ({seen.reason_type})" if seen.reason_code else "",
        seen.reason_said,
        seen.said,
    )
    return Problem(
        code=f"warehouse.{seen.reason_code.lower() or 'failed'}",
        what=f"The warehouse {seen.name} does not come up.",
        why=meaning.cause,
        remedy=meaning.remedy,
        who=meaning.who,
        evidence=tuple(dict.fromkeys(line for line in evidence if line)),
        step=meaning.step,
    )
