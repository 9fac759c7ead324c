"""The whole chain through the real SDK: embedded AWS, embedded workspace, and the code that an operator runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from wizard.core.finding import Verdict
from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services.databricks import instance_profiles, statements, warehouse_config, warehouses
from wizard.services.databricks.client import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.databricks.conftest import Drive

WAREHOUSE = "f6dd72df81d69f03"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _trust(external_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::790110701330:role/serverless-customer-resource-role"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    """An account in which everything is right but the trust policy's id."""
    with EmbeddedAws() as made:
        iam, s3 = made.client("iam"), made.client("s3")
        iam.create_role(RoleName="htd-role", AssumeRolePolicyDocument=_trust("databricks-serverless-1"))
        iam.create_instance_profile(InstanceProfileName="htd-instance-profile")
        iam.add_role_to_instance_profile(InstanceProfileName="htd-instance-profile", RoleName="htd-role")
        rights = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
        iam.put_role_policy(RoleName="htd-role", PolicyName="p", PolicyDocument=document)
        s3.create_bucket(Bucket="htd-data")
        s3.put_object(Bucket="htd-data", Key="proof.csv", Body=b"id,name\n1,one\n2,two\n")
        yield made


def test_from_nothing_to_rows(aws: EmbeddedAws, drive: Drive, tmp_path: Path) -> None:
    profile = f"arn:aws:iam::{aws.account_id}:instance-profile/htd-instance-profile"
    role = f"arn:aws:iam::{aws.account_id}:role/htd-role"
    keys, root = aws.databricks, aws.root
    with EmbeddedWorkspace(
        workspace_id=4242424242424242,
        aws_url=aws.url,
        databricks_keys=(keys.access_key_id, keys.secret_access_key, keys.session_token),
        observer_keys=(root.access_key_id, root.secret_access_key, root.session_token),
        start_seconds=0.05,
    ) as world:
        world.add_warehouse()
        client = Workspace(world.url, world.token, host=world.host)

        wanted = instance_profiles.plan(client, profile, role)
        with pytest.raises(Problem) as caught:
            drive(instance_profiles.register(client, wanted))
        assert caught.value.code == instance_profiles.VALIDATION
        drive(instance_profiles.register(client, wanted, skip_validation=True))
        drive(warehouse_config.put(client, warehouse_config.plan(client, profile), tmp_path, NOW))
        assert instance_profiles.finding(client, profile, role).verdict is Verdict.PROVEN
        assert warehouse_config.finding(client, profile).verdict is Verdict.PROVEN

        warehouses.start(client, WAREHOUSE)
        with pytest.raises(Problem) as caught:
            drive(warehouses.follow(client, WAREHOUSE))
        assert (caught.value.code, caught.value.step) == ("warehouse.aws_authorization_failure", "variables")
        assert any("sts:AssumeRole" in line for line in caught.value.evidence)

        good = _trust("databricks-serverless-4242424242424242")
        aws.client("iam").update_assume_role_policy(RoleName="htd-role", PolicyDocument=good)
        warehouses.start(client, WAREHOUSE)
        end, _ = drive(warehouses.follow(client, WAREHOUSE))
        assert end.warehouse.healthy

        sql = statements.read_location("s3://htd-data/proof.csv")
        result, _ = drive(statements.execute(client, WAREHOUSE, sql))
        assert (result.columns, result.rows) == (("id", "name"), (("1", "one"), ("2", "two")))
        listed, _ = drive(statements.execute(client, WAREHOUSE, statements.read_location("s3://htd-data")))
        assert listed.rows[0][:3] == ("s3://htd-data/proof.csv", "proof.csv", "20")
        with pytest.raises(Problem) as caught:
            drive(statements.execute(client, WAREHOUSE, statements.read_location("s3://htd-data/none.csv")))
        assert caught.value.code == "query.path"
