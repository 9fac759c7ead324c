"""The operator's own tests against the warehouse: asked about, never run by themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.event import Ask, Line, Phase, Run
from wizard.core.facts import Applied, DataProven, Facts, WorkspaceProven
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.core.question import YES, Choice, Kind, Question, confirm
from wizard.services import Services
from wizard.steps.parts import connected, signed_in

if TYPE_CHECKING:
    from wizard.services.databricks import warehouses
    from wizard.services.verification import tests
    from wizard.services.verification.tests import Tally
else:
    tests = lazy("wizard.services.verification.tests")
    warehouses = lazy("wizard.services.databricks.warehouses")

COMMAND = "make test"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def offer(facts: Facts, services: Services) -> Run[tuple[str, str, Tally] | None]:
    """Asks whether to run them, and runs them: (command, folder, what was counted), None when not wanted."""
    if (yield _ask_whether())["tests"] != YES:
        return None
    applied = facts.get(Applied)
    said = yield _ask_what(services.cwd, applied.output("glue_database") if applied else "")
    command, folder = said["command"], Path(said["folder"]).expanduser()
    yield from _running(facts, services)
    environ = environment(facts, services, said["database"])
    tally = yield from tests.run(command, folder, environ, services.paths.state / "runs", services.now())
    if tally.failed:
        yield Line(
            f"{tally.said}. The warehouse reads data; the failures are the tests' own.", "warning", "tests"
        )
    return command, str(folder), tally


def noted(proven: DataProven, command: str, folder: str, tally: Tally) -> DataProven:
    """The fact with what became of the tests."""
    return replace(
        proven,
        tests=command,
        folder=folder,
        passed=tally.passed,
        failed=tally.failed,
        skipped=tally.skipped,
        expected=tally.expected,
        kinds=tuple(
            (kind, count["passed"], count["failed"], count["skipped"])
            for kind, count in tally.kinds().items()
        ),
        failures=tuple(tally.failures.items())[:20],
    )


def environment(facts: Facts, services: Services, database: str) -> dict[str, str]:
    """The environment of the tests: who they are, where they go. Secrets are in it and nowhere else."""
    session, proven = signed_in(services), facts.need(WorkspaceProven)
    environ = session.child_environ(services.environ)
    if session.profile:
        environ = {name: value for name, value in environ.items() if name not in _KEYS}
        environ["AWS_PROFILE"] = session.profile
    environ["HIVE_TO_DELTA_TEST_WAREHOUSE_ID"] = proven.warehouse_id
    if database:
        environ["HIVE_TO_DELTA_TEST_GLUE_DATABASE"] = database
    profile = proven.source.removeprefix("profile ") if proven.source.startswith("profile ") else ""
    for name in ("DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE"):
        environ.pop(name, None)
    environ["DATABRICKS_HOST"] = services.workspace_url(proven.host)
    if profile:
        environ["DATABRICKS_CONFIG_PROFILE"] = profile
    else:
        environ |= connected(services).environ()
    return environ


def _running(facts: Facts, services: Services) -> Run[None]:
    """The warehouse may have stopped by itself since it was looked at."""
    workspace, proven = connected(services), facts.need(WorkspaceProven)
    yield Phase(
        "Looking whether the warehouse still runs", f"databricks warehouses get {proven.warehouse_id}"
    )
    seen = warehouses.get(workspace, proven.warehouse_id)
    if seen.running:
        return
    yield warehouses.look(seen)
    again = confirm("start", f"Start {seen.name} again?", "It stopped by itself while nobody used it.")
    if (yield Ask((again,), title=f"The warehouse is {seen.state}", reason="The tests need it."))[
        "start"
    ] != YES:
        raise Problem(
            code="tests.stopped",
            what="The tests were not run.",
            why=f"The warehouse {seen.name} is {seen.state}, and you chose not to start it.",
            remedy="Start it in the step Start the warehouse, then try again.",
            step="warehouse",
        )
    stopping = not warehouses.start(workspace, proven.warehouse_id) or seen.state == "STOPPING"
    yield from warehouses.follow(workspace, proven.warehouse_id, stopping=stopping)


def _ask_whether() -> Ask:
    return Ask(
        (
            Question(
                "tests",
                "Run your own tests now?",
                Kind.CHOICE,
                choices=(
                    Choice("no", "No, finish here"),
                    Choice(YES, "Yes", "a command such as make test, in a folder you name"),
                ),
                default="no",
                remember=False,
            ),
        ),
        title="The data was read",
        reason="Your integration tests can use the warehouse now.",
    )


def _ask_what(cwd: Path, database: str) -> Ask:
    return Ask(
        (
            Question(
                "folder",
                "Folder of your tests",
                default=str(cwd),
                origin="where the wizard was started",
                check=tests.folder_fault,
            ),
            Question(
                "command",
                "Command",
                default=COMMAND,
                check=tests.fault,
                help="It is run without a shell. Around pytest may be make, uv, poetry, nox; tox and docker "
                "must be told to hand on HIVE_TO_DELTA_*, AWS_* and DATABRICKS_* (pass_env, -e).",
            ),
            Question(
                "database",
                "Glue database they may use",
                default=database,
                origin="the one the module made" if database else "",
                optional=True,
            ),
        ),
        title="Your tests",
        reason="They are given the warehouse, the database and your two profiles in their environment.",
        submit="Run them",
    )
