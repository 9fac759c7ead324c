"""What a lost apply left where a second one is made without a word: named before the yes, with how to remove it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.steps.test_standing import Trap, trap
from wizard.core.event import Planned, ResourceChange
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import requirements
from wizard.steps import standing, strays

__all__ = ["trap"]

MODULE = """
resource "aws_iam_user" "reader" { name = "htd-reader" }
resource "aws_iam_access_key" "reader" { user = aws_iam_user.reader.name }
resource "aws_kms_key" "data" { description = "htd" }
"""
PLAN = Planned((ResourceChange("aws_kms_key.data", "create"),), 1, 0, 0)


@dataclass
class Lost:
    """A module whose state may know one access key, and whose last apply began a minute ago and failed."""

    trap: Trap

    @property
    def aws(self) -> EmbeddedAws:
        return self.trap.aws

    def knows(self, key: str) -> None:
        instance = {"attributes": {"id": key, "user": "htd-reader"}}
        entry = {"mode": "managed", "type": "aws_iam_access_key", "name": "reader", "instances": [instance]}
        state = {"version": 4, "lineage": "x", "serial": 1, "outputs": {}, "resources": [entry]}
        (self.trap.folder / "terraform.tfstate").write_text(json.dumps(state))

    def apply_ended(self, code: int) -> None:
        run = self.trap.services.paths.state / "runs" / "20261129-200000-000000-apply"
        run.mkdir(parents=True, exist_ok=True)
        started = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        argv = ["terraform", f"-chdir={self.trap.folder}", "apply"]
        (run / "run.json").write_text(json.dumps({"argv": argv, "started": started}))
        (run / "status").write_text(str(code))

    def warnings(self) -> str:
        return "\n".join(strays.warnings(self.trap.facts, self.trap.services, PLAN))


@pytest.fixture
def lost(trap: Trap) -> Lost:
    (trap.folder / "main.tf").write_text(MODULE)
    return Lost(trap)


def test_an_access_key_that_nobody_knows_is_named_with_the_way_to_remove_it(lost: Lost) -> None:
    assert lost.warnings() == "", "the user is not there yet"
    iam: Any = lost.aws.client("iam")
    iam.create_user(UserName="htd-reader")
    ours, stray = (iam.create_access_key(UserName="htd-reader")["AccessKey"]["AccessKeyId"] for _ in range(2))
    lost.knows(ours)
    said = lost.warnings()
    assert f"aws iam delete-access-key --user-name htd-reader --access-key-id {stray}" in said
    assert ours not in said
    iam.delete_access_key(UserName="htd-reader", AccessKeyId=stray)
    assert lost.warnings() == ""


def test_a_kms_key_of_the_apply_that_failed_is_named(lost: Lost) -> None:
    made = lost.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert lost.warnings() == "", "no apply was cut short, so it is somebody else's"
    lost.apply_ended(0)
    assert lost.warnings() == ""
    lost.apply_ended(1)
    assert f"aws kms schedule-key-deletion --region us-east-1 --key-id {made}" in lost.warnings()
    lost.aws.client("kms").schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    assert lost.warnings() == ""


def test_what_has_no_name_of_its_own_is_listed_by_its_time(lost: Lost) -> None:
    (lost.trap.folder / "main.tf").write_text(
        'resource "aws_s3_bucket" "data" { bucket_prefix = "htd-" }\n'
        'resource "aws_iam_user" "named" { name = "htd-reader" }\n'
    )
    created = [ResourceChange(each, "create") for each in ("aws_s3_bucket.data", "aws_iam_user.named")]
    plan = Planned(tuple(created), 2, 0, 0)
    assert strays.warnings(lost.trap.facts, lost.trap.services, plan) == ()
    lost.apply_ended(1)
    (said,) = strays.warnings(lost.trap.facts, lost.trap.services, plan)
    assert "aws_s3_bucket.data" in said
    assert "aws s3api list-buckets --query" in said


def test_every_type_of_the_table_has_its_way_after_a_lost_apply() -> None:
    ways = [*standing._COLLIDE, *strays.REPEATED, *strays.DOUBLED]
    assert len(set(ways)) == len(ways)
    known = {kind for kind in requirements.table() if kind.startswith("aws_")}
    assert set(ways) == known, "a new type collides by name, is put again, or is doubled: it is said which"
