import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core import atomic


def test_mode_and_link_survive_a_write(tmp_path: Path) -> None:
    real, link = tmp_path / "real.tfvars", tmp_path / "link.tfvars"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    atomic.write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_old_bytes_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write(file, b"new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file, tmp_path / "home"] or sorted(
        p.name for p in tmp_path.iterdir()
    ) == [
        "file",
        "home",
    ]


def test_two_backups_in_one_second_are_two_files(tmp_path: Path) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text("one")
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    first, second = atomic.backup(file, moment), atomic.backup(file, moment)
    assert first.name == "terraform.tfvars.20260102-030405.backup"
    assert second.name == "terraform.tfvars.20260102-030405-2.backup"
    assert first.read_text() == second.read_text() == "one"
