"""What the screen reads of a step, beyond what the flow needs: words only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.core.facts import Facts
    from wizard.core.flow import StepLike
    from wizard.core.watch import Watch


@dataclass(frozen=True)
class Facing:
    """The face of a step. Words that a step lacks are empty."""

    step: StepLike

    @property
    def id(self) -> str:
        return self.step.id

    @property
    def title(self) -> str:
        return self.step.title

    @property
    def why(self) -> str:
        return str(getattr(self.step, "why", ""))

    @property
    def headline(self) -> str:
        """What a front page promises."""
        return str(getattr(self.step, "headline", ""))

    @property
    def skippable(self) -> bool:
        """When it stops, the journey may go on without it."""
        return bool(getattr(self.step, "skippable", False))

    @property
    def about(self) -> str:
        return str(getattr(self.step, "about", ""))

    def equivalent(self, facts: Facts) -> list[str]:
        """The commands a person would have typed instead."""
        commands = getattr(self.step, "equivalent", None)
        return list(commands(facts)) if commands else []

    def watch(self, facts: Facts, services: object) -> Watch | None:
        """What may be looked at again while the outcome is on the screen; None when there is nothing."""
        watch = getattr(self.step, "watch", None)
        offered: Watch | None = watch(facts, services) if watch else None
        return offered

    def undo(self, facts: Facts) -> StepLike | None:
        """What takes back the change of the last run; None when there is nothing to take back."""
        taking_back = getattr(self.step, "undo", None)
        step: StepLike | None = taking_back(facts) if taking_back else None
        return step
