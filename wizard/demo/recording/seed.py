"""The pretend operator's past: an earlier apply of the module, without serverless trust and instance profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.demo.recording import replay, statefile
from wizard.demo.recording.session import PROVIDER_HOST, Session
from wizard.demo.recording.statefile import State
from wizard.demo.recording.tape import PROFILE, tape
from wizard.demo.recording.wire import Wire

if TYPE_CHECKING:
    from wizard.demo.aws import EmbeddedAws


class CannotSeed(Exception):
    """The account was not as empty as a new one is."""


@dataclass(frozen=True)
class Seeded:
    """What the earlier apply left behind."""

    addresses: tuple[str, ...]
    state: Path
    outputs: dict[str, object] = field(repr=False)


def seed(
    aws: EmbeddedAws, folder: Path, *, prefix: str = "htd", provider_host: str = PROVIDER_HOST
) -> Seeded:
    """Make everything but the instance profile in `aws`, and write terraform.tfstate into `folder`.

    Real Terraform carries on from there: with a workspace id its plan is one to add, one to change.
    `provider_host` is where the state says the provider came from (OpenTofu has a registry of its own).
    Raises CannotSeed when something of that name is already there.
    """
    recording = tape()
    keys = aws.root
    wire = Wire.with_keys(aws.url, keys.access_key_id, keys.secret_access_key)
    session = Session(prefix, account=aws.account_id, provider_host=provider_host)
    state = State()
    try:
        caller = replay.who_calls(wire, recording, session)
        replay.remember_data(state, recording, session, caller)
        for address in recording.addresses:
            if address != PROFILE:
                state.resources[address] = replay.create(wire, recording, session, address)
    except replay.Refused as refusal:
        answer = refusal.answer
        raise CannotSeed(
            f"{refusal.call.operation} was refused: {answer.code}: {answer.message}"
        ) from refusal
    finally:
        wire.close()
    state.outputs = statefile.known_outputs(recording, state, session)
    folder.mkdir(parents=True, exist_ok=True)
    statefile.save(state, folder, recording, session)
    return Seeded(tuple(state.managed), folder / statefile.NAME, state.outputs)
