"""`htd-wizard tfvars`: exit status 0 for changed or already so, 2 for refused, and then not a byte is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

IDS = "databricks_serverless_workspace_ids"
TEXT = (
    f'\ufeff# mine\r\nproject_prefix = "htd"\t# prefix\r\n# {IDS} = ["databricks-serverless-<workspace id>"]\r\n'
    "tail = 1"
)


def ran(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "tfvars", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "terraform.tfvars"
    path.write_bytes(TEXT.encode())
    path.chmod(0o640)
    return path


def test_set_changes_the_value_and_keeps_a_backup(file: Path) -> None:
    done = ran("set", file, "project_prefix", "acme")
    assert (done.returncode, done.stdout) == (0, "")
    assert file.read_bytes() == TEXT.replace('"htd"', '"acme"').encode()
    assert file.stat().st_mode & 0o777 == 0o640
    (backup,) = file.parent.glob("*.backup")
    assert backup.read_bytes() == TEXT.encode()
    assert str(backup) in done.stderr
    again = ran("set", file, "project_prefix", '"acme"')
    assert again.returncode == 0
    assert "already" in again.stderr
    assert len(list(file.parent.glob("*.backup"))) == 1


def test_get_prints_the_value_as_it_is_written(file: Path) -> None:
    done = ran("get", file, "project_prefix")
    assert (done.returncode, done.stdout) == (0, '"htd"\n')
    missing = ran("get", file, "nothing")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "does not set nothing" in missing.stderr


def test_add_inserts_beside_the_placeholder_and_never_replaces(file: Path) -> None:
    assert ran("add", file, IDS, "databricks-serverless-1").returncode == 0
    assert ran("add", file, IDS, "databricks-serverless-2").returncode == 0
    assert ran("add", file, IDS, "databricks-serverless-1").returncode == 0
    added = f'{IDS} = ["databricks-serverless-1", "databricks-serverless-2"]\r\ntail'
    assert file.read_bytes() == TEXT.replace("tail", added).encode()
    assert ran("remove", file, IDS, "databricks-serverless-1").returncode == 0
    assert ran("get", file, IDS).stdout == '["databricks-serverless-2"]\n'


def test_diff_shows_the_change_and_writes_nothing(file: Path) -> None:
    done = ran("set", file, "tail", "2", "--diff")
    assert done.returncode == 0
    assert "-tail = 1\n\\ No newline at end of file\n+tail = 2\n" in done.stdout
    assert file.read_bytes() == TEXT.encode()
    assert ran("set", file, "tail", "1", "--diff").stdout == ""


@pytest.mark.skipif(shutil.which("patch") is None, reason="no patch on the PATH")
def test_the_diff_is_one_that_patch_reads(tmp_path: Path) -> None:
    path = tmp_path / "x.tfvars"
    before = '\ufeff# \x0c \u2028 one\r\na = 1 # \x0b\r\nb = "\u0085"\r\nc = 3'
    path.write_bytes(before.encode())
    for name in ("a", "b", "c"):
        done = subprocess.run(
            [sys.executable, "-m", "wizard", "tfvars", "set", str(path), name, "9", "--diff"],
            capture_output=True,
            timeout=60,
            check=True,
        )
        subprocess.run(
            [shutil.which("patch") or "patch", "--binary", "-s", str(path)],
            input=done.stdout,
            timeout=60,
            check=True,
            cwd=tmp_path,
        )
    after = before.replace("a = 1", "a = 9").replace('"\u0085"', "9").replace("c = 3", "c = 9")
    assert path.read_bytes().decode() == after


def test_a_terminal_is_never_obeyed(tmp_path: Path) -> None:
    import pty

    path = tmp_path / "x.tfvars"
    path.write_bytes(b'a = "x" # \x1b]0;owned\x07\n')
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "wizard", "tfvars", "set", str(path), "a", "y", "--diff"],
        stdout=theirs,
        timeout=60,
        check=True,
    )
    said = os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)
    assert b'+a = "y" #' in said
    assert b"\x1b" not in said


@pytest.mark.parametrize(
    ("text", "arguments", "reason"),
    [
        ("a = 1\na = 2\n", ("set", "a", "3"), "is set 2 times"),
        ("a = [\n", ("set", "a", "3"), "line 1: a bracket is not closed"),
        ("a = 1\n", ("add", "a", "3"), "not a plain list"),
        ("a = 1\n", ("set", "a b", "3"), "cannot be the name of a variable"),
        ("a = 1\n", ("set", "a", '["x"'), "is not closed"),
    ],
)
def test_what_is_refused_is_told_and_untouched(
    tmp_path: Path, text: str, arguments: tuple[str, ...], reason: str
) -> None:
    path = tmp_path / "x.tfvars"
    path.write_text(text)
    action, *rest = arguments
    done = ran(action, path, *rest)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert path.read_text() == text
    assert list(tmp_path.glob("x*")) == [path]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("us-east-1", '"us-east-1"'),
        ("42", "42"),
        ("-4.5", "-4.5"),
        ("012345678901", '"012345678901"'),
        ("true", "true"),
        ('["a", 1]', '["a", 1]'),
        ("arn:aws:iam::1:role/x", '"arn:aws:iam::1:role/x"'),
        ("${x}", '"$${x}"'),
        ("two words # not a comment", '"two words # not a comment"'),
        ("", '""'),
        ("line\nbreak", '"line\\nbreak"'),
        ('"1" # a comment', '"1"'),
        ("(1 + 2)", "(1 + 2)"),
    ],
)
def test_a_value_is_hcl_or_a_plain_text(tmp_path: Path, typed: str, written: str) -> None:
    path = tmp_path / "x.tfvars"
    assert ran("set", path, "a", typed).returncode == 0
    assert path.read_text() == f"a = {written}\n"


def test_parts_and_json(tmp_path: Path) -> None:
    path = tmp_path / "x.auto.tfvars.json"
    path.write_text('{\n  "tags": {"team": "x"}\n}\n')
    for action, name, *value in (
        ("set", "tags.team", "y"),
        ("set", 'tags["a b"]', "{ n = 1 }"),
        ("add", "ids", "42"),
        ("add", "ids", "databricks-serverless-1"),
        ("remove", "ids", "42"),
        ("remove", "missing"),
    ):
        done = ran(action, path, name, *value)
        assert done.returncode == 0, done.stderr
    assert (
        path.read_text()
        == '{\n  "tags": {"team": "y", "a b": {"n": 1}},\n  "ids": ["databricks-serverless-1"]\n}\n'
    )
    assert ran("get", path, 'tags["a b"].n').stdout == "1\n"
    refused = ran("set", path, "tags.team.deeper", "1")
    assert refused.returncode == 2
    assert "tags.team is a text" in refused.stderr


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.tfvars", tmp_path / "terraform.tfvars"
    real.write_text("a = 1\n")
    link.symlink_to(real)
    assert ran("set", link, "a", "2").returncode == 0
    assert link.is_symlink()
    assert real.read_text() == "a = 2\n"


def test_what_one_should_know_is_told_on_the_side(tmp_path: Path) -> None:
    path = tmp_path / "terraform.tfvars"
    path.write_text('ids = ["databricks-serverless-XXXXX"]\nregion = var.x\na = 1;\n')
    (tmp_path / "z.auto.tfvars").write_text("ids = []\n")
    done = ran("add", path, "ids", "databricks-serverless-1")
    assert (done.returncode, done.stdout) == (0, "")
    assert path.read_text().startswith('ids = ["databricks-serverless-XXXXX", "databricks-serverless-1"]\n')
    assert "z.auto.tfvars line 1 sets ids too, and Terraform listens to it instead" in done.stderr
    assert "Line 1, ids: “databricks-serverless-XXXXX” is a placeholder" in done.stderr
    assert "Line 2: Terraform would refuse region: variables are not allowed here." in done.stderr
    assert "Line 3: Terraform would refuse a: there is something behind the value." in done.stderr


def test_a_file_that_is_not_there_is_made_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "new.tfvars"
    assert ran("remove", path, "a").returncode == 0
    assert not path.exists()
    assert ran("set", path, "a", "x").returncode == 0
    assert path.read_text() == 'a = "x"\n'
    refused = ran("get", tmp_path, "a")
    assert refused.returncode == 2
    assert "cannot be read" in refused.stderr
