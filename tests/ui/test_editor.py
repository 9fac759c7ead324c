"""The editor that opens a line is the operator's own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from wizard.ui.editor import command


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"EDITOR": "nano -w"}, ["nano", "-w", "+7", "/m/main.tf"]),
        ({"VISUAL": "code", "EDITOR": "nano"}, ["code", "--wait", "--goto", "/m/main.tf:7"]),
        ({"VISUAL": "gone", "EDITOR": "other"}, ["other", "/m/main.tf"]),
        ({"EDITOR": "'unclosed"}, ["nano", "+7", "/m/main.tf"]),
        ({}, ["nano", "+7", "/m/main.tf"]),
    ],
)
def test_the_command(tmp_path: Path, environ: dict[str, str], expected: list[str]) -> None:
    for name in ("nano", "code", "other"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert command("/m/main.tf:7", {**environ, "PATH": str(tmp_path)}) == expected


def test_without_an_editor_there_is_none(tmp_path: Path) -> None:
    assert command("/m/main.tf:7", {"PATH": str(tmp_path)}) is None


PROGRAM = """
import sys
from textual.app import App
from wizard.ui.editor import edit
class Asking(App):
    def on_ready(self):
        said = edit(self, sys.argv[1])
        self.call_after_refresh(lambda: self.exit(return_code=3 if said else 0))
app = Asking()
app.run()
sys.exit(app.return_code)
"""
NANO = """#!/bin/sh
printf '%s\\n' "$@" > "$0.told"
printf 'the editor is open'
read typed
printf '%s\\n' "$typed" >> "$0.told"
"""


def test_the_editor_has_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    editor, file = tmp_path / "nano", tmp_path / "a module" / "main.tf"
    editor.write_text(NANO)
    editor.chmod(0o755)
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, f"{file}:7"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "VISUAL": "", "EDITOR": str(editor)},
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while select.select([ours], [], [], 20)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the program has ended and nobody holds the other end
                break
            if seen.endswith(b"the editor is open"):
                os.write(ours, b"typed in the editor\n")
        assert program.wait(10) == 0
    finally:
        program.kill()
        os.close(ours)
    assert (tmp_path / "nano.told").read_text().splitlines() == ["+7", str(file), "typed in the editor"]
    _, after = seen.split(b"the editor is open")
    assert b"\x1b[?1049h" in after, "the wizard's screen comes back"
