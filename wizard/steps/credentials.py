"""Signing in to AWS with whatever the operator has, and proving who AWS sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wizard.core.event import Ask, Phase, Run
from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services
from wizard.steps.parts import signed_in
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.services.aws import identity, keys, profiles, sign_in, sso
    from wizard.services.aws import session as aws_session
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.session import AwsSession
    from wizard.services.terraform import state
else:
    identity = lazy("wizard.services.aws.identity")
    keys = lazy("wizard.services.aws.keys")
    profiles = lazy("wizard.services.aws.profiles")
    sign_in = lazy("wizard.services.aws.sign_in")
    sso = lazy("wizard.services.aws.sso")
    aws_session = lazy("wizard.services.aws.session")
    state = lazy("wizard.services.terraform.state")

PORTAL, KEYS = "portal", "keys"


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
        sources = profiles.list_sources(services.aws_places, services.environ, services.now())
        before = facts.get(AwsIdentity)
        chosen = (yield _ask_source(sources, before.source if before else ""))["source"]
        if chosen == PORTAL:
            session = yield from _through_portal(services)
        elif chosen == KEYS:
            session = yield from _with_pasted_keys(services)
        else:
            session = yield from _from_source(next(s for s in sources if s.id == chosen), services)
        services.redact.learn(*session.secrets())
        yield Phase("Asking AWS who this is", "aws sts get-caller-identity")
        caller = identity.who_am_i(session)
        _same_account(facts.need(Machine), caller.account, services)
        services.aws = session
        until = f", until {session.expires_at.astimezone():%H:%M}" if session.expires_at else ""
        yield Finding("chain.identity", "AWS knows you", Verdict.PROVEN, f"{caller.arn}{until}")
        return AwsIdentity(
            account=caller.account,
            arn=caller.arn,
            region=session.region,
            source=session.source,
            expires_at=session.expires_at,
        )

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # noqa: ARG002  # AWS is asked anew
        caller = identity.who_am_i(signed_in(services))
        return [Finding("chain.identity", "AWS knows you", Verdict.PROVEN, caller.arn)]

    def equivalent(self, facts: Facts) -> list[str]:  # noqa: ARG002  # the same for everyone
        return ["aws sso login --profile PROFILE", "aws sts get-caller-identity --profile PROFILE"]


def _ask_source(sources: list[Source], before: str) -> Ask:
    """Offers what is in effect; to somebody who signs in again, something else than `before`."""
    choices = [_choice(source) for source in sources]
    choices.append(Choice(PORTAL, "Another SSO portal", "its start address is asked next"))
    choices.append(Choice(KEYS, "Access keys", "pasted; kept in memory only"))
    current = next((s for s in sources if s.in_effect and s.usable and s.words != before), None)
    first = current or next((s for s in sources if (s.usable or s.needs_login) and s.words != before), None)
    return Ask(
        (
            Question(
                "source",
                "Sign in with",
                Kind.CHOICE,
                choices=tuple(choices),
                default=first.id if first else PORTAL,
                origin=current.precedence if current else "",
                help="An SSO profile with administrator rights makes everything possible.",
                remember=False,
            ),
        ),
        title="How do you want to sign in?",
        reason="Signing in changes nothing in your account.",
    )


def _choice(source: Source) -> Choice:
    """Why a sign-in is needed stands beside the label; only what cannot work at all is unavailable."""
    reason = source.why_not if source.needs_login else ""
    # What speaks for the one in effect is said once, below the list.
    note = "" if source.in_effect else source.precedence
    detail = " · ".join(part for part in (source.detail, reason, note) if part)
    return Choice(
        source.id, source.words, detail, "" if source.usable or source.needs_login else source.why_not
    )


def _from_source(source: Source, services: Services) -> Run[AwsSession]:
    places = services.aws_places
    if source.needs_login:
        token = yield from sign_in.device_login(
            source.sso_start_url, source.sso_region, places, source.sso_session or None, services.now
        )
        services.redact.learn(*token.secrets())
    yield Phase(f"Signing in with {source.words}")
    return sign_in.open_source(source, places, services.environ)


def _through_portal(services: Services) -> Run[AwsSession]:
    answers = yield Ask(
        (
            Question(
                "start_url",
                "Start address of the portal",
                placeholder="https://my-company.awsapps.com/start",
                help="Your company's page for AWS accounts; the browser shows it when you open the AWS portal.",
                check=sso.start_url_fault,
            ),
            Question("sso_region", "Region of the portal", default="us-east-1", check=sso.region_fault),
        ),
        title="Which portal?",
    )
    token = yield from sign_in.device_login(
        answers["start_url"], answers["sso_region"], services.aws_places, session_name=None, now=services.now
    )
    services.redact.learn(*token.secrets())
    yield Phase("Reading your accounts", "aws sso list-accounts")
    accounts = sign_in.list_accounts(token)
    if not accounts:
        raise _no_assignment("No AWS account is assigned to you in this portal.")
    account = yield from _pick("account", "Which account?", [Choice(a.id, a.name, a.id) for a in accounts])
    roles = sign_in.list_roles(token, account)
    if not roles:
        raise _no_assignment(f"No role is assigned to you in account {account}.")
    role = yield from _pick("role", "Which role?", [Choice(name, name) for name in roles])
    return sign_in.role_session(
        token, account, role, services.environ.get("AWS_REGION", aws_session.DEFAULT_REGION)
    )


def _pick(key: str, prompt: str, choices: list[Choice]) -> Run[str]:
    if len(choices) == 1:
        return choices[0].value
    answer = yield Ask(
        (Question(key, prompt, Kind.CHOICE, choices=tuple(choices), default=choices[0].value),)
    )
    return answer[key]


def _with_pasted_keys(services: Services) -> Run[AwsSession]:
    region = services.environ.get("AWS_REGION", aws_session.DEFAULT_REGION)
    answers = yield Ask(
        (
            Question(
                "pasted",
                "Paste the keys",
                Kind.SECRET,
                help="An export block, an ini block, JSON, or the three values; copied from the console will do.",
                check=keys.fault,
            ),
            Question("region", "Region", default=region, check=sso.region_fault),
        ),
        title="Access keys",
        reason="They stay in memory, are never written anywhere, and reach Terraform through its environment.",
    )
    pasted = keys.paste_keys(answers["pasted"])
    if isinstance(pasted, Problem):
        raise pasted
    return sign_in.keys_session(pasted, services.aws_places, answers["region"])


def _same_account(machine: Machine, account: str, services: Services) -> None:
    """The state of the module names the account it was applied to; another one is never meant."""
    held = state.read(Path(machine.module), services.environ)
    if held is None or held.account in ("", account):
        return
    raise Problem(
        code="aws.account.other",
        what=f"You signed in to AWS account {account}, but this module was applied to account {held.account}.",
        why="Terraform would not find what it made and would try to make everything again.",
        remedy=f"Sign in to account {held.account}.",
        evidence=(f"terraform.tfstate names account {held.account}",),
    )


def _no_assignment(what: str) -> Problem:
    return Problem(
        code="aws.sso.unassigned",
        what=what,
        why="The browser may have been signed in as somebody else, or nobody assigned a role to you yet.",
        remedy="Check who is signed in on the portal's page, or ask an AWS administrator for a role in this account.",
        step="credentials",
    )
