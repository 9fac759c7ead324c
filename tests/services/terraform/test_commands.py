"""Whole commands on the real Terraform, with configurations that need no provider."""

from __future__ import annotations

import gc
import json
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.services.terraform.conftest import Program, Site, Told
from wizard.core.event import Event, Line, Phase, Planned, Progress, ResourceRow, Wait, Work
from wizard.core.problem import Problem
from wizard.services.process import runner
from wizard.services.terraform.commands import PlannedRun, Terraform
from wizard.services.terraform.engine import Engine

pytestmark = pytest.mark.terraform

SECRET = "hunter2-hunter2-hunter2"
HELD = """
resource "terraform_data" "first" { input = "one" }
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" {
    command = "touch begun; n=0; while [ ! -e go ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n+1)); done"
  }
}
output "role_arn" { value = terraform_data.second.output }
"""
"""The second resource is made only when the file `go` appears in the folder, half a minute later at most."""
FAILING = """
resource "terraform_data" "first" { input = "one" }
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" { command = "test -e allowed" }
}
resource "terraform_data" "third" { input = terraform_data.second.output }
output "role_arn" { value = terraform_data.third.output }
"""
RULE = '    condition = var.owner == "good"\n    error_message = "Owner must be good."'
Until = Callable[[Callable[[], Any]], None]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of `folder`, to be read over HTTP below the address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.fixture
def held(site: Site) -> Iterator[Site]:
    """A site where an apply stops in the middle until `go` is there; at the end nothing of it runs."""
    site.write(HELD)
    Told().listen(site.tool().init())
    yield site
    site.write("", "go")
    for _ in range(500):
        if not runner.unfinished(site.runs):
            break
        time.sleep(0.02)
    assert not runner.unfinished(site.runs)


def failing(work: Work[Any], told: Told | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        (told or Told()).listen(work)
    return caught.value


def states(events: list[Event]) -> list[tuple[str, str, str]]:
    """Every change of a row's state, in order."""
    found: list[tuple[str, str, str]] = []
    for event in events:
        if isinstance(event, ResourceRow) and (event.address, event.action, event.state) not in found:
            found.append((event.address, event.action, event.state))
    return found


def drive(work: Work[Any], until: Callable[[], bool]) -> list[Event]:
    """The events of `work` until the condition holds."""
    found: list[Event] = []
    end = time.monotonic() + 30
    while not until():
        assert time.monotonic() < end, "it did not come so far"
        event = next(work)
        if isinstance(event, Wait):
            time.sleep(0.01)
        else:
            found.append(event)
    return found


def in_state(site: Site) -> dict[str, bool]:
    """Addresses in the state, and whether they are tainted."""
    document = json.loads((site.folder / "terraform.tfstate").read_text("utf-8"))
    return {
        f"{each['type']}.{each['name']}": instance.get("status") == "tainted"
        for each in document["resources"]
        for instance in each["instances"]
    }


def test_from_an_empty_folder_to_outputs_and_no_changes(initialised: Site) -> None:
    tool, told = initialised.tool(), Told()
    planned = told.listen(tool.plan())
    assert planned.has_changes
    assert (planned.plan.add, planned.plan.change, planned.plan.destroy) == (2, 0, 0)
    assert planned.file.stat().st_mode & 0o077 == 0
    assert planned.file.parent.stat().st_mode & 0o077 == 0
    result = told.listen(tool.apply(planned))
    assert (result.added, result.changed, result.destroyed) == (2, 0, 0)
    assert result.outputs == tool.outputs() == {"instance_profile_arn": "one"}
    assert states(told.events) == [
        ("terraform_data.first", "create", "waiting"), ("terraform_data.second", "create", "waiting"),
        ("terraform_data.first", "create", "running"), ("terraform_data.first", "create", "done"),
        ("terraform_data.second", "create", "running"), ("terraform_data.second", "create", "done"),
    ]  # fmt: skip
    assert told.of(Progress)[-1] == Progress(2, 2, "resources")
    again = Told().listen(tool.plan())
    assert (again.has_changes, again.plan.changes) == (False, ())


def test_a_change_and_then_everything_destroyed(initialised: Site) -> None:
    tool = initialised.tool(TF_VAR_value="two")
    Told().listen(initialised.tool().apply(Told().listen(initialised.tool().plan())))
    changed = Told().listen(tool.plan())
    assert [(each.address, each.action) for each in changed.plan.changes] == [
        ("terraform_data.first", "update"),
        ("terraform_data.second", "update"),
    ]
    result = Told().listen(tool.apply(changed))
    assert (result.changed, result.outputs) == (2, {"instance_profile_arn": "two"})
    doomed = Told().listen(tool.plan(destroy=True))
    assert doomed.plan.destroy == 2
    assert "DESTROYED" in doomed.plan.warnings[0]
    assert Told().listen(tool.apply(doomed)).destroyed == 2
    assert in_state(initialised) == {}


def test_the_commands_are_shown_as_a_person_would_type_them(initialised: Site) -> None:
    told = Told()
    Told().listen(initialised.tool().apply(told.listen(initialised.tool().plan())))
    (phase,) = told.of(Phase)
    typed = shlex.split(phase.command)
    assert typed[:3] == ["terraform", f"-chdir={initialised.folder}", "plan"]
    assert "-detailed-exitcode" in typed


def test_a_change_of_outputs_alone_can_be_applied(initialised: Site) -> None:
    tool = initialised.tool()
    Told().listen(tool.apply(Told().listen(tool.plan())))
    initialised.write('output "role_arn" { value = "arn" }', "more.tf")
    planned = Told().listen(tool.plan())
    assert (planned.has_changes, planned.plan.changes) == (True, ())
    result = Told().listen(tool.apply(planned))
    assert (result.added, result.changed, result.destroyed) == (0, 0, 0)
    assert result.outputs["role_arn"] == "arn"


def test_a_moved_resource_is_told_as_one(initialised: Site) -> None:
    tool = initialised.tool()
    Told().listen(tool.apply(Told().listen(tool.plan())))
    text = (initialised.folder / "main.tf").read_text().replace("second", "last")
    initialised.write(f"{text}\nmoved {{\n from = terraform_data.second\n to = terraform_data.last\n}}")
    planned = Told().listen(tool.plan())
    assert [(each.address, each.action) for each in planned.plan.changes] == [("terraform_data.last", "move")]
    assert Told().listen(tool.apply(planned)).added == 0


def test_a_replacement_is_one_row_with_two_halves(site: Site) -> None:
    text = 'resource "terraform_data" "x" {{ triggers_replace = "{}" }}'
    site.write(text.format("a"))
    tool, told = site.tool(), Told()
    told.listen(tool.init())
    told.listen(tool.apply(told.listen(tool.plan())))
    site.write(text.format("b"))
    planned = Told().listen(tool.plan())
    assert [each.action for each in planned.plan.changes] == ["replace"]
    told = Told()
    result = told.listen(tool.apply(planned))
    assert (result.added, result.destroyed) == (1, 1)
    assert [state for _, _, state in states(told.events)] == ["waiting", "running", "done"]
    assert [(each.done, each.total) for each in told.of(Progress)] == [(0, 1), (1, 1)]


def test_what_a_failed_apply_made_stays(site: Site) -> None:
    site.write(FAILING)
    tool, told = site.tool(), Told()
    told.listen(tool.init())
    problem = failing(tool.apply(told.listen(tool.plan())), told)
    assert problem.code == "terraform.failed"
    assert "exit status 1" in problem.why
    assert "What was made stays" in problem.remedy
    assert in_state(site) == {"terraform_data.first": False, "terraform_data.second": True}
    last = {row.address: row for row in told.of(ResourceRow)}
    assert {address: row.state for address, row in last.items()} == {
        "terraform_data.first": "done",
        "terraform_data.second": "failed",
        "terraform_data.third": "waiting",
    }
    assert "local-exec" in last["terraform_data.second"].text
    site.write("", "allowed")
    rest = Told().listen(tool.plan())
    assert {each.address: each.action for each in rest.plan.changes} == {
        "terraform_data.second": "replace",
        "terraform_data.third": "create",
    }
    assert Told().listen(tool.apply(rest)).outputs == {"role_arn": "one"}


def test_a_plan_that_came_too_late_is_not_applied(initialised: Site) -> None:
    tool = initialised.tool()
    early, late = Told().listen(tool.plan()), Told().listen(tool.plan())
    Told().listen(tool.apply(early))
    assert failing(tool.apply(late)).code == "terraform.stale"
    gone = failing(tool.apply(early))
    assert (gone.code, "fresh plan" in gone.remedy) == ("terraform.stale", True)
    assert initialised.left("plan") == []


def test_a_plan_that_was_damaged_is_not_applied(initialised: Site) -> None:
    planned = Told().listen(initialised.tool().plan())
    planned.file.write_bytes(b"garbage")
    assert failing(initialised.tool().apply(planned)).code == "terraform.stale"


def test_a_state_that_another_process_holds(held: Site) -> None:
    planned = Told().listen(held.tool().plan())
    work = held.tool().apply(planned)
    drive(work, (held.folder / "begun").exists)
    problem = failing(held.tool().plan())
    assert problem.code == "terraform.lock"
    assert "It belongs to " in problem.why
    assert "@" in problem.why
    assert problem.copy == "", "its process ends it"
    assert held.left("plan") == [str(planned.file.relative_to(held.runs))]


@pytest.mark.parametrize(
    ("text", "code", "word", "step"),
    [
        ('variable "owner" {}', "terraform.variable_missing", '"owner"', "variables"),
        ('variable "owner" {\n  type = number\n  default = "x"\n}', "terraform.syntax", "main.tf line 3", ""),
        (
            f'variable "owner" {{\n  default = "Bad"\n  validation {{\n{RULE}\n  }}\n}}',
            "terraform.variable", "Owner must be good.", "variables",
        ),
        ('resource "terraform_data" "x" {\n  input = \n}', "terraform.syntax", "main.tf line 2", ""),
        ('resource "terraform_data" "x" {\n\n  inputt = 1\n}', "terraform.syntax", "main.tf line 3", ""),
        ('resource "terraform_data" "x" {\n  input = var.nobody\n}', "terraform.syntax", "main.tf line 2", ""),
        ('terraform {\n  required_version = ">= 99"\n}', "terraform.version", "required_version", "start"),
    ],
)  # fmt: skip
def test_a_fault_of_the_module_names_its_place(
    site: Site, text: str, code: str, word: str, step: str
) -> None:
    site.write(text)
    tool = site.tool()

    def both() -> Work[None]:
        yield from tool.init()
        yield from tool.plan()

    problem = failing(both())
    assert (problem.code, problem.step) == (code, step)
    assert word in f"{problem.why} {problem.remedy}"
    assert site.left("plan") == []


def test_a_fault_in_the_values_leads_to_the_variables(initialised: Site) -> None:
    initialised.write('value = "one"\nvalue = [', "terraform.tfvars")
    problem = failing(initialised.tool().plan())
    assert (problem.code, problem.step) == ("terraform.syntax", "variables")
    assert "terraform.tfvars line 2" in problem.why


def test_a_folder_that_was_not_initialised(site: Site) -> None:
    site.write('module "m" {\n  source = "./m"\n}')
    (site.folder / "m").mkdir()
    problem = failing(site.tool().plan())
    assert problem.code == "terraform.init"


def test_a_state_that_was_not_saved_stops_the_next_plan(initialised: Site) -> None:
    initialised.write("{}", "errored.tfstate")
    problem = failing(initialised.tool().plan())
    assert problem.code == "terraform.errored_state"
    assert initialised.left("plan") == []


def test_given_up_in_the_middle_an_apply_goes_on_and_can_be_followed(held: Site) -> None:
    planned = Told().listen(held.tool().plan())
    work = held.tool().apply(planned)
    drive(work, (held.folder / "begun").exists)
    work.close()
    file = planned.file
    changes = planned.plan.changes
    del planned, work
    assert file.exists(), "Terraform may still need it"

    later = held.tool()
    run = later.unfinished()
    assert run is not None
    assert (
        Terraform(
            engine=later._engine,
            folder=held.folder.parent,
            environ={},
            runs=held.runs,
            explain=lambda text: None,
        ).unfinished()
        is None
    ), "it is in another folder"
    told = Told()
    follow = later.resume(run, changes)
    told.events.append(next(follow))
    held.write("", "go")
    result = told.listen(follow)
    assert (result.added, result.outputs) == (2, {"role_arn": "one"})
    assert states(told.events) == [
        ("terraform_data.first", "create", "waiting"), ("terraform_data.second", "create", "waiting"),
        ("terraform_data.first", "create", "done"),
        ("terraform_data.second", "create", "running"), ("terraform_data.second", "create", "done"),
    ]  # fmt: skip
    assert later.unfinished() is None
    assert held.left("*.tfplan") == []
    other = Told()
    other.listen(held.tool().resume(run))
    ends = {("terraform_data.first", "create", "done"), ("terraform_data.second", "create", "done")}
    assert {*states(other.events)} == ends, "also without the plan, and only how it stands"
    assert other.of(Progress)[-1] == Progress(2, 2, "resources")


def test_a_plan_that_is_not_applied_leaves_no_file(initialised: Site) -> None:
    tool = initialised.tool()
    planned = Told().listen(tool.plan())
    work = tool.apply(planned)
    next(work)
    work.close()
    assert planned.file.exists(), "it was shown and may still be applied"
    del planned, work
    gc.collect()
    assert initialised.left("*.tfplan") == []
    assert initialised.left(f"{runner.FLEETING}*") == []


def test_files_of_a_plan_lie_in_a_folder_that_only_its_apply_removes(initialised: Site) -> None:
    planned = Told().listen(initialised.tool().plan())
    beside = planned.file.with_name("not ours")
    beside.write_text("kept")
    Told().listen(initialised.tool().apply(planned))
    assert beside.read_text() == "kept"
    assert not planned.file.exists()


def test_a_plan_given_up_in_the_middle_is_interrupted_and_cannot_be_written(
    site: Site, program: Program, until: Until
) -> None:
    """Terraform writes what it has of a plan after an interrupt."""
    slow = program(
        "terraform",
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "signal.alarm(60)\n"
        "print('begun', flush=True)\nsignal.pause()\ntime.sleep(0.2)\n"
        "out = next(a for a in sys.argv if a.startswith('-out='))[5:]\n"
        "open(out, 'w').write('secret')\n",
    )
    tool = _tool(site, slow)
    work = tool.plan()
    drive(work, lambda: _said(site, "begun"))
    (run,) = runner.unfinished(site.runs)
    work.close()
    until(lambda: not run.alive)
    assert "No such file" in run.errors()
    assert site.left("*.tfplan") == []


def test_an_error_among_the_events_interrupts_a_plan_too(site: Site, program: Program, until: Until) -> None:
    # In short sleeps: Python does not wake from one for a signal that came just before it.
    body = "import time\nprint('begun', flush=True)\nfor _ in range(1200): time.sleep(0.05)"
    tool = _tool(site, program("terraform", body))
    work = tool.plan()
    drive(work, lambda: _said(site, "begun"))
    (run,) = runner.unfinished(site.runs)
    with pytest.raises(KeyboardInterrupt):
        work.throw(KeyboardInterrupt())
    until(lambda: not run.alive)
    assert site.left("*.tfplan") == []


def test_a_killed_terraform_is_told_as_such(site: Site, program: Program) -> None:
    body = """
import json, os, sys
for kind in ("apply_start", "apply_progress"):
    print(json.dumps({"type": kind, "hook": {"resource": {"addr": "a.b"}, "action": "create"}}), flush=True)
os.kill(os.getpid(), 9)"""
    tool, told = _tool(site, program("terraform", body)), Told()
    folder = site.runs / "x.tfplan"
    folder.mkdir(parents=True)
    (folder / "plan").touch()
    problem = failing(tool.apply(PlannedRun(Planned((), 0, 0, 0), folder / "plan", True)), told)
    assert (problem.code, "Signal 9" in problem.why) == ("terraform.killed", True)
    assert told.of(ResourceRow)[-1].state == "failed"


def test_words_of_another_shape_are_no_plan(site: Site, program: Program) -> None:
    tool = _tool(site, program("terraform", "print('[1, 2]')"))
    assert failing(tool.plan()).code == "terraform.failed"
    assert site.left(f"{runner.FLEETING}*") == []


def test_a_place_that_cannot_be_written_is_told(site: Site, initialised: Site) -> None:
    tool = initialised.tool()
    planned = Told().listen(tool.plan())
    tool._runs = initialised.folder / "main.tf" / "runs"
    problem = failing(tool.apply(planned))
    assert problem.code == "terraform.start"
    assert "XDG_STATE_HOME" in problem.remedy


def test_no_secret_is_among_the_events(site: Site) -> None:
    site.write("""
variable "password" {
  type      = string
  sensitive = true
}
variable "suffix" { default = "a" }
resource "terraform_data" "x" { input = { pw = var.password, suffix = var.suffix } }
resource "terraform_data" "y" {
  input = "${var.password}-${var.suffix}"
  provisioner "local-exec" { command = "echo ${self.input}" }
}
output "role_arn" { value = "arn" }
output "password" {
  value     = terraform_data.x.output
  sensitive = true
}
""")
    told, results = Told(), []
    for suffix in "ab":
        tool = site.tool(TF_VAR_password=SECRET, TF_VAR_suffix=suffix, AWS_SECRET_ACCESS_KEY=SECRET)
        told.listen(tool.init())
        planned = told.listen(tool.plan())
        results += [planned, told.listen(tool.apply(planned)), tool.outputs(), tool]
    assert "terraform_data.x" in repr(told.events)
    assert SECRET not in repr(told.events) + repr(results)
    kept = b"".join(path.read_bytes() for path in site.runs.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


def test_a_sensitive_output_that_the_journey_needs_is_there_all_the_same(site: Site) -> None:
    site.write("""
output "role_arn" {
  value     = "arn"
  sensitive = true
}
output "other" {
  value     = "hidden"
  sensitive = true
}
output "open" { value = [1, { a = "b" }] }
""")
    tool, told = site.tool(), Told()
    told.listen(tool.init())
    assert told.listen(tool.apply(told.listen(tool.plan()))).outputs == {
        "role_arn": "arn",
        "open": [1, {"a": "b"}],
    }
    (site.folder / "terraform.tfstate").rename(site.folder / "elsewhere")
    with served(site.folder) as address:
        site.write(f'terraform {{\n  backend "http" {{ address = "{address}/elsewhere" }}\n}}', "backend.tf")
        told.listen(site.tool(TF_CLI_ARGS_init="-reconfigure").init())
        assert tool.outputs() == {"role_arn": "arn", "open": [1, {"a": "b"}]}, "asked of Terraform"
    assert site.left(f"{runner.FLEETING}*") == []


def test_the_operators_own_arguments_stay_in_force_and_are_announced(initialised: Site) -> None:
    initialised.write('value = "from a file"', "mine.tfvars")
    tool = initialised.tool(
        TF_CLI_ARGS_plan="-var-file=mine.tfvars", TF_CLI_ARGS="-no-color", TF_WORKSPACE="other"
    )
    told = Told()
    told.listen(tool.init())
    said = [line.text for line in told.of(Line)]
    assert any(text.startswith("TF_CLI_ARGS is set") for text in said)
    assert any(text.startswith("TF_CLI_ARGS_plan is set") for text in said)
    assert any("workspace other" in text for text in said)
    planned = told.listen(tool.plan())
    assert told.listen(tool.apply(planned)).outputs == {"instance_profile_arn": "from a file"}
    assert (initialised.folder / "terraform.tfstate.d" / "other" / "terraform.tfstate").exists()


def test_an_argument_that_terraform_does_not_know_is_named(initialised: Site) -> None:
    problem = failing(initialised.tool(TF_CLI_ARGS_plan="-nonsense").plan())
    assert (problem.code, "TF_CLI_ARGS" in problem.why) == ("terraform.arguments", True)
    assert "-nonsense" in problem.evidence[0]


def test_a_trace_is_not_written_beside_the_output(initialised: Site) -> None:
    told = Told()
    told.listen(initialised.tool(TF_LOG="TRACE").plan())
    kept = "".join(path.read_text(errors="replace") for path in initialised.runs.rglob("err"))
    assert kept == ""


def test_what_was_left_behind_is_swept_at_the_next_start(initialised: Site) -> None:
    planned = Told().listen(initialised.tool().plan())
    kept = planned.file.read_bytes()
    Told().listen(initialised.tool().apply(planned))
    planned.file.parent.mkdir()
    planned.file.write_bytes(kept)
    Told().listen(initialised.tool().init())
    assert initialised.left("*.tfplan") == []


def _tool(site: Site, file: Path) -> Terraform:
    return Terraform(
        engine=Engine("terraform", (str(file),), "1.11.4"),
        folder=site.folder,
        environ=site.environ,
        runs=site.runs,
        explain=lambda text: None,
    )


def _said(site: Site, text: str) -> bool:
    return any(text in file.read_text() for file in site.runs.glob("*/out"))
