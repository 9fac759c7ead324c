"""The program: themes, the keys that always work, signals, and how it ends.

Only what the first paint needs is imported here; the rest of the screen is loaded behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver

from wizard.core.redact import Redactor
from wizard.core.stopping import LEFT_RUNNING, Stage
from wizard.ui.jobs import Jobs, Lent
from wizard.ui.shell import Shell
from wizard.ui.themes import DARK, LIGHT, other

if TYPE_CHECKING:
    from textual.message import Message
    from textual.screen import Screen

    from wizard.core.flow import Flow, StepLike
    from wizard.ui.widgets.device_code import Address
    from wizard.ui.widgets.findings import Findings
    from wizard.ui.widgets.logpane import LogPane
    from wizard.ui.widgets.plan import PlanBlock

COMPLETE, FAULT, LEFT = 0, 1, 130
"""What `run_wizard` returns: every step done; a fault of the screen itself; the operator left before the end."""

TYPICAL_START = 6.0
"""Seconds in which a serverless warehouse usually starts: "typically 2 to 6 seconds".
https://learn.microsoft.com/azure/databricks/compute/sql-warehouse/warehouse-types"""


SWITCH = 0.001
"""Seconds after which the thread of a step lets the screen's go on; Python's own 5 ms are felt at every key."""


class WizardApp(App[int]):
    """The full-screen wizard over one flow."""

    TITLE = "htd-wizard"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # mypy takes Textual's ClassVar for an instance variable
        (0, "-tiny"),
        (60, "-narrow"),
        (100, "-normal"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012  # as above
        (0, "-flat"),
        (20, "-short"),
        (24, "-tall"),
        (32, "-roomy"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,f9", "theme", "Theme", show=False, id="theme", tooltip="Dark or light"),
        Binding("ctrl+q,f10", "quit", "Quit", id="quit", tooltip="Leave the wizard", priority=True),
    ]

    def __init__(
        self,
        flow: Flow,
        front: StepLike,
        *,
        badge: str = "",
        typical_seconds: float = TYPICAL_START,
        open_browser: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        redact: Callable[[str], str] | None = None,
        save_folder: Path | None = None,
        undoable: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self.flow = flow
        self.left_running = False
        """Whoever left knows that Terraform goes on."""
        self._open_browser = open_browser
        self.jobs = Jobs(flow, self._tell, clock=clock, redact=redact or Redactor())
        self.shell = Shell(
            flow,
            front,
            self.jobs,
            badge=badge,
            clock=clock,
            now=now,
            typical_seconds=typical_seconds,
            save_folder=save_folder or Path.cwd(),
            undoable=undoable,
        )
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        if not os.environ.get("TEXTUAL_THEME"):
            # Set without its watcher, which would parse every style a second time before the first paint.
            self.set_reactive(WizardApp.theme, DARK.name)
            self.stylesheet.set_variables(self.get_css_variables())
        if os.environ.get("SSH_CONNECTION") and not os.environ.get("TEXTUAL_ANIMATIONS"):
            self.animation_level = "none"

    def get_driver_class(self) -> type[Driver]:
        from wizard.ui.lasting import lasting

        return lasting(super().get_driver_class())

    def get_default_screen(self) -> Screen[None]:
        return self.shell

    def on_mount(self) -> None:
        self.call_after_refresh(_collect_garbage)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            # Only the main thread may watch signals; elsewhere the host program does.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(name, self.exit, LEFT)

    def on_unmount(self) -> None:
        self.jobs.stop()

    def on_lent(self, event: Lent) -> None:
        """Let go of the terminal until the command has ended."""
        from textual.app import SuspendNotSupported

        from wizard.services.process.foreground import CANNOT_START, lend

        try:
            with self.suspend():
                status = lend(event.ask.command, "Press Enter to return to the wizard. ")
        except SuspendNotSupported:
            status = CANNOT_START
        self.jobs.answer({question.key: str(status) for question in event.ask.questions})

    def on_address_wanted(self, event: Address.Wanted) -> None:
        self.browse(event.url)

    def on_findings_opened(self, event: Findings.Opened) -> None:
        self.shell.open_finding(event.finding)

    def on_findings_exported(self, event: Findings.Exported) -> None:
        self.shell.open_table(event.text)

    def on_plan_block_exported(self, event: PlanBlock.Exported) -> None:
        self.shell.open_plan(event.text)

    def on_log_pane_save(self, event: LogPane.Save) -> None:
        event.pane.saved(self.shell.save_log(event.text))

    def browse(self, url: str) -> None:
        """Open `url` in a browser, without waiting for it."""
        self.run_worker(lambda: self._browse(url), thread=True, exit_on_error=False, group="browser")

    def action_theme(self) -> None:
        self.theme = other(self.theme)

    async def action_quit(self) -> None:
        if self.jobs.running and not self.jobs.waiting:
            self._ask_to_leave(self.jobs.running)
        else:
            self._leave()

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing selected: the same as leaving."""
        self.call_later(self.action_quit)

    def _tell(self, message: Message) -> bool:
        return self.shell.post_message(message)

    def _ask_to_leave(self, running: str) -> None:
        from wizard.ui.screens.question import QuestionScreen
        from wizard.ui.screens.stop import ask

        choice = self.flow.stopping.ask(leaving=True)
        if choice is not None:
            ask(self, choice, self.flow.stopping, self._leave)
            return
        if isinstance(self.screen, QuestionScreen):
            return
        self.push_screen(
            QuestionScreen(
                f"“{self.shell.faces[running].title}” is still under way. Leave?",
                "It stops before its next move; what is done stays done. Start the wizard again to go on.",
                (("Stay", "stay"), ("Leave", "leave")),
            ),
            lambda answer: self._leave() if answer == "leave" else None,
        )

    def _leave(self) -> None:
        self.left_running = self.flow.stopping.stage is not Stage.IDLE
        self.exit(COMPLETE if self.flow.next_step() is None else LEFT)

    def _browse(self, url: str) -> None:
        if not self._open_browser(url):
            words = "No browser opens from here. Open the address on any device."
            self.call_from_thread(self.notify, words, markup=False)

    def _fatal_error(self) -> None:
        # Textual's own shows every local variable, and with them what was typed.
        from rich.text import Text

        fault = self._exception
        place = ""
        if fault is not None and fault.__traceback__ is not None:
            last = fault.__traceback__
            while last.tb_next is not None:
                last = last.tb_next
            place = f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})"
        self.panic(
            Text(
                f"The wizard's screen stopped by a fault of its own: {type(fault).__name__}{place}.\n"
                "Nothing is half-written. Start again to go on, or use --plain, which needs no screen."
            )
        )


def _collect_garbage() -> None:
    """Whoever started us may have put it off until the screen stands; what start-up made stays for good."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run_wizard(
    flow: Flow,
    front: StepLike,
    badge: str = "",
    open_browser: Callable[[str], bool] = lambda _: False,
    redact: Callable[[str], str] | None = None,
    undoable: Callable[[], bool] = lambda: False,
) -> int:
    """Run the wizard until the operator leaves. Returns `COMPLETE`, `FAULT`, `LEFT` or `BACK`.

    `undoable`: there is something to be taken back, so the way back is offered.
    """
    sys.setswitchinterval(SWITCH)
    app = WizardApp(flow, front, badge=badge, open_browser=open_browser, redact=redact, undoable=undoable)
    result = app.run()
    app.jobs.close()
    if app.left_running:
        sys.stderr.write(f"{LEFT_RUNNING}\n")
    return FAULT if result is None else result
