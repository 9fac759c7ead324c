"""Getting the provider begins while the operator signs in; whoever needs it waits for that, or does it again."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.steps.test_recovery import Place
from wizard.core.event import Phase, Progress
from wizard.core.facts import Facts, Machine
from wizard.core.paths import Paths
from wizard.core.problem import Problem
from wizard.services import Services
from wizard.services.aws.session import AwsPlaces
from wizard.services.process import runner
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import engine, module
from wizard.services.terraform.download import Growth
from wizard.steps import ahead

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(120)]
TF = 'resource "terraform_data" "a" {}\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def inits(place: Place) -> int:
    return len(list(place.runs.glob("*-init")))


def test_what_was_begun_is_waited_for_and_not_done_twice(place: Place) -> None:
    place.write(TF)
    place.tool.begin_ahead()
    place.tool.begin_ahead()
    _, events = place.do(place.tool.init())
    assert inits(place) == 1
    (phase,) = [event for event in events if isinstance(event, Phase)]
    assert "begun while you signed in" in phase.title
    assert " init " in phase.command
    place.do(place.tool.init())
    assert inits(place) == 2, "trying again prepares the folder anew"
    assert place.do(place.tool.plan())[0].plan.add == 1


@pytest.mark.parametrize("ahead", [True, False])
def test_one_that_a_killed_wizard_left_is_waited_for_and_not_run_beside(place: Place, ahead: bool) -> None:
    place.write(TF)
    argv = ["sh", "-c", "sleep 0.5", f"-chdir={place.folder}", "init"]
    runner.start(argv, {"PATH": os.environ["PATH"]}, place.runs / "20261129-init", datetime.now(UTC))
    if ahead:
        place.tool.begin_ahead()
    place.do(place.tool.init())
    assert inits(place) == 1


def test_what_did_not_work_ahead_is_done_again(place: Place) -> None:
    place.write('module "m" {\n  source = "./m"\n}')
    place.tool.begin_ahead()
    (run,) = place.tool._ahead
    while run.alive:
        threading.Event().wait(0.02)
    assert run.code == 1
    (place.folder / "m").mkdir()
    (place.folder / "m" / "main.tf").write_text(TF)
    place.do(place.tool.init())
    assert inits(place) == 2


def ended(run: DetachedRun) -> int | None:
    while run.alive:
        threading.Event().wait(0.02)
    return run.code


def checked_ahead(place: Place) -> DetachedRun:
    """The module was got ready and checked before its turn."""
    place.tool.begin_ahead()
    ended(place.tool._ahead[0])
    place.tool.begin_ahead()
    place.tool.begin_ahead()
    _, check = place.tool._ahead
    assert "validate" in check.argv
    return check


def test_the_module_is_checked_ahead_and_then_not_again(place: Place) -> None:
    place.write(TF)
    assert ended(checked_ahead(place)) == 0
    _, events = place.do(place.tool.init())
    assert [event.command.split()[2] for event in events if isinstance(event, Phase)] == ["init", "validate"]
    assert place.tool._ahead == []


def test_what_the_check_found_is_a_card_before_any_plan(place: Place) -> None:
    place.write('resource "terraform_data" "a" { input = var.nope }')
    assert ended(checked_ahead(place)) == 1
    with pytest.raises(Problem) as caught:
        place.do(place.tool.init())
    assert "nope" in " ".join(caught.value.evidence)
    assert caught.value.opens.endswith("main.tf:1"), caught.value.opens
    assert not list(place.runs.glob("*-plan"))


def test_what_was_mended_since_the_check_is_no_card(place: Place) -> None:
    place.write('resource "terraform_data" "a" { input = var.nope }')
    assert ended(checked_ahead(place)) == 1
    place.write(TF)
    place.do(place.tool.init())
    assert place.do(place.tool.plan())[0].plan.add == 1


def test_how_far_the_provider_is_is_told_while_terraform_says_nothing(tmp_path: Path) -> None:
    cache, parts = tmp_path / "cache", tmp_path / "parts"
    cache.mkdir()
    parts.mkdir()
    (cache / "old").write_bytes(bytes(5_000_000))
    since = (cache / "old").stat().st_ctime + 0.001
    while time.time() < since + 0.02:
        threading.Event().wait(0.01)
    growth = Growth(tmp_path, {"TF_PLUGIN_CACHE_DIR": str(cache), "TMPDIR": str(parts)})
    assert growth.look(since) is None
    part = parts / "terraform-provider123"
    part.write_bytes(bytes(3_000_000))
    assert growth.look(since) == Progress(3, 0, "MB downloaded so far")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("provider", bytes(9_000_000))
    growth.look(since)
    (tmp_path / ".terraform" / "providers").mkdir(parents=True)
    (tmp_path / ".terraform" / "providers" / "link").symlink_to(cache / "old")
    (cache / "new").write_bytes(bytes(4_000_000))
    assert growth.look(since) == Progress(4, 9, "MB unpacked")
    part.unlink()
    assert growth.look(since) == Progress(4, 9, "MB unpacked"), "its size is remembered"


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ('terraform {\n  backend "s3" {\n  }\n}', True),
        ("terraform {\n  cloud {\n  }\n}", True),
        ('terraform {\n  backend "local" {\n  }\n}', False),
        ('# backend "s3" {\n' + TF, False),
    ],
)
def test_where_the_state_is_elsewhere_nothing_is_begun_without_credentials(
    place: Place, text: str, elsewhere: bool
) -> None:
    place.write(text)
    assert module.keeps_state_elsewhere(place.folder) is elsewhere
    place.tool.begin_ahead()
    assert inits(place) == (0 if elsewhere else 1)


def test_where_the_state_is_elsewhere_it_is_begun_once_somebody_is_signed_in(place: Place) -> None:
    place.write('terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n}')
    place.tool._account = "123456789012"
    place.tool.begin_ahead()
    assert inits(place) == 1
    place.tool._ahead[0].kill()


def test_the_apply_step_is_handed_what_the_sign_in_began(tmp_path: Path) -> None:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(TF)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    services = Services(
        environ=environ,
        paths=Paths(tmp_path, tmp_path / "data", tmp_path / "state", tmp_path / "cache"),
        cwd=tmp_path,
        aws_places=AwsPlaces.of({}, tmp_path),
        workspace_url=str,
        find_engine=lambda: engine.find(environ),
        open_browser=lambda address: False,
    )
    facts = Facts({Machine: ()}).put(Machine("terraform", "", str(folder), ""))
    ahead.prepare(facts, services)
    assert services.ahead == [], "the front page has not been there"
    services.engine = engine.find(environ)
    ahead.prepare(facts, services)
    ahead.prepare(facts, services)
    (run,) = services.ahead
    assert isinstance(run, DetachedRun)
    while run.alive:
        threading.Event().wait(0.02)
    assert run.code == 0
