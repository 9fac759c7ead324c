"""Getting the provider begins while the operator signs in; whoever needs it waits for that, or does it again."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.steps.test_recovery import Place
from wizard.core.event import Phase
from wizard.core.facts import Facts, Machine
from wizard.core.paths import Paths
from wizard.services import Services
from wizard.services.aws.session import AwsPlaces
from wizard.services.process.runner import DetachedRun
from wizard.services.terraform import engine, module
from wizard.steps import parts

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(120)]
TF = 'resource "terraform_data" "a" {}\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def inits(place: Place) -> int:
    return len(list(place.runs.glob("*-init")))


def test_what_was_begun_is_waited_for_and_not_done_twice(place: Place) -> None:
    place.write(TF)
    place.tool.begin_init()
    place.tool.begin_init()
    _, events = place.do(place.tool.init())
    assert inits(place) == 1
    (phase,) = [event for event in events if isinstance(event, Phase)]
    assert "begun while you signed in" in phase.title
    assert " init " in phase.command
    place.do(place.tool.init())
    assert inits(place) == 2, "trying again prepares the folder anew"
    assert place.do(place.tool.plan())[0].plan.add == 1


def test_what_did_not_work_ahead_is_done_again(place: Place) -> None:
    place.write('module "m" {\n  source = "./m"\n}')
    place.tool.begin_init()
    (run,) = place.tool._ahead
    while run.alive:
        threading.Event().wait(0.02)
    assert run.code == 1
    (place.folder / "m").mkdir()
    (place.folder / "m" / "main.tf").write_text(TF)
    place.do(place.tool.init())
    assert inits(place) == 2


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
    place.tool.begin_init()
    assert inits(place) == (0 if elsewhere else 1)


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
    parts.begin_ahead(facts, services)
    assert services.ahead == [], "the front page has not been there"
    services.engine = engine.find(environ)
    parts.begin_ahead(facts, services)
    parts.begin_ahead(facts, services)
    (run,) = services.ahead
    assert isinstance(run, DetachedRun)
    while run.alive:
        threading.Event().wait(0.02)
    assert run.code == 0
