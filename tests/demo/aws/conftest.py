"""A fresh embedded AWS for every test that asks for one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from wizard.demo.aws import EmbeddedAws

Allow = Callable[..., None]
Fetch = Callable[..., tuple[int, str, Mapping[str, str]]]
Refused = Callable[[Callable[[], Any]], tuple[int, str, str]]


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as one:
        yield one


@pytest.fixture
def allow(aws: EmbeddedAws) -> Allow:
    """allow(user, actions, resources, effect=…): one more inline policy of a user."""

    def add(
        user: str, actions: Sequence[str], resources: Sequence[str] = ("*",), effect: str = "Allow"
    ) -> None:
        iam = aws.client("iam")
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": effect, "Action": list(actions), "Resource": list(resources)}],
        }
        name = f"policy-{len(iam.list_user_policies(UserName=user)['PolicyNames'])}"
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=json.dumps(document))

    return add


@pytest.fixture
def make_role(aws: EmbeddedAws) -> Callable[..., str]:
    """make_role(name, trusted, actions=(), condition=None): a role and its ARN."""

    def make(
        name: str, trusted: object, actions: Sequence[str] = (), condition: object = None, resource: str = "*"
    ) -> str:
        statement: dict[str, object] = {
            "Effect": "Allow",
            "Principal": {"AWS": trusted},
            "Action": "sts:AssumeRole",
        }
        if condition is not None:
            statement["Condition"] = condition
        iam = aws.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        if actions:
            document = {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}],
            }
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        return str(made["Role"]["Arn"])

    return make


@pytest.fixture
def refused() -> Refused:
    """refused(call): (HTTP status, code, message) of the error a boto3 call must end in."""

    def run(call: Callable[[], Any]) -> tuple[int, str, str]:
        from botocore.exceptions import ClientError

        with pytest.raises(ClientError) as caught:
            call()
        response: Any = caught.value.response
        error = response["Error"]
        return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message", "")

    return run


@pytest.fixture
def fetch() -> Fetch:
    """fetch(url, form=None): (status, body, headers) as a browser gets them; a form is posted."""

    def run(url: str, form: Mapping[str, str] | None = None) -> tuple[int, str, Mapping[str, str]]:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
            body = urlencode(form) if form is not None else None
            connection.request("GET" if form is None else "POST", target or "/", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.headers.items())
        finally:
            connection.close()

    return run
