"""Line by line: what is offered after a stop."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from tests.steps.alone import Alone, Front, flow_of, open_alone
from wizard.core.event import Ask
from wizard.core.question import Answers
from wizard.plain import guide as guided
from wizard.plain.guide import End, guide


class NoAdmin:
    """Somebody who is no administrator: shows the sheet to hand on, saves it, and stops."""

    def __init__(self) -> None:
        self.ways = iter(["message", "save", "stop"])

    def answer(self, step: str, ask: Ask) -> Answers:
        key = ask.questions[0].key
        return {key: next(self.ways) if key == "way" else "yes"}


def test_the_sheet_to_hand_on_is_shown_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_alone(tmp_path) as alone:
        alone.sign_in(alone.world.user_token)
        assert _guided(alone, monkeypatch) is End.STOPPED
        said = capsys.readouterr().out
        file = tmp_path / "htd-connect-message.txt"
        assert str(file) in said
        kept = file.read_text()
        assert "THIS RESTARTS EVERY RUNNING SQL WAREHOUSE" in kept
        assert all(line in said for line in kept.splitlines())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not [change for change in alone.changes if change.endswith(" 200")]


def test_where_nothing_can_be_saved_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "htd-connect-message.txt").mkdir()
    with open_alone(tmp_path) as alone:
        alone.sign_in(alone.world.user_token)
        _guided(alone, monkeypatch)
        assert "! not saved: Is a directory" in capsys.readouterr().out


def _guided(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> End:
    monkeypatch.setattr(guided, "Prompts", lambda say: NoAdmin())
    return guide(flow_of(alone, "connect"), cast(Any, Front()), "", str, threading.Event())
