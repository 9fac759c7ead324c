"""The ways into AWS that the sign-in step offers: what the machine has, a portal, pasted keys."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from wizard.core.event import Ask, Line, Phase, Run
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services
from wizard.steps import portal

if TYPE_CHECKING:
    from wizard.services.aws import config_file, console_login, keys, sign_in, start_url
    from wizard.services.aws import session as aws_session
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.session import AwsSession
    from wizard.services.aws.sso import SsoToken
else:
    config_file = lazy("wizard.services.aws.config_file")
    console_login = lazy("wizard.services.aws.console_login")
    keys = lazy("wizard.services.aws.keys")
    sign_in = lazy("wizard.services.aws.sign_in")
    start_url = lazy("wizard.services.aws.start_url")
    aws_session = lazy("wizard.services.aws.session")

_BROWSER, _CODE = "browser", "code"
_SIGNED_OUT = ("aws.sso.expired", "aws.sso.never", "aws.login.expired", "aws.login.never")
_PICK, _ANOTHER, _GO_ON = "pick", "again", "go-on"


def from_source(source: Source, services: Services, wanted: str) -> Run[AwsSession]:
    """A session from what the machine has; a sign-in that is missing or turns out to have ended is made anew."""
    if source.needs_login:
        yield from _log_in_to(source, services)
    try:
        return (yield from _open(source, services))
    except Problem as problem:
        refused = problem
    able = source.sso_start_url or (source.login_profile and console_login.program())
    if refused.code in _SIGNED_OUT and able and not source.needs_login:
        yield Line(refused.what, "warning")
        yield from _log_in_to(source, services)
        return (yield from _open(source, services))
    if refused.code == "aws.sso.no_assignment" and source.kind in ("sso", "portal"):
        return (yield from _otherwise(refused, source, services, wanted))
    raise refused


def _log_in_to(source: Source, services: Services) -> Run[None]:
    if source.sso_start_url:
        yield from log_in(source.sso_start_url, source.sso_region, source.sso_session or None, services)
    elif console_login.program():
        yield from _log_in_to_console(source, services)


def _log_in_to_console(source: Source, services: Services) -> Run[None]:
    """The AWS CLI signs in on the terminal by itself; what it keeps is read afterwards."""
    command = console_login.command(source.login_profile, here=services.local_browser)
    yield Phase("Signing in with the AWS command line", shlex.join(command))
    question = Question("status", "How did aws login end?", always_ask=True, remember=False)
    ask = Ask((question,), title="The AWS command line signs you in", command=command)
    status = (yield ask)["status"]
    if status != "0":
        raise Problem(
            code="aws.login.failed",
            what="The AWS command line did not sign in.",
            why=f"aws login ended with status {status}; version 1 of the AWS CLI does not know it.",
            remedy="Run the command below in another terminal to see why, or sign in another way.",
            evidence=(f"aws login ended with status {status}",),
            copy=shlex.join(command),
            step="credentials",
        )


def _open(source: Source, services: Services) -> Run[AwsSession]:
    code = (yield _ask_mfa(source))["mfa_code"] if source.needs_mfa else ""
    yield Phase(f"Signing in with {source.words}")
    return sign_in.open_source(source, services.aws_places, services.environ, mfa_code=code)


def _ask_mfa(source: Source) -> Ask:
    return Ask(
        (
            Question(
                "mfa_code",
                "One-time code",
                Kind.SECRET,
                help="From the authenticator app or key; a code is good for half a minute and for one use.",
                check=lambda code: None if re.fullmatch(r"\d{6}", code.strip()) else "A code has six digits.",
            ),
        ),
        title=f"{source.words} asks for a code",
        reason=f"The device is {source.mfa_serial}." if source.mfa_serial else "",
    )


def _otherwise(refused: Problem, source: Source, services: Services, wanted: str) -> Run[AwsSession]:
    """The sign-in works, but not for this role: another role of it, or another person."""
    way = (yield _ask_otherwise(refused))["instead"]
    if not way:
        raise refused
    places, name = services.aws_places, source.sso_session
    token = sign_in.cached_token(source.sso_start_url, source.sso_region, places, name, services.now())
    if way == _ANOTHER or token is None:
        token = yield from log_in(source.sso_start_url, source.sso_region, name, services)
        return sign_in.open_source(source, places, services.environ)
    return (yield from portal.choose_role(token, services, wanted))


def _ask_otherwise(refused: Problem) -> Ask:
    return Ask(
        (
            Question(
                "instead",
                "How shall we go on?",
                Kind.CHOICE,
                choices=(
                    Choice(_PICK, "Pick another account and role", "of the same sign-in"),
                    Choice(_ANOTHER, "Sign in again as somebody else", "use a private browser window"),
                ),
                # Left unanswered, as an answers file may, the refusal stands.
                optional=True,
                remember=False,
            ),
        ),
        title=refused.what,
        reason=refused.why,
    )


def log_in(start: str, region: str, session_name: str | None, services: Services) -> Run[SsoToken]:
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


def through_portal(services: Services, wanted: str) -> Run[AwsSession]:
    start, region = yield from portal.ask_portal(services)
    # A portal that the config file knows keeps its sign-in under that session's name, so that profiles share it.
    name = config_file.session_of(start, region, services.aws_places)
    token = sign_in.cached_token(start, region, services.aws_places, name, services.now())
    if token is None or (yield _ask_session())["session"] == _ANOTHER:
        token = yield from log_in(start, region, name, services)
    services.redact.learn(*token.secrets())
    return (yield from portal.choose_role(token, services, wanted))


def _ask_session() -> Ask:
    return Ask(
        (
            Question(
                "session",
                "You are signed in to this portal already",
                Kind.CHOICE,
                choices=(
                    Choice(_GO_ON, "Go on with that sign-in"),
                    Choice(_ANOTHER, "Sign in as somebody else", "use a private browser window"),
                ),
                default=_GO_ON,
                remember=False,
            ),
        ),
    )


def _ask_parts(missing: tuple[str, ...]) -> Ask:
    words = {
        "access_key_id": ("Access key", "It starts with AKIA or ASIA."),
        "secret_access_key": ("Secret key", "It has 40 characters and is shown only when the key is made."),
        "session_token": ("Session token", "A key that starts with ASIA works only with its token."),
    }
    return Ask(
        tuple(Question(part, words[part][0], Kind.SECRET, help=words[part][1]) for part in missing),
        title="One part is still missing" if len(missing) == 1 else "Some parts are still missing",
    )


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
                preview=keys.understood,
            ),
            Question("region", "Region", default=region, check=start_url.region_fault),
        ),
        title="Access keys",
        reason="They stay in memory, are never written anywhere, and reach Terraform through its environment.",
    )
    missing = keys.lacking(answers["pasted"])
    parts = (yield _ask_parts(missing)) if missing else {}
    pasted = keys.joined(answers["pasted"], parts)
    if isinstance(pasted, Problem):
        raise pasted
    chosen = answers["region"]
    if pasted.region and chosen == region != pasted.region:
        # Nobody touched the field, and the block names another one.
        chosen = pasted.region
        yield Line(f"The keys came with the region {chosen}, which is taken.")
    return sign_in.keys_session(pasted, services.aws_places, chosen)
