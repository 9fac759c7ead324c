"""The stored recording: reading it, and the fingerprint of the module it was made from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

from wizard.demo.recording.session import Json

DATA = Path(__file__).parent / "data"
ROLE = "aws_iam_role.this"
PROFILE = "aws_iam_instance_profile.this"
PROVIDER = "provider"
"""Stands for the address of calls that belong to no resource: those that check the credentials."""

_MADE = re.compile(r"<(?:RoleId|UserId|InstanceProfileId|CreateDate)>([^<]*)</")


class Stale(Exception):
    """The recording does not fit the module, or is not there."""


@dataclass(frozen=True)
class Call:
    """One AWS call behind a step of the recording."""

    operation: str
    method: str
    service: str
    """The service in the signature's scope: iam, s3, glue, lakeformation, sts."""
    region: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: Json
    """A text, or {"form": fields}, or {"json": document}."""
    status: int
    made: Sequence[str] = ()
    """Ids and dates in the answer, in order: the same places of a live answer hold this session's."""
    address: str = ""
    """The resource it was made for."""
    phase: str = ""
    """plan or apply."""

    @property
    def is_mutating(self) -> bool:
        """Whether it changes AWS."""
        if self.service == "s3":
            return self.method in ("PUT", "POST", "DELETE")
        return not self.operation.startswith(("Get", "List", "Describe"))

    def as_json(self) -> dict[str, Json]:
        """The call as one line of calls.jsonl; empty parts are left out."""
        parts = {**self.__dict__, "query": [list(pair) for pair in self.query]}
        return {key: value for key, value in parts.items() if value not in ("", [], {}, ())}


def call_from(line: Mapping[str, Any]) -> Call:
    """The call that `Call.as_json` wrote."""
    absent: dict[str, Any] = {"query": (), "headers": {}, "body": "", "path": "/"}
    return Call(**{**absent, **line, "query": [(name, value) for name, value in line.get("query", ())]})


def made_in(answer: str) -> list[str]:
    """The ids and dates that AWS chose itself, in the order of its XML answer."""
    return _MADE.findall(answer)


@dataclass(frozen=True)
class Transition:
    """One recorded plan and apply, from one state of the account to the next."""

    name: str
    folder: Path = field(repr=False)

    @cached_property
    def plan(self) -> list[dict[str, Json]]:
        """Lines of `plan -json`."""
        return _lines(self.folder / "plan.jsonl")

    @cached_property
    def show(self) -> dict[str, Any]:
        """`show -json PLAN`, without what is said twice in it."""
        return cast("dict[str, Any]", json.loads((self.folder / "show.json").read_text()))

    @cached_property
    def apply(self) -> list[dict[str, Json]]:
        """Lines of `apply -json PLAN`; none where the plan had nothing to do."""
        path = self.folder / "apply.jsonl"
        return _lines(path) if path.exists() else []

    @cached_property
    def state(self) -> dict[str, Any]:
        """The state file afterwards."""
        return cast("dict[str, Any]", json.loads((self.folder / "state.json").read_text()))

    @cached_property
    def calls(self) -> list[Call]:
        """Every AWS call, in order."""
        return [call_from(line) for line in _lines(self.folder / "calls.jsonl")]

    def calls_for(self, address: str, phase: str) -> list[Call]:
        """The calls made for one resource while planning or applying."""
        return [call for call in self.calls if call.address == address and call.phase == phase]

    def change(self, address: str) -> dict[str, Any]:
        """The plan's entry for one resource.

        Raises KeyError when the plan has none.
        """
        for entry in self.show["resource_changes"]:
            if entry["address"] == address:
                return cast("dict[str, Any]", entry)
        raise KeyError(address)

    def resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Address and state entry of every resource in the state, data sources included."""
        for resource in self.state["resources"]:
            yield address_of(resource), resource


def address_of(resource: Mapping[str, Any]) -> str:
    """`aws_iam_role.this` or `data.aws_partition.current` of an entry of a state file."""
    lead = "data." if resource["mode"] == "data" else ""
    return f"{lead}{resource['type']}.{resource['name']}"


@dataclass(frozen=True)
class Tape:
    """The whole recording.

    `seed`: an empty account gets everything but the serverless trust and the instance profile.
    `upgrade`: from there, with one workspace. `fresh`: an empty account gets everything.
    `again`: a second plan after `fresh`, which finds nothing to do.
    """

    about: Mapping[str, Any]
    seed: Transition
    upgrade: Transition
    fresh: Transition
    again: Transition
    init: Sequence[dict[str, Json]]
    validate: dict[str, Json]

    @property
    def version(self) -> str:
        """The version of the Terraform that was recorded."""
        return str(self.about["terraform_version"])

    @cached_property
    def addresses(self) -> list[str]:
        """Every resource of the module, in the order in which it was made."""
        order = [_address(line) for line in self.fresh.apply if line["type"] == "apply_start"]
        return list(dict.fromkeys(order))

    def check(self, folder: Path) -> None:
        """Raise Stale unless the Terraform files in `folder` are those that were recorded."""
        now, then = fingerprint(folder), self.about["module"]
        odd = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
        if odd:
            raise Stale(f"The module here differs from the recorded one: {', '.join(odd)}.")


def _address(line: Mapping[str, Any]) -> str:
    return str(line["hook"]["resource"]["addr"])


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of each *.tf file, line ends unified: what decides whether the recording still fits."""
    return {
        path.name: hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for path in sorted(folder.glob("*.tf"))
    }


@lru_cache(maxsize=1)
def tape(data: Path = DATA) -> Tape:
    """The recording in `data`.

    Raises Stale when it is missing.
    """
    try:
        about = json.loads((data / "about.json").read_text())
        validate = json.loads((data / "validate.json").read_text())
        init = _lines(data / "init.jsonl")
    except OSError as error:
        raise Stale(
            f"The recording of Terraform is not complete: {error}. `make record` makes it anew."
        ) from error
    parts = {name: Transition(name, data / name) for name in ("seed", "upgrade", "fresh", "again")}
    return Tape(about=about, init=init, validate=validate, **parts)


def _lines(path: Path) -> list[dict[str, Json]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]
