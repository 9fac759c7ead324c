"""A question with a list of answers. A long list is narrowed by typing."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList

from wizard.core.question import NO, YES, Choice, Kind, Question
from wizard.ui.widgets.field import Field, LineInput
from wizard.ui.widgets.roster import Roster
from wizard.ui.words import MUTED, joined, plain

FEW = 7
"""A list up to this long is not filtered."""
_MOVES = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}


class Filter(LineInput):
    """Narrows the list below it; arrows and Enter are the list's."""

    DEFAULT_CSS = """
    Filter, Filter:focus { border: none; height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, roster: Roster) -> None:
        super().__init__(placeholder="Type to narrow the list", classes="-text-field")
        self._roster = roster

    def on_key(self, event: events.Key) -> None:
        if event.key in _MOVES:
            event.stop()
            event.prevent_default()
            getattr(self._roster, f"action_{_MOVES[event.key]}")()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self._roster.action_select()
        elif event.key == "escape" and self.value:
            event.stop()
            event.prevent_default()
            self.value = ""


class ChoiceField(Field):
    """Enter chooses the highlighted entry."""

    DEFAULT_CSS = """
    ChoiceField Roster { background: $surface; max-height: 10; overflow-y: auto; }
    ChoiceField Roster > .option-list--option-highlighted { background: $block-cursor-blurred-background; }
    """

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.choices = question.choices
        if question.kind is Kind.CONFIRM:
            self.choices = (Choice(NO, "No"), Choice(YES, "Yes"))
        self.roster = Roster(classes="choices")
        self.filter = Filter(self.roster) if len(self.choices) > FEW else None
        self._narrow("")
        self._pick(question.default)

    def answering(self) -> ComposeResult:
        if self.filter is not None:
            yield self.filter
        yield self.roster

    def on_mount(self) -> None:
        self.say(None, tuple(hint for hint in (self.question.origin, self.question.help) if hint)[:1])

    @property
    def answer(self) -> str:
        option = self.roster.highlighted_option
        return self.choices[int(option.id)].value if option is not None and option.id else ""

    @property
    def target(self) -> Widget:
        return self.filter if self.filter is not None else self.roster

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._narrow(event.value)

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        """The chosen entry is marked by a glyph too: colour alone says nothing to some."""
        self._narrow(self.filter.value if self.filter is not None else "")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Submitted(self))

    def _narrow(self, typed: str) -> None:
        option = self.roster.highlighted_option
        name = (option.id if option is not None else None) or ""
        chosen = int(name) if name.isdigit() else -1
        words = typed.casefold().split()
        shown = [
            (str(number), _row(choice, number == chosen), not choice.unavailable)
            for number, choice in enumerate(self.choices)
            if all(word in f"{choice.label} {choice.detail} {choice.value}".casefold() for word in words)
        ]
        self.roster.show(shown or [("none", plain("Nothing matches; Esc shows all again.", MUTED), False)])

    def _pick(self, value: str) -> None:
        for number, choice in enumerate(self.choices):
            if choice.value == value and not choice.unavailable:
                self.roster.highlighted = number


def _row(choice: Choice, chosen: bool) -> Content:
    if choice.unavailable:
        return joined((f"  {choice.label}", MUTED), (f"\n  ✗ not now: {choice.unavailable}", MUTED))
    mark = "● " if chosen else "○ "
    return joined(mark, (choice.label, "bold"), (f"\n  {choice.detail}" if choice.detail else "", MUTED))
