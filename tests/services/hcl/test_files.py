"""A change reaches the disk whole, over nobody else's change, and with a backup."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.hcl import editor, files
from wizard.services.hcl.document import Document

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_writing_keeps_a_backup_the_mode_and_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.tfvars"
    real.write_bytes(b"a = 1\n")
    real.chmod(0o640)
    link = tmp_path / "terraform.tfvars"
    link.symlink_to(real)
    backup = files.write(link, editor.set_value(files.read(link), "a", "2"), NOW)
    assert backup is not None
    assert backup.read_bytes() == b"a = 1\n"
    assert "20260102-030405" in backup.name
    assert link.is_symlink()
    assert real.read_bytes() == b"a = 2\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    assert files.write(path, editor.add_to_list(files.read(path), "a", "x"), NOW) is None
    assert path.read_bytes() == b'a = ["x"]\n'


def test_somebody_elses_change_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_bytes(b"a = 1\n")
    edit = editor.set_value(files.read(path), "a", "2")
    path.write_bytes(b"a = 3\n")
    with pytest.raises(Problem, match="in the meantime"):
        files.write(path, edit, NOW)
    assert path.read_bytes() == b"a = 3\n"
    assert list(tmp_path.glob("*.backup")) == []


def test_a_file_that_appeared_or_vanished_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    edit = editor.set_value(files.read(path), "a", "2")
    path.touch()
    with pytest.raises(Problem, match="in the meantime"):
        files.write(path, edit, NOW)
    edit = editor.set_value(files.read(path), "a", "2")
    path.unlink()
    with pytest.raises(Problem, match="was removed"):
        files.write(path, edit, NOW)
    assert not path.exists()


def test_bytes_are_kept_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    data = b'\xef\xbb\xbf\ta\t=  ["x"]\t # \xc3\xa9 \r\nb = 1\n\r\n  c=2'
    path.write_bytes(data)
    document = files.read(path)
    assert (document.data, document.exists, len(document.sha)) == (data, True, 64)
    files.write(path, editor.add_to_list(document, "a", "y"), NOW)
    assert path.read_bytes() == data.replace(b'"x"', b'"x", "y"')


def test_no_change_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_bytes(b"a = 1\n")
    before = path.stat()
    assert files.write(path, editor.set_value(files.read(path), "a", "1"), NOW) is None
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(tmp_path.glob("*.backup")) == []


def test_two_backups_within_a_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_bytes(b"a = 1\n")
    kept = [files.write(path, editor.set_value(files.read(path), "a", value), NOW) for value in ("2", "3")]
    assert [backup.read_bytes() for backup in kept if backup] == [b"a = 1\n", b"a = 2\n"]


def test_nothing_secret_shows_in_a_representation(tmp_path: Path) -> None:
    edit = editor.set_value(Document.of('password = "hunter2"\n'), "password", '"hunter3"')
    assert "hunter" not in repr(edit)
    assert "hunter" not in repr(edit.document.tree)


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from wizard.services.hcl import editor, files

path = Path(sys.argv[1])
while True:
    document = files.read(path)
    edit = editor.set_value(document, "a", "1" if editor.get(document, "a") == "0" else "0")
    files.write(path, edit, datetime.now(UTC)).unlink()
    print("written", flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    rest = b"".join(b"b%d = 1 # \xc3\xa9\r\n" % number for number in range(2_000))
    whole = {b"a = 0\r\n" + rest, b"a = 1\r\n" + rest}
    path.write_bytes(b"a = 1\r\n" + rest)
    for moment in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"written\n"
            time.sleep(0.01 + moment * 0.013)
            writer.kill()
        assert writer.returncode == -signal.SIGKILL
        assert path.read_bytes() in whole


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        files.read(tmp_path)
