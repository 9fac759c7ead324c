"""The operator's own tests: run apart from the terminal, counted as they come, whatever wraps pytest."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from wizard.core.event import Line, Phase, Progress, Table, Wait, Work
from wizard.core.problem import Problem
from wizard.core.text import clean, one_line, plural
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun

EXPECTED = 94
"""Tests of hive_to_delta, until pytest says how many it collected."""
_LOOK = 0.2
_LAST = 12
"""Lines that are told of a run in which nothing was counted."""

Outcome = Literal["passed", "failed", "skipped"]
_WORDS: Mapping[str, Outcome] = {
    "PASSED": "passed",
    "XFAIL": "passed",
    "FAILED": "failed",
    "XPASS": "failed",
    "ERROR": "failed",
    "SKIPPED": "skipped",
}
_MARKS: Mapping[str, Outcome] = {
    ".": "passed",
    "x": "passed",
    "F": "failed",
    "X": "failed",
    "E": "failed",
    "s": "skipped",
    "✓": "passed",
    "⨯": "failed",
}
_TOTAL_WORDS: Mapping[str, Outcome] = {
    "passed": "passed",
    "xfailed": "passed",
    "failed": "failed",
    "xpassed": "failed",
    "error": "failed",
    "errors": "failed",
    "skipped": "skipped",
}
_NODE = r"(?P<node>[^\s|]+\.py::[^\[\s]+(?:\[.*?\])?)"
_NAMED = re.compile(rf"{_NODE}\s+(?P<word>PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS)\b")
_WORKER = re.compile(rf"(?P<word>PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS)\s+{_NODE}")
_DOTS = re.compile(
    r"(?:(?P<file>[^\s|]+\.py)\s+)?(?P<marks>[.FEsxX]+)\s*"
    r"(?P<percent>\[\s*(?:\d+%|\d+/\d+)\]|\d+(?:\.\d+)?(?:us|ms|s|m))?\Z"
)
_SUGAR_NAMED = re.compile(rf"{_NODE}\s+(?P<mark>[✓⨯sxX])\s+\d+%")
_SUGAR = re.compile(r"(?P<file>[^\s|]+\.py)\s+(?P<marks>[✓⨯sxX]+)\s+\d+%")
"""pytest-sugar draws a file's line anew with every test."""
_COLLECTED = re.compile(
    r"\bcollected (\d+) items?\b(?:.*?/ (\d+) selected)?|\b\[(\d+) items?\]|(\d+) workers \[(\d+) items?\]"
)
_TOTALS = re.compile(
    r"(?:^|=\s|\s)((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)(?:, )?)+) in [\d.]+"
)
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)")
_RESULTS = re.compile(r"Results \([\d.]+m?s\):\Z")
_HEADING = re.compile(r"_{3,} (?:ERROR at \w+ of )?(?P<name>\S.*?) _{3,}\Z")
_REASON = re.compile(r"E\s+(?P<said>\S.*)")
_SUMMARY = re.compile(r"=+ short test summary info =+")
_LOST = re.compile(r"(?:FAILED|ERROR)\s+(?P<node>[^\s|]+\.py(?:::\S+(?:\[.*?\])?)?)(?:\s+-\s+(?P<said>.*))?")
_PREFIX = re.compile(r"\A[\w.-]+\s*\|\s?")
"""What docker compose and others put before every line."""


@dataclass
class Tally:
    """What is counted so far."""

    expected: int = EXPECTED
    named: dict[str, Outcome] = field(default_factory=dict)
    """Test -> outcome, where pytest names each test."""
    dots: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    """(file, outcome) -> count, where it only prints marks."""
    totals: dict[Outcome, int] | None = None
    """What pytest says at the end; it is right."""
    failures: dict[str, str] = field(default_factory=dict)
    """Test -> first line of why."""
    _summary: bool = False
    _results: bool = False
    _file: str = ""
    _failing: str = ""
    """Heading of the failure that is being told."""
    _reasons: dict[str, str] = field(default_factory=dict)
    """Heading -> first line of why, where there is no summary."""
    _told: bool = False
    """pytest said how many tests there are."""

    def take(self, raw: str) -> None:
        """One line of output, which may have been drawn over several times."""
        for part in raw.split("\r"):
            self._take(_PREFIX.sub("", clean(part)).strip())

    def end(self) -> None:
        """The output is at its end: there is nothing more to expect, and what failed is listed by all that was said."""
        if not self._told and self.totals is None:
            self.expected = self.done or EXPECTED
        if not self.failures:
            self.failures = dict(self._reasons)
            lost = (node for node, outcome in self.named.items() if outcome == "failed")
            for node in lost:
                name = node.partition("::")[2].replace("::", ".")
                self.failures[node] = self.failures.pop(name, "")

    def _take(self, line: str) -> None:
        if _SUMMARY.search(line):
            self._summary = True
        if found := _TOTALS.search(line):
            self._total(found[1])
        elif _RESULTS.match(line):
            self._results, self._summary = True, False
            self._total("")
        elif self._results:
            if found := _COUNT.fullmatch(line):
                self._add(found[1], found[2])
        elif self._summary:
            if lost := _LOST.search(line):
                self.failures[one_line(lost["node"], 200)] = one_line(lost["said"] or "", 300)
        elif not self._one(line) and not self._failure(line) and (found := _DOTS.match(line)):
            self._file = found["file"] or self._file
            if found["file"] or found["percent"]:
                self.dots.update((self._file, _MARKS[mark]) for mark in found["marks"])

    def _one(self, line: str) -> bool:
        """A line about one test or one file, or how many there are."""
        if found := _COLLECTED.search(line):
            self.expected = int(next(number for number in reversed(found.groups()) if number))
            self._told = True
        elif found := _NAMED.search(line) or _WORKER.search(line):
            self.named[one_line(found["node"], 300)] = _WORDS[found["word"]]
        elif found := _SUGAR_NAMED.search(line):
            self.named[one_line(found["node"], 300)] = _MARKS[found["mark"]]
        elif found := _SUGAR.search(line):
            self._redrawn(found["file"], found["marks"])
        else:
            return False
        return True

    def _failure(self, line: str) -> bool:
        """A line of the part in which failures are told at length."""
        if found := _HEADING.match(line):
            self._failing = one_line(found["name"], 200)
        elif self._failing and (found := _REASON.match(line)):
            self._reasons.setdefault(self._failing, one_line(found["said"], 300))
        else:
            return False
        return True

    def count(self, outcome: Outcome) -> int:
        """How many ended like this."""
        if self.totals is not None:
            return self.totals[outcome]
        counted = self.named.values() if self.named else (each for _, each in self.dots.elements())
        return sum(each == outcome for each in counted)

    @property
    def passed(self) -> int:
        return self.count("passed")

    @property
    def failed(self) -> int:
        return self.count("failed")

    @property
    def skipped(self) -> int:
        return self.count("skipped")

    @property
    def done(self) -> int:
        """Tests that have ended."""
        return self.passed + self.failed + self.skipped

    @property
    def said(self) -> str:
        """`90 passed, 2 failed, 2 skipped of 94`."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped of {self.expected}"

    def kinds(self) -> dict[str, Counter[Outcome]]:
        """Standard, cross-bucket and cross-region apart, as far as the names tell."""
        found: dict[str, Counter[Outcome]] = {}
        pairs = list(self.named.items()) if self.named else list(self.dots.elements())
        for name, outcome in pairs:
            found.setdefault(kind_of(name), Counter())[outcome] += 1
        return found

    def _total(self, text: str) -> None:
        self.totals = {"passed": 0, "failed": 0, "skipped": 0}
        for number, word in _COUNT.findall(text):
            self._add(number, word)

    def _add(self, number: str, word: str) -> None:
        """A part of what pytest says at the end."""
        totals = self.totals or {"passed": 0, "failed": 0, "skipped": 0}
        totals[_TOTAL_WORDS[word]] += int(number)
        self.totals = totals
        self.expected = max(self.expected if self._told else 0, sum(totals.values()))

    def _redrawn(self, file: str, marks: str) -> None:
        """A line that holds all of a file's marks so far."""
        for outcome in ("passed", "failed", "skipped"):
            self.dots.pop((file, outcome), None)
        self.dots.update((file, _MARKS[mark]) for mark in marks)


def kind_of(name: str) -> str:
    """What a test's name says it is about; pytest -q shows none until something fails."""
    if not name:
        return "names not shown"
    plain = re.sub(r"[^a-z]", "", name.lower())
    if "crossregion" in plain:
        return "cross-region"
    return "cross-bucket" if "crossbucket" in plain else "standard"


def fault(command: str) -> str | None:
    """One sentence saying what to change in a command, or None when it will do."""
    try:
        words = shlex.split(command)
    except ValueError:
        return "A quote is not closed."
    if not words:
        return "Give a command, such as make test."
    if {"|", "||", "&&", ";", ">", "<", "&"} & set(words):
        return "It is run without a shell: put pipes and redirections into a script and name that."
    return None


def folder_fault(folder: str) -> str | None:
    """One sentence saying what to change in a folder, or None when it will do."""
    return None if Path(folder).expanduser().is_dir() else "There is no such folder."


def run(command: str, folder: Path, environ: Mapping[str, str], runs: Path, now: datetime) -> Work[Tally]:
    """Run the command in the folder; yields its lines and what is counted. Raises Problem when no test ran.

    Giving it up ends the command and everything it started.
    """
    argv = shlex.split(command)
    yield Phase("Running your tests", command)
    try:
        # Off a terminal pytest cuts the reasons of failures at 80 columns.
        wide = {**environ, "COLUMNS": "300"}
        begun = runner.start(argv, wide, runs / f"{now:%Y%m%d-%H%M%S}-tests", now, folder)
    except OSError as error:
        raise _not_started(command, folder, one_line(error)) from error
    tally, last = Tally(), list[str]()
    try:
        for batch in begun.tail():
            before = tally.done
            for raw in batch:
                tally.take(raw)
                said = clean(raw.rstrip("\r\n").rpartition("\r")[2], 2000).rstrip()
                last = [*last, said][-_LAST:] if said else last
                yield Line(said, source="tests")
            if tally.done != before:
                yield Progress(tally.done, max(tally.expected, tally.done), "tests")
            if not batch:
                yield Wait(_LOOK)
    finally:
        if begun.alive:
            begun.kill()
    tally.end()
    if not tally.done:
        raise _none_ran(command, begun, last)
    yield from _told(tally)
    return tally


def _told(tally: Tally) -> Work[None]:
    rows = tuple(
        (kind, str(count["passed"]), str(count["failed"]), str(count["skipped"]))
        for kind, count in sorted(tally.kinds().items(), key=lambda each: each[0] != "standard")
    )
    yield Table("Your tests", ("kind", "passed", "failed", "skipped"), rows, tally.said)
    if tally.failures:
        lost = tuple(tally.failures.items())
        yield Table(f"{plural(len(lost), 'failure')}", ("test", "why"), lost)


def _not_started(command: str, folder: Path, why: str) -> Problem:
    return Problem(
        code="tests.not_started",
        what=f"{command} could not be started in {folder}.",
        why=why,
        remedy="Check the command and the folder, then try again.",
    )


def _none_ran(command: str, ended: DetachedRun, last: list[str]) -> Problem:
    code = ended.code
    errors = [one_line(line, 300) for line in ended.errors().splitlines() if line.strip()]
    missing = code == 127
    return Problem(
        code="tests.none",
        what=f"No test ran: {command} ended with {code}.",
        why="The program was not found." if missing else "Its output holds no result of pytest.",
        remedy="Run it in a terminal with the variables of the step By hand, and see what it says.",
        evidence=tuple([*last, *errors][-_LAST:]),
    )
