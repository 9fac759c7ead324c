"""Ways through the sign-in step, headless: what a person, a prompt or an answers file goes through alike."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from wizard.core.event import Ask, Diff
from wizard.core.facts import AwsIdentity
from wizard.core.finding import Finding
from wizard.core.journey import Visit
from wizard.core.problem import Problem
from wizard.steps import FRONT


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
