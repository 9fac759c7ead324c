"""`apply`: the planned actions, one resource at a time, with the recorded calls really made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wizard.demo.recording import replay, statefile

if TYPE_CHECKING:
    from wizard.demo.recording.planning import Plan, Run
    from wizard.demo.recording.session import Json

_DONE = {"create": "Creation", "update": "Modifications"}
_DOING = {"create": "Creating", "update": "Modifying"}


def apply(run: Run, plan: Plan) -> bool:
    """Do what the plan says, saving the state after each resource. False when something was refused or stopped.

    As with Terraform, a refusal stops what rests on the refused resource and nothing else, and the
    diagnostics come at the end. An interrupt lets the resource in hand finish.
    """
    for address, action in plan.actions.items():
        run.stream.change(address, action)
    try:
        caller = run.sign_on()
    except replay.Refused as refusal:
        run.stream.unknown_caller(refusal.call, refusal.answer)
        return False
    run.state.resources = {address: dict(entry) for address, entry in plan.state.items()}
    replay.remember_data(run.state, run.tape, run.session, caller)
    refusals: dict[str, replay.Refused] = {}
    left_out: set[str] = set()
    for address, action in plan.actions.items():
        if run.interrupted.is_set():
            break
        if left_out & set(_rests_on(run, address)):
            left_out.add(address)
            continue
        try:
            _one(run, address, action, run.seconds / len(plan.actions))
        except replay.Refused as refusal:
            refusals[address] = refusal
            left_out.add(address)
        _save(run)
    if not plan.actions:
        _save(run)
    return _end(run, plan, refusals)


def _end(run: Run, plan: Plan, refusals: dict[str, replay.Refused]) -> bool:
    for address, refusal in refusals.items():
        run.stream.refused(address, plan.actions[address], _id(run, address), refusal.call, refusal.answer)
    if run.interrupted.is_set():
        run.stream.error("execution halted")
    if refusals or run.interrupted.is_set():
        return False
    kinds = list(plan.actions.values())
    run.stream.summary("apply", kinds.count("create"), kinds.count("update"))
    run.stream.outputs({name: {"sensitive": False, **output} for name, output in run.state.outputs.items()})
    return True


def _save(run: Run) -> None:
    run.state.outputs = statefile.known_outputs(run.tape, run.state, run.session)
    statefile.save(run.state, run.folder, run.tape, run.session)


def _one(run: Run, address: str, action: str, seconds: float) -> None:
    """One resource, from its start line to its end line. Raises Refused after the line that says so."""
    begun = time.monotonic()
    hook: dict[str, Json] = {"resource": run.stream.resource(address), "action": action}
    known = f" [id={_id(run, address)}]" if action == "update" else ""
    run.stream.say("info", f"{address}: {_DOING[action]}...{known}", type="apply_start", hook=hook)
    run.pause(seconds)
    try:
        if action == "create":
            entry = replay.create(run.wire, run.tape, run.session, address)
            run.state.resources[address] = entry
        else:
            replay.update_trust(run.wire, run.tape, run.session, run.state)
    except replay.Refused:
        elapsed = int(time.monotonic() - begun)
        text = f"{address}: {_DONE[action]} errored after {elapsed}s"
        run.stream.say("info", text, type="apply_errored", hook={**hook, "elapsed_seconds": elapsed})
        raise
    elapsed = int(time.monotonic() - begun)
    made = _id(run, address)
    done: dict[str, Json] = {**hook, "id_key": "id", "id_value": made, "elapsed_seconds": elapsed}
    text = f"{address}: {_DONE[action]} complete after {elapsed}s [id={made}]"
    run.stream.say("info", text, type="apply_complete", hook=done)


def _id(run: Run, address: str) -> str:
    """The resource's id; before it exists, the name that the provider's messages give it."""
    if address in run.state.resources:
        return str(run.state.attributes(address)["id"])
    return str(statefile.entry(run.tape, address, run.session, {})["instances"][0]["attributes"]["id"])


def _rests_on(run: Run, address: str) -> list[str]:
    entry = statefile.entry(run.tape, address, run.session, {})
    return list(entry["instances"][0].get("dependencies", ()))
