"""The questions of a step, asked in the pane itself."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Button, Static

from wizard.core.event import Ask
from wizard.core.question import YES, Answers, Kind, Question
from wizard.ui.widgets.button import Choice
from wizard.ui.widgets.choices import ChoiceField
from wizard.ui.widgets.confirm import ConfirmField
from wizard.ui.widgets.field import Field, TextField
from wizard.ui.widgets.placed import Placed
from wizard.ui.words import plain


class Form(VerticalScroll, can_focus=False):
    """Enter goes to the next question, and on the last one answers them all.

    Where the defaults will do and none was changed, Enter answers them all at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "more", "The rest", id="form.more", tooltip="Show the rest of what can be set"),
    ]

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
        self.fields = [_field(question, alone) for question in ask.questions if question.key != ask.more]
        self._more = next((question for question in ask.questions if question.key == ask.more), None)
        self._given = False

    def compose(self) -> ComposeResult:
        if self.ask.title:
            yield Static(plain(self.ask.title), markup=False, classes="title")
        how = (
            "Enter accepts all of it, Tab moves to one." if self.ask.settled and len(self.fields) > 1 else ""
        )
        if reason := f"{self.ask.reason} {how}".strip():
            yield Static(plain(reason), markup=False, classes="reason")
        yield from self.fields
        if not (self.confirms or (len(self.fields) == 1 and isinstance(self.fields[0], ChoiceField))):
            yield Choice(self.ask.submit, "submit")
        if self._more is not None:
            label = next(choice.label for choice in self._more.choices if choice.value == YES)
            yield Choice(f"{label} (ctrl+o)", "more")

    def on_mount(self) -> None:
        self.post_message(Placed())

    @property
    def confirms(self) -> bool:
        """It is one yes or no about what stands above it."""
        return len(self.fields) == 1 and isinstance(self.fields[0], ConfirmField)

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
        elif number + 1 < len(self.fields) and not self._untouched():
            self.fields[number + 1].target.focus()
        else:
            self._submit()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._submit(more=getattr(event.button, "choice", "") == "more")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        return action != "more" or self._more is not None

    def action_more(self) -> None:
        self._submit(more=True)

    def _untouched(self) -> bool:
        return self.ask.settled and all(field.answer == field.question.default for field in self.fields)

    def _submit(self, *, more: bool = False) -> None:
        faulty = [field for field in self.fields if field.fault()]
        if faulty:
            faulty[0].target.focus()
        elif not self._given:
            self._given = True
            answers = {field.question.key: field.answer for field in self.fields}
            if self._more is not None:
                answers[self._more.key] = YES if more else self._more.default
            self.post_message(self.Answered(self.ask, answers))


def _field(question: Question, alone: bool) -> Field:
    if question.kind is Kind.CONFIRM and alone:
        return ConfirmField(question)
    if question.kind in (Kind.CHOICE, Kind.CONFIRM):
        return ChoiceField(question)
    return TextField(question)
