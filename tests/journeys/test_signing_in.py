"""Ways through the sign-in step, headless: what a person, a prompt or an answers file goes through alike."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from wizard.core.event import Ask, DeviceCode, Diff, Planned
from wizard.core.facts import AwsIdentity
from wizard.core.finding import Finding
from wizard.core.flow import Status
from wizard.core.journey import Visit
from wizard.core.problem import Problem
from wizard.core.record import Record
from wizard.demo.hands import Hands
from wizard.services.aws import identity, sso_cache
from wizard.services.aws.profiles import list_sources
from wizard.services.aws.session import AwsPlaces
from wizard.steps import FRONT, credentials, reopen
from wizard.ui.app import WizardApp


def test_aws_is_asked_which_of_them_work(play: Any) -> None:
    with play() as played:
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "try", "checked": "profile:htd-user"}))
        assert played.flow.facts.need(AwsIdentity).arn.endswith("user/htd-user")
        told = {e.id: e.evidence for _, e in played.events if isinstance(e, Finding)}
        assert "AWS_PROFILE names it" in told["aws.source"]


def test_a_browser_on_this_computer_signs_in_without_a_code(play: Any) -> None:
    def browse(address: str) -> bool:
        Thread(target=urlopen, args=(address,), daemon=True).start()
        return True

    with play("fresh") as played:
        services = played.flow.services
        services.local_browser, services.open_browser = True, browse
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert "AdministratorAccess" in played.flow.facts.need(AwsIdentity).arn
        secret = json.loads(next(played.home.rglob("sso/cache/*.json")).read_text())
        journal = next(played.home.rglob("journal.jsonl")).read_text()
        assert secret.get("accessToken", secret["clientSecret"]) not in journal


def portal_answers(played: Any, **more: str) -> dict[str, str]:
    portal = played.world.aws.portal
    portal.assign(played.world.aws.account_id, "htd-sandbox", "ReadOnly", [])
    return {"source": "portal", "start_url": portal.start_url, "role": "AdministratorAccess", **more}


def test_a_sign_in_is_kept_as_a_profile_when_that_is_wanted(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        config = played.flow.services.aws_places.config_file
        before = config.read_bytes()
        answers = portal_answers(played, profile="htd-kept", save="yes", region="us-west-2")
        played.visit(Visit("credentials", answers))
        after = config.read_bytes()
        assert after.startswith(before)
        diffs = [e for _, e in played.events if isinstance(e, Diff)]
        assert [(d.before, d.after) for d in diffs] == [(before.decode(), after.decode())]
        assert played.flow.facts.need(AwsIdentity).source == "profile htd-kept (SSO)"
        environ = played.flow.services.aws.child_environ(played.world.environ)
        assert environ["AWS_PROFILE"] == "htd-kept", "Terraform renews it by itself"
        # The portal is the one of the session htd: both profiles share one sign-in from now on.
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert played.flow.facts.need(AwsIdentity).source == "profile htd-admin (SSO)"


def test_a_no_to_the_diff_changes_nothing_and_signs_in_all_the_same(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        config = played.flow.services.aws_places.config_file
        before = config.read_bytes()
        played.visit(Visit("credentials", portal_answers(played, profile="htd-kept", save="no")))
        assert config.read_bytes() == before
        assert "AdministratorAccess" in played.flow.facts.need(AwsIdentity).arn


def test_a_name_that_is_taken_is_refused_as_an_answer(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", portal_answers(played, profile="htd-admin", save="yes")))
        assert caught.value.code == "answers.invalid"
        assert "already" in caught.value.why


def unassigned(played: Any) -> None:
    config = played.flow.services.aws_places.config_file
    text = config.read_text()
    config.write_text(text.replace("sso_role_name = AdministratorAccess", "sso_role_name = Owner"))
    played.world.aws.portal.assign(played.world.aws.account_id, "htd-sandbox", "ReadOnly", [])


def test_a_role_that_is_not_assigned_offers_another_one_of_the_same_sign_in(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        unassigned(played)
        answers = {"source": "profile:htd-admin", "instead": "pick", "role": "AdministratorAccess"}
        played.visit(Visit("credentials", answers))
        assert "AdministratorAccess" in played.flow.facts.need(AwsIdentity).arn
        asked = next(e for _, e in played.events if isinstance(e, Ask) and e.questions[0].key == "instead")
        assert "role Owner in account" in asked.title
        assert "AdministratorAccess, ReadOnly" in asked.reason


def test_a_role_that_is_not_assigned_stops_whoever_says_nothing(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        unassigned(played)
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert caught.value.code == "aws.sso.no_assignment"
        # Somebody else signs in, who has the role.
        played.world.aws.portal.assign(played.world.aws.account_id, "htd-sandbox", "Owner", admin=True)
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert "Owner" in played.flow.facts.need(AwsIdentity).arn


def guarded(played: Any) -> None:
    """A profile whose role asks for a one-time code."""
    aws, places = played.world.aws, played.flow.services.aws_places
    user = aws.keys_for_user("me")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{aws.account_id}:user/me"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=document)
    with places.config_file.open("a") as config:
        config.write(
            f"[profile guarded]\nrole_arn = arn:aws:iam::{aws.account_id}:role/deploy\nsource_profile = me\n"
            f"mfa_serial = arn:aws:iam::{aws.account_id}:mfa/me\n"
        )
    with places.credentials_file.open("a") as keys:
        keys.write(
            f"[me]\naws_access_key_id = {user.access_key_id}\naws_secret_access_key = {user.secret_access_key}\n"
        )


def test_a_one_time_code_is_asked_for_and_terraform_gets_keys(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        guarded(played)
        with pytest.raises(Problem) as wrong:
            played.visit(Visit("credentials", {"source": "profile:guarded", "mfa_code": "000000"}))
        assert wrong.value.code == "aws.mfa"
        played.visit(Visit("credentials", {"source": "profile:guarded", "mfa_code": "123456"}))
        arn = played.flow.facts.need(AwsIdentity).arn
        assert arn.endswith(":assumed-role/deploy/htd-wizard")
        environ = played.flow.services.aws.child_environ(played.world.environ)
        assert "AWS_PROFILE" not in environ, "Terraform could not ask for a code"
        assert environ["AWS_SESSION_TOKEN"]
        assert "123456" not in next(played.home.rglob("answers.json")).read_text()


def test_a_code_that_is_none_is_refused_as_an_answer(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        guarded(played)
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", {"source": "profile:guarded", "mfa_code": "12 34"}))
        assert caught.value.code == "answers.invalid"


def test_a_console_sign_in_is_made_by_the_aws_cli_and_somebody_else_is_said(
    play: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        aws = played.world.aws
        keys = aws.keys_for_user("other")
        given = {"Version": 1, "AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
        (tmp_path / "aws").write_text(f"#!/bin/sh\necho '{json.dumps(given)}'\n")
        (tmp_path / "aws").chmod(0o700)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        with played.flow.services.aws_places.config_file.open("a") as config:
            config.write(f"[profile console]\nlogin_session = arn:aws:iam::{aws.account_id}:user/me\n")
        with pytest.raises(Problem) as failed:
            played.visit(Visit("credentials", {"source": "profile:console", "status": "2"}))
        assert failed.value.copy == "aws login --profile console --remote", "there is no browser here"
        played.visit(Visit("credentials", {"source": "profile:console", "status": "0"}))
        told = {e.id: e.problem for _, e in played.events if isinstance(e, Finding)}
        other = told["aws.login"]
        assert other
        assert other.what.startswith(f"This profile was made for arn:aws:iam::{aws.account_id}:user/me")
        facts = played.flow.facts
        assert played.flow.step("credentials").equivalent(facts)[0] == "aws login --profile console"


def test_keys_in_parts(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        keys = played.world.aws.root
        answers = {"source": "keys", "pasted": keys.access_key_id + "\r"}
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", answers))
        assert caught.value.evidence == ("credentials.secret_access_key: Secret key",)
        played.visit(Visit("credentials", answers | {"secret_access_key": keys.secret_access_key}))
        assert played.flow.facts.need(AwsIdentity).source == "pasted access keys"


def end_the_sign_in(played: Any) -> None:
    """Hours pass: the portal and AWS know neither the sign-in nor the keys any more."""
    played.world.aws.expire_sessions()
    played.world.aws.portal.desk.expire(forget_refresh=True)


def test_an_expiry_in_the_middle_comes_back_to_the_same_place(play: Any) -> None:
    with play() as played:
        played.walk(until="variables")
        done = {step.id for step in played.flow.steps if played.flow.status(step) is Status.DONE}
        end_the_sign_in(played)
        with pytest.raises(Problem) as caught:
            played.visit(Visit("permissions"))
        assert caught.value.step == "credentials"
        played.visit(Visit("credentials"))
        asked = [e for _, e in played.events if isinstance(e, Ask) and e.questions[0].key == "source"][-1]
        assert asked.questions[0].default == "profile:htd-admin", "the same as before is offered"
        assert "come back to where you were" in asked.reason
        played.visit(Visit("permissions"))
        assert {s.id for s in played.flow.steps if played.flow.status(s) is Status.DONE} == done
        assert played.flow.next_step().id == "variables"


def test_an_expiry_before_the_apply_is_caught_before_terraform_begins(play: Any) -> None:
    with play() as played:
        played.walk(until="apply")
        cache = played.flow.services.aws_places.sso_cache
        for file in cache.glob("*.json"):
            kept = json.loads(file.read_text())
            if "accessToken" in kept:
                file.write_text(
                    json.dumps({**kept, "expiresAt": "2026-01-01T00:00:00Z", "refreshToken": "x"})
                )
        end_the_sign_in(played)
        before = len(played.events)
        with pytest.raises(Problem) as caught:
            played.visit(Visit("apply", {"apply": "yes"}))
        assert caught.value.code == "aws.sso.expired"
        assert caught.value.step == "credentials"
        assert played.events[before:] == [], "Terraform was not started"
        played.visit(Visit("credentials"))
        assert played.flow.next_step().id == "apply"
        played.visit(Visit("apply", {"apply": "yes"}))


def test_keys_that_end_too_soon_are_refused(play: Any) -> None:
    with play("fresh") as played:
        aws = played.world.aws
        played.visit(Visit(FRONT.id))
        role = aws.portal.assign(aws.account_id, "htd-sandbox", "Brief", admin=True)
        keys = aws.keys_for_role(role.rsplit("/", 1)[1], seconds=240)
        ends = datetime.now(UTC) + timedelta(seconds=240)
        pasted = json.dumps(
            {
                "AccessKeyId": keys.access_key_id,
                "SecretAccessKey": keys.secret_access_key,
                "SessionToken": keys.session_token,
                "Expiration": ends.isoformat(),
            }
        )
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", {"source": "keys", "pasted": pasted}))
        assert caught.value.code == "aws.keys.soon"
        assert AwsIdentity not in played.flow.facts
        later = pasted.replace(ends.isoformat(), (ends + timedelta(hours=1)).isoformat())
        played.visit(Visit("credentials", {"source": "keys", "pasted": later}))
        said = [event for _, event in played.events if isinstance(event, Finding)]
        assert "aws.expiry" not in {finding.id for finding in said}
        unsaid = f"{keys.access_key_id} {keys.secret_access_key} aws_session_token={keys.session_token}"
        played.visit(Visit("credentials", {"source": "keys", "pasted": unsaid}))
        told = next(
            event for _, event in played.events if isinstance(event, Finding) and event.id == "aws.expiry"
        )
        assert told.problem
        assert "comes back to the same step" in told.problem.remedy


def test_short_keys_of_a_portal_are_renewed_and_need_no_person(play: Any) -> None:
    with play("fresh") as played:
        portal = played.world.aws.portal
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", portal_answers(played)))
        session = played.flow.services.aws
        first = session.freeze()
        session._botocore.get_credentials()._expiry_time = datetime.now(UTC) + timedelta(minutes=5)
        session.last(played.world.environ, datetime.now(UTC))
        assert session.freeze().access_key_id != first.access_key_id
        portal.desk.expire(forget_refresh=True)
        session._botocore.get_credentials()._expiry_time = datetime.now(UTC) + timedelta(minutes=5)
        with pytest.raises(Problem) as caught:
            session.last(played.world.environ, datetime.now(UTC))
        assert caught.value.code == "aws.sso.expired"


def test_a_profile_that_looks_signed_in_but_is_not_signs_in_by_itself(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        played.world.aws.portal.desk.expire(forget_refresh=True)
        before = len(played.events)
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert any(isinstance(event, DeviceCode) for _, event in played.events[before:])


def test_the_account_of_the_module_is_offered_first(play: Any) -> None:
    with play() as played:
        aws = played.world.aws
        aws.portal.assign("210987654321", "a-first-by-name", "AdministratorAccess", admin=True)
        played.visit(Visit(FRONT.id))
        # No account is named: what is offered is taken.
        answers = portal_answers(played)
        played.visit(Visit("credentials", answers))
        assert played.flow.facts.need(AwsIdentity).account == aws.account_id
        asked = next(e for _, e in played.events if isinstance(e, Ask) and e.questions[0].key == "account")
        told = {choice.value: choice.detail for choice in asked.questions[0].choices}
        assert "applied here" in told[aws.account_id]
        with pytest.raises(Problem) as caught:
            played.visit(Visit("credentials", answers | {"account": "210987654321"}))
        assert caught.value.code == "aws.account.other"
        assert "profile htd-admin" in caught.value.remedy
        played.visit(Visit("credentials", answers))
        assert played.flow.facts.need(AwsIdentity).account == aws.account_id, "not the one of last time"


def test_by_hand_names_the_profile(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        step = played.flow.step("credentials")
        assert step.equivalent(played.flow.facts)[0] == "aws sso login --profile PROFILE"
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert step.equivalent(played.flow.facts) == [
            "aws sso login --profile htd-admin",
            "aws sts get-caller-identity --profile htd-admin",
        ]


def test_the_screen_goes_the_same_way(play: Any) -> None:
    """The portal, a role, a profile that is kept: with keys on the full screen as with answers."""

    async def walk(played: Any, visits: tuple[Visit, ...]) -> None:
        app = WizardApp(played.flow, FRONT)

        async def look(step: str, moment: str) -> None:
            moments.append(f"{step} {moment}")

        async with app.run_test(size=(80, 24)) as pilot:
            await Hands(app, pilot, look).walk(visits)

    moments: list[str] = []
    with play("fresh") as played:
        played.world.aws.portal.assign("210987654321", "other", "Reader", [])
        answers = portal_answers(played, account=played.world.aws.account_id, profile="htd-kept", save="yes")
        asyncio.run(walk(played, (Visit("credentials", answers),)))
        assert played.flow.facts.need(AwsIdentity).source == "profile htd-kept (SSO)"
        assert "[profile htd-kept]" in played.flow.services.aws_places.config_file.read_text()
    assert moments[1:] == [
        "credentials ask source",
        "credentials ask start_url",
        "credentials ask account",
        "credentials ask role",
        "credentials ask region",
        "credentials ask save",
        "credentials done",
    ]


def test_an_expiry_on_the_screen_leads_to_the_sign_in_and_back(play: Any) -> None:
    """Enter, and nothing but Enter: the problem leads to the sign-in, the sign-in offers the same, and leads back."""
    ends: list[str] = []

    async def walk(played: Any, visits: tuple[Visit, ...]) -> None:
        app = WizardApp(played.flow, FRONT)

        async def look(step: str, moment: str) -> None:
            if (step, moment) == ("credentials", "done") and "credentials done" not in ends:
                end_the_sign_in(played)
            if not moment.startswith("ask"):
                ends.append(f"{step} {moment}")

        async with app.run_test(size=(80, 24)) as pilot:
            await Hands(app, pilot, look).walk(visits)

    with play("fresh") as played:
        again = (Visit("credentials"), Visit("permissions"))
        asyncio.run(
            walk(
                played,
                (
                    Visit("credentials", {"source": "profile:htd-admin"}),
                    Visit("permissions", ends="stopped"),
                    *again,
                ),
            )
        )
    assert ends[-4:] == ["credentials done", "permissions stopped", "credentials done", "permissions done"]


@pytest.mark.parametrize(
    ("signed_in", "environ", "offered"),
    [
        (True, {}, "profile:sso"),
        (False, {}, "profile:default"),
        (True, {"AWS_PROFILE": "default"}, "profile:sso"),
        (True, {"AWS_PROFILE": "user"}, "profile:user"),
        (False, {"AWS_PROFILE": "sso"}, "profile:sso"),
    ],
)
def test_what_is_offered_first(
    tmp_path: Path, signed_in: bool, environ: dict[str, str], offered: str
) -> None:
    places = AwsPlaces.of({}, tmp_path)
    places.config_file.parent.mkdir()
    places.config_file.write_text(
        "[profile sso]\nsso_start_url = https://x/start\nsso_region = us-east-1\nsso_account_id = 1\n"
        "sso_role_name = A\n"
    )
    keys = "aws_access_key_id = AKIAX\naws_secret_access_key = s\n"
    places.credentials_file.write_text(f"[default]\n{keys}[user]\n{keys}")
    if signed_in:
        ends = sso_cache.spelled(datetime.now(UTC) + timedelta(hours=1))
        token = {"accessToken": "t", "expiresAt": ends}
        sso_cache.write(sso_cache.file_of(places.sso_cache, "https://x/start"), token)
    assert credentials._offered(list_sources(places, environ), {}, None)[0] == offered


@pytest.mark.soak
@pytest.mark.terraform
@pytest.mark.timeout(240)
def test_a_profile_of_the_modules_own_is_said_before_the_yes(play: Any) -> None:
    """terraform.tfvars may name a profile, and the provider takes it whoever signed in."""
    with play("fresh", "terraform") as played:
        aws, services = played.world.aws, played.flow.services
        played.walk(until="apply")
        boss = aws.keys_for_user("boss")
        every = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        aws.client("iam").put_user_policy(UserName="boss", PolicyName="all", PolicyDocument=json.dumps(every))
        with services.aws_places.credentials_file.open("a") as keys:
            keys.write(
                f"[boss]\naws_access_key_id = {boss.access_key_id}\n"
                f"aws_secret_access_key = {boss.secret_access_key}\n"
            )
        variables = played.world.module / "terraform.tfvars"
        variables.write_text(variables.read_text() + 'aws_profile = "boss"\n')
        with pytest.raises(Problem) as caught:
            played.visit(Visit("apply", {"apply": "no"}))
        assert caught.value.code == "apply.declined"
        plan = next(event for _, event in played.events if isinstance(event, Planned))
        assert any("acts as user/boss" in warning for warning in plan.warnings), plan.warnings


def test_a_portal_that_knows_us_already_asks_for_no_second_approval(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        answers = portal_answers(played)
        for more, codes in (({}, 1), ({}, 1), ({"session": "again", "role": "ReadOnly"}, 2)):
            played.visit(Visit("credentials", answers | more))
            assert sum(isinstance(event, DeviceCode) for _, event in played.events) == codes
        # Kept as no profile, it is a way all the same: for `check` the next morning, and in the list.
        services, facts = played.flow.services, played.flow.facts
        remembered = next(played.home.rglob("records/*.json")).read_text()
        assert played.world.aws.portal.start_url in remembered
        who = facts.need(AwsIdentity)
        again = reopen.aws(Record.at(services.paths.state, "default").facts, services)
        assert not isinstance(again, Problem)
        assert identity.principal(identity.who_am_i(again).arn) == identity.principal(who.arn)
        assert again.region == who.region
        assert again.freeze().secret_access_key not in remembered
        end_the_sign_in(played)
        for token in played.home.rglob("sso/cache/*.json"):
            token.unlink()
        ended = reopen.aws(facts, services)
        assert isinstance(ended, Problem)
        assert (ended.code, ended.copy) == ("aws.sso.expired", "htd-wizard run")
        played.visit(Visit("credentials", {"source": "portal-role"}))
        asked = [e for _, e in played.events if isinstance(e, Ask)][-1]
        assert (asked.questions[0].key, asked.questions[0].default) == ("source", "portal-role")
        assert identity.principal(played.flow.facts.need(AwsIdentity).arn) == identity.principal(who.arn)
