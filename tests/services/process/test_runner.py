"""A command runs on its own: it outlives whoever started it, and everything about it can be read again."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from wizard.services.process import runner
from wizard.services.process.runner import LOST, DetachedRun

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET = "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY"
Until = Callable[[Callable[[], object]], None]
Start = Callable[..., DetachedRun]

SLOW = """
import signal, sys, time
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append("INT"))
signal.signal(signal.SIGTERM, lambda *_: heard.append("TERM"))
print("begun", flush=True)
for _ in range(500):
    time.sleep(0.01)
    if pathlib.Path(sys.argv[1]).exists():
        break
print("heard", *heard, flush=True)
sys.exit(7)
""".replace("import signal", "import pathlib, signal", 1)
"""Works until the file it is given appears, five seconds at most, and tells which signals came."""
STARTER = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from wizard.services.process import runner
# Whoever runs the tests in the background, or behind nohup, lets them inherit that signals are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
run = runner.start(sys.argv[2:], dict(os.environ), Path(sys.argv[1]), datetime.now(UTC))
for batch in run.tail():
    if any("begun" in line for line in batch):
        print("ready", flush=True)
"""
"""A wizard that starts a run and follows it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "one"


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """start(code, *arguments): Python code as a run of its own; what still runs at the end is ended."""
    runs: list[DetachedRun] = []

    def begin(code: str, *arguments: str, environ: dict[str, str] | None = None) -> DetachedRun:
        argv = [sys.executable, "-I", "-c", code, *arguments]
        runs.append(runner.start(argv, environ or {"PATH": os.environ["PATH"]}, folder, NOW))
        return runs[-1]

    yield begin
    for run in runs:
        end(run.folder)


@pytest.fixture
def bystander() -> Iterator[int]:
    """The number of a process that has nothing to do with any run."""
    process = subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(60)"])
    yield process.pid
    process.kill()
    process.wait()


def end(folder: Path) -> None:
    """Kill what is left of a run."""
    for name in ("supervisor", "command"):
        with_number = pid(folder, name)
        if with_number and runner.is_held(folder / "lock"):
            with suppress(ProcessLookupError):
                os.kill(with_number, signal.SIGKILL)


def _is_free(run: DetachedRun) -> bool:
    return not runner.is_held(run.folder / "lock")


def pid(folder: Path, name: str) -> int:
    try:
        return int(json.loads((folder / "pid").read_text())[name])
    except (OSError, ValueError):
        return 0


def lines(run: DetachedRun) -> list[str]:
    """All of its output; waits for its end."""
    found = []
    for batch in run.tail():
        found += batch
        if not batch:
            time.sleep(0.01)
    return found


def attached(folder: Path) -> DetachedRun:
    run = runner.attach(folder)
    assert run is not None
    return run


def test_output_errors_and_exit_code_are_recorded(start: Start, folder: Path) -> None:
    run = start("import sys; print('one'); print('two'); print('bad', file=sys.stderr); sys.exit(3)")
    assert lines(run) == ["one", "two"]
    assert (run.code, run.alive, run.errors()) == (3, False, "bad\n")
    again = attached(folder)
    assert (lines(again), again.code, again.alive, again.errors()) == (["one", "two"], 3, False, "bad\n")


def test_a_signals_end_is_told_as_one(start: Start) -> None:
    run = start("import os; os.kill(os.getpid(), 9)")
    assert lines(run) == []
    assert run.code == -9


def test_a_program_that_is_not_there_ends_with_words(folder: Path) -> None:
    run = runner.start(["/nowhere/terraform", "plan"], {}, folder, NOW)
    assert lines(run) == []
    assert run.code == 127
    assert "/nowhere/terraform" in run.errors()


def test_the_environment_reaches_the_command_and_nothing_else(start: Start, folder: Path) -> None:
    code = "import os, time; print(os.environ['GIVEN'][::-1], flush=True); time.sleep(0.3)"
    run = start(code, environ={"PATH": os.environ["PATH"], "GIVEN": SECRET})
    command_lines = []
    while run.code is None:
        for name in ("supervisor", "command"):
            file = Path(f"/proc/{pid(folder, name)}/cmdline")
            if file.exists():
                command_lines.append(file.read_bytes())
        time.sleep(0.02)
    assert lines(run) == [SECRET[::-1]]
    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert SECRET.encode() not in written + b"".join(command_lines)
    assert SECRET not in repr(run)


def test_only_the_owner_can_read_it(start: Start, folder: Path) -> None:
    before = os.umask(0)
    try:
        made = folder.parent / "by the command"
        run = start("import sys; open(sys.argv[1], 'w').close()", str(made))
        lines(run)
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o077) for file in folder.iterdir()} == {
        file.name: "0o0" for file in folder.iterdir()
    }


def test_the_record_tells_what_runs(start: Start, folder: Path) -> None:
    run = start("print('x')", "--flag")
    record = json.loads((folder / "run.json").read_text())
    assert set(record) == {"argv", "started"}
    assert record["started"] == NOW.isoformat()
    assert run.argv[-1] == attached(folder).argv[-1] == "--flag"
    lines(run)


def test_a_folder_without_a_run_is_none(folder: Path) -> None:
    assert runner.attach(folder) is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_it_outlives_the_wizard_however_that_ends(
    folder: Path, tmp_path: Path, until: Until, number: signal.Signals
) -> None:
    """The whole process group of the wizard is hit, as by Ctrl-C or a closed window."""
    go = tmp_path / "go"
    wizard = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder), sys.executable, "-I", "-c", SLOW, str(go)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert wizard.stdout is not None
    assert wizard.stdout.readline() == b"ready\n"
    os.killpg(wizard.pid, number)
    assert wizard.wait(10) != 0
    wizard.stdout.close()
    run = attached(folder)
    assert (run.alive, run.code) == (True, None)
    go.touch()
    assert lines(run) == ["begun", "heard"], "no signal reached it"
    assert (run.code, run.alive) == (7, False)


def test_it_outlives_its_terminal(folder: Path, tmp_path: Path, until: Until) -> None:
    go = tmp_path / "go"
    child, terminal = pty.fork()
    if child == 0:
        argv = [sys.executable, "-c", STARTER, str(folder), sys.executable, "-I", "-c", SLOW, str(go)]
        os.execv(sys.executable, argv)  # noqa: S606  # a terminal of its own needs a fork
    assert b"ready" in os.read(terminal, 100)
    os.close(terminal)  # the kernel hangs up: SIGHUP to the foreground group
    assert os.waitpid(child, 0)[1] != 0
    run = attached(folder)
    assert run.alive
    go.touch()
    assert lines(run) == ["begun", "heard"]
    assert run.code == 7


def test_it_has_no_terminal_and_nothing_to_read(start: Start) -> None:
    code = "import os, sys\nprint(repr(sys.stdin.read()), os.getsid(0) == os.getppid())\nopen('/dev/tty')"
    run = start(code)
    assert lines(run) == ["'' True"]
    assert run.code == 1


def test_an_interrupt_is_one_sigint_to_the_command_alone(
    start: Start, folder: Path, tmp_path: Path, until: Until
) -> None:
    code = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-I", "-c", {SLOW!r}, sys.argv[1]], stdout=open(sys.argv[2], "w"))
{SLOW}"""
    go, below = tmp_path / "go", tmp_path / "below"
    run = start(code, str(go), str(below))
    until(lambda: (folder / "out").exists() and (folder / "out").read_text() == "begun\n")
    until(lambda: below.exists() and "begun" in below.read_text())
    attached(folder).interrupt()
    time.sleep(0.1)
    go.touch()
    assert lines(run) == ["begun", "heard INT"]
    until(lambda: "heard" in below.read_text())
    assert below.read_text() == "begun\nheard\n", "a provider would get its own"
    assert run.code == 7, "the supervisor took no notice"


DEAF = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
from datetime import datetime, UTC
from pathlib import Path
from wizard.services.process import runner
runner.start(sys.argv[2:], dict(os.environ), Path(sys.argv[1]), datetime.now(UTC))
"""
"""A wizard that was started behind nohup, in the background of a script, with signals blocked on top."""
SIGNALS = """
import signal
print([signal.getsignal(n) is signal.SIG_IGN for n in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)])
print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
"""


def test_a_command_hears_what_the_wizard_was_made_to_ignore(folder: Path) -> None:
    argv = [sys.executable, "-c", DEAF, str(folder), sys.executable, "-I", "-c", SIGNALS]
    subprocess.run(argv, check=True, timeout=30)
    assert lines(attached(folder)) == ["[False, False, False]", "[]"]


def test_that_somebody_was_told_the_end_is_kept_until_the_next_run(start: Start, folder: Path) -> None:
    run = start("pass")
    lines(run)
    assert not run.is_noted
    run.noted()
    assert attached(folder).is_noted
    again = start("pass")
    lines(again)
    assert not again.is_noted


def test_an_interrupt_at_the_very_start_is_not_lost(start: Start) -> None:
    run = start("import time; time.sleep(20)")
    run.interrupt()
    began = time.monotonic()
    lines(run)
    assert time.monotonic() - began < 10
    assert run.code in (-signal.SIGINT, 1)


def test_an_interrupt_after_the_end_hits_nobody(start: Start, folder: Path, bystander: int) -> None:
    run = start("pass")
    lines(run)
    (folder / "pid").write_text(json.dumps({"command": bystander, "supervisor": bystander}))
    run.interrupt()
    attached(folder).interrupt()
    time.sleep(0.1)
    assert os.waitpid(bystander, os.WNOHANG) == (0, 0)


def test_a_run_without_its_supervisor_is_lost(
    start: Start, folder: Path, tmp_path: Path, until: Until
) -> None:
    run = start(SLOW, str(tmp_path / "go"))
    until(lambda: pid(folder, "supervisor"))
    until(lambda: "begun" in (folder / "out").read_text())
    os.kill(pid(folder, "supervisor"), signal.SIGKILL)
    (tmp_path / "go").touch()
    assert lines(run)[0] == "begun"
    assert run.code == LOST
    until(lambda: not attached(folder).alive)
    assert attached(folder).code == LOST


def test_a_number_that_was_used_again_is_not_taken_for_the_run(
    folder: Path, start: Start, bystander: int, until: Until
) -> None:
    """After a restart of the computer any process may have the supervisor's number."""
    run = start("pass")
    lines(run)
    until(lambda: not runner.is_held(folder / "lock"))
    (folder / "status").unlink()
    (folder / "pid").write_text(json.dumps({"command": bystander, "supervisor": bystander}))
    again = attached(folder)
    assert (again.alive, again.code) == (False, LOST)


def test_it_is_found_alive_from_the_first_moment(start: Start, folder: Path, tmp_path: Path) -> None:
    """Before the supervisor has written anything, another wizard must not call the run lost."""
    start(SLOW, str(tmp_path / "go"))
    other = attached(folder)
    assert (other.alive, other.code) == (True, None)
    (tmp_path / "go").touch()
    assert lines(other) == ["begun", "heard"]


def test_a_fresh_process_reads_the_same_lines(start: Start, folder: Path) -> None:
    run = start("for n in range(5000): print(n, 'x' * (n % 97))")
    first = lines(run)
    code = (
        "import sys; from pathlib import Path; from wizard.services.process import runner\n"
        "run = runner.attach(Path(sys.argv[1]))\n"
        "for batch in run.tail():\n  for line in batch: print(line)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == first
    assert len(first) == 5000


def test_lines_come_as_they_are_written(start: Start, tmp_path: Path) -> None:
    go = tmp_path / "go"
    run = start(SLOW, str(go))
    tail = run.tail()
    seen = next(batch for batch in tail if batch)
    assert seen == ["begun"]
    assert next(tail) == [], "nothing new, and no waiting"
    go.touch()
    assert [line for batch in tail for line in batch] == ["heard"]


def test_a_part_of_a_line_waits_for_the_rest(start: Start, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\nsys.stdout.write('{\"half\":'); sys.stdout.flush()\n"
        "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n"
        "sys.stdout.write('1}\\nlast without an end')\n"
    )
    run = start(code, str(tmp_path / "go"))
    for batch in run.tail():
        assert batch == []
        if (run.folder / "out").exists() and (run.folder / "out").read_text():
            break
        time.sleep(0.01)
    (tmp_path / "go").touch()
    assert lines(run) == ['{"half":1}', "last without an end"]


def test_bytes_that_are_no_text_do_not_stop_it(start: Start) -> None:
    run = start(r"import sys; sys.stdout.buffer.write(b'\xff\xfe a\r\n\n\xe2\x82\nend')")
    found = lines(run)
    assert [line.encode("utf-8").decode() for line in found] == found
    assert (found[0].endswith(" a\r"), found[1], len(found), found[-1]) == (True, "", 4, "end")


def test_letters_are_not_torn_between_two_reads(start: Start) -> None:
    run = start("print('x' + '\\u20ac' * 400_000)")
    assert lines(run) == ["x" + "€" * 400_000]


def test_a_huge_line_is_read_in_a_moment_and_the_next_one_too(start: Start) -> None:
    run = start("import sys\nfor _ in range(40): sys.stdout.write('x' * 1_000_000)\nprint(); print('next')")
    while run.code is None:
        time.sleep(0.01)
    began = time.monotonic()
    long, after = lines(run)
    assert time.monotonic() - began < 5
    assert after == "next"
    assert set(long) == {"x"}
    assert len(long) >= 1 << 24


def test_unfinished_runs_are_found_the_newest_first(tmp_path: Path, folder: Path) -> None:
    runs = folder.parent
    go = tmp_path / "go"
    started = [
        runner.start([sys.executable, "-I", "-c", SLOW, str(go)], {}, runs / name, NOW) for name in ("1", "2")
    ]
    ended = runner.start(["true"], {"PATH": os.environ["PATH"]}, runs / "3", NOW)
    lines(ended)
    assert [run.folder.name for run in runner.unfinished(runs)] == ["2", "1"]
    go.touch()
    for run in started:
        lines(run)
    assert [run for run in runner.unfinished(runs) if run.code is None] == []


def test_old_and_fleeting_runs_are_removed(tmp_path: Path, folder: Path, until: Until) -> None:
    runs, go = folder.parent, tmp_path / "go"
    busy = runner.start([sys.executable, "-I", "-c", SLOW, str(go)], {}, runs / "0", NOW)
    for name in ("1", "2", "3", f"{runner.FLEETING}4"):
        ended = runner.start(["true"], {"PATH": os.environ["PATH"]}, runs / name, NOW)
        lines(ended)
        until(partial(_is_free, ended))
    runner.prune(runs, keep=2)
    assert sorted(path.name for path in runs.iterdir()) == ["0", "2", "3"]
    go.touch()
    lines(busy)


HELD_BY_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-I", "-c", "import time; print('below', flush=True); time.sleep(60)"])
print("child", child.wait(), flush=True)
time.sleep(float(sys.argv[1]))
"""


def test_a_command_whose_child_hangs_can_end_by_itself(start: Start, folder: Path, until: Until) -> None:
    run = start(HELD_BY_A_CHILD, "0")
    until(lambda: (folder / "out").exists() and "below" in run.output())
    attached(folder).kill_children()
    assert lines(run) == ["below", "child -9"]
    assert run.code == 0


def test_a_killed_command_takes_what_it_started_along(start: Start, folder: Path, until: Until) -> None:
    run = start(HELD_BY_A_CHILD, "60")
    until(lambda: (folder / "out").exists() and "below" in run.output())
    command = pid(folder, "command")
    assert len(runner._group(command)) == 2
    os.kill(command, signal.SIGKILL)
    lines(run)
    assert run.code == -9
    until(lambda: not runner._group(command))


def test_a_command_is_killed_with_everything_it_started(start: Start, folder: Path, until: Until) -> None:
    run = start(HELD_BY_A_CHILD, "60")
    until(lambda: (folder / "out").exists() and "below" in run.output())
    run.kill()
    assert lines(run) == ["below"]
    until(lambda: not runner._group(pid(folder, "command")))


def test_it_works_in_the_folder_it_is_given(tmp_path: Path, folder: Path) -> None:
    run = runner.start(["pwd"], {"PATH": os.environ["PATH"]}, folder, NOW, cwd=tmp_path)
    assert lines(run) == [str(tmp_path)]
    assert run.started == NOW


def test_a_later_run_in_the_same_folder_is_not_mistaken_for_the_earlier(start: Start, folder: Path) -> None:
    lines(start("import sys; print('first'); sys.exit(5)"))
    again = start("print('second')")
    assert lines(again) == ["second"]
    assert again.code == 0


def test_what_is_asked_of_a_damaged_folder_is_answered(folder: Path) -> None:
    folder.mkdir(parents=True)
    for text in ("", "{", "[]", '{"argv": 5}', "null"):
        (folder / "run.json").write_text(text)
        (folder / "pid").write_text(text)
        (folder / "status").write_text(text)
        run = attached(folder)
        run.interrupt()
        assert (run.code, run.alive, run.argv, run.errors(), lines(run)) == (LOST, False, (), "", [])
