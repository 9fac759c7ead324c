"""The record keeps what happened, not every tick on the way, and no secret."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from wizard.core.event import Event, Line, Phase, Progress, ResourceRow, Wait
from wizard.core.journal import Journal
from wizard.core.redact import Redactor

SECRET = "hunter2-hunter2"


def test_what_the_next_event_overtakes_is_not_kept(tmp_path: Path) -> None:
    redact = Redactor()
    redact.learn(SECRET)
    file = tmp_path / "journals" / "j.jsonl"
    journal = Journal(file, redact)
    events: tuple[Event, ...] = (
        Phase("Applying", "terraform apply"), Wait(0.05), Progress(1, 2), ResourceRow("x.a", "create", "running"),
        Line("a detail", "debug"), Line(f"said {SECRET}"), ResourceRow("x.a", "create", "failed", 1.0, "no"),
    )  # fmt: skip
    for event in events:
        journal.event("apply", event)
    journal.close()
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["event"] for each in kept] == ["Phase", "Line", "ResourceRow"]
    assert SECRET not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
