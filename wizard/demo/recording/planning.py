"""`plan`: what differs between the module, the state and the embedded AWS, told with the recorded lines."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.core import atomic
from wizard.demo.recording import replay, statefile
from wizard.demo.recording.statefile import State
from wizard.demo.recording.tape import ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.demo.recording.session import Json, Session
    from wizard.demo.recording.stream import Stream
    from wizard.demo.recording.tape import Tape
    from wizard.demo.recording.wire import Wire


@dataclass
class Run:
    """One call of the program on one deployment."""

    folder: Path
    tape: Tape
    session: Session
    state: State
    wire: Wire
    stream: Stream
    seconds: float
    """How long an apply should look as if it took; a plan takes a quarter of it."""
    interrupted: threading.Event = field(default_factory=threading.Event)
    gone: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was in the state and is no longer in AWS: address to the attributes remembered."""

    def sign_on(self) -> replay.Caller:
        """Ask AWS who calls; the resources are named after that account. Raises Refused."""
        caller = replay.who_calls(self.wire, self.tape, self.session)
        self.session = self.stream.session = replace(self.session, account=caller.account)
        return caller

    def pause(self, seconds: float) -> None:
        """Let the operator watch. An interrupt cuts it short."""
        self.interrupted.wait(seconds)


@dataclass(frozen=True)
class Plan:
    """What is to be done, as it is kept in the plan file."""

    actions: Mapping[str, str]
    """Address to create or update, in the order of doing."""
    variables: Mapping[str, Json]
    lineage: str
    serial: int
    show: Mapping[str, Any] = field(repr=False)
    """The document of `show -json`."""
    state: Mapping[str, Any] = field(repr=False)
    """The refreshed resources, which the apply starts from."""

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do anything; a new output counts, as it does for Terraform."""
        outputs = self.show["output_changes"].values()
        return bool(self.actions) or any(change["actions"] != ["no-op"] for change in outputs)

    def save(self, path: Path) -> None:
        """Write the plan file, readable by its owner only. Raises OSError."""
        atomic.write(path, json.dumps({"recording": True, **self.__dict__}).encode(), 0o600)


def load(path: Path) -> Plan:
    """The plan that `Plan.save` wrote. Raises ValueError for any other file, OSError for none."""
    document = json.loads(path.read_bytes())
    if not isinstance(document, dict) or document.pop("recording", None) is not True:
        raise ValueError("not a plan of the recording")
    return Plan(**document)


def plan(run: Run, variables: Mapping[str, Json]) -> Plan | None:
    """Refresh, compare, and say what is to be done. None when a diagnostic ended it."""
    before = (run.state.lineage, run.state.serial)
    if not _is_refreshed(run):
        return None
    actions = _actions(run)
    for address, action in actions.items():
        run.stream.change(address, action)
    outputs = _output_changes(run)
    kinds = list(actions.values())
    run.stream.summary("plan", kinds.count("create"), kinds.count("update"))
    words: dict[str, Json] = {
        name: {"sensitive": False, "action": _word(change)} for name, change in outputs.items()
    }
    run.stream.outputs(words)
    return Plan(actions, variables, *before, _show(run, actions, outputs, variables), run.state.resources)


def _is_refreshed(run: Run) -> bool:
    """Bring the state up to date with AWS. False, with diagnostics, when it cannot be."""
    names = {address: str(run.state.attributes(address)["id"]) for address in run.state.managed}
    try:
        caller = run.sign_on()
    except replay.Refused as refusal:
        run.stream.summary("plan", 0, 0)
        run.stream.unknown_caller(refusal.call, refusal.answer)
        return False
    refusals, gone = _refresh(run)
    replay.remember_data(run.state, run.tape, run.session, caller)
    for address in gone:
        run.stream.change(address, "delete", drift=True)
        run.gone[address] = run.state.attributes(address)
        del run.state.resources[address]
    if refusals:
        run.stream.summary("plan", 0, 0)
        for address, refused in refusals.items():
            run.stream.refused(address, "read", names[address], refused.call, refused.answer)
        return False
    if resting := _resting_on(gone, run.state):
        run.stream.cannot(
            f"{', '.join(gone)} looks deleted (AWS has it no longer, or does not let us look). With it "
            f"{', '.join(resting)} would have to be made anew, and only Terraform itself can do that."
        )
        return False
    return True


def _word(change: Mapping[str, Any]) -> str:
    return "noop" if change["actions"] == ["no-op"] else str(change["actions"][0])


def _refresh(run: Run) -> tuple[dict[str, replay.Refused], list[str]]:
    """Walk the recorded plan's lines, for what this state holds. Refusals by address, and what is gone."""
    refusals: dict[str, replay.Refused] = {}
    gone: list[str] = []
    step = run.seconds / 4 / max(len(run.tape.addresses), 1)
    for line in run.tape.again.plan:
        address = _address(line)
        if line["type"] in ("apply_start", "apply_complete"):
            run.stream.replay(line)  # a data source; AWS has already said who calls
        elif line["type"] == "refresh_start" and address in run.state.resources:
            run.stream.replay(line)
            run.pause(step)
            try:
                replay.refresh(run.wire, run.tape, run.session, address, run.state)
            except replay.Refused as refusal:
                refusals[address] = refusal
            except replay.Gone:
                gone.append(address)
        elif (
            line["type"] == "refresh_complete" and address in run.state.resources and address not in refusals
        ):
            run.stream.replay(line)
    return refusals, gone


def _address(line: Mapping[str, Any]) -> str:
    return str(line["hook"]["resource"]["addr"]) if "hook" in line else ""


def _resting_on(gone: list[str], state: State) -> list[str]:
    """Resources still there that were made from one that is gone."""
    return [
        address
        for address in state.managed
        if set(gone) & set(state.resources[address]["instances"][0].get("dependencies", ()))
    ]


def _actions(run: Run) -> dict[str, str]:
    wanted = replay.wanted_trust(run.tape, run.session)
    actions = {address: "create" for address in run.tape.addresses if address not in run.state.resources}
    if ROLE in run.state.resources and not replay.same_policy(
        run.state.attributes(ROLE)["assume_role_policy"], wanted
    ):
        return {ROLE: "update", **actions}
    return actions


def _output_changes(run: Run) -> dict[str, Any]:
    """Before and after of each output, as `show -json` has them."""
    planned: dict[str, Any] = {}
    recorded: Any = run.session.json(run.tape.fresh.show["output_changes"])
    for name, change in recorded.items():
        if name in run.state.outputs:
            value = run.state.outputs[name]["value"]
            same = {"actions": ["no-op"], "before": value, "after": value, "after_unknown": False}
            planned[name] = {**same, "before_sensitive": False, "after_sensitive": False}
        else:
            planned[name] = change
    return planned


def _show(
    run: Run, actions: Mapping[str, str], outputs: Mapping[str, Any], variables: Mapping[str, Json]
) -> dict[str, Any]:
    """The plan as `show -json` tells it. planned_values, prior_state and configuration are left out."""
    recorded: dict[str, Any] = run.tape.again.show
    rendered = {
        name: {"value": variables.get(name, entry["value"])} for name, entry in recorded["variables"].items()
    }
    return {
        "format_version": recorded["format_version"],
        "terraform_version": run.tape.version,
        "recording": True,
        "variables": rendered,
        "resource_drift": [_deletion(run, address) for address in run.gone],
        "resource_changes": [
            _resource_change(run, address, actions.get(address, "")) for address in _listed(run)
        ],
        "output_changes": dict(outputs),
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "applyable": bool(actions) or any(change["actions"] != ["no-op"] for change in outputs.values()),
        "complete": True,
        "errored": False,
    }


def _deletion(run: Run, address: str) -> dict[str, Any]:
    entry: Any = run.session.json(run.tape.again.change(address))
    entry["change"] = {"actions": ["delete"], "before": run.gone[address], "after": None, "after_unknown": {}}
    return dict(entry)


def _listed(run: Run) -> list[str]:
    return [entry["address"] for entry in run.tape.again.show["resource_changes"]]


def _resource_change(run: Run, address: str, action: str) -> dict[str, Any]:
    """One resource of the plan: recorded when it is to be made, else what the state holds."""
    if action == "create":
        source = statefile.transition_of(run.tape, address, run.session)
        made: Any = run.session.json(source.change(address))
        return dict(made)
    source = run.tape.upgrade if action == "update" else run.tape.again
    entry: Any = run.session.json(source.change(address))
    before = run.state.attributes(address)
    after = dict(before)
    if action == "update":
        after["assume_role_policy"] = replay.wanted_trust(run.tape, run.session)
    entry["change"] |= {"before": before, "after": after}
    return dict(entry)
