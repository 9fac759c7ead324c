"""The outcome of a step, looked at again while it is in front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from wizard.core.chain import RESTS, Chain, Link
from wizard.core.flow import Status
from wizard.ui.keyboard import Keyboard

if TYPE_CHECKING:
    from textual.timer import Timer

    from wizard.ui.lookout import Lookout
    from wizard.ui.pane import StepPane

_BEAT = 1.0
"""Seconds between two redraws of when the next look is."""


class Watching(Keyboard):
    """Gives a pane its lookout, and asks no one while something else is in front."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "look", "Look", show=False, id="look", tooltip="Look at once at what is watched"),
    ]

    panes: dict[str, StepPane]
    _clock: Callable[[], float]
    _now: Callable[[], datetime]
    _beat: Timer | None = None

    if TYPE_CHECKING:  # the shell's

        def conclude(self, pane: StepPane) -> None:
            """Put the card that fits how the step stands."""

    def attend(self, pane: StepPane) -> None:
        """From now on what this pane shows is looked at again, if its step offers that."""
        from wizard.ui.lookout import Lookout

        watch = pane.face.watch(self.flow.facts, self.flow.services)
        if watch is None or pane.evidence.chain is None:
            return
        pane.attend(Lookout(watch, self.post_message, self._clock(), self._now()))
        if self._beat is None:
            self._beat = self.set_interval(_BEAT, self.look_on)
        self.look_on()

    def look_on(self) -> None:
        """A second has passed: nothing is asked while another pane, or a question, is in front."""
        pane = self.panes.get(self.here)
        if pane is None or pane.lookout is None or self.app.screen is not self:
            return
        if self.jobs.running != self.here:
            pane.lookout.tick(self._clock())
        pane.say(pane.lookout.words(self._clock()))

    def action_look(self) -> None:
        if self.pane.lookout is not None:
            self.pane.lookout.ask()
            self.look_on()

    def action_freeze(self) -> None:
        super().action_freeze()
        if self.pane.lookout is not None:
            self.pane.lookout.freeze()
            self.look_on()

    def on_lookout_looked(self, event: Lookout.Looked) -> None:
        """Draw what was seen, wherever it belongs; a break that is new takes the place of the card."""
        event.stop()
        pane = next((pane for pane in self.panes.values() if pane.lookout is event.lookout), None)
        event.lookout.ended(event.whole, self._clock(), self._now(), failed=event.chain is None)
        if pane is not None and event.chain is not None:
            self._show(pane, event.chain)
        self.look_on()

    def _show(self, pane: StepPane, chain: Chain) -> None:
        picture = pane.evidence.chain
        if picture is None:
            return
        before = picture.chain
        picture.show_chain(chain)
        if _times(before) != _times(chain):
            self.flow.saw(chain)
            self._turned(pane, before.first_broken, chain.first_broken)

    def _turned(self, pane: StepPane, was: Link | None, broken: Link | None) -> None:
        """Another joint is the first that is broken: the card says what to do now."""
        from wizard.ui.widgets.card import MendedCard, ProblemCard

        if pane.form is not None or (was and was.joint) == (broken and broken.joint):
            return
        problem = broken.finding.problem if broken is not None else None
        if broken is not None and problem is not None and problem.code != RESTS:
            mended = self.faces.get(broken.step)
            told = replace(problem, step=broken.step, what=f"Joint {broken.joint.number}: {problem.what}")
            pane.conclude(ProblemCard(told, mended.title if mended else ""))
        elif was is not None and self.flow.status(pane.face.step) is Status.DONE:
            self.conclude(pane)
        elif was is not None:
            pane.conclude(MendedCard(was.finding.title, "Try again runs the query."))


def _times(chain: Chain) -> dict[str, datetime]:
    return {link.joint.id: link.since for link in chain.links}
