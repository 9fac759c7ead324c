"""The editor that opens a line is the operator's own."""

from __future__ import annotations

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
