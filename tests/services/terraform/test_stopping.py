"""Stopping a real apply: one interrupt, the state whole, no lock left; and what hangs can be broken off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.terraform.conftest import Program, Site, Told
from wizard.core.event import Event, Phase, Planned, Wait, Work
from wizard.core.problem import Problem
from wizard.core.stopping import BREAK, STOP, Stage, Stopping
from wizard.services.terraform import engine
from wizard.services.terraform.commands import PlannedRun, Terraform
from wizard.services.terraform.engine import Engine

HANGING = """
resource "terraform_data" "first" { input = "one" }
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" { command = "touch begun; sleep 60" }
}
resource "terraform_data" "third" { input = terraform_data.second.output }
output "role_arn" { value = "arn" }
"""
STUCK = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, lambda *_: print("heard", flush=True))
print("begun", flush=True)
child = subprocess.Popen(["sleep", "60"])
print("child", child.wait(), flush=True)
sys.exit(1)
"""


def told_until(work: Work[Any], met: Callable[[], object]) -> list[Event]:
    events, end = [], time.monotonic() + 30
    while not met():
        assert time.monotonic() < end, "it did not come so far"
        event = next(work)
        if isinstance(event, Wait):
            time.sleep(0.01)
        events.append(event)
    return events


def tool(site: Site, chosen: Engine, stopping: Stopping) -> Terraform:
    return Terraform(
        engine=chosen,
        folder=site.folder,
        environ=site.environ,
        runs=site.runs,
        explain=lambda text: None,
        stopping=stopping,
    )


@pytest.mark.terraform
def test_a_stopped_apply_saves_its_state_and_gives_back_its_lock(site: Site) -> None:
    site.write(HANGING)
    stopping = Stopping()
    terraform = tool(site, engine.find(site.environ), stopping)
    Told().listen(terraform.init())
    work = terraform.apply(Told().listen(terraform.plan()))
    told_until(work, lambda: (site.folder / "begun").exists() and stopping.stage is Stage.WORKING)
    told_until(work, lambda: "second" in (stopping.ask() or _NOTHING).text)
    choice = stopping.ask()
    assert choice is not None
    assert "1 of 3 are done" in choice.text

    stopping.answer(STOP)
    told, began = Told(), time.monotonic()
    with pytest.raises(Problem) as caught:
        told.listen(work)
    assert time.monotonic() - began < 20
    assert caught.value.code == "terraform.interrupted"
    assert [phase.title for phase in told.of(Phase)] == ["Stopping: Terraform saves its state"]
    assert stopping.stage is Stage.IDLE
    state = json.loads((site.folder / "terraform.tfstate").read_text())
    held = {each["name"]: each["instances"][0].get("status", "") for each in state["resources"]}
    assert held == {"first": "", "second": "tainted"}
    again = Told().listen(terraform.plan())
    assert {each.address.split(".")[1]: each.action for each in again.plan.changes} == {
        "second": "replace",
        "third": "create",
    }


def test_what_hangs_can_be_broken_off(site: Site, program: Program) -> None:
    stopping = Stopping()
    terraform = tool(site, Engine("terraform", (str(program("terraform", STUCK)),), "1.11.4"), stopping)
    folder = site.runs / "x.tfplan"
    folder.mkdir(parents=True)
    (folder / "plan").touch()
    work = terraform.apply(PlannedRun(Planned((), 0, 0, 0), folder / "plan", True))
    told_until(work, lambda: _said(site, "begun"))
    stopping.answer(STOP)
    told_until(work, lambda: _said(site, "heard"))
    assert stopping.stage is Stage.STOPPING
    stopping.answer(BREAK)
    told = Told()
    with pytest.raises(Problem):
        told.listen(work)
    assert _said(site, "child -9")
    assert [phase.title for phase in told.of(Phase)][-1].startswith("Broken off")


class _Nothing:
    text = ""


_NOTHING = _Nothing()


def _said(site: Site, text: str) -> bool:
    return any(text in file.read_text() for file in Path(site.runs).glob("*/out"))
