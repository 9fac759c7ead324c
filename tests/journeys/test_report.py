"""The implementation status after a journey: complete, then blocked, and never a secret in it."""

from __future__ import annotations

import argparse
import json
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wizard.commands import check
from wizard.core.chain import JOINTS, Chain
from wizard.core.facts import Facts, WorkspaceProven
from wizard.core.finding import Verdict
from wizard.core.problem import Problem
from wizard.core.record import Record
from wizard.steps import STEPS
from wizard.steps.report import Report, gather

NOTHING_SAID = argparse.Namespace(aws_profile="", databricks_profile="", warehouse_id="", location="")


def report(played: Any, look: bool = True) -> Report:
    services = replace(played.flow.services, aws=None, workspace=None, engine=None)
    record = Record.at(services.paths.state, "default")
    chain = check.look(NOTHING_SAID, services, record, threading.Event()) if look else Chain()
    return gather(record.facts, record.when, chain, STEPS, services, record.stopped)


def test_where_the_journey_stopped_is_handed_over_with_the_letter_until_that_is_history(play: Any) -> None:
    with play() as played:
        first = next(visit for visit in played.visits if visit.ends == "stopped")
        played.walk(until=first.step)
        with pytest.raises(Problem):
            played.visit(first)
        stuck = report(played, look=False)
        (blocker,) = stuck.as_dict()["blocked"]
        assert (stuck.status, blocker["where"]) == ("blocked", "step permissions")
        assert blocker["who"] == "an AWS administrator"
        text = stuck.markdown()
        assert "permissions are missing for" in text.splitlines()[2]
        assert "An AWS administrator can mend it." in text
        handed = text.partition("## To hand over")[2]
        assert "A letter to an AWS administrator (step permissions):" in handed
        assert "iam:GetInstanceProfile" in handed
        assert text.count("```") % 2 == 0
        # Somebody else signs in: what they may do is not known yet.
        again = [visit for visit in played.visits if visit.step == "credentials"][1]
        played.visit(again)
        assert (report(played, look=False).status, report(played, look=False).blockers()) == (
            "in progress",
            [],
        )


def test_complete_then_blocked_with_who_can_mend_it_and_how(play: Any) -> None:
    with play() as played:
        played.walk(until="proof")
        unfinished = report(played, look=False)
        assert (unfinished.status, unfinished.as_dict()["open"]) == ("in progress", ["proof"])
        proven = played.visit(played.visits[-1])
        written = Path(proven.report)
        assert written.read_text().startswith("# Implementation status: complete")
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        whole = report(played)
        said = whole.markdown()
        assert whole.status == "complete"
        assert said.startswith("# Implementation status: complete")
        for part in (
            "Complete",
            "Blocked",
            "Next steps",
            "Files changed",
            "Resources made",
            "Tests",
            "Sources",
        ):
            assert f"\n## {part}\n" in said
        assert "## Blocked\n\nNothing." in said
        assert "terraform.tfvars" in said
        assert ".backup`" in said
        assert "sql-config-" in said
        assert "`aws_iam_instance_profile.this`: `htd-instance-profile`" in said
        assert (
            "HIVE_TO_DELTA_TEST_WAREHOUSE_ID=f6dd72df81d69f03 HIVE_TO_DELTA_TEST_GLUE_DATABASE=htd_db "
            "AWS_PROFILE=htd-admin DATABRICKS_CONFIG_PROFILE=htd make test" in said
        )
        for name in whole.names().values():
            assert name
            assert name in said
        assert "cp " in said
        assert json.loads(json.dumps(whole.as_dict()))["chain"]["whole"] is True
        for secret in (played.world.workspace.token, *played.flow.services.aws.secrets()):
            assert secret not in said

        played.world.workspace.add_registration(played.flow.services.chain.links[5].finding.evidence)
        arn = next(iter(played.world.workspace._state.profiles))
        played.world.workspace.add_registration(arn, "arn:aws:iam::123456789012:role/other")
        blocked = report(played)
        assert blocked.status == "blocked"
        assert blocked.as_dict()["blocked"][0]["where"] == "joint 6"
        assert blocked.next_steps()[0].commands[0].startswith("databricks instance-profiles ")
        text = blocked.markdown()
        assert "**Joint 6:" in text
        assert "Who can do it: a Databricks workspace administrator" in text
        assert "databricks instance-profiles" in text


def test_what_comes_from_outside_is_no_markup() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    hostile = JOINTS[0].finding(Verdict.GAP, "| <script> ](http://x) \x1b[31m`")
    named = WorkspaceProven("h", "1", "w", "<b>[x](http://evil)", "ann", "token")
    steps = [step for step in STEPS if step.id == "workspace"]
    facts = Facts({}, {WorkspaceProven: named})
    text = Report(now, facts, {WorkspaceProven: now}, Chain().seen(hostile, now), steps).markdown()
    assert "<b>" not in text
    assert "[x](http://evil)" not in text
    assert "\x1b" not in text
    assert text.count("`") % 2 == 0
    row = next(line for line in text.splitlines() if line.startswith("| 1 |"))
    assert "\\<script\\>" in row
    assert row.replace("\\|", "").count("|") == 6
