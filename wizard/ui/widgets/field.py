"""One question of a form. What is typed is checked and explained as it is typed; nothing is taken before Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Input, Static

from wizard.core.question import Kind, Question
from wizard.core.text import clean
from wizard.ui.words import MUTED, lines, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

LONGEST = 20_000
"""Characters that a field takes; a paste beyond that is cut and said so."""
BREAK = "⏎"
"""Stands for a line break in a field of one line."""
_SETTLE = 0.08
"""Seconds of stillness before an answer is checked."""


class LineInput(Input):
    """An input in which a pasted line break is text, never Enter."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus { border: none; height: 1; padding: 0 1; background: $panel; }
    LineInput:focus { background: $primary 20%; }
    """
    cut = False
    distil: Callable[[str], str] | None = None
    """Gives what matters in a text that is too long for the field; empty when it cannot tell."""
    distilled = False
    cursor_blink = var(False, init=False)
    """A cursor that blinks draws the screen twice a second for ever."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take(event.text)

    def take(self, pasted: str) -> None:
        """Put pasted text in place of the selection."""
        self.distilled = False
        if self.distil is not None and len(pasted) > LONGEST and (short := self.distil(pasted)):
            pasted, self.distilled = short, True
        # Terminals send a pasted line break as a bare CR.
        lines = pasted[: LONGEST + 1].replace("\r\n", "\n").replace("\r", "\n")
        text = clean(lines).strip("\n").replace("\n", BREAK).replace("\t", " ")
        room = LONGEST - len(self.value) + len(self.selected_text)
        self.cut = len(text) > room
        start, end = sorted(self.selection)
        self.replace(text[: max(0, room)], start, end)


class SecretInput(LineInput):
    """Masked; what is in it cannot be copied or cut out."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, password=True, classes="-text-field")

    def action_copy(self) -> None:
        self.app.notify("A secret is never copied.", markup=False)

    def action_cut(self) -> None:
        self.action_copy()


class Field(Vertical):
    """Base: the prompt above, the answer, and below it how it is understood or what to change."""

    DEFAULT_CSS = """
    Field { height: auto; margin: 0 0 1 0; }
    Field > .prompt { height: auto; }
    Field > .said { height: auto; }
    """

    class Submitted(Message):
        """Enter was pressed in this field."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.said = Static(markup=False, classes="said")
        self.said.display = False

    def compose(self) -> ComposeResult:
        if self.question.prompt:
            yield Static(plain(self.question.prompt), markup=False, classes="prompt")
        yield from self.answering()
        yield self.said

    def answering(self) -> ComposeResult:
        """The widgets that take the answer."""
        raise NotImplementedError

    @property
    def answer(self) -> str:
        raise NotImplementedError

    @property
    def target(self) -> Widget:
        """What takes the focus."""
        raise NotImplementedError

    def fault(self) -> str | None:
        """Why the answer will not do, shown below the field."""
        fault = self.question.fault(self.answer)
        self.say(fault, () if self.answer.strip() or not self.question.help else (self.question.help,))
        return fault

    def say(self, fault: str | None, hints: tuple[str, ...] = ()) -> None:
        """Show a fault, and below it the hints."""
        faults = (plain(f"! {fault}", "$text-warning"),) if fault else ()
        said = lines(*faults, *(plain(hint, MUTED) for hint in hints))
        self.said.update(said)
        self.said.display = bool(said.plain)


class TextField(Field):
    """A line of text, or a secret."""

    BINDINGS: ClassVar = []

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        secret = question.kind is Kind.SECRET
        self.input: LineInput = (
            SecretInput(question.placeholder)
            if secret
            else LineInput(clean(question.default), clean(question.placeholder), classes="-text-field")
        )
        self.input.distil = question.keep
        self._timer: Timer | None = None
        self._touched = False

    def answering(self) -> ComposeResult:
        yield self.input

    def on_mount(self) -> None:
        self.say(None, self._hints())

    @property
    def answer(self) -> str:
        return self.input.value.replace(BREAK, "\n")

    @property
    def target(self) -> Widget:
        return self.input

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._touched = self._touched or event.value != self.question.default
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SETTLE, self._look)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self.post_message(self.Submitted(self))

    def _look(self) -> None:
        blank = not self.answer.strip()
        fault = None if blank or not self._touched else self.question.fault(self.answer.strip())
        self.say(fault, () if fault else self._hints())

    def _hints(self) -> tuple[str, ...]:
        hints: list[str] = []
        if self.input.cut:
            hints.append(f"The paste was cut at {LONGEST:,} characters.")
        if self.input.distilled:
            hints.append("The paste was long; what matters in it was taken.")
        if self.question.preview and self.answer.strip():
            hints += self.question.preview(self.answer.strip())
        elif self.question.origin and self.answer == self.question.default:
            hints.append(self.question.origin)
        elif self.question.help and not self.answer:
            hints.append(self.question.help)
        return tuple(hints)
