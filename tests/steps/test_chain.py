"""Each joint is broken in turn, and in pairs: the chain names the first, and looking never changes anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from wizard.core.chain import JOINTS, Chain
from wizard.core.event import Event, Line
from wizard.core.finding import Verdict
from wizard.core.work import wait_for
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import keys_session
from wizard.services.databricks.client import Workspace
from wizard.steps.chain import break_of, look
from wizard.steps.chain import chained as gather

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.steps.conftest import Chained


def identity(world: Chained) -> None:
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": world.aws.url}, world_home(world))
    world.session = keys_session(Keys("AKIAIOSFODNN7EXAMPLE", "not-a-key"), places)


def world_home(world: Chained) -> Path:
    assert not isinstance(world.session, Exception)
    return world.session.places.config_file.parent


def role(world: Chained) -> None:
    world.iam.remove_role_from_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)
    world.iam.delete_role_policy(RoleName=world.role, PolicyName="data")
    world.iam.delete_role(RoleName=world.role)


def rights(world: Chained) -> None:
    world.allow("glue:Get*", "lakeformation:GetDataAccess")


def trust(world: Chained) -> None:
    world.trust({"StringEquals": {"sts:ExternalId": "databricks-serverless-42"}})


def profile(world: Chained) -> None:
    world.iam.remove_role_from_instance_profile(InstanceProfileName=world.profile, RoleName=world.role)


def registration(world: Chained) -> None:
    world.workspace.add_registration(world.target.profile_arn, world.target.profile_arn)


def config(world: Chained) -> None:
    world.configure("")


def serverless(world: Chained) -> None:
    world.workspace.add_warehouse(serverless=False, warehouse_type="CLASSIC", state="RUNNING")


def warehouse(world: Chained) -> None:
    assert isinstance(world.client, Workspace)
    world.client.post(f"/api/2.0/sql/warehouses/{world.target.warehouse_id}/stop", {})
    world.settle("STOPPED")


def query(world: Chained) -> None:
    world.workspace.faults.add("POST /api/2.0/sql/statements", status=400)


def data(world: Chained) -> None:
    world.aws.client("s3").delete_object(Bucket=world.bucket, Key="proof/proof.csv")


BREAKS: tuple[Callable[[Chained], None], ...] = (
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


def test_a_whole_chain_is_proven_from_end_to_end_and_nothing_was_changed(chained: Chained) -> None:
    chain = chained.look()
    assert [link.finding.line() for link in chain.links if not link.finding.ok] == []
    assert (chain.whole, chain.status, chain.first_broken) == (True, 0, None)
    assert [link.joint for link in chain.links] == list(JOINTS)
    assert chained.changes() == []


@pytest.mark.parametrize("number", range(1, 12))
def test_each_broken_joint_is_named_with_its_fix(chained: Chained, number: int) -> None:
    BREAKS[number - 1](chained)
    chain = chained.look()
    broken = chain.first_broken
    assert broken is not None
    assert (broken.joint.number, chain.status) == (number, 10 + number)
    problem = broken.finding.problem
    assert problem is not None
    assert problem.what
    assert problem.remedy
    assert broken.step in {"credentials", "workspace", "variables", "apply", "connect", "warehouse", "proof"}
    assert broken.finding.evidence
    assert chained.changes() == []


@pytest.mark.parametrize(
    ("first", "second"),
    [(a, b) for a in range(1, 11) for b in (a + 1, a + 4) if b <= 11 and (a, b) not in {(2, 3), (8, 9)}],
)
def test_of_two_broken_joints_the_first_is_named(chained: Chained, first: int, second: int) -> None:
    BREAKS[second - 1](chained)
    BREAKS[first - 1](chained)
    chain = chained.look()
    assert chain.first_broken is not None
    assert chain.first_broken.joint.number == first
    assert chained.changes() == []


def test_a_stopped_warehouse_is_not_started_by_looking(chained: Chained) -> None:
    warehouse(chained)
    chain = chained.look()
    assert [link.finding.verdict for link in chain.links[-2:]] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert isinstance(chained.client, Workspace)
    assert chained.client.get(f"/api/2.0/sql/warehouses/{chained.target.warehouse_id}")["state"] == "STOPPED"


def test_silence_is_no_broken_joint(chained: Chained) -> None:
    chained.client = Workspace("http://127.0.0.1:9", "token", host="gone.example", retry_seconds=1)
    chain = chained.look()
    assert (chain.first_broken, chain.status, chain.whole) == (None, 10, False)
    assert [joint.number for joint in chain.unknown] == [6, 7, 8, 9, 10, 11]


def test_another_account_is_said(chained: Chained) -> None:
    chained.target = replace(
        chained.target, role_arn=chained.target.role_arn.replace(chained.aws.account_id, "999999999999")
    )
    chain = chained.look()
    assert chain.first_broken is not None
    assert chain.first_broken.finding.problem is not None
    assert chain.first_broken.finding.problem.code == "aws.account.other"


def bucket_policy(world: Chained, effect: str) -> None:
    statement = {
        "Effect": effect,
        "Principal": {"AWS": world.target.role_arn},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{world.bucket}", f"arn:aws:s3:::{world.bucket}/*"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.aws.client("s3").put_bucket_policy(Bucket=world.bucket, Policy=document)


def test_the_buckets_own_policy_may_be_what_lets_the_role_read(chained: Chained) -> None:
    rights(chained)
    bucket_policy(chained, "Allow")
    chain = chained.look()
    assert chain.whole, chain.verdict()


def test_the_buckets_own_policy_may_be_what_forbids_it(chained: Chained) -> None:
    bucket_policy(chained, "Deny")
    chain = chained.look()
    assert chain.first_broken is not None
    assert chain.first_broken.joint.id == "chain.rights"
    assert "bucket's policy denies s3:GetObject" in chain.first_broken.finding.evidence


def test_glue_and_lakeformation_are_told_apart(chained: Chained) -> None:
    chained.allow("s3:GetObject", "s3:ListBucket")
    glue = chained.look().first_broken
    assert glue is not None
    assert glue.finding.problem is not None
    assert glue.finding.problem.code == "chain.glue"
    assert "glue:GetDatabase" in glue.finding.problem.copy
    chained.allow("s3:GetObject", "s3:ListBucket", "glue:Get*", "lakeformation:GetDataAccess")
    chained.aws.client("lakeformation").revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": chained.target.role_arn},
        Resource={"Database": {"Name": chained.database}},
        Permissions=["DESCRIBE"],
    )
    lake = chained.look().first_broken
    assert lake is not None
    assert lake.finding.problem is not None
    assert lake.finding.problem.code == "chain.lakeformation"
    assert chained.target.role_arn in lake.finding.problem.copy


def test_a_refusal_that_only_needs_time_is_tried_again_and_then_holds(chained: Chained) -> None:
    refused = {"state": "FAILED", "error": {"message": "User: x is not authorized to perform: s3:GetObject"}}
    answer = {"statement_id": "s", "status": refused}
    chained.workspace.faults.add("POST /api/2.0/sql/statements", status=200, body=answer, skip=1)
    seen: list[Event] = []
    work = look(chained.target, chained.session, chained.client, settling=(0.01,))
    chain, read = wait_for(gather(work, Chain(), lambda: NOON), on_event=seen.append)
    assert chain.whole
    assert read is not None
    assert read.rows == 2
    assert any(isinstance(event, Line) and "s3:GetObject" in event.text for event in seen)


def test_a_refusal_behind_a_broken_joint_is_not_waited_for(chained: Chained) -> None:
    rights(chained)
    work = look(chained.target, chained.session, chained.client, settling=(60.0,))
    chain, read = wait_for(gather(work, Chain(), lambda: NOON))
    assert read is None
    problem = break_of(chain)
    assert problem is not None
    assert problem.what.startswith("Joint 3 of 11 is broken: ")
    assert any("s3:GetObject" in line and "not authorized" in line for line in problem.evidence)


def test_since_when_is_kept_from_look_to_look(chained: Chained) -> None:
    later = NOON + timedelta(hours=1)
    first, _ = wait_for(gather(look(chained.target, chained.session, chained.client), Chain(), lambda: NOON))
    trust(chained)
    second, _ = wait_for(gather(look(chained.target, chained.session, chained.client), first, lambda: later))
    since = {link.joint.id: link.since for link in second.links}
    assert (since["chain.role"], since["chain.trust"], since["chain.data"]) == (NOON, later, later)


def test_a_glue_table_is_read_through_the_profile(chained: Chained) -> None:
    chained.aws.client("glue").create_table(
        DatabaseName=chained.database,
        TableInput={
            "Name": "events",
            "StorageDescriptor": {
                "Location": f"s3://{chained.bucket}/proof/",
                "Columns": [{"Name": "id", "Type": "string"}, {"Name": "name", "Type": "string"}],
            },
        },
    )
    chained.target = replace(chained.target, location=f"{chained.database}.events")
    chain = chained.look()
    assert chain.whole, chain.verdict()
    link = chain.link("chain.data")
    assert link is not None
    assert "3 rows" in link.finding.evidence
    chained.allow("s3:GetObject", "s3:ListBucket", "glue:GetDatabase", "glue:GetTables")
    data = chained.look().link("chain.data")
    assert data is not None
    assert data.finding.problem is not None
    assert data.finding.problem.code == "query.glue_denied"
