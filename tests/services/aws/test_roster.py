"""The list of ways to sign in: what AWS says to each, who wins, and what is on top."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.services.aws.conftest import Nobody
from wizard.core.drive import drive
from wizard.core.event import Event, Progress
from wizard.core.problem import Cancelled
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import roster
from wizard.services.aws.profiles import Source, list_sources
from wizard.services.aws.roster import Tried
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import SsoToken, open_source

Login = Callable[..., SsoToken]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def tried(
    places: AwsPlaces, environ: Mapping[str, str], events: list[Event] | None = None
) -> dict[str, Tried]:
    seen: list[Event] = events if events is not None else []
    work = roster.try_all(list_sources(places, environ), places, environ)
    return drive("credentials", work, on_event=seen.append, asker=Nobody(), cancel=threading.Event())


def lay_out(aws: EmbeddedAws, places: AwsPlaces) -> dict[str, str]:
    """A machine with one of each; returns its environment."""
    user, dead = aws.keys_for_user("htd-user"), aws.keys_for_user("gone")
    aws.client("iam").delete_access_key(UserName="gone", AccessKeyId=dead.access_key_id)
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"[profile admin]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Admin\n"
        f"region = us-west-2\n"
        f"[profile owner]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Owner\n"
        "[sso-session other]\nsso_start_url = https://x/start\nsso_region = us-east-1\n"
        "[profile asleep]\nsso_session = other\nsso_account_id = 1\nsso_role_name = A\n"
        "[profile broken]\ncredential_process = sh -c 'echo sealed >&2; exit 1'\n"
    )
    places.credentials_file.write_text(
        f"[user]\naws_access_key_id = {user.access_key_id}\naws_secret_access_key = {user.secret_access_key}\n"
        f"[dead]\naws_access_key_id = {dead.access_key_id}\naws_secret_access_key = {dead.secret_access_key}\n"
    )
    return {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key}


def test_aws_is_asked_about_every_way_that_needs_no_person(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    environ = lay_out(aws, places)
    login("htd")
    events: list[Event] = []
    said = tried(places, environ, events)
    assert {name for name, answer in said.items() if answer.works} == {
        "environment",
        "profile:admin",
        "profile:user",
    }
    codes = {name: answer.problem.code for name, answer in said.items() if answer.problem}
    assert codes == {
        "profile:owner": "aws.sso.no_assignment",
        "profile:dead": "aws.keys.unknown",
        "profile:broken": "aws.profile.process",
    }
    ends = said["profile:admin"].expires_at
    assert ends is not None
    assert ends > datetime.now(UTC) + timedelta(minutes=50)
    assert said["profile:user"].expires_at is None
    assert [e for e in events if isinstance(e, Progress)][-1] == Progress(6, 6, "answered")
    assert not [call for call in aws.calls if call.action.startswith("iam:Create")]


def test_what_works_comes_first_and_what_aws_refused_after_what_can_still_be_signed_in_to(
    aws: EmbeddedAws, places: AwsPlaces, login: Login
) -> None:
    environ = lay_out(aws, places)
    login("htd")
    sources = list_sources(places, environ)
    names = [s.name or s.id for s in roster.ranked(sources, tried(places, environ))]
    assert names[0] == "admin", "the working SSO profile is on top"
    assert set(names[:3]) == {"admin", "environment", "user"}
    assert names[3] == "asleep"
    assert set(names[4:]) == {"owner", "dead", "broken"}


def test_all_are_asked_at_once(tmp_path: Path, aws: EmbeddedAws, places: AwsPlaces) -> None:
    """Each program waits for the others, so one after the other would never come to an end."""
    keys = aws.keys_for_user("htd-user")
    answer = f'{{"Version": 1, "AccessKeyId": "{keys.access_key_id}", "SecretAccessKey": "{keys.secret_access_key}"}}'
    (tmp_path / "answer").write_text(answer)
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\ncd {tmp_path}\ntouch came-$1\ni=0\n"
        "while [ $(ls came-* | wc -l) -lt 4 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done\n"
        "[ $i -lt 100 ] && cat answer\n"
    )
    program.chmod(0o700)
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text(
        "".join(f"[profile p{n}]\ncredential_process = {program} {n}\n" for n in range(4))
    )
    assert [answer.works for answer in tried(places, {}).values()] == [True] * 4


def test_a_program_gets_neither_the_terminal_nor_our_input(places: AwsPlaces) -> None:
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text(
        "[profile p]\ncredential_process = sh -c 'read x < /dev/tty 2>/dev/null || echo no terminal >&2; exit 1'\n"
    )
    problem = tried(places, {})["profile:p"].problem
    assert problem is not None
    assert "no terminal" in problem.why


@pytest.mark.parametrize(
    ("source", "environ", "why"),
    [
        (Source("environment", "", "environment"), {"AWS_PROFILE": "a"}, "win over AWS_PROFILE=a"),
        (
            Source("profile:b", "b", "sso"),
            {"AWS_PROFILE": "a", "AWS_ACCESS_KEY_ID": "AKIA"},
            "wins over the keys in the environment and AWS_PROFILE=a",
        ),
        (Source("profile:a", "a", "sso"), {"AWS_PROFILE": "a"}, "AWS_PROFILE names it"),
        (
            Source("profile:a", "a", "sso"),
            {"AWS_PROFILE": "a", "AWS_ACCESS_KEY_ID": "AKIA"},
            "wins over the keys in the environment",
        ),
        (Source("profile:a", "a", "sso"), {}, "you chose it here"),
    ],
)
def test_who_won_and_why(source: Source, environ: dict[str, str], why: str) -> None:
    assert roster.why_this_one(source, environ).endswith(why)


def test_the_line_beside_a_name_tells_account_role_region_and_end() -> None:
    source = Source(
        "profile:a",
        "a",
        "sso",
        account="111122223333",
        role="Admin",
        region="us-west-2",
        detail="Admin in 111122223333",
        sso_start_url="https://x",
        expires_at=NOW + timedelta(days=1),
    )
    line = roster.line(source, NOW, None, "999988887777")
    assert "Admin in 111122223333 · us-west-2 · signed in until 25 Nov" in line
    assert "not the module's account 999988887777" in line
    assert "module" not in roster.line(source, NOW, None, "111122223333")
    console = Source("p", "p", "aws login", account="1", detail="console sign-in by `aws login`")
    assert roster.line(console, NOW) == "account 1", "the name says the kind already"
    renewing = Source("p", "p", "sso", sso_start_url="https://x", expires_at=NOW - timedelta(hours=1))
    assert "renews itself" in roster.line(renewing, NOW)


@pytest.mark.parametrize("hours", [-1, 1])
def test_keys_that_say_when_they_end(tmp_path: Path, hours: int) -> None:
    places = AwsPlaces.of({}, tmp_path)
    places.credentials_file.parent.mkdir()
    ends = f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    places.credentials_file.write_text(
        "[t]\naws_access_key_id = ASIAX\naws_secret_access_key = s\naws_session_token = t\n"
        f"x_security_token_expires = {ends}\n"
    )
    environ = {
        "AWS_ACCESS_KEY_ID": "ASIAX",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": ends,
    }
    found = list_sources(places, environ, NOW)
    assert [source.usable for source in found] == [hours > 0] * 2
    assert all(source.expires_at == NOW + timedelta(hours=hours) for source in found)
    if hours < 0:
        assert {source.why_not for source in found} == {"These keys have expired."}


def test_a_stop_does_not_wait_for_a_program_that_hangs(places: AwsPlaces) -> None:
    places.config_file.parent.mkdir(parents=True, exist_ok=True)
    places.config_file.write_text("[profile p]\ncredential_process = sleep 50\n")
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, Progress):
            cancel.set()

    with pytest.raises(Cancelled):
        drive(
            "credentials",
            roster.try_all(list_sources(places, {}), places, {}),
            on_event=stop,
            asker=Nobody(),
            cancel=cancel,
        )
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "sign-in")


def test_one_odd_source_does_not_hide_the_others(
    aws: EmbeddedAws, places: AwsPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = lay_out(aws, places)

    def odd(source: Source, *given: Any) -> AwsSession:
        if source.name == "user":
            raise RuntimeError("boom")
        return open_source(source, *given)

    monkeypatch.setattr(roster, "open_source", odd)
    said = tried(places, environ)
    problem = said["profile:user"].problem
    assert problem is not None
    assert problem.code == "aws.unexpected"
    assert said["environment"].works
