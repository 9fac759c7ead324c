"""Replaying the recorded calls of one resource, and judging the answers as the AWS provider would."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from wizard.demo.recording import statefile
from wizard.demo.recording.session import Session
from wizard.demo.recording.statefile import State
from wizard.demo.recording.tape import PROVIDER, ROLE, Call, Tape
from wizard.demo.recording.wire import Answer, Wire

ACCOUNT_READ = "data.aws_caller_identity.current"


@dataclass(frozen=True)
class Refused(Exception):
    """AWS refused one call; everything that came before it has happened."""

    call: Call
    answer: Answer


class Gone(Exception):
    """The resource is in the state and no longer in AWS, as far as the provider can tell."""


@dataclass(frozen=True)
class Caller:
    """Who the calls are signed by, as AWS says."""

    account: str
    arn: str
    user_id: str


def who_calls(wire: Wire, tape: Tape, session: Session) -> Caller:
    """The provider's own check of the credentials, once for each of its two regions.

    Raises Refused when AWS does not know them, CannotSend when nothing answers.
    """
    said = ""
    for call in tape.again.calls_for(PROVIDER, "plan"):
        answer = wire.send(call, session)
        if answer.is_error:
            raise Refused(call, answer)
        said = answer.text
    account, arn, user = (
        (re.findall(f"<{name}>([^<]*)</{name}>", said) or [""])[0] for name in ("Account", "Arn", "UserId")
    )
    return Caller(account, arn, user)


def remember_data(state: State, tape: Tape, session: Session, caller: Caller) -> None:
    """Put the module's data sources into the state, as read now."""
    for address in dict(tape.fresh.resources()):
        if address.startswith("data."):
            state.resources[address] = statefile.entry(tape, address, session, {})
    known = {"account_id": caller.account, "arn": caller.arn, "id": caller.account, "user_id": caller.user_id}
    state.attributes(ACCOUNT_READ).update(known)


def refresh(wire: Wire, tape: Tape, session: Session, address: str, state: State) -> None:
    """Read one resource anew. The role's trust policy is taken over from AWS into the state.

    Raises Refused, or Gone when it was deleted outside. Like the real provider (5.100.0) it also believes a
    bucket gone when HeadBucket is forbidden, and a grant gone when ListPermissions is.
    """
    calls = tape.again.calls_for(address, "plan")
    for place, call in enumerate(calls):
        answer = wire.send(call, session)
        if place == 0 and (answer.is_absence or _looks_gone(call, answer)):
            raise Gone(address)
        if answer.is_error and not answer.is_absence:
            raise Refused(call, answer)
        if address == ROLE and call.operation == "GetRole" and (trust := trust_in(answer)):
            # Keep the wording of the state where the meaning is the same: else every plan would show a change.
            remembered = state.attributes(address)
            if not same_policy(trust, str(remembered["assume_role_policy"])):
                remembered["assume_role_policy"] = trust


def _looks_gone(call: Call, answer: Answer) -> bool:
    if call.operation == "HeadBucket":
        return answer.status == 403
    if call.operation == "ListPermissions":
        return answer.is_error or not json.loads(answer.text).get("PrincipalResourcePermissions")
    return False


def create(wire: Wire, tape: Tape, session: Session, address: str) -> dict[str, Any]:
    """Make one resource; returns its entry for the state. Raises Refused."""
    made: dict[str, str] = {}
    for call in statefile.transition_of(tape, address, session).calls_for(address, "apply"):
        answer = wire.send(call, session)
        if call.operation == "HeadBucket" and call.status == 404 and not answer.is_error:
            # The provider looks first, because CreateBucket says yes to the owner of an existing bucket.
            raise Refused(call, _already_there(answer))
        if answer.is_error and not (answer.is_absence and not call.is_mutating):
            raise Refused(call, answer)
        made |= statefile.renewed_ids(call.made, answer.made)
    return statefile.entry(tape, address, session, made)


def _already_there(answer: Answer) -> Answer:
    return Answer(409, "BucketAlreadyExists", "BucketAlreadyExists", answer.request_id, "")


def update_trust(wire: Wire, tape: Tape, session: Session, state: State) -> None:
    """Give the role the trust policy that this session wants. Raises Refused."""
    policy = wanted_trust(tape, session)
    # The recorded update adds a workspace. Taking the last one away is the same call with the other policy.
    plain = {"PolicyDocument": policy}
    for call in tape.upgrade.calls_for(ROLE, "apply"):
        renewed = _with_form(call, plain) if call.operation == "UpdateAssumeRolePolicy" else call
        answer = wire.send(renewed, session)
        if answer.is_error and not (answer.is_absence and not call.is_mutating):
            raise Refused(call, answer)
    state.attributes(ROLE)["assume_role_policy"] = policy


def _with_form(call: Call, fields: Mapping[str, str]) -> Call:
    body: Any = call.body
    return replace(call, body={"form": {**body["form"], **fields}})


def wanted_trust(tape: Tape, session: Session) -> str:
    """The trust policy that the module writes for this session's workspaces."""
    source = statefile.transition_of(tape, ROLE, session)
    return session.text(source.change(ROLE)["change"]["after"]["assume_role_policy"])


def trust_in(answer: Answer) -> str:
    """The trust policy in an answer to GetRole; empty when there is none."""
    found = re.search(r"<AssumeRolePolicyDocument>(.*?)</AssumeRolePolicyDocument>", answer.text, re.S)
    return unquote(found[1]) if found else ""


def same_policy(one: str, other: str) -> bool:
    """Whether two policy documents say the same, whatever their spacing and the order of keys and values."""
    try:
        return bool(_plain(json.loads(one)) == _plain(json.loads(other)))
    except ValueError:
        return one == other


def _plain(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _plain(value) for key, value in part.items()}
    if isinstance(part, list) and all(isinstance(value, str) for value in part):
        return sorted(part) if len(part) != 1 else part[0]
    return [_plain(value) for value in part] if isinstance(part, list) else part
