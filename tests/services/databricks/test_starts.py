"""How long starts took here, kept per warehouse; and what a warehouse costs, roughly."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.services.databricks.cost import estimate
from wizard.services.databricks.starts import PUBLISHED, PUBLISHED_CLASSIC, Starts

NEVER_STOPS = (
    "Estimate: 12 DBU an hour, about $8.40 at US list price; "
    "it has no auto-stop, so $202 a day until somebody stops it."
)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_ones_own_starts_count_once_there_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "state" / "starts.json"
    mine, other = Starts(file, "h", "a"), Starts(file, "h", "b")
    assert mine.typical() == PUBLISHED
    assert mine.typical(serverless=False) == PUBLISHED_CLASSIC
    for seconds in (9.0, 4.0, 5.0, 6.0, 60.0):
        mine.begun(NOW)
        mine.ended(seconds)
    usual = mine.typical()
    assert (usual.low, usual.high, usual.origin, usual.words) == (5.0, 9.0, "your last 5 starts", "5 to 9 s")
    assert other.typical() == PUBLISHED
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_the_newest_twenty_are_kept(tmp_path: Path) -> None:
    starts = Starts(tmp_path / "s.json", "h", "a")
    for number in range(30):
        starts.ended(float(number))
    assert starts.typical().origin == "your last 20 starts"
    assert starts.typical().low > 10


def test_a_start_is_remembered_until_it_ends_or_is_too_old(tmp_path: Path) -> None:
    starts = Starts(tmp_path / "s.json", "h", "a")
    assert starts.since(NOW) == 0
    starts.begun(NOW)
    assert starts.since(NOW + timedelta(seconds=40)) == 40
    assert starts.since(NOW + timedelta(hours=2)) == 0
    assert starts.since(NOW - timedelta(seconds=5)) == 0
    starts.ended(None)
    assert starts.since(NOW + timedelta(seconds=40)) == 0
    assert starts.typical() == PUBLISHED


@pytest.mark.parametrize("text", ["", "{", "[]", '{"h/a": 3}', '{"h/a": {"seconds": 3, "begun": 4}}'])
def test_a_broken_file_is_no_history(tmp_path: Path, text: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(text)
    starts = Starts(file, "h", "a")
    assert starts.typical() == PUBLISHED
    assert starts.since(NOW) == 0
    starts.ended(3.0)


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Starts(tmp_path / "file" / "s.json", "h", "a").ended(3.0)


@pytest.mark.parametrize(
    ("size", "minutes", "said"),
    [
        (
            "2X-Small",
            10,
            "Estimate: 4 DBU an hour, about $2.80 at US list price; left idle, about $0.47 until it stops itself.",
        ),
        ("Small", 0, NEVER_STOPS),
        ("Gigantic", 10, ""),
    ],
)
def test_the_cost_is_one_line_marked_as_an_estimate(size: str, minutes: int, said: str) -> None:
    assert estimate(size, minutes, serverless=True) == said
    assert estimate(size, minutes, serverless=False) == ""
