"""`htd-wizard check` as a script meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from wizard.commands.exits import Exit
from wizard.core.chain import JOINTS, LAYERS


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "check", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_on_an_empty_computer_it_says_what_is_missing_and_writes_nothing() -> None:
    done = ran("--json")
    said = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (11, "")
    assert (said["whole"], said["status"], said["first_broken"]["id"]) == (False, 11, "chain.identity")
    assert [link["number"] for link in said["links"]] == list(range(1, 12))
    assert list(Path(os.environ["HOME"]).iterdir()) == []


def test_for_people_every_joint_is_a_line_and_the_way_out_is_told() -> None:
    done = ran()
    assert done.returncode == 11
    for joint in JOINTS:
        assert f"{joint.number:>2} " in done.stdout
    assert "Broken at joint 1 of 11" in done.stdout
    assert "What to do:" in done.stdout


def test_what_is_pointed_at_and_is_not_there_is_told_and_nothing_is_looked_at() -> None:
    done = ran("--terraform-dir", "nowhere", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no Terraform state in nowhere." in done.stderr
    assert "htd-wizard check --outputs -" in done.stderr


def test_each_joint_has_its_documented_exit_status() -> None:
    assert [int(Exit(LAYERS + joint.number)) for joint in JOINTS] == list(range(11, 22))
