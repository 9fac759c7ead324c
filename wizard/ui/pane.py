"""How a step looks: the reason on top, what is being done, what was found, and one question or one next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.layout import Layout
from textual.widget import Widget
from textual.widgets import Static

from wizard.core.chain import Chain
from wizard.core.event import Ask, Event, Line, Phase, Progress, ResourceRow, Wait
from wizard.core.finding import Finding
from wizard.core.question import Answers, Kind
from wizard.ui.evidence import Evidence
from wizard.ui.facing import Facing
from wizard.ui.jobs import TURNS, Asked, At, Begun, Halted
from wizard.ui.stack import YIELDS, Stack
from wizard.ui.widgets.card import Card
from wizard.ui.widgets.form import Form
from wizard.ui.widgets.lines import Written
from wizard.ui.widgets.logpane import LogPane
from wizard.ui.widgets.phase import PhaseLine
from wizard.ui.words import plain

if TYPE_CHECKING:
    from wizard.ui.lookout import Lookout


class StepPane(Vertical):
    """One step. It lives as long as the screen, so looking elsewhere loses nothing."""

    DEFAULT_CSS = """
    StepPane { width: 1fr; height: 1fr; padding: 1 2 0 2; }
    StepPane > .title { text-style: bold; color: $text-primary; height: auto; }
    StepPane > .why { color: $text-muted; height: auto; }
    StepPane > LogPane { display: none; }
    StepPane.-log > LogPane { display: block; }
    StepPane > .last { height: auto; margin: 1 0 0 0; }
    StepPane > .watching { height: 1; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    StepPane.-watched > .watching { display: block; }
    StepPane.-watched > .why { display: none; }
    """

    def __init__(
        self,
        face: Facing,
        number: int,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        typical_seconds: float,
    ) -> None:
        super().__init__(id=f"pane-{face.id}")
        self.face = face
        self.number = number
        self.form: Form | None = None
        self.card: Card | None = None
        self.begun_at = 0.0
        self.ended_at: float | None = None
        self.latest: At | None = None
        """The last moment of the last run."""
        self.lookout: Lookout | None = None
        """Looks again while the outcome is on the screen."""
        self.phase = PhaseLine()
        self._watching = Static(markup=False, classes="watching")
        self.evidence = Evidence(clock, now, typical_seconds)
        self.log_lines = LogPane()
        self._stack = Stack()

    def compose(self) -> ComposeResult:
        yield Static(plain(self.title()), markup=False, classes="title")
        if self.face.why:
            yield Static(plain(self.face.why), markup=False, classes="why")
        yield self.phase
        yield self._watching
        yield self.evidence
        yield self.log_lines

    @property
    def layout(self) -> Layout:
        """Evidence gives way to the question below it."""
        return self._stack

    @property
    def halted(self) -> bool:
        """The operator stopped the last run; it does not begin again by itself."""
        return self.latest is not None and isinstance(self.latest.moment, Halted)

    def on_descendant_focus(self) -> None:
        # Who gives way depends on the focus. A child asks, because only what is above it is laid out anew.
        self.evidence.refresh(layout=True)

    def title(self) -> str:
        """The heading of the pane."""
        return f"{self.number}  {self.face.title}"

    def take(self, moments: Sequence[At]) -> None:
        """Show what came, in order: evidence and log in one go, phases and ends one by one."""
        waiting: list[tuple[float, Event]] = []
        for at in moments:
            if type(at.moment) not in TURNS:
                waiting.append((at.when, cast("Event", at.moment)))
            elif isinstance(at.moment, Begun):
                waiting.clear()
                self._begin(at)
            else:
                self._show(waiting)
                waiting = []
                self._turn(at)
        if moments:
            self.latest = moments[-1]
        self._show(waiting)

    def ask(self, ask: Ask) -> None:
        """Put questions below what they are about."""
        self.phase.pause(True)
        # What is asked about needs the room more than the reason, which was read by now.
        self.set_class(bool(self.evidence.blocks), "-asking")
        self.evidence.show_unread()
        self.form = Form(ask)
        self._place(self.form)

    def answered(self, ask: Ask, answers: Answers) -> None:
        """The questions are answered: note what was said, fold what was read, go on."""
        self.log_lines.write([("debug", f"> {line}") for line in _said(ask, answers)])
        self.evidence.settle()
        self._clear_place()
        self.phase.pause(False)

    def conclude(self, card: Card) -> None:
        """Show how it stands, with the one next step."""
        self.card = card
        self._place(card)
        # The card takes room from the evidence above it.
        self.call_after_refresh(self.evidence.reveal)

    def tick(self, clock: float) -> None:
        """Redraw what has a clock."""
        if self.ended_at is None:
            self.phase.tick(clock)
            self.evidence.tick()

    def attend(self, lookout: Lookout | None) -> None:
        """Show the words of who looks again from now on, or nobody's."""
        self.lookout = lookout
        self.set_class(lookout is not None, "-watched")

    def say(self, words: Content) -> None:
        """When it was looked at, and when it will be."""
        self._watching.update(words)

    def toggle_log(self) -> bool:
        """Show or hide the log; True when it is shown now."""
        self.toggle_class("-log")
        return self.has_class("-log")

    def focus_best(self) -> None:
        """Put the focus where the operator acts next."""
        if self.form is not None:
            self.form.focus_first()
        elif self.card is not None:
            self.card.focus_first()
        elif self.screen.focused is not None:
            self.screen.set_focus(None)

    def copyable(self) -> str:
        """What the copy key takes here."""
        if self.log_lines.has_focus_within:
            return self.log_lines.copyable()
        focused = self.evidence.copyable() if self.evidence.has_focus_within else ""
        card = self.card.copyable() if self.card is not None else ""
        return focused or card or self.evidence.copyable() or "\n".join(self.log_lines.lines)

    def _begin(self, at: At) -> None:
        self.latest = at
        self.begun_at, self.ended_at = at.when, None
        self._clear_place()
        self.attend(None)
        self.remove_class("-crowded")
        self.evidence.clear()
        self.log_lines.clear()
        self.phase.begin(at.when)

    def _turn(self, at: At) -> None:
        if isinstance(at.moment, Asked):
            if not at.moment.ask.command:
                self.ask(at.moment.ask)
            return
        self.ended_at = at.when
        self.phase.end()
        self._clear_place()
        self.evidence.expire()
        self.evidence.end()

    def _show(self, events: list[tuple[float, Event]]) -> None:
        if not events:
            return
        if any(isinstance(event, Phase) for _, event in events):
            self.evidence.expire()
        self.evidence.show(events)
        if any(block.crowds for block in self.evidence.blocks):
            self.add_class("-crowded")
        last: dict[type, tuple[Progress | Wait, float]] = {}
        for when, event in events:
            if isinstance(event, Phase):
                last.clear()
                self.phase.begin(when, event)
                self.log_lines.raw_file = Path(event.output) if event.output else self.log_lines.raw_file
            elif isinstance(event, Progress) or isinstance(event, Wait):  # noqa: SIM101  # twice as fast as a union
                last[type(event)] = event, when
        for passing, when in last.values():
            self.phase.report(passing, when)
        self.log_lines.write([line for _, event in events for line in logged(event)])

    def _place(self, widget: Widget) -> None:
        for old in self.query(".last"):
            old.remove()
        widget.add_class("last", YIELDS)
        self.mount(widget, before=self.log_lines)

    def _clear_place(self) -> None:
        gone = self.form or self.card
        if gone is not None and gone.has_focus_within:
            # Left alone, Textual would hand the focus to the rail.
            self.screen.set_focus(None)
        self.remove_class("-asking")
        self.form = self.card = None
        for old in self.query(".last"):
            old.remove()


def logged(event: Event) -> list[Written]:
    """The lines of the log that an event is worth."""
    if isinstance(event, Line):
        named = not event.source or event.text.startswith(event.source)
        return [(event.level, event.text if named else f"{event.source}: {event.text}", event.source)]
    if isinstance(event, Phase):
        return [("info", f"● {event.title}"), *([("debug", f"  $ {event.command}")] if event.command else [])]
    if isinstance(event, ResourceRow) and event.state == "failed" and event.text:
        return [("error", f"{event.address}: {event.text}", event.address)]
    if isinstance(event, Chain) and event.links:
        newest = max(event.links, key=lambda link: link.joint.number).finding
        return [("info" if newest.ok else "warning", newest.line())]
    if isinstance(event, Finding):
        return [("info" if event.ok else "warning", event.line())]
    return []


def _said(ask: Ask, answers: Answers) -> list[str]:
    """Question and answer for the log; a secret stays one."""
    said = []
    for question in ask.questions:
        answer = answers.get(question.key, "")
        label = next((choice.label for choice in question.choices if choice.value == answer), answer)
        said.append(f"{question.prompt} {'(a secret)' if question.kind is Kind.SECRET else label}")
    return said
