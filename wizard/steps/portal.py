"""Through an SSO portal that no profile names yet: its address, the sign-in, account and role, and keeping them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.core.event import Ask, Diff, Line, Phase, Run
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, Choice, Kind, Question, confirm
from wizard.services import Services

if TYPE_CHECKING:
    from wizard.services.aws import config_file, profiles, sign_in, start_url
    from wizard.services.aws import session as aws_session
    from wizard.services.aws.session import AwsSession
    from wizard.services.aws.sso import SsoToken
else:
    config_file = lazy("wizard.services.aws.config_file")
    profiles = lazy("wizard.services.aws.profiles")
    sign_in = lazy("wizard.services.aws.sign_in")
    start_url = lazy("wizard.services.aws.start_url")
    aws_session = lazy("wizard.services.aws.session")


def ask_portal(services: Services) -> Run[tuple[str, str]]:
    """(start address, region) of the portal; a company's own name for it is followed to the real one."""
    typed = (
        yield Ask(
            (
                Question(
                    "start_url",
                    "Start address of the portal",
                    placeholder="https://my-company.awsapps.com/start",
                    help="Your company's page for AWS accounts, as the browser shows it; a name of its own will do.",
                    check=start_url.fault,
                ),
            ),
            title="Which portal?",
        )
    )["start_url"]
    yield Phase("Looking where this address leads")
    found = start_url.resolve(typed, services.aws_places)
    if found.given:
        yield Line(f"{found.given} leads to {found.start_url}.")
    known = found.region or config_file.region_of(found.start_url, services.aws_places)
    if known:
        return found.start_url, known
    region = (
        yield Ask(
            (
                Question(
                    "sso_region",
                    "Region of the portal",
                    default="us-east-1",
                    help="The region of IAM Identity Center; the portal shows it under “Access keys” as SSO Region.",
                    check=start_url.region_fault,
                ),
            ),
        )
    )["sso_region"]
    return found.start_url, region


def choose_role(token: SsoToken, services: Services, wanted: str) -> Run[AwsSession]:
    """A session as a role picked from what this sign-in may enter; kept as a profile when that is wanted.

    `wanted` is the account that the module belongs to, offered first; empty when nothing tells.
    """
    yield Phase("Reading your accounts", "aws sso list-accounts")
    accounts = sign_in.list_accounts(token)
    if not accounts:
        raise _no_assignment("No AWS account is assigned to you in this portal.")
    choices = [
        Choice(one.id, one.name, f"{one.id} · this module was applied here" if one.id == wanted else one.id)
        for one in accounts
    ]
    account = yield from _pick("account", "Which account?", choices, wanted)
    roles = sign_in.list_roles(token, account)
    if not roles:
        raise _no_assignment(f"No role is assigned to you in account {account}.")
    role = yield from _pick("role", "Which role?", [Choice(name, name) for name in roles])
    named = next(one.name for one in accounts if one.id == account)
    answers = yield _ask_keeping(named, role, services)
    session = sign_in.role_session(token, account, role, answers["region"])
    if not answers["profile"]:
        return session
    profile = config_file.SsoProfile(
        answers["profile"], token.start_url, token.region, account, role, answers["region"]
    )
    return (yield from _keep(profile, token, services)) or session


def _pick(key: str, prompt: str, choices: list[Choice], wanted: str = "") -> Run[str]:
    if len(choices) == 1:
        return choices[0].value
    first = next((choice.value for choice in choices if choice.value == wanted), choices[0].value)
    question = Question(
        key, prompt, Kind.CHOICE, choices=tuple(choices), default=first, remember=first != wanted
    )
    answer = yield Ask((question,))
    return answer[key]


def _ask_keeping(account: str, role: str, services: Services) -> Ask:
    places = services.aws_places
    return Ask(
        (
            Question(
                "region",
                "Region of your resources",
                default=services.environ.get("AWS_REGION", aws_session.DEFAULT_REGION),
                check=start_url.region_fault,
            ),
            Question(
                "profile",
                "Name of a profile to keep this as; empty to keep nothing",
                help="With a profile the AWS CLI and Terraform use this sign-in too and renew it by themselves.",
                check=lambda name: config_file.name_fault(name, places),
                optional=True,
                remember=False,
            ),
        ),
        title=f"{role} in {account}",
    )


def _keep(profile: config_file.SsoProfile, token: SsoToken, services: Services) -> Run[AwsSession | None]:
    """A session of the profile once it is written; None when the operator says no."""
    places = services.aws_places
    added = config_file.addition(profile, places)
    before, after = added.before.decode("utf-8-sig"), added.after.decode("utf-8-sig")
    yield Diff(str(added.file), before, after)
    answer = yield Ask(
        (
            confirm(
                "save",
                f"Add the profile {profile.name} to this file?",
                "What is there stays as it is, byte for byte.",
            ),
        ),
        title="Lines are added at the end",
    )
    if answer["save"] != YES:
        return None
    config_file.write(added)
    yield Line(f"The profile {profile.name} was added to {added.file}.")
    sign_in.move(token, added.session)
    source = next(
        each
        for each in profiles.list_sources(places, services.environ, services.now())
        if each.name == profile.name
    )
    return sign_in.open_source(source, places, services.environ)


def _no_assignment(what: str) -> Problem:
    return Problem(
        code="aws.sso.unassigned",
        what=what,
        why="The browser may have been signed in as somebody else, or nobody assigned a role to you yet.",
        remedy="Check who is signed in on the portal's page, or ask an AWS administrator for a role in this account.",
        step="credentials",
    )
