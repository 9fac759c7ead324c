"""The one screen: bar, rail, pane, aside and footer stay; moving between steps swaps the pane.

The first paint shows the bar and the front page's words; everything else is imported and mounted behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.widgets import Static

from wizard.core.facts import DataProven
from wizard.core.flow import Flow, Status, StepLike
from wizard.ui.facing import Facing
from wizard.ui.jobs import (
    BATCH,
    EVERY,
    LEAST,
    REST,
    TURNS,
    USUAL,
    WORK,
    Asked,
    At,
    Begun,
    Done,
    Halted,
    Jobs,
    Lent,
    Stopped,
    by_step,
)
from wizard.ui.watching import Watching
from wizard.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widgets import OptionList

    from wizard.ui.pane import StepPane
    from wizard.ui.widgets.aside import Aside
    from wizard.ui.widgets.card import Card
    from wizard.ui.widgets.form import Form
    from wizard.ui.widgets.rail import Rail

_CHANGING = ("back", "next", "stop", "again", "undo", "message", "findings", "freeze", "browse")
"""Keys that come and go."""
_TICK = 1.0
"""Seconds between two redraws of the clocks while something runs."""


class Shell(Watching):
    """Holds the panes and moves between them. Work is started through `jobs` only."""

    AUTO_FOCUS = ""

    DEFAULT_CSS = """
    Shell { layout: vertical; background: $background; }
    Shell #opening { padding: 1 2; }
    """

    def __init__(
        self,
        flow: Flow,
        front: StepLike,
        jobs: Jobs,
        *,
        badge: str,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        typical_seconds: float,
        save_folder: Path,
        undoable: Callable[[], bool],
    ) -> None:
        super().__init__(id="shell")
        self.flow = flow
        self.jobs = jobs
        self.front = front
        self.save_folder = save_folder
        self.steps = tuple(step for step in flow.steps if step.id != front.id)
        self.faces = {step.id: Facing(step) for step in (front, *self.steps)}
        self.here = front.id
        self.panes: dict[str, StepPane] = {}
        self._undoable = undoable
        self._clock = clock
        self._now = now
        self._typical = typical_seconds
        self._then = ""
        """Step to begin when the one under way has stopped."""
        self._ticking: Timer | None = None
        self._told_at = 0.0
        self._telling = False
        self._most = USUAL
        """Moments that are likely to be shown within `WORK` seconds."""
        self._drawn: tuple[object, ...] = ()
        self._bar = TopBar(badge)
        self._strip = Static(id="strip", markup=False)
        self._body = Container(id="body")
        self._rail: Rail | None = None
        self._aside: Aside | None = None

    def compose(self) -> ComposeResult:
        yield self._bar
        yield Static(f"{self.face.title}\n{self.face.why}", id="opening", markup=False)

    def on_mount(self) -> None:
        self._bar.show(self.flow.facts, "")
        self._ticking = self.set_interval(_TICK, self._tick, pause=True)
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """Bring in what the first paint left out, and open the front page."""
        from textual.containers import Horizontal, Vertical
        from textual.widgets import Footer

        from wizard.ui.widgets.aside import Aside
        from wizard.ui.widgets.rail import Rail

        self.app.stylesheet.read(Path(__file__).with_suffix(".tcss"))
        self._rail, self._aside = Rail(id="rail"), Aside()
        small = Static("This window is too small. The wizard needs 60 × 20.", id="small", markup=False)
        centre = Vertical(self._strip, self._body, id="centre")
        middle = Horizontal(self._rail, centre, self._aside, id="middle")
        with self.app.batch_update():
            await self.mount(middle, Footer(compact=True, show_command_palette=False), small)
            await self.query_one("#opening").remove()
            self.app.stylesheet.update(self)
            await self.visit(self.front.id)

    @property
    def pane(self) -> StepPane:
        return self.panes[self.here]

    async def visit(self, id: str, *, begin: bool = False) -> None:
        """Show a step. It begins by itself when it is ready and was not stopped by hand; `begin` insists."""
        pane = await self._pane_of(id)
        self.here = id
        for name, each in self.panes.items():
            each.display = name == id
        status = self.flow.status(self.face.step)
        if begin or (status in (Status.READY, Status.STALE) and not pane.halted):
            self._begin(pane)
        elif pane.form is None and pane.card is None and self.jobs.running != id:
            self.conclude(pane)
        self.draw()
        pane.focus_best()

    async def take(self, moments: Sequence[At]) -> None:
        """Show what the steps report, each in its own pane."""
        for name, part in by_step(moments):
            if not self.is_attached:  # on the way out; nothing can be mounted any more
                return
            pane = await self._pane_of(name)
            if not self.is_attached:
                return
            pane.take(part)
            for at in part:
                if type(at.moment) not in TURNS:
                    continue
                if isinstance(at.moment, Asked) and at.moment.ask.command:
                    self.post_message(Lent(at.moment.ask))
                elif isinstance(at.moment, Begun):
                    self._awake(True)
                elif isinstance(at.moment, Done | Stopped | Halted):
                    self._awake(False)
                    self.conclude(pane, at)
                    if not isinstance(at.moment, Halted):
                        self.attend(pane)
                    await self._after()
        if self._standing() != self._drawn:
            self.draw()

    def draw(self) -> None:
        """Bring rail, bar, aside and footer in line with the flow."""
        from wizard.ui.widgets.rail import strip_line

        self._drawn = self._standing()
        done = sum(self.flow.status(step) is Status.DONE for step in self.steps)
        self._bar.show(self.flow.facts, f"{done} of {len(self.steps)} done")
        self._strip.update(strip_line(self.flow, self.steps, self.here))
        if self._rail is not None and self._aside is not None:
            self._rail.draw(self.flow, self.steps, self.here)
            self._aside.show(self.face, self.flow.facts)
        self.refresh_bindings()

    def _standing(self) -> tuple[object, ...]:
        """Everything that `draw` shows. A thousand lines of a log change none of it, and drawing is dear."""
        statuses = (self.flow.status(face.step) for face in self.faces.values())
        keys = (self.check_action(action, ()) for action in _CHANGING)
        return self.here, self.flow.facts, *statuses, *keys

    @property
    def _possible(self) -> dict[str, Callable[[], bool]]:
        """Action -> whether it makes sense now; any other always does."""
        problem = self.flow.problems.get(self.here)
        status, busy = self.flow.status(self.face.step), self.jobs.running
        return {
            "back": lambda: self.here != self.front.id,
            "next": lambda: self._onward() is not None and status is Status.DONE,
            "stop": lambda: bool(busy),
            "again": lambda: busy != self.here and self.flow.ready(self.face.step),
            "undo": lambda: not busy and self.face.undo(self.flow.facts) is not None,
            "take_back": lambda: not busy and self._undoable(),
            "message": lambda: problem is not None and bool(problem.message),
            "findings": lambda: bool(self.pane.evidence.narrowed),
            "freeze": lambda: self.pane.evidence.live or self.pane.lookout is not None,
            "look": lambda: self.pane.lookout is not None,
            "browse": lambda: bool(self.pane.evidence.address()),
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        if self.here not in self.panes:
            return action == "quit"
        return self._possible.get(action, lambda: True)()

    async def action_back(self) -> None:
        if self.has_class("-steps") and self.here in self.panes:
            self.pane.focus_best()
            return
        ids = list(self.faces)
        number = ids.index(self.here)
        if number > 0:
            await self.visit(ids[number - 1])

    async def action_next(self) -> None:
        onward = self._onward()
        if onward is not None:
            await self.visit(onward.id, begin=self.jobs.running != onward.id)

    def action_rail(self) -> None:
        """Go to the list of steps; where it is hidden for want of room, it opens as long as it has the focus."""
        if self._rail is not None:
            self.add_class("-steps")
            self.call_after_refresh(self._rail.focus)

    async def on_jobs_news(self) -> None:
        """Something has come: show it, at most every `EVERY` seconds."""
        if self._telling:
            return
        wait = EVERY - (time.monotonic() - self._told_at)
        if wait > 0:
            self._telling = True
            self.set_timer(wait, self._bring)
        else:
            await self._bring()

    async def _bring(self) -> None:
        """Show as much as `WORK` seconds allow; then keys and the painter have their turn before the next."""
        began = time.thread_time()
        moments = self.jobs.take(self._most)
        if moments:
            await self.take(moments)
        self._told_at = time.monotonic()
        if len(moments) == self._most:
            fitting = self._most * WORK / max(time.thread_time() - began, 0.001)
            self._most = int(min(max(fitting, LEAST), BATCH))
        self._telling = self.jobs.more
        if self._telling:
            self.set_timer(REST, self._bring)

    def on_placed(self) -> None:
        """A form or a card stands: it takes the focus, unless the log is being read."""
        if self.here in self.panes and not self.pane.log_lines.has_focus_within:
            self.pane.focus_best()

    async def on_form_answered(self, event: Form.Answered) -> None:
        event.stop()
        (await self._pane_of(self.jobs.running or self.here)).answered(event.ask, event.answers)
        self.jobs.answer(event.answers)
        self.draw()

    async def on_card_chosen(self, event: Card.Chosen) -> None:
        event.stop()
        action, _, target = event.action.partition(":")
        if action == "go" and target in self.faces:
            await self.visit(target, begin=target != self.jobs.running)
        elif action == "finish":
            self.app.exit(0)
        else:
            await self.run_action(action)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_list is self._rail and event.option_id:
            event.stop()
            await self.visit(event.option_id)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        from wizard.ui.cursor import follow, reveal
        from wizard.ui.widgets.roster import Roster

        roster = event.option_list
        if isinstance(roster, Roster) and roster.has_focus:
            reveal(roster)
            self.call_after_refresh(follow, roster)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        from wizard.ui.cursor import follow

        if event.widget is not self._rail:
            self.remove_class("-steps")
        self.call_after_refresh(follow, event.widget)

    async def _pane_of(self, id: str) -> StepPane:
        """The pane of a step, made and mounted when it is first wanted."""
        if id not in self.panes:
            from wizard.ui.panes import kind_of_pane

            face = self.faces[id]
            number = self.steps.index(face.step) + 1 if face.step in self.steps else 0
            pane = kind_of_pane(number)(
                face, number, clock=self._clock, now=self._now, typical_seconds=self._typical
            )
            pane.display = id == self.here
            self.panes[id] = pane
            await self._body.mount(pane)
        return self.panes[id]

    def _begin(self, pane: StepPane) -> None:
        step, busy = pane.face.step, self.jobs.running
        if busy == step.id:
            return
        if not self.flow.ready(step) or (busy and not self.jobs.waiting):
            self.conclude(pane)
        elif busy:
            # The other step only waits for an answer: its question is put aside and asked again later.
            self._then = step.id
            self.jobs.stop()
        else:
            self.jobs.start(step)

    async def _after(self) -> None:
        """Begin the step that waited for another to stop."""
        then, self._then = self._then, ""
        if then:
            self._begin(await self._pane_of(then))

    def conclude(self, pane: StepPane, at: At | None = None) -> None:
        """Put the card that fits how the step stands."""
        from wizard.ui.widgets.card import DoneCard, HaltedCard, LaterCard, ProblemCard
        from wizard.ui.words import took

        step, moment = pane.face.step, at.moment if at else None
        problem = moment.problem if isinstance(moment, Stopped) else self.flow.problems.get(step.id)
        onward = self._onward()
        if isinstance(moment, Halted):
            pane.conclude(HaltedCard(step.id, self.flow.status(step) is Status.DONE))
        elif problem is not None:
            mended = self.faces.get(problem.step) if problem.step != step.id else None
            past = self.flow.past(step) if pane.face.skippable else None
            pane.conclude(
                ProblemCard(problem, mended.title if mended else "", self.faces.get(past.id if past else ""))
            )
        elif self.flow.status(step) is Status.DONE or isinstance(moment, Done):
            seconds = self.flow.seconds.get(step.id, 0.0)
            proof = self.flow.facts.get(DataProven)
            pane.conclude(
                DoneCard(
                    step.title,
                    took(seconds) if seconds >= 0.1 else "",
                    onward.title if onward else "",
                    proof.report if proof else "",
                    (pane.number == 0 or onward is None) and self._undoable(),
                    self.flow.facts.get(step.fact),
                )
            )
        else:
            busy = self.jobs.running if self.jobs.running != step.id else ""
            first = self.faces[busy or (onward or self.front).id]
            pane.conclude(LaterCard(first.id, first.title, bool(busy)))

    def _onward(self) -> StepLike | None:
        """The first step that is not done, the front page among them; None at the end."""
        if self.front.fact not in self.flow.facts:
            return self.front
        return self.flow.next_step()

    def _awake(self, awake: bool) -> None:
        if self._ticking is not None:
            if awake:
                self._ticking.resume()
            else:
                self._ticking.pause()

    def _tick(self) -> None:
        pane = self.panes.get(self.jobs.running)
        if pane is not None:
            pane.tick(self._clock())
