"""Questions as data, so that a pane, a prompt and an answers file ask the same thing in the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a question is answered. Answers are always text."""

    TEXT = "text"
    SECRET = "secret"
    """Masked, kept in memory only, never remembered."""
    CHOICE = "choice"
    CONFIRM = "confirm"
    """`yes` or `no`; `no` is the default unless the question says otherwise."""


YES, NO = "yes", "no"

Check = Callable[[str], str | None]
"""Returns one sentence saying what to change, or None when the answer will do."""
Preview = Callable[[str], tuple[str, ...]]
"""How an answer is understood, line by line, as it is typed."""


@dataclass(frozen=True)
class Choice:
    """One entry of a choice."""

    value: str
    label: str
    detail: str = ""
    """Said beside the label: account, state, expiry."""
    unavailable: str = ""
    """Why it cannot be chosen now; empty when it can."""


@dataclass(frozen=True)
class Question:
    """One thing to be answered. `key` is unique within its step."""

    key: str
    prompt: str
    kind: Kind = Kind.TEXT
    help: str = ""
    """Why it is asked and where the answer is found."""
    default: str = ""
    origin: str = ""
    """Where the default comes from: "from the pasted URL"."""
    choices: tuple[Choice, ...] = ()
    check: Check | None = None
    preview: Preview | None = None
    optional: bool = False
    placeholder: str = ""
    always_ask: bool = False
    """Never answered for granted: a yes belongs to the change that is on the screen."""
    remember: bool = True
    """Last time's answer is offered again."""
    keep: Callable[[str], str] | None = None
    """What of an answer is remembered; all of it when None."""

    def fault(self, answer: str) -> str | None:
        """One sentence saying why `answer` will not do, or None."""
        if not answer.strip():
            return None if self.optional else "This needs an answer."
        if self.kind is Kind.CONFIRM and answer not in (YES, NO):
            return "Answer yes or no."
        if self.kind is Kind.CHOICE:
            chosen = next((c for c in self.choices if c.value == answer), None)
            if chosen is None:
                return "Choose one of: " + ", ".join(c.value for c in self.choices) + "."
            if chosen.unavailable:
                return chosen.unavailable
        return self.check(answer) if self.check else None


Answers = Mapping[str, str]


def confirm(key: str, prompt: str, help: str = "") -> Question:
    """A yes-or-no about a change that is on the screen; never answered from memory."""
    return Question(key, prompt, Kind.CONFIRM, help=help, default=NO, always_ask=True, remember=False)
