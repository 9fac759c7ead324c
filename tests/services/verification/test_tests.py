"""Counting the operator's tests from real pytest runs, whatever is wrapped around them."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.event import Event, Line, Progress, Table, Wait
from wizard.core.problem import Problem
from wizard.core.work import wait_for
from wizard.services.verification import tests as own
from wizard.services.verification.tests import Tally

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SUITE = {
    "test_standard.py": """
        import pytest
        def test_reads(): pass
        @pytest.mark.parametrize("size", ["a b", "c"])
        def test_sizes(size): pass
        def test_later(): pytest.skip("not now")
        """,
    "test_cross_bucket.py": """
        def test_joins_two_buckets(): assert 1 == 2, "the second bucket is closed"
        """,
    "test_more.py": """
        def test_cross_region_read(): pass
        """,
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    for name, text in SUITE.items():
        (folder / name).write_text(textwrap.dedent(text))
    return folder


def ran(folder: Path, command: str, on_event: Callable[[Event], None] = lambda _: None) -> Tally:
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "GREETING": "hello"}
    return wait_for(own.run(command, folder, environ, folder.parent / "runs", NOW), on_event=on_event)


@pytest.mark.parametrize(
    "options", ["-v", "-q", "", "-v --color=yes", "-rA -v", "-q --color=yes", "-n 2 -v", "-n 2"]
)
def test_the_same_counts_however_pytest_prints(suite: Path, options: str) -> None:
    tally = ran(suite, f"{sys.executable} -m pytest -p no:cacheprovider {options}")
    assert (tally.passed, tally.failed, tally.skipped, tally.expected) == (4, 1, 1, 6)
    assert list(tally.failures) == ["test_cross_bucket.py::test_joins_two_buckets"]
    assert "the second bucket is closed" in tally.failures["test_cross_bucket.py::test_joins_two_buckets"]


def test_counts_come_live_with_every_line_and_kinds_stand_apart(suite: Path) -> None:
    events: list[Event] = []
    ran(suite, f"{sys.executable} -m pytest -p no:cacheprovider -v", events.append)
    progress = [(e.done, e.total) for e in events if isinstance(e, Progress)]
    assert progress[-1] == (6, 6)
    table = next(e for e in events if isinstance(e, Table))
    assert set(table.rows) == {
        ("standard", "3", "0", "1"),
        ("cross-bucket", "0", "1", "0"),
        ("cross-region", "1", "0", "0"),
    }
    assert not any(isinstance(e, Wait) for e in events)
    assert any(isinstance(e, Line) and "::test_reads PASSED" in e.text for e in events)


def test_make_around_it_and_its_own_error_change_nothing(suite: Path) -> None:
    (suite / "Makefile").write_text(f"test:\n\t@{sys.executable} -m pytest -p no:cacheprovider -v\n")
    tally = ran(suite, "make test")
    assert (tally.passed, tally.failed, tally.skipped) == (4, 1, 1)


def test_the_same_through_a_prefix_on_every_line() -> None:
    tally = Tally()
    for line in (
        "tests-1  | collected 94 items",
        "tests-1  | tests/test_a.py::test_one PASSED   [  1%]",
        "tests-1  | tests/test_a.py::test_two[x y] FAILED   [  2%]",
    ):
        tally.take(line)
    assert (tally.passed, tally.failed, tally.expected) == (1, 1, 94)


def test_marks_are_counted_and_ordinary_lines_are_not() -> None:
    tally = Tally()
    for line in (
        "....",
        "E",
        "Fss",
        "Executing ...",
        "tests/test_cross_region.py ..F [ 50%]",
        "..s.  [100%]",
    ):
        tally.take(line)
    assert (tally.passed, tally.failed, tally.skipped) == (5, 1, 1)
    assert tally.kinds()["cross-region"]["failed"] == 1


SUGAR = """\
Test session starts (platform: linux, Python 3.11.7, pytest 9.2.0, pytest-sugar 1.1.1)
collected 7 items
\r test_cross_bucket.py ⨯                    14% █▌        \r
\r test_standard.py ✓        57% █████▊    \r test_standard.py ✓✓    71% ███▎  \r test_standard.py ✓✓✓s   100% ████
\r test_more.py::test_cross_region ✓     100% ████
====== short test summary info ======
FAILED test_cross_bucket.py::test_joins - AssertionError: closed

Results (4.66s):
       5 passed
       1 failed
         - test_cross_bucket.py:2 test_joins
       1 skipped
"""


def test_a_line_that_is_drawn_over_counts_once() -> None:
    tally = Tally()
    live = []
    for line in SUGAR.split("\n")[:4]:
        tally.take(line)
        live.append(tally.done)
    assert live == [0, 0, 1, 5]
    for line in SUGAR.split("\n")[4:]:
        tally.take(line)
    tally.end()
    assert (tally.passed, tally.failed, tally.skipped, tally.expected) == (5, 1, 1, 7)
    assert tally.failures == {"test_cross_bucket.py::test_joins": "AssertionError: closed"}


def test_what_is_not_said_is_not_expected_and_names_that_are_not_shown_are_no_kind() -> None:
    tally = Tally()
    for line in (
        "F.....s    [100%]",
        "____ test_joins ____",
        "E   AssertionError: closed",
        "E   assert 1 == 2",
    ):
        tally.take(line)
    assert tally.expected == own.EXPECTED
    tally.end()
    assert (tally.expected, dict(tally.kinds())) == (
        7,
        {"names not shown": {"failed": 1, "passed": 5, "skipped": 1}},
    )
    assert tally.failures == {"test_joins": "AssertionError: closed"}


def test_failures_are_listed_without_a_summary_too() -> None:
    tally = Tally()
    for line in (
        "collected 2 items",
        "test_a.py::test_one PASSED [ 1/2]",
        "test_a.py::TestX::test_two FAILED [ 2/2]",
        "____ TestX.test_two ____",
        "E   ValueError: no such bucket",
        "==== 1 failed, 1 passed in 0.10s ====",
    ):
        tally.take(line)
    tally.end()
    assert list(tally.failures.values()) == ["ValueError: no such bucket"]
    assert list(tally.failures) == ["test_a.py::TestX::test_two"]


@pytest.mark.parametrize(
    "line", ["test_a.py .F.s   [ 4/94]", "test_a.py .F.s   1.2s", "test_a.py .F.s   [  4%]", "test_a.py .F.s"]
)
def test_marks_count_however_progress_is_shown(line: str) -> None:
    tally = Tally()
    tally.take(line)
    assert (tally.passed, tally.failed, tally.skipped) == (2, 1, 1)


def test_the_last_word_of_pytest_is_right() -> None:
    tally = Tally()
    tally.take("tests/test_a.py::test_one PASSED")
    tally.take("==== 90 passed, 2 failed, 1 skipped, 1 error, 3 warnings in 61.20s (0:01:01) ====")
    assert (tally.passed, tally.failed, tally.skipped, tally.expected) == (90, 3, 1, 94)


@pytest.mark.parametrize("command", ["/nowhere/at/all", f"{sys.executable} -c 'print(1)'"])
def test_a_run_without_any_test_is_a_problem_with_its_last_lines(suite: Path, command: str) -> None:
    with pytest.raises(Problem) as caught:
        ran(suite, command)
    assert caught.value.code == "tests.none"
    assert caught.value.evidence


def test_giving_it_up_ends_it_and_what_it_started(suite: Path) -> None:
    slow = suite / "slow.py"
    slow.write_text("import time; print('begun', flush=True); time.sleep(600)")
    work = own.run(f"{sys.executable} {slow}", suite, dict(os.environ), suite.parent / "runs", NOW)
    for event in work:
        if isinstance(event, Line):
            break
    work.close()
    from wizard.services.process import runner

    ended = runner.attach(next((suite.parent / "runs").iterdir()))
    assert ended is not None
    end = datetime.now(UTC).timestamp() + 10
    while ended.alive:
        assert datetime.now(UTC).timestamp() < end


@pytest.mark.parametrize(
    ("command", "said"),
    [("", "Give a command"), ("make 'test", "quote"), ("make test | cat", "without a shell")],
)
def test_a_command_that_needs_a_shell_is_refused(command: str, said: str) -> None:
    assert said in (own.fault(command) or "")
    assert own.fault("make test") is None
