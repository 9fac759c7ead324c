"""Nothing changes in AWS or the workspace before the yes of its screen: the pretend world's call logs say so."""

from __future__ import annotations

from typing import Any

from wizard.core.event import Ask, Event
from wizard.core.journey import Visit
from wizard.core.problem import Problem

LOOKING = {"credentials", "permissions", "workspace", "variables", "proof"}
"""Steps that never change anything out there."""


def changes(played: Any) -> list[str]:
    """Calls so far that could have changed something; signing in and reading with SQL are none."""
    aws = [c.action for c in played.world.aws.calls if c.mutating]
    workspace = [f"{c.method} {c.path}" for c in played.world.workspace.calls if c.mutating]
    harmless = ("sts:AssumeRole", "POST /api/2.0/sql/statements")
    return [each for each in (*aws, *workspace) if not each.startswith((*harmless, "sso"))]


def test_the_yes_of_every_step_comes_before_its_first_change(play: Any) -> None:
    with play() as played:
        played.visit(Visit("start"))
        agreed: list[str] = []
        for visit in played.visits:
            before = changes(played)

            def look(event: Event, step: str = visit.step, before: list[str] = before) -> bool:
                """Up to and with the first question that wants a yes; what comes after it was agreed to."""
                if isinstance(event, Ask) and step not in agreed:
                    assert changes(played) == before, f"{step} changed something before it asked"
                    if any(question.always_ask for question in event.questions):
                        agreed.append(step)
                return False

            try:
                played.visit(visit, look)
            except Problem:
                assert visit.ends == "stopped"
            if visit.step in LOOKING:
                assert changes(played) == before, f"{visit.step} changed something"
            elif visit.step != "apply":
                assert changes(played) != before, f"{visit.step} should have changed something"
        assert agreed == ["variables", "apply", "connect", "warehouse"]
