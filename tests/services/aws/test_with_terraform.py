"""The real Terraform signs in with what a session hands it, and shares the sign-in with us."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import surroundings
from wizard.services.aws import sign_in, sso_cache
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.profiles import list_sources
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import SsoToken

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(180)]

MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
data "aws_caller_identity" "me" {}
output "arn" { value = data.aws_caller_identity.me.arn }
"""


@pytest.fixture
def whoami(tmp_path: Path, home: Path) -> Callable[[Mapping[str, str]], str]:
    """whoami(environ): the ARN that Terraform's provider is, given this environment."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(MODULE)
    found = surroundings(tmp_path / "terraform-home")

    def run(environ: Mapping[str, str]) -> str:
        base = {**found, **environ}
        for command in (["init"], ["apply", "-auto-approve"]):
            done = subprocess.run(
                ["terraform", f"-chdir={folder}", *command, "-input=false", "-no-color"],  # noqa: S607  # found on PATH
                env=base, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
        state = json.loads((folder / "terraform.tfstate").read_text())
        return str(state["outputs"]["arn"]["value"])

    return run


def test_keys_win_over_whatever_the_environment_says(
    aws: EmbeddedAws, places: AwsPlaces, home: Path, whoami: Callable[[Mapping[str, str]], str]
) -> None:
    keys = aws.keys_for_user("htd-user")
    session = sign_in.keys_session(sign_in.Keys(keys.access_key_id, keys.secret_access_key), places)
    mess = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_PROFILE": "nope",
        "AWS_SESSION_TOKEN": "other",
    }
    assert whoami(session.child_environ(mess)) == who_am_i(session).arn


def test_terraform_renews_the_sign_in_we_made_and_we_go_on_with_its(
    aws: EmbeddedAws,
    places: AwsPlaces,
    home: Path,
    login: Callable[..., SsoToken],
    whoami: Callable[[Mapping[str, str]], str],
) -> None:
    first = login("htd")
    places.config_file.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"sso_registration_scopes = sso:account:access\n"
        f"[profile htd]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Admin\n"
    )
    session = sign_in.open_source(list_sources(places, {})[0], places, {})
    environ = session.child_environ({"PATH": os.environ["PATH"], "HOME": str(home)})
    assert environ["AWS_PROFILE"] == "htd"
    file = sso_cache.file_of(places.sso_cache, "htd")
    soon = sso_cache.spelled(datetime.now(UTC) - timedelta(minutes=1))
    file.write_text(json.dumps({**json.loads(file.read_text()), "expiresAt": soon}))
    assert whoami(environ) == who_am_i(session).arn
    kept = json.loads(file.read_text())
    assert kept["accessToken"] != first.access_token, "Terraform renewed it in place"
    ours = sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd")
    assert ours is not None
    assert ours.access_token == kept["accessToken"]
    assert [account.id for account in sign_in.list_accounts(ours)] == [aws.account_id]


SLOW_MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole",
    Principal = { AWS = "*" } }] })
}
resource "aws_iam_role" "first" {
  name               = "first"
  assume_role_policy = local.trust
}
resource "terraform_data" "pause" {
  depends_on = [aws_iam_role.first]
  provisioner "local-exec" { command = "sleep 12" }
}
resource "aws_iam_role" "second" {
  depends_on         = [terraform_data.pause]
  name               = "second"
  assume_role_policy = local.trust
}
"""


def test_terraform_renews_keys_and_sign_in_in_the_middle_of_an_apply(
    aws: EmbeddedAws, places: AwsPlaces, home: Path, tmp_path: Path, login: Callable[..., SsoToken]
) -> None:
    """Keys of six seconds and a sign-in of eight: both are over before the second role is made."""
    aws.portal.assign(aws.account_id, "Production", "Brief", admin=True, session_minutes=0.1)
    aws.portal.desk.token_seconds = 8
    login("htd")
    places.config_file.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"sso_registration_scopes = sso:account:access\n"
        f"[profile htd]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Brief\n"
    )
    session = sign_in.open_source(list_sources(places, {})[0], places, {})
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    session.last(environ, datetime.now(UTC))  # as short as they are: Terraform renews them by itself
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(SLOW_MODULE)
    base = {**surroundings(tmp_path / "terraform-home"), **session.child_environ(environ)}
    assert base["AWS_PROFILE"] == "htd"
    for command in (["init"], ["apply", "-auto-approve"]):
        done = subprocess.run(
            ["terraform", f"-chdir={folder}", *command, "-input=false", "-no-color"],  # noqa: S607  # found on PATH
            env=base, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    actions = [call.action for call in aws.calls]
    made = [number for number, action in enumerate(actions) if action == "iam:CreateRole"]
    assert len(made) == 2
    between = actions[made[0] : made[1]]
    assert "sso:GetRoleCredentials" in between, between
    assert "sso-oidc:CreateToken" in between, between
    # The sign-in that Terraform renewed in the middle is ours too.
    assert who_am_i(session).role.startswith("AWSReservedSSO_Brief_")


def test_a_role_through_sso_a_program_and_a_web_identity_reach_terraform_by_name(
    aws: EmbeddedAws,
    places: AwsPlaces,
    home: Path,
    login: Callable[..., SsoToken],
    whoami: Callable[[Mapping[str, str]], str],
) -> None:
    login("htd")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{aws.account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=document)
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{aws.account_id}:oidc-provider/ci.example"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [federated]})
    aws.client("iam").create_role(RoleName="ci", AssumeRolePolicyDocument=document)
    aws.trust_web_token("web-token")
    (home / "token").write_text("web-token")
    user = aws.keys_for_user("htd-user")
    answer = {
        "Version": 1,
        "AccessKeyId": user.access_key_id,
        "SecretAccessKey": user.secret_access_key,
    }
    (home / "answer.json").write_text(json.dumps(answer))
    places.config_file.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"[profile htd]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Admin\n"
        f"[profile deploy]\nrole_arn = arn:aws:iam::{aws.account_id}:role/deploy\nsource_profile = htd\n"
        f"[profile program]\ncredential_process = cat {home / 'answer.json'}\n"
        f"[profile web]\nrole_arn = arn:aws:iam::{aws.account_id}:role/ci\nrole_session_name = job\n"
        f"web_identity_token_file = {home / 'token'}\n"
    )
    kinds = {"deploy": "assumed-role/deploy/", "program": "user/htd-user", "web": "assumed-role/ci/job"}
    for name, who in kinds.items():
        source = next(each for each in list_sources(places, {}) if each.name == name)
        session = sign_in.open_source(source, places, {})
        environ = session.child_environ({"PATH": os.environ["PATH"], "HOME": str(home)})
        assert environ["AWS_PROFILE"] == name
        assert "AWS_ACCESS_KEY_ID" not in environ
        assert who in whoami(environ)
        assert who in who_am_i(session).arn
