"""A change reaches the disk whole, over nobody else's change, and with a backup."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.hcl import editor, files

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


def test_no_change_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_bytes(b"a = 1\n")
    assert files.write(path, editor.set_value(files.read(path), "a", "1"), NOW) is None
    assert list(tmp_path.iterdir()) == [path] or {p.name for p in tmp_path.iterdir()} == {"home", path.name}


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        files.read(tmp_path)
