"""The real Terraform and the real AWS provider against the embedded AWS."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import surroundings

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]

MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
resource "aws_iam_role" "role" {
  name               = "htd-role"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"""


class Terraform:
    """Terraform in a folder of its own, on the embedded AWS."""

    def __init__(self, folder: Path, aws: EmbeddedAws) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir(parents=True)
        (folder / "main.tf").write_text(MODULE)
        self.environ = surroundings(self.home) | {
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ENDPOINT_URL_SSO": aws.url,
            "AWS_ENDPOINT_URL_SSO_OIDC": aws.url,
        }

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("terraform") or "terraform", *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


@pytest.fixture
def terraform(tmp_path: Path, aws: EmbeddedAws) -> Terraform:
    one = Terraform(tmp_path / "tf", aws)
    done = one.run("init", "-no-color")
    if done.returncode and os.environ.get("HTD_REQUIRE_TERRAFORM") != "1":
        pytest.skip("the AWS provider cannot be had here")
    assert done.returncode == 0, done.stdout + done.stderr
    return one


def keys_of(aws: EmbeddedAws, user: str) -> dict[str, str]:
    keys = aws.keys_for_user(user)
    return {"AWS_ACCESS_KEY_ID": keys.access_key_id, "AWS_SECRET_ACCESS_KEY": keys.secret_access_key}


def errors(stream: str) -> list[str]:
    """Summaries of the error diagnostics in a `-json` stream."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in stream.splitlines()]
    return [line["diagnostic"]["summary"] for line in lines if line.get("type") == "diagnostic"]


def test_a_denied_refresh_is_aws_s_own_sentence(aws: EmbeddedAws, terraform: Terraform, allow: Any) -> None:
    environ = keys_of(aws, "htd-user")
    allow("htd-user", ["iam:*"])
    done = terraform.run("apply", "-auto-approve", "-no-color", **environ)
    assert "1 added" in done.stdout, done.stdout + done.stderr
    aws.client("iam").delete_user_policy(UserName="htd-user", PolicyName="policy-0")

    done = terraform.run("plan", "-json", **environ)
    assert done.returncode == 1
    (summary,) = errors(done.stdout)
    assert summary.startswith(
        "reading IAM Role (htd-role): operation error IAM: GetRole, https response error StatusCode: 403, RequestID: "
    )
    assert summary.endswith(
        "api error AccessDenied: User: arn:aws:iam::123456789012:user/htd-user is not authorized to perform: "
        "iam:GetRole on resource: role htd-role because no identity-based policy allows the iam:GetRole action"
    )


def test_terraform_signs_in_through_the_portal_and_refreshes_its_token(
    aws: EmbeddedAws, terraform: Terraform
) -> None:
    aws.portal.assign(aws.account_id, "sandbox", "Admin", admin=True)
    client_id, client_secret = aws.portal.desk.register()
    waiting = aws.portal.desk.start(client_id)
    aws.portal.approve(waiting.user_code)
    signed = aws.portal.desk.redeem_device(client_id, waiting.code)
    aws.portal.desk.expire()
    config = terraform.home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[sso-session htd]\nsso_start_url = {aws.portal.start_url}\nsso_region = us-east-1\n"
        f"[profile htd]\nsso_session = htd\nsso_account_id = {aws.account_id}\nsso_role_name = Admin\n"
    )
    cache = config.parent / "sso" / "cache" / f"{hashlib.sha1(b'htd').hexdigest()}.json"  # noqa: S324 - the SDKs' own file name
    cache.parent.mkdir(parents=True)
    cache.write_text(
        json.dumps(
            {
                "startUrl": aws.portal.start_url,
                "region": "us-east-1",
                "accessToken": signed.access_token,
                "expiresAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)),
                "clientId": client_id,
                "clientSecret": client_secret,
                "registrationExpiresAt": "2099-01-01T00:00:00Z",
                "refreshToken": signed.refresh_token,
            }
        )
    )
    done = terraform.run("plan", "-no-color", AWS_PROFILE="htd")
    assert "1 to add" in done.stdout, done.stdout + done.stderr
    called = [call.action for call in aws.calls]
    assert called[0] == "sso-oidc:CreateToken"
    assert "sso:GetRoleCredentials" in called
    assert aws.calls[-1].principal.startswith("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_")
