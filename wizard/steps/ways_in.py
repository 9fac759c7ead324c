"""The ways into AWS that the sign-in step offers: what the machine has, a portal, pasted keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.core.event import Ask, Phase, Run
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services

if TYPE_CHECKING:
    from wizard.services.aws import keys, sign_in, start_url
    from wizard.services.aws import session as aws_session
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.session import AwsSession
    from wizard.services.aws.sso import SsoToken
else:
    keys = lazy("wizard.services.aws.keys")
    sign_in = lazy("wizard.services.aws.sign_in")
    start_url = lazy("wizard.services.aws.start_url")
    aws_session = lazy("wizard.services.aws.session")

_BROWSER, _CODE = "browser", "code"


def from_source(source: Source, services: Services) -> Run[AwsSession]:
    places = services.aws_places
    if source.needs_login:
        yield from _login(source.sso_start_url, source.sso_region, source.sso_session or None, services)
    yield Phase(f"Signing in with {source.words}")
    return sign_in.open_source(source, places, services.environ)


def _login(start: str, region: str, session_name: str | None, services: Services) -> Run[SsoToken]:
    """Through the browser of this computer where there is one and it is wanted, else with a code."""
    way = _CODE
    if services.local_browser:
        way = (yield _ask_way())["way"]
    if way == _BROWSER:
        token = yield from sign_in.browser_login(
            start, region, services.aws_places, services.open_browser, session_name, services.now
        )
    else:
        token = yield from sign_in.device_login(
            start, region, services.aws_places, session_name, services.now
        )
    services.redact.learn(*token.secrets())
    return token


def _ask_way() -> Ask:
    return Ask(
        (
            Question(
                "way",
                "Sign in",
                Kind.CHOICE,
                choices=(
                    Choice(_BROWSER, "In the browser of this computer", "it opens and comes back by itself"),
                    Choice(_CODE, "With a code", "to approve on this or any other device"),
                ),
                default=_BROWSER,
            ),
        ),
        title="Where do you want to approve the sign-in?",
    )


def through_portal(services: Services) -> Run[AwsSession]:
    answers = yield Ask(
        (
            Question(
                "start_url",
                "Start address of the portal",
                placeholder="https://my-company.awsapps.com/start",
                help="Your company's page for AWS accounts; the browser shows it when you open the AWS portal.",
                check=start_url.fault,
            ),
            Question("sso_region", "Region of the portal", default="us-east-1", check=start_url.region_fault),
        ),
        title="Which portal?",
    )
    token = yield from _login(answers["start_url"], answers["sso_region"], None, services)
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
            Question("region", "Region", default=region, check=start_url.region_fault),
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
