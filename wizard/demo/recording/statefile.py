"""terraform.tfstate in Terraform's own format, so that real Terraform can carry on from it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from wizard.core import atomic
from wizard.demo.recording.session import Json, Session
from wizard.demo.recording.tape import ROLE, Tape, Transition, address_of

NAME = "terraform.tfstate"
_FORMAT = 4
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class NotOurs(Exception):
    """The state file holds something that the recording does not know."""


@dataclass
class State:
    """The resources Terraform remembers, by address."""

    lineage: str = field(default_factory=lambda: str(uuid.uuid4()))
    serial: int = 0
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def attributes(self, address: str) -> dict[str, Any]:
        """What is remembered of one resource, to read or to change."""
        found: dict[str, Any] = self.resources[address]["instances"][0]["attributes"]
        return found

    @property
    def managed(self) -> list[str]:
        """Addresses without the data sources."""
        return [address for address in self.resources if not address.startswith("data.")]

    @property
    def prefix(self) -> str:
        """The project prefix its names were made with; empty when nothing tells."""
        for address in self.managed:
            if prefix := (self.attributes(address).get("tags") or {}).get("Project"):
                return str(prefix)
        return ""


def load(folder: Path, tape: Tape) -> State:
    """The state of the deployment in `folder`; an empty one where there is no file.

    Raises NotOurs for a state that the recording cannot carry on from.
    """
    path = folder / NAME
    if not path.exists() or not path.read_bytes().strip():
        return State()
    try:
        document = json.loads(path.read_text())
        resources = {address_of(resource): resource for resource in document["resources"]}
        state = State(document["lineage"], document["serial"], resources, document.get("outputs") or {})
    except (ValueError, KeyError, TypeError) as error:
        raise NotOurs(f"{NAME} cannot be read: {error}.") from error
    strange = sorted(set(state.managed) - set(tape.addresses))
    if strange:
        raise NotOurs(f"{NAME} holds resources that the recorded module does not make: {', '.join(strange)}.")
    if any(resource["instances"][0].get("status") == "tainted" for resource in resources.values()):
        raise NotOurs(f"{NAME} holds a half-made (tainted) resource. Only Terraform itself can replace it.")
    return state


def save(state: State, folder: Path, tape: Tape, session: Session) -> None:
    """Write the state, one serial further. Raises OSError when the folder does not let us."""
    state.serial += 1
    document = {
        "version": _FORMAT,
        "terraform_version": tape.version,
        "serial": state.serial,
        "lineage": state.lineage,
        "outputs": state.outputs,
        "resources": sorted(state.resources.values(), key=lambda entry: (entry["mode"], address_of(entry))),
        "check_results": session.json(tape.fresh.state["check_results"]),
    }
    atomic.write(folder / NAME, (json.dumps(document, indent=2) + "\n").encode())


def entry(tape: Tape, address: str, session: Session, made: Mapping[str, str]) -> dict[str, Any]:
    """The state's entry for a resource just created or a data source just read.

    `made` maps the recorded ids and dates to those that AWS chose this time.
    """
    source = transition_of(tape, address, session)
    recorded = session.json(dict(source.resources())[address])
    return cast("dict[str, Any]", _renewed(recorded, made))


def transition_of(tape: Tape, address: str, session: Session) -> Transition:
    """Where the creation of a resource was recorded: the role differs with and without workspaces."""
    return tape.seed if address == ROLE and not session.workspaces else tape.fresh


def known_outputs(tape: Tape, state: State, session: Session) -> dict[str, Any]:
    """The outputs whose resources are all in the state."""
    recorded = cast("dict[str, Any]", session.json(tape.fresh.state["outputs"]))
    needs: Mapping[str, list[str]] = tape.about["outputs"]
    return {name: value for name, value in recorded.items() if set(needs[name]) <= set(state.resources)}


def renewed_ids(recorded: Sequence[str], live: Sequence[str]) -> dict[str, str]:
    """Recorded ids and dates to live ones, position by position. The state holds dates in whole seconds."""
    pairs = dict(zip(recorded, live, strict=False))
    return pairs | {_seconds(then): _seconds(now) for then, now in pairs.items() if _DATE.match(then)}


def _seconds(date: str) -> str:
    return date[:19] + "Z"


def _renewed(document: Json, made: Mapping[str, str]) -> Json:
    if isinstance(document, str):
        return made.get(document, document)
    if isinstance(document, dict):
        return {key: _renewed(value, made) for key, value in document.items()}
    if isinstance(document, list):
        return [_renewed(value, made) for value in document]
    return document
