"""The ways to sign in, side by side: what each one is, whether AWS takes it now, and which one wins.

Source of the order: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread

from wizard.core.event import Phase, Progress, Work
from wizard.core.problem import Problem
from wizard.services.aws.errors import problem
from wizard.services.aws.identity import Caller, who_am_i
from wizard.services.aws.profiles import Source
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import open_source

_AT_ONCE = 16
_LOOK = 0.2
"""Seconds between two looks at what has come, so that a stop is heard."""


@dataclass(frozen=True)
class Tried:
    """What AWS said to one source."""

    caller: Caller | None = None
    expires_at: datetime | None = None
    problem: Problem | None = None

    @property
    def works(self) -> bool:
        return self.caller is not None


def try_all(
    sources: Sequence[Source], places: AwsPlaces, environ: Mapping[str, str]
) -> Work[dict[str, Tried]]:
    """Ask AWS about every source that needs no person, all at once; what it said, by the source's id."""
    asked = [source for source in sources if source.usable and not source.needs_mfa]
    yield Phase(f"Asking AWS about {len(asked)} ways to sign in", "aws sts get-caller-identity --profile …")
    said: dict[str, Tried] = {}
    came: SimpleQueue[tuple[str, Tried]] = SimpleQueue()
    gate = BoundedSemaphore(_AT_ONCE)

    def ask(source: Source) -> None:
        with gate:
            came.put((source.id, _try(source, places, environ)))

    for source in asked:
        # Daemons: a credential program that hangs must not keep the wizard from leaving.
        Thread(target=ask, args=(source,), name="sign-in", daemon=True).start()
    while len(said) < len(asked):
        with suppress(Empty):
            name, answer = came.get(timeout=_LOOK)
            said[name] = answer
        yield Progress(len(said), len(asked), "answered")
    return said


def ranked(sources: Sequence[Source], said: Mapping[str, Tried]) -> list[Source]:
    """What works first, in the order it had; what AWS refused behind what can still be signed in to."""

    def place(source: Source) -> int:
        answer = said.get(source.id)
        if answer is not None:
            return 0 if answer.works else 3
        return 1 if source.needs_mfa and source.usable else 2 if source.needs_login else 4

    return sorted(sources, key=place)


def line(source: Source, now: datetime, said: Tried | None = None, account: str = "") -> str:
    """Account, role, region and until when, beside the name; `account` is the one the module belongs to."""
    held = said.caller.account if said and said.caller else source.account
    parts = [
        "" if source.detail in source.words else source.detail,
        f"account {held}" if held and held not in source.detail + source.words else "",
        source.region,
        _standing(source, now, said),
        f"not the module's account {account}" if account and held and held != account else "",
    ]
    return " · ".join(part for part in parts if part)


def why_this_one(source: Source, environ: Mapping[str, str]) -> str:
    """Who else could have won, and why this one did."""
    named = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE", "")
    keys = bool(environ.get("AWS_ACCESS_KEY_ID"))
    if source.kind == "environment":
        return f"keys in the environment win over AWS_PROFILE={named}" if named else "keys in the environment"
    others = [
        *(["the keys in the environment"] if keys else []),
        *([f"AWS_PROFILE={named}"] if named and named != source.name else []),
    ]
    if others:
        return f"you chose it here, which wins over {' and '.join(others)}"
    return "AWS_PROFILE names it" if named else "you chose it here"


def until(moment: datetime, now: datetime) -> str:
    """`until 14:05`, with the day when it is another one; in the time of this computer."""
    local, today = moment.astimezone(), now.astimezone()
    return f"until {local:%H:%M}" if local.date() == today.date() else f"until {local.day} {local:%b %H:%M}"


def _standing(source: Source, now: datetime, said: Tried | None) -> str:
    if said is not None and said.caller is not None:
        who = said.caller.arn.rpartition(":")[2]
        ends = f" {until(said.expires_at, now)}" if said.expires_at else ""
        return f"✓ works now{ends} as {who}"
    if said is not None and said.problem is not None:
        return f"✗ does not work: {said.problem.what}"
    if source.expires_at is None or not source.usable:
        return ""
    if source.expires_at <= now:
        return "signed in, renews itself"
    if source.login_session:
        return f"signed in, keys {until(source.expires_at, now)}, renewed for 12 hours at most"
    return f"{'signed in' if source.sso_start_url else 'good'} {until(source.expires_at, now)}"


def _try(source: Source, places: AwsPlaces, environ: Mapping[str, str]) -> Tried:
    try:
        session = open_source(source, places, environ)
        caller = who_am_i(session)
    except Exception as error:  # noqa: BLE001  # one odd source must not hide what the others say
        return Tried(problem=problem(error, f"trying {source.words}"))
    return Tried(caller, session.expires_at)
