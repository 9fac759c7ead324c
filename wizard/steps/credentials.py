"""Signing in to AWS with whatever the operator has, and proving who AWS sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Phase, Run
from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services
from wizard.steps import ahead, ways_in
from wizard.steps.parts import signed_in
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import identity, profiles, roster
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.roster import Tried
    from wizard.services.terraform import state
else:
    identity = lazy("wizard.services.aws.identity")
    profiles = lazy("wizard.services.aws.profiles")
    roster = lazy("wizard.services.aws.roster")
    state = lazy("wizard.services.terraform.state")

PORTAL, KEYS, TRY = "portal", "keys", "try"
_UNSAID = Finding(
    "aws.expiry",
    "When these keys end",
    Verdict.UNKNOWN,
    "they do not say; if they end midway, you sign in again and come back to the same step",
    Problem(
        code="aws.keys.end_unsaid",
        what="It is not known when these keys end.",
        why="They are temporary (there is a session token), they came without their expiration, and AWS does not tell "
        "it afterwards. Keys copied from the access portal last as long as its session, mostly an hour to twelve.",
        remedy="You can go on. If they end midway, AWS refuses the next call, the wizard asks you to sign in again and "
        "comes back to the same step; what was applied by then stays and is in Terraform's state. "
        "An SSO sign-in renews itself.",
        step="credentials",
    ),
)
"""Shown, not silently taken: what happens to keys that were pasted without their end."""


class Credentials(Step[AwsIdentity]):
    """One list of every way to sign in that this computer has."""

    id: ClassVar = "credentials"
    title: ClassVar = "Sign in to AWS"
    why: ClassVar = (
        "Terraform acts in AWS with your rights. Signing in through SSO is the safest way to lend them."
    )
    about: ClassVar = (
        "An SSO sign-in shows a code here and asks you to approve it in a browser, on this or any other device. "
        "Its token goes to the cache that the AWS command line and Terraform share. Access keys that you paste "
        "stay in memory and are handed to Terraform through its environment only."
    )
    fact: ClassVar = AwsIdentity
    needs: ClassVar = (Machine,)

    def run(self, facts: Facts, services: Services) -> Run[AwsIdentity]:
        yield Phase("Looking for ways to sign in on this computer")
        ahead.prepare(facts, services)
        last = facts.get(AwsIdentity) or services.last_time
        sources = profiles.list_sources(services.aws_places, services.environ, services.now(), last)
        held = state.read(Path(facts.need(Machine).module), services.environ)
        account = held.account if held else ""
        chosen = yield from _choose(sources, _before(facts, services), account, services)
        if chosen == PORTAL:
            session = yield from ways_in.through_portal(services, account)
        elif chosen == KEYS:
            session = yield from ways_in.with_pasted_keys(services)
        else:
            source = next(s for s in sources if s.id == chosen)
            session = yield from ways_in.from_source(source, services, account)
        services.redact.learn(*session.secrets())
        yield Phase("Asking AWS who this is", "aws sts get-caller-identity")
        caller = identity.who_am_i(session)
        _same_account(account, caller.account, sources)
        session.last(services.environ, services.now())
        services.aws = session
        ends = f", {roster.until(session.expires_at, services.now())}" if session.expires_at else ""
        renewed = ", renewed by itself" if ends and session.renews else ""
        yield Finding("chain.identity", "AWS knows you", Verdict.PROVEN, f"{caller.arn}{ends}{renewed}")
        if session.ends_unsaid():
            yield _UNSAID
        chosen_from = next((each for each in sources if each.id == chosen), None)
        if chosen_from and chosen_from.login_session:
            yield from _same_login(chosen_from.login_session, caller.arn)
        why = roster.why_this_one(chosen_from, services.environ) if chosen_from else "you chose it here"
        yield Finding(
            "aws.source", "Where these credentials come from", Verdict.PROVEN, f"{session.source}: {why}"
        )
        return AwsIdentity(
            account=caller.account,
            arn=caller.arn,
            region=session.region,
            source=session.source,
            expires_at=session.expires_at,
            portal=session.portal,
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # noqa: ARG002  # AWS is asked anew
        caller = identity.who_am_i(signed_in(services))
        return [Finding("chain.identity", "AWS knows you", Verdict.PROVEN, caller.arn)]

    def equivalent(self, facts: Facts) -> list[str]:
        known = facts.get(AwsIdentity)
        name, kind = known.profile if known else ("", "")
        profile, kind = name or "PROFILE", kind or "SSO"
        command = {"SSO": "aws sso login", "con": "aws login"}.get(kind[:3])
        login = [f"{command} --profile {profile}"] if command else []
        return [*login, f"aws sts get-caller-identity --profile {profile}"]


@dataclass(frozen=True)
class Before:
    """Who is signed in already, and whether that still holds."""

    source: str
    ended: str = ""
    """Why it does not hold any more; empty when it does."""


def _before(facts: Facts, services: Services) -> Before | None:
    known = facts.get(AwsIdentity)
    if known is None or services.aws is None:
        return None
    try:
        services.aws.last(services.environ, services.now())
        identity.who_am_i(services.aws)
    except Problem as problem:
        if problem.step == "credentials":
            return Before(known.source, problem.what)
    return Before(known.source)


def _choose(sources: list[Source], before: Before | None, account: str, services: Services) -> Run[str]:
    """The id of a source, PORTAL or KEYS. On request AWS is first asked which of them work."""
    now = services.now()
    chosen = (yield _ask("source", sources, {}, before, account, now))["source"]
    if chosen != TRY:
        return chosen
    said = yield from roster.try_all(sources, services.aws_places, services.environ)
    # Another key, so that an answers file may ask AWS first and then name what it takes.
    return (yield _ask("checked", roster.ranked(sources, said), said, before, account, now))["checked"]


def _ask(
    key: str,
    sources: list[Source],
    said: Mapping[str, Tried],
    before: Before | None,
    account: str,
    now: datetime,
) -> Ask:
    choices = [_choice(source, said.get(source.id), account, now) for source in sources]
    which = "Another" if any(source.sso_start_url for source in sources) else "An"
    choices.append(Choice(PORTAL, f"{which} SSO portal", "its start address is asked next"))
    choices.append(Choice(KEYS, "Access keys", "pasted; kept in memory only"))
    if key == "source" and sources:
        choices.append(Choice(TRY, "Ask AWS which of these work", "all at once; nothing is changed"))
    first, because = _offered(sources, said, before)
    return Ask(
        (
            Question(
                key,
                "Sign in with",
                Kind.CHOICE,
                choices=tuple(choices),
                default=first,
                origin=because,
                help="An SSO profile with administrator rights makes everything possible.",
                remember=False,
            ),
        ),
        title="How do you want to sign in?",
        reason=f"{before.ended} Sign in again, and you come back to where you were."
        if before and before.ended
        else "Signing in changes nothing in your account.",
    )


def _offered(sources: list[Source], said: Mapping[str, Tried], before: Before | None) -> tuple[str, str]:
    """(id of what is offered first, why): what is in effect; to somebody who is signed in something else, and the
    same again when that has ended."""
    able = [s for s in sources if s.usable or s.needs_login]
    if before is not None:
        if before.ended and (same := next((s for s in able if s.words == before.source), None)):
            return same.id, ""
        able = [s for s in able if s.words != before.source]
    if working := next((s for s in able if s.id in said and said[s.id].works), None):
        return working.id, ""
    current = next((s for s in able if s.in_effect and s.id not in said), None)
    # What nobody named gives way to a working SSO sign-in.
    if current and not (current.name == "default" and able[0].sso_start_url and able[0].usable):
        return current.id, current.precedence
    return (able[0].id if able else PORTAL), ""


def _choice(source: Source, said: Tried | None, account: str, now: datetime) -> Choice:
    """Why a sign-in is needed stands beside the label; only what cannot work at all is unavailable."""
    reason = source.why_not if source.leads_on and not source.usable else ""
    # What speaks for the one in effect is said once, below the list.
    note = "" if source.in_effect else source.precedence
    line = roster.line(source, now, said, account)
    detail = " · ".join(part for part in (line, reason, note) if part)
    return Choice(source.id, source.words, detail, "" if source.leads_on else source.why_not)


def _same_login(session: str, arn: str) -> Run[None]:
    """A profile of `aws login` names who it was made for; in the browser somebody else may have been picked since."""
    if identity.principal(session) == identity.principal(arn):
        return
    problem = Problem(
        code="aws.login.other",
        what=f"This profile was made for {session}, and AWS sees {arn}.",
        why="Another user or role was picked in the browser when `aws login` ran last.",
        remedy="Go on if that is who you want to be; otherwise run `aws login` for it again and pick the other one.",
        step="credentials",
    )
    yield Finding("aws.login", "Who `aws login` signed in", Verdict.GAP, f"not {session}", problem)


def _same_account(held: str, account: str, sources: list[Source]) -> None:
    """The state of the module names the account it was applied to; another one is never meant."""
    if held in ("", account):
        return
    mine = [source.words for source in sources if source.account == held]
    raise Problem(
        code="aws.account.other",
        what=f"You signed in to AWS account {account}, but this module was applied to account {held}.",
        why="Terraform would not find what it made and would try to make everything again.",
        remedy=f"Sign in to account {held}" + (f" with {' or '.join(mine)}." if mine else "."),
        evidence=(f"terraform.tfstate names account {held}",),
    )
