"""The same journey reaches the same facts headless, full screen, on the recording and on real Terraform."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest

from wizard.core.facts import Applied, Connected, Facts, Machine, VariablesWritten, WarehouseRunning
from wizard.core.finding import Finding, Verdict
from wizard.core.flow import Status
from wizard.core.journey import Visit
from wizard.core.problem import Problem
from wizard.demo.hands import Hands
from wizard.steps import FRONT
from wizard.steps.summary import summary
from wizard.ui.app import WizardApp


def told(facts: Facts) -> dict[str, Any]:
    """The facts without what rightly differs: the folder, times, and which engine it was."""
    plain: dict[str, Any] = {}
    for fact in facts:
        if isinstance(fact, Machine):
            continue
        values = {f.name: getattr(fact, f.name) for f in fields(fact) if f.compare}  # type: ignore[arg-type]
        for gone in ("seconds", "engine", "engine_version", "path"):
            values.pop(gone, None)
        plain[type(fact).__name__] = values
    return plain


def whole(played: Any) -> None:
    assert [played.flow.status(step) for step in played.flow.steps] == [Status.DONE] * 8
    running = played.flow.facts.need(WarehouseRunning)
    assert (running.state, running.health) == ("RUNNING", "HEALTHY")


pytestmark = pytest.mark.xdist_group("journeys")  # one worker, so that their facts can be compared


@pytest.fixture(scope="module")
def reached() -> dict[str, dict[str, Any]]:
    """What the journeys of this module reached, by scenario: the first sets it, the others must agree."""
    return {}


def agrees(reached: dict[str, dict[str, Any]], scenario: str, played: Any) -> None:
    facts = told(played.flow.facts)
    assert facts == reached.setdefault(scenario, facts)


TERRAFORM = pytest.mark.terraform


@pytest.mark.parametrize(
    ("engine", "scenario", "added", "changed"),
    [
        ("recording", "stuck", 1, 1),
        ("recording", "fresh", 23, 0),
        # The full screen takes the same walk with Terraform itself.
        pytest.param("terraform", "stuck", 1, 1, marks=(TERRAFORM, pytest.mark.soak)),
        pytest.param("terraform", "fresh", 23, 0, marks=TERRAFORM),
    ],
)
def test_headless(
    play: Any, reached: dict[str, Any], scenario: str, engine: str, added: int, changed: int
) -> None:
    with play(scenario, engine) as played:
        played.walk()
        whole(played)
        applied = played.flow.facts.need(Applied)
        assert (applied.engine, applied.added, applied.changed, applied.destroyed) == (
            engine,
            added,
            changed,
            0,
        )
        names = cast("dict[str, str]", applied.outputs["bucket_names"])
        places = {
            name: played.world.aws.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"]
            for name, bucket in names.items()
        }
        assert places == {"data_a": None, "data_b": None, "remote": "us-west-2"}, "one apply, two regions"
        agrees(reached, scenario, played)
        report = summary(played.flow)
        assert report["terraform"]["engine"] == engine
        assert report["warehouse"]["health"] == "HEALTHY"
        assert report["proof"]["rows"] == 4


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(
            "recording",
            marks=pytest.mark.skipif(
                os.environ.get("HTD_REQUIRE_TERRAFORM") == "1" and not os.environ.get("HTD_SOAK"),
                reason="the same walk runs with Terraform itself here",
            ),
        ),
        pytest.param("terraform", marks=pytest.mark.terraform),
    ],
)
def test_full_screen(play: Any, reached: dict[str, Any], engine: str) -> None:
    async def run() -> None:
        app = WizardApp(played.flow, FRONT, badge="DEMO")

        async def look(_step: str, _moment: str) -> None:
            pass

        async with app.run_test(size=(80, 24)) as pilot:
            await Hands(app, pilot, look).walk(played.visits)

    with play("stuck", engine) as played:
        asyncio.run(run())
        whole(played)
        agrees(reached, "stuck", played)


def test_the_stuck_operator_is_told_precisely_what_is_missing(play: Any) -> None:
    with play() as played:
        played.walk(until="workspace")
        seen = [
            event for step, event in played.events if step == "permissions" and isinstance(event, Finding)
        ]
        missing = {finding.id.split()[0] for finding in seen if finding.verdict is Verdict.GAP}
        assert {
            "iam:GetRole",
            "iam:GetUser",
            "s3:GetBucketPolicy",
            "lakeformation:ListPermissions",
        } <= missing
        assert not {"s3:ListBucket", "s3:GetObject", "glue:GetDatabase"} & missing
        green = seen[len([f for f in seen if f.verdict is Verdict.GAP]) :]
        assert green[-1].ok


def changes(played: Any, since: int = 0) -> list[str]:
    """Mutating calls to AWS that went through; signing in, which the operator asked for, is none."""
    return [
        call.action
        for call in played.world.aws.calls[since:]
        if call.mutating and call.status < 400 and not call.action.startswith("sso")
    ]


def test_nothing_is_changed_before_a_yes(play: Any) -> None:
    with play() as played:
        before = len(played.world.aws.calls)
        played.walk(until="apply")
        with pytest.raises(Problem) as stopped:
            played.visit(Visit("apply", {"apply": "no"}))
        assert stopped.value.code == "apply.declined"
        assert changes(played, before) == []
        played.visit(Visit("apply", {"apply": "yes"}))
        assert changes(played, before) != []
        with pytest.raises(Problem) as stopped:
            played.visit(Visit("connect", {"change": "no"}))
        assert stopped.value.code == "connect.declined"
        assert [call for call in played.world.workspace.calls if call.mutating] == []
        played.visit(Visit("connect", {"change": "yes", "skip_validation": "yes"}))
        connected = len(played.world.workspace.calls)
        with pytest.raises(Problem) as stopped:
            played.visit(Visit("warehouse", {"start": "no"}))
        assert stopped.value.code == "warehouse.declined"
        assert [call for call in played.world.workspace.calls[connected:] if call.mutating] == []


def test_a_no_leaves_the_file_as_it_was(play: Any) -> None:
    with play() as played:
        file = played.world.module / "terraform.tfvars"
        before = file.read_bytes()
        played.walk(until="variables")
        with pytest.raises(Problem, match="left as it is"):
            played.visit(Visit("variables", {"write": "no"}))
        assert file.read_bytes() == before
        written = played.visit(Visit("variables", {"write": "yes"}))
        assert isinstance(written, VariablesWritten)
        assert Path(written.backup).read_bytes() == before


def test_a_second_journey_changes_nothing(play: Any) -> None:
    with play() as played:
        played.walk()
        aws, workspace = len(played.world.aws.calls), len(played.world.workspace.calls)
        for visit in played.visits[2:]:
            played.visit(visit)
        again = played.flow.facts
        assert not again.need(VariablesWritten).changed
        assert not again.need(Connected).changed
        assert again.need(Applied).added == again.need(Applied).changed == 0
        assert [a for a in changes(played, aws) if a != "sts:AssumeRole"] == []
        mutating = [call.path for call in played.world.workspace.calls[workspace:] if call.mutating]
        assert [path for path in mutating if "statements" not in path] == []


def test_no_secret_is_left_in_any_file_the_wizard_wrote(play: Any) -> None:
    with play() as played:
        played.walk()
        services = played.flow.services
        token_files = set((played.world.home / ".aws" / "sso" / "cache").glob("*.json"))
        given = {
            played.world.home / ".aws" / "credentials",
            played.world.home / ".databrickscfg",
        }
        sso = [json.loads(file.read_text()) for file in token_files]
        secrets = {played.world.workspace.token, *services.aws.secrets()}
        kept = ("accessToken", "refreshToken", "clientSecret")
        secrets |= {str(each[name]) for each in sso for name in kept if name in each}
        assert len(secrets) >= 5
        looked_at = 0
        for file in played.home.rglob("*"):
            if file.is_file() and file not in token_files | given:
                looked_at += 1
                content = file.read_bytes()
                assert [s for s in secrets if s.encode() in content] == [], file
        assert looked_at > 10
        assert all(file.stat().st_mode & 0o077 == 0 for file in token_files)
