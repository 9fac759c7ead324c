"""What was proven, kept between sessions for `check`, `report` and `undo`. Never a secret.

It is a memory of where to look, not a proof: whoever reads it asks the services again.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wizard.core import atomic, facts
from wizard.core.chain import JOINT, Chain
from wizard.core.facts import Facts
from wizard.core.finding import Verdict
from wizard.core.paths import private
from wizard.core.problem import Problem, StoppedAt, Who

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        facts.Machine,
        facts.AwsIdentity,
        facts.PermissionsProven,
        facts.WorkspaceProven,
        facts.VariablesWritten,
        facts.Applied,
        facts.Connected,
        facts.Registered,
        facts.WarehouseRunning,
        facts.DataProven,
    )
}
_OUTPUTS = (
    "bucket_names",
    "glue_database",
    "instance_profile_arn",
    "instance_profile_name",
    "proof_location",
    "role_arn",
    "role_name",
    "user_name",
)
"""Outputs that are kept; any other may be a secret of somebody's own module."""


class Record:
    """The facts of one deployment and when each was proven, in one JSON file of mode 0600."""

    def __init__(
        self,
        file: Path,
        redact: Callable[[str], str] = lambda text: text,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._redact = redact
        self._now = now
        self._held, self._at = _read(file)
        self._chain = _read_chain(file)
        self._stopped = _read_stopped(file)

    @classmethod
    def at(cls, folder: Path, deployment: str, redact: Callable[[str], str] = lambda text: text) -> Record:
        """The record of a deployment below the wizard's state folder."""
        return cls(folder / "records" / f"{deployment}.json", redact)

    @property
    def facts(self) -> Facts:
        """Everything that is remembered."""
        return Facts({}, {type(fact): fact for fact in self._held.values()})

    @property
    def chain(self) -> Chain:
        """The chain as it was last seen: verdicts and since when, without evidence."""
        return self._chain

    @property
    def stopped(self) -> Mapping[str, tuple[datetime, Problem]]:
        """Id of a step -> when and why it last stopped, until it is proven."""
        entries = self._stopped.values()
        return {each["step"]: (datetime.fromisoformat(each["at"]), _problem(each)) for each in entries}

    def when(self, kind: type) -> datetime | None:
        """When a fact of this kind was last proven."""
        return self._at.get(kind.__name__)

    def keep(self, fact: object) -> None:
        """Remember a fact, how the chain is seen, or where it stopped. Raises Problem when it cannot be written."""
        if isinstance(fact, StoppedAt):
            entry = {"step": fact.step, "at": self._now().isoformat(), **_told(fact.problem)}
            self._stopped[fact.fact.__name__] = entry
            self._write()
            return
        if isinstance(fact, Chain):
            self._chain = fact
            self._write()
            return
        name = type(fact).__name__
        if name not in KINDS:
            return
        self._held[name], self._at[name] = fact, self._now()
        self._stopped.pop(name, None)
        self._write()

    def forget(self, *kinds: type) -> None:
        """Remember these no more. Raises Problem when the file cannot be written."""
        names = {kind.__name__ for kind in kinds} & set(self._held)
        for name in names:
            del self._held[name], self._at[name]
        if names:
            self._write()

    def _write(self) -> None:
        entries = {
            each: {"at": self._at[each].isoformat(), "fact": _plain(held)}
            for each, held in self._held.items()
        }
        chain = {
            link.joint.id: {"verdict": link.finding.verdict.name, "since": link.since.isoformat()}
            for link in self._chain.links
        }
        document = {
            "version": 1,
            "facts": entries,
            "chain": chain,
            "chain_of": self._chain.of,
            "stopped": self._stopped,
        }
        text = self._redact(json.dumps(document, indent=2)) + "\n"
        try:
            private(self._file.parent)
            atomic.write(self._file, text.encode(), 0o600)
        except OSError as error:
            raise Problem(
                code="record.write",
                what="What was proven could not be written down.",
                why=str(error),
                remedy=f"Make {self._file.parent} writable, then run the step again.",
            ) from error


def _plain(fact: object) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in dataclasses.fields(fact):  # type: ignore[arg-type]  # every kind of KINDS is a dataclass
        value = getattr(fact, field.name)
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, Mapping):
            value = {name: value[name] for name in _OUTPUTS if name in value}
        values[field.name] = value
    return values


def _read(file: Path) -> tuple[dict[str, object], dict[str, datetime]]:
    """A file that is missing or spoilt is an empty record."""
    held: dict[str, object] = {}
    at: dict[str, datetime] = {}
    try:
        entries = json.loads(file.read_text("utf-8"))["facts"]
        for name, entry in entries.items():
            if name in KINDS:
                held[name] = _fact(KINDS[name], entry["fact"])
                at[name] = datetime.fromisoformat(entry["at"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}, {}
    return held, at


def _read_chain(file: Path) -> Chain:
    """Verdicts and since when; a chain that is missing or spoilt is an empty one."""
    try:
        document = json.loads(file.read_text("utf-8"))
        chain = Chain(of=tuple(str(name) for name in document.get("chain_of", ())))
        for name, seen in document["chain"].items():
            finding = JOINT[name].finding(Verdict[seen["verdict"]], "")
            chain = chain.seen(finding, datetime.fromisoformat(seen["since"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Chain()
    return chain


def _read_stopped(file: Path) -> dict[str, dict[str, Any]]:
    """Kind of a fact -> why its step stopped; what is missing or spoilt is left out."""
    found: dict[str, dict[str, Any]] = {}
    try:
        for kind, entry in json.loads(file.read_text("utf-8"))["stopped"].items():
            _problem(entry)
            datetime.fromisoformat(entry["at"])
            found[kind] = entry
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return found


_TEXTS = ("code", "what", "why", "remedy", "copy", "message")


def _told(problem: Problem) -> dict[str, Any]:
    said = problem.as_dict()
    return {**{name: said[name] for name in (*_TEXTS, "who", "evidence")}, "mended": problem.step}


def _problem(entry: Mapping[str, Any]) -> Problem:
    texts = {name: str(entry[name]) for name in _TEXTS}
    evidence = tuple(str(line) for line in entry["evidence"])
    problem = Problem(
        texts["code"], texts["what"], texts["why"], texts["remedy"], Who(entry["who"]), evidence
    )
    return dataclasses.replace(
        problem, copy=texts["copy"], message=texts["message"], step=str(entry["mended"])
    )


def _fact(kind: type, values: Mapping[str, Any]) -> object:
    hints = typing.get_type_hints(kind)
    given: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name not in values and field.default is not dataclasses.MISSING:
            continue  # written before there was such a field
        value, hint = values[field.name], hints[field.name]
        if value is not None and datetime in (hint, *typing.get_args(hint)):
            value = datetime.fromisoformat(value)
        elif isinstance(value, list):
            value = tuple(tuple(each) if isinstance(each, list) else each for each in value)
        given[field.name] = value
    return kind(**given)
