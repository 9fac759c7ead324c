"""Scenarios: pretend outside worlds as data, with the journey of an operator through them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.core.journey import Visit, visits
from wizard.core.problem import Problem

_FOLDER = Path(__file__).with_name("scenarios")


@dataclass(frozen=True)
class Scenario:
    """One pretend world, before anybody touched it."""

    id: str
    title: str
    start: str
    """`stuck`: an earlier apply is there, without the trust statement and the profile; `fresh`: an empty account."""
    signed_in_as: str
    """Name of the AWS profile in effect when the wizard starts."""
    workspace_id: int
    host: str
    warehouse_id: str
    warehouse_name: str
    prefix: str
    latency: float
    """Seconds every AWS call takes."""
    start_seconds: float
    """Seconds the warehouse stays STARTING."""
    approve_after: float
    """Seconds after which the pretend portal approves a sign-in nobody approved on its page."""
    journey: tuple[Mapping[str, Any], ...]

    @property
    def tips(self) -> dict[str, str]:
        """What only this world knows, said beside the question: `step.question` -> a sentence."""
        return {"workspace.url": f"In this demo: https://{self.host}/?o={self.workspace_id}"}

    def visits(self, steps: tuple[str, ...]) -> tuple[Visit, ...]:
        """The journey as visits of these steps."""
        return visits(self.journey, steps)


def names() -> tuple[str, ...]:
    """The scenarios that come with the wizard."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load(name: str) -> Scenario:
    """The scenario of that name. Raises Problem naming the known ones."""
    if name not in names():
        raise Problem(
            code="demo.scenario",
            what=f"There is no demo called {name}.",
            why="A demo is one of the scenarios that come with the wizard.",
            remedy=f"Choose one of: {', '.join(names())}.",
        )
    data = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    aws, workspace = data["aws"], data["workspace"]
    return Scenario(
        id=name,
        title=data["title"],
        start=aws["start"],
        signed_in_as=aws["signed_in_as"],
        prefix=aws["prefix"],
        latency=float(aws["latency"]),
        approve_after=float(aws["approve_after"]),
        workspace_id=int(workspace["id"]),
        host=workspace["host"],
        warehouse_id=workspace["warehouse_id"],
        warehouse_name=workspace["warehouse_name"],
        start_seconds=float(workspace["start_seconds"]),
        journey=tuple(data["visit"]),
    )
