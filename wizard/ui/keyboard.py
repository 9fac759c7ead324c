"""The keys of the screen and what they do that is not moving between steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from wizard.core.flow import Status

if TYPE_CHECKING:
    from wizard.core.finding import Finding
    from wizard.core.flow import Flow
    from wizard.ui.facing import Facing
    from wizard.ui.jobs import Jobs
    from wizard.ui.pane import StepPane


BACK = 3
"""What the program ends with when the operator goes over to the way back."""


class Keyboard(Screen[None]):
    """Help, log, copy, commands by hand, stop and again, over the pane that is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,b", "back", "Back", id="back", tooltip="Look at the step before; nothing is lost"),
        Binding("n,f6", "next", "Next", id="next", tooltip="Go on to the first step that is not done"),
        Binding("s,f8", "stop", "Stop", id="stop", tooltip="Stop what is under way"),
        Binding("f1", "help", "Help", id="help", tooltip="Explain the thing in focus, and the keys"),
        Binding(
            "tab",
            "move",
            "Move",
            show=False,
            id="move",
            tooltip="To the lists, the question, the buttons; Enter opens",
        ),
        Binding("o,f7", "browse", "Browser", id="browse", tooltip="Open the address in a browser"),
        Binding("e,f3", "by_hand", "By hand", id="by_hand", tooltip="The commands that do the same"),
        Binding("l,f2", "log", "Log", id="log", tooltip="Show or hide the log of this step"),
        Binding("c,f4", "copy", "Copy", id="copy", tooltip="Copy what is in focus: a code, a policy, a list"),
        Binding(
            "m",
            "message",
            "Message",
            id="message",
            tooltip="A letter to whoever can mend it, to copy or save",
        ),
        Binding("r,f5", "again", "Again", id="again", tooltip="Run this step again"),
        Binding("u,f12", "undo", "Undo", id="undo", tooltip="Put back what this step changed"),
        Binding(
            "U",
            "take_back",
            "Take back",
            show=False,
            id="take_back",
            tooltip="The way back: take back everything the wizard did, one change after the other",
        ),
        Binding("z", "freeze", "Freeze", id="freeze", tooltip="Let what is watched stand still, or go on"),
        Binding("g,f11", "rail", "Steps", show=False, id="rail", tooltip="Move to the list of steps"),
        Binding(
            "f",
            "findings('filter')",
            "Filter",
            show=False,
            id="findings.filter",
            tooltip="One verdict, or one kind of change, at a time",
        ),
        Binding(
            "slash",
            "findings('search')",
            "Search",
            show=False,
            id="findings.search",
            tooltip="Only what holds these words",
        ),
        Binding(
            "x",
            "findings('export')",
            "Table",
            show=False,
            id="findings.export",
            tooltip="What was found or planned, to copy or save",
        ),
        Binding("pageup", "read(-1)", "Up", show=False, id="read.up", tooltip="Read further up"),
        Binding("pagedown", "read(1)", "Down", show=False, id="read.down", tooltip="Read further down"),
    ]

    flow: Flow
    jobs: Jobs
    faces: dict[str, Facing]
    here: str
    save_folder: Path

    @property
    def pane(self) -> StepPane:
        """The pane that is shown."""
        raise NotImplementedError

    @property
    def face(self) -> Facing:
        """The step that is shown."""
        return self.faces[self.here]

    async def visit(self, id: str, *, begin: bool = False) -> None:
        """Show a step, and begin it if it is ready or `begin` insists."""
        raise NotImplementedError

    async def action_again(self) -> None:
        if self.flow.status(self.face.step) is not Status.DONE:
            await self.visit(self.here, begin=True)
            return
        from wizard.ui.screens.question import QuestionScreen

        self.app.push_screen(
            QuestionScreen(
                f"Run “{self.face.title}” again?",
                "It looks afresh and asks before it changes anything. "
                "If it finds something else than before, the steps after it must be done again.",
                (("No", "no"), ("Run again", "yes")),
            ),
            self._again_answered,
        )

    def action_undo(self) -> None:
        taking_back = self.face.undo(self.flow.facts)
        if taking_back is not None:
            self.jobs.start(taking_back)

    def action_take_back(self) -> None:
        from wizard.ui.screens.question import QuestionScreen

        self.app.push_screen(
            QuestionScreen(
                "Go over to the way back?",
                "It takes back what the wizard did, one change after the other, each shown and asked first. "
                "Nothing changes by going there.",
                (("Stay", "no"), ("Go there", "yes")),
            ),
            lambda answer: self.app.exit(BACK) if answer == "yes" else None,
        )

    def action_stop(self) -> None:
        if self.jobs.waiting:
            self.jobs.stop()
            return
        from wizard.ui.screens.question import QuestionScreen
        from wizard.ui.screens.stop import ask

        choice = self.flow.stopping.ask()
        if choice is not None:
            ask(self.app, choice, self.flow.stopping)
            return
        self.app.push_screen(
            QuestionScreen(
                f"Stop “{self.faces[self.jobs.running].title}”?",
                "It stops before its next move. What is already done stays done; you can begin again.",
                (("Go on", "no"), ("Stop", "yes")),
            ),
            self._stop_answered,
        )

    def action_help(self) -> None:
        from wizard.ui.screens.help import Help

        form = self.pane.form
        keys: dict[str, list[str]] = {}
        for bound in self.active_bindings.values():
            if bound.enabled and bound.tooltip:
                keys.setdefault(bound.tooltip, []).append(self.app.get_key_display(bound.binding))
        rows = [(", ".join(pressed), does) for does, pressed in keys.items()]
        self.app.push_screen(Help(self.face, form.help_for() if form else [], rows))

    def action_by_hand(self) -> None:
        commands = self.face.equivalent(self.flow.facts)
        text = "\n".join(commands) or "Nothing to type yet: this step rests on what an earlier one finds."
        self._open_sheet("By hand you would type", text, f"htd-{self.here}-commands.sh")

    def open_finding(self, finding: Finding) -> None:
        """Show a finding whole, with what to do about it."""
        text = "\n".join([finding.line(), *(finding.problem.lines() if finding.problem else ())])
        copied = finding.problem.copy if finding.problem else ""
        self._open_sheet(finding.title, text, f"htd-{self.here}-finding.txt", copied)

    def open_table(self, text: str) -> None:
        """Show findings as a table, to copy or save."""
        self._open_sheet("What was found, as a table", text, f"htd-{self.here}-findings.md")

    def open_plan(self, text: str) -> None:
        """Show a plan as a text, to copy or save."""
        self._open_sheet("The plan, as it is shown", text, f"htd-{self.here}-plan.txt")

    def save_log(self, text: str) -> str:
        """Write the log of this step to a file and say how that went."""
        from wizard.core.atomic import write_private

        file = self.save_folder / f"htd-{self.here}-log.txt"
        try:
            write_private(file, text)
        except OSError as fault:
            return f"! not saved: {fault.strerror or fault}. {file}"
        return f"✓ saved: {file}"

    def action_findings(self, what: str) -> None:
        block = self.pane.evidence.narrowed
        if block is not None:
            {"filter": block.next_filter, "search": block.find, "export": block.export}[what]()

    def action_edit(self) -> None:
        """Open the line that a problem names in the operator's editor, in place of the wizard's screen."""
        from wizard.ui.editor import edit

        problem = self.flow.problems.get(self.here)
        if problem is not None and problem.opens:
            said = edit(self.app, problem.opens)
            if said:
                self.app.notify(said, timeout=8, markup=False)

    def action_message(self) -> None:
        problem = self.flow.problems.get(self.here)
        if problem is not None and problem.message:
            self._open_sheet(f"A message to {problem.who}", problem.message, f"htd-{self.here}-message.txt")

    def action_browse(self) -> None:
        from wizard.ui.widgets.device_code import Address

        self.post_message(Address.Wanted(self.pane.evidence.address()))

    def action_freeze(self) -> None:
        self.pane.evidence.freeze()

    def action_log(self) -> None:
        if self.pane.toggle_log():
            self.pane.log_lines.enter()
        else:
            self.pane.focus_best()

    def action_copy(self) -> None:
        text = self.pane.copyable() or "\n".join(self.face.equivalent(self.flow.facts))
        if text:
            self.app.copy_to_clipboard(text)
            self.app.notify("Sent to your terminal's clipboard.", timeout=3, markup=False)

    def action_move(self) -> None:
        """From a yes or no to what it is about, never on to the yes; elsewhere from one thing to the next."""
        form, about = self.pane.form, self.pane.evidence.readable()
        if form is not None and form.confirms and form.has_focus_within and about is not None:
            self.set_focus(about)
        else:
            self.focus_next()

    def action_read(self, direction: int) -> None:
        evidence = self.pane.evidence
        evidence.scroll_relative(y=direction * max(1, evidence.size.height - 1), animate=False)

    async def _again_answered(self, answer: str | None) -> None:
        if answer == "yes":
            await self.visit(self.here, begin=True)

    def _stop_answered(self, answer: str | None) -> None:
        if answer == "yes":
            self.jobs.stop()

    def _open_sheet(self, title: str, text: str, file_name: str, copied: str = "") -> None:
        from wizard.ui.screens.sheet import Sheet
        from wizard.ui.words import plain

        self.app.push_screen(Sheet(title, plain(text), copied or text, file_name, self.save_folder))
