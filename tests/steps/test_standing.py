"""The three ways in which a plan lies, with real Terraform: each is caught by the check and stopped before an apply."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from wizard.core.event import Wait, Work
from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.finding import Finding, Verdict
from wizard.core.paths import Paths
from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.services import Services
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import keys_session
from wizard.services.terraform import engine
from wizard.services.terraform.commands import PlannedRun
from wizard.steps import needed, parts

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]

MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
resource "aws_s3_bucket" "data" {
  bucket = "trap-data"
}
resource "aws_iam_role" "reader" {
  name               = "trap-reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_glue_catalog_database" "db" {
  name = "trap_db"
}
resource "aws_lakeformation_permissions" "grant" {
  principal   = aws_iam_role.reader.arn
  permissions = ["DESCRIBE"]
  database {
    name = aws_glue_catalog_database.db.name
  }
}
"""


def done(work: Work[PlannedRun]) -> PlannedRun:
    """Run to the end, without waiting for nothing."""
    import time

    try:
        while True:
            event = next(work)
            if isinstance(event, Wait):
                time.sleep(min(event.seconds, 0.05))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value is untyped here


@dataclass
class Trap:
    """A module that an operator applied, and what became of it."""

    aws: EmbeddedAws
    services: Services
    facts: Facts

    @property
    def folder(self) -> Path:
        return Path(self.facts.need(Machine).module)

    def allow(self, action: str) -> None:
        """All that the operator may do from now on."""
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.aws.client("iam").put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=document)

    def apply(self) -> None:
        done(parts.terraform(self.facts, self.services).apply(self.plan()))  # type: ignore[arg-type]  # only waited for
        assert not self.gaps()

    def plan(self) -> PlannedRun:
        return done(parts.terraform(self.facts, self.services).plan())

    def gaps(self) -> set[str]:
        """The actions that the check finds missing."""
        checking = needed.check(self.folder, {}, parts.signed_in(self.services), self.aws.account_id)
        found = [event for event in checking if isinstance(event, Finding)]
        return {each.id.split()[0] for each in found if each.verdict is Verdict.GAP}

    def terraform_itself(self) -> dict[str, str]:
        """What Terraform would do to which address, when nobody stops it."""
        tool = parts.terraform(self.facts, self.services)
        tool._standing = lambda lost, made: None
        planned = done(tool.plan())
        return {change.address: change.action for change in planned.plan.changes}


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(MODULE)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
    paths = Paths(tmp_path / "home", tmp_path / "data", tmp_path / "state", tmp_path / "cache")
    with EmbeddedAws() as aws:
        keys = aws.keys_for_user("operator")
        places = AwsPlaces.of({"AWS_ENDPOINT_URL": aws.url}, paths.home)
        services = Services(
            environ=environ,
            paths=paths,
            cwd=tmp_path,
            aws_places=places,
            workspace_url=str,
            find_engine=lambda: engine.find(environ),
            open_browser=lambda address: False,
            aws=keys_session(Keys(keys.access_key_id, keys.secret_access_key), places),
        )
        facts = Facts({Machine: (), AwsIdentity: ()})
        facts = facts.put(Machine("terraform", "", str(folder), ""))
        arn = f"arn:aws:iam::{aws.account_id}:user/operator"
        made = Trap(aws, services, facts.put(AwsIdentity(aws.account_id, arn, "us-east-1", "test")))
        made.allow("*")
        done(parts.terraform(made.facts, services).init())  # type: ignore[arg-type]  # it returns nothing
        yield made


@pytest.fixture
def applied(trap: Trap) -> Trap:
    trap.apply()
    return trap


def refused(trap: Trap) -> Problem:
    with pytest.raises(Problem) as caught:
        trap.plan()
    return caught.value


def test_the_three_traps(trap: Trap) -> None:
    """One after the other in one world, because each apply and each plan takes seconds."""
    a_first_plan_checks_nothing_and_the_check_does(trap)
    trap.allow("*")
    trap.apply()
    what_may_not_be_looked_at_is_not_made_again(trap)
    what_was_deleted_may_be_made_again(trap)


def a_first_plan_checks_nothing_and_the_check_does(trap: Trap) -> None:
    trap.allow("iam:SimulatePrincipalPolicy")
    assert {change.action for change in trap.plan().plan.changes} == {"create"}, (
        "a perfect plan, with no rights"
    )
    assert trap.gaps() >= {
        "s3:CreateBucket", "iam:CreateRole", "iam:GetRole", "glue:CreateDatabase",
        "lakeformation:ListPermissions", "lakeformation:GrantPermissions",
    }  # fmt: skip


def what_may_not_be_looked_at_is_not_made_again(applied: Trap) -> None:
    addresses = ["aws_lakeformation_permissions.grant", "aws_s3_bucket.data"]
    denied = {"lakeformation:ListPermissions", "s3:ListBucket"}
    applied.aws.restrict("*user/operator", sorted(denied), layer="service_control_policy")
    assert applied.terraform_itself() == dict.fromkeys(addresses, "create"), (
        "Terraform believes they are gone"
    )
    assert applied.gaps() == denied
    problem = refused(applied)
    assert (problem.code, problem.step) == ("plan.still_there", "permissions")
    assert all(address in problem.what for address in addresses)
    assert "could not tell" in problem.why
    grant, bucket = sorted(problem.evidence)
    assert bucket.startswith("aws_s3_bucket.data: exists")
    assert grant.startswith("aws_lakeformation_permissions.grant: could not tell")
    assert "lakeformation:ListPermissions" in grant


def what_was_deleted_may_be_made_again(applied: Trap) -> None:
    applied.aws.lift()
    applied.aws.client("s3").delete_bucket(Bucket="trap-data")
    assert [change.action for change in applied.plan().plan.changes] == ["create"]


@pytest.mark.soak
def test_what_an_apply_left_behind_is_not_made_twice(applied: Trap) -> None:
    state = applied.folder / "terraform.tfstate"
    document = json.loads(state.read_text())
    document["resources"] = [each for each in document["resources"] if each["type"] != "aws_iam_role"]
    state.write_text(json.dumps(document))
    problem = refused(applied)
    assert problem.code == "plan.exists"
    assert "aws_iam_role.reader (trap-reader)" in problem.what
    assert problem.copy.endswith("import aws_iam_role.reader trap-reader")
