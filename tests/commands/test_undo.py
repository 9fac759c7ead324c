"""`htd-wizard undo` without a terminal, and from an answers file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def ran(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "undo", *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")},
    )


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--plain",)])
def test_without_a_terminal_nothing_is_taken_back(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = ran(tmp_path, *arguments)
    assert done.returncode == 2
    assert "no terminal to ask in" in done.stderr


def test_an_answers_file_names_steps_of_the_way_back(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[destroy]\ndestroy = "destroy 12"\n')
    done = ran(tmp_path, "--answers", str(answers))
    assert (done.returncode, done.stdout.strip()) == (
        0,
        "The wizard did nothing here that could be taken back.",
    )
    answers.write_text("[apply]\n")
    done = ran(tmp_path, "--answers", str(answers))
    assert done.returncode == 2
    assert "undo, stop, configuration, registration, destroy, stays" in done.stderr
