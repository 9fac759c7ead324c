"""Writing a change: whole or not at all, whoever ends the program and whoever else writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.hcl import editor, files

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)
BEFORE = "# kept\n" + "".join(f'v{number} = "{number}"\n' for number in range(3_000))
AFTER = BEFORE.replace('v7 = "7"', 'v7 = "new"')
CHILD = """
import os, pathlib, signal, sys
from datetime import UTC, datetime

def end(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class HalfWritten:
    def __init__(self, file): self.file = file
    def __enter__(self): return self
    def __exit__(self, *_): return None
    def write(self, data):
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        end()

from wizard.services.hcl import editor, files
path, moment = pathlib.Path(sys.argv[1]), sys.argv[2]
edit = editor.set_value(files.read(path), "v7", '"new"')
if moment == "begin":
    import tempfile
    tempfile.mkstemp = end
elif moment == "half":
    fdopen = os.fdopen
    os.fdopen = lambda *a, **k: HalfWritten(fdopen(*a, **k))
elif moment == "flush":
    os.fsync = end
elif moment == "replace":
    replace = pathlib.Path.replace
    pathlib.Path.replace = lambda self, to: end() if str(to) == str(path) else replace(self, to)
elif moment == "after":
    replace = pathlib.Path.replace
    pathlib.Path.replace = lambda self, to: (replace(self, to), end() if str(to) == str(path) else None)
files.write(path, edit, datetime.now(UTC))
"""


@pytest.mark.parametrize(
    ("moment", "left"),
    [("begin", BEFORE), ("half", BEFORE), ("flush", BEFORE), ("replace", BEFORE), ("after", AFTER)],
)
def test_kill_9_in_the_middle_leaves_old_or_new(tmp_path: Path, moment: str, left: str) -> None:
    path = tmp_path.resolve() / "terraform.tfvars"
    path.write_text(BEFORE)
    done = subprocess.run([sys.executable, "-c", CHILD, str(path), moment], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == left
    edit = editor.set_value(files.read(path), "v7", '"again"')
    assert files.write(path, edit, NOW) is not None
    assert path.read_text() == BEFORE.replace('v7 = "7"', 'v7 = "again"')


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_text("a = 1\n")
    edit = editor.set_value(files.read(path), "a", "2")
    path.write_text("a = 1\nb = 2\n")
    with pytest.raises(Problem, match="was changed by someone else"):
        files.write(path, edit, NOW)
    assert path.read_text() == "a = 1\nb = 2\n"
    assert list(tmp_path.glob("*.backup")) == []
    path.unlink()
    with pytest.raises(Problem, match="was removed by someone else"):
        files.write(path, edit, NOW)
    fresh = editor.set_value(files.read(path), "a", "2")
    path.write_text("a = 3\n")
    with pytest.raises(Problem, match="was changed by someone else"):
        files.write(path, fresh, NOW)


def test_mode_and_links_stay_and_backups_are_numbered(tmp_path: Path) -> None:
    real = tmp_path / "real.tfvars"
    real.write_text("a = 1\n")
    real.chmod(0o600)
    link = tmp_path / "terraform.tfvars"
    link.symlink_to("real.tfvars")
    names = []
    for value in ("2", "3"):
        backup = files.write(link, editor.set_value(files.read(link), "a", value), NOW)
        assert backup is not None
        names.append(backup.name)
        assert backup.stat().st_mode & 0o777 == 0o600
    assert names == ["real.tfvars.20261129-170000.backup", "real.tfvars.20261129-170000-2.backup"]
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("a = 3\n", 0o600)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_text("a = 1\n")
    edit = editor.set_value(files.read(path), "a", "2")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Problem, match="cannot be written"):
            files.write(path, edit, NOW)
    finally:
        tmp_path.chmod(0o700)
    assert path.read_text() == "a = 1\n"


def test_undo_puts_the_file_back_and_only_our_own_change(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_text("a = 1\n")
    edit = editor.set_value(files.read(path), "a", "2")
    backup = files.write(path, edit, NOW)
    assert backup is not None
    files.undo(path, edit.after.sha, str(backup))
    assert path.read_text() == "a = 1\n"
    again = files.write(path, edit, NOW)
    path.write_text("a = 2\nb = 1\n")
    with pytest.raises(Problem, match="was changed by someone else"):
        files.undo(path, edit.after.sha, str(again))
    new = tmp_path / "new.tfvars"
    created = editor.set_value(files.read(new), "a", "2")
    assert files.write(new, created, NOW) is None
    files.undo(new, created.after.sha, "")
    assert not new.exists()
