"""Credentials that end in the middle of an apply: said as such, nothing lost, and signed in again it goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.services.terraform.conftest import Site, Told
from tests.services.terraform.test_deaths import AWS
from wizard.core.event import Wait
from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import surroundings
from wizard.services.aws.denials import explain

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    ],
}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture
def cloud(site: Site) -> Iterator[tuple[Site, EmbeddedAws]]:
    with EmbeddedAws() as aws:
        site.environ.update(surroundings(site.paths.home) | {"AWS_ENDPOINT_URL": aws.url})
        site.environ["AWS_REGION"] = "us-east-1"
        iam = aws.client("iam")
        iam.create_role(RoleName="operator", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName="operator", PolicyName="all", PolicyDocument=json.dumps(ALL))
        site.write(AWS)
        yield site, aws


def names(site: Site) -> set[str]:
    state = json.loads((site.folder / "terraform.tfstate").read_text("utf-8"))
    found = [each for each in state["resources"] if each["type"] == "aws_iam_role"]
    return {instance["attributes"]["name"] for each in found for instance in each["instances"]}


def made(aws: EmbeddedAws) -> set[str]:
    roles = aws.client("iam").list_roles()["Roles"]
    return {each["RoleName"] for each in roles if each["RoleName"].startswith("htd-")}


def test_what_was_made_is_in_the_state_and_the_rest_follows(cloud: tuple[Site, EmbeddedAws]) -> None:
    site, aws = cloud
    keys = aws.keys_for_role("operator")
    session = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
    }
    tool = site.tool(explain, **session)
    Told().listen(tool.init())
    planned = Told().listen(tool.plan())
    aws.latency = 0.3
    work, end = tool.apply(planned), time.monotonic() + 60
    while not made(aws):
        assert time.monotonic() < end
        if isinstance(next(work), Wait):
            time.sleep(0.02)
    aws.expire_sessions()
    with pytest.raises(Problem) as caught:
        Told().listen(work, 120.0)
    assert caught.value.step == "credentials"
    assert names(site) == made(aws)
    assert not list(site.folder.glob(".terraform.tfstate.lock.info"))

    aws.latency = 0.0
    again = site.tool(
        explain,
        AWS_ACCESS_KEY_ID=aws.root.access_key_id,
        AWS_SECRET_ACCESS_KEY=aws.root.secret_access_key,
    )
    rest = Told().listen(again.plan())
    assert rest.has_changes
    Told().listen(again.apply(rest), 120.0)
    assert names(site) == made(aws) == {f"htd-role-{number}" for number in range(5)}
