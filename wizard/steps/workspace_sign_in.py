"""The ways to sign in to a workspace, in the order in which a first-time operator should try them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.core.event import Ask, Line, Phase, Run
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import Choice, Kind, Question
from wizard.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.services.databricks import browser, cli
    from wizard.services.databricks import sign_in as ways
    from wizard.services.databricks.cli import Program
    from wizard.services.databricks.sign_in import Source
else:
    browser = lazy("wizard.services.databricks.browser")
    cli = lazy("wizard.services.databricks.cli")
    ways = lazy("wizard.services.databricks.sign_in")

COMMAND, BROWSER, TOKEN = "cli", "browser", "token"


def sign_in(host: str, services: Services) -> Run[tuple[str | Callable[[], str], str]]:
    """A token for `host`, or what gives a good one at any time, and where it came from. Raises Problem."""
    environ, home = services.environ, services.paths.home
    broken = ways.broken(environ, home)
    if broken is not None:
        yield Line(f"{broken.what} {broken.why}", "warning")
    known = ways.profiles(host, environ, home)
    around = ways.environment(host, environ)
    program = services.databricks_program()
    way = (yield _ask_way(host, known, around, program, services))["auth"]
    if way == TOKEN:
        token = (yield _ask_token(host))["token"]
        services.redact.learn(token)
        return token, "personal access token"
    if way == COMMAND and program is not None:
        return (yield from _with_command(host, known, program, services))
    source = next((s for s in [*known, around] if s is not None and s.id == way), None)
    if source is None or source.auth_type == "external-browser":
        return (yield from _with_browser(host, services))
    return (yield from _from(source, services, program))


def _ask_way(
    host: str, known: list[Source], around: Source | None, program: Program | None, services: Services
) -> Ask:
    choices = [Choice(s.id, s.name, s.detail, _missing(s, program, services)) for s in known]
    if program is not None:
        command = " ".join(cli.login("databricks", f"https://{host}", _profile_name(host, known, services)))
        old = "this is the old Databricks CLI; sign-in came with version 0.205" if program.old else ""
        choices.append(Choice(COMMAND, "The Databricks command line", command, old))
    no_browser = "" if services.local_browser else "there is no browser on this computer"
    choices.append(
        Choice(BROWSER, "A browser", "opens the workspace's sign-in page; nothing is stored", no_browser)
    )
    choices.append(Choice(TOKEN, "A personal access token", "pasted; kept in memory only"))
    if around is not None:
        choices.append(Choice(around.id, around.name, around.detail))
    # What works without anybody at a browser is offered first; otherwise the first that there is.
    mine = f"profile:{ways.preferred(services.environ, services.paths.home)}"
    preferred = [
        *(s.id for s in sorted(known, key=lambda s: s.id != mine)),
        around.id if around else "",
        COMMAND,
        BROWSER,
        TOKEN,
    ]
    usable = [choice.value for choice in choices if not choice.unavailable]
    default = next(value for value in preferred if value in usable)
    question = Question("auth", "Sign in with", Kind.CHOICE, choices=tuple(choices), default=default)
    return Ask(
        (question,),
        title=f"Sign in to {host}",
        reason="Reading is all that happens in this step. Later ones need a workspace administrator.",
    )


def _missing(source: Source, program: Program | None, services: Services) -> str:
    """Why a profile cannot be used now; empty when it can."""
    if source.auth_type == "databricks-cli" and (program is None or program.old):
        return "it needs the Databricks CLI, which is not installed"
    if source.auth_type == "external-browser" and not services.local_browser:
        return "it needs a browser on this computer"
    return ""


def _ask_token(host: str) -> Ask:
    question = Question(
        "token",
        "Personal access token",
        Kind.SECRET,
        help="In the workspace: Settings, Developer, Access tokens. It stays in memory only.",
        check=ways.token_fault,
    )
    return Ask((question,), title=f"Paste a token of {host}")


def _with_command(
    host: str, known: list[Source], program: Program, services: Services
) -> Run[tuple[str | Callable[[], str], str]]:
    """The program signs in on the terminal by itself; then the profile that it wrote is used."""
    name = _profile_name(host, known, services)
    command = cli.login(program.path, services.workspace_url(host), name)
    yield Phase(
        "Signing in with the Databricks command line", " ".join(cli.login("databricks", *command[4::2]))
    )
    question = Question("status", "How did databricks auth login end?", always_ask=True, remember=False)
    status = (yield Ask((question,), title="The Databricks command line signs you in", command=command))[
        "status"
    ]
    if status != "0":
        raise _command_failed(host, status, command)
    found = ways.profiles(host, services.environ, services.paths.home)
    source = next((s for s in found if s.profile == name), None)
    if source is None:
        raise _command_failed(host, "no profile", command)
    return (yield from _from(source, services, program))


def _with_browser(host: str, services: Services) -> Run[tuple[str | Callable[[], str], str]]:
    tokens = yield from browser.sign_in(
        services.workspace_url(host), host, open_browser=services.open_browser, now=services.now
    )
    return _learnt(tokens, services), "browser sign-in"


def _from(
    source: Source, services: Services, program: Program | None
) -> Run[tuple[str | Callable[[], str], str]]:
    if not source.token:
        yield Phase(f"Getting a token with {source.name}")
    bearer = ways.bearer_of(
        source,
        services.redact.learn,
        url=services.workspace_url(source.host),
        cli=program.path if program else "",
    )
    return bearer, source.name


def _learnt(tokens: Callable[[], str], services: Services) -> Callable[[], str]:
    renewing = ways.Renewing(tokens, services.redact.learn)
    renewing()
    return renewing


def _profile_name(host: str, known: list[Source], services: Services) -> str:
    """The profile that is signed in again, or a new name that no other host's profile has."""
    again = next((s.profile for s in known if s.auth_type == "databricks-cli"), "")
    return again or cli.free_name(host, ways.names(services.environ, services.paths.home))


def _command_failed(host: str, status: str, command: tuple[str, ...]) -> Problem:
    return Problem(
        code="databricks.cli_sign_in",
        what=f"The Databricks command line did not sign you in to {host}.",
        why="You stopped it, or it said why not on the terminal.",
        remedy="Run the command below in another terminal and read what it says, or sign in another way.",
        evidence=(f"it ended with {status}",),
        copy=" ".join(("databricks", *command[1:])),
    )
