"""What running Terraform through the wizard costs: over Terraform alone, at rest, found again, and stopped."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from wizard.core.drive import drive
from wizard.core.event import Ask, Event, Work
from wizard.core.journal import Journal
from wizard.core.question import Answers
from wizard.core.redact import Redactor
from wizard.core.stopping import Outlook
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import engine
from wizard.services.terraform.commands import PlannedRun, Result, Terraform

LINES = 100_000
_ROUNDS = 3
_MODULE = """
resource "terraform_data" "a" {
  count = 20
  provisioner "local-exec" { command = "sleep 4" }
}
"""
"""Eight seconds of work that no processor is needed for: as long as the wizard's own module takes."""
_HEARS = """
import signal, sys, time
def heard(*_): print(time.monotonic(), flush=True); sys.exit(0)
signal.signal(signal.SIGINT, heard)
print("ready", flush=True)
time.sleep(60)
"""


def main() -> None:
    found_again()
    stopped()
    at_rest()
    if shutil.which("terraform"):
        over_terraform()


def found_again() -> None:
    """From the call to the current rows of an apply whose log has 100,000 lines; the aim is 1 s."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = _long_run(folder / "runs" / "1-apply")
        taken = [_timed(lambda: _follow(folder, run)) for _ in range(_ROUNDS)]
    _say("found again, a log of 100,000 lines", taken)


def stopped() -> None:
    """From the key that says stop to the signal in the command; the aim is 100 ms."""
    with tempfile.TemporaryDirectory() as name:
        taken = [asyncio.run(_key_to_signal(Path(name) / str(number))) for number in range(_ROUNDS)]
    _say("from the key to SIGINT", taken)


def at_rest(seconds: float = 10.0) -> None:
    """Share of a processor while the front page waits; the aim is 0.3 %."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        argv = [sys.executable, "-m", "wizard", "demo", "--engine", "recording"]
        os.execv(sys.executable, argv)  # noqa: S606  # the child becomes the program
    reader = threading.Thread(target=_drain, args=(terminal,), daemon=True)
    reader.start()
    time.sleep(8.0)
    before = _spent(child)
    time.sleep(seconds)
    share = (_spent(child) - before) / seconds
    os.kill(child, 15)
    os.waitpid(child, 0)
    print(f"{'at rest on the front page':<44} {share * 100:8.2f} % of a processor")


def over_terraform() -> None:
    """The same plan applied by Terraform alone and through the wizard, in turn; the aim is 3 %."""
    pairs = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(_ROUNDS + 1):
            bare, ours = Path(name) / f"{number}a", Path(name) / f"{number}b"
            pairs.append((_apply_through(ours), _apply_bare(bare)))
    a, b = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    ratio = statistics.median(x / y for x, y in pairs[1:])
    words = "apply, against terraform apply -json"
    print(f"{words:<44} {a * 1000:8.0f} ms  against {b * 1000:8.0f} ms   ratio {ratio:.3f}")


def _long_run(folder: Path) -> DetachedRun:
    def line(kind: str, number: int, seconds: int = 0) -> str:
        resource = {"addr": f'aws_iam_role.r["{number}"]', "resource_type": "aws_iam_role"}
        hook = {"resource": resource, "action": "create", "elapsed_seconds": seconds}
        said = {"@level": "info", "@message": f"{kind} {number}", "type": kind}
        held = {"change": hook} if kind == "planned_change" else {"hook": hook}
        return json.dumps({**said, **held}, separators=(",", ":"))

    lines = [line("planned_change", number) for number in range(500)]
    lines += [line("apply_start", number) for number in range(500)]
    lines += [line("apply_complete", number, 9) for number in range(300)]
    rest = LINES - len(lines)
    lines += [line("apply_progress", 300 + number % 200, number // 20) for number in range(rest)]
    folder.mkdir(parents=True)
    (folder / "out").write_text("\n".join(lines) + "\n")
    record = {"argv": ["terraform", f"-chdir={folder}", "apply", "x"], "started": "2026-11-24T12:00:00+00:00"}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "status").write_text("0")
    return DetachedRun(folder)


def _follow(folder: Path, run: DetachedRun) -> None:
    journal = Journal(folder / "journal.jsonl", Redactor())
    _to_the_end(_tool(folder, folder / "runs").resume(run, outputs=False), journal)
    journal.close()


async def _key_to_signal(folder: Path) -> float:
    from tests.ui import scripted
    from wizard.ui.app import WizardApp
    from wizard.ui.screens.question import QuestionScreen

    run = runner.start([sys.executable, "-I", "-c", _HEARS], {}, folder, datetime.now(UTC))
    while "ready" not in (run.output() if (folder / "out").exists() else ""):
        await asyncio.sleep(0.02)
    world = scripted.World(hold=30.0)
    app = WizardApp(scripted.flow(world), scripted.FRONT)
    async with app.run_test() as pilot:
        while not app.jobs.waiting and app.jobs.running:
            await pilot.pause(0.05)
        stopping = app.flow.stopping
        stopping.begin(run, Outlook())
        choice = stopping.ask()
        assert choice is not None
        from wizard.ui.screens.stop import ask

        ask(app, choice, stopping)
        while not isinstance(app.screen, QuestionScreen):
            await pilot.pause(0.02)
        await pilot.press("right")
        pressed = time.monotonic()
        await pilot.press("enter")
        while run.output().count("\n") < 2:
            await asyncio.sleep(0.005)
    return float(run.output().split()[-1]) - pressed


def _apply_bare(folder: Path) -> float:
    planned = _planned(folder)
    argv = ["terraform", f"-chdir={folder}", "apply", "-input=false", "-json", str(planned.file)]
    return _timed(
        lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    )


def _apply_through(folder: Path) -> float:
    planned = _planned(folder)
    journal = Journal(folder / "journal.jsonl", Redactor())
    return _timed(lambda: _to_the_end(_tool(folder, folder / "runs").apply(planned), journal))


def _planned(folder: Path) -> PlannedRun:
    folder.mkdir()
    (folder / "main.tf").write_text(_MODULE)
    tool = _tool(folder, folder / "runs")
    _to_the_end(tool.init(), None)
    return _to_the_end(tool.plan(), None)


def _tool(folder: Path, runs: Path) -> Terraform:
    return Terraform(
        engine=engine.Engine("terraform", ("terraform",), "1.11.4"),
        folder=folder,
        environ=os.environ,
        runs=runs,
        explain=lambda text: None,
    )


def _to_the_end(work: Work[Result] | Work[PlannedRun] | Work[None], journal: Journal | None) -> PlannedRun:
    def on_event(event: Event) -> None:
        if journal is not None:
            journal.event("apply", event)

    found: object = drive("apply", work, on_event=on_event, asker=_Nobody(), cancel=threading.Event())
    return cast(PlannedRun, found)


class _Nobody:
    def answer(self, step: str, ask: Ask) -> Answers:
        raise AssertionError("nobody is asked")


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        return


def _spent(pid: int) -> float:
    """Processor seconds of a process's threads so far, to the nanosecond: the system's ticks are too coarse."""
    return (
        sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _say(name: str, taken: list[float]) -> None:
    print(f"{name:<44} {statistics.median(taken) * 1000:8.0f} ms")


if __name__ == "__main__":
    main()
