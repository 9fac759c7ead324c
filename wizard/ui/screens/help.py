"""Help for the thing in focus: the question, the step, and the keys that work right here."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from wizard.core.question import Question
from wizard.ui.facing import Facing
from wizard.ui.words import MUTED, joined, lines, plain


class Help(ModalScreen[None]):
    """One page; arrows scroll it, Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter", "dismiss", "Close", id="help.close", tooltip="Back to the step"),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 70%; }
    Help > VerticalScroll {
        width: 90%;
        max-width: 90;
        height: auto;
        max-height: 90%;
        background: $surface;
        border: round $primary;
        padding: 0 2;
        scrollbar-size-vertical: 1;
    }
    Help Static { height: auto; margin: 0 0 1 0; }
    """

    def __init__(self, face: Facing, questions: list[Question], keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._face = face
        self._questions = questions
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            for question in self._questions:
                if question.help or question.prompt:
                    yield Static(
                        lines(plain(question.prompt, "bold $text-primary"), plain(question.help)),
                        markup=False,
                    )
            yield Static(
                lines(
                    plain(self._face.title, "bold $text-primary"),
                    plain(self._face.why),
                    plain(self._face.about, MUTED),
                ),
                markup=False,
            )
            yield Static(
                Content("\n").join([plain("Keys", "bold $text-primary"), *self._rows()]), markup=False
            )
            yield Static(plain("Esc closes this page.", MUTED), markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _rows(self) -> list[Content]:
        wide = max((len(key) for key, _ in self._keys), default=0)
        return [joined((f"{key:<{wide}}  ", "bold"), does) for key, does in self._keys]
