"""A world in which the whole chain holds, each joint breakable: embedded AWS, embedded workspace, real clients."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.steps.alone import Alone, open_alone
from wizard.core.chain import Chain
from wizard.core.event import Wait
from wizard.core.finding import Finding
from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import keys_session
from wizard.services.databricks.client import Workspace
from wizard.steps.chain import Target, look

WORKSPACE_ID = 1234567890123456
WAREHOUSE = "f6dd72df81d69f03"
TRUSTED: dict[str, object] = {"StringEquals": {"sts:ExternalId": [f"databricks-serverless-{WORKSPACE_ID}"]}}
READS = ("s3:GetObject", "s3:ListBucket", "glue:Get*", "lakeformation:GetDataAccess")
_numbers = iter(range(10_000))


@dataclass
class Chained:
    """One deployment and its two clients."""

    aws: EmbeddedAws
    workspace: EmbeddedWorkspace
    prefix: str
    session: AwsSession | Problem
    client: Workspace | Problem
    target: Target = field(init=False)
    marks: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        account = f"arn:aws:iam::{self.aws.account_id}"
        self.target = Target(
            role_arn=f"{account}:role/{self.role}",
            profile_arn=f"{account}:instance-profile/{self.profile}",
            workspace_id=str(WORKSPACE_ID),
            warehouse_id=WAREHOUSE,
            location=f"s3://{self.bucket}/proof/proof.csv",
            database=self.database,
        )

    @property
    def role(self) -> str:
        return f"{self.prefix}-role"

    @property
    def profile(self) -> str:
        return f"{self.prefix}-instance-profile"

    @property
    def bucket(self) -> str:
        return f"{self.prefix}-data"

    @property
    def database(self) -> str:
        return f"{self.prefix}_db"

    @property
    def iam(self) -> Any:
        return self.aws.client("iam")

    def make(self) -> None:
        """Everything in place, and the warehouse running."""
        self.make_role()
        self.iam.create_instance_profile(InstanceProfileName=self.profile)
        self.iam.add_role_to_instance_profile(InstanceProfileName=self.profile, RoleName=self.role)
        self.aws.client("s3").create_bucket(Bucket=self.bucket)
        self.put_data()
        self.aws.client("glue").create_database(DatabaseInput={"Name": self.database})
        self.grant()
        self.workspace.add_registration(self.target.profile_arn, self.target.role_arn)
        self.configure(self.target.profile_arn)
        self.start()
        self.marks = len(self.aws.calls), len(self.workspace.calls)

    def make_role(self) -> None:
        self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument="{}")
        self.trust(TRUSTED)
        self.allow(*READS)

    def put_data(self) -> None:
        body = b"id,name\n1,one\n2,two\n"
        self.aws.client("s3").put_object(Bucket=self.bucket, Key="proof/proof.csv", Body=body)

    def start(self) -> None:
        assert isinstance(self.client, Workspace)
        self.client.post(f"/api/2.0/sql/warehouses/{WAREHOUSE}/start", {})
        self.settle("RUNNING")

    def stop(self) -> None:
        assert isinstance(self.client, Workspace)
        self.client.post(f"/api/2.0/sql/warehouses/{WAREHOUSE}/stop", {})
        self.settle("STOPPED")

    def trust(self, condition: dict[str, object], **changes: object) -> None:
        principal = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole",
            "Condition": condition,
            **changes,
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.update_assume_role_policy(RoleName=self.role, PolicyDocument=document)

    def allow(self, *actions: str) -> None:
        """The role's only policy: these actions on everything."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=self.role, PolicyName="data", PolicyDocument=document)

    def grant(self) -> None:
        self.aws.client("lakeformation").grant_permissions(
            Principal={"DataLakePrincipalIdentifier": self.target.role_arn},
            Resource={"Database": {"Name": self.database}},
            Permissions=["DESCRIBE"],
        )

    def configure(self, profile_arn: str) -> None:
        document = self.workspace.config
        document.pop("instance_profile_arn", None)
        if profile_arn:
            document["instance_profile_arn"] = profile_arn
        self.workspace.set_config(document)

    @property
    def state(self) -> str:
        """The warehouse's."""
        assert isinstance(self.client, Workspace)
        return str(self.client.get(f"/api/2.0/sql/warehouses/{WAREHOUSE}")["state"])

    def settle(self, state: str) -> None:
        """Wait until the warehouse is in this state."""
        end = time.monotonic() + 20
        while self.state != state:
            assert time.monotonic() < end
            time.sleep(0.02)

    def look(self) -> Chain:
        """The chain as it is seen now, without the pauses between two looks at a query."""
        self.marks = len(self.aws.calls), len(self.workspace.calls)
        chain = Chain()
        for event in look(self.target, self.session, self.client):
            if isinstance(event, Wait):
                time.sleep(0.005)
            elif isinstance(event, Finding):
                chain = chain.seen(event, datetime(2026, 1, 2, tzinfo=UTC))
        return chain

    def changes(self) -> list[str]:
        """Calls of the last look that could have changed something."""
        aws, workspace = self.marks
        changed = [c.action for c in self.aws.calls[aws:] if c.mutating and c.action != "sts:AssumeRole"]
        changed += [f"{c.method} {c.path}" for c in self.workspace.calls[workspace:] if c.mutating]
        return [each for each in changed if each != "POST /api/2.0/sql/statements"]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as made:
        yield made


def sign_in(aws: EmbeddedAws, home: Path) -> AwsSession:
    """The account's root user."""
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": aws.url}, home)
    return keys_session(Keys(aws.root.access_key_id, aws.root.secret_access_key), places)


@contextmanager
def whole_chain(aws: EmbeddedAws, session: AwsSession, retry_seconds: int = 1) -> Iterator[Chained]:
    """Every joint holds."""
    keys, observer = aws.databricks, aws.root
    with EmbeddedWorkspace(
        workspace_id=WORKSPACE_ID,
        aws_url=aws.url,
        databricks_keys=(keys.access_key_id, keys.secret_access_key, keys.session_token),
        observer_keys=(observer.access_key_id, observer.secret_access_key, observer.session_token),
        start_seconds=0.05,
        launch_attempts=2,
    ) as workspace:
        workspace.add_warehouse()
        client = Workspace(workspace.url, workspace.token, host=workspace.host, retry_seconds=retry_seconds)
        made = Chained(aws, workspace, f"c{next(_numbers)}", session, client)
        made.make()
        yield made


@pytest.fixture
def session(aws: EmbeddedAws, tmp_path: Path) -> AwsSession:
    return sign_in(aws, tmp_path)


@pytest.fixture
def chained(aws: EmbeddedAws, session: AwsSession) -> Iterator[Chained]:
    """A chain of one's own, to break."""
    with whole_chain(aws, session) as made:
        yield made


@pytest.fixture(scope="module")
def _standing(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chained]:
    with whole_chain(aws, sign_in(aws, tmp_path_factory.mktemp("standing")), retry_seconds=30) as made:
        yield made


@pytest.fixture
def standing(_standing: Chained) -> Iterator[Chained]:
    """A chain that a whole module shares: whoever breaks it mends it. Orders for failures end with the test."""
    yield _standing
    _standing.aws.faults.clear()
    _standing.workspace.faults.clear()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alone]:
    """Single steps against a pretend workspace; between its repeats the SDK waits no second or more."""
    monkeypatch.setattr(
        "databricks.sdk.clock.RealClock.sleep", lambda _, seconds: time.sleep(min(seconds, 0.02))
    )
    with open_alone(tmp_path) as made:
        yield made
