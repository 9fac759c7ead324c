"""How a run ended, and the one next step: done, stopped, cut short, or not yet."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.layout import Layout
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from wizard.core.problem import Problem
from wizard.core.text import one_line, plural
from wizard.ui.facing import Facing
from wizard.ui.stack import YIELDS, Stack
from wizard.ui.widgets.block import Block
from wizard.ui.widgets.button import Choice
from wizard.ui.widgets.placed import Placed
from wizard.ui.widgets.told import Told
from wizard.ui.words import MUTED, joined, lines, plain


class Card(Vertical):
    """A few lines and a row of buttons, the first of which is what most people want."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "beside(-1)", "Left", show=False, id="card.left", tooltip="Button before"),
        Binding("right", "beside(1)", "Right", show=False, id="card.right", tooltip="Button after"),
    ]
    DEFAULT_CSS = """
    Card { height: auto; border-left: thick $primary; padding: 0 0 0 1; }
    Card > VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    Card.-done { border-left: thick $success; }
    Card.-stopped { border-left: thick $error; }
    Card .said { height: auto; }
    Card > Horizontal { height: 1; margin: 1 0 0 0; }
    """

    class Chosen(Message):
        """A button was pressed: `next`, `again`, `back`, `finish`, `go:STEP`."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(
        self,
        said: Content | Widget,
        buttons: tuple[tuple[str, str], ...],
        evidence: tuple[str, ...] = (),
        folded: tuple[Block, ...] = (),
    ) -> None:
        super().__init__()
        self._said = said
        self._folded = folded
        self.buttons = [Choice(label, action) for label, action in buttons]
        self._evidence = evidence
        self._stack = Stack()

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes=YIELDS, can_focus=False):
            said = self._said
            yield said if isinstance(said, Widget) else Static(said, markup=False, classes="said")
            for block in self._folded:
                block.fold()
                yield block
            if self._evidence:
                told = Static(
                    Content("\n").join(plain(f"  {line}", MUTED) for line in self._evidence), markup=False
                )
                details = Block(f"Details ({plural(len(self._evidence), 'line')})", told)
                details.fold()
                yield details
        with Horizontal():
            yield from self.buttons

    def on_mount(self) -> None:
        self.post_message(Placed())

    @property
    def layout(self) -> Layout:
        """The words give way to the buttons."""
        return self._stack

    def focus_first(self) -> None:
        """Put the focus on the first button."""
        if self.buttons:
            self.buttons[0].focus()

    def action_beside(self, by: int) -> None:
        """The focus goes to the next button, and from the last to the first."""
        here = next((number for number, each in enumerate(self.buttons) if each is self.screen.focused), None)
        if here is not None:
            # At once, and not with the next message: more keys may have been typed already.
            self.screen.set_focus(self.buttons[(here + by) % len(self.buttons)])

    def copyable(self) -> str:
        return ""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if isinstance(event.button, Choice):
            self.post_message(self.Chosen(event.button.choice))


class Other(Block):
    """Something else that went wrong in the same run; Enter unfolds it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        told = Told(problem, headed=False, evidence=problem.evidence)
        super().__init__(f"✗ {one_line(problem.what, 200)}", told)

    def copyable(self) -> str:
        return self.problem.copy or "\n".join(self.problem.lines())


class ProblemCard(Card):
    """What happened, why, what to do and who can do it."""

    def __init__(self, problem: Problem, elsewhere: str, past: Facing | None = None) -> None:
        """`elsewhere` is the title of the step that mends it, `past` the one to go on to without."""
        self.problem = problem
        self.others = tuple(Other(each) for each in problem.also)
        buttons = [(problem.again or "Try again", "again"), ("Back", "back")]
        if problem.opens:
            name, _, line = Path(problem.opens).name.rpartition(":")
            buttons.insert(0, (f"Open {one_line(name, 20)} at {line}", "edit"))
        if elsewhere:
            buttons.insert(0, (f"Go to: {one_line(elsewhere, 24)}", f"go:{problem.step}"))
        if past is not None:
            buttons.append((f"Leave it: {one_line(past.title, 24)}", f"go:{past.id}"))
        copied = problem.copy.splitlines()
        evidence = (*problem.evidence, *(copied if copied[1:] else ()))
        super().__init__(Told(problem), tuple(buttons), evidence, self.others)
        self.add_class("-stopped")

    def copyable(self) -> str:
        focused = next((other for other in self.others if other.has_focus_within), None)
        if focused is not None:
            return focused.copyable()
        return self.problem.copy or "\n".join(self.problem.lines())


class DoneCard(Card):
    """The step is proven."""

    def __init__(
        self,
        title: str,
        spent: str,
        onward: str,
        report: str = "",
        undoable: bool = False,
        fact: object = None,
    ) -> None:
        """`report` is the file of the implementation status, said when nothing is left to do; `undoable` offers the
        way back. A `fact` of the way back may say that nothing was done.
        """
        declined, told = bool(getattr(fact, "declined", False)), str(getattr(fact, "told", ""))
        how = ("◌ Left as it is: ", "bold") if declined else ("✓ Done: ", "bold $text-success")
        head = joined(how, (title, "bold"), (f"  in {spent}" if spent and not told else "", MUTED))
        if onward:
            said, first = lines(head, told, joined(("Next: ", MUTED), onward)), ("Next", "next")
        else:
            written = joined(("The implementation status is in ", MUTED), report) if report else ""
            said = lines(head, told or "Every step is done. Nothing is left to do.", written)
            first = ("Finish", "finish")
        back = (("Take it back", "take_back"),) if undoable else ()
        super().__init__(said, (first, ("Run again", "again"), *back))
        self.add_class("-done")


class HaltedCard(Card):
    """The operator stopped the run."""

    def __init__(self, step: str, proven: bool) -> None:
        stays = "What was proven before still stands." if proven else "What was done so far stays."
        said = lines(plain("◌ Stopped, as you asked.", "bold"), plain(f"{stays} You can begin again.", MUTED))
        onward = (("Next", "next"),) if proven else ()
        super().__init__(said, (("Try again", f"go:{step}"), *onward, ("Back", "back")))


class MendedCard(Card):
    """What stopped the run is gone, as a later look saw."""

    def __init__(self, what: str, again: str) -> None:
        said = lines(joined(("✓ Holds now: ", "bold $text-success"), (what, "bold")), again)
        super().__init__(said, (("Try again", "again"), ("Back", "back")))
        self.add_class("-done")


class LaterCard(Card):
    """The step cannot begin yet."""

    def __init__(self, first_id: str, first: str, busy: bool) -> None:
        if busy:
            said = lines(
                plain(f"○ Later: {first} is still under way.", "bold"),
                plain("One step runs at a time.", MUTED),
            )
        else:
            said = lines(
                plain(f"○ Later: first comes {first}.", "bold"),
                plain("This step rests on what that one finds.", MUTED),
            )
        super().__init__(said, ((f"Go to: {first}", f"go:{first_id}"),))
