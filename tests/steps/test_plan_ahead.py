"""The plan is made while the operator reads something else; what is shown and applied is a plan of how things are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.steps.test_apply import ACCOUNT, OUTPUTS, Alone, alone, other
from tests.steps.test_recovery import Person, Place
from wizard.core.event import Event, Line, Phase, Planned, Wait
from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.problem import Cancelled
from wizard.services.process import runner
from wizard.services.terraform import engine
from wizard.services.terraform.ahead import inputs, outdated
from wizard.steps import ahead
from wizard.steps.standing import StandsAlready

__all__ = ["alone", "other"]
pytestmark = [pytest.mark.terraform, pytest.mark.timeout(120)]

IDS = "databricks_serverless_workspace_ids"
MODULE = f"""{OUTPUTS}
variable "{IDS}" {{ default = [] }}
resource "terraform_data" "a" {{ input = var.{IDS} }}
"""
NAMED = f'{IDS} = ["databricks-serverless-1"]\n'


def facts(alone: Alone, user: str = "ann") -> Facts:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    held = Facts({Machine: (), AwsIdentity: ()}).put(
        Machine("terraform", "1.11.4", str(alone.folder), "given")
    )
    return held.put(AwsIdentity(ACCOUNT, arn, "us-east-1", "keys"))


@pytest.fixture
def ready(alone: Alone, other: Place) -> Iterator[Alone]:
    """Signed in, the workspace named, and nothing begun."""
    other.write(MODULE)
    other.write(NAMED, "terraform.tfvars")
    alone.services.engine = engine.find(alone.services.environ)
    yield alone
    alone.services.close()


def begin(alone: Alone, values: bytes | None = None) -> int:
    """How often it was told that the plan is being made."""
    return len(list(ahead.plan(facts(alone), alone.services, values)))


def made(alone: Alone) -> None:
    """The plan that was begun is there."""
    begun = alone.services.plan_ahead
    assert begun is not None
    begun._thread.join(60)
    assert begun._planned is not None


def plans(alone: Alone) -> int:
    return len(list(alone.runs.glob("*-plan")))


def titles(alone: Alone) -> str:
    return "\n".join(event.title for event in alone.events if isinstance(event, Phase))


def lines(alone: Alone) -> str:
    return "\n".join(event.text for event in alone.events if isinstance(event, Line))


def test_the_plan_that_was_made_ahead_is_the_one_shown_and_applied(ready: Alone) -> None:
    assert (begin(ready), begin(ready)) == (1, 0), "it is begun once"
    made(ready)
    (run,) = ready.runs.glob("*-plan")
    assert "-lock=false" in (runner.DetachedRun(run)).argv, "nobody is locked out by what nobody asked for"
    assert ready.apply(Person(apply="yes")).added == 1
    assert plans(ready) == 1
    assert "The plan, made before its turn" in titles(ready)
    assert ready.at_rest()


def test_one_that_is_not_ready_is_waited_for(ready: Alone) -> None:
    begin(ready)
    assert ready.apply(Person(apply="yes")).added == 1
    assert plans(ready) == 1
    assert "Waiting for the plan, begun before its turn" in titles(ready)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terraform.tfvars", NAMED.replace("-1", "-2")),
        ("more.tf", 'resource "terraform_data" "b" {}\n'),
    ],
)
def test_what_changed_since_is_said_and_the_plan_is_made_again(
    ready: Alone, other: Place, name: str, text: str
) -> None:
    begin(ready)
    made(ready)
    other.write(text, name)
    applied = ready.apply(Person(apply="yes"))
    assert f"since then this has changed: {name}. It is made again." in lines(ready)
    assert plans(ready) == 2
    (shown,) = [event for event in ready.events if isinstance(event, Planned)]
    assert (applied.added, len(shown.changes)) == ((2, 2) if name == "more.tf" else (1, 1))
    assert ("databricks-serverless-2" in str(shown)) is (name != "more.tf")
    assert ready.at_rest()


def test_a_plan_of_somebody_else_or_of_another_state_or_an_old_one_will_not_do(tmp_path: Path) -> None:
    def why_not(who: str = "ann", seconds: float = 60.0, **environ: str) -> str:
        return outdated(before, inputs(tmp_path, environ, who), seconds)

    before = inputs(tmp_path, {}, "ann")
    assert why_not() == ""
    assert why_not(AWS_SESSION_TOKEN="renewed") == "", "the same person, signed in as before"
    assert "who is signed in" in why_not(who="bob")
    assert "TF_VAR_region" in why_not(TF_VAR_region="eu-west-1")
    assert why_not(seconds=1_200.0) == "it is 20 minutes old"
    (tmp_path / "terraform.tfstate").write_text("{}")
    assert "the state" in why_not()


def test_what_will_be_written_is_planned_before_it_is_written(ready: Alone, other: Place) -> None:
    other.write(f"{IDS} = []\n", "terraform.tfvars")
    begin(ready)
    assert ready.services.plan_ahead is None, "without a workspace it would be another plan"
    begin(ready, NAMED.encode())
    made(ready)
    other.write(NAMED, "terraform.tfvars")
    begin(ready)
    ready.apply(Person(apply="yes"))
    assert plans(ready) == 1
    (shown,) = [event for event in ready.events if isinstance(event, Planned)]
    assert "databricks-serverless-1" in str(shown)
    assert ready.at_rest(), "the values are gone with the plan"


def test_nothing_is_begun_before_the_sign_in_that_was_chosen(ready: Alone) -> None:
    ready.services.aws = None
    begin(ready)
    assert ready.services.plan_ahead is None
    assert not ready.runs.exists()


def test_whoever_leaves_leaves_nothing_behind(ready: Alone, other: Place) -> None:
    other.do(other.tool.init())
    other.write(MODULE + 'resource "terraform_data" "many" { count = 20000 }\n')
    begin(ready)
    wait = threading.Event()
    while not list(ready.runs.glob("*-plan/pid")):
        wait.wait(0.005)
    ready.services.close()
    assert ready.at_rest()
    (run,) = ready.runs.glob("*-plan")
    assert runner.DetachedRun(run).code not in (0, 2), "it was interrupted, not waited for"


def test_given_up_while_it_is_waited_for_it_is_interrupted(ready: Alone, other: Place) -> None:
    other.write(MODULE + 'resource "terraform_data" "many" { count = 20000 }\n')
    begin(ready)

    def plans_and_is_waited_for(event: Event) -> bool:
        waited = isinstance(event, Wait) and "as soon as" in event.reason
        return waited and bool(list(ready.runs.glob("*-plan/pid")))

    with pytest.raises(Cancelled):
        ready.apply(Person(), plans_and_is_waited_for)
    assert ready.at_rest()
    (run,) = ready.runs.glob("*-plan")
    assert runner.DetachedRun(run).code not in (0, 2)


def test_what_speaks_against_it_is_not_found_out_twice(ready: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    there = StandsAlready("plan.exists", "It is there.", "", "")
    monkeypatch.setattr("wizard.steps.standing.refusal", lambda *_: there)
    begin(ready)
    with pytest.raises(StandsAlready):
        ready.apply(Person())
    assert plans(ready) == 1
    assert ready.at_rest()


def test_values_that_something_stands_above_are_not_planned_ahead(ready: Alone, other: Place) -> None:
    other.write("", "more.auto.tfvars")
    begin(ready, NAMED.encode())
    assert ready.services.plan_ahead is None
