"""`htd-wizard permissions`: a list without credentials, and a check with four ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import requirements
from wizard.steps import needed

KEYS = {"address", "type", "phase", "actions"}


def ran(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    base = {name: os.environ[name] for name in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-m", "wizard", "permissions", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**base, "AWS_EC2_METADATA_DISABLED": "true", **environ},
    )


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(
        'data "aws_region" "here" {}\n'
        'resource "aws_iam_role" "one" {\n  name = "one"\n  assume_role_policy = "{}"\n  tags = local.tags\n}\n'
        'resource "aws_s3_bucket" "two" {\n  bucket = "two-bucket"\n}\n'
    )
    return folder


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as one:
        yield one


def credentials(aws: EmbeddedAws, user: str, *actions: str) -> dict[str, str]:
    """The environment of a user who may do `actions`."""
    keys = aws.keys_for_user(user)
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.client("iam").put_user_policy(UserName=user, PolicyName="test", PolicyDocument=document)
    return {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
    }


def test_the_list_needs_no_credentials(module: Path) -> None:
    done = ran("--list", "--json", "--terraform-dir", str(module))
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert all(set(row) == KEYS for row in rows)
    assert {(row["address"], row["phase"]) for row in rows} == {
        ("data.aws_region.here", "read"),
        *((address, phase) for address in ("aws_iam_role.one", "aws_s3_bucket.two")
          for phase in ("read", "create", "update", "delete")),
    }  # fmt: skip
    by_phase = {(row["type"], row["phase"]): row["actions"] for row in rows}
    assert by_phase["aws_region", "read"] == []
    assert "iam:CreateRole" in by_phase["aws_iam_role", "create"]
    assert "iam:UpdateAssumeRolePolicy" in by_phase["aws_iam_role", "update"]
    assert "s3:ListBucket" in by_phase["aws_s3_bucket", "read"]
    assert "s3:DeleteBucket" in by_phase["aws_s3_bucket", "delete"]


def test_a_type_that_is_not_known_is_said_to_be_that(module: Path) -> None:
    (module / "more.tf").write_text('resource "aws_sqs_queue" "three" {\n  name = "three"\n}\n')
    rows = json.loads(ran("--list", "--json", "--terraform-dir", str(module)).stdout)
    assert [row for row in rows if row["type"] == "aws_sqs_queue"] == [
        {
            "address": "aws_sqs_queue.three",
            "type": "aws_sqs_queue",
            "phase": "read",
            "actions": [],
            "known": False,
            "why": "the wizard does not know what a resource of type aws_sqs_queue needs",
        }
    ]
    words = ran("--list", "--terraform-dir", str(module)).stdout
    assert "aws_sqs_queue.three\n  read    not known: the wizard does not know" in words


def test_what_is_not_read_is_said_to_be_that(module: Path) -> None:
    (module / "child.tf").write_text('module "net" {\n  source = "example/net/aws"\n}\n# module "not" {\n')
    (module / "more.tf.json").write_text('{"resource": {"aws_sqs_queue": {"q": {}}}}')
    (module / "bad.tf.json").write_text('{"resource": ')
    (module / "other.tf").write_text('resource "random_id" "r" {\n  byte_length = 4\n}\n')
    rows = json.loads(ran("--list", "--json", "--terraform-dir", str(module)).stdout)
    assert [(row["address"], row["type"]) for row in rows if not row.get("known", True)] == [
        ("aws_sqs_queue.q", "aws_sqs_queue"),
        ("bad.tf.json", "file"),
        ("module.net", "module"),
    ]
    assert not any(row["type"] == "random_id" for row in rows), "it needs nothing of AWS"
    held = {"mode": "managed", "type": "aws_iam_role", "name": "r", "provider": 'provider["x/hashicorp/aws"]'}
    values = {"name": "r", "arn": "arn:aws:iam::123456789012:role/r"}
    state = {
        "version": 4,
        "resources": [{**held, "module": "module.net", "instances": [{"attributes": values}]}],
    }
    (module / "terraform.tfstate").write_text(json.dumps(state))
    rows = json.loads(ran("--list", "--json", "--terraform-dir", str(module)).stdout)
    assert "module.net" not in {row["address"] for row in rows}
    assert "module.net.aws_iam_role.r" in {row["address"] for row in rows}


def test_what_is_not_read_could_not_be_checked(aws: EmbeddedAws, module: Path) -> None:
    (module / "child.tf").write_text('module "net" {\n  source = "example/net/aws"\n}\n')
    done = ran("--terraform-dir", str(module), **credentials(aws, "strong", "*"))
    assert done.returncode == 4
    assert (
        "? could not check  What module.net needs: this module is not on this computer yet: run"
        in done.stdout
    )


def test_all_proven_or_predicted_is_0(aws: EmbeddedAws, module: Path) -> None:
    done = ran("--json", "--terraform-dir", str(module), **credentials(aws, "strong", "*"))
    said = json.loads(done.stdout)
    assert (done.returncode, said["problem"], said["policy"], said["message"]) == (0, None, "", "")
    assert said["counts"]["missing"] == said["counts"]["could not check"] == 0
    assert said["counts"]["proven"]
    assert said["counts"]["predicted"]
    assert said["principal"].endswith(":user/strong")


def test_another_major_version_of_the_provider_is_said_and_could_not_be_checked(
    aws: EmbeddedAws, module: Path
) -> None:
    recorded = requirements.provider()
    lock = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{}"\n}}\n'
    given, file = credentials(aws, "strong", "*"), module / ".terraform.lock.hcl"
    asked = module / "versions.tf"
    asked.write_text('terraform {\n  required_providers {\n    aws = "~> 6.0"\n  }\n}\n')
    assert needed.other_provider(module, {}).endswith("the module asks for ~> 6.0, which may ask for more"), (
        "nothing is installed yet"
    )
    asked.unlink()
    file.write_text(lock.format("6.2.0"))
    words = f"recorded with {recorded} of the AWS provider; version 6.2.0 may ask for more"
    done = ran("--json", "--terraform-dir", str(module), **given)
    assert done.returncode == 4
    unchecked = [each for each in json.loads(done.stdout)["findings"] if each["verdict"] == "could not check"]
    assert [each["evidence"] for each in unchecked] == [words]
    listed = ran("--list", "--json", "--terraform-dir", str(module))
    assert json.loads(listed.stdout)
    assert listed.stderr == f"This list was {words}.\n"
    file.write_text(lock.format(f"{recorded.partition('.')[0]}.999.0"))
    assert ran("--terraform-dir", str(module), **given).returncode == 0


def test_gaps_are_3_and_come_with_the_policy(aws: EmbeddedAws, module: Path) -> None:
    given = credentials(aws, "weak", "iam:SimulatePrincipalPolicy", "s3:*", "iam:Get*", "iam:List*")
    done = ran("--json", "--terraform-dir", str(module), **given)
    said = json.loads(done.stdout)
    assert done.returncode == 3
    (statement,) = json.loads(said["policy"])["Statement"]
    assert set(statement["Action"]) == {"iam:CreateRole", "iam:TagRole"}
    assert said["message"].startswith("Hello,")
    assert "iam:CreateRole on role/one" in said["message"]
    assert statement["Resource"] == [f"arn:aws:iam::{aws.account_id}:role/one"]
    words = ran("--terraform-dir", str(module), **given)
    assert words.returncode == 3
    assert "✗ missing  iam:CreateRole on role/one" in words.stdout
    assert '"iam:CreateRole"' in words.stdout
    assert given["AWS_SECRET_ACCESS_KEY"] not in words.stdout + done.stdout


def test_what_cannot_be_checked_is_4(aws: EmbeddedAws, module: Path) -> None:
    no_prediction = credentials(aws, "unasked", "s3:*", "iam:Get*", "iam:List*", "iam:CreateRole")
    done = ran("--json", "--terraform-dir", str(module), **no_prediction)
    said = json.loads(done.stdout)
    assert done.returncode == 4
    assert said["counts"]["missing"] == 0
    assert said["counts"]["could not check"]


def test_without_credentials_nothing_could_be_checked(module: Path) -> None:
    done = ran("--json", "--terraform-dir", str(module))
    assert done.returncode == 4
    assert json.loads(done.stdout)["problem"]["code"] == "aws.no_credentials"
    words = ran("--terraform-dir", str(module), "--profile", "nobody")
    assert (words.returncode, words.stdout) == (4, "")
    assert "There is no profile nobody" in words.stderr


def test_a_folder_without_a_module_is_2(tmp_path: Path) -> None:
    done = ran("--list", "--json", "--terraform-dir", str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no Terraform module" in done.stderr
