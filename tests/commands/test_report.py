"""`htd-wizard report` on a computer where the wizard never ran."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "report", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_was_done_yet_and_that_is_what_it_says() -> None:
    done = ran("--no-look", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (said["status"], said["complete"], said["open"][0]) == ("in progress", [], "credentials")
    assert list(Path(os.environ["HOME"]).iterdir()) == []


def test_it_is_written_where_it_is_asked_to_be(tmp_path: Path) -> None:
    done = ran("--no-look", "--out", str(tmp_path / "status.md"))
    assert done.returncode == 0
    assert (tmp_path / "status.md").read_text().startswith("# Implementation status: in progress")
    assert ran("--no-look", "--out", str(tmp_path / "no" / "status.md")).returncode == 2
