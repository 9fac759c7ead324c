"""An embedded AWS, its places in an empty home, and sessions in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from wizard.core.drive import drive
from wizard.core.event import DeviceCode, Event
from wizard.core.question import Answers
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import SsoToken, device_login, keys_session

Login = Callable[..., SsoToken]


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as one:
        one.portal.auto_approve_after = 0.0
        one.portal.assign(one.account_id, "Production", "Admin", admin=True)
        yield one


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def places(aws: EmbeddedAws, home: Path) -> AwsPlaces:
    return AwsPlaces.of({"AWS_ENDPOINT_URL": aws.url}, home)


class Nobody:
    """An asker that is never asked."""

    def answer(self, step: str, ask: object) -> Answers:
        raise AssertionError(f"{step} asked {ask}")


@pytest.fixture
def login(aws: EmbeddedAws, places: AwsPlaces) -> Login:
    """login(session_name, on_code): sign in through the portal, waiting for nothing."""

    def sign_in(
        session_name: str | None = "htd",
        on_code: Callable[[DeviceCode], None] | None = None,
        start_url: str = "",
    ) -> SsoToken:
        def on_event(event: Event) -> None:
            if isinstance(event, DeviceCode) and on_code:
                on_code(event)

        work = device_login(start_url or aws.portal.start_url, "us-east-1", places, session_name)
        return drive(
            "credentials", work, on_event=on_event, asker=Nobody(), cancel=threading.Event(), pace=0.001
        )

    return sign_in


@pytest.fixture
def as_user(aws: EmbeddedAws, places: AwsPlaces) -> Callable[..., AwsSession]:
    """as_user(name, actions): a session of an IAM user who may do exactly these actions."""

    def make(name: str, actions: Sequence[str] = (), resources: Sequence[str] = ("*",)) -> AwsSession:
        keys = aws.keys_for_user(name)
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            aws.client("iam").put_user_policy(UserName=name, PolicyName="test", PolicyDocument=document)
        return keys_session(Keys(keys.access_key_id, keys.secret_access_key, keys.session_token), places)

    return make


@pytest.fixture
def as_root(aws: EmbeddedAws, places: AwsPlaces) -> AwsSession:
    return keys_session(Keys(aws.root.access_key_id, aws.root.secret_access_key), places)
