"""What a step is: something that must become true, declared once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from wizard.core.event import Run
from wizard.core.facts import Facts
from wizard.core.finding import Finding
from wizard.core.watch import Watch
from wizard.services import Services

F = TypeVar("F")


class Step(ABC, Generic[F]):
    """One step of the journey. Front ends, answers, pictures and `check` derive everything from it."""

    id: ClassVar[str]
    """Names the pane, the answers, the picture and the log."""
    title: ClassVar[str]
    """What is done, as an instruction: "Check permissions"."""
    why: ClassVar[str]
    """One sentence an operator reads."""
    about: ClassVar[str] = ""
    """A longer explanation, one key away."""
    fact: ClassVar[type]
    """What is proven when the step is done."""
    needs: ClassVar[tuple[type, ...]] = ()
    """Facts it rests on."""
    skippable: ClassVar[bool] = False
    """When it stops, the journey may go on without it."""

    @abstractmethod
    def run(self, facts: Facts, services: Services) -> Run[F]:
        """Make it true: yield events, ask what must be asked, return the fact. Raises Problem."""

    @abstractmethod
    def prove(self, facts: Facts, services: Services) -> list[Finding]:
        """Look again whether it is true, changing nothing. Needs the fact to be known."""

    def watch(self, facts: Facts, services: Services) -> Watch | None:  # noqa: ARG002  # as above
        """What may be looked at again while its outcome is on the screen; None when there is nothing."""
        return None

    def equivalent(self, facts: Facts) -> list[str]:  # noqa: ARG002  # for those that override it
        """The shell commands a person would have typed instead."""
        return []

    def undo(self, facts: Facts) -> Step[F] | None:  # noqa: ARG002  # for those that override it
        """What takes back the change of the last run, one key away; None when there is nothing to take back."""
        return None
