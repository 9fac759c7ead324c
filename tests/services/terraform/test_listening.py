"""A run that was going on already is told in short, and ends on the same screen as one that was watched."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.services.terraform.conftest import STREAMS, Told, recorded
from wizard.core.event import Event, Line, Phase, Progress, ResourceRow, Wait
from wizard.core.stopping import STOP, Outlook, Stopping
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform.listening import Heard, _watched, listen
from wizard.services.terraform.rows import Rows

APPLIES = sorted(
    file.stem for file in STREAMS.glob("*.jsonl") if "apply" in file.name or "destroy" in file.name
)


def ran(folder: Path, lines: Sequence[str]) -> DetachedRun:
    """A run that said these lines and ended well."""
    folder.mkdir()
    (folder / "out").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    (folder / "run.json").write_text(json.dumps({"argv": [], "started": "2026-11-24T12:00:00+00:00"}))
    (folder / "status").write_text("0")
    return DetachedRun(folder)


def standing(events: Sequence[Event]) -> tuple[dict[str, ResourceRow], list[Progress]]:
    """What is on the screen after them."""
    rows = {each.address: each for each in events if isinstance(each, ResourceRow)}
    return rows, [each for each in events if isinstance(each, Progress)][-1:]


@pytest.mark.parametrize("name", APPLIES)
@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_the_rows_stand_as_if_somebody_had_watched(tmp_path: Path, name: str, share: float) -> None:
    lines = recorded(name)
    lines = lines[: int(len(lines) * share)]
    watched, missed = Told(), Told()
    seen = watched.listen(listen(ran(tmp_path / "a", lines), Heard(Rows(announces=True))))
    back = missed.listen(listen(ran(tmp_path / "b", lines), Heard(Rows(announces=True)), None, behind=True))
    assert standing(missed.events) == standing(watched.events)
    assert (back.diagnostics, back.counts, back.outputs) == (seen.diagnostics, seen.counts, seen.outputs)
    loud = [line for line in watched.of(Line) if line.level != "debug"]
    assert [line for line in missed.of(Line) if line.level != "debug"] == loud


def test_a_long_log_is_told_in_few_events(tmp_path: Path) -> None:
    lines = recorded("apply_ok")
    busy = [line for line in lines if '"type":"apply_start"' in line]
    told = Told()
    run = ran(tmp_path / "long", [*lines[:40], *(busy * 400), *lines[40:]])
    told.listen(listen(run, Heard(Rows(announces=True)), None, behind=True))
    assert len(told.events) < 700


def test_what_comes_after_the_backlog_is_told_as_it_comes(tmp_path: Path) -> None:
    lines = recorded("apply_ok")
    first, rest, go = tmp_path / "first", tmp_path / "rest", tmp_path / "go"
    first.write_text("".join(f"{line}\n" for line in lines[:50]), "utf-8")
    rest.write_text("".join(f"{line}\n" for line in lines[50:]), "utf-8")
    code = (
        "import pathlib, sys, time\nfirst, rest, go = map(pathlib.Path, sys.argv[1:])\n"
        "print(first.read_text(), end='', flush=True)\n"
        "while not go.exists(): time.sleep(0.01)\nprint(rest.read_text(), end='')"
    )
    argv = [sys.executable, "-I", "-c", code, str(first), str(rest), str(go)]
    run = runner.start(argv, {}, tmp_path / "run", datetime.now(UTC))
    while not (run.folder / "out").exists() or run.output().count("\n") < 50:
        time.sleep(0.01)
    work = listen(run, Heard(Rows(announces=True)), None, behind=True)
    told = Told()
    for event in work:
        if isinstance(event, ResourceRow):
            told.events.append(event)
            break
    go.touch()
    told.listen(work)
    rows, progress = standing(told.events)
    assert {row.state for row in rows.values()} == {"done"}
    assert progress == [Progress(25, 25, "resources")]
    assert run.is_noted


def test_while_it_stops_its_silence_is_explained_by_that(tmp_path: Path) -> None:
    class Work:
        def interrupt(self) -> None: ...

        def kill_children(self) -> None: ...

    stopping = Stopping()
    stopping.begin(Work(), Outlook())
    silent = [Wait(0.0, "Terraform works on x."), Wait(0.0)]
    run = DetachedRun(tmp_path)
    assert list(_watched(iter(silent), run, Heard(), stopping)) == silent  # type: ignore[arg-type]  # only iterated
    stopping.answer(STOP)
    phase, explained, quiet = _watched(iter(silent), run, Heard(), stopping)  # type: ignore[arg-type]  # only iterated
    assert isinstance(phase, Phase)
    assert isinstance(explained, Wait)
    assert "asked to end" in explained.reason
    assert quiet == silent[1]
