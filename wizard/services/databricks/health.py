"""What a warehouse's state, health and failure code mean, who can mend it, and how.

What each code means stands in `terminations.toml`. Whether to try again is decided by the failure's type, as
Databricks says; the code only chooses better words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wizard.core.problem import Who

STATE_WORDS = {
    "RUNNING": "runs",
    "STARTING": "is starting",
    "STOPPING": "is stopping",
    "STOPPED": "is stopped",
    "DELETING": "is being deleted",
    "DELETED": "is deleted",
}
HEALTH_WORDS = {
    "HEALTHY": "healthy",
    "DEGRADED": "degraded: it may work, with known issues",
    "FAILED": "failed: it will probably not answer queries",
    "": "no ill health reported",
}


@dataclass(frozen=True)
class Explanation:
    """Why a warehouse does not come up."""

    cause: str
    remedy: str
    who: Who
    step: str = ""
    """Id of the step where it can be mended, when the wizard can."""
    transient: bool = False
    """True when waiting or trying again may be enough."""
    yields: bool = False
    """Where Databricks calls it its own fault, or no fault, that counts instead."""
    classic: bool = False
    """It is about machines in the customer's AWS account, which a serverless warehouse does not have."""


_OWN_FAULT = Explanation(
    "Databricks has no capacity or a fault on its side just now.",
    "Start the warehouse again in a few minutes; if it stays, open a support case with what was said.",
    Who.DATABRICKS,
    transient=True,
)
_BY_TYPE = {
    "CLIENT_ERROR": Explanation(
        "A setting of the warehouse or the workspace is not accepted.",
        "Read what was said, mend the setting, and start the warehouse again.",
        Who.WORKSPACE_ADMIN,
    ),
    "SERVICE_FAULT": _OWN_FAULT,
    "CLOUD_FAILURE": Explanation(
        "AWS had a fault while the warehouse was started.",
        "Start the warehouse again once AWS is well; its health is on the AWS Health Dashboard.",
        Who.DATABRICKS,
        transient=True,
    ),
    "SUCCESS": Explanation(
        "It was stopped in good order, by somebody or by its auto-stop time.",
        "Start it again.",
        Who.YOU,
        "warehouse",
        transient=True,
    ),
}
_UNKNOWN = Explanation(
    "Databricks gave no reason that is known here.",
    "Start the warehouse again; if it stays, open a support case with what was said.",
    Who.DATABRICKS,
    transient=True,
)
_OTHER_CLOUDS = ("AZURE_", "GCP_", "GKE_")


@cache
def known() -> Mapping[str, Explanation | None]:
    """Every known code; None where nothing is known beyond the failure's type."""
    data = tomllib.loads(Path(__file__).with_name("terminations.toml").read_text("utf-8"))
    table: dict[str, Explanation | None] = {}
    for reason in data["reason"]:
        codes = reason.pop("codes")
        meaning = None if reason.pop("by_type", False) else _meaning(reason)
        table.update(dict.fromkeys(codes, meaning))
    return table


def explain(code: str, kind: str, *, serverless: bool = False) -> Explanation:
    """The meaning of a failure code and its type; total, codes not known fall back to their type.

    `serverless` says that the warehouse is known to be serverless: then nobody is sent after instances of the
    customer's own account.
    """
    meaning = known().get(code)
    if meaning is None and code.startswith(_OTHER_CLOUDS):
        meaning = known()["GCP_FORBIDDEN"]
    if meaning is None or (meaning.yields and kind in ("SERVICE_FAULT", "SUCCESS")):
        return _BY_TYPE.get(kind, _UNKNOWN)
    if meaning.classic and serverless:
        return _OWN_FAULT
    return meaning


def is_final(kind: str) -> bool:
    """True when trying again cannot help: the caller has to change something first."""
    return kind == "CLIENT_ERROR"


def words(state: str, health: str) -> str:
    """`is starting, no ill health reported`."""
    state_word = STATE_WORDS.get(state, f"is in the state {state or 'unknown'}")
    return f"{state_word}, {HEALTH_WORDS.get(health, health.lower())}"


def _meaning(reason: Mapping[str, object]) -> Explanation:
    return Explanation(
        str(reason["cause"]),
        str(reason["remedy"]),
        Who[str(reason["who"])],
        str(reason.get("step", "")),
        transient=bool(reason.get("transient")),
        yields=bool(reason.get("yields")),
        classic=bool(reason.get("classic")),
    )
