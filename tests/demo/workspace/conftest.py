"""An embedded AWS for this folder's tests, and the joints between it and a workspace."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.workspace import EmbeddedWorkspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WORKSPACE_ID = 1234567890123456
PRINCIPAL = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"


def http(
    workspace: EmbeddedWorkspace,
    method: str,
    path: str,
    body: object = None,
    token: str | None = "",
) -> tuple[int, Any, Mapping[str, str]]:
    """One plain HTTP call: status, decoded body, headers. Token "" means the admin's, None means none."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = Request(workspace.url + path, data=data, method=method)  # noqa: S310  # loopback
    if token is not None:
        request.add_header("Authorization", f"Bearer {token or workspace.token}")
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310  # loopback
            raw, status, headers = answer.read(), answer.status, dict(answer.headers)
    except HTTPError as error:
        with error:
            raw, status, headers = error.read(), error.code, dict(error.headers)
    try:
        return status, json.loads(raw) if raw else None, headers
    except ValueError:
        return status, raw.decode(), headers


def trust(external_id: str | None) -> str:
    """A trust policy for the serverless principal, or one for EC2 alone."""
    statements: list[dict[str, object]] = [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    if external_id is not None:
        statements.append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": [PRINCIPAL]},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": [external_id]}},
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass
class Joined:
    """A workspace and the AWS objects it needs, each joint breakable."""

    aws: EmbeddedAws
    workspace: EmbeddedWorkspace
    prefix: str
    warehouse: str = "f6dd72df81d69f03"
    iam: Any = field(init=False)

    def __post_init__(self) -> None:
        self.iam = self.aws.client("iam")

    @property
    def profile_arn(self) -> str:
        return f"arn:aws:iam::{self.aws.account_id}:instance-profile/{self.prefix}-instance-profile"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.aws.account_id}:role/{self.prefix}-role"

    @property
    def bucket(self) -> str:
        return f"{self.prefix}-data"

    def make(self) -> None:
        """Every joint in place, but for the workspace's configuration."""
        external_id = f"databricks-serverless-{WORKSPACE_ID}"
        role, profile = f"{self.prefix}-role", f"{self.prefix}-instance-profile"
        self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(external_id))
        self.iam.create_instance_profile(InstanceProfileName=profile)
        self.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
        self.allow(
            ["s3:GetObject", "s3:ListBucket", "glue:GetDatabase", "glue:GetDatabases", "glue:GetTables"]
        )
        self.aws.client("s3").create_bucket(Bucket=self.bucket)
        self.aws.client("s3").put_object(
            Bucket=self.bucket, Key="proof/proof.csv", Body=b"id,name\n1,one\n2,two\n"
        )
        glue = self.aws.client("glue")
        glue.create_database(DatabaseInput={"Name": f"{self.prefix}_db"})
        glue.create_table(DatabaseName=f"{self.prefix}_db", TableInput={"Name": "events"})

    def allow(self, actions: list[str]) -> None:
        """The role's only policy: these actions on everything."""
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        self.iam.put_role_policy(
            RoleName=f"{self.prefix}-role", PolicyName="data", PolicyDocument=json.dumps(document)
        )

    def configure(self) -> None:
        """Registers the profile with its role and names it in the configuration."""
        self.workspace.add_registration(self.profile_arn, self.role_arn)
        self.workspace.set_config({**self.workspace.config, "instance_profile_arn": self.profile_arn})

    def seen(self) -> dict[str, Any]:
        """The warehouse now."""
        _, body, _ = http(self.workspace, "GET", f"/api/2.0/sql/warehouses/{self.warehouse}")
        assert isinstance(body, dict)
        return body

    def ask_start(self) -> None:
        """Asks for a start."""
        status, _, _ = http(self.workspace, "POST", f"/api/2.0/sql/warehouses/{self.warehouse}/start", {})
        assert status == 200

    def start(self) -> dict[str, Any]:
        """Starts and follows to the end: RUNNING, or STOPPED with a health."""
        self.ask_start()
        return self.settle(
            lambda seen: seen["state"] == "RUNNING" or (seen["state"] == "STOPPED" and "health" in seen)
        )

    def settle(self, done: Callable[[dict[str, Any]], bool], seconds: float = 20.0) -> dict[str, Any]:
        """Looks until `done`."""
        end = time.monotonic() + seconds
        while True:
            seen = self.seen()
            if done(seen):
                return seen
            assert time.monotonic() < end, seen
            time.sleep(0.02)

    def query(self, statement: str) -> dict[str, Any]:
        """Runs one statement and waits for it."""
        body = {"statement": statement, "warehouse_id": self.warehouse, "wait_timeout": "30s"}
        status, answer, _ = http(self.workspace, "POST", "/api/2.0/sql/statements", body)
        assert status == 200, answer
        assert isinstance(answer, dict)
        return answer


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as made:
        yield made


@pytest.fixture
def call() -> Callable[..., tuple[int, Any, Mapping[str, str]]]:
    return http


_numbers = iter(range(10_000))


@contextmanager
def join(aws: EmbeddedAws, launch_attempts: int) -> Iterator[Joined]:
    """Everything in place and configured; start takes 50 ms."""
    keys, observer = aws.databricks, aws.root
    with EmbeddedWorkspace(
        workspace_id=WORKSPACE_ID,
        aws_url=aws.url,
        databricks_keys=(keys.access_key_id, keys.secret_access_key, keys.session_token),
        observer_keys=(observer.access_key_id, observer.secret_access_key, observer.session_token),
        start_seconds=0.05,
        launch_attempts=launch_attempts,
    ) as workspace:
        workspace.add_warehouse()
        made = Joined(aws, workspace, f"t{next(_numbers)}")
        made.make()
        made.configure()
        yield made


@pytest.fixture
def joined(aws: EmbeddedAws) -> Iterator[Joined]:
    """A workspace that gives up after its second try."""
    with join(aws, 2) as made:
        yield made


@pytest.fixture
def patient(aws: EmbeddedAws) -> Iterator[Joined]:
    """A workspace that tries for a long time."""
    with join(aws, 1000) as made:
        yield made


@pytest.fixture
def alone() -> Iterator[EmbeddedWorkspace]:
    """A workspace without any AWS behind it."""
    nothing = ("AKIAIOSFODNN7EXAMPLE", "no-secret", "")
    with EmbeddedWorkspace(
        workspace_id=WORKSPACE_ID,
        aws_url="http://127.0.0.1:9",
        databricks_keys=nothing,
        observer_keys=nothing,
        start_seconds=0.05,
    ) as workspace:
        workspace.add_warehouse()
        yield workspace
