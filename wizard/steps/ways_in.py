"""The ways into AWS that the sign-in step offers: what the machine has, a portal, pasted keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.core.event import Ask, Phase, Run
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services

if TYPE_CHECKING:
    from wizard.services.aws import keys, sign_in, sso
    from wizard.services.aws import session as aws_session
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.session import AwsSession
else:
    keys = lazy("wizard.services.aws.keys")
    sign_in = lazy("wizard.services.aws.sign_in")
    sso = lazy("wizard.services.aws.sso")
    aws_session = lazy("wizard.services.aws.session")


def from_source(source: Source, services: Services) -> Run[AwsSession]:
    places = services.aws_places
    if source.needs_login:
        token = yield from sign_in.device_login(
            source.sso_start_url, source.sso_region, places, source.sso_session or None, services.now
        )
        services.redact.learn(*token.secrets())
    yield Phase(f"Signing in with {source.words}")
    return sign_in.open_source(source, places, services.environ)


def through_portal(services: Services) -> Run[AwsSession]:
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


def with_pasted_keys(services: Services) -> Run[AwsSession]:
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


def _no_assignment(what: str) -> Problem:
    return Problem(
        code="aws.sso.unassigned",
        what=what,
        why="The browser may have been signed in as somebody else, or nobody assigned a role to you yet.",
        remedy="Check who is signed in on the portal's page, or ask an AWS administrator for a role in this account.",
        step="credentials",
    )
