"""The questions of a step, asked in the pane itself."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Button, Static

from wizard.core.event import Ask
from wizard.core.question import Answers, Kind, Question
from wizard.ui.widgets.button import Choice
from wizard.ui.widgets.choices import ChoiceField
from wizard.ui.widgets.confirm import ConfirmField
from wizard.ui.widgets.field import Field, TextField
from wizard.ui.widgets.placed import Placed
from wizard.ui.words import plain


class Form(VerticalScroll, can_focus=False):
    """Enter goes to the next question, and on the last one answers them all."""

    DEFAULT_CSS = """
    Form { height: auto; border-left: thick $primary; padding: 0 0 0 1; scrollbar-size-vertical: 1; }
    Form > .title { text-style: bold; color: $text-primary; height: auto; }
    Form > .reason { color: $text-muted; height: auto; margin: 0 0 1 0; }
    """

    class Answered(Message):
        """Every question has an answer that will do."""

        def __init__(self, ask: Ask, answers: Answers) -> None:
            super().__init__()
            self.ask = ask
            self.answers = answers

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.ask = ask
        alone = len(ask.questions) == 1
        self.fields = [_field(question, alone) for question in ask.questions]
        self._given = False

    def compose(self) -> ComposeResult:
        if self.ask.title:
            yield Static(plain(self.ask.title), markup=False, classes="title")
        if self.ask.reason:
            yield Static(plain(self.ask.reason), markup=False, classes="reason")
        yield from self.fields
        if not (len(self.fields) == 1 and isinstance(self.fields[0], ChoiceField | ConfirmField)):
            yield Choice(self.ask.submit, "submit")

    def on_mount(self) -> None:
        self.post_message(Placed())

    def focus_first(self) -> None:
        """Put the focus on the first question."""
        if self.fields:
            self.fields[0].target.focus()

    def help_for(self) -> list[Question]:
        """The questions, for the help screen; the one that has the focus first."""
        return [field.question for field in sorted(self.fields, key=lambda field: not field.has_focus_within)]

    def on_field_submitted(self, event: Field.Submitted) -> None:
        event.stop()
        number = self.fields.index(event.field)
        if event.field.fault():
            event.field.target.focus()
        elif number + 1 < len(self.fields):
            self.fields[number + 1].target.focus()
        else:
            self._submit()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._submit()

    def _submit(self) -> None:
        faulty = [field for field in self.fields if field.fault()]
        if faulty:
            faulty[0].target.focus()
        elif not self._given:
            self._given = True
            self.post_message(self.Answered(self.ask, {f.question.key: f.answer for f in self.fields}))


def _field(question: Question, alone: bool) -> Field:
    if question.kind is Kind.CONFIRM and alone:
        return ConfirmField(question)
    if question.kind in (Kind.CHOICE, Kind.CONFIRM):
        return ChoiceField(question)
    return TextField(question)
