"""The workspace step by itself: the real SDK against a pretend workspace, every way to sign in, every choice."""

from __future__ import annotations

import shlex
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wizard.core.drive import drive
from wizard.core.event import Ask, DeviceCode, Event, Line, Phase, Table
from wizard.core.facts import Facts, Machine, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.journey import Script, Visit
from wizard.core.memory import Memory
from wizard.core.paths import Paths
from wizard.core.problem import Problem
from wizard.core.question import Answers, Choice
from wizard.core.redact import Redactor
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services import Services
from wizard.services.aws.session import AwsPlaces
from wizard.services.databricks import cli
from wizard.services.process.foreground import lend
from wizard.steps import STEPS

HOST = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"
ID = "1234567890123456"
WAREHOUSE = "f6dd72df81d69f03"
URL = f"https://{HOST}/?o={ID}"
STEP = next(step for step in STEPS if step.id == "workspace")
MACHINE = Facts({Machine: (), WorkspaceProven: (Machine,)}).put(Machine("terraform", "1.11.4", "/module", ""))


@pytest.fixture
def world() -> Iterator[EmbeddedWorkspace]:
    nothing = ("AKIAIOSFODNN7EXAMPLE", "no-secret", "")
    with EmbeddedWorkspace(
        workspace_id=int(ID), aws_url="http://127.0.0.1:9", databricks_keys=nothing, observer_keys=nothing
    ) as made:
        made.add_warehouse()
        yield made


@dataclass
class Desk:
    """An operator's computer in front of a pretend workspace."""

    world: EmbeddedWorkspace
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    browser: bool = False
    warehouse_id: str = ""
    events: list[Event] = field(default_factory=list)
    redact: Redactor = field(default_factory=Redactor)

    @property
    def asked(self) -> list[Ask]:
        return [event for event in self.events if isinstance(event, Ask)]

    def choices(self, key: str) -> tuple[Choice, ...]:
        return next(q.choices for ask in self.asked for q in ask.questions if q.key == key)

    def profile(self, name: str = "htd", **values: str) -> None:
        file = self.home / ".databrickscfg"
        section = "".join(f"{key} = {value}\n" for key, value in values.items())
        with file.open("a") as out:
            out.write(f"[{name}]\nhost = https://{HOST}\n{section}")

    def services(self) -> Services:
        environ = {"HOME": str(self.home), "PATH": str(self.home / "bin"), **self.environ}
        paths = Paths(self.home, self.home / "data", self.home / "state", self.home / "cache")
        return Services(
            environ=environ,
            paths=paths,
            cwd=self.home,
            aws_places=AwsPlaces.of(environ, self.home),
            workspace_url=lambda host: self.world.url if host == HOST else "http://127.0.0.1:9",
            find_engine=lambda: pytest.fail("no engine is needed"),
            open_browser=self._open,
            local_browser=self.browser,
            databricks_program=lambda: cli.find(environ),
            warehouse_id=self.warehouse_id,
            redact=self.redact,
        )

    def _open(self, url: str) -> bool:
        threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=5), daemon=True).start()  # noqa: S310  # loopback
        return True

    def run(self, **answers: str) -> WorkspaceProven:
        """The step with these answers; everything else is taken for granted. Raises what the step raises."""
        self.events.clear()
        return drive(  # type: ignore[no-any-return]  # a step's fact
            "workspace",
            STEP.run(MACHINE, self.services()),
            on_event=self.events.append,
            asker=Terminal(answers),
            cancel=threading.Event(),
            pace=0.1,
        )


class Terminal:
    """Answers from a script, and lends a terminal to whoever wants one."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._script = Script(Visit("workspace", answers))
        self._lends = "no_terminal" not in answers

    def answer(self, step: str, ask: Ask) -> Answers:
        if ask.command and self._lends:
            return {question.key: str(lend(ask.command)) for question in ask.questions}
        return self._script.answer(step, ask)


@pytest.fixture
def desk(world: EmbeddedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in (
        "DATABRICKS_HOST",
        "DATABRICKS_TOKEN",
        "DATABRICKS_CONFIG_FILE",
        "DATABRICKS_CONFIG_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Desk(world, tmp_path)


def install_cli(desk: Desk, script: str) -> None:
    program = desk.home / "bin" / "databricks"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


SIGNS_IN = """
case "$1 $2" in
  "auth login")
    printf '[%s]\\nhost = https://{host}\\nauth_type = databricks-cli\\n' "$6" >> "$HOME/.databrickscfg"
    echo "$*" > "$HOME/asked" ;;
  "auth token") echo '{{"access_token":"{token}","token_type":"Bearer","expiry":"2099-01-01T00:00:00Z"}}' ;;
  *) echo '{{"Version":"0.298.0","Major":0,"Minor":298,"Patch":0}}' ;;
esac
"""


def test_the_ways_to_sign_in_come_in_their_order(desk: Desk) -> None:
    install_cli(desk, "exit 1")
    desk.profile(token=desk.world.token)
    desk.profile("by-cli", auth_type="databricks-cli")
    desk.environ["DATABRICKS_TOKEN"] = "dapi-around"
    desk.browser = True
    fact = desk.run(url=URL)
    assert fact.source == "profile htd"
    assert [(c.value, c.unavailable) for c in desk.choices("auth")] == [
        ("profile:htd", ""),
        ("profile:by-cli", ""),
        ("cli", ""),
        ("browser", ""),
        ("token", ""),
        ("environment", ""),
    ]
    command = desk.choices("auth")[2].detail
    assert command == f"databricks auth login --host https://{HOST} --profile by-cli"


def test_the_profile_that_other_tools_use_is_chosen_already(desk: Desk) -> None:
    desk.profile("first", token="dapi-wrong")
    desk.profile("second", token=desk.world.token)
    with (desk.home / ".databrickscfg").open("a") as out:
        out.write("[__settings__]\ndefault_profile = second\n")
    assert desk.run(url=URL).source == "profile second"
    desk.environ["DATABRICKS_CONFIG_PROFILE"] = "first"
    with pytest.raises(Problem, match="did not accept the token"):
        desk.run(url=URL)


def test_what_cannot_work_here_says_why(desk: Desk) -> None:
    desk.profile("by-cli", auth_type="databricks-cli")
    with pytest.raises(Problem) as caught:
        desk.run(url=URL)
    assert caught.value.evidence == ("workspace.token: Personal access token",)
    assert [(c.value, bool(c.unavailable)) for c in desk.choices("auth")] == [
        ("profile:by-cli", True),
        ("browser", True),
        ("token", False),
    ]


def test_a_pasted_token_stays_in_memory(desk: Desk) -> None:
    fact = desk.run(url=URL, auth="token", token=desk.world.token)
    assert (fact.workspace_id, fact.user, fact.source) == (ID, "admin@example.com", "personal access token")
    assert desk.redact(f"x {desk.world.token}") == "x ••••••"


def test_a_wrong_token_is_told_apart(desk: Desk) -> None:
    with pytest.raises(Problem) as caught:
        desk.run(url=URL, auth="token", token="dapi-of-another-workspace")
    assert caught.value.code == "databricks.token"


def test_the_command_line_signs_in_on_a_lent_terminal(desk: Desk) -> None:
    install_cli(desk, SIGNS_IN.format(host=HOST, token=desk.world.token))
    fact = desk.run(url=URL, auth="cli")
    assert fact.source == "profile dbc-a1b2c3d4-e5f6"
    asked = (desk.home / "asked").read_text()
    assert asked == f"auth login --host {desk.world.url} --profile dbc-a1b2c3d4-e5f6\n"
    assert "/databricks auth login --host" not in str([e for e in desk.events if isinstance(e, Phase)])
    assert desk.redact(desk.world.token) == "••••••"


@pytest.mark.parametrize("script", ["exit 3", "exit 0"])
def test_a_sign_in_of_the_command_line_that_fails(desk: Desk, script: str) -> None:
    install_cli(desk, script)
    with pytest.raises(Problem) as caught:
        desk.run(url=URL, auth="cli")
    assert caught.value.code == "databricks.cli_sign_in"
    assert shlex.split(caught.value.copy)[-2:] == ["--profile", "dbc-a1b2c3d4-e5f6"]


def test_nobody_at_a_terminal_is_said_and_nothing_is_run(desk: Desk) -> None:
    install_cli(desk, 'touch "$HOME/ran"')
    with pytest.raises(Problem) as caught:
        desk.run(url=URL, auth="cli", no_terminal="1")
    assert caught.value.code == "answers.missing"
    assert not (desk.home / "ran").exists()


def test_the_old_command_line_cannot(desk: Desk) -> None:
    install_cli(desk, "# databricks_cli")
    with pytest.raises(Problem, match="old Databricks CLI"):
        desk.run(url=URL, auth="cli")


def test_a_browser_signs_in_and_nothing_is_stored(desk: Desk) -> None:
    desk.browser = True
    before = sorted(desk.home.rglob("*"))
    fact = desk.run(url=URL, auth="browser")
    assert (fact.user, fact.source) == ("admin@example.com", "browser sign-in")
    assert [event.user_code for event in desk.events if isinstance(event, DeviceCode)] == [""]
    assert sorted(desk.home.rglob("*")) == before


def test_the_environment_is_last_and_used_when_nothing_else_is_there(desk: Desk) -> None:
    desk.environ |= {"DATABRICKS_TOKEN": desk.world.token, "DATABRICKS_HOST": f"https://{HOST}/?o=5"}
    fact = desk.run(url=URL)
    assert fact.source == "the environment variable DATABRICKS_TOKEN"
    assert desk.choices("auth")[-1].value == "environment"


def test_a_password_in_the_paste_is_not_remembered(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    services = desk.services()
    kept = desk.home / "answers.json"
    flow = Flow(
        STEPS, lambda: services, memory=Memory(kept), journal=Journal(desk.home / "journal", desk.redact)
    )
    flow.facts = flow.facts.put(MACHINE.need(Machine))
    jdbc = (
        f"jdbc:databricks://{HOST}:443;httpPath=/sql/1.0/warehouses/{WAREHOUSE};UID=token;PWD=hunter2hunter2"
    )
    script = Script(Visit("workspace", {"url": jdbc}))
    for _ in range(2):
        flow.perform(STEP, on_event=desk.events.append, asker=script, cancel=threading.Event())
    flow.close()
    assert f"https://{HOST}/sql/warehouses/{WAREHOUSE}" in kept.read_text()
    for file in desk.home.rglob("*"):
        assert not file.is_file() or "hunter2" not in file.read_text(), file
    assert flow.facts.need(WorkspaceProven).warehouse_id == WAREHOUSE


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ({"cloud": "AZURE"}, "databricks.cloud"),
        ({"cloud": "GCP"}, "databricks.cloud"),
        ({"host_type": "ACCOUNT_HOST"}, "databricks.account_host"),
    ],
)
def test_the_wrong_kind_of_host_is_found_before_anybody_signs_in(
    desk: Desk, word: dict[str, str], code: str
) -> None:
    desk.world.faults.add("GET /.well-known/*", status=200, body=word)
    with pytest.raises(Problem) as caught:
        desk.run(url=URL)
    assert caught.value.code == code
    assert [ask.title for ask in desk.asked] == ["Which workspace?"]


def test_three_sources_that_disagree_stop_side_by_side(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    with pytest.raises(Problem) as caught:
        desk.run(url=f"https://{HOST}/?o=42")
    assert caught.value.code == "workspace.id_conflict"
    table = next(event for event in desk.events if isinstance(event, Table))
    assert table.rows == (
        ("the pasted address", "42"),
        ("the host's public document", ID),
        ("the workspace's answer", ID),
    )


def test_three_sources_that_agree_are_evidence(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    desk.run(url=URL)
    found = next(event for event in desk.events if isinstance(event, Finding) and event.id == "workspace.id")
    assert found.evidence == (
        "the same in the pasted address, the host's public document, the workspace's answer"
    )
    assert not any(isinstance(event, Table) for event in desk.events)
    assert not [call for call in desk.world.calls if call.mutating]


def _warehouses(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    desk.world.add_warehouse("aaaaaaaaaaaaaaaa", "Another", state="RUNNING")
    desk.world.add_warehouse("bbbbbbbbbbbbbbbb", "Bi", serverless=False, size="Large")
    desk.world.add_warehouse("cccccccccccccccc", "Old", serverless=False, warehouse_type="CLASSIC")


def test_serverless_ones_come_first_with_state_and_size(desk: Desk) -> None:
    _warehouses(desk)
    assert desk.run(url=URL).warehouse_name == "Another"
    assert [(c.label, c.detail) for c in desk.choices("warehouse")] == [
        ("Another", "2X-Small, serverless, RUNNING"),
        ("Serverless Starter Warehouse", "2X-Small, serverless, STOPPED"),
        ("Bi", "Large, pro, STOPPED"),
        ("Old", "2X-Small, classic, STOPPED"),
    ]
    ending = "without serverless compute: in its settings choose the type Serverless, then come back."
    assert [c.unavailable for c in desk.choices("warehouse")][2:] == [
        f"It is a Pro warehouse {ending}",
        f"It is a classic warehouse {ending}",
    ]


@pytest.mark.parametrize(
    ("url", "given", "chosen", "origin"),
    [
        (f"https://{HOST}/sql/warehouses/{WAREHOUSE}?o={ID}", "", WAREHOUSE, "from the pasted address"),
        (URL, WAREHOUSE, WAREHOUSE, "from the command line"),
        (f"https://{HOST}/sql/warehouses/aaaaaaaaaaaaaaaa", WAREHOUSE, WAREHOUSE, "from the command line"),
        (URL, "", "aaaaaaaaaaaaaaaa", ""),
    ],
)
def test_what_was_named_is_preselected(desk: Desk, url: str, given: str, chosen: str, origin: str) -> None:
    _warehouses(desk)
    desk.warehouse_id = given
    assert desk.run(url=url).warehouse_id == chosen
    question = desk.asked[-1].questions[0]
    assert (question.default, question.origin, question.remember) == (chosen, origin, not origin)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("bbbbbbbbbbbbbbbb", "cannot be used. It is a Pro warehouse"),
        ("dddddddddddddddd", "is not among those"),
    ],
)
def test_a_named_one_that_will_not_do_is_said(desk: Desk, named: str, said: str) -> None:
    _warehouses(desk)
    desk.warehouse_id = named
    assert desk.run(url=URL).warehouse_id == "aaaaaaaaaaaaaaaa"
    warnings = [event.text for event in desk.events if isinstance(event, Line)]
    assert [said in text for text in warnings] == [True]


def test_without_a_serverless_one_the_change_is_named(desk: Desk, tmp_path: Path) -> None:
    nothing = ("AKIAIOSFODNN7EXAMPLE", "no-secret", "")
    with EmbeddedWorkspace(
        workspace_id=int(ID), aws_url="http://127.0.0.1:9", databricks_keys=nothing, observer_keys=nothing
    ) as world:
        desk.world = world
        desk.profile(token=world.token)
        with pytest.raises(Problem) as caught:
            desk.run(url=URL)
        assert caught.value.code == "databricks.no_warehouse"
        world.add_warehouse("cccccccccccccccc", "Old", serverless=False, warehouse_type="CLASSIC")
        with pytest.raises(Problem) as caught:
            desk.run(url=URL)
    assert caught.value.code == "databricks.no_serverless_warehouse"
    assert caught.value.evidence[0].startswith("Old (2X-Small, classic, STOPPED): It is a classic warehouse")


def test_a_user_who_is_no_admin_is_told_and_goes_on(desk: Desk) -> None:
    desk.profile(token=desk.world.user_token)
    assert desk.run(url=URL).user == "analyst@example.com"
    admin = next(e for e in desk.events if isinstance(e, Finding) and e.id == "workspace.admin")
    assert admin.problem is not None
    assert admin.problem.code == "databricks.not_admin"


ME, CONFIG, LIST = "GET */scim/v2/Me", "GET /api/2.0/sql/config/warehouses", "GET /api/2.0/sql/warehouses"
IP_LIST = "Source IP address: 44.208.188.173 is blocked by Databricks IP ACL for workspace: 1557520918149316."
PAGE = "<!DOCTYPE html><html><body>Sign in to Databricks</body></html>"


def denied(message: str, code: object = "PERMISSION_DENIED") -> dict[str, object]:
    return {"error_code": code, "message": message}


FAILURES: dict[str, tuple[str, int, object, str]] = {
    "bad token": (ME, 403, denied("Invalid access token. [ReqId: 1]", 403), "databricks.token"),
    "expired session": (ME, 401, {"error_code": "UNAUTHENTICATED", "message": "expired"}, "databricks.token"),
    "ip list": (ME, 403, denied(IP_LIST), "databricks.network"),
    "ip list at the door": ("GET /.well-known/*", 403, IP_LIST, "databricks.network"),
    "page instead of data": (ME, 200, PAGE, "databricks.not_json"),
    "page of an error": (ME, 404, PAGE, "databricks.not_json"),
    "page with a refusal": (ME, 403, PAGE, "databricks.not_json"),
    "no such endpoint": (ME, 404, {"error_code": "ENDPOINT_NOT_FOUND"}, "databricks.not_workspace"),
    "shared host": (ME, 400, {"message": "Unable to load OAuth Config"}, "databricks.routing"),
    "not a member": (ME, 403, denied("User is not a member of this workspace"), "databricks.not_member"),
    "narrow token": (
        LIST,
        403,
        denied("Provided OAuth token does not have required scopes: sql"),
        "databricks.scope",
    ),
    "no SQL": (
        LIST,
        403,
        denied("This API is disabled for users without the databricks-sql-access entitlement"),
        "databricks.entitlement",
    ),
    "page for the list": (LIST, 200, PAGE, "databricks.not_json"),
    "no warehouses": (LIST, 200, {}, "databricks.no_warehouse"),
    "fault of theirs": (
        LIST,
        500,
        {"error_code": "INTERNAL_ERROR", "message": "It broke."},
        "databricks.internal_error",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_that_can_happen_here_has_its_name_and_a_way_out(desk: Desk, name: str) -> None:
    rule, status, body, code = FAILURES[name]
    desk.profile(token=desk.world.token)
    desk.world.faults.add(rule, status=status, body=body, times=-1)
    with pytest.raises(Problem) as caught:
        desk.run(url=URL)
    problem = caught.value
    assert problem.code == code
    assert problem.what.endswith(".")
    assert problem.why.endswith(".")
    assert problem.remedy.endswith(".")
    assert HOST in problem.what or "token" in problem.what
    assert desk.world.token not in str(problem.as_dict())
    assert not [call for call in desk.world.calls if call.mutating]


def test_a_private_link_is_told_from_a_login_page(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    target = f"{desk.world.url}/login.html?error=private-link-validation-error"
    desk.world.faults.add(ME, status=302, body=PAGE, headers={"Location": target}, times=-1)
    desk.world.faults.add("GET /login.html", status=200, body=PAGE, times=-1)
    with pytest.raises(Problem) as caught:
        desk.run(url=URL)
    assert caught.value.code == "databricks.network"
    assert "private link" in caught.value.why


@pytest.mark.parametrize(
    "body", [denied("This API is reserved to admin users"), denied("Only admins can do this")]
)
def test_no_administrator_is_a_gap_and_not_the_end(desk: Desk, body: object) -> None:
    desk.profile(token=desk.world.token)
    desk.world.faults.add(CONFIG, status=403, body=body, times=-1)
    assert desk.run(url=URL).workspace_id == ID
    admin = next(e for e in desk.events if isinstance(e, Finding) and e.id == "workspace.admin")
    assert admin.verdict is Verdict.GAP


def test_a_shared_host_is_told_which_workspace(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = "acme.databricks.com"
    desk.environ |= {"DATABRICKS_TOKEN": desk.world.token}
    services = desk.services()
    services.workspace_url = lambda _: desk.world.url
    monkeypatch.setattr(Desk, "services", lambda _: services)
    desk.run(url=f"https://{shared}/?o={ID}")
    routed = [call.path for call in desk.world.calls if call.route == ID]
    assert "/api/2.0/preview/scim/v2/Me" in routed
    assert "/api/2.0/sql/warehouses" in routed


def test_a_shared_host_without_a_number_stops_before_anybody_signs_in(desk: Desk) -> None:
    desk.world.faults.add(
        "GET /.well-known/*", status=200, body={"cloud": "AWS", "host_type": "UNIFIED_HOST"}
    )
    with pytest.raises(Problem) as caught:
        desk.run(url=f"https://{HOST}")
    assert caught.value.code == "databricks.routing"
    assert [ask.title for ask in desk.asked] == ["Which workspace?"]


def test_what_only_the_paste_says_is_not_called_proven(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    desk.world.faults.add("GET /.well-known/*", status=404, body={}, times=-1)
    desk.world.faults.add(ME, status=200, body={"userName": "a"}, times=-1)
    desk.run(url=URL)
    found = next(event for event in desk.events if isinstance(event, Finding) and event.id == "workspace.id")
    assert found.verdict is Verdict.PREDICTED


def test_a_long_list_is_read_to_its_end(desk: Desk) -> None:
    desk.profile(token=desk.world.token)
    first = {
        "warehouses": [{"id": "0" * 16, "name": "Z", "enable_serverless_compute": False}],
        "next_page_token": "p",
    }
    desk.world.faults.add(LIST, status=200, body=first)
    assert desk.run(url=URL).warehouse_id == WAREHOUSE
    assert [c.label for c in desk.choices("warehouse")] == ["Serverless Starter Warehouse", "Z"]
