"""The command line as a person or a script meets it: a process, its exit status, its two streams."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.commands import journey
from wizard.steps import STEPS

WIZARD = [sys.executable, "-m", "wizard"]
ROOT = Path(__file__).parents[1]


def ran(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WIZARD, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "HTD_RECORDING_SECONDS": "0", **more},
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def test_the_demo_walks_by_itself_without_a_terminal() -> None:
    done = ran("demo", "--engine", "recording")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("DEMO · nothing here is real")
    assert "a recording of Terraform, not Terraform itself" in done.stdout
    assert "RUNNING, health HEALTHY" in done.stdout
    assert "\nThe journey is complete.\nThe implementation status is in " in done.stdout
    assert "\x1b" not in done.stdout


def test_auto_json_prints_one_object_and_nothing_else() -> None:
    done = ran("demo", "fresh", "--auto", "--json", "--engine", "recording")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert [step["id"] for step in report["steps"]] == [
        "credentials",
        "permissions",
        "workspace",
        "variables",
        "apply",
        "connect",
        "warehouse",
        "proof",
    ]
    assert {step["status"] for step in report["steps"]} == {"done"}
    assert all(step["seconds"] > 0 for step in report["steps"])
    assert report["warehouse"] == {"id": "f6dd72df81d69f03", "state": "RUNNING", "health": "HEALTHY"}
    assert report["terraform"]["engine"] == "recording"
    assert (report["terraform"]["added"], report["terraform"]["destroyed"]) == (23, 0)
    assert report["proof"]["rows"] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run",), "there is no terminal"),
        (("demo", "atlantis"), "There is no demo called atlantis"),
        (("run", "--answers", "missing.toml"), "The answers file missing.toml cannot be used"),
        (("fly",), "invalid choice: 'fly'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    done = ran(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_no_terraform_is_said_with_the_way_to_get_it(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[credentials]\nsource = "keys"\n')
    done = ran("run", "--answers", str(answers), PATH=str(tmp_path))
    assert done.returncode == 1
    assert "Terraform or OpenTofu is not on this computer." in done.stdout
    assert "opentofu.org" in done.stdout


def test_a_wrong_folder_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[credentials]\nsource = "keys"\n')
    (tmp_path / "terraform").write_text('#!/bin/sh\necho \'{"terraform_version": "1.9.0"}\'\n')
    (tmp_path / "terraform").chmod(0o755)
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "null_resource" "x" {}\n')
    done = ran(
        "run", "--answers", str(answers), "--terraform-dir", str(folder), PATH=f"{tmp_path}:/usr/bin:/bin"
    )
    assert done.returncode == 1
    assert "lacks the variable databricks_serverless_workspace_ids" in done.stdout


def test_answers_must_name_steps(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text("[coffee]\nmilk = true\n")
    done = ran("run", "--answers", str(answers))
    assert done.returncode == 2
    assert "coffee is not a step" in done.stderr


def test_the_answers_file_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    example = tmp_path / "answers.toml"
    example.write_text(readme.partition("```toml\n")[2].partition("```")[0])
    visits = journey.answers(example, [step.id for step in STEPS])
    assert [visit.step for visit in visits] == [step.id for step in STEPS]
    assert {visit.step for visit in visits if "yes" in visit.answers.values()} == {
        "variables",
        "apply",
        "connect",
        "warehouse",
    }


class Terminal:
    """The full screen on a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self.seen = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="80")
            os.execv(WIZARD[0], [*WIZARD, *arguments])  # noqa: S606  # the child becomes the wizard

    def until(self, word: bytes, limit: float = 30.0) -> None:
        ends = time.monotonic() + limit
        while word not in self.seen:
            assert time.monotonic() < ends, self.seen[-2000:]
            self.read()

    def read(self) -> bool:
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                return False
            self.seen += chunk
        return True

    def end(self, limit: float = 15.0) -> int:
        ends = time.monotonic() + limit
        while time.monotonic() < ends:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read() and select.select([self.master], [], [], 0.2)[0]:
                    pass
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("the wizard did not end")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_full_screen_with_the_terminal_restored(number: signal.Signals) -> None:
    screen = Terminal("demo", "--engine", "recording")
    screen.until(b"Sign in to AWS")
    screen.until(b"Done")
    os.kill(screen.pid, number)
    assert screen.end() in (0, 130)
    assert b"\x1b[?1049l" in screen.seen, "the alternate screen is left"
    assert b"\x1b[?1000l" in screen.seen, "the mouse is given back"
    assert b"Traceback" not in screen.seen
    os.close(screen.master)


def test_a_closed_terminal_ends_the_full_screen() -> None:
    screen = Terminal("demo", "--engine", "recording")
    screen.until(b"Done")
    os.close(screen.master)
    ends = time.monotonic() + 15
    while time.monotonic() < ends:
        pid, _ = os.waitpid(screen.pid, os.WNOHANG)
        if pid:
            return
        time.sleep(0.1)
    os.kill(screen.pid, signal.SIGKILL)
    os.waitpid(screen.pid, 0)
    raise AssertionError("the wizard outlived its terminal")


def test_plain_mode_asks_line_by_line_and_ctrl_c_leads_on() -> None:
    screen = Terminal("demo", "--plain", "--engine", "recording")
    screen.until(b"Enter takes")
    assert b"\x1b[?1049h" not in screen.seen, "plain mode never takes the whole screen"
    os.write(screen.master, b"\x03")
    screen.until(b"How shall we go on?")
    screen.seen = screen.seen.rpartition(b"How shall we go on?")[2]
    # The prompt is drawn once the terminal is in raw mode; a Ctrl-C before that may be lost.
    screen.until(b"Enter takes")
    os.write(screen.master, b"\x03")
    assert screen.end() in (1, 130)
    assert b"Traceback" not in screen.seen
    os.close(screen.master)
