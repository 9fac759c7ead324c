"""The pretend world is causal: break one joint, and the journey stops with that joint's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from wizard.core.facts import Applied, WarehouseRunning
from wizard.core.finding import Finding, Verdict
from wizard.core.journey import Visit
from wizard.core.problem import Problem
from wizard.services.databricks import warehouses

START = Visit("warehouse", {"start": "yes"})


def trust_lost(played: Any) -> None:
    iam = played.world.aws.client("iam")
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.update_assume_role_policy(RoleName="htd-role", PolicyDocument=document)


def trust_names_another_workspace(played: Any) -> None:
    iam = played.world.aws.client("iam")
    document = iam.get_role(RoleName="htd-role")["Role"]["AssumeRolePolicyDocument"]
    other = json.dumps(document).replace("databricks-serverless-", "databricks-serverless-9")
    iam.update_assume_role_policy(RoleName="htd-role", PolicyDocument=other)


def profile_lost(played: Any) -> None:
    iam = played.world.aws.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName="htd-instance-profile", RoleName="htd-role")


def registration_lost(played: Any) -> None:
    arn = played.flow.facts.need(Applied).output("instance_profile_arn")
    played.flow.services.workspace.post("/api/2.0/instance-profiles/remove", {"instance_profile_arn": arn})


def registration_names_another_role(played: Any) -> None:
    arn = played.flow.facts.need(Applied).output("instance_profile_arn")
    body = {"instance_profile_arn": arn, "iam_role_arn": "arn:aws:iam::123456789012:role/other"}
    played.flow.services.workspace.post("/api/2.0/instance-profiles/edit", body)


@pytest.mark.parametrize(
    ("cut", "code", "finding", "step"),
    [
        pytest.param(
            trust_lost, "AWS_AUTHORIZATION_FAILURE", "chain.trust", "variables", marks=pytest.mark.soak
        ),
        (trust_names_another_workspace, "AWS_AUTHORIZATION_FAILURE", "chain.trust", "variables"),
        pytest.param(
            profile_lost,
            "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
            "chain.profile",
            "apply",
            marks=pytest.mark.soak,
        ),
        (registration_lost, "INVALID_ARGUMENT", "chain.registration", "connect"),
        pytest.param(
            registration_names_another_role,
            "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
            "chain.registration",
            "connect",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_a_broken_joint_keeps_the_warehouse_from_health(
    play: Any, cut: Callable[[Any], None], code: str, finding: str, step: str
) -> None:
    with play(start_seconds=1.5) as played:
        played.walk(until="warehouse")
        cut(played)
        with pytest.raises(Problem) as stopped:
            played.visit(START)
        said = " ".join((stopped.value.what, stopped.value.why, *stopped.value.evidence))
        assert code in said
        assert WarehouseRunning not in played.flow.facts
        assert stopped.value.step == step, "the failure leads to the step that mends the broken joint"
        told = [e for name, e in played.events if name == "warehouse" and isinstance(e, Finding)]
        assert [e.id for e in told if e.verdict is Verdict.GAP] == [finding]
        steps = [played.flow.step(name) for name in ("apply", "connect")]
        found = [f for step in steps for f in step.prove(played.flow.facts, played.flow.services)]
        assert finding in {f.id for f in found if f.verdict is Verdict.GAP}


def test_without_the_configuration_the_warehouse_is_healthy_and_reads_nothing(play: Any) -> None:
    with play() as played:
        played.walk(until="warehouse")
        document = played.world.workspace.config
        document.pop("instance_profile_arn")
        played.world.workspace.set_config(document)
        played.visit(START)
        with pytest.raises(Problem) as stopped:
            played.visit(Visit("proof"))
        assert "s3://" in " ".join((stopped.value.what, stopped.value.why, *stopped.value.evidence))
        found = played.flow.step("connect").prove(played.flow.facts, played.flow.services)
        assert [f.id for f in found if f.verdict is Verdict.GAP] == ["chain.config"]


def test_without_the_roles_rights_the_query_is_refused_with_awss_words(play: Any) -> None:
    with play() as played:
        played.walk(until="proof")
        played.world.aws.client("iam").delete_role_policy(RoleName="htd-role", PolicyName="s3")
        # The bucket's own policy lets the role in as well.
        bucket = played.flow.facts.need(Applied).output("proof_location").split("/")[2]
        played.world.aws.client("s3").delete_bucket_policy(Bucket=bucket)
        with pytest.raises(Problem) as stopped:
            played.visit(Visit("proof"))
        said = " ".join((stopped.value.what, stopped.value.why, *stopped.value.evidence))
        assert "s3:" in said
        assert "not authorized" in said


def test_mended_trust_heals_the_warehouse(play: Any) -> None:
    with play(start_seconds=1.5) as played:
        played.walk(until="warehouse")
        document = played.world.aws.client("iam").get_role(RoleName="htd-role")["Role"][
            "AssumeRolePolicyDocument"
        ]
        trust_lost(played)
        with pytest.raises(Problem):
            played.visit(START)
        played.world.aws.client("iam").update_assume_role_policy(
            RoleName="htd-role", PolicyDocument=json.dumps(document)
        )
        played.visit(START)
        played.visit(Visit("proof"))


def test_the_chain_is_read_back_from_the_services_themselves(play: Any) -> None:
    with play() as played:
        played.walk()
        found: list[Finding] = []
        for step in played.flow.steps:
            found += step.prove(played.flow.facts, played.flow.services)
        assert [f.line() for f in found if not f.ok] == []
        assert {f.id for f in found} >= {
            "chain.identity",
            "chain.role",
            "chain.trust",
            "chain.profile",
            "chain.registration",
            "chain.config",
            "chain.data",
        }
        warehouse = played.flow.facts.need(WarehouseRunning)
        seen = warehouses.get(played.flow.services.workspace, warehouse.id)
        assert seen.healthy
