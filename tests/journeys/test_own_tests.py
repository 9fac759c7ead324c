"""The project's own tests, really run by make and pytest against the pretend workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wizard.core.event import Line, Table, WarehouseSeen
from wizard.core.facts import DataProven
from wizard.core.journey import Visit
from wizard.core.problem import Problem
from wizard.core.record import Record
from wizard.steps import own_tests


def test_the_demos_suite_runs_and_is_counted(play: Any) -> None:
    with play() as played:
        played.walk(until="proof")
        fact = played.visit(Visit("proof", {"tests": "yes"}))
        assert isinstance(fact, DataProven)
        assert (fact.tests, fact.passed, fact.failed, fact.skipped) == ("make test", 6, 0, 1)
        rows = next(e.rows for _, e in played.events if isinstance(e, Table) and e.title == "Your tests")
        assert set(rows) == {
            ("standard", "3", "0", "1"),
            ("cross-bucket", "2", "0", "0"),
            ("cross-region", "1", "0", "0"),
        }


def test_a_failure_is_listed_with_its_first_line_and_the_data_stays_proven(play: Any) -> None:
    with play() as played:
        played.walk(until="proof")
        failing = played.world.module.parent / "tests" / "test_cross_region.py"
        failing.write_text("def test_remote():\n    assert 'us-west-2' == 'us-east-1', 'wrong region'\n")
        fact = played.visit(Visit("proof", {"tests": "yes"}))
        assert (fact.passed, fact.failed, fact.skipped) == (5, 1, 1)
        lost = next(e for _, e in played.events if isinstance(e, Table) and e.title == "1 failure")
        assert lost.rows[0][0] == "tests/test_cross_region.py::test_remote"
        assert "wrong region" in lost.rows[0][1]
        assert (fact.expected, ("cross-region", 0, 1, 0) in fact.kinds) == (7, True)
        written = Path(fact.report).read_text()
        assert "5 passed, 1 failed, 1 skipped of 7" in written
        assert "`tests/test_cross_region.py::test_remote` AssertionError: wrong region" in written
        assert "1 of your own tests failed" in written
        kept = Record.at(played.flow.services.paths.state, "default").facts.need(DataProven)
        assert kept.failures == fact.failures
        assert any(
            isinstance(e, Line) and e.level == "warning" and "1 failed" in e.text for _, e in played.events
        )


def test_a_warehouse_that_stopped_meanwhile_is_started_only_after_a_yes(play: Any) -> None:
    with play() as played:
        played.walk(until="proof")

        def stop(event: object) -> bool:
            # It stops by itself after the data was read and before the tests begin.
            if isinstance(event, Table) and event.title == "What the warehouse read":
                workspace = played.flow.services.workspace
                workspace.post(f"/api/2.0/sql/warehouses/{played.world.scenario.warehouse_id}/stop", {})
            return False

        with pytest.raises(Problem) as refused:
            played.visit(Visit("proof", {"tests": "yes", "start": "no"}), stop)
        assert refused.value.code == "tests.stopped"
        played.visit(Visit("warehouse", {"start": "yes"}))
        fact = played.visit(Visit("proof", {"tests": "yes", "start": "yes"}), stop)
        assert fact.passed == 6
        assert any(
            isinstance(e, WarehouseSeen) and e.state == "RUNNING" for s, e in played.events if s == "proof"
        )


def test_they_are_given_profiles_by_name_and_a_pasted_token_only_in_their_environment(play: Any) -> None:
    from dataclasses import replace

    from wizard.core.facts import WorkspaceProven

    with play() as played:
        played.walk(until="proof")
        facts, services = played.flow.facts, played.flow.services
        environ = own_tests.environment(facts, services, "htd_db")
        assert environ["HIVE_TO_DELTA_TEST_WAREHOUSE_ID"] == played.world.scenario.warehouse_id
        assert environ["HIVE_TO_DELTA_TEST_GLUE_DATABASE"] == "htd_db"
        assert (environ["AWS_PROFILE"], environ["DATABRICKS_CONFIG_PROFILE"]) == ("htd-admin", "htd")
        assert played.world.workspace.token not in environ.values()
        assert "AWS_SECRET_ACCESS_KEY" not in environ
        pasted = facts.put(replace(facts.need(WorkspaceProven), source="personal access token"))
        environ = own_tests.environment(pasted, services, "")
        assert environ["DATABRICKS_TOKEN"] == played.world.workspace.token
        assert "DATABRICKS_CONFIG_PROFILE" not in environ
