"""What an earlier run left behind, and who still holds what."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.terraform import mending
from wizard.services.terraform.mending import Locked
from wizard.services.terraform.stream import Diagnostic

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PROBLEM = Problem("terraform.lock", "what", "why", "remedy", copy="x")
DETAIL = """{fault}

Lock Info:
  ID:        8f2a3c1e-1111-2222-3333-444455556666
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       {who}
  Version:   1.11.4
  Created:   2026-11-24 09:58:00.376123871 +0000 UTC
  Info:
"""


def held(who: str, fault: str = "PreconditionFailed") -> Locked:
    said = Diagnostic(
        "error", "Error acquiring the state lock", DETAIL.format(who=who, fault=fault), "", "", ""
    )
    found = mending.locked(PROBLEM, [said], None, NOW)
    assert isinstance(found, Locked)
    return found


@pytest.fixture
def me() -> str:
    return f"{mending._user()}@{os.uname().nodename}"


def test_it_keeps_the_problem_and_tells_id_and_age() -> None:
    found = held("ann@far-away")
    assert (found.code, found.copy, found.what) == ("terraform.lock", "x", "what")
    assert found.lock is not None
    assert found.lock.id == "8f2a3c1e-1111-2222-3333-444455556666"
    assert found.about.startswith("It is 2 hours old.")


def test_of_another_computer_nothing_is_claimed() -> None:
    assert held("ann@far-away").alive is None


@pytest.mark.parametrize(
    ("running", "alive"),
    [(["bash", "terraform"], True), (["tofu"], True), (["bash"], False), (None, None)],
)
def test_of_this_computer_the_processes_tell(
    monkeypatch: pytest.MonkeyPatch, me: str, running: list[str] | None, alive: bool | None
) -> None:
    monkeypatch.setattr(mending, "_names", lambda: running)
    found = held(me)
    assert found.alive is alive
    assert ("left behind" in found.about) is (alive is False)


def test_a_failure_without_a_lock_stays_what_it_is() -> None:
    assert mending.locked(PROBLEM, [], None, NOW) is PROBLEM


def state(file: Path, lineage: str, resources: int) -> None:
    entries = [{"mode": "managed", "instances": [{}]} for _ in range(resources)]
    file.write_text(
        json.dumps({"lineage": lineage, "resources": [*entries, {"mode": "data", "instances": [{}]}]})
    )


def test_an_unsaved_state_is_compared_with_the_one_that_is_there(tmp_path: Path) -> None:
    now = tmp_path / "terraform.tfstate"
    assert mending.unsaved(tmp_path, now) is None
    state(tmp_path / "errored.tfstate", "a", 3)
    left = mending.unsaved(tmp_path, now)
    assert left is not None
    assert (left.resources, left.held, left.other) == (3, None, False)
    state(now, "a", 1)
    left = mending.unsaved(tmp_path, now)
    assert left is not None
    assert (left.held, left.other) == (1, False)


def test_one_of_another_deployment_or_a_damaged_one_is_not_offered(tmp_path: Path) -> None:
    now = tmp_path / "terraform.tfstate"
    state(now, "a", 1)
    state(tmp_path / "errored.tfstate", "b", 3)
    left = mending.unsaved(tmp_path, now)
    assert left is not None
    assert left.other
    (tmp_path / "errored.tfstate").write_text("{")
    left = mending.unsaved(tmp_path, now)
    assert left is not None
    assert left.other


def test_a_state_that_was_cut_off_is_set_aside_and_no_other(tmp_path: Path) -> None:
    now = tmp_path / "terraform.tfstate"
    mending.set_damaged_aside(now, "x")
    state(now, "a", 1)
    mending.set_damaged_aside(now, "x")
    assert now.exists()
    now.write_text('{"lineage": "a", "resou')
    mending.set_damaged_aside(now, "x")
    assert [each.name for each in tmp_path.glob("*tfstate*")] == ["terraform.tfstate.x.damaged"]
