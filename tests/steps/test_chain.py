"""Each joint is broken in turn, and in pairs: the chain names the first, and looking never changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.steps.alone import open_alone
from tests.steps.conftest import READS, TRUSTED
from wizard.core.chain import JOINTS, Chain
from wizard.core.event import Event, Line
from wizard.core.facts import Applied, Facts, WorkspaceProven
from wizard.core.finding import Verdict
from wizard.core.work import wait_for
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsSession
from wizard.services.aws.sign_in import keys_session
from wizard.services.databricks.client import Workspace
from wizard.steps import watching
from wizard.steps.chain import break_of, look
from wizard.steps.chain import chained as gather

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.steps.conftest import Chained


@contextmanager
def identity(world: Chained) -> Iterator[None]:
    held = world.session
    assert isinstance(held, AwsSession)
    world.session = keys_session(Keys("AKIAIOSFODNN7EXAMPLE", "not-a-key"), held.places)
    try:
        yield
    finally:
        world.session = held


@contextmanager
def role(world: Chained) -> Iterator[None]:
    """What is not there is wrapped by no instance profile either: this breaks the fifth joint as well."""
    world.iam.remove_role_from_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)
    world.iam.delete_role_policy(RoleName=world.role, PolicyName="data")
    world.iam.delete_role(RoleName=world.role)
    try:
        yield
    finally:
        world.make_role()
        world.iam.add_role_to_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)


@contextmanager
def rights(world: Chained) -> Iterator[None]:
    world.allow("glue:Get*", "lakeformation:GetDataAccess")
    try:
        yield
    finally:
        world.allow(*READS)


@contextmanager
def trust(world: Chained) -> Iterator[None]:
    world.trust({"StringEquals": {"sts:ExternalId": "databricks-serverless-42"}})
    try:
        yield
    finally:
        world.trust(TRUSTED)


@contextmanager
def profile(world: Chained) -> Iterator[None]:
    world.iam.remove_role_from_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)
    try:
        yield
    finally:
        world.iam.add_role_to_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)


@contextmanager
def registration(world: Chained) -> Iterator[None]:
    world.workspace.add_registration(world.target.profile_arn, world.target.profile_arn)
    try:
        yield
    finally:
        world.workspace.add_registration(world.target.profile_arn, world.target.role_arn)


@contextmanager
def config(world: Chained) -> Iterator[None]:
    world.configure("")
    try:
        yield
    finally:
        world.configure(world.target.profile_arn)


@contextmanager
def serverless(world: Chained) -> Iterator[None]:
    world.workspace.add_warehouse(serverless=False, warehouse_type="CLASSIC", state=world.state)
    try:
        yield
    finally:
        world.workspace.add_warehouse()
        world.start()


@contextmanager
def warehouse(world: Chained) -> Iterator[None]:
    world.stop()
    try:
        yield
    finally:
        world.start()


@contextmanager
def query(world: Chained) -> Iterator[None]:
    world.workspace.faults.add("POST /api/2.0/sql/statements", status=400, times=-1)
    try:
        yield
    finally:
        world.workspace.faults.clear()


@contextmanager
def data(world: Chained) -> Iterator[None]:
    world.aws.client("s3").delete_object(Bucket=world.bucket, Key="proof/proof.csv")
    try:
        yield
    finally:
        world.put_data()


def applied(world: Chained) -> Applied:
    named = {"role_arn": world.target.role_arn, "instance_profile_arn": world.target.profile_arn}
    return Applied("", "", 0, 0, 0, {**named, "glue_database": world.database})


def workspace(world: Chained) -> WorkspaceProven:
    return WorkspaceProven("h", world.target.workspace_id, world.target.warehouse_id, "", "", "")


BREAKS: tuple[Callable[[Chained], AbstractContextManager[None]], ...] = (
    identity,
    role,
    rights,
    trust,
    profile,
    registration,
    config,
    serverless,
    warehouse,
    query,
    data,
)
NO_PAIR = {(2, 3), (2, 4), (2, 5)}
"""A role that is not there has neither rights nor trust to break, and takes the fifth joint with it."""
PAIRS = [pair for pair in combinations(range(1, 12), 2) if pair not in NO_PAIR]


def test_a_whole_chain_is_proven_from_end_to_end_and_nothing_was_changed(standing: Chained) -> None:
    chain = standing.look()
    assert [link.finding.line() for link in chain.links if not link.finding.ok] == []
    assert (chain.whole, chain.status, chain.first_broken) == (True, 0, None)
    assert [link.joint for link in chain.links] == list(JOINTS)
    assert standing.changes() == []


@pytest.mark.parametrize("number", range(1, 12))
def test_each_broken_joint_is_named_with_its_fix_and_holds_when_it_is_mended(
    standing: Chained, number: int
) -> None:
    with BREAKS[number - 1](standing):
        chain = standing.look()
        broken = chain.first_broken
        assert broken is not None
        assert (broken.joint.number, chain.status) == (number, 10 + number)
        problem = broken.finding.problem
        assert problem is not None
        assert problem.what
        assert problem.remedy
        assert broken.step in {
            "credentials",
            "workspace",
            "variables",
            "apply",
            "connect",
            "warehouse",
            "proof",
        }
        assert broken.finding.evidence
        assert standing.changes() == []
    assert standing.look().whole


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_broken_joints_the_first_is_named(standing: Chained, first: int, second: int) -> None:
    with BREAKS[second - 1](standing), BREAKS[first - 1](standing):
        chain = standing.look()
        assert chain.first_broken is not None
        assert chain.first_broken.joint.number == first
        # The other is seen as well, unless it cannot be looked at while the first is broken.
        other = next(link for link in chain.links if link.joint.number == second)
        assert other.broken or other.finding.verdict is Verdict.UNKNOWN
        assert standing.changes() == []


def test_watching_asks_no_query_and_sees_what_breaks_and_what_is_mended(
    standing: Chained, tmp_path: Path
) -> None:
    with open_alone(tmp_path) as alone:
        services = alone.services
    services.aws = standing.session if isinstance(standing.session, AwsSession) else None
    services.workspace = standing.client if isinstance(standing.client, Workspace) else None
    services.chain, services.proving = Chain(of=standing.target.names), standing.target.location
    facts = Facts({}, {Applied: applied(standing), WorkspaceProven: workspace(standing)})
    assert watching.watch(facts, services) is None
    services.chain = standing.look()
    watch = watching.watch(facts, services)
    assert watch is not None
    before = len(standing.aws.calls), len(standing.workspace.calls)
    assert watch.look(True).whole
    with warehouse(standing), trust(standing):
        quick = watch.look(False)
        assert [link.joint.number for link in quick.links if link.broken] == [9]
        seen = watch.look(True)
        assert [link.joint.number for link in seen.links if link.broken] == [4, 9]
        # What only a query tells stays as it was, and is not asked.
        assert [link.finding.verdict for link in seen.links[-2:]] == [Verdict.PROVEN] * 2
    services.now = lambda: NOON + timedelta(days=1)
    mended = watch.look(True)
    assert mended.whole
    assert {link.joint.number for link in mended.links if link.since == services.now()} == {4, 9}
    posted = [c for c in standing.workspace.calls[before[1] :] if c.mutating]
    assert [c.path.rpartition("/")[2] for c in posted] == ["stop", "start"]
    acted = {c.action for c in standing.aws.calls[before[0] :] if c.mutating}
    assert acted <= {"iam:UpdateAssumeRolePolicy", "sts:AssumeRole"}


def test_a_stopped_warehouse_is_not_started_by_looking(standing: Chained) -> None:
    with warehouse(standing):
        chain = standing.look()
        assert [link.finding.verdict for link in chain.links[-2:]] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
        assert standing.state == "STOPPED"


def test_another_account_is_said(standing: Chained, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = standing.target.role_arn.replace(standing.aws.account_id, "999999999999")
    monkeypatch.setattr(standing, "target", replace(standing.target, role_arn=theirs))
    chain = standing.look()
    assert chain.first_broken is not None
    assert chain.first_broken.finding.problem is not None
    assert chain.first_broken.finding.problem.code == "aws.account.other"


def test_a_refusal_that_only_needs_time_is_tried_again_and_then_holds(standing: Chained) -> None:
    refused = {"state": "FAILED", "error": {"message": "User: x is not authorized to perform: s3:GetObject"}}
    answer = {"statement_id": "s", "status": refused}
    standing.workspace.faults.add("POST /api/2.0/sql/statements", status=200, body=answer, skip=1)
    seen: list[Event] = []
    work = look(standing.target, standing.session, standing.client, settling=(0.01,))
    chain, read = wait_for(gather(work, Chain(), lambda: NOON), on_event=seen.append)
    assert chain.whole
    assert read is not None
    assert read.rows == 2
    assert any(isinstance(event, Line) and "s3:GetObject" in event.text for event in seen)


def test_a_refusal_behind_a_broken_joint_is_not_waited_for(standing: Chained) -> None:
    with rights(standing):
        work = look(standing.target, standing.session, standing.client, settling=(60.0,))
        chain, read = wait_for(gather(work, Chain(), lambda: NOON))
    assert read is None
    problem = break_of(chain)
    assert problem is not None
    assert problem.what.startswith("Joint 3 of 11 is broken: ")
    assert any("s3:GetObject" in line and "not authorized" in line for line in problem.evidence)


def test_since_when_is_kept_from_look_to_look(standing: Chained) -> None:
    later = NOON + timedelta(hours=1)
    looked = look(standing.target, standing.session, standing.client)
    first, _ = wait_for(gather(looked, Chain(), lambda: NOON))
    with trust(standing):
        looked = look(standing.target, standing.session, standing.client)
        second, _ = wait_for(gather(looked, first, lambda: later))
    since = {link.joint.id: link.since for link in second.links}
    assert (since["chain.role"], since["chain.trust"], since["chain.data"]) == (NOON, later, later)
